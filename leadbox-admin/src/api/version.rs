//! Guards against lost updates. Owns `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1): the version of what was
//! read, and the one that a change expects.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
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

/// The version that a change expects; none when any will do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Expected(pub(super) Option<i64>);

impl Expected {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(IF_MATCH) else { return Ok(Self(None)) };
        if value == "*" {
            return Ok(Self(None));
        }
        // Weak tags and lists of them are fine, and none of them is one that we gave.
        if !value.as_bytes().contains(&b'"') {
            let detail = "If-Match takes the ETag that was read, quotes included.";
            return Err(Problem::new(StatusCode::BAD_REQUEST, "Bad header", detail));
        }
        let version = value
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        version.map(|version| Self(Some(version))).ok_or_else(Problem::stale)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Expected {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tag_that_we_gave_is_a_version() {
        let read = |text: &'static str| {
            Expected::read(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(text))]))
        };
        assert_eq!(read("\"3\"").unwrap(), Expected(Some(3)));
        assert_eq!(read("*").unwrap(), Expected(None));
        assert_eq!(Expected::read(&HeaderMap::new()).unwrap(), Expected(None));
        for other in ["W/\"3\"", "\"3\", \"4\"", "\"x\""] {
            assert_eq!(read(other).unwrap_err().status.as_u16(), 412, "{other}");
        }
        assert_eq!(read("3").unwrap_err().status.as_u16(), 400);
    }
}
