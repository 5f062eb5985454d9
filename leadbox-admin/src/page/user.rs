//! One user: account, roles, what follows from them and why, sessions. Owns changing them from its page.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::{Capability, Role};
use leadbox_core::proof::TokenKind;
use leadbox_core::{Error, Invalid, Team, User, UserId, UserStatus};

use super::effective::{AccessTable, access_table};
use super::fields::{Fields, revision, value, values};
use super::issues::Issues;
use super::secret::Shown;
use super::sessions::{SessionRow, sessions};
use super::shell::{Shell, Visit};
use super::users::link;
use super::words::zone;
use super::{Doc, format};
use crate::serve::Problem;

#[derive(Template)]
#[template(path = "user.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    /// As the form has it, which may not be stored yet.
    user: User,
    stored: User,
    initials: String,
    disabled: bool,
    has_password: bool,
    teams: Vec<Team>,
    roles: Vec<Role>,
    access: AccessTable,
    sessions: Vec<SessionRow>,
    issues: Issues,
    secret: Option<Shown>,
    /// Whether there is a password and are sessions to look after.
    own_sign_in: bool,
}

async fn known(visit: &Visit, id: &str) -> Result<User, Problem> {
    visit.leadbox.rights().require_capability(Capability::UsersManage)?;
    let absent = || Error::not_found("user", id);
    let user: UserId = id.parse().map_err(|_| absent())?;
    Ok(visit.leadbox.directory().user(user).await?.ok_or_else(absent)?)
}

/// `GET /users/{id}`.
pub(crate) async fn user(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let user = known(&visit, &id).await?;
    Ok(Html(page(visit, user.clone(), user, Issues::default(), None).await?.render()?))
}

/// `POST /users/{id}`.
pub(crate) async fn change(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let before = known(&visit, &id).await?;
    let stored = before.clone();
    let (changed, unread) = read(&fields, before);
    let done = match unread.or(()) {
        Ok(()) => visit.leadbox.directory().change_user(&changed).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("{}/users/{id}", visit.doc.prefix)).into_response()),
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, changed, stored, invalid.into(), None).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The user as the form has it, and what of the form is no answer. What is missing stays as it was.
fn read(fields: &[(String, String)], before: User) -> (User, Invalid) {
    let mut unread = Invalid::default();
    let revision = revision(fields).map_err(|missing| unread.issues.extend(missing.issues));
    let team = match value(fields, "team") {
        "" => Ok(None),
        text => text.parse().map(Some),
    };
    if team.is_err() {
        unread.push("team", "is none that there is");
    }
    let status = match value(fields, "status") {
        "active" => Some(UserStatus::Active),
        "disabled" => Some(UserStatus::Disabled),
        _ => None,
    };
    if status.is_none() {
        unread.push("status", "is active or disabled");
    }
    let mut roles = BTreeSet::new();
    for role in values(fields, "role") {
        match role.parse() {
            Ok(role) => drop(roles.insert(role)),
            Err(error) => unread.push("role", error),
        }
    }
    let user = User {
        revision: revision.unwrap_or(before.revision),
        name: value(fields, "name").to_owned(),
        email: value(fields, "email").to_owned(),
        team: team.unwrap_or(before.team),
        status: status.unwrap_or(before.status),
        roles,
        ..before
    };
    (user, unread)
}

/// `POST /users/{id}/link`.
pub(crate) async fn make_link(
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    let user = known(&visit, &id).await?;
    let kind =
        if visit.has_password(user.id).await? { TokenKind::Reset } else { TokenKind::Invitation };
    let secret = link(&visit, &headers, &user, kind).await?;
    Ok(Html(page(visit, user.clone(), user, Issues::default(), Some(secret)).await?.render()?))
}

/// `POST /users/{id}/sign-out`.
pub(crate) async fn sign_out(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    let user = known(&visit, &id).await?;
    visit.leadbox.sessions().end_others(user.id, None).await?;
    Ok(Redirect::to(&format!("{}/users/{id}", visit.doc.prefix)))
}

async fn page(
    visit: Visit,
    user: User,
    stored: User,
    issues: Issues,
    secret: Option<Shown>,
) -> Result<Page, Problem> {
    let has_password = visit.has_password(user.id).await?;
    let Visit { doc, shell, leadbox, policy, own_sign_in, .. } = visit.on("users");
    let effective = leadbox.access().effective_access(user.id).await?;
    let catalog = leadbox.catalog().await?;
    let zone = zone(&leadbox, &catalog).await?;
    let sessions = sessions(&leadbox, user.id, zone, &policy, None).await?;
    Ok(Page {
        initials: format::initials(&stored.name),
        disabled: stored.status == UserStatus::Disabled,
        has_password,
        teams: leadbox.directory().teams().await?,
        access: access_table(&effective, &catalog),
        sessions,
        roles: catalog.roles.values().cloned().collect(),
        issues,
        secret,
        own_sign_in,
        stored,
        user,
        doc,
        shell,
    })
}
