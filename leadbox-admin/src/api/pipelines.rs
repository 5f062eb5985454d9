//! Pipelines and their stages: list.

use axum::Json;
use leadbox_core::Pipeline;

use super::asker::Asker;
use super::paging::Listed;
use crate::serve::Problem;

/// List the pipelines
///
/// Each with its stages in order; the first one is where leads come in.
#[utoipa::path(get, path = "/pipelines", tag = "setup", responses((status = 200, body = Listed<Pipeline>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<Pipeline>>, Problem> {
    Ok(Json(Listed::whole(leadbox.catalog().await?.pipelines.iter().cloned())))
}
