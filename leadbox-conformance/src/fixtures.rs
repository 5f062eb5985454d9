//! A tenant in a storage under test. Owns small builders of leads, events, jobs and change sets with made-up but
//! complete values, and the short ways to commit them. Time and ids are fixed, so every run of a case is the same.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leadbox_core::event::{Commitment, Event};
use leadbox_core::job::Settlement;
use leadbox_core::storage::{Claim, JobFinish, LeadUpdate, ScoreUpdate, SkipReason};
use leadbox_core::{
    Actor, Cause, Change, ChangeSet, ChangeSetId, Committed, EventType, Freshness, IdSource,
    IdentityKind, Interaction, InteractionKind, Job, Lane, LaneKey, Lead, LeadId, LeadRow,
    LeadScore, NewEvent, NewJob, OnConflict, PipelineId, Points, Position, RandomIds, Revision,
    Scope, StageId, Stay, Storage, StorageError, Subject, Suspicion, Tenant, Timestamp, Version,
    WorkerId, from_unix_micros,
};
use uuid::Uuid;

/// 2026-01-15 00:00:00 UTC.
const START: i64 = 1_768_435_200;

/// The most rounds of anything that is repeated until nothing is left: a storage that never ends must fail, not hang.
const MOST_ROUNDS: u32 = 100_000;

/// A moment so many seconds after the beginning of all cases.
pub fn at(seconds: i64) -> Timestamp {
    at_micros(seconds * 1_000_000)
}

/// A moment so many microseconds after the beginning of all cases.
pub fn at_micros(micros: i64) -> Timestamp {
    from_unix_micros(START * 1_000_000 + micros).unwrap()
}

/// An error without its details, for comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// [`StorageError::Conflict`].
    Conflict,
    /// [`StorageError::AlreadyExists`].
    AlreadyExists,
    /// [`StorageError::BadCursor`].
    BadCursor,
    /// Any other.
    Other,
}

impl Refusal {
    /// What kind of error it is.
    pub fn of(error: &StorageError) -> Self {
        match error {
            StorageError::Conflict { .. } => Self::Conflict,
            StorageError::AlreadyExists { .. } => Self::AlreadyExists,
            StorageError::BadCursor => Self::BadCursor,
            _ => Self::Other,
        }
    }

    /// The same, as a reason to leave a lead out.
    pub fn as_skip(self) -> Option<SkipReason> {
        match self {
            Self::Conflict => Some(SkipReason::Conflict),
            Self::AlreadyExists => Some(SkipReason::AlreadyExists),
            Self::BadCursor | Self::Other => None,
        }
    }
}

/// What a world has written so far, so that all of it can be looked at again.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Leads.
    pub leads: BTreeSet<LeadId>,
    /// Lanes.
    pub lanes: BTreeSet<LaneKey>,
    /// Jobs with attempts or without.
    pub jobs: BTreeSet<leadbox_core::JobId>,
    /// Checkpoints.
    pub checkpoints: BTreeSet<String>,
    /// Keys of replies.
    pub replies: BTreeSet<String>,
}

/// One tenant in a storage under test.
#[derive(Clone, Debug)]
pub struct World {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// The tenant.
    pub tenant: Tenant,
    ids: Arc<RandomIds>,
    numbers: Arc<AtomicU64>,
    known: Arc<Mutex<Known>>,
}

