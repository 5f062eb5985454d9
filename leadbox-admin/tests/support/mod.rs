//! A dashboard in memory and a browser without scripts: it keeps cookies, and says where its forms come from.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use leadbox_admin::Admin;
use leadbox_core::proof::TokenKind;
use leadbox_core::service::NewUser;
use leadbox_core::testing::Sandbox;
use leadbox_core::{EventType, PageRequest, RoleKey, UserId};
use tower::ServiceExt;
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }
}

/// A browser at one app.
#[derive(Clone)]
pub struct Browser {
    pub app: Router,
    pub cookies: BTreeMap<String, String>,
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub fn new(app: &Router) -> Self {
        Self { app: app.clone(), cookies: BTreeMap::new(), headers: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let encoded: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send(Method::POST, path, Some(encoded.join("&"))).await
    }

    pub async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Answer {
        let mut request = Request::builder().method(&method).uri(path).header(HOST, "app.example");
        if !self.headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        }
        if !self.headers.iter().any(|(name, _)| *name == "sec-fetch-site") {
            request = request.header("sec-fetch-site", "same-origin");
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if form.is_some() && !self.headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = form.map_or_else(Body::empty, Body::from);
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A dashboard at a prefix, with people.
pub struct Office {
    pub sandbox: Sandbox,
    pub app: Router,
    pub prefix: &'static str,
}

impl Office {
    pub fn new(prefix: &'static str) -> Self {
        let sandbox = Sandbox::new().unwrap();
        let app = Admin::new(sandbox.leadbox.clone()).mount(Router::new(), prefix);
        Self { sandbox, app, prefix }
    }

    /// Makes a user with a password, by an invitation.
    pub async fn hire(&self, name: &str, role: &str) -> UserId {
        let role: RoleKey = role.parse().unwrap();
        let new = NewUser {
            name: name.to_owned(),
            email: format!("{name}@office.example"),
            team: None,
            roles: [role].into(),
        };
        let user = self.sandbox.leadbox.directory().add_user(&new).await.unwrap().id;
        let code = self.sandbox.leadbox.passwords().invite(user).await.unwrap();
        let code = code.reveal(TokenKind::Invitation.prefix());
        let mut browser = Browser::new(&self.app);
        let address = format!("{}/invitation?code={code}", self.prefix);
        let done = browser.post(&address, &[("password", PASSWORD)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        user
    }

    /// A browser in which that user is signed in.
    pub async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = Browser::new(&self.app);
        let email = format!("{name}@office.example");
        let form = [("email", email.as_str()), ("password", PASSWORD)];
        let done = browser.post(&format!("{}/sign-in", self.prefix), &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        browser
    }

    /// What was written into the log and by whom, the latest first.
    pub async fn events(&self) -> Vec<(EventType, Option<Uuid>)> {
        let log = self.sandbox.leadbox.log();
        let page = log.events(&Default::default(), &PageRequest::default()).await.unwrap();
        page.items.iter().map(|event| (event.kind.clone(), event.actor.id)).collect()
    }

    pub async fn last_event(&self) -> (EventType, Option<Uuid>) {
        self.events().await.swap_remove(0)
    }
}
