//! One task: its form, and everything that can be done with it. Owns reading the form; a lead's page and "My leads" show
//! tasks as rows.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use leadbox_core::access::Permission;
use leadbox_core::{
    Error, FieldIssue, Invalid, LeadBox, NewTask, StoredLead, Task, TaskId, TaskPatch,
};

use super::Doc;
use super::fields::{Fields, revision, value};
use super::input::{Input, people};
use super::issues::Issues;
use super::lead::{Draft, Part, read_id, refused, to_lead};
use super::moment;
use super::shell::{Shell, Visit};
use super::words::{Names, zone};
use crate::serve::Problem;

#[derive(Template)]
#[template(path = "task.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    task: Task,
    lead_name: String,
    inputs: Vec<Input>,
    issues: Issues,
}

/// The inputs of a task, with what was typed.
pub(super) fn inputs(
    given: &[(String, String)],
    issues: &[FieldIssue],
    names: &Names,
) -> Vec<Input> {
    let inputs = [
        Input::new("title", "What to do", "text").wide(),
        Input::new("due_at", "Due", "datetime-local"),
        Input::new("remind_at", "Remind", "datetime-local"),
        Input::new("assignee", "Who", "text").choices(people(names, "Nobody in particular")),
        Input::new("details", "More about it", "textarea").wide(),
    ];
    inputs.into_iter().map(|input| input.with(given, issues)).collect()
}

/// The task as a form has it.
fn read(given: &[(String, String)], zone: Tz) -> Result<NewTask, Invalid> {
    let mut invalid = Invalid::default();
    let assignee = match value(given, "assignee") {
        "" => None,
        user => {
            let user = user.parse().ok();
            if user.is_none() {
                invalid.push("assignee", "is nobody who is here");
            }
            user
        }
    };
    let task = NewTask {
        title: value(given, "title").to_owned(),
        details: value(given, "details").to_owned(),
        due_at: moment::read(given, "due_at", zone, &mut invalid),
        remind_at: moment::read(given, "remind_at", zone, &mut invalid),
        assignee,
    };
    invalid.or(task)
}

async fn own_zone(leadbox: &LeadBox) -> Result<Tz, Problem> {
    zone(leadbox, &*leadbox.catalog().await?).await
}

/// `POST /leads/{id}/tasks`.
pub(crate) async fn add(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let id = read_id(&id)?;
    let done = match read(&fields, own_zone(&visit.leadbox).await?) {
        Ok(new) => visit.leadbox.tasks().add(id, &new).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(to_lead(&visit.doc, id, "#tasks").into_response()),
        Err(Error::Invalid(Invalid { issues })) => {
            refused(visit, id, Draft { part: Part::Task, given: fields, issues }).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn known(leadbox: &LeadBox, id: &str) -> Result<(Task, StoredLead), Problem> {
    let absent = || Error::not_found("task", id);
    let id: TaskId = id.parse().map_err(|_| absent())?;
    let task = leadbox.tasks().task(id).await?.ok_or_else(absent)?;
    let lead = leadbox.leads().lead(task.lead).await?.ok_or_else(absent)?;
    Ok((task, lead))
}

/// The same for whoever may change it, of a lead that is not deleted.
async fn editable(leadbox: &LeadBox, id: &str) -> Result<(Task, StoredLead), Problem> {
    let (task, lead) = known(leadbox, id).await?;
    if lead.lead.deleted_at.is_some() {
        return Err(Error::not_found("task", id).into());
    }
    leadbox.rights().require(Permission::TaskEdit, lead.lead.owner)?;
    Ok((task, lead))
}

/// `GET /tasks/{id}`.
pub(crate) async fn edit(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let (task, lead) = editable(&visit.leadbox, &id).await?;
    let zone = own_zone(&visit.leadbox).await?;
    let given = [
        ("title", task.title.clone()),
        ("details", task.details.clone()),
        ("due_at", moment::local(task.due_at, zone)),
        ("remind_at", moment::local(task.remind_at, zone)),
        ("assignee", task.assignee.map(|user| user.to_string()).unwrap_or_default()),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), value));
    Ok(Html(page(visit, task, &lead, &given, Vec::new()).await?.render()?))
}

async fn page(
    visit: Visit,
    task: Task,
    lead: &StoredLead,
    given: &[(String, String)],
    issues: Vec<FieldIssue>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let names = leadbox.directory().names().await?;
    let lead_name = lead.lead.display_name().to_owned();
    let inputs = inputs(given, &issues, &names);
    let issues = Issues::from(issues).above(&inputs);
    Ok(Page { inputs, lead_name, task, issues, doc, shell })
}

/// `POST /tasks/{id}`.
pub(crate) async fn save(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (task, lead) = editable(&visit.leadbox, &id).await?;
    let revision = revision(&fields)?;
    let done = match read(&fields, own_zone(&visit.leadbox).await?) {
        Ok(NewTask { title, details, due_at, remind_at, assignee }) => {
            let patch = TaskPatch::new().title(title).details(details).due_at(due_at);
            let patch = patch.remind_at(remind_at).assignee(assignee);
            visit.leadbox.tasks().change(task.id, &patch, Some(revision)).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(to_lead(&visit.doc, task.lead, "#tasks").into_response()),
        Err(Error::Invalid(Invalid { issues })) => {
            let page = page(visit, task, &lead, &fields, issues).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /tasks/{id}/complete`.
pub(crate) async fn complete(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let (task, _) = known(&visit.leadbox, &id).await?;
    visit.leadbox.tasks().complete(task.id).await?;
    Ok(back(&visit.doc, &task, &fields))
}

/// `POST /tasks/{id}/reopen`.
pub(crate) async fn reopen(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let (task, _) = known(&visit.leadbox, &id).await?;
    visit.leadbox.tasks().reopen(task.id).await?;
    Ok(back(&visit.doc, &task, &fields))
}

/// To the page on which it was done.
fn back(doc: &Doc, task: &Task, fields: &[(String, String)]) -> Redirect {
    match value(fields, "back") {
        page @ ("my-leads" | "tasks") => Redirect::to(&doc.page(page)),
        _ => to_lead(doc, task.lead, "#tasks"),
    }
}

/// `POST /tasks/{id}/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    let (task, _) = known(&visit.leadbox, &id).await?;
    visit.leadbox.tasks().delete(task.id).await?;
    Ok(to_lead(&visit.doc, task.lead, "#tasks"))
}
