//! Scoring all leads by rules that came into force. Owns how far that is, and how several workers, in this process or others, share
//! it: each takes the next leads by noting how far it then is. What somebody took and did not live to score is found by going over
//! all leads again, until nothing is found.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::LeadBox;
use super::super::decision::{Announce, Decision, data};
use super::renew::{BATCH, Renewed};
use super::verbs::Rules;
use crate::access::Capability;
use crate::error::{Error, Result};
use crate::event::EventType;
use crate::filter::LeadQuery;
use crate::id::LeadId;
use crate::job::NewJob;
use crate::revision::{Revision, Version};
use crate::scope::Scope;
use crate::scoring::{RuleBook, ScoreCause};
use crate::storage::{Change, Checkpoint, Definition};
use crate::time::Timestamp;

/// The queue of scores to be made.
pub(crate) const SCORES: &str = "scores";
/// Jobs that share the work.
const RUNNERS: u32 = 4;
/// Batches that a job does before others get their turn.
const BATCHES: u32 = 8;
/// How often in a row somebody else may be faster with the note.
const RACES: u32 = 200;
/// The name of the note.
const NOTE: &str = "rescore";
/// For so long another process may go on with the rules that it knows; what it scored by them meanwhile is found after that.
const SETTLED: TimeDelta = TimeDelta::seconds(2);
/// When a process that cannot read the rules in force tries again; others may be able to.
const READ_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RescoreState {
    /// Under way, or about to be.
    Running,
    /// Somebody said wait. Leads that change meanwhile are scored by the new rules.
    Paused,
    /// Every lead is scored by the rules in force.
    Finished,
}

/// How far all leads are scored by the rules that are in force.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RescoreProgress {
    /// The edition of the rules.
    pub edition: i64,
    /// Where it stands.
    pub state: RescoreState,
    /// How many leads there were at the beginning; none while nobody has counted.
    pub leads: Option<u64>,
    /// How many were scored by it. Leads that changed or were due meanwhile were scored with that, and are not among these.
    pub scored: u64,
    /// Of these, how many moved by a whole point or more.
    pub moved: u64,
    /// Of these, how many have another priority.
    pub priorities: u64,
    /// Since when the rules are in force.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub began_at: Timestamp,
    /// When all were done.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub ended_at: Option<Timestamp>,
}

/// What is noted of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Note {
    #[serde(flatten)]
    progress: RescoreProgress,
    /// The last lead that somebody took.
    cursor: Option<LeadId>,
    /// Whether anything was found since the beginning.
    found: bool,
}

impl Note {
    fn add(&mut self, renewed: Renewed) {
        self.progress.scored += renewed.scored;
        self.progress.moved += renewed.moved;
        self.progress.priorities += renewed.priorities;
    }
}

/// One of the jobs that share the work, as it stands in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Rescoring {
    edition: i64,
    runner: u32,
}

/// Whether a job takes more leads.
#[derive(Clone, Copy)]
enum Turn {
    GoesOn,
    IsOver,
}

/// What a worker does next.
enum Next {
    /// These leads.
    Leads(Vec<LeadId>),
    /// Go over all of them again, later.
    Again,
    /// Nothing.
    Nothing,
}

impl Decision<'_> {
    /// Adds what has all leads scored by the rules of this book.
    pub(super) async fn begin_rescore(&mut self, book: &RuleBook) -> Result<()> {
        let progress = RescoreProgress {
            edition: book.edition,
            state: RescoreState::Running,
            leads: None,
            scored: 0,
            moved: 0,
            priorities: 0,
            began_at: self.at(),
            ended_at: None,
        };
        let before = self.leadbox().rescore_note().await?.map(|(revision, _)| revision);
        let note = Note { progress, cursor: None, found: false };
        self.push(self.leadbox().rescore_change(before.unwrap_or_default(), &note)?)?;
        self.enqueue_runners(book.edition)
    }

    fn enqueue_runners(&mut self, edition: i64) -> Result<()> {
        for runner in 0..RUNNERS {
            let job = self.leadbox().rescoring_job(Rescoring { edition, runner })?;
            self.push(Change::EnqueueJob(Box::new(job)))?;
        }
        Ok(())
    }
}

impl LeadBox {
    async fn rescore_note(&self) -> Result<Option<(Revision, Note)>> {
        match self.storage().checkpoint(self.tenant(), NOTE).await? {
            Some(noted) => Ok(Some((noted.revision, serde_json::from_value(noted.body)?))),
            None => Ok(None),
        }
    }

    fn rescore_change(&self, before: Revision, note: &Note) -> Result<Change> {
        Ok(Change::PutCheckpoint(Box::new(Checkpoint {
            tenant: self.tenant(),
            name: NOTE.to_owned(),
            revision: before.next(),
            body: serde_json::to_value(note)?,
            at: self.now(),
        })))
    }

    fn rescoring_job(&self, rescoring: Rescoring) -> Result<NewJob> {
        let mut job = self.jobs().new_job(SCORES, serde_json::to_value(rescoring)?);
        // A job of other rules that is still queued must not stand in for this one.
        job.unique_key = Some(format!("rescore:{}:{}", rescoring.edition, rescoring.runner));
        Ok(job)
    }

