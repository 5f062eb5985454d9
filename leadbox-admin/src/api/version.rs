//! Guards against lost updates. Owns `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1): the version of what was
//! read, and the one that a change expects.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use serde::Serialize;
use utoipa::IntoParams;

use crate::serve::Problem;

/// The version that an answer shows.
pub(super) struct Tagged(pub(super) i64);

impl IntoResponseParts for Tagged {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            parts.headers_mut().insert(ETAG, tag);
        }
        Ok(parts)
    }
}

/// A thing at its version.
pub(super) fn tagged(version: i64, thing: impl Serialize) -> Response {
    (Tagged(version), Json(thing)).into_response()
}

/// The header, as the document describes it.
#[expect(dead_code, reason = "it is read as `Expected`")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct IfMatch {
    /// The `ETag` that was read: the change is made only at that version.
    #[param(rename = "If-Match", pattern = r#"^(\*|"[0-9]+")$"#, example = "\"3\"")]
    tag: Option<String>,
}

/// The version that a change expects, as it was sent. Read behind the body, which is wrong by itself if it is.
#[derive(Clone, Debug)]
pub(super) struct Expected(Option<HeaderValue>);

impl Expected {
    /// The version; none when any will do.
    pub(super) fn version(&self) -> Result<Option<i64>, Problem> {
        let Some(value) = self.0.as_ref().filter(|value| *value != "*") else { return Ok(None) };
        // Weak tags, lists of them and empty lists are well-formed, and none of them is one that we gave.
        if !value.is_empty() && !value.as_bytes().contains(&b'"') {
            let detail = "If-Match takes the ETag that was read, quotes included.";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "Bad header", detail));
        }
        let text = value.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
        let version = text.and_then(|text| text.parse().ok());
        version.map(Some).ok_or_else(Problem::stale)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Expected {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(IF_MATCH).cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tag_that_we_gave_is_a_version() {
        let read = |text: &'static str| Expected(Some(HeaderValue::from_static(text))).version();
        assert_eq!(read("\"3\"").unwrap(), Some(3));
        assert_eq!(read("*").unwrap(), None);
        assert_eq!(Expected(None).version().unwrap(), None);
        for other in ["", "W/\"3\"", "\"3\", \"4\"", "\"x\""] {
            assert_eq!(read(other).unwrap_err().status.as_u16(), 412, "{other}");
        }
        assert_eq!(read("3").unwrap_err().status.as_u16(), 400);
    }
}
