//! Rows as domain values. Owns the columns of each read and what an unreadable one is called; knows nothing of which rows
//! are asked for.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use leadbox_core::event::{ActorKind, Cause, ChainHash, Commitment, SubjectKind};
use leadbox_core::job::{Attempt, AttemptResult, Job, JobState, Lane, LaneKey, LaneState, NewJob};
use leadbox_core::proof::{Credential, SecretDigest, Token, TokenKind};
use leadbox_core::rollup::{Cell, Sums};
use leadbox_core::scoring::ScoreRecord;
use leadbox_core::storage::DueScore;
use leadbox_core::{
    Actor, AttemptId, ChangeSetId, Event, EventId, EventType, Freshness, Interaction,
    InteractionId, InteractionKind, JobId, Judge, Lead, LeadActivity, LeadId, LeadScore, Money,
    NewEvent, Note, NoteId, PipelineId, Points, Position, Profile, Revision, StageId, Stay, StayId,
    StorageError, StoredLead, Subject, Suspicion, TeamId, Tenant, Timestamp, UserId, Version,
};
use leadbox_core::{SavedView, Sharing, Task, TaskId, Team, TokenId, User, UserStatus, ViewId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Decode, Postgres, Row, Type};
use uuid::Uuid;

type Result<T> = std::result::Result<T, StorageError>;

/// The stored amount of a lead without a value: it comes before all others.
pub(crate) const NO_VALUE: i64 = i64::MIN;

