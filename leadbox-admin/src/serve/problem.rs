//! What went wrong, as people and programs read it. Owns the one form of errors (RFC 9457) and what becomes of core's; a
//! layer turns it into a page or into JSON, depending on who asked.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use leadbox_core::access::Denied;
use leadbox_core::filter::FilterError;
use leadbox_core::{Error, FieldIssue, Invalid, StorageError};
use serde::Serialize;
use utoipa::ToSchema;

use super::{FRAGMENT, Prefix, RequestId, prefix_of};
use crate::page;
use crate::who::Refusal;

/// Something that went wrong.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The status code of the answer.
    #[schema(value_type = u16, example = 422)]
    #[serde(serialize_with = "code")]
    pub(crate) status: StatusCode,
    /// What it is, the same for every case of it.
    pub(crate) title: &'static str,
    /// What it is in this case, for people.
    pub(crate) detail: String,
    /// What is wrong with which field of the input.
    #[serde(rename = "errors", skip_serializing_if = "Vec::is_empty")]
    pub(crate) issues: Vec<Issue>,
    /// The permission that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<String>,
    /// Where to find it in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// Seconds after which to try again.
    #[serde(skip)]
    pub(crate) retry_after: Option<u64>,
    /// The field of a filter that it is about, and what is wrong with it.
    #[serde(skip)]
    pub(crate) about: Option<Box<Issue>>,
    /// Where to sign in.
    #[serde(skip)]
    pub(crate) sign_in: Option<String>,
}

/// Something wrong with one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Issue {
    /// The field, as a JSON pointer (RFC 6901) into the body.
    pub(crate) pointer: String,
    /// What is wrong, in plain words.
    pub(crate) detail: String,
}

fn code<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    pub(crate) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            issues: Vec::new(),
            needs: None,
            request_id: None,
            retry_after: None,
            about: None,
            sign_in: None,
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Not allowed", detail)
    }

    pub(crate) fn too_many(wait: u64) -> Self {
        let detail = format!("Too many tries. Wait {wait} seconds.");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests", detail);
        Self { retry_after: Some(wait), ..problem }
    }

    /// Something is at another version than expected.
    pub(crate) fn stale() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "Changed meanwhile",
            "Somebody else changed it. Look at it again, then make your change.",
        )
    }

    /// An error whose fields stand at other places of the body than their names say.
    pub(crate) fn located(error: Error, place: fn(&str) -> String) -> Self {
        match error {
            Error::Invalid(found) => {
                let issue = |issue: FieldIssue| Issue {
                    pointer: place(&issue.field.replace('~', "~0").replace('/', "~1")),
                    detail: issue.message,
                };
                invalid(found.issues.into_iter().map(issue).collect())
            }
            other => other.into(),
        }
    }

    pub(crate) fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut said = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            said.push_str(": ");
            said.push_str(&cause.to_string());
            source = cause.source();
        }
        // What exactly broke is for the log alone.
        tracing::error!(error = said, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong",
            "It is in the log under the id below. Try again; nothing was half-written.",
        )
    }
}

