//! Saved views: list, save, read, change, take over, delete. Owns also how a list of leads begins with one.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use leadbox_core::{
    Invalid, LeadBox, LeadFilter, LeadList, LeadSort, NewView, Revision, SavedView, Sharing,
    UserId, ViewId, ViewPatch,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::leads::{condition, listed, order};
use super::once::{OnceKey, Posted, replayed};
use super::paging::Listed;
use super::version::{Expected, IfMatch, Tagged, tagged};
use crate::serve::Problem;

/// A list of leads under a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = View)]
pub(super) struct ViewBody {
    /// Its id.
    id: ViewId,
    /// Raised by one at every change. Also its `ETag`.
    revision: Revision,
    /// What people read.
    name: String,
    /// Whose it is; missing when it is nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<UserId>,
    /// For whom it is.
    sharing: Sharing,
    /// Text to look for.
    search: String,
    /// The condition as JSON text.
    filter: String,
    /// By what, as for the list of leads.
    #[schema(example = "-created")]
    sort: String,
    /// The columns; the usual ones when empty.
    columns: Vec<String>,
    /// Why it cannot be opened, such as for a field that was archived; missing when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

impl ViewBody {
    async fn of(leadbox: &LeadBox, view: &SavedView) -> Result<Self, Problem> {
        Ok(Self {
            id: view.id,
            revision: view.revision,
            name: view.name.clone(),
            owner: view.owner,
            sharing: view.sharing,
            search: view.search.clone(),
            filter: serde_json::to_string(&view.filter).map_err(leadbox_core::Error::from)?,
            sort: view.sort.to_string(),
            columns: view.columns.clone(),
            fault: leadbox.views().fault(&view.list()).await?.map(|fault| fault.to_string()),
        })
    }
}

/// List saved views
///
/// Those that whoever asks may open: one's own first, then those that others share.
#[utoipa::path(get, path = "/views", tag = "views", responses((status = 200, body = Listed<ViewBody>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<ViewBody>>, Problem> {
    let mut views = Vec::new();
    for view in leadbox.views().list().await? {
        views.push(ViewBody::of(&leadbox, &view).await?);
    }
    Ok(Json(Listed::whole(views)))
}

async fn view(leadbox: &LeadBox, id: ViewId) -> Result<SavedView, Problem> {
    let found = leadbox.views().view(id).await?;
    found.ok_or_else(|| Problem::not_found("There is no such view."))
}

/// A view to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewView)]
pub(super) struct NewBody {
    /// What people read, 1 to 80 characters; each of one owner's has another.
    name: String,
    /// For whom it is; `private` when not given. Anything else takes the capability `views.share`.
    #[serde(default)]
    sharing: Sharing,
    /// Text to look for, at most 200 characters.
    #[serde(default)]
    search: String,
    /// A condition as JSON text, as for the list of leads; all leads when not given.
    #[serde(default)]
    filter: Option<String>,
    /// By what, as for the list of leads; `-created` when not given.
    #[serde(default)]
    sort: Option<String>,
    /// The columns, at most 40; the usual ones when none is given.
    #[serde(default)]
    columns: Vec<String>,
}

impl NewBody {
    fn read(&self) -> Result<NewView, Problem> {
        Ok(NewView {
            name: self.name.clone(),
            sharing: self.sharing,
            filter: condition(self.filter.as_deref())?,
            search: self.search.clone(),
            sort: order(self.sort.as_deref())?.unwrap_or_default(),
            columns: self.columns.clone(),
        })
    }
}

/// Save a view
#[utoipa::path(post, path = "/views", tag = "views", request_body = NewBody, params(OnceKey),
    responses((status = 201, body = ViewBody, headers(("ETag" = String)))))]
pub(super) async fn save(Asker(leadbox): Asker, new: Posted<NewBody>) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    let (saved, again) = match made {
        Some(id) => (view(&leadbox, id.into()).await?, true),
        None => (once.views().save(&new.value.read()?).await?, false),
    };
    let body = Json(ViewBody::of(&leadbox, &saved).await?);
    let created = (StatusCode::CREATED, Tagged(saved.revision.0), body).into_response();
    Ok(if again { replayed(created) } else { created })
}

