//! Orders of a list. Owns by what one is sorted, and how an order is written; what stands in an order that is hidden from
//! the asker is `hidden`'s.

use std::fmt;
use std::str::FromStr;

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

/// Text that names no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is none of {}", SortKey::ALL.map(SortKey::as_str).join(", "))]
pub struct SortError {
    /// What was to be sorted by.
    pub name: String,
}

/// The key's name, the largest first with `-` in front: `-created`.
impl fmt::Display for LeadSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.direction == Direction::Descending { "-" } else { "" };
        write!(f, "{sign}{}", self.by.as_str())
    }
}

impl FromStr for LeadSort {
    type Err = SortError;

    fn from_str(text: &str) -> Result<Self, SortError> {
        let (direction, name) = match text.strip_prefix('-') {
            Some(name) => (Direction::Descending, name),
            None => (Direction::Ascending, text),
        };
        let by = SortKey::ALL.into_iter().find(|key| key.as_str() == name);
        let by = by.ok_or_else(|| SortError { name: name.to_owned() })?;
        Ok(Self { by, direction })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_back_from_its_name() {
        for by in SortKey::ALL {
            for sort in [LeadSort::ascending(by), LeadSort::descending(by)] {
                assert_eq!(sort.to_string().parse(), Ok(sort));
            }
        }
        assert_eq!(LeadSort::default().to_string(), "-created");
        let unknown = "-colour".parse::<LeadSort>().unwrap_err().to_string();
        assert!(unknown.starts_with("'colour' is none of created, "), "{unknown}");
    }
}
