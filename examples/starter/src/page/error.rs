//! Errors as pages. Owns which failure is whose: the visitor's, or ours.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use leadbox_core::{Error, StorageError};

use super::layout::html;

/// Why there is no page.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    title: &'static str,
    reason: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    code: u16,
    reason: &'a str,
}

impl Problem {
    pub(super) fn not_found(reason: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, title: "Not found", reason: reason.into() }
    }

    /// Something about the address is wrong.
    pub(super) fn bad_request(reason: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            title: "This cannot be shown",
            reason: reason.into(),
        }
    }

    pub(super) fn not_allowed() -> Self {
        let reason = "These pages are for reading only.".to_owned();
        Self { status: StatusCode::METHOD_NOT_ALLOWED, title: "Not allowed", reason }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let reason = sentence(&error.to_string());
        match &error {
            Error::Invalid(_) | Error::Filter(_) | Error::Storage(StorageError::BadCursor) => {
                Self::bad_request(reason)
            }
            Error::NotFound { .. } => Self::not_found(reason),
            error if error.is_retryable() => {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "the storage does not answer"
                );
                Self {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    title: "Not available at the moment",
                    reason,
                }
            }
            error => {
                tracing::error!(error = error as &dyn std::error::Error, "a page failed");
                Self {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    title: "Something failed",
                    reason,
                }
            }
        }
    }
}

/// `the database failed` as `The database failed.`
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let page =
            ErrorPage { title: self.title, code: self.status.as_u16(), reason: &self.reason };
        html(self.status, &page)
    }
}
