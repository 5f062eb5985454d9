//! What happens with a lead: interactions, the stages that it was in, and its timeline.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use leadbox_core::{
    Catalog, Interaction, InteractionId, Judge, LeadBox, LeadId, NewInteraction, PipelineId, Stay,
    Suspicion,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::events::EventBody;
use super::once::{OnceKey, Posted, replayed};
use super::paging::{Listed, Paging};
use crate::serve::Problem;

/// Something that happened with a lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Interaction)]
pub(super) struct InteractionBody {
    /// Its id.
    id: InteractionId,
    /// The lead.
    lead: LeadId,
    /// What happened.
    #[schema(example = "page_view")]
    kind: String,
    /// When it happened.
    at: DateTime<Utc>,
    /// When LeadBox heard of it.
    received_at: DateTime<Utc>,
    /// The sender's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Whether a machine seems to have caused it.
    suspicion: Suspicion,
    /// On whose word: somebody's, which holds, or what was found out.
    judge: Judge,
    /// Why it is suspect, where that was found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Details.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    props: Map<String, Value>,
}

impl InteractionBody {
    fn of(interaction: &Interaction) -> Self {
        Self {
            id: interaction.id,
            lead: interaction.lead,
            kind: interaction.kind.to_string(),
            at: interaction.at,
            received_at: interaction.received_at,
            key: interaction.key.clone(),
            suspicion: interaction.suspicion,
            judge: interaction.judge,
            reason: interaction.reason.clone(),
            props: interaction.props.clone(),
        }
    }
}

/// Nothing is said of what belongs to a lead that is not there.
pub(super) async fn require_lead(leadbox: &LeadBox, id: LeadId) -> Result<(), Problem> {
    match leadbox.leads().lead(id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::not_found("There is no such lead.")),
    }
}

/// List a lead's interactions
///
/// The latest first.
#[utoipa::path(get, path = "/leads/{id}/interactions", tag = "interactions", params(("id" = LeadId, Path), Paging),
    responses((status = 200, body = Listed<InteractionBody>), (status = 404)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<InteractionBody>>, Problem> {
    require_lead(&leadbox, id).await?;
    let found = leadbox.leads().interactions(id, &paging.request()?).await?;
    Ok(Json(Listed::of(&found, InteractionBody::of)))
}

/// Record an interaction
///
/// One with a `key` that the lead has already is not recorded again: the answer is then 200 with the one there is. Opens and
/// clicks of e-mails that a machine seems to have caused are kept as suspect, with the `reason`: of `props`, `user_agent`, `method`,
/// `link`, `mail`, `delivered_at`, `sent_at` and `honeypot` tell. A `suspicion` that is sent along holds.
#[utoipa::path(post, path = "/leads/{id}/interactions", tag = "interactions", request_body = NewInteraction,
    params(("id" = LeadId, Path), OnceKey),
    responses((status = 201, body = InteractionBody), (status = 200, body = InteractionBody), (status = 404)))]
pub(super) async fn record(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    new: Posted<NewInteraction>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    if let Some(made) = made {
        let kept = leadbox.leads().interaction(InteractionId::from_uuid(made)).await?;
        let kept = kept.ok_or_else(|| Problem::not_found("There is no such interaction."))?;
        return Ok(replayed(
            (StatusCode::CREATED, Json(InteractionBody::of(&kept))).into_response(),
        ));
    }
    let recorded = once.leads().record_interaction(id, &new.value).await?;
    let status = if recorded.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(InteractionBody::of(&recorded.interaction))).into_response())
}

/// Whether a machine seems to have caused an interaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Mark)]
pub(super) struct MarkBody {
    suspicion: Suspicion,
}

/// Mark an interaction
///
/// As caused by a machine, or clear it; it then counts no longer, or again, whatever is found out later.
#[utoipa::path(patch, path = "/interactions/{id}", tag = "interactions", request_body = MarkBody,
    params(("id" = InteractionId, Path)),
    responses((status = 200, body = InteractionBody), (status = 404)))]
pub(super) async fn mark(
    Asker(leadbox): Asker,
    Path(id): Path<InteractionId>,
    Body(mark): Body<MarkBody>,
) -> Result<Json<InteractionBody>, Problem> {
    let marked = leadbox.leads().mark_interaction(id, mark.suspicion).await?;
    Ok(Json(InteractionBody::of(&marked)))
}

/// A lead's time in one stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stay)]
pub(super) struct StayBody {
    /// The pipeline.
    pipeline: PipelineId,
    /// The stage's key.
    stage: String,
    /// When the lead came in.
    entered_at: DateTime<Utc>,
    /// When it left, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_at: Option<DateTime<Utc>>,
}

impl StayBody {
    fn of(stay: &Stay, catalog: &Catalog) -> Self {
        let stage = catalog.stage(stay.stage).map(|(_, stage)| stage.key.clone());
        Self {
            pipeline: stay.pipeline,
            stage: stage.unwrap_or_else(|| stay.stage.to_string()),
            entered_at: stay.entered_at,
            left_at: stay.left_at,
        }
    }
}

/// List the stages that a lead was in
///
/// The earliest first.
#[utoipa::path(get, path = "/leads/{id}/stays", tag = "leads", params(("id" = LeadId, Path)),
    responses((status = 200, body = Listed<StayBody>), (status = 404)))]
pub(super) async fn stays(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
) -> Result<Json<Listed<StayBody>>, Problem> {
    require_lead(&leadbox, id).await?;
    let (found, catalog) = (leadbox.leads().stays(id).await?, leadbox.catalog().await?);
    Ok(Json(Listed::whole(found.iter().map(|stay| StayBody::of(stay, &catalog)))))
}

/// Read a lead's timeline
///
/// Everything that the log says about it, the latest first.
#[utoipa::path(get, path = "/leads/{id}/events", tag = "leads", params(("id" = LeadId, Path), Paging),
    responses((status = 200, body = Listed<EventBody>), (status = 404)))]
pub(super) async fn timeline(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<EventBody>>, Problem> {
    require_lead(&leadbox, id).await?;
    let found = leadbox.log().timeline(id, &paging.request()?).await?;
    Ok(Json(Listed::of(&found, EventBody::of)))
}
