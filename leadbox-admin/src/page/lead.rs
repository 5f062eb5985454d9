//! One lead: what is known of it, and what happened. Owns moving it to another stage from its page.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Permission;
use leadbox_core::{Cursor, Error, Lead, LeadId, Stage, StageId, StoredLead};
use serde::Deserialize;

use super::shell::{Shell, Visit};
use super::words::{Day, Place, Words, zone};
use super::{Doc, escaped, format};
use crate::serve::{Problem, page_after};

/// How many events a page shows.
const EVENTS: u32 = 40;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    after: String,
}

#[derive(Template)]
#[template(path = "lead.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    id: String,
    name: String,
    initials: String,
    bits: Vec<String>,
    stages: Vec<Stage>,
    stage_id: StageId,
    may_edit: bool,
    deleted: bool,
    completeness: u8,
    facts: Vec<(String, String)>,
    days: Vec<Day>,
    older: String,
    scored: String,
    priority: String,
}

/// Fields in the order in which people look for them.
const ORDER: [&str; 16] = [
    "name",
    "first_name",
    "title",
    "email",
    "phone",
    "company",
    "domain",
    "industry",
    "employees",
    "city",
    "country",
    "owner",
    "value",
    "source",
    "source_detail",
    "tags",
];

pub(super) fn read_id(id: &str) -> Result<LeadId, Error> {
    id.parse().map_err(|_| Error::not_found("lead", id))
}

/// `GET /leads/{id}`.
pub(crate) async fn lead(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let id = read_id(&id)?;
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let stored = leadbox.leads().lead(id).await?.ok_or_else(|| Error::not_found("lead", id))?;
    let request = page_after(EVENTS, &asked.after)?;
    let events = leadbox.log().timeline(id, &request).await?;
    let (catalog, names) = (leadbox.catalog().await?, leadbox.directory().names().await?);
    let (leads, zone) = (Default::default(), zone(&leadbox, &catalog).await?);
    let words = Words { catalog: &catalog, names: &names, leads, zone };
    let lead = &stored.lead;
    let pipeline = catalog.pipelines.iter().find(|one| one.id == lead.pipeline);
    let deleted = lead.deleted_at.is_some();
    let page = Page {
        id: id.to_string(),
        name: lead.display_name().to_owned(),
        initials: format::initials(lead.display_name()),
        bits: bits(lead, &words),
        stages: pipeline.map(|one| one.stages.clone()).unwrap_or_default(),
        stage_id: lead.stage,
        may_edit: !deleted && leadbox.rights().may(Permission::LeadEdit, lead.owner),
        deleted,
        completeness: lead.completeness,
        facts: facts(&stored, &words),
        days: words.days(&events.items, Place::Lead),
        older: events.next.map(|next| older(&doc.prefix, id, &next)).unwrap_or_default(),
        scored: if stored.score.revision.0 > 0 {
            stored.score.total.to_string()
        } else {
            String::new()
        },
        priority: stored.score.priority.clone().unwrap_or_default(),
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

fn older(prefix: &str, id: LeadId, next: &Cursor) -> String {
    let mut address = format!("{prefix}/leads/{id}?after=");
    address.extend(escaped(&next.to_string()));
    address
}

fn bits(lead: &Lead, words: &Words<'_>) -> Vec<String> {
    let title = lead.person.title.as_deref();
    let work: Vec<&str> = [title, lead.company.name.as_deref()].into_iter().flatten().collect();
    let owner = lead.owner.and_then(|owner| words.names.get(&owner).cloned());
    [Some(work.join(", ")).filter(|work| !work.is_empty()), lead.source.name.clone(), owner]
        .into_iter()
        .flatten()
        .collect()
}

/// Every known field in a fixed order, then what LeadBox adds.
fn facts(stored: &StoredLead, words: &Words<'_>) -> Vec<(String, String)> {
    let lead = &stored.lead;
    let fields = lead.to_fields();
    let known = ORDER.iter().filter_map(|field| fields.get(*field).map(|value| (*field, value)));
    let rest = fields.iter().filter(|(field, _)| !ORDER.contains(&field.as_str()));
    let mut facts: Vec<(String, String)> = known
        .chain(rest.map(|(field, value)| (field.as_str(), value)))
        .map(|(field, value)| (words.label(field), words.value(field, value)))
        .collect();
    let moment = |at| format::moment(at, words.zone);
    let activity = stored.activity;
    let last = activity.last_at.map(|at| format!(", the last on {}", moment(at)));
    facts.extend([
        ("Interactions".to_owned(), format!("{}{}", activity.count, last.unwrap_or_default())),
        ("Created".to_owned(), moment(lead.created_at)),
        ("Changed".to_owned(), moment(lead.updated_at)),
    ]);
    facts
}

#[derive(Debug, Deserialize)]
pub(crate) struct Move {
    stage: String,
}

/// `POST /leads/{id}/stage`.
pub(crate) async fn advance(
    visit: Visit,
    Path(id): Path<String>,
    Form(asked): Form<Move>,
) -> Result<Response, Problem> {
    let id = read_id(&id)?;
    visit.leadbox.leads().advance(id, &asked.stage).await?;
    Ok(Redirect::to(&format!("{}/leads/{id}", visit.doc.prefix)).into_response())
}
