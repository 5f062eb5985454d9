//! Users: list, add, change, invite; what they may do, and where they are signed in.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use leadbox_core::access::EffectiveAccess;
use leadbox_core::proof::TokenKind;
use leadbox_core::service::NewUser;
use leadbox_core::{Error, Invalid, LeadBox, Revision, RoleKey, TeamId, User, UserId, UserStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::once::{OnceKey, Posted, replayed};
use super::paging::{Listed, Paging};
use super::version::{Expected, IfMatch, Tagged, tagged};
use crate::admin::Shared;
use crate::page::password_path;
use crate::serve::{Prefix, Problem};

/// A person who works with leads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserBody {
    /// Its id.
    id: UserId,
    /// Raised by one at every change. Also its `ETag`.
    revision: Revision,
    /// What people read.
    name: String,
    /// Its address.
    email: String,
    /// The group it works in.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<TeamId>,
    /// Whether it may still work.
    status: UserStatus,
    /// What it may do.
    roles: BTreeSet<RoleKey>,
    /// The zone in which it reads times; the tenant's when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
}

impl UserBody {
    fn of(user: &User) -> Self {
        Self {
            id: user.id,
            revision: user.revision,
            name: user.name.clone(),
            email: user.email.clone(),
            team: user.team,
            status: user.status,
            roles: user.roles.clone(),
            zone: user.zone.map(|zone| zone.name().to_owned()),
        }
    }
}

/// List users
#[utoipa::path(get, path = "/users", tag = "users", params(Paging), responses((status = 200, body = Listed<UserBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<UserBody>>, Problem> {
    let found = leadbox.directory().users(&paging.request()?).await?;
    Ok(Json(Listed::of(&found, UserBody::of)))
}

async fn user(leadbox: &LeadBox, id: UserId) -> Result<User, Problem> {
    let user = leadbox.directory().user(id).await?;
    user.ok_or_else(|| Problem::not_found("There is no such user."))
}

/// Add a user
///
/// Without a password: an invitation lets it set one.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser,
    params(OnceKey),
    responses((status = 201, body = UserBody, headers(("ETag" = String), ("Location" = String)))))]
pub(super) async fn add(
    Asker(leadbox): Asker,
    prefix: Prefix,
    new: Posted<NewUser>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    let created = |user: &User| {
        let place = [(LOCATION, format!("{}/users/{}", prefix.0, user.id))];
        (StatusCode::CREATED, place, Tagged(user.revision.0), Json(UserBody::of(user)))
            .into_response()
    };
    match made {
        Some(id) => Ok(replayed(created(&user(&leadbox, id.into()).await?))),
        None => Ok(created(&once.directory().add_user(&new.value).await?)),
    }
}

/// Read a user
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, body = UserBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(id): Path<UserId>,
) -> Result<Response, Problem> {
    let user = user(&leadbox, id).await?;
    Ok(tagged(user.revision.0, UserBody::of(&user)))
}

/// What changes of a user; what is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = UserChange)]
pub(super) struct UserChange {
    /// What people read, 1 to 200 characters.
    name: Option<String>,
    /// Its address, unique in the tenant.
    email: Option<String>,
    /// The group it works in; null for none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<TeamId>)]
    team: Option<Option<TeamId>>,
    /// Whether it may still work.
    status: Option<UserStatus>,
    /// All that it may do.
    roles: Option<BTreeSet<RoleKey>>,
    /// The zone in which it reads times; null for the tenant's.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "Europe/Berlin")]
    zone: Option<Option<String>>,
}

/// Tells null from what is missing.
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl UserChange {
    fn applied(self, user: User) -> Result<User, Error> {
        let zone = match self.zone {
            None => user.zone,
            Some(None) => None,
            Some(Some(name)) => {
                let zone = name.parse();
                Some(zone.map_err(|_| Invalid::one("zone", format!("'{name}' is no time zone")))?)
            }
        };
        Ok(User {
            name: self.name.unwrap_or(user.name),
            email: self.email.unwrap_or(user.email),
            team: self.team.unwrap_or(user.team),
            status: self.status.unwrap_or(user.status),
            roles: self.roles.unwrap_or(user.roles),
            zone,
            ..user
        })
    }
}

/// Change a user
///
/// Name, address, team, status, roles or zone. With `If-Match` only at that revision.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", request_body = UserChange,
    params(("id" = UserId, Path), IfMatch),
    responses((status = 200, body = UserBody, headers(("ETag" = String))), (status = 404), (status = 412)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Path(id): Path<UserId>,
    expected: Expected,
    Body(change): Body<UserChange>,
) -> Result<Response, Problem> {
    let before = user(&leadbox, id).await?;
    let revision = expected.version()?.map_or(before.revision, Revision);
    let after = change.applied(User { revision, ..before })?;
    let user = leadbox.directory().change_user(&after).await?;
    Ok(tagged(user.revision.0, UserBody::of(&user)))
}

/// Why a user may do what it may
///
/// Every permission and capability, with the roles that give it.
#[utoipa::path(get, path = "/users/{id}/access", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, body = EffectiveAccess), (status = 404)))]
pub(super) async fn access(
    Asker(leadbox): Asker,
    Path(id): Path<UserId>,
) -> Result<Json<EffectiveAccess>, Problem> {
    Ok(Json(leadbox.access().effective_access(id).await?))
}

/// A link with which a user sets a password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(super) struct LinkBody {
    /// Below the mount; shown once. It is good until it is used or expires, or another one is made.
    #[schema(example = "/invitation?code=lbi_...")]
    path: String,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum LinkKind {
    /// A new user sets a first password.
    Invitation,
    /// A known user sets another one.
    Reset,
}

/// A link to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLink)]
pub(super) struct NewLink {
    kind: LinkKind,
}

/// Make a link
///
/// With which a user sets a password; whoever gets it, gets in. Nothing is sent. There are none where the users are those
/// of a program around this.
#[utoipa::path(post, path = "/users/{id}/links", tag = "users", request_body = NewLink, params(("id" = UserId, Path)),
    responses((status = 201, body = LinkBody), (status = 404)))]
pub(super) async fn link(
    State(shared): State<Shared>,
    Asker(leadbox): Asker,
    Path(id): Path<UserId>,
    Body(new): Body<NewLink>,
) -> Result<(StatusCode, Json<LinkBody>), Problem> {
    if shared.own_users.is_none() {
        return Err(Problem::not_found("Nobody signs in with a password here."));
    }
    let (kind, secret) = match new.kind {
        LinkKind::Invitation => (TokenKind::Invitation, leadbox.passwords().invite(id).await?),
        LinkKind::Reset => (TokenKind::Reset, leadbox.passwords().reset(id).await?),
    };
    let path = password_path(kind, &secret);
    Ok((StatusCode::CREATED, Json(LinkBody { path })))
}

/// Sign a user out
///
/// Everywhere.
#[utoipa::path(delete, path = "/users/{id}/sessions", tag = "users", params(("id" = UserId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn sign_out(
    Asker(leadbox): Asker,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    user(&leadbox, id).await?;
    leadbox.sessions().end_others(id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
