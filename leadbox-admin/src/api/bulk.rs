//! The same for many leads, and taking it back: planned, started, followed, stopped.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use leadbox_core::service::{BulkAction, BulkPlan, BulkProgress, Operation, Refusal, Selection};
use leadbox_core::{BulkId, LeadBox, LeadId, ViewId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::once::{OnceKey, Posted, replayed};
use super::paging::Listed;
use super::views::viewed;
use crate::serve::Problem;

/// What is done to which leads.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBulk)]
pub(super) struct NewBulk {
    /// What is done to each.
    action: BulkAction,
    /// Which leads.
    selection: SelectionBody,
}

/// Which leads.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Selection)]
pub(super) enum SelectionBody {
    /// These.
    Ids(Vec<LeadId>),
    /// Those of a list.
    List(ListBody),
}

/// Those of a list, as it stands now or stood when a plan was made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SelectionList)]
pub(super) struct ListBody {
    /// The id of a saved view, as for the list of leads.
    view: Option<ViewId>,
    /// Text to look for.
    q: Option<String>,
    /// A condition as JSON text, as for the list of leads.
    filter: Option<String>,
    /// `as_of` of the plan; now when not given.
    as_of: Option<DateTime<Utc>>,
}

impl SelectionBody {
    async fn selection(&self, leadbox: &LeadBox) -> Result<Selection, Problem> {
        Ok(match self {
            Self::Ids(ids) => Selection::Ids(ids.clone()),
            Self::List(ListBody { view, q, filter, as_of }) => {
                let list = viewed(leadbox, *view, q.as_deref(), filter.as_deref(), None).await?;
                Selection::Listed { list, as_of: *as_of }
            }
        })
    }
}

/// Plan a bulk action
///
/// Says what it would do: how many leads, which it would leave and why. Writes nothing.
#[utoipa::path(post, path = "/bulk/plan", tag = "bulk", request_body = NewBulk,
    responses((status = 200, body = BulkPlan)))]
pub(super) async fn plan(
    Asker(leadbox): Asker,
    Body(new): Body<NewBulk>,
) -> Result<Json<BulkPlan>, Problem> {
    let selection = new.selection.selection(&leadbox).await?;
    Ok(Json(leadbox.bulk().plan(&new.action, &selection).await?))
}

pub(super) fn started(progress: BulkProgress) -> Response {
    (StatusCode::ACCEPTED, Json(progress)).into_response()
}

/// Start a bulk action
///
/// In the background. The selection is fixed now; ask for its progress by the id.
#[utoipa::path(post, path = "/bulk", tag = "bulk", request_body = NewBulk, params(OnceKey),
    responses((status = 202, body = BulkProgress)))]
pub(super) async fn start(
    Asker(leadbox): Asker,
    new: Posted<NewBulk>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    match made {
        Some(id) => Ok(replayed(started(leadbox.bulk().progress(id.into()).await?))),
        None => {
            let selection = new.value.selection.selection(&leadbox).await?;
            Ok(started(once.bulk().start(&new.value.action, &selection).await?))
        }
    }
}

/// How far it is
#[utoipa::path(get, path = "/bulk/{id}", tag = "bulk", params(("id" = BulkId, Path)),
    responses((status = 200, body = BulkProgress), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(id): Path<BulkId>,
) -> Result<Json<BulkProgress>, Problem> {
    Ok(Json(leadbox.bulk().progress(id).await?))
}

/// Why leads stayed as they were
///
/// The first thousand refusals.
#[utoipa::path(get, path = "/bulk/{id}/refusals", tag = "bulk", params(("id" = BulkId, Path)),
    responses((status = 200, body = Listed<Refusal>), (status = 404)))]
pub(super) async fn refusals(
    Asker(leadbox): Asker,
    Path(id): Path<BulkId>,
) -> Result<Json<Listed<Refusal>>, Problem> {
    Ok(Json(Listed::whole(leadbox.bulk().refusals(id).await?)))
}

/// Stop it
///
/// Behind the batch that is under way. What was done stays.
#[utoipa::path(put, path = "/bulk/{id}/cancellation", tag = "bulk", params(("id" = BulkId, Path)),
    responses((status = 200, body = BulkProgress), (status = 404)))]
pub(super) async fn cancel(
    Asker(leadbox): Asker,
    Path(id): Path<BulkId>,
) -> Result<Json<BulkProgress>, Problem> {
    Ok(Json(leadbox.bulk().cancel(id).await?))
}

/// Plan an undo
///
/// Says what taking a bulk action or an import back would do. Writes nothing.
#[utoipa::path(post, path = "/undo/plan", tag = "bulk", request_body = Operation,
    responses((status = 200, body = BulkPlan), (status = 404)))]
pub(super) async fn plan_undo(
    Asker(leadbox): Asker,
    Body(operation): Body<Operation>,
) -> Result<Json<BulkPlan>, Problem> {
    Ok(Json(leadbox.bulk().plan_undo(operation).await?))
}

/// Undo
///
/// Takes a bulk action or an import back, in the background: what has not changed since is restored, the rest is listed
/// among its refusals.
#[utoipa::path(post, path = "/undo", tag = "bulk", request_body = Operation, params(OnceKey),
    responses((status = 202, body = BulkProgress), (status = 404)))]
pub(super) async fn undo(
    Asker(leadbox): Asker,
    operation: Posted<Operation>,
) -> Result<Response, Problem> {
    let (once, made) = operation.begin(&leadbox).await?;
    match made {
        Some(id) => Ok(replayed(started(leadbox.bulk().progress(id.into()).await?))),
        None => Ok(started(once.bulk().undo(operation.value).await?)),
    }
}
