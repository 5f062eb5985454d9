//! One's own account: name, time zone, password, sessions. Owns that a password is changed only by whoever knows the one
//! before, so that a screen left open gives nothing away.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Denied;
use leadbox_core::{Error, Invalid, User};
use serde::Deserialize;

use super::effective::{AccessTable, access_table};
use super::issues::Issues;
use super::sessions::{SessionRow, sessions};
use super::shell::{Shell, Visit};
use super::sign_in::{from_here, is_password};
use super::words::zone;
use super::{Doc, region};
use crate::admin::Shared;
use crate::serve::Problem;
use crate::who::client_address;

#[derive(Template)]
#[template(path = "profile.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    user: User,
    /// The zone that is chosen; empty for the one in the settings.
    zone: String,
    settings_zone: &'static str,
    zones: Vec<&'static str>,
    /// Whether one signs in with a password here.
    own_sign_in: bool,
    access: AccessTable,
    sessions: Vec<SessionRow>,
    issues: Issues,
}

/// What a user says of itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    name: String,
    #[serde(default)]
    zone: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NewPassword {
    current: String,
    password: String,
}

/// The account of whoever asks.
async fn account(visit: &Visit) -> Result<User, Problem> {
    let user = visit.leadbox.rights().oneself().ok_or(Denied::Account)?;
    let found = visit.leadbox.directory().user(user).await?;
    Ok(found.ok_or_else(|| Error::not_found("user", user))?)
}

/// `GET /profile`.
pub(crate) async fn profile(visit: Visit) -> Result<Html<String>, Problem> {
    let user = account(&visit).await?;
    Ok(Html(page(visit, user, None, Issues::default()).await?.render()?))
}

/// `POST /profile`.
pub(crate) async fn change(visit: Visit, Form(said): Form<Said>) -> Result<Response, Problem> {
    let user = account(&visit).await?;
    let mut invalid = Invalid::default();
    let chosen = match said.zone.as_str() {
        "" => None,
        name => region::zone(name, &mut invalid),
    };
    let done = match invalid.or(()) {
        Ok(()) => visit.leadbox.directory().change_own(&said.name, chosen).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(back(&visit).into_response()),
        Err(Error::Invalid(invalid)) => {
            let user = User { name: said.name, ..user };
            refused(visit, user, Some(said.zone), invalid.into()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /profile/password`.
pub(crate) async fn set_password(
    State(shared): State<Shared>,
    visit: Visit,
    parts: Parts,
    Form(given): Form<NewPassword>,
) -> Result<Response, Problem> {
    let user = account(&visit).await?;
    // Only a session proves that LeadBox's own sign-in is what this user comes in by.
    let session = visit.session.clone().ok_or(Denied::Account)?;
    let address = client_address(&parts);
    shared.throttle.try_from_address(address).map_err(Problem::too_many)?;
    let host = from_here(&shared.leadbox, address.map(|address| address.to_string()));
    if !is_password(&shared, &host, Some(&user), &given.current).await? {
        let wrong = Invalid::one("current password", "is wrong");
        return refused(visit, user, None, wrong.into()).await;
    }
    let hash = match shared.passwords.hash(&given.password, &user.email).await {
        Ok(hash) => hash,
        Err(error) => {
            let weak = Invalid::one("new password", error);
            return refused(visit, user, None, weak.into()).await;
        }
    };
    visit.leadbox.passwords().set(user.id, &hash, Some(&session)).await?;
    Ok(back(&visit).into_response())
}

/// `POST /profile/sign-out`: everywhere else.
pub(crate) async fn sign_out(visit: Visit) -> Result<Redirect, Problem> {
    let user = account(&visit).await?;
    let kept = visit.session.as_ref().map(|session| session.id);
    visit.leadbox.sessions().end_others(user.id, kept).await?;
    Ok(back(&visit))
}

fn back(visit: &Visit) -> Redirect {
    Redirect::to(&visit.doc.page("profile"))
}

async fn refused(
    visit: Visit,
    user: User,
    zone: Option<String>,
    issues: Issues,
) -> Result<Response, Problem> {
    let page = page(visit, user, zone, issues).await?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

async fn page(
    visit: Visit,
    user: User,
    chosen: Option<String>,
    issues: Issues,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, session, policy, .. } = visit.on("profile");
    let catalog = leadbox.catalog().await?;
    let reads_in = zone(&leadbox, &catalog).await?;
    let effective = leadbox.access().effective_access(user.id).await?;
    Ok(Page {
        zone: chosen.or_else(|| user.zone.map(|zone| zone.name().to_owned())).unwrap_or_default(),
        settings_zone: catalog.settings.zone.name(),
        zones: region::zones(),
        own_sign_in: session.is_some(),
        access: access_table(&effective, &catalog),
        sessions: sessions(&leadbox, user.id, reads_in, &policy, session.as_ref()).await?,
        issues,
        user,
        doc,
        shell,
    })
}
