//! One lead: what is known of it, what is to be done, and what happened. Owns moving it to another stage from its page,
//! which of the page's forms come back with what was typed, and that the address of a lead that was merged away leads to
//! the one that is left.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use leadbox_core::access::Permission;
use leadbox_core::{
    Cursor, Error, FieldIssue, Lead, LeadBox, LeadId, PageRequest, Stage, StageId, StoredLead,
};
use serde::Deserialize;

use super::activity::Activity;
use super::duplicates::{Alike, alike};
use super::input::Input;
use super::issues::Issues;
use super::lexicon::Lexicon;
use super::score::Score;
use super::shell::{Shell, Visit};
use super::tasks::{Desk, TaskRow};
use super::unmerge::{Past, name_merged, past};
use super::words::{Day, Names, Place, Words};
use super::{Doc, escaped, format, interaction, note, task};
use crate::serve::{Problem, page_after};

/// How many events a page shows.
const EVENTS: u32 = 40;
/// How many tasks.
const TASKS: u32 = 200;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    after: String,
    /// The lead that was asked for, when it was merged into this one.
    was: String,
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
    may_merge: bool,
    deleted: bool,
    /// The name of the lead that was asked for, when it was merged into this one.
    was: String,
    completeness: u8,
    facts: Vec<(String, String)>,
    tasks: Vec<TaskRow>,
    more_tasks: bool,
    /// Empty for whoever may not add one; likewise the others.
    task_inputs: Vec<Input>,
    note_inputs: Vec<Input>,
    interaction_inputs: Vec<Input>,
    /// The form that was refused, which is open.
    refused: Option<Part>,
    alike: Vec<Alike>,
    merges: Vec<Past>,
    issues: Issues,
    days: Vec<Day>,
    older: String,
    score: Score,
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

/// Where a field stands among others.
pub(super) fn rank(field: &str) -> usize {
    ORDER.iter().position(|known| *known == field).unwrap_or(ORDER.len())
}

pub(super) fn read_id(id: &str) -> Result<LeadId, Error> {
    id.parse().map_err(|_| Error::not_found("lead", id))
}

/// A form of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Task,
    Note,
    Interaction,
}

/// A form that was refused: which, what was typed, and what is wrong with it.
pub(super) struct Draft {
    pub(super) part: Part,
    pub(super) given: Vec<(String, String)>,
    pub(super) issues: Vec<FieldIssue>,
}

