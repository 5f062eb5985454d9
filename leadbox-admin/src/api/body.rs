//! JSON that comes in. Owns saying what is wrong with it and where, as a JSON pointer (RFC 6901).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::strict::Strict;
use crate::serve::{Issue, Problem};

/// A body that was read.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let bytes = received(request, state).await?;
        read(&headers, &bytes).map(Self)
    }
}

/// All bytes of a body, if there are not too many.
pub(super) async fn received<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let status = rejection.into_response().status();
        let detail = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "The body is longer than this address takes.",
            _ => "The body did not arrive whole.",
        };
        Problem::new(status, "It could not be read", detail)
    })
}

/// The value that a body says.
pub(super) fn read<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if !is_json(headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Not JSON",
            "Send JSON, and say so: Content-Type: application/json.",
        ));
    }
    let whole: Value = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
    if !whole.is_object() {
        return Err(wrong(String::new(), "an object is expected".to_owned()));
    }
    serde_path_to_error::deserialize(Strict(&whole)).map_err(|error| {
        let pointer = pointer(error.path());
        wrong(pointer, in_words_of_json(&error.into_inner().to_string()))
    })
}

/// The same message, in which what was expected is called as JSON calls it, and not as Rust does.
fn in_words_of_json(message: &str) -> String {
    let Some((said, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "f32" | "f64" => "a number",
        "a sequence" => "an array",
        "a map" => "an object",
        kind if kind.starts_with("struct ") => "an object",
        other => other,
    };
    format!("{said}, expected {expected}")
}

/// `application/json`, or a format that is written in JSON (RFC 6839, section 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn broken(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "Not JSON", format!("The body is no JSON: {error}."))
}

fn wrong(pointer: String, detail: String) -> Problem {
    let named = pointer.trim_start_matches('/');
    let whole = if named.is_empty() { detail.clone() } else { format!("{named}: {detail}") };
    Problem {
        issues: vec![Issue { pointer, detail }],
        ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid input", whole)
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use leadbox_core::NewLead;

    use super::*;

    fn lead(kind: &'static str, body: &str) -> Result<NewLead, Problem> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        read(&headers, body.as_bytes())
    }

    #[test]
    fn what_is_expected_is_called_as_in_json() {
        for (body, detail) in [
            (r#"{"employees": "many"}"#, "string \"many\", expected a whole number"),
            (r#"{"tags": "vip"}"#, "string \"vip\", expected an array"),
            (r#"{"custom": 5}"#, "integer `5`, expected an object"),
        ] {
            let problem = lead("application/json", body).unwrap_err();
            assert!(problem.detail.ends_with(detail), "{}", problem.detail);
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let json = "application/json; charset=utf-8";
        assert_eq!(lead(json, r#"{"name":"Ada"}"#).unwrap().name.as_deref(), Some("Ada"));
        let problem =
            lead(json, r#"{"consents":[{"purpose":"news","status":"maybe"}]}"#).unwrap_err();
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem.issues[0].pointer, "/consents/0/status");
        assert!(
            problem.detail.starts_with("consents/0/status: unknown variant `maybe`"),
            "{}",
            problem.detail
        );
        let problem = lead(json, r#"{"colour":"red"}"#).unwrap_err();
        assert_eq!(problem.issues[0].pointer, "/colour");
        for (kind, body, status) in [
            (json, r#"{"name":"#, StatusCode::BAD_REQUEST),
            (json, r#"{} {}"#, StatusCode::BAD_REQUEST),
            (json, "[]", StatusCode::UNPROCESSABLE_ENTITY),
            (json, "null", StatusCode::UNPROCESSABLE_ENTITY),
            ("text/plain", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ("application/merge-patch+json", "[]", StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            assert_eq!(lead(kind, body).unwrap_err().status, status, "{kind} {body}");
        }
    }
}
