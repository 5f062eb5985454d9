//! Teams: list, add, change.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use leadbox_core::service::NewTeam;
use leadbox_core::{LeadBox, Revision, Team, TeamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::once::{OnceKey, Posted, replayed};
use super::paging::Listed;
use super::users::given;
use super::version::{Expected, IfMatch, Tagged, tagged};
use crate::serve::Problem;

/// A group of users; groups nest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub(super) struct TeamBody {
    /// Its id.
    id: TeamId,
    /// Raised by one at every change. Also its `ETag`.
    revision: Revision,
    /// What people read.
    name: String,
    /// The group that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<TeamId>,
}

impl TeamBody {
    fn of(team: &Team) -> Self {
        Self { id: team.id, revision: team.revision, name: team.name.clone(), parent: team.parent }
    }
}

/// List teams
#[utoipa::path(get, path = "/teams", tag = "users", responses((status = 200, body = Listed<TeamBody>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<TeamBody>>, Problem> {
    Ok(Json(Listed::whole(leadbox.directory().teams().await?.iter().map(TeamBody::of))))
}

async fn team(leadbox: &LeadBox, id: TeamId) -> Result<Team, Problem> {
    let found = leadbox.directory().teams().await?.into_iter().find(|team| team.id == id);
    found.ok_or_else(|| Problem::not_found("There is no such team."))
}

/// Add a team
#[utoipa::path(post, path = "/teams", tag = "users", request_body = NewTeam,
    params(OnceKey),
    responses((status = 201, body = TeamBody, headers(("ETag" = String)))))]
pub(super) async fn add(Asker(leadbox): Asker, new: Posted<NewTeam>) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    let created = |team: &Team| {
        (StatusCode::CREATED, Tagged(team.revision.0), Json(TeamBody::of(team))).into_response()
    };
    match made {
        Some(id) => Ok(replayed(created(&team(&leadbox, id.into()).await?))),
        None => Ok(created(&once.directory().add_team(&new.value).await?)),
    }
}

/// What changes of a team; what is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TeamChange)]
pub(super) struct TeamChange {
    /// What people read, 1 to 200 characters.
    name: Option<String>,
    /// The group that it belongs to; null for none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<TeamId>)]
    parent: Option<Option<TeamId>>,
}

/// Change a team
///
/// With `If-Match` only at that revision.
#[utoipa::path(patch, path = "/teams/{id}", tag = "users", request_body = TeamChange,
    params(("id" = TeamId, Path), IfMatch),
    responses((status = 200, body = TeamBody, headers(("ETag" = String))), (status = 404), (status = 412)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Path(id): Path<TeamId>,
    expected: Expected,
    Body(change): Body<TeamChange>,
) -> Result<Response, Problem> {
    let before = team(&leadbox, id).await?;
    let after = Team {
        revision: expected.version()?.map_or(before.revision, Revision),
        name: change.name.unwrap_or(before.name),
        parent: change.parent.unwrap_or(before.parent),
        ..before
    };
    let team = leadbox.directory().change_team(&after).await?;
    Ok(tagged(team.revision.0, TeamBody::of(&team)))
}