/// The page once more, with what was typed and what is wrong with it.
pub(super) async fn refused(visit: Visit, id: LeadId, draft: Draft) -> Result<Response, Problem> {
    let page = page(visit, id, &Asked::default(), Some(draft)).await?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

/// To a place on a lead's page.
pub(super) fn to_lead(doc: &Doc, id: LeadId, place: &str) -> Redirect {
    Redirect::to(&format!("{}/leads/{id}{place}", doc.prefix))
}

/// `GET /leads/{id}`.
pub(crate) async fn lead(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let id = read_id(&id)?;
    let found = visit.leadbox.leads().lead(id).await?;
    let found = found.ok_or_else(|| Error::not_found("lead", id))?.lead.id;
    if found != id {
        return Ok(to_lead(&visit.doc, found, &format!("?was={id}")).into_response());
    }
    Ok(Html(page(visit, id, &asked, None).await?.render()?).into_response())
}

/// The name of a lead that was merged into this one; empty for all others.
async fn name_before(leadbox: &LeadBox, id: LeadId, was: &str) -> Result<String, Problem> {
    let Ok(was) = was.parse::<LeadId>() else { return Ok(String::new()) };
    let found = leadbox.leads().leads(&[was]).await?.into_iter();
    let mut found = found.filter(|one| one.lead.merged_into == Some(id));
    Ok(found.next().map(|one| one.lead.display_name().to_owned()).unwrap_or_default())
}

async fn page(
    visit: Visit,
    id: LeadId,
    asked: &Asked,
    draft: Option<Draft>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let stored = leadbox.leads().lead(id).await?.ok_or_else(|| Error::not_found("lead", id))?;
    let request = page_after(EVENTS, &asked.after)?;
    let events = leadbox.log().timeline(id, &request).await?;
    let lexicon = Lexicon::of(&leadbox).await?;
    let (words, Lexicon { catalog, names, zone }) = (lexicon.words(), &lexicon);
    let (lead, id) = (&stored.lead, stored.lead.id);
    let pipeline = catalog.pipelines.iter().find(|one| one.id == lead.pipeline);
    let deleted = lead.deleted_at.is_some();
    let may = |permission| !deleted && leadbox.rights().may(permission, lead.owner);
    let mut days = words.days(&events.items, Place::Lead);
    let activity = Activity::load(&leadbox, lead, &events.items).await?;
    activity.bring_up_to_date(&mut days, &events.items, &doc.prefix);
    let merges = past(&leadbox, &doc.prefix, lead, &words).await?;
    name_merged(&mut days, &events.items, &merges);
    let (tasks, more_tasks) = tasks(&leadbox, lead, names, *zone).await?;
    let alike = match deleted {
        true => Vec::new(),
        false => alike(&leadbox, &doc.prefix, lead).await?,
    };
    // What was typed into one form, and what is wrong with it, is no other form's.
    let typed = |part: Part| match draft.as_ref().filter(|draft| draft.part == part) {
        Some(draft) => (draft.given.as_slice(), draft.issues.as_slice()),
        None => (&[][..], &[][..]),
    };
    let inputs = |part: Part, permission| {
        let (given, issues) = typed(part);
        match part {
            _ if !may(permission) => Vec::new(),
            Part::Task => task::inputs(given, issues, names),
            Part::Note => note::inputs(given, issues),
            Part::Interaction => interaction::inputs(given, issues),
        }
    };
    let task_inputs = inputs(Part::Task, Permission::TaskCreate);
    let note_inputs = inputs(Part::Note, Permission::NoteCreate);
    let interaction_inputs = inputs(Part::Interaction, Permission::InteractionCreate);
    let refused = draft.as_ref().map(|draft| draft.part);
    let issues = Issues::from(draft.map(|draft| draft.issues).unwrap_or_default());
    let issues = issues.above(match refused {
        Some(Part::Task) => &task_inputs,
        Some(Part::Note) => &note_inputs,
        Some(Part::Interaction) => &interaction_inputs,
        None => [].as_slice(),
    });
    Ok(Page {
        id: id.to_string(),
        name: lead.display_name().to_owned(),
        initials: format::initials(lead.display_name()),
        bits: bits(lead, &words),
        stages: pipeline.map(|one| one.stages.clone()).unwrap_or_default(),
        stage_id: lead.stage,
        may_edit: may(Permission::LeadEdit),
        may_merge: may(Permission::LeadEdit)
            && leadbox.rights().level(Permission::LeadDelete).is_some(),
        deleted,
        was: name_before(&leadbox, id, &asked.was).await?,
        completeness: lead.completeness,
        facts: facts(&stored, &words),
        tasks,
        more_tasks,
        task_inputs,
        note_inputs,
        interaction_inputs,
        refused,
        alike,
        merges,
        days,
        older: events.next.map(|next| older(&doc.prefix, id, &next)).unwrap_or_default(),
        score: Score::of(&leadbox, &stored, &words).await?,
        issues,
        doc,
        shell,
    })
}

/// A lead's tasks, open ones first, and whether there are more.
async fn tasks(
    leadbox: &LeadBox,
    lead: &Lead,
    names: &Names,
    zone: Tz,
) -> Result<(Vec<TaskRow>, bool), Problem> {
    let found = leadbox.tasks().of_lead(lead.id, &PageRequest::first(TASKS)).await?;
    let desk = Desk { leadbox, names, zone, now: leadbox.now() };
    let row = |task| desk.row(task, lead.owner, lead.deleted_at.is_some());
    let mut rows: Vec<TaskRow> = found.items.iter().map(row).collect();
    rows.sort_by_key(TaskRow::is_done);
    Ok((rows, found.next.is_some()))
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
) -> Result<Redirect, Problem> {
    let id = read_id(&id)?;
    visit.leadbox.leads().advance(id, &asked.stage).await?;
    Ok(to_lead(&visit.doc, id, ""))
}
