//! Tasks: of a lead, and over all leads; add, change, complete, reopen, delete.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use leadbox_core::{
    Actor, Invalid, LeadBox, LeadId, NewTask, Revision, Task, TaskFilter, TaskId, TaskPatch, UserId,
};
use leadbox_core::{Assignees, TaskState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::body::Body;
use super::interactions::require_lead;
use super::once::{OnceKey, Posted, replayed};
use super::paging::{Listed, Paging, request};
use super::version::{Expected, IfMatch, Tagged, tagged};
use crate::serve::Problem;

/// Something that somebody has to do about a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub(super) struct TaskBody {
    /// Its id.
    id: TaskId,
    /// The lead that it is about.
    lead: LeadId,
    /// Raised by one at every change. Also its `ETag`.
    revision: Revision,
    /// What to do.
    #[schema(example = "Call about the offer")]
    title: String,
    /// More about it.
    details: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime<Utc>>,
    /// When to remind of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remind_at: Option<DateTime<Utc>>,
    /// Who has to do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<UserId>,
    /// When it was added.
    made_at: DateTime<Utc>,
    /// By whom.
    made_by: Actor,
    /// When it was done, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<DateTime<Utc>>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    done_by: Option<Actor>,
}

impl TaskBody {
    fn of(task: &Task) -> Self {
        Self {
            id: task.id,
            lead: task.lead,
            revision: task.revision,
            title: task.title.clone(),
            details: task.details.clone(),
            due_at: task.due_at,
            remind_at: task.remind_at,
            assignee: task.assignee,
            made_at: task.made_at,
            made_by: task.made_by.clone(),
            done_at: task.done_at,
            done_by: task.done_by.clone(),
        }
    }
}

fn shown(task: &Task) -> Response {
    tagged(task.revision.0, TaskBody::of(task))
}

/// List a lead's tasks
///
/// Open and done, those first that are due first.
#[utoipa::path(get, path = "/leads/{id}/tasks", tag = "tasks", params(("id" = LeadId, Path), Paging),
    responses((status = 200, body = Listed<TaskBody>), (status = 404)))]
pub(super) async fn of_lead(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<TaskBody>>, Problem> {
    require_lead(&leadbox, id).await?;
    let found = leadbox.tasks().of_lead(id, &paging.request()?).await?;
    Ok(Json(Listed::of(&found, TaskBody::of)))
}

/// Which tasks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `open` when not given.
    #[param(inline)]
    state: Option<TaskState>,
    /// Whose: `me`, `nobody`, or ids with commas between; everybody's when not given.
    #[param(example = "me")]
    assignee: Option<String>,
    /// Only those that are due at this moment or later.
    due_from: Option<DateTime<Utc>>,
    /// Only those that are due before this moment.
    due_before: Option<DateTime<Utc>>,
    /// How many rows, 1 to 1000; 50 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

fn assignees(leadbox: &LeadBox, text: Option<&str>) -> Result<Assignees, Invalid> {
    let invalid = |message: &str| Invalid::one("assignee", message);
    match text {
        None | Some("") => Ok(Assignees::All),
        Some("nobody") => Ok(Assignees::Nobody),
        Some("me") => {
            let user = leadbox
                .rights()
                .user()
                .ok_or_else(|| invalid("is no user: no tasks are its own"))?;
            Ok(Assignees::Only([user].into()))
        }
        Some(ids) => {
            let ids: Result<BTreeSet<UserId>, _> =
                ids.split(',').map(|id| id.trim().parse()).collect();
            Ok(Assignees::Only(
                ids.map_err(|_| invalid("is neither me, nobody nor the ids of users"))?,
            ))
        }
    }
}

/// List tasks
///
/// Over all leads that whoever asks may see, those first that are due first, those without a date last.
#[utoipa::path(get, path = "/tasks", tag = "tasks", params(Asked),
    responses((status = 200, body = Listed<TaskBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<TaskBody>>, Problem> {
    let filter = TaskFilter {
        state: asked.state.unwrap_or_default(),
        assignees: assignees(&leadbox, asked.assignee.as_deref())?,
        due_from: asked.due_from,
        due_before: asked.due_before,
    };
    let page = request(asked.limit, asked.after.as_deref())?;
    let found = leadbox.tasks().list(&filter, &page).await?;
    Ok(Json(Listed::of(&found, TaskBody::of)))
}

async fn task(leadbox: &LeadBox, id: TaskId) -> Result<Task, Problem> {
    let found = leadbox.tasks().task(id).await?;
    found.ok_or_else(|| Problem::not_found("There is no such task."))
}

/// Add a task
#[utoipa::path(post, path = "/leads/{id}/tasks", tag = "tasks", request_body = NewTask,
    params(("id" = LeadId, Path), OnceKey),
    responses((status = 201, body = TaskBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn add(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    new: Posted<NewTask>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    let created = |task: &Task| {
        (StatusCode::CREATED, Tagged(task.revision.0), Json(TaskBody::of(task))).into_response()
    };
    match made {
        Some(made) => Ok(replayed(created(&task(&leadbox, made.into()).await?))),
        None => Ok(created(&once.tasks().add(id, &new.value).await?)),
    }
}

/// Read a task
#[utoipa::path(get, path = "/tasks/{id}", tag = "tasks", params(("id" = TaskId, Path)),
    responses((status = 200, body = TaskBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(id): Path<TaskId>,
) -> Result<Response, Problem> {
    Ok(shown(&task(&leadbox, id).await?))
}

/// Change a task
///
/// What is not named stays; null clears. With `If-Match` only at that revision.
#[utoipa::path(patch, path = "/tasks/{id}", tag = "tasks", request_body = TaskPatch,
    params(("id" = TaskId, Path), IfMatch),
    responses((status = 200, body = TaskBody, headers(("ETag" = String))), (status = 404), (status = 412)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Path(id): Path<TaskId>,
    expected: Expected,
    Body(patch): Body<TaskPatch>,
) -> Result<Response, Problem> {
    Ok(shown(&leadbox.tasks().change(id, &patch, expected.version()?.map(Revision)).await?))
}

/// Whether a task is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaskStateChange)]
pub(super) struct StateBody {
    state: TaskState,
}

/// Complete or reopen a task
///
/// Whom it is assigned to may, whenever it sees the lead.
#[utoipa::path(put, path = "/tasks/{id}/state", tag = "tasks", request_body = StateBody, params(("id" = TaskId, Path)),
    responses((status = 200, body = TaskBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn set_state(
    Asker(leadbox): Asker,
    Path(id): Path<TaskId>,
    Body(to): Body<StateBody>,
) -> Result<Response, Problem> {
    let task = match to.state {
        TaskState::Done => leadbox.tasks().complete(id).await?,
        TaskState::Open => leadbox.tasks().reopen(id).await?,
    };
    Ok(shown(&task))
}

/// Delete a task
#[utoipa::path(delete, path = "/tasks/{id}", tag = "tasks", params(("id" = TaskId, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn delete(
    Asker(leadbox): Asker,
    Path(id): Path<TaskId>,
) -> Result<StatusCode, Problem> {
    leadbox.tasks().delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
