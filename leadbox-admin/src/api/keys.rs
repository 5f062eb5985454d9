//! API keys: list, make, rotate, revoke.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use leadbox_core::access::Grants;
use leadbox_core::proof::Token;
use leadbox_core::service::{MadeKey, NewKey};
use leadbox_core::{Invalid, TokenId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::once::{OnceKey, Posted};
use super::paging::{Listed, Paging};
use crate::serve::Problem;

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct KeyBody {
    /// Its id.
    id: TokenId,
    /// What people call it.
    name: String,
    /// The first characters of its secret.
    #[schema(example = "lbk_3f9a")]
    hint: String,
    /// For whom it stands; missing for a key of the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    /// What it may do; its user's grants limit it further.
    grants: Grants,
    /// How many requests it may make per minute; no limit when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    per_minute: Option<u32>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<DateTime<Utc>>,
    /// Until when it is good; for ever when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// When it was revoked, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
}

impl KeyBody {
    fn of(token: &Token) -> Self {
        let details = &token.details;
        Self {
            id: token.id,
            name: details.name.clone(),
            hint: details.hint.clone(),
            user: token.user,
            grants: details.grants.clone().unwrap_or_default(),
            per_minute: details.per_minute.map(Into::into),
            created_at: token.created_at,
            used_at: token.used_at,
            expires_at: token.expires_at,
            ended_at: token.ended_at,
        }
    }
}

/// A key with its secret, which is not to be had again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeKey)]
pub(super) struct MadeKeyBody {
    /// What the program that asks sends along: `Authorization: Bearer lbk_...`.
    secret: String,
    /// The key.
    key: KeyBody,
}

fn made(made: &MadeKey) -> Response {
    let body = MadeKeyBody { secret: made.text(), key: KeyBody::of(&made.key) };
    (StatusCode::CREATED, Json(body)).into_response()
}

/// List keys
///
/// The latest first, also those that are over.
#[utoipa::path(get, path = "/keys", tag = "keys", params(Paging), responses((status = 200, body = Listed<KeyBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<KeyBody>>, Problem> {
    let found = leadbox.keys().list(&paging.request()?).await?;
    Ok(Json(Listed::of(&found, KeyBody::of)))
}

/// Make a key
///
/// That stands for whoever asks, and may never do more. Its secret is shown this once.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = NewKey,
    params(OnceKey),
    responses((status = 201, body = MadeKeyBody), (status = 409, description = "Made before: its secret was shown then")))]
pub(super) async fn make(Asker(leadbox): Asker, new: Posted<NewKey>) -> Result<Response, Problem> {
    let (once, before) = new.begin(&leadbox).await?;
    if let Some(id) = before {
        let detail =
            format!("The key {id} was made then, and its secret shown. Rotate it to get another.");
        return Err(Problem::new(StatusCode::CONFLICT, "Made before", detail));
    }
    Ok(made(&once.keys().make(&new.value).await?))
}

/// How the old secret ends.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Rotation)]
pub(super) struct Rotation {
    /// For how many more hours the old secret is good, 0 to 720; 24 when not given.
    #[schema(minimum = 0, maximum = 720)]
    overlap_hours: Option<i64>,
}

/// Rotate a key
///
/// Makes another secret. The old one is good for a while, so that programs can change over.
#[utoipa::path(post, path = "/keys/{id}/rotation", tag = "keys", request_body = Rotation, params(("id" = TokenId, Path)),
    responses((status = 201, body = MadeKeyBody), (status = 404)))]
pub(super) async fn rotate(
    Asker(leadbox): Asker,
    Path(id): Path<TokenId>,
    Body(rotation): Body<Rotation>,
) -> Result<Response, Problem> {
    let hours = rotation.overlap_hours.unwrap_or(24);
    if !(0..=720).contains(&hours) {
        return Err(Invalid::one("overlap_hours", "has to be 0 to 720").into());
    }
    Ok(made(&leadbox.keys().rotate(id, TimeDelta::hours(hours)).await?))
}

/// Revoke a key
///
/// At once.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = TokenId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn revoke(
    Asker(leadbox): Asker,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    leadbox.keys().revoke(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
