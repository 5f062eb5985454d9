//! From rows to core's types. Owns the order of columns of every row that is read in more than one place.

use leadbox_core::event::{Actor, ActorKind, Cause, Commitment};
use leadbox_core::job::{
    Attempt, AttemptResult, Breaker, Job, JobState, Lane, LaneKey, LaneState, NewJob,
};
use leadbox_core::proof::{Credential, SecretDigest, Token, TokenKind};
use leadbox_core::storage::StoredLead;
use leadbox_core::{
    Event, EventType, Freshness, Interaction, InteractionKind, Judge, Lead, LeadActivity, LeadId,
    LeadScore, Money, NewEvent, Note, Points, Position, Profile, Revision, SavedView, Sharing,
    Stay, Subject, SubjectKind, Suspicion, Task, Team, Tenant, User, UserStatus, Version,
};
use sqlx::sqlite::SqliteRow;

pub(crate) use crate::columns::{Columns, MISSING, NO_DATE};
use crate::error::Result;

/// The columns that [`stored_lead`] reads, of `lead l`, `lead_profile p` and `lead_pulse s`.
macro_rules! lead_columns {
    () => {
        "l.id,
         l.tenant,
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
         p.body,
         s.revision,
         s.lead_version,
         s.score,
         s.categories,
         s.priority,
         s.as_of,
         s.next_change_at,
         s.rule_set,
         s.dirty,
         s.last_at,
         s.interactions"
    };
}
pub(crate) use lead_columns;

pub(crate) fn stored_lead(row: &SqliteRow) -> Result<StoredLead> {
    let mut columns = Columns::of(row, "lead");
    let (id, tenant): (LeadId, Tenant) = (columns.id("id")?, columns.tenant()?);
    let version = Version(columns.value("version")?);
    let external_id = columns.value("external_id")?;
    let pipeline = columns.id("pipeline")?;
    let stage = columns.id("stage")?;
    let stage_since = columns.time("stage_since")?;
    let owner = columns.id_or_none("owner")?;
    let minor = columns.value("value_minor")?;
    let currency = columns.parsed_or_none("currency")?;
    let completeness = columns.number("completeness")?;
    let created_at = columns.time("created_at")?;
    let created_on = columns.day("created_on")?;
    let updated_at = columns.time("updated_at")?;
    let deleted_at = columns.time_or_none("deleted_at")?;
    let merged_into = columns.id_or_none("merged_into")?;
    let profile: Profile = columns.json("body")?;
    let lead = Lead {
        id,
        tenant,
        version,
        external_id,
        person: profile.person,
        company: profile.company,
        source: profile.source,
        tags: profile.tags,
        owner,
        pipeline,
        stage,
        stage_since,
        value: currency.map(|currency| Money::new(minor, currency)),
        consents: profile.consents,
        custom: profile.custom,
        completeness,
        created_at,
        created_on,
        updated_at,
        deleted_at,
        merged_into,
    };
    columns.table = "lead_pulse";
    let score = LeadScore {
        tenant,
        lead: id,
        revision: Revision(columns.value("revision")?),
        lead_version: Version(columns.value("lead_version")?),
        total: Points(columns.value("score")?),
        categories: columns.json("categories")?,
        priority: columns.value("priority")?,
        as_of: columns.time("as_of")?,
        next_change_at: columns.time_or_none("next_change_at")?,
        rule_set: columns.value("rule_set")?,
        freshness: if columns.flag("dirty")? { Freshness::Dirty } else { Freshness::Fresh },
    };
    let last_at = columns.time_unless(MISSING, "last_at")?;
    let activity = LeadActivity { count: columns.value("interactions")?, last_at };
    Ok(StoredLead { lead, score, activity })
}

/// Reads `id, kind, at, received_at, key, suspect, decided, reason, props` of an interaction of this lead.
pub(crate) fn interaction(row: &SqliteRow, tenant: Tenant, lead: LeadId) -> Result<Interaction> {
    let mut columns = Columns::of(row, "interaction");
    let id = columns.id("id")?;
    let kind =
        InteractionKind::parse(columns.value("kind")?).ok_or_else(|| columns.corrupt("kind"))?;
    Ok(Interaction {
        id,
        tenant,
        lead,
        kind,
        at: columns.time("at")?,
        received_at: columns.time("received_at")?,
        key: columns.value("key")?,
        suspicion: if columns.flag("suspect")? { Suspicion::Suspect } else { Suspicion::Clear },
        judge: if columns.flag("decided")? { Judge::Somebody } else { Judge::Detector },
        reason: columns.value("reason")?,
        props: columns.json("props")?,
    })
}

/// Reads `id, pipeline, stage, entered_at, entered_by, left_at, left_by` of a stay of this lead.
pub(crate) fn stay(row: &SqliteRow, tenant: Tenant, lead: LeadId) -> Result<Stay> {
    let mut columns = Columns::of(row, "stay");
    Ok(Stay {
        id: columns.id("id")?,
        tenant,
        lead,
        pipeline: columns.id("pipeline")?,
        stage: columns.id("stage")?,
        entered_at: columns.time("entered_at")?,
        entered_by: columns.json("entered_by")?,
        left_at: columns.time_or_none("left_at")?,
        left_by: columns.json_or_none("left_by")?,
    })
}

