//! Custom fields: list, declare, change.

use axum::Json;
use axum::extract::Path;
use leadbox_core::{FieldDefinition, FieldKey, FieldType, Sensitivity};
use serde::Deserialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::paging::Listed;
use crate::serve::Problem;

/// A custom field as it is declared; its key stands in the address.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewField)]
pub(super) struct NewField {
    /// What people read, 1 to 200 characters.
    label: String,
    /// What it holds, and for `choice` and `multi_choice` the `choices`.
    #[serde(flatten)]
    kind: FieldType,
    /// Whether it is sealed at rest.
    #[serde(default)]
    sensitivity: Sensitivity,
}

/// List the custom fields
///
/// All of them, by key.
#[utoipa::path(get, path = "/fields", tag = "setup", responses((status = 200, body = Listed<FieldDefinition>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<FieldDefinition>>, Problem> {
    Ok(Json(Listed::whole(leadbox.definitions().fields().await?)))
}

/// Declare a custom field
///
/// Or change one: its label, or more choices.
#[utoipa::path(put, path = "/fields/{key}", tag = "setup", request_body = NewField, params(("key" = FieldKey, Path)),
    responses((status = 200, body = FieldDefinition)))]
pub(super) async fn define(
    Asker(leadbox): Asker,
    Path(key): Path<FieldKey>,
    Body(new): Body<NewField>,
) -> Result<Json<FieldDefinition>, Problem> {
    let NewField { label, kind, sensitivity } = new;
    let known = leadbox.catalog().await?.fields.get(&key).map(|field| field.status);
    let status = known.unwrap_or_default();
    let field = FieldDefinition { key, label, kind, sensitivity, status };
    leadbox.definitions().define_field(&field).await?;
    Ok(Json(field))
}
