//! Secrets that are shown once. Owns the panel, and how a link with a secret becomes an address that can be sent to somebody.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

/// A secret on its way to somebody.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) note: &'static str,
    pub(super) text: String,
}

/// The whole address of a page: browsers say in every form where they are.
pub(super) fn whole(headers: &HeaderMap, path: &str) -> String {
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    format!("{}{path}", origin.filter(|origin| *origin != "null").unwrap_or_default())
}
