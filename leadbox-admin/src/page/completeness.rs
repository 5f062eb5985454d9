//! How much each field counts in the completeness of a lead. Owns the form; the formula is core's.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{Catalog, Error, FieldStatus, Invalid, Settings};

use super::Doc;
use super::fields::{Fields, value};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use super::words::label;
use crate::serve::Problem;

/// What can count of every lead, beside custom fields.
const FIELDS: [&str; 13] = [
    "name",
    "email",
    "phone",
    "title",
    "company",
    "domain",
    "industry",
    "employees",
    "country",
    "city",
    "value",
    "source",
    "owner",
];

struct Row {
    name: String,
    label: String,
    /// As stored or typed.
    weight: String,
    /// Its share of all, in words; empty when it does not count.
    share: String,
    /// In percent of all.
    bar: u64,
}

#[derive(Template)]
#[template(path = "completeness.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    rows: Vec<Row>,
    issues: Issues,
}

/// `GET /settings/completeness`.
pub(crate) async fn completeness(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, None, Issues::default()).await?.render()?))
}

/// `POST /settings/completeness`.
pub(crate) async fn save(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    visit.leadbox.rights().require_capability(Capability::SettingsManage)?;
    let catalog = visit.leadbox.catalog().await?;
    let done = match read(&catalog, &fields) {
        Ok(weights) => {
            let change = move |settings: &mut Settings| {
                for (name, weight) in &weights {
                    match weight {
                        0 => settings.completeness.remove(name),
                        weight => settings.completeness.insert(name.clone(), *weight),
                    };
                }
            };
            visit.leadbox.definitions().change_settings(change).await.map(drop)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&visit.doc.page("settings/completeness")).into_response()),
        Err(Error::Invalid(mut invalid)) => {
            for issue in &mut invalid.issues {
                if let Some(name) = issue.field.strip_prefix("completeness.") {
                    issue.field = name.to_owned();
                }
            }
            let page = page(visit, Some(&fields), invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The weights that were typed; a field that was not sent stays as it is.
fn read(catalog: &Catalog, fields: &[(String, String)]) -> Result<Vec<(String, u32)>, Invalid> {
    let mut invalid = Invalid::default();
    let mut weights = Vec::new();
    for name in names(catalog) {
        if !fields.iter().any(|(given, _)| *given == name) {
            continue;
        }
        match value(fields, &name) {
            "" => weights.push((name, 0)),
            given => match given.parse() {
                Ok(weight) => weights.push((name, weight)),
                Err(_) => invalid.push(name, "is not a whole number"),
            },
        }
    }
    invalid.or(weights)
}

/// What can count, in the order of the form: also what counts already, however it came to.
fn names(catalog: &Catalog) -> Vec<String> {
    let mut names: Vec<String> = FIELDS.iter().map(|&name| name.to_owned()).collect();
    let counting = catalog.settings.completeness.keys();
    let others: Vec<_> = counting.filter(|name| !name.starts_with("cf.")).cloned().collect();
    names.extend(others.into_iter().filter(|name| !FIELDS.contains(&name.as_str())));
    let custom = catalog.fields.values();
    let active = custom.filter(|field| {
        let name = format!("cf.{}", field.key);
        field.status == FieldStatus::Active || catalog.settings.completeness.contains_key(&name)
    });
    names.extend(active.map(|field| format!("cf.{}", field.key)));
    names
}

async fn page(
    visit: Visit,
    typed: Option<&[(String, String)]>,
    issues: Issues,
) -> Result<Page, Problem> {
    visit.leadbox.rights().require_capability(Capability::SettingsManage)?;
    let Visit { doc, shell, leadbox, .. } = visit.on("settings");
    let catalog = leadbox.catalog().await?;
    let weights = &catalog.settings.completeness;
    let all: u64 = weights.values().map(|weight| u64::from(*weight)).sum();
    let row = |name: String| {
        let stored = weights.get(&name).copied().unwrap_or_default();
        let percent = (u64::from(stored) * 100 + all / 2).checked_div(all).unwrap_or_default();
        Row {
            label: label(&catalog, &name),
            weight: match typed {
                Some(fields) => value(fields, &name).to_owned(),
                None => stored.to_string(),
            },
            share: if stored == 0 { String::new() } else { format!("{percent}%") },
            bar: percent,
            name,
        }
    };
    let rows = names(&catalog).into_iter().map(row).collect();
    Ok(Page { rows, issues, doc, shell })
}
