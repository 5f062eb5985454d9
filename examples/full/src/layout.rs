//! What all our own pages have in common. Owns their frame, style and policy, and how they say that something went wrong;
//! the dashboards bring their own.

use std::error::Error;

use askama::Template;
use axum::Extension;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::Employee;

/// What our own pages may load and do. It is not that of the dashboards, and need not be.
const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What stands around a page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) title: &'static str,
    /// Who is signed in.
    pub(crate) who: Option<&'static str>,
}

impl Frame {
    pub(crate) fn new(title: &'static str, employee: Option<Extension<Employee>>) -> Self {
        Self { title, who: employee.map(|Extension(employee)| employee.name) }
    }
}

/// Adds the policy. What is personal stays out of caches.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// `GET /site.css`.
pub(crate) async fn style() -> impl IntoResponse {
    asset("text/css", include_str!("../assets/site.css"))
}

/// `GET /icon.svg`.
pub(crate) async fn icon() -> impl IntoResponse {
    asset("image/svg+xml", include_str!("../assets/icon.svg"))
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")], text)
}

#[derive(Template)]
#[template(path = "failed.html")]
struct Failed {
    frame: Frame,
    said: &'static str,
}

/// Why a page could not be shown.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is none.
    Missing,
    /// Something that it needs.
    Broken(Box<dyn Error>),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(Box::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, said) = match &self {
            Self::Missing => (StatusCode::NOT_FOUND, "Not found", "There is no such page."),
            Self::Broken(error) => {
                // What exactly broke is for the log alone.
                tracing::error!(%error, "a request failed");
                let said = "Please try again in a moment.";
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", said)
            }
        };
        let page = Failed { frame: Frame::new(title, None), said };
        (status, Html(page.render().unwrap_or_else(|_| said.to_owned()))).into_response()
    }
}

/// What is no page.
pub(crate) async fn missing() -> Failure {
    Failure::Missing
}
