//! Signing in and out. Owns that nobody learns from it which addresses have an account.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::proof::TokenKind;
use leadbox_core::{Actor, Error, LeadBox, User, UserStatus};
use serde::Deserialize;

use super::Doc;
use crate::admin::Shared;
use crate::serve::Problem;
use crate::who::{SESSION, cleared, client_address, named, session_cookie};

#[derive(Template)]
#[template(path = "sign-in.html")]
struct Page {
    doc: Doc,
    error: String,
    note: String,
    email: String,
    to: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Where to go afterwards, below the mount.
    #[serde(default)]
    to: String,
    /// What was just done.
    #[serde(default)]
    after: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SignIn {
    email: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// `GET /sign-in`.
pub(crate) async fn form(doc: Doc, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    let note = match asked.after.as_str() {
        "sign-out" => "You are signed out.",
        _ => "",
    };
    let (error, note) = (String::new(), note.to_owned());
    let page = Page { doc, error, note, email: String::new(), to: asked.to };
    Ok(Html(page.render()?))
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(
    State(shared): State<Shared>,
    doc: Doc,
    parts: Parts,
    Form(given): Form<SignIn>,
) -> Result<Response, Problem> {
    let address = client_address(&parts);
    shared.throttle.try_from_address(address).map_err(Problem::too_many)?;
    let leadbox = from_here(&shared.leadbox, address.map(|address| address.to_string()));
    let Some(user) = proved(&shared, &leadbox, &given).await? else {
        let error = "E-mail or password is wrong".to_owned();
        let page = Page { doc, error, note: String::new(), email: given.email, to: given.to };
        return Ok((StatusCode::UNAUTHORIZED, Html(page.render()?)).into_response());
    };
    begin(&shared, &leadbox, &user, &doc.prefix, &parts.headers, &given.to).await
}

/// The user that the address and the password belong to.
async fn proved(
    shared: &Shared,
    leadbox: &LeadBox,
    given: &SignIn,
) -> Result<Option<User>, Problem> {
    let user = leadbox.directory().user_by_email(&given.email).await?;
    let user = user.filter(|user| user.status == UserStatus::Active);
    let met = is_password(shared, leadbox, user.as_ref(), &given.password).await?;
    Ok(user.filter(|_| met))
}

/// Whether it is the user's password. Keeps account of misses; nobody's password is nothing at all, and takes as long.
pub(super) async fn is_password(
    shared: &Shared,
    leadbox: &LeadBox,
    user: Option<&User>,
    password: &str,
) -> Result<bool, Problem> {
    let known = match user {
        Some(user) => leadbox.passwords().credential(user.id).await?,
        None => None,
    };
    let open = known.as_ref().is_none_or(|known| known.is_open(leadbox.now()));
    // It takes as long for whom there is no account, no password, or a lock.
    let hash = known.as_ref().filter(|_| open).map(|known| known.hash.as_str());
    let met = shared.passwords.is(password, hash).await;
    let Some(user) = user.filter(|_| open) else { return Ok(false) };
    if met {
        // Guesses at the same time may have locked it meanwhile.
        return Ok(leadbox.passwords().met(user.id).await?);
    }
    leadbox.passwords().missed(user.id, &shared.lockout).await?;
    Ok(false)
}

/// The host's handle, with where the request came from.
pub(super) fn from_here(leadbox: &LeadBox, origin: Option<String>) -> LeadBox {
    leadbox.by(Actor { origin, ..leadbox.actor().clone() })
}

/// Begins a session, and goes to where somebody wanted to go.
pub(super) async fn begin(
    shared: &Shared,
    leadbox: &LeadBox,
    user: &User,
    prefix: &str,
    headers: &HeaderMap,
    to: &str,
) -> Result<Response, Problem> {
    let policy = shared.own_users.unwrap_or_default().sessions;
    let browser = headers.get("user-agent").and_then(|value| value.to_str().ok());
    let (_, secret) =
        leadbox.sessions().begin(user.id, browser.unwrap_or_default(), &policy).await?;
    let secret = secret.reveal(TokenKind::Session.prefix());
    let mut response = Redirect::to(&landing(prefix, to)).into_response();
    if let Some(cookie) = session_cookie(&secret, prefix, headers, &policy) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where one lands after signing in.
fn landing(prefix: &str, to: &str) -> String {
    match (prefix, below(to)) {
        (prefix, "/") if !prefix.is_empty() => prefix.to_owned(),
        (prefix, to) => format!("{prefix}{to}"),
    }
}

/// A path below the mount; anything else would lead elsewhere, and becomes the first page.
fn below(to: &str) -> &str {
    let plain = to.starts_with('/')
        && !to.starts_with("//")
        // Browsers drop a tab, and what is left could be `//` again.
        && !to.contains(|letter: char| letter == '\\' || letter.is_control())
        && !to.starts_with("/sign-");
    if plain { to } else { "/" }
}

/// `POST /sign-out`.
pub(crate) async fn sign_out(
    State(shared): State<Shared>,
    doc: Doc,
    parts: Parts,
) -> Result<Response, Problem> {
    if let Some(secret) = named(&parts.headers, SESSION) {
        let origin = client_address(&parts).map(|address| address.to_string());
        let leadbox = from_here(&shared.leadbox, origin);
        let policy = shared.own_users.unwrap_or_default().sessions;
        if let Some(session) = leadbox.sessions().resume(secret, &policy).await? {
            let asker = match leadbox.as_session(&session).await {
                Ok(asker) => asker,
                // Disabled meanwhile: the session ends all the same.
                Err(Error::Denied(_)) => leadbox.clone(),
                Err(error) => return Err(error.into()),
            };
            asker.sessions().end(session.token.id).await?;
        }
    }
    let target = format!("{}/sign-in?after=sign-out", doc.prefix);
    let mut response = Redirect::to(&target).into_response();
    if let Some(cookie) = cleared(&doc.prefix) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_never_lands_elsewhere() {
        for (to, target) in [
            ("/leads?q=x", "/leads?q=x"),
            ("", "/"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/x\r\nSet-Cookie: a=b", "/"),
            ("/\t/evil.example", "/"),
            ("/sign-out", "/"),
        ] {
            assert_eq!(below(to), target, "{to}");
        }
    }
}