impl World {
    /// The first tenant.
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self {
            storage,
            tenant: Tenant::DEFAULT,
            ids: Arc::new(RandomIds::seeded(7)),
            numbers: Arc::default(),
            known: Arc::default(),
        }
    }

    /// Another tenant in the same storage.
    #[must_use]
    pub fn of_tenant(&self, tenant: i64) -> Self {
        Self { tenant: Tenant(tenant), known: Arc::default(), ..self.clone() }
    }

    /// A reader who sees all of the tenant.
    pub fn scope(&self) -> Scope {
        Scope::all(self.tenant)
    }

    /// A new id of any kind; ids rise.
    pub fn id<T: From<Uuid>>(&self) -> T {
        T::from(self.ids.uuid(at(0)))
    }

    /// The next number, so that made-up values differ.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What was written so far.
    pub fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The pipeline of all made-up leads.
    pub fn pipeline(&self) -> PipelineId {
        PipelineId::from_uuid(Uuid::from_u128(0x0100))
    }

    /// One of its stages.
    pub fn stage(&self, number: u8) -> StageId {
        StageId::from_uuid(Uuid::from_u128(0x0200 + u128::from(number)))
    }

    /// A lead with nothing but a name and an address, not yet stored.
    pub fn lead(&self) -> Lead {
        let number = self.number();
        let created = at(i64::try_from(number).unwrap());
        let person = leadbox_core::Person {
            name: Some(format!("Person {number}")),
            email: Some(format!("person{number}@example.com").parse_email()),
            ..leadbox_core::Person::default()
        };
        Lead {
            id: self.id(),
            tenant: self.tenant,
            version: Version::FIRST,
            external_id: None,
            person,
            company: leadbox_core::Company::default(),
            source: leadbox_core::Source::default(),
            tags: BTreeSet::new(),
            owner: None,
            pipeline: self.pipeline(),
            stage: self.stage(0),
            stage_since: created,
            value: None,
            consents: Vec::new(),
            custom: std::collections::BTreeMap::new(),
            completeness: 40,
            created_at: created,
            created_on: created.date_naive(),
            updated_at: created,
            deleted_at: None,
        }
    }

    /// The change that stores a lead which shares its keys with others.
    pub fn insert(&self, lead: &Lead) -> Change {
        self.insert_captured_by(lead, &[])
    }

    /// The change that stores a lead which holds the given kinds of key alone.
    pub fn insert_captured_by(&self, lead: &Lead, captured_by: &[IdentityKind]) -> Change {
        Change::InsertLead(Box::new(LeadRow::of(lead.clone(), captured_by)))
    }

    /// Stores a lead.
    pub async fn stored(&self, lead: Lead) -> Lead {
        self.commit(vec![self.insert(&lead)]).await;
        lead
    }

    /// Stores so many leads.
    pub async fn stored_leads(&self, count: usize) -> Vec<Lead> {
        let leads: Vec<Lead> = (0..count).map(|_| self.lead()).collect();
        self.commit(leads.iter().map(|lead| self.insert(lead)).collect()).await;
        leads
    }

    /// The lead as it shall be after a change, at its next version.
    pub fn edited(&self, before: &Lead, edit: impl FnOnce(&mut Lead)) -> Lead {
        let mut after = before.clone();
        after.version = before.version.next();
        after.updated_at = before.updated_at + chrono::TimeDelta::seconds(1);
        edit(&mut after);
        after
    }

    /// The change from one state of a lead to another.
    pub fn update(&self, before: &Lead, after: &Lead) -> Change {
        Change::UpdateLead(Box::new(LeadUpdate {
            before: LeadRow::of(before.clone(), &[]),
            after: LeadRow::of(after.clone(), &[]),
        }))
    }

    /// A first score for a lead at its present version.
    pub fn score(&self, lead: &Lead, points: i64) -> LeadScore {
        LeadScore {
            tenant: lead.tenant,
            lead: lead.id,
            revision: Revision(1),
            lead_version: lead.version,
            total: Points::whole(points),
            categories: [("engagement".to_owned(), Points(1050)), ("fit".to_owned(), Points(-250))]
                .into(),
            priority: Some("warm".to_owned()),
            as_of: at(500),
            next_change_at: Some(at_micros(900_000_001)),
            rule_set: 3,
            freshness: Freshness::Fresh,
        }
    }

    /// The change that stores a score behind the one at the revision before.
    pub fn set_score(&self, score: &LeadScore) -> Change {
        let before = Revision(score.revision.0 - 1);
        Change::SetScore(Box::new(ScoreUpdate { before, score: score.clone() }))
    }

    /// An interaction at that second, not yet stored.
    pub fn interaction(&self, lead: &Lead, second: i64) -> Interaction {
        let mut props = serde_json::Map::new();
        props.insert("path".to_owned(), "/pricing?x=1&y=ä".into());
        props.insert("depth".to_owned(), 3.into());
        Interaction {
            id: self.id(),
            tenant: lead.tenant,
            lead: lead.id,
            kind: InteractionKind::parse(InteractionKind::PAGE_VIEW).unwrap(),
            at: at(second),
            received_at: at(second + 1),
            key: None,
            suspicion: Suspicion::Clear,
            props,
        }
    }

    /// The change that stores an interaction.
    pub fn record(&self, interaction: &Interaction) -> Change {
        Change::InsertInteraction(Box::new(interaction.clone()))
    }

    /// A stay that begins at that second, open.
    pub fn stay(&self, lead: &Lead, stage: u8, second: i64) -> Stay {
        Stay {
            id: self.id(),
            tenant: lead.tenant,
            lead: lead.id,
            pipeline: self.pipeline(),
            stage: self.stage(stage),
            entered_at: at(second),
            entered_by: Actor::user(self.id()).from_origin("203.0.113.9"),
            left_at: None,
            left_by: None,
        }
    }

    /// The same stay, ended at that second.
    pub fn ended(&self, stay: &Stay, second: i64) -> Stay {
        Stay { left_at: Some(at(second)), left_by: Some(Actor::system()), ..stay.clone() }
    }

    /// A fact about anything, not yet stored.
    pub fn fact(&self, subject: Subject, kind: EventType, version: Version) -> NewEvent {
        let payload =
            format!("{{ \"data\" :{{\"n\":{}.50,\"name\":\"Zoë\\u0020\"}}}}", self.number());
        let mut fact = NewEvent {
            id: self.id(),
            tenant: self.tenant,
            subject,
            kind,
            at: at_micros(7_000_123),
            version,
            revision: Revision(0),
            change_set: self.id(),
            ordinal: 0,
            actor: Actor::user(self.id()).from_origin("198.51.100.7"),
            cause: Cause { event: Some(self.id()), depth: 2 },
            bulk: false,
            payload: Some(payload),
            salt: Some(self.ids.salt()),
            commitment: Commitment::default(),
        };
        seal(&mut fact);
        fact
    }

    /// A fact about a lead at its present version.
    pub fn fact_about(&self, lead: &Lead) -> NewEvent {
        self.fact(Subject::lead(lead.id), EventType::LEAD_UPDATED, lead.version)
    }

    /// The change that puts a fact about a lead into the log.
    pub fn append(&self, lead: &Lead) -> Change {
        Change::AppendEvent(Box::new(self.fact_about(lead)))
    }

    /// The lane of a far end.
    pub fn lane(&self, name: &str) -> LaneKey {
        LaneKey::named(self.tenant, "deliver", name)
    }

    /// A lane's settings, not yet stored: no limits.
    pub fn settings(&self, name: &str) -> Lane {
        Lane { revision: Revision::FIRST, ..Lane::unlimited(self.lane(name)) }
    }

    /// Work in a lane, due at that second, not yet queued.
    pub fn work(&self, name: &str, due: i64) -> NewJob {
        NewJob {
            id: self.id(),
            lane: self.lane(name),
            fifo_key: None,
            unique_key: None,
            payload: serde_json::json!({ "n": self.number(), "text": "ä\u{0}b".replace('\u{0}', " ") }),
            due_at: at(due),
            created_at: at(0),
            cause: Cause { event: Some(self.id()), depth: 1 },
        }
    }

    /// The change that queues work.
    pub fn enqueue(&self, work: &NewJob) -> Change {
        Change::EnqueueJob(Box::new(work.clone()))
    }

    /// Queues work.
    pub async fn queued(&self, work: NewJob) -> NewJob {
        self.commit(vec![self.enqueue(&work)]).await;
        work
    }

    /// Asks for jobs at that second, under a lease of a minute.
    pub async fn claim(&self, limit: u32, second: i64) -> Vec<Job> {
        self.claim_as(self.id(), limit, second).await
    }

    /// Asks for jobs as that worker.
    pub async fn claim_as(&self, worker: WorkerId, limit: u32, second: i64) -> Vec<Job> {
        let queues = vec!["deliver".to_owned()];
        let lease = Duration::from_secs(60);
        self.storage.claim(&Claim { worker, queues, limit, lease, now: at(second) }).await.unwrap()
    }

    /// The change that ends a claimed job at that second.
    pub fn finish(&self, job: &Job, settlement: Settlement, second: i64) -> Change {
        let (tenant, id) = (job.work.lane.tenant, job.work.id);
        Change::FinishJob(Box::new(JobFinish {
            tenant,
            id,
            token: job.token,
            settlement,
            at: at(second),
        }))
    }

    /// Ends a claimed job at that second.
    pub async fn settle(&self, job: &Job, settlement: Settlement, second: i64) {
        self.commit(vec![self.finish(job, settlement, second)]).await;
    }

    /// A set that fails as a whole on conflict.
    pub fn set(&self, changes: Vec<Change>) -> ChangeSet {
        self.set_with(OnConflict::Fail, changes)
    }

    /// A set with a new id.
    pub fn set_with(&self, on_conflict: OnConflict, changes: Vec<Change>) -> ChangeSet {
        self.remember(&changes);
        let id: ChangeSetId = self.id();
        ChangeSet::new(id, at(1000), on_conflict, changes).unwrap()
    }

    /// Commits changes that must succeed.
    pub async fn commit(&self, changes: Vec<Change>) -> Committed {
        let set = self.set(changes);
        let committed = self.storage.commit(&set).await.unwrap_or_else(|error| {
            let names: Vec<_> = set.changes().iter().map(Change::name).collect();
            panic!("a commit of {names:?} failed: {error} ({error:?})")
        });
        assert_eq!(committed, Committed::default(), "a commit that succeeds leaves nothing out");
        committed
    }

    /// Commits changes, leaving out what conflicts.
    pub async fn commit_skipping(&self, changes: Vec<Change>) -> Committed {
        self.storage.commit(&self.set_with(OnConflict::Skip, changes)).await.unwrap()
    }

    /// Commits changes that must be refused.
    pub async fn refused(&self, changes: Vec<Change>) -> Refusal {
        let set = self.set(changes);
        match self.storage.commit(&set).await {
            Ok(committed) => {
                let names: Vec<_> = set.changes().iter().map(Change::name).collect();
                panic!("a commit of {names:?} should have been refused, but: {committed:?}")
            }
            Err(error) => Refusal::of(&error),
        }
    }

    /// Lets a storage that gives positions or folds counts later catch up.
    pub async fn caught_up(&self) {
        for _ in 0..MOST_ROUNDS {
            let sequenced = self.storage.sequence(1000).await.unwrap();
            let folded = self.storage.fold_counts(1000).await.unwrap();
            if sequenced.count == 0 && !sequenced.more && folded == 0 {
                return;
            }
        }
        panic!("the storage never catches up");
    }

    /// The whole log, of all tenants, once the storage has caught up.
    pub async fn log(&self) -> Vec<Event> {
        self.caught_up().await;
        let mut events: Vec<Event> = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let last = events.last().map_or(Position(0), |event| event.position);
            let batch = self.storage.events_after(last, 97).await.unwrap();
            if batch.is_empty() {
                return events;
            }
            events.extend(batch);
        }
        panic!("the log never ends");
    }

    fn remember(&self, changes: &[Change]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            known.leads.extend(change.lead());
            match change {
                Change::PutLane(lane) => {
                    known.lanes.insert(lane.key.clone());
                }
                Change::EnqueueJob(job) => {
                    known.lanes.insert(job.lane.clone());
                    known.jobs.insert(job.id);
                }
                Change::RecordAttempt(attempt) => {
                    known.lanes.insert(attempt.lane.clone());
                    known.jobs.insert(attempt.job);
                }
                Change::PutCheckpoint(checkpoint) => {
                    known.checkpoints.insert(checkpoint.name.clone());
                }
                Change::RememberReply(reply) => {
                    known.replies.insert(reply.key.clone());
                }
                _ => {}
            }
        }
    }
}

/// Writes the commitment that a fact's columns ask for.
pub fn seal(fact: &mut NewEvent) {
    fact.commitment = Commitment::of(fact).unwrap();
}

/// Reads an address that is known to be one.
pub trait ParseEmail {
    /// The address.
    fn parse_email(&self) -> leadbox_core::Email;
}

impl ParseEmail for str {
    fn parse_email(&self) -> leadbox_core::Email {
        leadbox_core::Email::parse(self).unwrap()
    }
}
