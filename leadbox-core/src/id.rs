//! Identifiers. Owns the newtypes that keep a lead's id from being passed where a job's is meant; knows nothing of
//! how ids are made (that is [`IdSource`](crate::IdSource)) or stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Whose data a row is. It leads every key and index, so a database can be partitioned or sharded by it.
///
/// A host with many customers hands over its own number for each; a single-tenant host never types one and gets
/// [`Tenant::DEFAULT`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tenant(pub i64);

impl Tenant {
    /// The tenant of a host that has only one.
    pub const DEFAULT: Self = Self(1);
}

impl Default for Tenant {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = Uuid))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that was made or read elsewhere.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The id as storages keep it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

uuid_id! {
    /// A lead.
    LeadId;
    /// Something that happened with a lead.
    InteractionId;
    /// A fact in the log.
    EventId;
    /// Work in the queue.
    JobId;
    /// One try at a job.
    AttemptId;
    /// A person who works with leads.
    UserId;
    /// A group of users.
    TeamId;
    /// A pipeline.
    PipelineId;
    /// A stage of a pipeline.
    StageId;
    /// One lead's time in one stage.
    StayId;
    /// One commit; repeating it is harmless.
    ChangeSetId;
    /// A process that leases jobs or consumers.
    WorkerId;
    /// A session, an API key, an invitation or a reset link.
    TokenId;
    /// A run of an import.
    ImportId;
    /// Work to be done about a lead.
    TaskId;
    /// A remark about a lead.
    NoteId;
    /// A bulk action, an undo or a conversion of a field's values.
    BulkId;
    /// A saved view of the list of leads.
    ViewId;
}

/// A UUIDv8 (RFC 9562, section 5.8: vendor-specific) from a digest of what it stands for.
pub(crate) fn derived(tenant: Tenant, what: &str, key: &str) -> Uuid {
    let digest = Sha256::digest(format!("leadbox:{}:{what}:{key}", tenant.0));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
