//! In what order lists of leads stand. Owns where each order is kept: the table, the column and the indexes over it; how a
//! list walks them is `lists`'s.

use leadbox_core::filter::{LeadField, SortKey};

use crate::filter::Table;

/// How a list is ordered: the table that is walked, its columns, and its indexes.
pub(crate) struct Order {
    pub(crate) table: Table,
    pub(crate) field: LeadField,
    pub(crate) column: &'static str,
    pub(crate) id: &'static str,
    pub(crate) live: &'static str,
    pub(crate) index: &'static str,
    pub(crate) by_owner: Option<&'static str>,
    pub(crate) by_stage: Option<&'static str>,
}

impl Order {
    pub(crate) fn of(by: SortKey) -> Self {
        let lead = |field, column, index, by_owner| Self {
            table: Table::Lead,
            field,
            column,
            id: "l.id",
            live: "l.deleted_at is null",
            index,
            by_owner,
            by_stage: None,
        };
        let pulse = |field, column, index, by_owner, by_stage| Self {
            table: Table::Pulse,
            field,
            column,
            id: "s.lead",
            live: "s.deleted = 0",
            index,
            by_owner,
            by_stage,
        };
        match by {
            SortKey::Created => lead(
                LeadField::CreatedAt,
                "l.created_at",
                "lead_created",
                Some("lead_owner_created"),
            ),
            SortKey::Updated => lead(LeadField::UpdatedAt, "l.updated_at", "lead_updated", None),
            SortKey::Name => lead(LeadField::Name, "l.name_key", "lead_name", None),
            SortKey::Value => lead(LeadField::Value, "l.value_minor", "lead_value", None),
            SortKey::Score => {
                let (by_owner, by_stage) = (Some("pulse_owner_score"), Some("pulse_stage_score"));
                pulse(LeadField::Score, "s.score", "pulse_score", by_owner, by_stage)
            }
            SortKey::LastInteraction => {
                pulse(LeadField::LastInteractionAt, "s.last_at", "pulse_last", None, None)
            }
        }
    }
}

/// A place in a list.
pub(crate) enum Key {
    Number(i64),
    Text(String),
}
