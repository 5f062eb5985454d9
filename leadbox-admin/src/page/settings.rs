//! Settings. Owns their form; what a setting means is core's.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{Colour, Country, Currency, Error, Invalid, Settings};
use serde::Deserialize;

use super::issues::Issues;
use super::shell::{Shell, Visit};
use super::{Doc, region};
use crate::serve::Problem;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Answers {
    zone: String,
    currency: String,
    #[serde(default)]
    country: String,
    /// Not sent where the host says it.
    #[serde(default)]
    brand: Option<String>,
    /// The same.
    #[serde(default)]
    accent: Option<String>,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    form: Answers,
    zones: Vec<&'static str>,
    issues: Issues,
}

/// `GET /settings`.
pub(crate) async fn settings(visit: Visit) -> Result<Html<String>, Problem> {
    let form = answers(&visit).await?;
    Ok(Html(page(visit, form, Issues::default())?.render()?))
}

/// The settings as they are.
async fn answers(visit: &Visit) -> Result<Answers, Problem> {
    let settings = visit.leadbox.definitions().settings().await?;
    Ok(Answers {
        zone: settings.zone.name().to_owned(),
        currency: settings.currency.to_string(),
        country: settings.region.map(|country| country.as_str().to_owned()).unwrap_or_default(),
        brand: visit.may_brand().then(|| settings.brand.unwrap_or_default()),
        accent: visit
            .may_colour()
            .then(|| settings.accent.map(|accent| accent.to_string()).unwrap_or_default()),
    })
}

/// `POST /settings`.
pub(crate) async fn save(
    visit: Visit,
    axum::Form(form): axum::Form<Answers>,
) -> Result<Response, Problem> {
    let done = match read(&form) {
        Ok(read) => {
            let change = move |settings: &mut Settings| {
                (settings.zone, settings.currency, settings.region) =
                    (read.zone, read.currency, read.region);
                if let Some(brand) = &read.brand {
                    settings.brand = Some(brand.clone()).filter(|brand| !brand.is_empty());
                }
                if let Some(accent) = read.accent {
                    settings.accent = accent;
                }
            };
            visit.leadbox.definitions().change_settings(change).await.map(drop)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(to_settings(&visit)),
        Err(Error::Invalid(invalid)) => refused(visit, form, invalid).await,
        Err(error) => Err(error.into()),
    }
}

/// What the form says. What the host says is not asked for, and stays.
struct Given {
    zone: chrono_tz::Tz,
    currency: Currency,
    region: Option<Country>,
    brand: Option<String>,
    accent: Option<Option<Colour>>,
}

fn read(form: &Answers) -> Result<Given, Invalid> {
    let mut invalid = Invalid::default();
    let zone = region::zone(&form.zone, &mut invalid);
    let currency = region::currency(&form.currency, &mut invalid);
    let given = Some(form.country.trim()).filter(|country| !country.is_empty());
    let country = given.map(Country::parse);
    if country == Some(None) {
        invalid.push("country", "is not a country such as DE or Germany");
    }
    let brand = form.brand.as_ref().map(|brand| brand.trim().to_owned());
    let accent = form.accent.as_ref().map(|text| match text.trim() {
        "" => None,
        text => text.parse().map_err(|error| invalid.push("accent", error)).ok(),
    });
    match (zone, currency) {
        (Some(zone), Some(currency)) if invalid.issues.is_empty() => {
            Ok(Given { zone, currency, region: country.flatten(), brand, accent })
        }
        _ => Err(invalid),
    }
}

fn to_settings(visit: &Visit) -> Response {
    Redirect::to(&format!("{}/settings", visit.doc.prefix)).into_response()
}

async fn refused(visit: Visit, form: Answers, invalid: Invalid) -> Result<Response, Problem> {
    let page = page(visit, form, invalid.into())?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

fn page(visit: Visit, form: Answers, issues: Issues) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("settings");
    leadbox.rights().require_capability(Capability::SettingsManage)?;
    let issues = issues.calling("country", "Phone numbers without a country");
    let issues = issues.calling("brand", "Name").calling("accent", "Colour");
    Ok(Page { zones: region::zones(), form, issues, doc, shell })
}
