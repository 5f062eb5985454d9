//! Roles: list, define, remove.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use leadbox_core::access::Grants;
use leadbox_core::{Role, RoleKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::paging::Listed;
use crate::serve::Problem;

/// What a user with this role may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
pub(super) struct RoleBody {
    /// Its key, unique in the tenant.
    key: RoleKey,
    /// What people read.
    name: String,
    /// What it grants.
    grants: Grants,
    /// Whether every tenant has it; it cannot be changed then.
    built_in: bool,
}

impl RoleBody {
    fn of(role: Role) -> Self {
        Self { built_in: role.is_built_in(), key: role.key, name: role.name, grants: role.grants }
    }
}

/// A role as it is defined; its key stands in the address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRole)]
pub(super) struct NewRole {
    /// What people read, 1 to 200 characters.
    name: String,
    /// What it grants.
    #[serde(default)]
    grants: Grants,
}

/// List roles
///
/// By key, the built-in ones among them.
#[utoipa::path(get, path = "/roles", tag = "users", responses((status = 200, body = Listed<RoleBody>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<RoleBody>>, Problem> {
    Ok(Json(Listed::whole(leadbox.access().roles().await?.into_iter().map(RoleBody::of))))
}

/// Define a role
///
/// Or change one. It takes effect for those who have it within a second.
#[utoipa::path(put, path = "/roles/{key}", tag = "users", request_body = NewRole, params(("key" = RoleKey, Path)),
    responses((status = 200, body = RoleBody)))]
pub(super) async fn define(
    Asker(leadbox): Asker,
    Path(key): Path<RoleKey>,
    Body(new): Body<NewRole>,
) -> Result<Json<RoleBody>, Problem> {
    let role = Role { key, name: new.name, grants: new.grants };
    leadbox.access().define_role(&role).await?;
    Ok(Json(RoleBody::of(role)))
}

/// Remove a role
///
/// That nobody has.
#[utoipa::path(delete, path = "/roles/{key}", tag = "users", params(("key" = RoleKey, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn remove(
    Asker(leadbox): Asker,
    Path(key): Path<RoleKey>,
) -> Result<StatusCode, Problem> {
    leadbox.access().remove_role(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}
