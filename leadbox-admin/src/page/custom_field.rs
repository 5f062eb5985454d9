//! One custom field: what it is called, its choices, whether it is in use. Owns changing these from its page; another type is
//! `retype`'s.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{
    Error, FieldDefinition, FieldKey, FieldStatus, FieldType, Invalid, KeyError, Revision,
};

use super::Doc;
use super::bulk_plan::number;
use super::field_kind;
use super::fields::{Fields, revision, value};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// A change of the type that is under way, or was the last.
struct Change {
    id: String,
    running: bool,
    /// How far it is.
    says: String,
}

#[derive(Template)]
#[template(path = "custom-field.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    key: String,
    /// As it is stored.
    name: String,
    revision: String,
    /// As it was typed.
    called: String,
    kind: &'static str,
    /// As they were typed; none for a type without.
    choices: Option<String>,
    archived: bool,
    last: Option<Change>,
    issues: Issues,
}

/// The field of an address, for whoever manages fields.
pub(super) async fn known(
    visit: &Visit,
    key: &str,
) -> Result<(Revision, FieldDefinition), Problem> {
    visit.leadbox.rights().require_capability(Capability::FieldsManage)?;
    let read: Result<FieldKey, KeyError> = key.parse();
    let absent = || Error::not_found("custom field", key);
    let found = visit.leadbox.definitions().field(&read.map_err(|_| absent())?).await?;
    Ok(found.ok_or_else(absent)?)
}

/// `GET /settings/fields/{key}`.
pub(crate) async fn custom_field(
    visit: Visit,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    let (revision, field) = known(&visit, &key).await?;
    let typed = (field.label.clone(), field.kind.choices().join("\n"));
    Ok(Html(page(visit, field, revision, typed, Issues::default()).await?.render()?))
}

/// `POST /settings/fields/{key}`.
pub(crate) async fn save(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (stored, field) = known(&visit, &key).await?;
    let (label, choices) = (value(&fields, "label").to_owned(), value(&fields, "choices"));
    let kind = match &field.kind {
        FieldType::Choice(_) => FieldType::Choice(field_kind::lines(choices)),
        FieldType::MultiChoice(_) => FieldType::MultiChoice(field_kind::lines(choices)),
        other => other.clone(),
    };
    let next = FieldDefinition { label: label.clone(), kind, ..field.clone() };
    let done = match revision(&fields) {
        Ok(revision) => visit.leadbox.definitions().put_field(&next, revision).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(to_field(&visit.doc, &field).into_response()),
        Err(Error::Invalid(Invalid { issues })) => {
            let (typed, issues) = ((label, choices.to_owned()), Invalid { issues }.into());
            let page = page(visit, field, stored, typed, issues).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/fields/{key}/archive`.
pub(crate) async fn archive(visit: Visit, key: Path<String>) -> Result<Redirect, Problem> {
    set_status(visit, key, FieldStatus::Archived).await
}

/// `POST /settings/fields/{key}/restore`.
pub(crate) async fn restore(visit: Visit, key: Path<String>) -> Result<Redirect, Problem> {
    set_status(visit, key, FieldStatus::Active).await
}

async fn set_status(
    visit: Visit,
    Path(key): Path<String>,
    status: FieldStatus,
) -> Result<Redirect, Problem> {
    let (_, field) = known(&visit, &key).await?;
    visit.leadbox.definitions().set_field_status(&field.key, status).await?;
    Ok(to_field(&visit.doc, &field))
}

fn to_field(doc: &Doc, field: &FieldDefinition) -> Redirect {
    Redirect::to(&doc.page(&format!("settings/fields/{}", field.key)))
}

async fn page(
    visit: Visit,
    field: FieldDefinition,
    revision: Revision,
    (label, choices): (String, String),
    issues: Issues,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("settings/fields");
    let last = leadbox.definitions().conversion(&field.key).await?;
    let last = last.map(|progress| {
        let running = !progress.state.is_over();
        let (done, all) = (number(progress.counts.done()), number(progress.counts.selected));
        let says = match running {
            true => format!("The type is being changed: {done} of {all} leads are done."),
            false => format!("The type was last changed in {all} leads."),
        };
        Change { id: progress.id.to_string(), running, says }
    });
    let has_choices = matches!(field.kind, FieldType::Choice(_) | FieldType::MultiChoice(_));
    Ok(Page {
        key: field.key.to_string(),
        revision: revision.to_string(),
        called: label,
        kind: field_kind::in_words(field.kind.name()),
        choices: has_choices.then_some(choices),
        archived: field.status == FieldStatus::Archived,
        name: field.label,
        last,
        issues,
        doc,
        shell,
    })
}
