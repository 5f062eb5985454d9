//! The custom fields of a tenant. Owns the list of them and adding one; one field's page is `custom_field`'s.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{Error, FieldDefinition, FieldStatus, Invalid, Revision};

use super::Doc;
use super::field_kind::{self, KINDS};
use super::fields::{Fields, value};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// A field in the list.
struct Row {
    key: String,
    label: String,
    kind: &'static str,
    choices: String,
}

impl Row {
    fn of(field: &FieldDefinition) -> Self {
        Self {
            key: field.key.to_string(),
            label: field.label.clone(),
            kind: field_kind::in_words(field.kind.name()),
            choices: field.kind.choices().join(", "),
        }
    }
}

/// What was typed of a new field.
#[derive(Default)]
struct New {
    key: String,
    label: String,
    kind: String,
    choices: String,
}

#[derive(Template)]
#[template(path = "custom-fields.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    active: Vec<Row>,
    archived: Vec<Row>,
    kinds: [(&'static str, &'static str); 10],
    new: New,
    issues: Issues,
}

/// `GET /settings/fields`.
pub(crate) async fn custom_fields(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, New::default(), Issues::default()).await?.render()?))
}

/// `POST /settings/fields`.
pub(crate) async fn add(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    let done = match definition(&fields) {
        Ok(field) => {
            let added = visit.leadbox.definitions().put_field(&field, Revision(0)).await;
            added.map(|_| field.key)
        }
        Err(invalid) => Err(invalid.into()),
    };
    let done = match done {
        Err(Error::Stale { .. }) => Err(Invalid::one("key", "belongs to a field already").into()),
        other => other,
    };
    match done {
        Ok(_) => Ok(Redirect::to(&visit.doc.page("settings/fields")).into_response()),
        Err(Error::Invalid(invalid)) => {
            let new = New {
                key: value(&fields, "key").to_owned(),
                label: value(&fields, "label").to_owned(),
                kind: value(&fields, "type").to_owned(),
                choices: value(&fields, "choices").to_owned(),
            };
            let page = page(visit, new, invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn definition(fields: &[(String, String)]) -> Result<FieldDefinition, Invalid> {
    let field = FieldDefinition::new(value(fields, "key"), field_kind::read(fields)?);
    let field = field.map_err(|error| Invalid::one("key", error))?;
    Ok(FieldDefinition { label: value(fields, "label").to_owned(), ..field })
}

async fn page(visit: Visit, new: New, issues: Issues) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("settings/fields");
    leadbox.rights().require_capability(Capability::FieldsManage)?;
    let mut fields = leadbox.definitions().fields().await?;
    fields.sort_by_key(|field| field.label.to_lowercase());
    let rows = |status| {
        let fields = fields.iter().filter(|field| field.status == status);
        fields.map(Row::of).collect()
    };
    let (active, archived) = (rows(FieldStatus::Active), rows(FieldStatus::Archived));
    Ok(Page { doc, shell, active, archived, kinds: KINDS, new, issues })
}