/// The stored moment of a lead's last interaction when there was none: the beginning of the year 1.
pub(crate) fn never() -> Timestamp {
    const SECONDS: i64 = -62_135_596_800;
    DateTime::from_timestamp(SECONDS, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A moment that the database can keep. It begins later than the clock of this program.
pub(crate) fn storable(at: Timestamp) -> Timestamp {
    at.max(never())
}

/// The columns of [`stored_lead`], of a lead `l`, its profile `f` and its pulse `p`.
macro_rules! lead_columns {
    () => {
        r"
            l.tenant,
            l.id,
            l.version,
            l.external_id,
            l.pipeline,
            l.stage,
            l.stage_since,
            l.owner,
            l.value_minor,
            l.currency,
            l.completeness,
            l.created_at,
            l.created_on,
            l.updated_at,
            l.deleted_at,
            l.merged_into,
            f.body,
            p.revision,
            p.lead_version,
            p.total,
            p.categories,
            p.priority,
            p.as_of,
            p.next_change_at,
            p.rule_set,
            p.dirty,
            p.interactions,
            p.last_at"
    };
}
pub(crate) use lead_columns;

/// Reads columns of one table's row.
struct Reader<'r> {
    row: &'r PgRow,
    table: &'static str,
}

impl<'r> Reader<'r> {
    fn get<T>(&self, column: &'static str) -> Result<T>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.row.try_get(column).map_err(|_| self.corrupt(column))
    }

    fn json<T>(&self, column: &'static str) -> Result<T>
    where
        T: serde::de::DeserializeOwned + 'r,
    {
        self.get::<Json<T>>(column).map(|Json(value)| value)
    }

    fn parsed_or_none<T: std::str::FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        let text: Option<&str> = self.get(column)?;
        text.map(str::parse).transpose().map_err(|_| self.corrupt(column))
    }

    fn corrupt(&self, column: &'static str) -> StorageError {
        let id = self.row.try_get::<Uuid, _>("id").map(|id| id.to_string()).unwrap_or_default();
        StorageError::corrupt(self.table, column, id)
    }
}

/// A lead with what lies beside it.
pub(crate) fn stored_lead(row: &PgRow) -> Result<StoredLead> {
    let lead = Reader { row, table: "lead" };
    let profile: Profile = Reader { row, table: "lead_profile" }.json("body")?;
    let pulse = Reader { row, table: "lead_pulse" };
    let (tenant, id) = (Tenant(lead.get("tenant")?), LeadId::from_uuid(lead.get("id")?));
    let value = match lead.get::<Option<&str>>("currency")? {
        None => None,
        Some(currency) => Some(Money {
            minor: lead.get("value_minor")?,
            currency: currency.parse().map_err(|_| lead.corrupt("currency"))?,
        }),
    };
    let completeness: i16 = lead.get("completeness")?;
    let last_at: Timestamp = pulse.get("last_at")?;
    let freshness = if pulse.get("dirty")? { Freshness::Dirty } else { Freshness::Fresh };
    Ok(StoredLead {
        lead: Lead {
            id,
            tenant,
            version: Version(lead.get("version")?),
            external_id: lead.get("external_id")?,
            person: profile.person,
            company: profile.company,
            source: profile.source,
            tags: profile.tags,
            owner: lead.get::<Option<Uuid>>("owner")?.map(UserId::from_uuid),
            pipeline: PipelineId::from_uuid(lead.get("pipeline")?),
            stage: StageId::from_uuid(lead.get("stage")?),
            stage_since: lead.get("stage_since")?,
            value,
            consents: profile.consents,
            custom: profile.custom,
            completeness: u8::try_from(completeness).map_err(|_| lead.corrupt("completeness"))?,
            created_at: lead.get("created_at")?,
            created_on: lead.get("created_on")?,
            updated_at: lead.get("updated_at")?,
            deleted_at: lead.get("deleted_at")?,
            merged_into: lead.get::<Option<Uuid>>("merged_into")?.map(LeadId::from_uuid),
        },
        score: LeadScore {
            tenant,
            lead: id,
            revision: Revision(pulse.get("revision")?),
            lead_version: Version(pulse.get("lead_version")?),
            total: Points(pulse.get("total")?),
            categories: pulse.json::<BTreeMap<String, Points>>("categories")?,
            priority: pulse.get("priority")?,
            as_of: pulse.get("as_of")?,
            next_change_at: pulse.get("next_change_at")?,
            rule_set: pulse.get("rule_set")?,
            freshness,
        },
        activity: LeadActivity {
            count: pulse.get("interactions")?,
            last_at: (last_at > never()).then_some(last_at),
        },
    })
}

pub(crate) fn interaction(row: &PgRow) -> Result<Interaction> {
    let reader = Reader { row, table: "interaction" };
    let kind = InteractionKind::parse(reader.get("kind")?).ok_or_else(|| reader.corrupt("kind"))?;
    Ok(Interaction {
        id: InteractionId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        lead: LeadId::from_uuid(reader.get("lead")?),
        kind,
        at: reader.get("at")?,
        received_at: reader.get("received_at")?,
        key: reader.get("key")?,
        suspicion: if reader.get("suspect")? { Suspicion::Suspect } else { Suspicion::Clear },
        judge: if reader.get("decided")? { Judge::Somebody } else { Judge::Detector },
        reason: reader.get("reason")?,
        props: reader.json("props")?,
    })
}

pub(crate) fn score_record(row: &PgRow) -> Result<ScoreRecord> {
    let reader = Reader { row, table: "score_record" };
    Ok(ScoreRecord {
        tenant: Tenant(reader.get("tenant")?),
        lead: LeadId::from_uuid(reader.get("lead")?),
        revision: Revision(reader.get("revision")?),
        at: reader.get("at")?,
        change: reader.json("change")?,
    })
}

pub(crate) fn due_score(row: &PgRow) -> Result<DueScore> {
    let reader = Reader { row, table: "lead_pulse" };
    Ok(DueScore {
        at: reader.get("next_change_at")?,
        tenant: Tenant(reader.get("tenant")?),
        lead: LeadId::from_uuid(reader.get("lead")?),
    })
}

pub(crate) fn stay(row: &PgRow) -> Result<Stay> {
    let reader = Reader { row, table: "stay" };
    let left_by: Option<Json<Actor>> = reader.get("left_by")?;
    Ok(Stay {
        id: StayId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        lead: LeadId::from_uuid(reader.get("lead")?),
        pipeline: PipelineId::from_uuid(reader.get("pipeline")?),
        stage: StageId::from_uuid(reader.get("stage")?),
        entered_at: reader.get("entered_at")?,
        entered_by: reader.json("entered_by")?,
        left_at: reader.get("left_at")?,
        left_by: left_by.map(|Json(actor)| actor),
    })
}

pub(crate) fn task(row: &PgRow) -> Result<Task> {
    let reader = Reader { row, table: "task" };
    let done_by: Option<Json<Actor>> = reader.get("done_by")?;
    Ok(Task {
        id: TaskId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        lead: LeadId::from_uuid(reader.get("lead")?),
        revision: Revision(reader.get("revision")?),
        title: reader.get("title")?,
        details: reader.get("details")?,
        due_at: reader.get("due_at")?,
        remind_at: reader.get("remind_at")?,
        assignee: reader.get::<Option<Uuid>>("assignee")?.map(UserId::from_uuid),
        made_at: reader.get("made_at")?,
        made_by: reader.json("made_by")?,
        done_at: reader.get("done_at")?,
        done_by: done_by.map(|Json(actor)| actor),
    })
}

pub(crate) fn note(row: &PgRow) -> Result<Note> {
    let reader = Reader { row, table: "note" };
    Ok(Note {
        id: NoteId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        lead: LeadId::from_uuid(reader.get("lead")?),
        revision: Revision(reader.get("revision")?),
        text: reader.get("text")?,
        made_at: reader.get("made_at")?,
        made_by: reader.json("made_by")?,
        edited_at: reader.get("edited_at")?,
    })
}

pub(crate) fn user(row: &PgRow) -> Result<User> {
    let reader = Reader { row, table: "app_user" };
    Ok(User {
        id: UserId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        revision: Revision(reader.get("revision")?),
        name: reader.get("name")?,
        email: reader.get("email")?,
        team: reader.get::<Option<Uuid>>("team")?.map(TeamId::from_uuid),
        status: if reader.get("disabled")? { UserStatus::Disabled } else { UserStatus::Active },
        roles: reader.json("roles")?,
        zone: reader.parsed_or_none("zone")?,
    })
}

pub(crate) fn team(row: &PgRow) -> Result<Team> {
    let reader = Reader { row, table: "team" };
    Ok(Team {
        id: TeamId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        revision: Revision(reader.get("revision")?),
        name: reader.get("name")?,
        parent: reader.get::<Option<Uuid>>("parent")?.map(TeamId::from_uuid),
    })
}

pub(crate) fn view(row: &PgRow) -> Result<SavedView> {
    let reader = Reader { row, table: "saved_view" };
    let sharing = Sharing::from_code(reader.get("sharing")?);
    Ok(SavedView {
        id: ViewId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        revision: Revision(reader.get("revision")?),
        name: reader.get("name")?,
        owner: reader.get::<Option<Uuid>>("owner")?.map(UserId::from_uuid),
        sharing: sharing.ok_or_else(|| reader.corrupt("sharing"))?,
        filter: reader.json("filter")?,
        search: reader.get("search")?,
        sort: reader.parsed_or_none("sort")?.ok_or_else(|| reader.corrupt("sort"))?,
        columns: reader.json("columns")?,
    })
}

pub(crate) fn credential(row: &PgRow) -> Result<Credential> {
    let reader = Reader { row, table: "credential" };
    let misses: i32 = reader.get("misses")?;
    Ok(Credential {
        tenant: Tenant(reader.get("tenant")?),
        user: UserId::from_uuid(reader.get("user_id")?),
        revision: Revision(reader.get("revision")?),
        hash: reader.get("hash")?,
        misses: u32::try_from(misses).map_err(|_| reader.corrupt("misses"))?,
        locked_until: reader.get("locked_until")?,
        set_at: reader.get("set_at")?,
    })
}

pub(crate) fn token(row: &PgRow) -> Result<Token> {
    let reader = Reader { row, table: "token" };
    let digest: &[u8] = reader.get("digest")?;
    Ok(Token {
        id: TokenId::from_uuid(reader.get("id")?),
        tenant: Tenant(reader.get("tenant")?),
        revision: Revision(reader.get("revision")?),
        kind: TokenKind::from_code(reader.get("kind")?).ok_or_else(|| reader.corrupt("kind"))?,
        digest: SecretDigest(digest.try_into().map_err(|_| reader.corrupt("digest"))?),
        user: reader.get::<Option<Uuid>>("user_id")?.map(UserId::from_uuid),
        details: reader.json("details")?,
        created_at: reader.get("created_at")?,
        used_at: reader.get("used_at")?,
        expires_at: reader.get("expires_at")?,
        ended_at: reader.get("ended_at")?,
    })
}

pub(crate) fn lane(row: &PgRow) -> Result<(Lane, LaneState)> {
    let reader = Reader { row, table: "lane" };
    Ok((reader.json("settings")?, reader.json("state")?))
}

pub(crate) fn job(row: &PgRow) -> Result<Job> {
    let reader = Reader { row, table: "job" };
    let depth: i16 = reader.get("cause_depth")?;
    Ok(Job {
        work: NewJob {
            id: JobId::from_uuid(reader.get("id")?),
            lane: LaneKey {
                tenant: Tenant(reader.get("tenant")?),
                queue: reader.get("queue")?,
                name: reader.get("lane")?,
            },
            fifo_key: reader.get("fifo_key")?,
            unique_key: reader.get("unique_key")?,
            payload: reader.json("payload")?,
            due_at: reader.get("due_at")?,
            created_at: reader.get("created_at")?,
            cause: Cause {
                event: reader.get::<Option<Uuid>>("cause_event")?.map(EventId::from_uuid),
                depth: u8::try_from(depth).map_err(|_| reader.corrupt("cause_depth"))?,
            },
        },
        state: JobState::from_code(reader.get("state")?).ok_or_else(|| reader.corrupt("state"))?,
        attempt: reader.get("attempt")?,
        token: reader.get("token")?,
        lease_until: reader.get("lease_until")?,
        reason: reader.get("reason")?,
    })
}

pub(crate) fn attempt(row: &PgRow) -> Result<Attempt> {
    let reader = Reader { row, table: "attempt" };
    let detail: Option<Json<serde_json::Value>> = reader.get("detail")?;
    Ok(Attempt {
        id: AttemptId::from_uuid(reader.get("id")?),
        job: JobId::from_uuid(reader.get("job")?),
        lane: LaneKey {
            tenant: Tenant(reader.get("tenant")?),
            queue: reader.get("queue")?,
            name: reader.get("lane")?,
        },
        number: reader.get("number")?,
        at: reader.get("at")?,
        millis: reader.get("millis")?,
        result: AttemptResult::from_code(reader.get("result")?)
            .ok_or_else(|| reader.corrupt("result"))?,
        message: reader.get("message")?,
        detail: detail.map(|Json(detail)| detail),
    })
}

/// A fact in its place in the log.
pub(crate) fn event(row: &PgRow) -> Result<Event> {
    let reader = Reader { row, table: "event" };
    let subject = SubjectKind::from_code(reader.get("subject_kind")?)
        .ok_or_else(|| reader.corrupt("subject_kind"))?;
    let actor = ActorKind::from_code(reader.get("actor_kind")?)
        .ok_or_else(|| reader.corrupt("actor_kind"))?;
    let depth: i16 = reader.get("cause_depth")?;
    let salt = match reader.get::<Option<&[u8]>>("salt")? {
        None => None,
        Some(salt) => Some(salt.try_into().map_err(|_| reader.corrupt("salt"))?),
    };
    let digest =
        |column| reader.get::<&[u8]>(column)?.try_into().map_err(|_| reader.corrupt(column));
    Ok(Event {
        position: Position(reader.get("position")?),
        fact: NewEvent {
            id: EventId::from_uuid(reader.get("id")?),
            tenant: Tenant(reader.get("tenant")?),
            subject: Subject { kind: subject, id: reader.get("subject")? },
            kind: EventType::named(reader.get::<String>("kind")?),
            at: reader.get("at")?,
            version: Version(reader.get("version")?),
            revision: Revision(reader.get("revision")?),
            change_set: ChangeSetId::from_uuid(reader.get("change_set")?),
            ordinal: reader.get("ordinal")?,
            actor: Actor {
                kind: actor,
                id: reader.get("actor")?,
                on_behalf_of: reader.get::<Option<Uuid>>("on_behalf_of")?.map(UserId::from_uuid),
                origin: reader.get("origin")?,
            },
            cause: Cause {
                event: reader.get::<Option<Uuid>>("cause_event")?.map(EventId::from_uuid),
                depth: u8::try_from(depth).map_err(|_| reader.corrupt("cause_depth"))?,
            },
            bulk: reader.get("bulk")?,
            payload: reader.get("payload")?,
            salt,
            commitment: Commitment(digest("commitment")?),
        },
        chain: ChainHash(digest("chain")?),
    })
}

/// Adds a sum of cells, which is one of a day or one of a source.
pub(crate) fn add_sum(sums: &mut Sums, row: &PgRow) -> Result<()> {
    let reader = Reader { row, table: "rollup_lead" };
    let (stage, n) = (StageId::from_uuid(reader.get("stage")?), reader.get("n")?);
    match reader.get::<Option<NaiveDate>>("day")? {
        Some(day) => sums.by_day.insert((day, stage), n),
        None => sums.by_source.insert((reader.get("source")?, stage), n),
    };
    Ok(())
}

/// A cell of the counts and its number.
pub(crate) fn count(row: &PgRow) -> Result<(Cell, i64)> {
    let reader = Reader { row, table: "rollup_lead" };
    let cell = Cell {
        day: reader.get::<NaiveDate>("day")?,
        source: reader.get("source")?,
        stage: StageId::from_uuid(reader.get("stage")?),
        owner: UserId::from_uuid(reader.get("owner")?),
    };
    Ok((cell, reader.get("n")?))
}
