//! The first run: a box without an administrator gets one, zone and currency, at once. Owns that only whoever started the program
//! can be the first: the page needs the code that the program printed.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use leadbox_core::service::Founding;
use leadbox_core::{Error, FieldIssue, Invalid, User};
use serde::Deserialize;

use super::sign_in::{begin, from_here};
use super::{Doc, region};
use crate::admin::Shared;
use crate::serve::Problem;
use crate::who::client_address;

#[derive(Template)]
#[template(path = "first-run.html")]
struct Page {
    doc: Doc,
    issues: Vec<FieldIssue>,
    form: Answers,
    zones: Vec<&'static str>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    code: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Answers {
    name: String,
    email: String,
    password: String,
    zone: String,
    currency: String,
}

/// `GET /first-run?code=...`.
pub(crate) async fn form(
    State(shared): State<Shared>,
    doc: Doc,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    check_open(&shared, &asked.code).await?;
    let settings = shared.leadbox.definitions().settings().await?;
    let form = Answers {
        name: String::new(),
        email: String::new(),
        password: String::new(),
        zone: settings.zone.name().to_owned(),
        currency: settings.currency.to_string(),
    };
    Ok(Html(page(doc, Vec::new(), form).render()?))
}

/// `POST /first-run?code=...`.
pub(crate) async fn create(
    State(shared): State<Shared>,
    doc: Doc,
    Query(asked): Query<Asked>,
    parts: Parts,
    Form(form): Form<Answers>,
) -> Result<Response, Problem> {
    check_open(&shared, &asked.code).await?;
    match set_up(&shared, &parts, &form).await? {
        Ok(user) => {
            let origin = client_address(&parts).map(|address| address.to_string());
            let leadbox = from_here(&shared.leadbox, origin);
            begin(&shared, &leadbox, &user, &doc.prefix, &parts.headers, "/welcome").await
        }
        Err(issues) => {
            let page = page(doc, issues, form).render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
    }
}

/// Lets nobody pass once there is an administrator, or without the code.
async fn check_open(shared: &Shared, code: &str) -> Result<(), Problem> {
    let administrators = shared.leadbox.access().administrators().await?;
    if administrators.is_empty() && shared.first_run.opens(code) {
        return Ok(());
    }
    Err(Problem::not_found("There is no such page."))
}

/// Settings, the administrator and the password; or what is wrong with the answers.
async fn set_up(
    shared: &Shared,
    parts: &Parts,
    form: &Answers,
) -> Result<Result<User, Vec<FieldIssue>>, Problem> {
    let mut invalid = Invalid::default();
    let zone = region::zone(&form.zone, &mut invalid);
    let currency = region::currency(&form.currency, &mut invalid);
    let hash = shared.passwords.hash(&form.password, &form.email).await;
    if let Err(error) = &hash {
        invalid.push("password", error);
    }
    let (Some(zone), Some(currency), Ok(hash)) = (zone, currency, hash) else {
        return Ok(Err(invalid.issues));
    };
    let origin = client_address(parts).map(|address| address.to_string());
    let leadbox = from_here(&shared.leadbox, origin);
    let (name, email) = (form.name.clone(), form.email.clone());
    match leadbox.access().found(&Founding { name, email, hash, zone, currency }).await {
        Ok(user) => Ok(Ok(user)),
        Err(Error::Invalid(invalid)) => Ok(Err(invalid.issues)),
        Err(error) => Err(error.into()),
    }
}

fn page(doc: Doc, issues: Vec<FieldIssue>, form: Answers) -> Page {
    Page { doc, issues, form, zones: region::zones() }
}
