//! Who asks, as the API knows it.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Extension, Json};
use leadbox_core::access::{Capability, Level, Permission};
use leadbox_core::{Actor, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::who::Principal;

/// Whoever asks, and what it may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct MeBody {
    /// The user's or key's name.
    name: String,
    /// The user, or the one for whom a key stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    /// As whom the log knows it.
    actor: Actor,
    /// What it may do with leads, and how far that reaches.
    permissions: BTreeMap<Permission, Level>,
    /// What it may do with the tenant as a whole.
    capabilities: Vec<Capability>,
    /// Fields that are hidden from it.
    hidden: BTreeSet<String>,
    /// Fields that it may not write.
    read_only: BTreeSet<String>,
}

/// Who asks
///
/// And what it may do: what is not there is refused.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = MeBody)))]
pub(super) async fn read(Extension(principal): Extension<Principal>) -> Json<MeBody> {
    let rights = principal.leadbox.rights();
    let level = |permission: &Permission| Some((*permission, rights.level(*permission)?));
    let grants = rights.grants();
    Json(MeBody {
        user: rights.user(),
        actor: principal.leadbox.actor().clone(),
        permissions: Permission::ALL.iter().filter_map(level).collect(),
        capabilities: Capability::ALL.iter().copied().filter(|one| rights.can(*one)).collect(),
        hidden: grants.map(|grants| grants.hidden.clone()).unwrap_or_default(),
        read_only: grants.map(|grants| grants.read_only.clone()).unwrap_or_default(),
        name: principal.name,
    })
}
