//! A tenant's own names for industries. Owns adding and removing them; which industries there are, and how a text finds its
//! one, is core's.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{Error, Industry, Invalid, Settings};
use serde::Deserialize;

use super::Doc;
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// The longest name, in characters.
const LONGEST: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewName {
    name: String,
    #[serde(default)]
    industry: String,
}

#[derive(Template)]
#[template(path = "industry-names.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    /// The names, each with what it means.
    rows: Vec<(String, &'static str)>,
    /// Id and label.
    industries: Vec<(&'static str, &'static str)>,
    form: NewName,
    issues: Issues,
}

/// `GET /settings/industries`.
pub(crate) async fn names(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, NewName::default(), Issues::default()).await?.render()?))
}

/// `POST /settings/industries`.
pub(crate) async fn add(
    visit: Visit,
    axum::Form(form): axum::Form<NewName>,
) -> Result<Response, Problem> {
    visit.leadbox.rights().require_capability(Capability::SettingsManage)?;
    let done = match read(&form) {
        Ok((name, industry)) => {
            let change = move |settings: &mut Settings| {
                settings.industry_aliases.retain(|other, _| !same(other, &name));
                settings.industry_aliases.insert(name.clone(), industry);
            };
            visit.leadbox.definitions().change_settings(change).await.map(drop)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(to_names(&visit)),
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, form, invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/industries/remove`. Removing what is not there changes nothing.
pub(crate) async fn remove(
    visit: Visit,
    axum::Form(form): axum::Form<NewName>,
) -> Result<Response, Problem> {
    let change = |settings: &mut Settings| {
        settings.industry_aliases.remove(&form.name);
    };
    visit.leadbox.definitions().change_settings(change).await?;
    Ok(to_names(&visit))
}

fn to_names(visit: &Visit) -> Response {
    Redirect::to(&visit.doc.page("settings/industries")).into_response()
}

/// Whether two names differ in case alone.
fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn read(form: &NewName) -> Result<(String, Industry), Invalid> {
    let mut invalid = Invalid::default();
    let name = form.name.trim();
    if !(1..=LONGEST).contains(&name.chars().count()) {
        invalid.push("name", format!("needs 1 to {LONGEST} characters"));
    } else if !name.chars().any(char::is_alphanumeric) {
        invalid.push("name", "needs a letter or a digit");
    }
    match Industry::from_id(&form.industry) {
        Some(industry) if invalid.issues.is_empty() => Ok((name.to_owned(), industry)),
        Some(_) => Err(invalid),
        None => {
            invalid.push("industry", "is not an industry of the list");
            Err(invalid)
        }
    }
}

async fn page(visit: Visit, form: NewName, issues: Issues) -> Result<Page, Problem> {
    visit.leadbox.rights().require_capability(Capability::SettingsManage)?;
    let Visit { doc, shell, leadbox, .. } = visit.on("settings");
    let settings = leadbox.definitions().settings().await?;
    let names = settings.industry_aliases.into_iter();
    Ok(Page {
        rows: names.map(|(name, industry)| (name, industry.label())).collect(),
        industries: Industry::ALL.iter().map(|one| (one.id(), one.label())).collect(),
        form,
        issues: issues.calling("industry", "Means"),
        doc,
        shell,
    })
}
