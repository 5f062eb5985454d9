//! Settings and custom fields. Owns their forms; what a setting means is core's.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{Country, Currency, Error, FieldDefinition, FieldType, Invalid, Settings};
use serde::Deserialize;

use super::issues::Issues;
use super::shell::{Shell, Visit};
use super::{Doc, region};
use crate::serve::Problem;

/// The types, by name and in words.
const KINDS: [(&str, &str); 10] = [
    ("text", "Text"),
    ("number", "Number"),
    ("decimal", "Exact number"),
    ("bool", "Yes or no"),
    ("date", "Date"),
    ("choice", "One of several choices"),
    ("multi_choice", "Several choices"),
    ("url", "Web address"),
    ("email", "E-mail address"),
    ("phone", "Phone number"),
];

struct Field {
    key: String,
    label: String,
    kind: &'static str,
    choices: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Answers {
    zone: String,
    currency: String,
    #[serde(default)]
    country: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    form: Answers,
    zones: Vec<&'static str>,
    fields: Vec<Field>,
    kinds: [(&'static str, &'static str); 10],
    new: NewField,
    may_settings: bool,
    may_fields: bool,
    issues: Issues,
}

/// `GET /settings`.
pub(crate) async fn settings(visit: Visit) -> Result<Html<String>, Problem> {
    let form = answers(&visit).await?;
    Ok(Html(page(visit, form, NewField::default(), Issues::default()).await?.render()?))
}

/// The settings as they are.
async fn answers(visit: &Visit) -> Result<Answers, Problem> {
    let settings = visit.leadbox.definitions().settings().await?;
    Ok(Answers {
        zone: settings.zone.name().to_owned(),
        currency: settings.currency.to_string(),
        country: settings.region.map(|country| country.as_str().to_owned()).unwrap_or_default(),
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
                (settings.zone, settings.currency, settings.region) = read;
            };
            visit.leadbox.definitions().change_settings(change).await.map(drop)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(to_settings(&visit)),
        Err(Error::Invalid(invalid)) => refused(visit, form, NewField::default(), invalid).await,
        Err(error) => Err(error.into()),
    }
}

fn read(form: &Answers) -> Result<(chrono_tz::Tz, Currency, Option<Country>), Invalid> {
    let mut invalid = Invalid::default();
    let zone = region::zone(&form.zone, &mut invalid);
    let currency = region::currency(&form.currency, &mut invalid);
    let given = Some(form.country.trim()).filter(|country| !country.is_empty());
    let country = given.map(Country::parse);
    if country == Some(None) {
        invalid.push("country", "is not a country such as DE or Germany");
    }
    match (zone, currency) {
        (Some(zone), Some(currency)) if invalid.issues.is_empty() => {
            Ok((zone, currency, country.flatten()))
        }
        _ => Err(invalid),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewField {
    key: String,
    label: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    choices: String,
}

impl NewField {
    /// Whether nothing was typed.
    fn is_blank(&self) -> bool {
        self.key.is_empty() && self.label.is_empty() && self.choices.is_empty()
    }
}

/// `POST /settings/fields`.
pub(crate) async fn add_field(
    visit: Visit,
    axum::Form(new): axum::Form<NewField>,
) -> Result<Response, Problem> {
    let done = match definition(&new) {
        Ok(field) => visit.leadbox.definitions().define_field(&field).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(to_settings(&visit)),
        Err(Error::Invalid(invalid)) => {
            // Refused before anything was looked at, for whoever may not.
            visit.leadbox.rights().require_capability(Capability::FieldsManage)?;
            let form = answers(&visit).await?;
            refused(visit, form, new, invalid).await
        }
        Err(error) => Err(error.into()),
    }
}

fn definition(new: &NewField) -> Result<FieldDefinition, Invalid> {
    let choices = new.choices.lines().map(|line| line.trim().to_owned());
    let choices = choices.filter(|line| !line.is_empty()).collect();
    let kind = match new.kind.as_str() {
        "text" => FieldType::Text,
        "number" => FieldType::Number,
        "decimal" => FieldType::Decimal,
        "bool" => FieldType::Bool,
        "date" => FieldType::Date,
        "choice" => FieldType::Choice(choices),
        "multi_choice" => FieldType::MultiChoice(choices),
        "url" => FieldType::Url,
        "email" => FieldType::Email,
        "phone" => FieldType::Phone,
        other => return Err(Invalid::one("type", format!("'{other}' is not a type"))),
    };
    let field = FieldDefinition::new(new.key.trim(), kind);
    let field = field.map_err(|error| Invalid::one("key", error))?;
    Ok(FieldDefinition { label: new.label.trim().to_owned(), ..field })
}

fn to_settings(visit: &Visit) -> Response {
    Redirect::to(&format!("{}/settings", visit.doc.prefix)).into_response()
}

async fn refused(
    visit: Visit,
    form: Answers,
    new: NewField,
    invalid: Invalid,
) -> Result<Response, Problem> {
    visit.leadbox.rights().require_any(&[Capability::SettingsManage, Capability::FieldsManage])?;
    let page = page(visit, form, new, invalid.into()).await?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

async fn page(visit: Visit, form: Answers, new: NewField, issues: Issues) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("settings");
    let rights = leadbox.rights();
    rights.require_any(&[Capability::SettingsManage, Capability::FieldsManage])?;
    let fields = leadbox.definitions().fields().await?;
    let fields = fields.into_iter().map(|field| Field {
        key: field.key.to_string(),
        kind: KINDS
            .iter()
            .find(|(name, _)| *name == field.kind.name())
            .map_or("", |(_, words)| words),
        choices: match &field.kind {
            FieldType::Choice(choices) | FieldType::MultiChoice(choices) => choices.join(", "),
            _ => String::new(),
        },
        label: field.label,
    });
    Ok(Page {
        zones: region::zones(),
        fields: fields.collect(),
        kinds: KINDS,
        may_settings: rights.can(Capability::SettingsManage),
        may_fields: rights.can(Capability::FieldsManage),
        form,
        new,
        issues,
        doc,
        shell,
    })
}
