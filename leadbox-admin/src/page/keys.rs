//! API keys: making, rotating, revoking. Owns the list and the form.

use std::num::NonZeroU32;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use leadbox_core::access::Grants;
use leadbox_core::service::{MadeKey, NewKey};
use leadbox_core::{Error, Invalid, PageRequest, Timestamp, TokenId};

use super::fields::{Fields, value};
use super::granting::{CapabilityGroup, PermissionRow, capability_groups, permission_rows, read};
use super::issues::Issues;
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
    /// How many requests it may make; empty without a limit.
    limit: String,
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
    form: Form,
    permissions: Vec<PermissionRow>,
    capabilities: Vec<CapabilityGroup>,
    issues: Issues,
    secret: Option<Shown>,
}

/// What stands in the form for a new key.
struct Form {
    name: String,
    days: String,
    per_minute: String,
    grants: Grants,
}

impl Form {
    /// As it begins: a key for a year that may do nothing yet.
    fn blank() -> Self {
        let (name, per_minute) = (String::new(), String::new());
        Self { name, days: "365".to_owned(), per_minute, grants: Grants::default() }
    }
}

/// `GET /keys`.
pub(crate) async fn keys(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, Form::blank(), Issues::default(), None).await?.render()?))
}

/// `POST /keys`.
pub(crate) async fn make(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    let mut invalid = Invalid::default();
    let form = Form {
        name: value(&fields, "name").to_owned(),
        days: value(&fields, "days").to_owned(),
        per_minute: value(&fields, "per_minute").to_owned(),
        grants: read(&fields, &mut invalid),
    };
    let new = NewKey {
        name: form.name.clone(),
        grants: form.grants.clone(),
        expires_at: expiry(&form.days, visit.leadbox.now(), &mut invalid),
        per_minute: limit(&form.per_minute, &mut invalid),
    };
    let done = match invalid.or(()) {
        Ok(()) => visit.leadbox.keys().make(&new).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(made) => shown(visit, &made).await,
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, form, invalid.into(), None).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// When a key ends that is good for so many days; what cannot be read is noted, and not for ever.
fn expiry(days: &str, now: Timestamp, invalid: &mut Invalid) -> Option<Timestamp> {
    if days.is_empty() {
        return None;
    }
    let read = days.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    if read.is_none() {
        invalid.push("days", format!("is not 1 to {MOST_DAYS}"));
    }
    read.map(|days| now + TimeDelta::days(days))
}

/// How many requests a key may make per minute; what cannot be read is noted.
fn limit(per_minute: &str, invalid: &mut Invalid) -> Option<NonZeroU32> {
    let read = per_minute.parse().ok();
    if read.is_none() && !per_minute.is_empty() {
        invalid.push("per_minute", format!("is not a whole number from 1 to {}", u32::MAX));
    }
    read
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
    let page = page(visit, Form::blank(), Issues::default(), Some(secret)).await?;
    Ok(Html(page.render()?).into_response())
}

async fn page(
    visit: Visit,
    form: Form,
    issues: Issues,
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
        let limit = token.details.per_minute.map(|n| format!("{n} per minute"));
        let until = token.gone_at().map(|at| format::moment(at, zone));
        let user = token.user.map(|user| names.get(&user).cloned().unwrap_or_default());
        Row {
            id: token.id.to_string(),
            name: token.details.name.clone(),
            hint: token.details.hint.clone(),
            grants: permissions.chain(capabilities).collect(),
            limit: limit.unwrap_or_default(),
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
    let (rows, rights) = (rows.collect(), leadbox.rights());
    let permissions = permission_rows(rights, &form.grants);
    let capabilities = capability_groups(rights, &form.grants);
    let issues = issues.calling("days", "Good for").calling("per_minute", "Requests per minute");
    Ok(Page { doc, shell, rows, form, permissions, capabilities, issues, secret })
}
