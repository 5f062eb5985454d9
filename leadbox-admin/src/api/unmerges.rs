//! What was merged into a lead, and undoing it.

use axum::Json;
use axum::extract::Path;
use chrono::{DateTime, Utc};
use leadbox_core::{Actor, Error, EventId, LeadId, MergeState, PastMerge, Unmerged};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::lead::LeadBody;
use super::leads::body;
use super::paging::Listed;
use crate::serve::Problem;

/// A merge that the log tells of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastMerge)]
pub(super) struct PastBody {
    /// The fact: by its id the merge can be undone.
    event: EventId,
    /// When it was.
    at: DateTime<Utc>,
    /// Who did it.
    actor: Actor,
    /// The leads that were merged away; those that the asker may not see are missing.
    leads: Vec<GoneBody>,
    /// How many were merged away, seen or not.
    count: usize,
    /// Whether they still are.
    state: MergeState,
}

/// A lead that was merged away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MergedAway)]
pub(super) struct GoneBody {
    /// Its id, which leads to the one that was kept.
    id: LeadId,
    /// What it is called.
    name: String,
}

impl PastBody {
    fn of(merge: PastMerge) -> Self {
        let leads = merge.leads.iter();
        let leads =
            leads.map(|lead| GoneBody { id: lead.id, name: lead.display_name().to_owned() });
        Self {
            event: merge.event,
            at: merge.at,
            leads: leads.collect(),
            count: merge.count,
            state: merge.state,
            actor: merge.by,
        }
    }
}

/// List what was merged into a lead
///
/// The latest first; at most a hundred merges.
#[utoipa::path(get, path = "/leads/{id}/merges", tag = "duplicates", params(("id" = LeadId, Path)),
    responses((status = 200, body = Listed<PastBody>), (status = 404)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
) -> Result<Json<Listed<PastBody>>, Problem> {
    let merges = leadbox.leads().merges(id).await?;
    Ok(Json(Listed::whole(merges.into_iter().map(PastBody::of))))
}

/// Which merge is undone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MergeUndo)]
pub(super) struct UndoBody {
    /// `event` of the merge.
    event: EventId,
}

/// A merge that was undone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unmerged)]
pub(super) struct UnmergedBody {
    /// The lead that others had been merged into.
    lead: LeadBody,
    /// Those that are back.
    restored: Vec<LeadBody>,
    /// What could not be restored, and why.
    left: Vec<LeftBody>,
}

/// What could not be restored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnmergeRefusal)]
pub(super) struct LeftBody {
    /// The field by its name.
    field: String,
    /// Why.
    reason: String,
}

impl LeftBody {
    fn all(undone: &Unmerged) -> Vec<Self> {
        let left = undone.left.issues.iter().cloned();
        left.map(|issue| Self { field: issue.field, reason: issue.message }).collect()
    }
}

/// Where a mistake stands in the body.
fn located(error: Error) -> Problem {
    Problem::located(error, |_| "/event".to_owned())
}

/// What undoing a merge would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnmergePlan)]
pub(super) struct UnmergePlanBody {
    /// Those that would be back.
    restored: Vec<LeadId>,
    /// What could not be restored, and why.
    left: Vec<LeftBody>,
}

/// Plan to undo a merge
///
/// Says which leads would be back, and what would stay as it is. Writes nothing.
#[utoipa::path(post, path = "/leads/{id}/unmerge/plan", tag = "duplicates", request_body = UndoBody,
    params(("id" = LeadId, Path)), responses((status = 200, body = UnmergePlanBody), (status = 404)))]
pub(super) async fn plan(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Body(undo): Body<UndoBody>,
) -> Result<Json<UnmergePlanBody>, Problem> {
    let plan = leadbox.leads().unmerge_plan(id, undo.event).await.map_err(located)?;
    let restored = plan.restored.iter().map(|lead| lead.id).collect();
    Ok(Json(UnmergePlanBody { restored, left: LeftBody::all(&plan) }))
}

/// Undo a merge
///
/// The others are back with all that was theirs; fields of this lead that have not changed since are as they were before.
#[utoipa::path(post, path = "/leads/{id}/unmerge", tag = "duplicates", request_body = UndoBody,
    params(("id" = LeadId, Path)), responses((status = 200, body = UnmergedBody), (status = 404)))]
pub(super) async fn unmerge(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Body(undo): Body<UndoBody>,
) -> Result<Json<UnmergedBody>, Problem> {
    let undone = leadbox.leads().unmerge(id, undo.event).await.map_err(located)?;
    let (_, lead) = body(&leadbox, undone.lead.id).await?;
    let mut restored = Vec::with_capacity(undone.restored.len());
    for back in &undone.restored {
        restored.push(body(&leadbox, back.id).await?.1);
    }
    Ok(Json(UnmergedBody { lead, restored, left: LeftBody::all(&undone) }))
}
