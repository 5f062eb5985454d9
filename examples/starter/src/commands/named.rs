//! Leads and people in what is said: for programs by their ids, for people by their names.

use std::collections::BTreeMap;

use leadbox_core::{Lead, LeadId, UserId};
use serde::Serialize;

/// Somebody, or a lead.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Named<I> {
    pub(super) id: I,
    pub(super) name: String,
}

impl Named<LeadId> {
    /// A lead.
    pub(super) fn lead(lead: &Lead) -> Self {
        Self { id: lead.id, name: lead.display_name().to_owned() }
    }
}

impl Named<UserId> {
    /// A user, as the directory calls them.
    pub(super) fn user(id: UserId, names: &BTreeMap<UserId, String>) -> Self {
        Self { id, name: names.get(&id).cloned().unwrap_or_default() }
    }
}
