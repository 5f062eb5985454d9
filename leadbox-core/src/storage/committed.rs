//! What a commit did. Owns the outcome as callers see it.

use serde::{Deserialize, Serialize};

use crate::id::LeadId;

/// Why a lead was left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It was not as the change expected.
    Conflict,
    /// Its id or key is taken.
    AlreadyExists,
}

/// A lead whose changes were left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Skipped {
    /// The lead.
    pub lead: LeadId,
    /// Why.
    pub reason: SkipReason,
}

/// What a commit did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Committed {
    /// Leads that were left out, in the order of their first change.
    pub skipped: Vec<Skipped>,
    /// Whether this set had been committed before, so that nothing happened now. Then `skipped` is empty.
    pub replayed: bool,
}
