//! Merging leads: planned and done.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use leadbox_core::{Belongings, EventId, LeadBox, LeadId, MergeChoice, MergeField, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::lead::LeadBody;
use super::leads::body;
use super::once::{OnceKey, Posted, replayed};
use crate::serve::Problem;

/// What is merged into a lead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMerge)]
pub(super) struct NewMerge {
    /// The leads that go into it, 1 to 20.
    others: Vec<LeadId>,
    /// From which lead a field takes its value, by field name, such as `title` or `cf.budget`; by the rules where none is
    /// named.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, LeadId>)]
    choose: MergeChoice,
    /// The versions of the leads, by id, that were looked at: at another the merge is refused with 412. Those that are not
    /// named may be at any.
    #[serde(default)]
    #[schema(value_type = BTreeMap<LeadId, Version>)]
    versions: BTreeMap<LeadId, Version>,
}

impl NewMerge {
    fn choice(&self) -> MergeChoice {
        MergeChoice { seen: self.versions.clone(), ..self.choose.clone() }
    }
}

/// Where a mistake stands in the body of a merge.
fn merging(field: &str) -> String {
    match field {
        "others" => "/others".to_owned(),
        field => format!("/choose/{field}"),
    }
}

/// What merging would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MergePlan)]
pub(super) struct PlanBody {
    /// Where the values of the lead that stays come from. Tags and consents are joined, and not among them.
    fields: Vec<FieldBody>,
    /// What moves to it, for each of the others.
    moves: Vec<Belongings>,
}

/// Where a field's value comes from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MergeField)]
pub(super) struct FieldBody {
    /// The field by its name.
    field: String,
    /// What it will be.
    value: Value,
    /// The lead whose value that is.
    from: LeadId,
    /// The other values that there are.
    beats: Vec<BeatenBody>,
}

/// A value that does not stay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BeatenValue)]
pub(super) struct BeatenBody {
    /// Whose it is.
    lead: LeadId,
    /// The value.
    value: Value,
}

impl FieldBody {
    fn of(field: MergeField) -> Self {
        let MergeField { field, value, from, beats } = field;
        let beats = beats.into_iter().map(|(lead, value)| BeatenBody { lead, value }).collect();
        Self { field, value, from, beats }
    }
}

/// Plan a merge
///
/// Says which value of each field would stay. Writes nothing.
#[utoipa::path(post, path = "/leads/{id}/merge/plan", tag = "duplicates", request_body = NewMerge,
    params(("id" = LeadId, Path)), responses((status = 200, body = PlanBody), (status = 404)))]
pub(super) async fn plan(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Body(new): Body<NewMerge>,
) -> Result<Json<PlanBody>, Problem> {
    let plan = leadbox.leads().merge_plan(id, &new.others, &new.choice()).await;
    let plan = plan.map_err(|error| Problem::located(error, merging))?;
    let fields = plan.fields.into_iter().map(FieldBody::of).collect();
    Ok(Json(PlanBody { fields, moves: plan.moves }))
}

/// A lead that others were merged into.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Merged)]
pub(super) struct MergedBody {
    /// The lead as it is now.
    lead: LeadBody,
    /// The fact that tells of it: by its id the merge can be undone.
    event: EventId,
}

async fn merged(leadbox: &LeadBox, id: LeadId, event: EventId) -> Result<Response, Problem> {
    let (_, lead) = body(leadbox, id).await?;
    Ok(Json(MergedBody { lead, event }).into_response())
}

/// Merge leads
///
/// The others are deleted, their ids and keys lead to this one, and all that belongs to them belongs to it.
#[utoipa::path(post, path = "/leads/{id}/merge", tag = "duplicates", request_body = NewMerge,
    params(("id" = LeadId, Path), OnceKey), responses((status = 200, body = MergedBody), (status = 404)))]
pub(super) async fn merge(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    new: Posted<NewMerge>,
) -> Result<Response, Problem> {
    let (once, made) = new.begin(&leadbox).await?;
    if let Some(event) = made {
        return Ok(replayed(merged(&leadbox, id, event.into()).await?));
    }
    let done = once.leads().merge(id, &new.value.others, &new.value.choice()).await;
    let done = done.map_err(|error| Problem::located(error, merging))?;
    merged(&leadbox, done.lead.id, done.event).await
}
