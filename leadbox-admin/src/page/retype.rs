//! Another type for a custom field, before it has it. Owns the question (which type, and what becomes of values that do not
//! convert), which stands in the address, and the plan that answers it; nothing is written before somebody says so.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use leadbox_core::service::{FieldPlan, Leftover, RefusalGroup, Retype};
use leadbox_core::{Error, FieldDefinition, Invalid, LeadBox, LeadId};

use super::Doc;
use super::bulk::{names_of, to_bulk};
use super::bulk_plan::{Count, number};
use super::custom_field::known;
use super::field_kind::{self, KINDS};
use super::fields::{Fields, value};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// Values that do not convert for the same reason.
struct Stays {
    reason: String,
    leads: String,
    /// Some of these leads, with their names.
    examples: Vec<(String, String)>,
}

struct Shown {
    counts: Vec<Count>,
    stays: Vec<Stays>,
    /// Of how many leads it is known; empty when of all.
    looked_at: String,
}

#[derive(Template)]
#[template(path = "retype.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    key: String,
    name: String,
    now: &'static str,
    kinds: [(&'static str, &'static str); 10],
    kind: String,
    typed: String,
    keeps: bool,
    keep_in: String,
    issues: Issues,
    plan: Option<Shown>,
    /// What the plan was made for, to be sent as it is.
    given: Vec<(String, String)>,
}

/// The inputs of the question.
const INPUTS: [&str; 4] = ["type", "choices", "leftover", "keep_in"];

fn question(field: &FieldDefinition, given: &[(String, String)]) -> Result<Retype, Invalid> {
    let leftover = match value(given, "leftover") {
        "keep" => {
            let key = value(given, "keep_in").parse();
            Leftover::KeepIn(key.map_err(|error| Invalid::one("keep_in", error))?)
        }
        _ => Leftover::Clear,
    };
    Ok(Retype { key: field.key.clone(), kind: field_kind::read(given)?, leftover })
}

/// What is wrong beside the inputs of this page.
fn beside(mut invalid: Invalid) -> Invalid {
    for issue in invalid.issues.iter_mut().filter(|issue| !INPUTS.contains(&&*issue.field)) {
        "type".clone_into(&mut issue.field);
    }
    invalid
}

/// `GET /settings/fields/{key}/type`.
pub(crate) async fn plan(
    visit: Visit,
    Path(key): Path<String>,
    Query(given): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (_, field) = known(&visit, &key).await?;
    if value(&given, "plan").is_empty() {
        return Ok(Html(page(visit, &field, &given, None, Issues::default()).await?.render()?)
            .into_response());
    }
    let planned = match question(&field, &given) {
        Ok(retype) => visit.leadbox.definitions().plan_retype(&retype).await,
        Err(invalid) => Err(invalid.into()),
    };
    match planned {
        Ok(plan) => {
            let page = page(visit, &field, &given, Some(plan), Issues::default()).await?;
            Ok(Html(page.render()?).into_response())
        }
        Err(Error::Invalid(invalid)) => refused(visit, &field, &given, invalid).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/fields/{key}/type`: does what was planned, in the background.
pub(crate) async fn start(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(given): Fields,
) -> Result<Response, Problem> {
    let (_, field) = known(&visit, &key).await?;
    let begun = match question(&field, &given) {
        Ok(retype) => visit.leadbox.definitions().retype(&retype).await,
        Err(invalid) => Err(invalid.into()),
    };
    match begun {
        Ok(begun) => Ok(to_bulk(&visit.doc, &begun).into_response()),
        Err(Error::Invalid(invalid)) => refused(visit, &field, &given, invalid).await,
        Err(error) => Err(error.into()),
    }
}

async fn refused(
    visit: Visit,
    field: &FieldDefinition,
    given: &[(String, String)],
    invalid: Invalid,
) -> Result<Response, Problem> {
    let page = page(visit, field, given, None, beside(invalid).into()).await?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

async fn page(
    visit: Visit,
    field: &FieldDefinition,
    given: &[(String, String)],
    plan: Option<FieldPlan>,
    issues: Issues,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("settings/fields");
    let or = |name, otherwise: String| match given.iter().any(|(given, _)| given == name) {
        true => value(given, name).to_owned(),
        false => otherwise,
    };
    let plan = match plan {
        Some(plan) => Some(shown(&leadbox, &plan).await?),
        None => None,
    };
    Ok(Page {
        key: field.key.to_string(),
        name: field.label.clone(),
        now: field_kind::in_words(field.kind.name()),
        kinds: KINDS,
        kind: or("type", field.kind.name().to_owned()),
        typed: or("choices", field.kind.choices().join("\n")),
        keeps: value(given, "leftover") == "keep",
        keep_in: or("keep_in", format!("{}_before", field.key).chars().take(63).collect()),
        given: given.iter().filter(|(name, _)| INPUTS.contains(&&**name)).cloned().collect(),
        issues: issues.calling("keep_in", "Key of that new field"),
        plan,
        doc,
        shell,
    })
}

async fn shown(leadbox: &LeadBox, plan: &FieldPlan) -> Result<Shown, Problem> {
    let samples: Vec<LeadId> =
        plan.leftover.iter().flat_map(|group| group.samples.iter().copied()).collect();
    let names = names_of(leadbox, &samples).await?;
    let is_estimate = plan.tried < plan.holding;
    let about = |count| match is_estimate {
        true => format!("about {}", number(plan.estimate(count))),
        false => number(count),
    };
    let unfit = plan.tried.saturating_sub(plan.converting);
    let count = |label, leads| Count { label, leads };
    Ok(Shown {
        counts: vec![
            count("Leads that have a value", number(plan.holding)),
            count("Would convert", about(plan.converting)),
            count("Would not", about(unfit)),
        ],
        stays: plan.leftover.iter().map(|group| stays(group, &names, about(group.count))).collect(),
        looked_at: if is_estimate { number(plan.tried) } else { String::new() },
    })
}

fn stays(group: &RefusalGroup, names: &BTreeMap<LeadId, String>, leads: String) -> Stays {
    let examples = group.samples.iter();
    let named = examples.filter_map(|id| Some((id.to_string(), names.get(id)?.clone())));
    Stays { reason: group.reason.clone(), leads, examples: named.take(3).collect() }
}