    /// Scores some leads by the rules in force; gives the job that goes on, if there is more to do.
    ///
    /// # Errors
    /// `Contended`, `Storage`.
    pub(crate) async fn rescore(&self, rescoring: Rescoring) -> Result<Option<NewJob>> {
        if self.scorers().await?.edition() < rescoring.edition {
            self.look_again_at_rules();
        }
        if self.scorers().await?.is_unreadable() {
            return self.rescoring_later(rescoring, READ_AGAIN).map(Some);
        }
        let mut done = Renewed::default();
        for _ in 0..BATCHES {
            match self.note(rescoring.edition, done, Turn::GoesOn).await? {
                Next::Leads(leads) => done = self.renew(&leads, ScoreCause::Rules).await?,
                Next::Again => return self.rescoring_later(rescoring, SETTLED).map(Some),
                Next::Nothing => return Ok(None),
            }
        }
        self.note(rescoring.edition, done, Turn::IsOver).await?;
        self.rescoring_job(rescoring).map(Some)
    }

    fn rescoring_later(&self, rescoring: Rescoring, by: TimeDelta) -> Result<NewJob> {
        let mut job = self.rescoring_job(rescoring)?;
        job.due_at = self.now() + by;
        Ok(job)
    }

    /// Notes what was done, and takes the next leads while the turn goes on.
    async fn note(&self, edition: i64, done: Renewed, turn: Turn) -> Result<Next> {
        for _ in 0..RACES {
            let Some((before, noted)) = self.rescore_note().await? else {
                return Ok(Next::Nothing);
            };
            if noted.progress.edition != edition {
                return Ok(Next::Nothing);
            }
            let mut note = noted.clone();
            note.add(done);
            let mut decision = Decision::new(self, Announce::Bulk);
            let next = match turn {
                Turn::GoesOn => self.next_leads(&mut decision, &mut note).await?,
                Turn::IsOver => Next::Nothing,
            };
            if note == noted {
                return Ok(next);
            }
            decision.push(self.rescore_change(before, &note)?)?;
            match self.storage().commit(&decision.finish(()).await?.changes).await {
                Ok(_) => return Ok(next),
                Err(error) if error.is_conflict() => tokio::task::yield_now().await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { what: "edition", id: edition.to_string() })
    }

    async fn next_leads(&self, decision: &mut Decision<'_>, note: &mut Note) -> Result<Next> {
        if note.progress.leads.is_none() {
            note.progress.leads = Some(self.live_leads().await?);
        }
        if note.progress.state != RescoreState::Running {
            return Ok(Next::Nothing);
        }
        let (tenant, edition) = (self.tenant(), note.progress.edition);
        let most = u32::try_from(BATCH).unwrap_or(u32::MAX);
        let leads = self.storage().leads_scored_before(tenant, edition, note.cursor, most).await?;
        if let Some(last) = leads.last() {
            (note.cursor, note.found) = (Some(*last), true);
            return Ok(Next::Leads(leads));
        }
        if note.found || decision.at() - note.progress.began_at < SETTLED {
            (note.cursor, note.found) = (None, false);
            return Ok(Next::Again);
        }
        note.progress.state = RescoreState::Finished;
        note.progress.ended_at = Some(decision.at());
        let payload = data([
            ("edition", Value::from(edition)),
            ("scored", Value::from(note.progress.scored)),
            ("moved", Value::from(note.progress.moved)),
            ("priorities", Value::from(note.progress.priorities)),
        ]);
        let subject = Definition::RuleBook(RuleBook::default()).subject(tenant);
        decision.event(subject, EventType::RULES_APPLIED, Version(edition), &payload)?;
        Ok(Next::Nothing)
    }

    async fn live_leads(&self) -> Result<u64> {
        let scope = Scope::all(self.tenant());
        Ok(self.storage().count_leads(&scope, &LeadQuery::default(), u64::MAX / 2).await?)
    }

    /// Scores a lead whose score is not to be trusted. For the host: its workers call this.
    pub(crate) async fn rescore_lead(&self, lead: LeadId) -> Result<()> {
        self.renew(&[lead], ScoreCause::Happened).await.map(drop)
    }
}

impl Rules<'_> {
    /// How far all leads are scored by the rules in force; none when there never were rules.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn rescore_progress(&self) -> Result<Option<RescoreProgress>> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        Ok(self.leadbox.rescore_note().await?.map(|(_, note)| note.progress))
    }

    /// Has the scoring of all leads wait, behind the batches that are under way.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there never were rules; `Contended`; `Storage`.
    pub async fn pause_rescore(&self) -> Result<RescoreProgress> {
        self.set_rescore(RescoreState::Running, RescoreState::Paused).await
    }

    /// Goes on with the scoring of all leads.
    ///
    /// # Errors
    /// As [`pause_rescore`](Self::pause_rescore).
    pub async fn resume_rescore(&self) -> Result<RescoreProgress> {
        self.set_rescore(RescoreState::Paused, RescoreState::Running).await
    }

    async fn set_rescore(&self, from: RescoreState, to: RescoreState) -> Result<RescoreProgress> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        self.leadbox
            .decide("re-score", NOTE, || {
                Box::pin(async move {
                    let noted = self.leadbox.rescore_note().await?;
                    let (before, mut note) =
                        noted.ok_or_else(|| Error::not_found("re-score", "of any rules"))?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    if note.progress.state == from {
                        note.progress.state = to;
                        decision.push(self.leadbox.rescore_change(before, &note)?)?;
                        if to == RescoreState::Running {
                            decision.enqueue_runners(note.progress.edition)?;
                        }
                    }
                    decision.finish(note.progress).await
                })
            })
            .await
    }
}

/// What a job of the queue asks for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ScoreJob {
    Lead { lead: LeadId },
    All(Rescoring),
}
