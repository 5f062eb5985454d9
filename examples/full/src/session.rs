//! Who is signed in. Owns the cookie, how long it is good for, and finding out who asks before any page is reached; in
//! memory, so that a restart signs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use chrono::TimeDelta;
use leadbox_core::Timestamp;
use leadbox_core::proof::{Secret, SecretDigest};

use crate::{Employee, Host};

/// Its name.
const NAME: &str = "works_session";

/// How long one stays signed in.
const LASTS: TimeDelta = TimeDelta::hours(8);

#[derive(Debug)]
struct Session {
    employee: Employee,
    until: Timestamp,
}

/// The sessions, by the digest of what stands in the cookie.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<SecretDigest, Session>>);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<SecretDigest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one; the cookie that carries it.
    pub(crate) fn begin(
        &self,
        employee: Employee,
        secret: &Secret,
        now: Timestamp,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let mut all = self.all();
        all.retain(|_, session| session.until > now);
        all.insert(secret.digest(), Session { employee, until: now + LASTS });
        cookie(&secret.reveal(""), LASTS.num_seconds(), headers)
    }

    /// Ends the one that a request came with; the cookie that takes it away.
    pub(crate) fn end(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if let Some(digest) = presented(headers) {
            self.all().remove(&digest);
        }
        cookie("", 0, headers)
    }

    fn employee(&self, headers: &HeaderMap, now: Timestamp) -> Option<Employee> {
        let digest = presented(headers)?;
        let all = self.all();
        let session = all.get(&digest).filter(|session| session.until > now)?;
        Some(session.employee.clone())
    }
}

/// Puts who asks into the request, where our pages and [`Desk`](crate::desk::Desk) find it.
pub(crate) async fn recognise(
    State(host): State<Host>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(employee) = host.sessions.employee(request.headers(), host.leadbox().now()) {
        request.extensions_mut().insert(employee);
    }
    next.run(request).await
}

/// Unseen by scripts, and not sent along with what other sites have a browser do: no form of theirs acts for our people.
fn cookie(value: &str, seconds: i64, headers: &HeaderMap) -> Option<HeaderValue> {
    let https = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

fn presented(headers: &HeaderMap) -> Option<SecretDigest> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|one| one.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == NAME)?;
    Some(Secret::parse("", value)?.digest())
}
