//! API keys: making, rotating, revoking. Owns the list and the form.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::service::{MadeKey, NewKey};
use leadbox_core::{Error, FieldIssue, Invalid, PageRequest, Timestamp, TokenId};

use super::fields::{Fields, value};
use super::secret::Shown;
use super::shell::{Shell, Visit};
use super::words::zone;
use super::{Doc, format};
use crate::serve::Problem;

/// How long the old secret of a rotated key is good.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// The longest that a key is good for, unless for ever.
const MOST_DAYS: i64 = 3650;

struct Row {
    id: String,
    name: String,
    hint: String,
    grants: Vec<String>,
    user: String,
    used: String,
    until: String,
    live: bool,
    /// Whether the asker may have another secret for it.
    rotates: bool,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    rows: Vec<Row>,
    permissions: &'static [Permission],
    levels: [Level; 3],
    issues: Vec<FieldIssue>,
    secret: Option<Shown>,
}

/// `GET /keys`.
pub(crate) async fn keys(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, Vec::new(), None).await?.render()?))
}

/// `POST /keys`.
pub(crate) async fn make(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    let granted = Permission::ALL.iter().filter_map(|permission| {
        let level = value(&fields, permission.name());
        Some((*permission, Level::ALL.into_iter().find(|one| one.name() == level)?))
    });
    let grants = granted
        .fold(Grants::default(), |grants, (permission, level)| grants.allow(permission, level));
    let name = value(&fields, "name").to_owned();
    let done = match expiry(value(&fields, "days"), visit.leadbox.now()) {
        Ok(expires_at) => {
            let new = NewKey { name, grants, expires_at, per_minute: None };
            visit.leadbox.keys().make(&new).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(made) => shown(visit, &made).await,
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, invalid.issues, None).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// When a key ends that is good for so many days; what cannot be read is not for ever.
fn expiry(days: &str, now: Timestamp) -> Result<Option<Timestamp>, Invalid> {
    if days.is_empty() {
        return Ok(None);
    }
    let days = days.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    let days = days.ok_or_else(|| Invalid::one("days", format!("is not 1 to {MOST_DAYS}")))?;
    Ok(Some(now + TimeDelta::days(days)))
}

fn read_id(id: &str) -> Result<TokenId, Error> {
    id.parse().map_err(|_| Error::not_found("API key", id))
}

/// `POST /keys/{id}/rotate`.
pub(crate) async fn rotate(visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let made = visit.leadbox.keys().rotate(read_id(&id)?, OVERLAP).await?;
    shown(visit, &made).await
}

/// `POST /keys/{id}/revoke`.
pub(crate) async fn revoke(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    visit.leadbox.keys().revoke(read_id(&id)?).await?;
    Ok(Redirect::to(&format!("{}/keys", visit.doc.prefix)))
}

async fn shown(visit: Visit, made: &MadeKey) -> Result<Response, Problem> {
    let secret = Shown {
        title: format!("The key “{}”.", made.key.details.name),
        note: "Copy it now: it is shown once, and kept as a digest only.",
        text: made.text(),
    };
    Ok(Html(page(visit, Vec::new(), Some(secret)).await?.render()?).into_response())
}

async fn page(
    visit: Visit,
    issues: Vec<FieldIssue>,
    secret: Option<Shown>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("keys");
    let tokens = leadbox.keys().list(&PageRequest::first(PageRequest::MAX)).await?.items;
    let (names, catalog, now) =
        (leadbox.directory().names().await?, leadbox.catalog().await?, leadbox.now());
    let zone = zone(&leadbox, &catalog).await?;
    let rows = tokens.iter().map(|token| {
        let grants = token.details.grants.clone().unwrap_or_default();
        let permissions =
            grants.permissions.iter().map(|(permission, level)| format!("{permission} {level}"));
        let capabilities = grants.capabilities.iter().map(ToString::to_string);
        let until = token.gone_at().map(|at| format::moment(at, zone));
        let user = token.user.map(|user| names.get(&user).cloned().unwrap_or_default());
        Row {
            id: token.id.to_string(),
            name: token.details.name.clone(),
            hint: token.details.hint.clone(),
            grants: permissions.chain(capabilities).collect(),
            user: user.unwrap_or_else(|| "the host".to_owned()),
            used: token.used_at.map_or_else(|| "never".to_owned(), |at| format::ago(at, now)),
            until: match (token.ended_at, until) {
                (Some(_), _) => "revoked".to_owned(),
                (None, Some(until)) => until,
                (None, None) => "for ever".to_owned(),
            },
            live: token.is_live(now),
            rotates: token.user.is_none() || token.user == leadbox.rights().oneself(),
        }
    });
    let rows = rows.collect();
    let (permissions, levels) = (Permission::ALL, Level::ALL);
    Ok(Page { doc, shell, rows, permissions, levels, issues, secret })
}