/// The columns that [`task`] reads, of `task t` and its `lead l`.
macro_rules! task_columns {
    () => {
        "t.id,
         t.tenant,
         l.id,
         t.revision,
         t.title,
         t.details,
         t.due_at,
         t.remind_at,
         t.assignee,
         t.made_at,
         t.made_by,
         t.done_at,
         t.done_by"
    };
}
pub(crate) use task_columns;

pub(crate) fn task(row: &SqliteRow) -> Result<Task> {
    let mut columns = Columns::of(row, "task");
    let (id, tenant) = (columns.id("id")?, columns.tenant()?);
    let lead = columns.id("lead_no")?;
    let revision = Revision(columns.value("revision")?);
    let (title, details) = (columns.value("title")?, columns.value("details")?);
    Ok(Task {
        id,
        tenant,
        lead,
        revision,
        title,
        details,
        due_at: columns.time_unless(NO_DATE, "due_at")?,
        remind_at: columns.time_or_none("remind_at")?,
        assignee: columns.id_or_none("assignee")?,
        made_at: columns.time("made_at")?,
        made_by: columns.json("made_by")?,
        done_at: columns.time_or_none("done_at")?,
        done_by: columns.json_or_none("done_by")?,
    })
}

/// The columns that [`note`] reads, of `note n` and its `lead l`.
macro_rules! note_columns {
    () => {
        "n.id,
         n.tenant,
         l.id,
         n.revision,
         n.text,
         n.made_at,
         n.made_by,
         n.edited_at"
    };
}
pub(crate) use note_columns;

pub(crate) fn note(row: &SqliteRow) -> Result<Note> {
    let mut columns = Columns::of(row, "note");
    Ok(Note {
        id: columns.id("id")?,
        tenant: columns.tenant()?,
        lead: columns.id("lead_no")?,
        revision: Revision(columns.value("revision")?),
        text: columns.value("text")?,
        made_at: columns.time("made_at")?,
        made_by: columns.json("made_by")?,
        edited_at: columns.time_or_none("edited_at")?,
    })
}

/// Reads `id, tenant, revision, name, email, team, disabled, roles, zone`.
pub(crate) fn user(row: &SqliteRow) -> Result<User> {
    let mut columns = Columns::of(row, "app_user");
    Ok(User {
        id: columns.id("id")?,
        tenant: columns.tenant()?,
        revision: Revision(columns.value("revision")?),
        name: columns.value("name")?,
        email: columns.value("email")?,
        team: columns.id_or_none("team")?,
        status: if columns.flag("disabled")? { UserStatus::Disabled } else { UserStatus::Active },
        roles: columns.json("roles")?,
        zone: columns.parsed_or_none("zone")?,
    })
}

/// Reads `tenant, user, revision, hash, misses, locked_until, set_at`.
pub(crate) fn credential(row: &SqliteRow) -> Result<Credential> {
    let mut columns = Columns::of(row, "credential");
    Ok(Credential {
        tenant: columns.tenant()?,
        user: columns.id("user")?,
        revision: Revision(columns.value("revision")?),
        hash: columns.value("hash")?,
        misses: columns.number("misses")?,
        locked_until: columns.time_or_none("locked_until")?,
        set_at: columns.time("set_at")?,
    })
}

/// Reads `id, tenant, revision, kind, digest, user, details, created_at, used_at, expires_at, ended_at`.
pub(crate) fn token(row: &SqliteRow) -> Result<Token> {
    let mut columns = Columns::of(row, "token");
    Ok(Token {
        id: columns.id("id")?,
        tenant: columns.tenant()?,
        revision: Revision(columns.value("revision")?),
        kind: columns.code("kind", TokenKind::from_code)?,
        digest: columns.bytes("digest").map(SecretDigest)?,
        user: columns.id_or_none("user")?,
        details: columns.json("details")?,
        created_at: columns.time("created_at")?,
        used_at: columns.time_or_none("used_at")?,
        expires_at: columns.time_or_none("expires_at")?,
        ended_at: columns.time_or_none("ended_at")?,
    })
}

/// Reads `id, tenant, revision, name, parent`.
pub(crate) fn team(row: &SqliteRow) -> Result<Team> {
    let mut columns = Columns::of(row, "team");
    Ok(Team {
        id: columns.id("id")?,
        tenant: columns.tenant()?,
        revision: Revision(columns.value("revision")?),
        name: columns.value("name")?,
        parent: columns.id_or_none("parent")?,
    })
}

