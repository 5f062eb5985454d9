//! One note: writing it, writing it anew, deleting it. A lead's page shows notes on its timeline.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::{Denied, Permission};
use leadbox_core::{Error, FieldIssue, Invalid, Lead, LeadBox, Note, NoteId};

use super::Doc;
use super::fields::{Fields, revision, value};
use super::input::Input;
use super::issues::Issues;
use super::lead::{Draft, Part, read_id, refused, to_lead};
use super::shell::{Shell, Visit};
use crate::serve::Problem;

#[derive(Template)]
#[template(path = "note.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    note: Note,
    lead_name: String,
    inputs: Vec<Input>,
    issues: Issues,
}

/// The input of a note, with what was typed.
pub(super) fn inputs(given: &[(String, String)], issues: &[FieldIssue]) -> Vec<Input> {
    vec![Input::new("text", "Note", "textarea").wide().with(given, issues)]
}

/// Whether somebody may change this note of a lead that is not deleted: everybody their own.
pub(super) fn may_change(leadbox: &LeadBox, note: &Note, lead: &Lead) -> bool {
    let rights = leadbox.rights();
    let is_own = note.made_by.person().is_some() && note.made_by.person() == rights.user();
    lead.deleted_at.is_none()
        && (rights.may(Permission::NoteEdit, lead.owner)
            || (is_own && rights.may(Permission::NoteCreate, lead.owner)))
}

/// `POST /leads/{id}/notes`.
pub(crate) async fn add(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let id = read_id(&id)?;
    match visit.leadbox.notes().add(id, value(&fields, "text")).await {
        Ok(_) => Ok(to_lead(&visit.doc, id, "#timeline").into_response()),
        Err(Error::Invalid(Invalid { issues })) => {
            refused(visit, id, Draft { part: Part::Note, given: fields, issues }).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn known(leadbox: &LeadBox, id: &str) -> Result<(Note, Lead), Problem> {
    let absent = || Error::not_found("note", id);
    let id: NoteId = id.parse().map_err(|_| absent())?;
    let note = leadbox.notes().note(id).await?.ok_or_else(absent)?;
    let lead = leadbox.leads().lead(note.lead).await?.ok_or_else(absent)?.lead;
    Ok((note, lead))
}

async fn editable(leadbox: &LeadBox, id: &str) -> Result<(Note, Lead), Problem> {
    let (note, lead) = known(leadbox, id).await?;
    if !may_change(leadbox, &note, &lead) {
        return Err(Denied::Permission { permission: Permission::NoteEdit }.into());
    }
    Ok((note, lead))
}

/// `GET /notes/{id}`.
pub(crate) async fn edit(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let (note, lead) = editable(&visit.leadbox, &id).await?;
    let given = [("text".to_owned(), note.text.clone())];
    Ok(Html(page(visit, note, &lead, &given, Vec::new()).render()?))
}

fn page(
    visit: Visit,
    note: Note,
    lead: &Lead,
    given: &[(String, String)],
    issues: Vec<FieldIssue>,
) -> Page {
    let Visit { doc, shell, .. } = visit.on("leads");
    let lead_name = lead.display_name().to_owned();
    let inputs = inputs(given, &issues);
    let issues = Issues::from(issues).above(&inputs);
    Page { inputs, lead_name, note, issues, doc, shell }
}

/// `POST /notes/{id}`.
pub(crate) async fn save(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (note, lead) = editable(&visit.leadbox, &id).await?;
    let revision = revision(&fields)?;
    match visit.leadbox.notes().change(note.id, value(&fields, "text"), Some(revision)).await {
        Ok(_) => Ok(to_lead(&visit.doc, lead.id, "#timeline").into_response()),
        Err(Error::Invalid(Invalid { issues })) => {
            let page = page(visit, note, &lead, &fields, issues).render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /notes/{id}/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    let (note, lead) = known(&visit.leadbox, &id).await?;
    visit.leadbox.notes().delete(note.id).await?;
    Ok(to_lead(&visit.doc, lead.id, "#timeline"))
}
