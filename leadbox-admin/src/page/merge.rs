//! Merging two leads. Owns the comparison, in which one says whose value stays field by field; the page is the plan, and
//! nothing is written before somebody sends it. Without a second lead it is `merge_search`'s to find one.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Permission;
use leadbox_core::{
    Error, FieldIssue, Invalid, LeadBox, LeadId, MergeChoice, MergePlan, StoredLead, Version,
};
use serde::Deserialize;

use super::comparison::{Row, Side, may_merge, rows, stage};
use super::fields::{Fields, value};
use super::issues::Issues;
use super::lead::read_id;
use super::lexicon::Lexicon;
use super::merge_search;
use super::shell::{Shell, Visit};
use super::words::Words;
use super::{Doc, format};
use crate::serve::Problem;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The lead that goes.
    with: String,
    /// What to look for, to find it.
    q: String,
}

/// What of a form is no field of a lead: the lead that goes, and the versions that were looked at.
const OWN: [&str; 3] = ["with", "kept", "gone"];

#[derive(Template)]
#[template(path = "merge.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    kept: Side,
    gone: Side,
    /// The versions that are looked at, the kept one's first.
    versions: [Version; 2],
    rows: Vec<Row>,
    /// How many values differ, in words.
    differing: String,
    /// What the kept lead has afterwards and nobody chooses.
    joined: Vec<(String, String)>,
    moves: Vec<(&'static str, String)>,
    /// The same with the two changed over; empty for whoever may not.
    swap: String,
    issues: Issues,
}

/// A lead that is there and may be changed.
pub(super) async fn editable(leadbox: &LeadBox, id: LeadId) -> Result<StoredLead, Problem> {
    let stored = leadbox.leads().lead(id).await?.filter(|one| one.lead.deleted_at.is_none());
    let stored = stored.ok_or_else(|| Error::not_found("lead", id))?;
    leadbox.rights().require(Permission::LeadEdit, stored.lead.owner)?;
    Ok(stored)
}

/// `GET /leads/{id}/merge`.
pub(crate) async fn plan(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let id = read_id(&id)?;
    if asked.with.is_empty() {
        return merge_search::page(visit, id, asked.q).await;
    }
    let gone = read_id(&asked.with)?;
    Ok(Html(page(visit, id, gone, &[], Vec::new()).await?.render()?))
}

async fn page(
    visit: Visit,
    kept: LeadId,
    gone: LeadId,
    given: &[(String, String)],
    issues: Vec<FieldIssue>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("duplicates");
    let plan = leadbox.leads().merge_plan(kept, &[gone], &MergeChoice::default()).await?;
    let (kept, gone) = (editable(&leadbox, kept).await?, editable(&leadbox, gone).await?);
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    let rows = rows(&leadbox, [&kept.lead, &gone.lead], &plan, given, &words);
    let may_swap = may_merge(&leadbox, &gone.lead, &kept.lead);
    let swap = format!("{}/leads/{}/merge?with={}", doc.prefix, gone.lead.id, kept.lead.id);
    Ok(Page {
        differing: match rows.iter().filter(|row| row.differs).count() {
            0 => "Nothing differs".to_owned(),
            1 => "1 value differs".to_owned(),
            many => format!("{many} values differ"),
        },
        joined: joined(&plan, &words),
        moves: moves(&plan),
        versions: [kept.lead.version, gone.lead.version],
        swap: if may_swap { swap } else { String::new() },
        kept: Side::of(&kept.lead),
        gone: Side::of(&gone.lead),
        issues: Invalid { issues }.into(),
        rows,
        doc,
        shell,
    })
}

/// What is joined, or stays with the lead that is kept.
fn joined(plan: &MergePlan, words: &Words<'_>) -> Vec<(String, String)> {
    let fields = plan.lead.to_fields();
    let is_joined =
        |field: &str| field == "tags" || field == "external_id" || field.starts_with("consent.");
    let stage = (words.label("stage"), stage(&plan.lead, words));
    let came = ("Came in".to_owned(), format::moment(plan.lead.created_at, words.zone));
    let joined = fields.iter().filter(|(field, _)| is_joined(field));
    let joined = joined.map(|(field, value)| (words.label(field), words.value(field, value)));
    std::iter::once(stage).chain(joined).chain([came]).collect()
}

fn moves(plan: &MergePlan) -> Vec<(&'static str, String)> {
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let each =
        plan.moves.iter().map(|moved| [moved.interactions, whole(moved.tasks), whole(moved.notes)]);
    let sums = each.fold([0; 3], |sums, one| [0, 1, 2].map(|place| sums[place] + one[place]));
    let labels = ["Interactions", "Tasks", "Notes"];
    labels.into_iter().zip(sums.map(format::whole)).collect()
}

/// Whose values stay, and of which versions.
fn choice(fields: &[(String, String)], kept: LeadId, gone: LeadId) -> Result<MergeChoice, Invalid> {
    let mut choice = MergeChoice::default();
    let mut invalid = Invalid::default();
    for (lead, name) in [(kept, "kept"), (gone, "gone")] {
        match value(fields, name).parse() {
            Ok(version) => choice = choice.seen(lead, Version(version)),
            Err(_) => invalid.push("version", "is missing: open the page again"),
        }
    }
    for (field, from) in fields.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        match from.parse() {
            Ok(from) => choice = choice.take(field, from),
            Err(_) => invalid.push(field, "names no lead"),
        }
    }
    invalid.or(choice)
}

/// `POST /leads/{id}/merge`.
pub(crate) async fn merge(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (kept, gone) = (read_id(&id)?, read_id(value(&fields, "with"))?);
    let done = match choice(&fields, kept, gone) {
        Ok(choice) => visit.leadbox.leads().merge(kept, &[gone], &choice).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(merged) => {
            let address = format!("{}/leads/{}?was={gone}", visit.doc.prefix, merged.lead.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(Error::Invalid(Invalid { issues })) => {
            let page = page(visit, kept, gone, &fields, issues).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
