//! Leads: list, capture, read, change, move, delete.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use leadbox_core::filter::SortError;
use leadbox_core::{
    CaptureOutcome, Invalid, LeadBox, LeadFilter, LeadId, LeadList, LeadPatch, LeadSort, NewLead,
    Version, ViewId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::body::Body;
use super::lead::{LeadBody, captured, patched};
use super::once::{OnceKey, Posted, replayed};
use super::paging::{Listed, request};
use super::version::{Expected, IfMatch, Tagged, tagged};
use super::views::viewed;
use crate::serve::{Prefix, Problem};

/// Which leads, and in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The id of a saved view: its leads, and its text and order where no other is given.
    view: Option<ViewId>,
    /// Text to look for in names, addresses, companies, titles and numbers.
    q: Option<String>,
    /// A condition as JSON, such as `["stage","eq","qualified"]` or `{"and":[["owner","is_null"],["cf.budget","gte",5000]]}`.
    filter: Option<String>,
    /// By what, the smallest first, or with `-` in front the largest first: `created`, `updated`, `score`,
    /// `last_interaction`, `name` or `value`. `-created` when not given.
    sort: Option<String>,
    /// How many rows, 1 to 1000; 50 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// The list that an address asks for.
pub(super) fn listed(
    search: Option<&str>,
    filter: Option<&str>,
    sort: Option<&str>,
) -> Result<LeadList, Problem> {
    let list = LeadList::filtered(condition(filter)?).search(search.unwrap_or_default());
    Ok(list.sorted(order(sort)?.unwrap_or_default()))
}

/// A condition that is written as JSON text; all leads when it is empty.
pub(super) fn condition(text: Option<&str>) -> Result<LeadFilter, Problem> {
    match text {
        None | Some("") => Ok(LeadFilter::default()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| unfit("filter", format!("is no condition: {error}"))),
    }
}

/// An order that is written, if one is.
pub(super) fn order(text: Option<&str>) -> Result<Option<LeadSort>, Problem> {
    let text = text.filter(|text| !text.is_empty());
    text.map(str::parse).transpose().map_err(|error: SortError| unfit("sort", error.to_string()))
}

fn unfit(field: &str, message: String) -> Problem {
    Invalid::one(field, message).into()
}

/// List leads
///
/// Those that pass and that whoever asks may see, in pages.
#[utoipa::path(get, path = "/leads", tag = "leads", params(Asked),
    responses((status = 200, body = Listed<LeadBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<LeadBody>>, Problem> {
    let page = request(asked.limit, asked.after.as_deref())?;
    let (q, filter, sort) = (asked.q.as_deref(), asked.filter.as_deref(), asked.sort.as_deref());
    let list = viewed(&leadbox, asked.view, q, filter, sort).await?;
    let found = leadbox.leads().list(&list, &page).await?;
    let catalog = leadbox.catalog().await?;
    Ok(Json(Listed::of(&found, |stored| LeadBody::of(stored, &catalog))))
}

/// Which leads to count.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Counted {
    /// The id of a saved view, as for the list.
    view: Option<ViewId>,
    /// Text to look for.
    q: Option<String>,
    /// A condition as JSON, as for the list.
    filter: Option<String>,
}

/// How many leads pass.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Count)]
pub(super) struct CountBody {
    /// How many, up to where the count stops.
    pub(super) count: u64,
    /// Whether there are more.
    pub(super) more: bool,
}

/// The most that are counted.
const COUNTED: u64 = 10_000;

/// Count leads
///
/// How many the list with the same condition has, up to 10,000.
#[utoipa::path(get, path = "/leads/count", tag = "leads", params(Counted),
    responses((status = 200, body = CountBody)))]
pub(super) async fn count(
    Asker(leadbox): Asker,
    Query(asked): Query<Counted>,
) -> Result<Json<CountBody>, Problem> {
    let (q, filter) = (asked.q.as_deref(), asked.filter.as_deref());
    let list = viewed(&leadbox, asked.view, q, filter, None).await?;
    let count = leadbox.leads().count(&list, COUNTED).await?;
    Ok(Json(CountBody { count: count.min(COUNTED), more: count > COUNTED }))
}

/// A captured lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Captured)]
pub(super) struct CapturedBody {
    /// What became of it: `created`, `updated` or `unchanged`.
    outcome: &'static str,
    /// The lead's id.
    id: LeadId,
    /// The lead as it is now; missing for whoever may add leads and not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<LeadBody>,
}

