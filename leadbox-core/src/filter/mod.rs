//! Which leads a list shows, and in which order. Owns the fields that can be asked for, the filter that callers write
//! and the checked form that storages run; knows nothing of SQL.

mod checked;
mod condition;
mod field;
mod hidden;
mod matching;
mod reading;
mod search;
mod value;

pub use checked::{Check, Leaf, Operand, Sense, Test};
pub use condition::{FilterError, LeadFilter, Op};
pub use field::{FieldClass, LeadField};
pub use matching::Facts;
pub use search::{Search, SearchTerm};

use serde::{Deserialize, Serialize};

/// By what a list is ordered.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SortKey {
    /// When the lead came in.
    #[default]
    Created,
    /// When it last changed.
    Updated,
    /// Its score; 0 while unscored.
    Score,
    /// Its last interaction; those without count as the earliest.
    LastInteraction,
    /// Its folded name; those without come first.
    Name,
    /// Its value in minor units; those without count as the smallest.
    Value,
}

impl SortKey {
    /// Every key.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Updated, Self::Score, Self::LastInteraction, Self::Name, Self::Value];

    /// The key's name, such as `last_interaction`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Score => "score",
            Self::LastInteraction => "last_interaction",
            Self::Name => "name",
            Self::Value => "value",
        }
    }
}

/// Up or down.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    #[default]
    Descending,
}

/// An order; rows with equal keys follow by id, in the same direction.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct LeadSort {
    /// By what.
    pub by: SortKey,
    /// Up or down.
    pub direction: Direction,
}

impl LeadSort {
    /// Smallest first.
    pub fn ascending(by: SortKey) -> Self {
        Self { by, direction: Direction::Ascending }
    }

    /// Largest first.
    pub fn descending(by: SortKey) -> Self {
        Self { by, direction: Direction::Descending }
    }

    /// The name of the list that a cursor of this order belongs to.
    pub fn list_name(&self) -> String {
        let direction = if self.direction == Direction::Ascending { "asc" } else { "desc" };
        format!("leads:{}:{direction}", self.by.as_str())
    }
}

/// A question to a storage: which leads, in which order. Deleted leads are never among them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LeadQuery {
    /// Which leads, checked and with every negation pushed down.
    pub check: Check,
    /// Text to look for.
    pub search: Search,
    /// In which order.
    pub sort: LeadSort,
}