/// Reads `id, tenant, revision, name, owner, sharing, filter, search, sort, columns`.
pub(crate) fn view(row: &SqliteRow) -> Result<SavedView> {
    let mut columns = Columns::of(row, "saved_view");
    Ok(SavedView {
        id: columns.id("id")?,
        tenant: columns.tenant()?,
        revision: Revision(columns.value("revision")?),
        name: columns.value("name")?,
        owner: columns.id_or_none("owner")?,
        sharing: columns.code("sharing", Sharing::from_code)?,
        filter: columns.json("filter")?,
        search: columns.value("search")?,
        sort: columns.parsed_or_none("sort")?.ok_or_else(|| columns.corrupt("sort"))?,
        columns: columns.json("columns")?,
    })
}

/// The columns that [`event`] reads.
macro_rules! event_columns {
    () => {
        "e.id,
         e.tenant,
         e.position,
         e.subject_kind,
         e.subject,
         e.kind,
         e.at,
         e.version,
         e.revision,
         e.change_set,
         e.ordinal,
         e.actor_kind,
         e.actor,
         e.on_behalf_of,
         e.origin,
         e.cause,
         e.depth,
         e.bulk,
         e.payload,
         e.salt,
         e.commitment,
         e.chain"
    };
}
pub(crate) use event_columns;

pub(crate) fn event(row: &SqliteRow) -> Result<Event> {
    let mut columns = Columns::of(row, "event");
    let (id, tenant) = (columns.id("id")?, columns.tenant()?);
    let position = Position(columns.value("position")?);
    let kind = columns.code("subject_kind", SubjectKind::from_code)?;
    let fact = NewEvent {
        id,
        tenant,
        subject: Subject { kind, id: columns.value("subject")? },
        kind: EventType::named(columns.value::<String>("kind")?),
        at: columns.time("at")?,
        version: Version(columns.value("version")?),
        revision: Revision(columns.value("revision")?),
        change_set: columns.id("change_set")?,
        ordinal: columns.number("ordinal")?,
        actor: Actor {
            kind: columns.code("actor_kind", ActorKind::from_code)?,
            id: columns.value("actor")?,
            on_behalf_of: columns.id_or_none("on_behalf_of")?,
            origin: columns.value("origin")?,
        },
        cause: Cause { event: columns.id_or_none("cause")?, depth: columns.number("depth")? },
        bulk: columns.flag("bulk")?,
        payload: columns.value("payload")?,
        salt: if columns.skip_if_null() { None } else { Some(columns.bytes("salt")?) },
        commitment: Commitment(columns.bytes("commitment")?),
    };
    Ok(Event { position, fact, chain: columns.chain()? })
}

/// The columns that [`job`] reads.
macro_rules! job_columns {
    () => {
        "id,
         tenant,
         queue,
         lane,
         fifo_key,
         unique_key,
         payload,
         due_at,
         created_at,
         cause,
         depth,
         state,
         attempt,
         token,
         lease_until,
         reason"
    };
}
pub(crate) use job_columns;

pub(crate) fn job(row: &SqliteRow) -> Result<Job> {
    let mut columns = Columns::of(row, "job");
    let id = columns.id("id")?;
    let work = NewJob {
        id,
        lane: LaneKey {
            tenant: columns.tenant()?,
            queue: columns.value("queue")?,
            name: columns.value("lane")?,
        },
        fifo_key: columns.value("fifo_key")?,
        unique_key: columns.value("unique_key")?,
        payload: columns.json("payload")?,
        due_at: columns.time("due_at")?,
        created_at: columns.time("created_at")?,
        cause: Cause { event: columns.id_or_none("cause")?, depth: columns.number("depth")? },
    };
    Ok(Job {
        work,
        state: columns.code("state", JobState::from_code)?,
        attempt: columns.number("attempt")?,
        token: columns.value("token")?,
        lease_until: columns.time_or_none("lease_until")?,
        reason: columns.value("reason")?,
    })
}

/// The columns that [`attempt`] reads.
macro_rules! attempt_columns {
    () => {
        "id,
         job,
         tenant,
         queue,
         lane,
         number,
         at,
         millis,
         result,
         message,
         detail"
    };
}
pub(crate) use attempt_columns;

pub(crate) fn attempt(row: &SqliteRow) -> Result<Attempt> {
    let mut columns = Columns::of(row, "attempt");
    Ok(Attempt {
        id: columns.id("id")?,
        job: columns.id("job")?,
        lane: LaneKey {
            tenant: columns.tenant()?,
            queue: columns.value("queue")?,
            name: columns.value("lane")?,
        },
        number: columns.number("number")?,
        at: columns.time("at")?,
        millis: columns.value("millis")?,
        result: columns.code("result", AttemptResult::from_code)?,
        message: columns.value("message")?,
        detail: columns.json_or_none("detail")?,
    })
}

/// Reads `settings, arrival, breaker`.
pub(crate) fn lane(row: &SqliteRow) -> Result<(Lane, LaneState)> {
    let mut columns = Columns::of(row, "lane");
    let settings = columns.json("settings")?;
    let arrival = columns.value("arrival")?;
    let breaker: Breaker = columns.json("breaker")?;
    Ok((settings, LaneState { arrival, breaker }))
}