fn invalid(issues: Vec<Issue>) -> Problem {
    let detail = match issues.as_slice() {
        [one] => format!("{}: {}", one.pointer.trim_start_matches('/'), one.detail),
        many => format!("{} fields need another look.", many.len()),
    };
    Problem { issues, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid input", detail) }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(_) => Self::located(error, |field| format!("/{field}")),
            Error::Filter(error) => {
                let (status, detail) = (StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
                let about = match error {
                    FilterError::Value { field, message } => {
                        Some(Box::new(Issue { pointer: format!("/{field}"), detail: message }))
                    }
                    _ => None,
                };
                Self { about, ..Self::new(status, "Invalid filter", detail) }
            }
            Error::Denied(denied) => denied.into(),
            Error::NotFound { what, .. } => Self::not_found(format!("There is no such {what}.")),
            Error::Stale { .. } => Self::stale(),
            Error::Contended { .. } => Self {
                retry_after: Some(1),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "Being changed by others",
                    "Others keep changing it. Try again.",
                )
            },
            Error::Storage(StorageError::BadCursor) => {
                Invalid::one("after", "is no place in this list: begin without it").into()
            }
            Error::Storage(error) if error.is_conflict() => {
                Self { status: StatusCode::CONFLICT, ..Self::stale() }
            }
            Error::Storage(error) if error.is_retryable() => {
                let problem = Self::broken(&error);
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Self { status, title: "Not available", retry_after: Some(2), ..problem }
            }
            other => Self::broken(&other),
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Error::Invalid(invalid).into()
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        Self::broken(&error)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let needs = match &denied {
            Denied::Permission { permission } => Some(permission.to_string()),
            Denied::Capability { capability } => Some(capability.to_string()),
            _ => None,
        };
        Self { needs, ..Self::forbidden(format!("{denied}.")) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignIn(address) => Self {
                sign_in: Some(address),
                ..Self::new(StatusCode::UNAUTHORIZED, "Sign in first", "Nobody is signed in.")
            },
            Refusal::Forbidden => Self::forbidden("You are not let in here."),
            Refusal::NotFound => Self::not_found("There is no such page."),
            Refusal::Failed(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Turns problems into what whoever asked can read.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let prefix = Prefix(prefix_of(&parts));
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().map(str::to_owned);
    let wants_page = wants_page(&path, &parts.headers);
    let method = parts.method.clone();
    let id = parts.extensions.get::<RequestId>().map(|RequestId(id)| id.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let known = response.extensions_mut().remove::<Problem>();
    let (mut problem, response) = match known {
        Some(problem) => (problem, response),
        None if is_refusal(&response) => unread(response).await,
        None => return response,
    };
    problem.request_id = id;
    let mut shown = match &problem.sign_in {
        Some(address) if wants_page => {
            // After signing in one is where one wanted to go, if that was only a look.
            let back = (method == Method::GET)
                .then(|| format!("{path}{}", query.map(|q| format!("?{q}")).unwrap_or_default()));
            to_sign_in(&prefix, address, back.as_deref())
        }
        _ if wants_page => Html(page::problem(&prefix, &method, &problem)).into_response(),
        _ => json(&problem),
    };
    if shown.status() == StatusCode::OK {
        *shown.status_mut() = problem.status;
    }
    if let Some(wait) = problem.retry_after {
        shown.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    if problem.status == StatusCode::UNAUTHORIZED && !wants_page {
        shown.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    }
    for (name, value) in response.headers() {
        shown.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    shown
}

/// Whether it is how axum refuses what it cannot read for us: a form, a query, a path, too long a body.
fn is_refusal(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    response.status().is_client_error() && kind.is_some_and(|kind| kind.starts_with("text/plain"))
}

/// The problem behind such a refusal, with what axum says of it, and the answer without its text.
async fn unread(response: Response) -> (Problem, Response) {
    let (mut parts, body) = response.into_parts();
    let said = to_bytes(body, 1000).await.unwrap_or_default();
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    let detail = format!("{}.", String::from_utf8_lossy(&said).trim_end_matches('.'));
    let problem = Problem::new(parts.status, "It could not be read", detail);
    (problem, Response::from_parts(parts, Body::empty()))
}

fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    !path.starts_with("/api/")
        && !headers.contains_key(FRAGMENT)
        && accepted.is_none_or(|list| list.contains("text/html") || list.contains("*/*"))
}

fn json(problem: &Problem) -> Response {
    // It holds nothing that could fail.
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn to_sign_in(prefix: &Prefix, address: &str, back: Option<&str>) -> Response {
    let own = address.strip_prefix("./");
    let mut target = own.map_or_else(|| address.to_owned(), |own| format!("{}/{own}", prefix.0));
    if let (Some(_), Some(back)) = (own, back) {
        target.push_str("?to=");
        target.extend(page::escaped(back));
    }
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(LOCATION, target);
    }
    response
}
