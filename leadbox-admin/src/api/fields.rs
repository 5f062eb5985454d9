//! Custom fields: list, read, declare, change, archive, give another type.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use leadbox_core::service::{BulkProgress, FieldPlan, Leftover, Retype};
use leadbox_core::{
    Error, FieldDefinition, FieldKey, FieldStatus, FieldType, Revision, Sensitivity,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::bulk::started;
use super::once::{OnceKey, Posted, replayed};
use super::paging::Listed;
use super::version::{Expected, IfMatch, tagged};
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

/// Whether a field is in use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FieldStatusChange)]
pub(super) struct StatusBody {
    status: FieldStatus,
}

/// Another type, or other choices.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Retype)]
pub(super) struct RetypeBody {
    /// What it shall hold, and for `choice` and `multi_choice` the `choices`.
    #[serde(flatten)]
    kind: FieldType,
    /// What becomes of values that do not convert.
    #[serde(default)]
    leftover: Leftover,
}

impl RetypeBody {
    fn of(&self, key: FieldKey) -> Retype {
        Retype { key, kind: self.kind.clone(), leftover: self.leftover.clone() }
    }
}

/// An error by the place in [`RetypeBody`].
fn located(error: Error) -> Problem {
    Problem::located(error, |field| match field {
        "keep_in" => "/leftover/keep_in".to_owned(),
        field if field.starts_with("cf.") => String::new(),
        field => format!("/{field}"),
    })
}

async fn known(
    leadbox: &leadbox_core::LeadBox,
    key: &FieldKey,
) -> Result<(Revision, FieldDefinition), Problem> {
    let found = leadbox.definitions().field(key).await?;
    Ok(found.ok_or_else(|| Error::not_found("custom field", key))?)
}

/// List the custom fields
///
/// All of them, by key, archived ones among them.
#[utoipa::path(get, path = "/fields", tag = "setup", responses((status = 200, body = Listed<FieldDefinition>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<FieldDefinition>>, Problem> {
    Ok(Json(Listed::whole(leadbox.definitions().fields().await?)))
}

/// Read a custom field
#[utoipa::path(get, path = "/fields/{key}", tag = "setup", params(("key" = FieldKey, Path)),
    responses((status = 200, body = FieldDefinition, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(key): Path<FieldKey>,
) -> Result<Response, Problem> {
    let (revision, field) = known(&leadbox, &key).await?;
    Ok(tagged(revision.0, field))
}

/// Declare a custom field
///
/// Or change one: its label, or more choices. Another type, and choices that go, are `/fields/{key}/retype`'s.
#[utoipa::path(put, path = "/fields/{key}", tag = "setup", request_body = NewField,
    params(("key" = FieldKey, Path), IfMatch),
    responses((status = 200, body = FieldDefinition, headers(("ETag" = String))), (status = 412)))]
pub(super) async fn define(
    Asker(leadbox): Asker,
    Path(key): Path<FieldKey>,
    expected: Expected,
    Body(new): Body<NewField>,
) -> Result<Response, Problem> {
    let NewField { label, kind, sensitivity } = new;
    let definitions = leadbox.definitions();
    let (actual, status) = match definitions.field(&key).await? {
        Some((revision, field)) => (revision, field.status),
        None => (Revision(0), FieldStatus::default()),
    };
    let before = expected.version()?.map_or(actual, Revision);
    let field = FieldDefinition { key, label, kind, sensitivity, status };
    let revision = definitions.put_field(&field, before).await?;
    Ok(tagged(revision.0, field))
}

/// Archive a custom field or bring it back
///
/// Leads keep what they hold. An archived field takes no values, and is neither shown in lists, filters and files nor asked
/// for.
#[utoipa::path(put, path = "/fields/{key}/status", tag = "setup", request_body = StatusBody,
    params(("key" = FieldKey, Path)), responses((status = 200, body = FieldDefinition), (status = 404)))]
pub(super) async fn set_status(
    Asker(leadbox): Asker,
    Path(key): Path<FieldKey>,
    Body(to): Body<StatusBody>,
) -> Result<Json<FieldDefinition>, Problem> {
    Ok(Json(leadbox.definitions().set_field_status(&key, to.status).await?))
}

/// Plan another type
///
/// Says how many leads hold a value, how many of these convert, and which do not and why. Writes nothing.
#[utoipa::path(post, path = "/fields/{key}/retype/plan", tag = "setup", request_body = RetypeBody,
    params(("key" = FieldKey, Path)), responses((status = 200, body = FieldPlan), (status = 404)))]
pub(super) async fn plan_retype(
    Asker(leadbox): Asker,
    Path(key): Path<FieldKey>,
    Body(to): Body<RetypeBody>,
) -> Result<Json<FieldPlan>, Problem> {
    Ok(Json(leadbox.definitions().plan_retype(&to.of(key)).await.map_err(located)?))
}

/// Give a field another type
///
/// At once for what comes in from now on, and in the background for what leads hold: ask `/bulk/{id}` for its progress.
/// Values that do not convert are among its refusals. It cannot be stopped half-way, nor undone: the way back is the old
/// type.
#[utoipa::path(post, path = "/fields/{key}/retype", tag = "setup", request_body = RetypeBody,
    params(("key" = FieldKey, Path), OnceKey),
    responses((status = 202, body = BulkProgress), (status = 404)))]
pub(super) async fn retype(
    Asker(leadbox): Asker,
    Path(key): Path<FieldKey>,
    to: Posted<RetypeBody>,
) -> Result<Response, Problem> {
    let (once, made) = to.begin(&leadbox).await?;
    match made {
        Some(id) => Ok(replayed(started(leadbox.bulk().progress(id.into()).await?))),
        None => {
            let begun = once.definitions().retype(&to.value.of(key)).await.map_err(located)?;
            Ok(started(begun).into_response())
        }
    }
}