/// Read a view
#[utoipa::path(get, path = "/views/{id}", tag = "views", params(("id" = ViewId, Path)),
    responses((status = 200, body = ViewBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(id): Path<ViewId>,
) -> Result<Response, Problem> {
    answer(&leadbox, &view(&leadbox, id).await?).await
}

async fn answer(leadbox: &LeadBox, view: &SavedView) -> Result<Response, Problem> {
    Ok(tagged(view.revision.0, ViewBody::of(leadbox, view).await?))
}

/// What changes of a view; what is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ViewChange)]
pub(super) struct ChangeBody {
    /// What people read, 1 to 80 characters.
    name: Option<String>,
    /// For whom it is.
    sharing: Option<Sharing>,
    /// Text to look for, at most 200 characters; an empty one looks for none.
    search: Option<String>,
    /// A condition as JSON text; an empty one means all leads.
    filter: Option<String>,
    /// By what.
    sort: Option<String>,
    /// The columns, at most 40; the usual ones when empty.
    columns: Option<Vec<String>>,
}

impl ChangeBody {
    fn read(self) -> Result<ViewPatch, Problem> {
        Ok(ViewPatch {
            filter: self.filter.map(|text| condition(Some(&text))).transpose()?,
            sort: order(self.sort.as_deref())?,
            name: self.name,
            sharing: self.sharing,
            search: self.search,
            columns: self.columns,
        })
    }
}

/// Change a view
///
/// One's own, or one that others share for whoever may. With `If-Match` only at that revision.
#[utoipa::path(patch, path = "/views/{id}", tag = "views", request_body = ChangeBody,
    params(("id" = ViewId, Path), IfMatch),
    responses((status = 200, body = ViewBody, headers(("ETag" = String))), (status = 404), (status = 412)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Path(id): Path<ViewId>,
    expected: Expected,
    Body(change): Body<ChangeBody>,
) -> Result<Response, Problem> {
    let expected = expected.version()?.map(Revision);
    let view = leadbox.views().change(id, &change.read()?, expected).await?;
    answer(&leadbox, &view).await
}

/// Take a view over
///
/// Makes one that is shared one's own, such as that of somebody who left.
#[utoipa::path(post, path = "/views/{id}/takeover", tag = "views", params(("id" = ViewId, Path)),
    responses((status = 200, body = ViewBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn take_over(
    Asker(leadbox): Asker,
    Path(id): Path<ViewId>,
) -> Result<Response, Problem> {
    answer(&leadbox, &leadbox.views().take_over(id).await?).await
}

/// Delete a view
#[utoipa::path(delete, path = "/views/{id}", tag = "views", params(("id" = ViewId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn delete(
    Asker(leadbox): Asker,
    Path(id): Path<ViewId>,
) -> Result<StatusCode, Problem> {
    leadbox.views().delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The list that an address asks for, beginning with a view if it names one: its leads, of which those that pass the filter;
/// another text and another order go before the view's.
pub(super) async fn viewed(
    leadbox: &LeadBox,
    id: Option<ViewId>,
    search: Option<&str>,
    filter: Option<&str>,
    sort: Option<&str>,
) -> Result<LeadList, Problem> {
    let Some(id) = id else { return listed(search, filter, sort) };
    let found = leadbox.views().view(id).await?;
    let list = found.ok_or_else(|| Invalid::one("view", "is none that you may open"))?.list();
    let and: LeadFilter = condition(filter)?;
    let sort: Option<LeadSort> = order(sort)?;
    Ok(LeadList {
        filter: if and == LeadFilter::default() { list.filter } else { list.filter.and(and) },
        search: search.map_or(list.search, str::to_owned),
        sort: sort.unwrap_or(list.sort),
    })
}
