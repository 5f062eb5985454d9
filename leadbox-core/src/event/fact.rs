//! One fact. Owns its columns and its payload; the only place for personal data is the payload, so that erasing it
//! leaves the rest of the log whole.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Actor, Cause, ChainHash, Commitment};
use crate::filter::{LeadFilter, is_hidden};
use crate::id::{ChangeSetId, EventId, LeadId, Tenant};
use crate::revision::{Revision, Version};
use crate::time::Timestamp;

/// A place in the log: 1 for the first event, then one more for each, without gaps. 0 stands before the first.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub i64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of fact, such as `lead.captured`. Ours are constants; a host may add its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventType(Cow<'static, str>);

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        impl EventType {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed($text));)+

            /// The types that core itself announces.
            pub const CORE: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

event_types! {
    /// A lead came in.
    LEAD_CAPTURED = "lead.captured";
    /// Fields of a lead changed.
    LEAD_UPDATED = "lead.updated";
    /// A lead moved to another stage; `previous.stage` says from where.
    LEAD_STAGE_CHANGED = "lead.stage_changed";
    /// A lead got another owner.
    LEAD_ASSIGNED = "lead.assigned";
    /// A lead was deleted; it stays in the log.
    LEAD_DELETED = "lead.deleted";
    /// A lead that was deleted is back.
    LEAD_RESTORED = "lead.restored";
    /// Other leads were merged into a lead; `data.merge` says which, and what is needed to undo it.
    LEAD_MERGED = "lead.merged";
    /// A merge was undone; `data.merge` says which.
    LEAD_UNMERGED = "lead.unmerged";
    /// Somebody said of a lead and another (`data.other`) that they are two people, or took that back (`data.is`).
    LEAD_DISTINGUISHED = "lead.distinguished";
    /// A lead's priority changed.
    LEAD_SCORED = "lead.scored";
    /// Something happened with a lead.
    INTERACTION_RECORDED = "interaction.recorded";
    /// An interaction was marked or cleared as caused by a machine.
    INTERACTION_MARKED = "interaction.marked";
    /// A task was added to a lead.
    TASK_ADDED = "task.added";
    /// Fields of a task changed.
    TASK_CHANGED = "task.changed";
    /// A task is done.
    TASK_COMPLETED = "task.completed";
    /// A task that was done is open again.
    TASK_REOPENED = "task.reopened";
    /// A task was deleted.
    TASK_DELETED = "task.deleted";
    /// The moment came at which somebody wanted to be reminded of a task.
    TASK_REMINDED = "task.reminded";
    /// A note was added to a lead.
    NOTE_ADDED = "note.added";
    /// A note was written anew.
    NOTE_CHANGED = "note.changed";
    /// A note was deleted.
    NOTE_DELETED = "note.deleted";
    /// A custom field was declared or changed.
    FIELD_DEFINED = "field.defined";
    /// A pipeline was made or changed.
    PIPELINE_CHANGED = "pipeline.changed";
    /// A tenant's settings changed.
    SETTINGS_CHANGED = "settings.changed";
    /// The draft of a rule set was written or dropped.
    RULES_DRAFTED = "rules.drafted";
    /// Other scoring rules came into force; `data.edition` counts them.
    RULES_PUBLISHED = "rules.published";
    /// All leads are scored by the rules in force; `data` says how many changed.
    RULES_APPLIED = "rules.applied";
    /// A user was made or changed.
    USER_CHANGED = "user.changed";
    /// A team was made or changed.
    TEAM_CHANGED = "team.changed";
    /// A role was made or changed.
    ROLE_CHANGED = "role.changed";
    /// A role was taken away.
    ROLE_REMOVED = "role.removed";
    /// A view of the list of leads was saved.
    VIEW_SAVED = "view.saved";
    /// A saved view was changed, or has another owner.
    VIEW_CHANGED = "view.changed";
    /// A saved view was deleted.
    VIEW_DELETED = "view.deleted";
    /// Somebody signed in.
    SESSION_STARTED = "session.started";
    /// Somebody signed out, or was signed out.
    SESSION_ENDED = "session.ended";
    /// A password was missed.
    SIGN_IN_FAILED = "sign_in.failed";
    /// A user set a password.
    PASSWORD_SET = "password.set";
    /// A link was made with which a user sets another password.
    PASSWORD_RESET_ASKED = "password.reset_asked";
    /// A user was invited to set a first password.
    USER_INVITED = "user.invited";
    /// An API key was made.
    KEY_MADE = "key.made";
    /// An API key got another secret.
    KEY_ROTATED = "key.rotated";
    /// What an API key may do changed.
    KEY_CHANGED = "key.changed";
    /// An API key was revoked.
    KEY_REVOKED = "key.revoked";
    /// An import ended.
    IMPORT_FINISHED = "import.finished";
    /// Somebody began to take leads out as a file; `data` says which and in which format.
    LEADS_EXPORTED = "leads.exported";
    /// A bulk action, an undo or a conversion of a field's values ended.
    BULK_FINISHED = "bulk.finished";
}

