//! Getting in and out. Owns the form, and that it never sends anybody to another host afterwards.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;

use crate::layout::{Failure, Frame};
use crate::{Brand, Employee, Host};

#[derive(Template)]
#[template(path = "sign-in.html")]
struct Page {
    frame: Frame,
    to: String,
    wrong: bool,
}

/// Where one wanted to go.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    to: String,
}

/// `GET /sign-in`.
pub(crate) async fn form(
    employee: Option<Extension<Employee>>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Failure> {
    let frame = Frame::new("Sign in", employee);
    Ok(Html(Page { frame, to: wanted.to, wrong: false }.render()?))
}

#[derive(Deserialize)]
pub(crate) struct SignIn {
    code: String,
    #[serde(default)]
    to: String,
}

/// `POST /sign-in`.
pub(crate) async fn sign_in(
    State(host): State<Host>,
    headers: HeaderMap,
    Form(given): Form<SignIn>,
) -> Result<Response, Failure> {
    let Some(employee) = host.staff.by_code(&given.code) else {
        let page = Page { frame: Frame::new("Sign in", None), to: given.to, wrong: true };
        return Ok((StatusCode::UNAUTHORIZED, Html(page.render()?)).into_response());
    };
    let (secret, now) = (host.leadbox().new_secret(), host.leadbox().now());
    let cookie = host.sessions.begin(employee.clone(), &secret, now, &headers);
    Ok(sent(&landing(&given.to), cookie))
}

/// `POST /sign-out`.
pub(crate) async fn sign_out(State(host): State<Host>, headers: HeaderMap) -> Response {
    sent("/", host.sessions.end(&headers))
}

fn sent(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A dashboard of ours when that is what was wanted, else the first page: anything else could be somebody else's address.
fn landing(to: &str) -> String {
    let known = Brand::ALL.iter().map(Brand::desk).find(|desk| desk == to);
    known.unwrap_or_else(|| "/".to_owned())
}
