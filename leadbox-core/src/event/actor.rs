//! Who did something, and because of what. Owns the facts only; whether they may is decided elsewhere.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{EventId, UserId};

/// What kind of hand moved something.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ActorKind {
    /// The program that embeds LeadBox.
    #[default]
    Host,
    /// A person.
    User,
    /// A program with an API key.
    ApiKey,
    /// An import.
    Import,
    /// An automation rule.
    Automation,
    /// LeadBox itself.
    System,
    /// A bulk action, an undo or a conversion of a field's values.
    Bulk,
}

impl ActorKind {
    /// Every kind, in the order of their stored numbers.
    pub const ALL: [Self; 7] = [
        Self::Host,
        Self::User,
        Self::ApiKey,
        Self::Import,
        Self::Automation,
        Self::System,
        Self::Bulk,
    ];

    /// The number under which storages keep it.
    pub fn code(self) -> i16 {
        match self {
            Self::Host => 0,
            Self::User => 1,
            Self::ApiKey => 2,
            Self::Import => 3,
            Self::Automation => 4,
            Self::System => 5,
            Self::Bulk => 6,
        }
    }

    /// The kind with this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Who did something: who, on whose behalf, from where.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Actor {
    /// What kind of hand.
    pub kind: ActorKind,
    /// Which one: the user, the key, the import, the rule, the bulk action.
    pub id: Option<Uuid>,
    /// The user on whose behalf it was done, if not the actor itself.
    pub on_behalf_of: Option<UserId>,
    /// From where, such as an address; at most 100 bytes.
    pub origin: Option<String>,
}

impl Actor {
    /// The embedding program.
    pub fn host() -> Self {
        Self::default()
    }

    /// LeadBox itself.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, ..Self::default() }
    }

    /// A person.
    pub fn user(id: UserId) -> Self {
        Self { kind: ActorKind::User, id: Some(id.uuid()), ..Self::default() }
    }

    /// The user who did it, or on whose behalf it was done.
    pub fn person(&self) -> Option<UserId> {
        match self.kind {
            ActorKind::User => self.id.map(UserId::from_uuid),
            _ => self.on_behalf_of,
        }
    }

    /// Work that acts in its own name, for whoever asked for it.
    pub(crate) fn working_for(asker: &Self, kind: ActorKind, id: Uuid) -> Self {
        let user = (asker.kind == ActorKind::User).then_some(asker.id).flatten();
        Self {
            kind,
            id: Some(id),
            on_behalf_of: asker.on_behalf_of.or(user.map(UserId::from_uuid)),
            origin: asker.origin.clone(),
        }
    }

    /// The same actor, with where it came from.
    #[must_use]
    pub fn from_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }
}

/// Because of what something was done: the event that set it off, and how many such steps lie behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Cause {
    /// The event that set it off; none when a person or the host began it.
    pub event: Option<EventId>,
    /// Steps from the beginning; a chain that grows too deep is stopped.
    pub depth: u8,
}