impl EventType {
    /// A type by its name, as read from a storage or a subscription.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of thing a fact is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SubjectKind {
    /// A lead.
    Lead,
    /// A definition: field, pipeline or settings.
    Definition,
    /// A user.
    User,
    /// A team.
    Team,
    /// A job or lane.
    Job,
    /// An import.
    Import,
    /// Something of the host's.
    Host,
    /// An API key.
    Key,
    /// A bulk action, an undo or a conversion of a field's values.
    Bulk,
    /// A run of an export.
    Export,
    /// A saved view.
    View,
}

impl SubjectKind {
    /// Every kind, in the order of their stored numbers.
    pub const ALL: [Self; 11] = [
        Self::Lead,
        Self::Definition,
        Self::User,
        Self::Team,
        Self::Job,
        Self::Import,
        Self::Host,
        Self::Key,
        Self::Bulk,
        Self::Export,
        Self::View,
    ];

    /// The number under which storages keep it.
    pub fn code(self) -> i16 {
        match self {
            Self::Lead => 0,
            Self::Definition => 1,
            Self::User => 2,
            Self::Team => 3,
            Self::Job => 4,
            Self::Import => 5,
            Self::Host => 6,
            Self::Key => 7,
            Self::Bulk => 8,
            Self::Export => 9,
            Self::View => 10,
        }
    }

    /// The kind with this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What a fact is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub id: Uuid,
}

impl Subject {
    /// A lead.
    pub fn lead(id: LeadId) -> Self {
        Self { kind: SubjectKind::Lead, id: id.uuid() }
    }
}

/// What a fact says: the fields that changed with their new values, what they were before, and anything else.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Payload {
    /// New values by field name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Value>))]
    pub changed: Map<String, Value>,
    /// Old values by field name; null where there was none.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Value>))]
    pub previous: Map<String, Value>,
    /// What is neither.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Value>))]
    pub data: Map<String, Value>,
}

/// Field by field, for people: `stage: new -> qualified`.
impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (field, now) in &self.changed {
            f.write_str(separator)?;
            match self.previous.get(field) {
                None => write!(f, "{field}: {now}")?,
                Some(then) => write!(f, "{field}: {then} -> {now}")?,
            }
            separator = ", ";
        }
        for (name, value) in &self.data {
            write!(f, "{separator}{name}: {value}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// A fact before it has its place in the log.
#[derive(Clone, PartialEq, Debug)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub tenant: Tenant,
    /// What it is about.
    pub subject: Subject,
    /// What kind of fact.
    pub kind: EventType,
    /// When it was decided.
    pub at: Timestamp,
    /// The subject's version after it.
    pub version: Version,
    /// The revision after it of a row beside the subject (score); 0 if none.
    pub revision: Revision,
    /// The commit it belongs to.
    pub change_set: ChangeSetId,
    /// Its place in the commit, from 0.
    pub ordinal: i32,
    /// Who did it.
    pub actor: Actor,
    /// Because of what.
    pub cause: Cause,
    /// Whether it is one of very many (import, publishing); consumers skip those unless they ask.
    pub bulk: bool,
    /// The payload as JSON, kept byte for byte; none once erased.
    pub payload: Option<String>,
    /// Sixteen random bytes; none once erased.
    pub salt: Option<[u8; 16]>,
    /// Digest over all of the above.
    pub commitment: Commitment,
}

impl NewEvent {
    /// The payload, read.
    ///
    /// # Errors
    /// When what is stored is no payload.
    pub fn payload(&self) -> Result<Payload, serde_json::Error> {
        self.payload.as_deref().map_or_else(|| Ok(Payload::default()), serde_json::from_str)
    }

    /// Takes what is said of hidden fields out of the payload.
    pub(crate) fn redact(&mut self, hidden: &BTreeSet<String>) -> Result<(), serde_json::Error> {
        if hidden.is_empty() || self.payload.is_none() {
            return Ok(());
        }
        let mut payload = self.payload()?;
        for fields in [&mut payload.changed, &mut payload.previous] {
            fields.retain(|field, value| !hidden.contains(field) && !asks_for(value, hidden));
        }
        self.payload = Some(serde_json::to_string(&payload)?);
        // With it the commitment would tell whether a guess at what is hidden is right.
        self.salt = None;
        Ok(())
    }

    /// The lead that it is about, if it is about one.
    pub fn lead(&self) -> Option<LeadId> {
        (self.subject.kind == SubjectKind::Lead).then(|| LeadId::from_uuid(self.subject.id))
    }

    /// The order in which one commit round's events enter the log: per subject by version and revision, so that
    /// per-lead order is true whoever committed first.
    pub fn log_order(&self) -> impl Ord + use<> {
        (self.subject, self.version, self.revision, self.change_set, self.ordinal)
    }
}

/// Whether a value is a filter that names a hidden field, with what is asked of it.
fn asks_for(value: &Value, hidden: &BTreeSet<String>) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) => LeadFilter::deserialize(value)
            .is_ok_and(|filter| filter.fields().into_iter().any(|field| is_hidden(hidden, field))),
        _ => false,
    }
}

/// A fact in its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Where it stands.
    pub position: Position,
    /// What it says.
    pub fact: NewEvent,
    /// The chain up to and including it.
    pub chain: ChainHash,
}

impl std::ops::Deref for Event {
    type Target = NewEvent;

    fn deref(&self) -> &NewEvent {
        &self.fact
    }
}
