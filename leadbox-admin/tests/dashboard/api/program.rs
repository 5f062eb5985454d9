//! A program at the API: it sends JSON with a key.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use leadbox_core::access::Grants;
use leadbox_core::service::NewKey;
use leadbox_core::{LeadBox, UserId};
use serde_json::Value;
use tower::ServiceExt;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect(&self.text)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same, if it came with this status.
    #[track_caller]
    pub fn with(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

/// A program with a key.
#[derive(Clone)]
pub struct Program {
    app: Router,
    prefix: &'static str,
    key: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl Program {
    pub fn without_key(app: &Router, prefix: &'static str) -> Self {
        Self { app: app.clone(), prefix, key: None, headers: Vec::new() }
    }

    /// With a key that stands for a user, or for the host.
    pub async fn of(
        app: &Router,
        prefix: &'static str,
        leadbox: &LeadBox,
        user: Option<UserId>,
        grants: Grants,
    ) -> Self {
        let asker = match user {
            Some(user) => leadbox.as_user(user).await.unwrap(),
            None => leadbox.clone(),
        };
        let new = NewKey { name: "program".to_owned(), grants, ..NewKey::default() };
        let key = asker.keys().make(&new).await.unwrap().text();
        Self { key: Some(key), ..Self::without_key(app, prefix) }
    }

    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    pub fn header(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut program = self.clone();
        program.headers.push((name, value.into()));
        program
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, "application/json", Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.json(Method::POST, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.json(Method::PUT, path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.json(Method::PATCH, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, "application/json", Body::empty()).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Reply {
        self.send(method, path, "application/json", body.to_string()).await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: impl Into<Body>,
    ) -> Reply {
        let uri = format!("{}/api/v1{path}", self.prefix);
        let mut request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, kind);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = self.app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply { status: parts.status, headers: parts.headers, text }
    }
}
