//! LeadBox's own users: a session cookie, or an API key. Owns turning either into who asks.

use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, UPGRADE};
use axum::http::request::Parts;
use leadbox_core::service::{Session, SessionPolicy};
use leadbox_core::{Actor, Error, LeadBox, UserId};

use super::access::{Access, Principal, Refusal, Via};
use super::{SESSION, client_address, named, session_cookie};
use crate::serve::{FRAGMENT, prefix_of};

/// LeadBox's own users, who sign in with a password, and its API keys. What [`Admin`](crate::Admin) begins with.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnUsers {
    /// How long sessions last.
    pub sessions: SessionPolicy,
}

/// Where one signs in, below the mount.
const SIGN_IN: &str = "./sign-in";

#[async_trait]
impl Access for OwnUsers {
    async fn principal(&self, leadbox: &LeadBox, parts: &Parts) -> Result<Principal, Refusal> {
        let leadbox = asking_from(leadbox, parts);
        if let Some(key) = bearer(&parts.headers) {
            return by_key(&leadbox, key).await;
        }
        let secret = named(&parts.headers, SESSION).ok_or_else(sign_in)?;
        let sessions = leadbox.sessions();
        let session = if asks_by_itself(&parts.headers) {
            sessions.session(secret, &self.sessions).await?
        } else {
            sessions.resume(secret, &self.sessions).await?
        };
        let session = session.ok_or_else(sign_in)?;
        let set_cookie = session.renewed.as_ref().and_then(|secret| {
            let secret = secret.reveal(session.token.kind.prefix());
            session_cookie(&secret, &prefix_of(parts), &parts.headers, &self.sessions)
        });
        Ok(Principal { set_cookie, ..by_session(&leadbox, session).await? })
    }

    async fn still(
        &self,
        leadbox: &LeadBox,
        parts: &Parts,
        known: &Principal,
    ) -> Result<Principal, Refusal> {
        // Not by its cookie: a browser may have been given another meanwhile, and this is no use of it.
        let Via::Session(token) = &known.via else { return self.principal(leadbox, parts).await };
        let leadbox = asking_from(leadbox, parts);
        let session = leadbox.sessions().still(token.id, &self.sessions).await?;
        by_session(&leadbox, session.ok_or_else(sign_in)?).await
    }
}

fn asking_from(leadbox: &LeadBox, parts: &Parts) -> LeadBox {
    let origin = client_address(parts).map(|address| address.to_string());
    leadbox.by(Actor { origin, ..leadbox.actor().clone() })
}

/// Whether it is an open page that asks, and nobody who uses it: such a page must not keep a session alive for ever.
fn asks_by_itself(headers: &HeaderMap) -> bool {
    headers.contains_key(FRAGMENT) || headers.contains_key(UPGRADE)
}

async fn by_session(leadbox: &LeadBox, session: Session) -> Result<Principal, Refusal> {
    let asker = leadbox.as_session(&session).await.map_err(unless_denied)?;
    let (name, note) = shown(&asker, session.token.user).await?;
    let via = Via::Session(Box::new(session.token));
    Ok(Principal { leadbox: asker, name, note, via, set_cookie: None })
}

/// What stands behind `Authorization: Bearer`. Another scheme is a proxy's in front of us, and none of our business.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, text) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    // The scheme's name is written in any case (RFC 9110, section 11.1).
    scheme.eq_ignore_ascii_case("bearer").then_some(text)
}

async fn by_key(leadbox: &LeadBox, text: &str) -> Result<Principal, Refusal> {
    let (asker, key) = leadbox.as_key(text).await.map_err(unless_denied)?;
    Ok(Principal {
        leadbox: asker,
        name: key.details.name.clone(),
        note: "API key".to_owned(),
        via: Via::Key(Box::new(key)),
        set_cookie: None,
    })
}

/// What the page shows of a user: its name and roles.
async fn shown(asker: &LeadBox, user: Option<UserId>) -> Result<(String, String), Refusal> {
    let Some(user) = user else { return Ok(Default::default()) };
    let user = asker.directory().user(user).await?.ok_or_else(sign_in)?;
    let roles = asker.catalog().await?.roles_of(&user);
    let note: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    Ok((user.name, note.join(", ")))
}

fn sign_in() -> Refusal {
    Refusal::SignIn(SIGN_IN.to_owned())
}

/// A proof that is no longer good means: sign in.
fn unless_denied(error: Error) -> Refusal {
    match error {
        Error::Denied(_) => sign_in(),
        other => Refusal::Failed(other),
    }
}
