//! Setting a password by an invitation or a reset link. Owns the two pages, which differ in their words alone.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use leadbox_core::User;
use leadbox_core::proof::{Secret, TokenKind};
use serde::Deserialize;

use super::Doc;
use super::sign_in::{begin, from_here};
use crate::admin::Shared;
use crate::serve::Problem;
use crate::who::client_address;

#[derive(Template)]
#[template(path = "set-password.html")]
struct Page {
    doc: Doc,
    heading: &'static str,
    name: String,
    email: String,
    error: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    /// The link's secret.
    #[serde(default)]
    code: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NewPassword {
    password: String,
}

/// Where a user sets a password by this secret, below the mount: `/invitation?code=...` or `/reset?code=...`.
pub fn password_path(kind: TokenKind, secret: &Secret) -> String {
    let page = match kind {
        TokenKind::Reset => "reset",
        _ => "invitation",
    };
    format!("/{page}?code={}", secret.reveal(kind.prefix()))
}

/// Which of the two pages is asked for.
fn kind(parts: &Parts) -> TokenKind {
    match parts.uri.path() {
        "/invitation" => TokenKind::Invitation,
        _ => TokenKind::Reset,
    }
}

/// `GET /invitation?code=...` and `GET /reset?code=...`.
pub(crate) async fn form(
    State(shared): State<Shared>,
    doc: Doc,
    Query(link): Query<Link>,
    parts: Parts,
) -> Result<Html<String>, Problem> {
    let user = invitee(&shared, kind(&parts), &link.code).await?;
    Ok(Html(page(doc, kind(&parts), user, String::new()).render()?))
}

/// `POST` to the same.
pub(crate) async fn redeem(
    State(shared): State<Shared>,
    doc: Doc,
    Query(link): Query<Link>,
    parts: Parts,
    Form(given): Form<NewPassword>,
) -> Result<Response, Problem> {
    let (kind, code) = (kind(&parts), link.code.as_str());
    let user = invitee(&shared, kind, code).await?;
    let hash = match shared.passwords.hash(&given.password, &user.email).await {
        Ok(hash) => hash,
        Err(error) => {
            let page = page(doc, kind, user, error.to_string()).render()?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
        }
    };
    let origin = client_address(&parts).map(|address| address.to_string());
    let leadbox = from_here(&shared.leadbox, origin);
    leadbox.passwords().redeem(kind, code, &hash).await.map_err(|error| match error {
        leadbox_core::Error::Denied(_) => gone(),
        other => other.into(),
    })?;
    // Whoever has just set the password need not type it again.
    begin(&shared, &leadbox, &user, &doc.prefix, &parts.headers, "/").await
}

/// Whom the link is for.
async fn invitee(shared: &Shared, kind: TokenKind, code: &str) -> Result<User, Problem> {
    let token = shared.leadbox.passwords().link_behind(kind, code).await?;
    let user = token.and_then(|token| token.user).ok_or_else(gone)?;
    shared.leadbox.directory().user(user).await?.ok_or_else(gone)
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::GONE,
        "This link is no longer good",
        "It was used, replaced by a newer one, or is too old. An administrator can send you another.",
    )
}

fn page(doc: Doc, kind: TokenKind, user: User, error: String) -> Page {
    let heading = match kind {
        TokenKind::Invitation => "Welcome: set your password",
        _ => "Set a new password",
    };
    Page { doc, heading, name: user.name, email: user.email, error }
}