/// Capture a lead
///
/// Makes a new lead, or updates the one that it is recognised as by `upsert_by`.
#[utoipa::path(post, path = "/leads", tag = "leads", request_body = NewLead,
    params(OnceKey),
    responses(
        (status = 201, body = CapturedBody, description = "A new lead", headers(("ETag" = String), ("Location" = String))),
        (status = 200, body = CapturedBody, description = "A known lead", headers(("ETag" = String))),
    ))]
pub(super) async fn capture(
    Asker(leadbox): Asker,
    prefix: Prefix,
    new: Posted<NewLead>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    if let Some(id) = made {
        return Ok(replayed(told(&leadbox, &prefix, CaptureOutcome::Created, id.into()).await?));
    }
    let done = once.leads().capture(&new.value).await;
    let done = done.map_err(|error| Problem::located(error, captured))?;
    told(&leadbox, &prefix, done.outcome, done.lead.id).await
}

async fn told(
    leadbox: &LeadBox,
    prefix: &Prefix,
    outcome: CaptureOutcome,
    id: LeadId,
) -> Result<Response, Problem> {
    let (status, outcome) = match outcome {
        CaptureOutcome::Created => (StatusCode::CREATED, "created"),
        CaptureOutcome::Updated => (StatusCode::OK, "updated"),
        CaptureOutcome::Unchanged => (StatusCode::OK, "unchanged"),
    };
    let stored = leadbox.leads().lead(id).await?;
    let catalog = leadbox.catalog().await?;
    let tag = stored.as_ref().map(|stored| Tagged(stored.lead.version.0));
    let lead = stored.map(|stored| LeadBody::of(&stored, &catalog));
    let place = [(LOCATION, format!("{}/leads/{id}", prefix.0))];
    Ok((status, place, tag, Json(CapturedBody { outcome, id, lead })).into_response())
}

/// A lead as whoever asks sees it.
pub(super) async fn body(leadbox: &LeadBox, id: LeadId) -> Result<(i64, LeadBody), Problem> {
    let stored = leadbox.leads().lead(id).await?;
    let stored = stored.ok_or_else(|| Problem::not_found("There is no such lead."))?;
    Ok((stored.lead.version.0, LeadBody::of(&stored, &*leadbox.catalog().await?)))
}

/// Read a lead
///
/// Also one that was deleted: `deleted_at` says so.
#[utoipa::path(get, path = "/leads/{id}", tag = "leads", params(("id" = LeadId, Path)),
    responses((status = 200, body = LeadBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
) -> Result<Response, Problem> {
    let (version, lead) = body(&leadbox, id).await?;
    Ok(tagged(version, lead))
}

/// Change a lead
///
/// Fields by name (`title`, `owner`, `utm.campaign`, `cf.budget`, `consent.newsletter`); null clears one, and what is not
/// named stays. With `If-Match` only at that version.
#[utoipa::path(patch, path = "/leads/{id}", tag = "leads", request_body = LeadPatch,
    params(("id" = LeadId, Path), IfMatch),
    responses((status = 200, body = LeadBody, headers(("ETag" = String))), (status = 404), (status = 412)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    expected: Expected,
    Body(patch): Body<LeadPatch>,
) -> Result<Response, Problem> {
    let done = leadbox.leads().update(id, &patch, expected.version()?.map(Version)).await;
    done.map_err(|error| Problem::located(error, patched))?;
    read(Asker(leadbox), Path(id)).await
}

/// A stage.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Move)]
pub(super) struct MoveBody {
    /// Its key or id.
    #[schema(example = "qualified")]
    stage: String,
}

/// Move a lead
///
/// To another stage of its pipeline. Moving it to where it is does nothing.
#[utoipa::path(put, path = "/leads/{id}/stage", tag = "leads", request_body = MoveBody, params(("id" = LeadId, Path)),
    responses((status = 200, body = LeadBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn advance(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Body(to): Body<MoveBody>,
) -> Result<Response, Problem> {
    leadbox.leads().advance(id, &to.stage).await?;
    read(Asker(leadbox), Path(id)).await
}

/// Delete a lead
///
/// It vanishes from lists and counts; its id keeps resolving.
#[utoipa::path(delete, path = "/leads/{id}", tag = "leads", params(("id" = LeadId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn delete(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
) -> Result<StatusCode, Problem> {
    leadbox.leads().delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
