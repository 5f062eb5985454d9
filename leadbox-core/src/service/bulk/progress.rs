//! How far it is. Owns the counts, the states and the refusals that are told of work on many leads.

use serde::{Deserialize, Serialize};

use crate::event::Actor;
use crate::id::{BulkId, LeadId};
use crate::time::Timestamp;

/// What kind of work it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum BulkKind {
    /// Fields or tags are changed.
    Change,
    /// Leads are given to somebody.
    Assign,
    /// Leads are moved to a stage.
    Advance,
    /// Leads are deleted.
    Delete,
    /// What was done before is taken back.
    Undo,
    /// The values of a custom field get another type.
    Convert,
}

impl BulkKind {
    /// Its name in events and messages, such as `advance`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Assign => "assign",
            Self::Advance => "advance",
            Self::Delete => "delete",
            Self::Undo => "undo",
            Self::Convert => "convert",
        }
    }
}

/// What became of the leads so far. Every lead that was done is in exactly one of `changed`, `unchanged`, `refused`,
/// `denied` and `missing`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkCounts {
    /// Leads that are meant.
    pub selected: u64,
    /// Leads that were changed.
    pub changed: u64,
    /// Leads that were as they should be.
    pub unchanged: u64,
    /// Leads that stayed as they were, because of what they are; the refusals say why.
    pub refused: u64,
    /// Leads that the asker may see and may not change.
    pub denied: u64,
    /// Leads that are deleted, unknown or out of the asker's sight.
    pub missing: u64,
}

impl BulkCounts {
    /// Leads that were done, whatever became of them.
    pub fn done(&self) -> u64 {
        self.changed + self.unchanged + self.refused + self.denied + self.missing
    }
}

/// Where the work stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BulkState {
    /// Nothing was done yet.
    Waiting,
    /// It is under way.
    Running,
    /// It was told to stop, and will.
    Cancelling,
    /// All leads were done.
    Finished,
    /// It was stopped. What was done before stays.
    Cancelled,
    /// It cannot go on.
    Failed {
        /// Why.
        reason: String,
    },
}

impl BulkState {
    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled | Self::Failed { .. })
    }
}

/// How far the work is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BulkProgress {
    /// Its id: by it the work is followed, stopped and undone.
    pub id: BulkId,
    /// What kind of work.
    pub kind: BulkKind,
    /// Where it stands.
    pub state: BulkState,
    /// What became of the leads.
    #[serde(flatten)]
    pub counts: BulkCounts,
    /// How many refusals there are; of these at most [`Refusal::KEPT`] are kept.
    pub refusals: u64,
    /// Who asked for it.
    pub asked_by: Actor,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub asked_at: Timestamp,
    /// When it last moved.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub moved_at: Timestamp,
}

/// Why a lead, or one field of it, stayed as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// The lead.
    pub lead: LeadId,
    /// The field by its input name; `lead` when it is about the lead as a whole.
    pub field: String,
    /// Why, in plain words.
    pub reason: String,
}

impl Refusal {
    /// The most refusals that are kept of one work; the counts go on.
    pub const KEPT: usize = 1000;
}
