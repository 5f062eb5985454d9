//! Rules tried before anybody publishes them: on the leads that are there, on what became of others, and on one lead that might be otherwise.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use chrono::TimeDelta;
use leadbox_core::scoring::{RuleSetVersion, RuleSource};
use leadbox_core::service::{
    Backtest, BacktestPlan, Candidate, NewInteraction, Preview, Previewed, Supposed, WhatIf,
};
use leadbox_core::{Invalid, LeadId, LeadPatch, RuleSetKey, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::scores::CardBody;
use crate::serve::Problem;

/// Rules to be tried: in the place of the rule set's version that is in force, or behind the others. Those in force when no rule set is
/// named; its draft when neither a script nor a version is.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RuleCandidate)]
pub(super) struct CandidateBody {
    /// The rule set.
    set: Option<RuleSetKey>,
    /// A script of it that nobody needs to have kept.
    script: Option<String>,
    /// What stands in the files beside the script, by their names.
    files: BTreeMap<String, String>,
    /// A version of it that was published.
    version: Option<i64>,
}

impl CandidateBody {
    fn candidate(self) -> Result<Candidate, Invalid> {
        match self {
            Self { set: None, script: None, version: None, .. } => Ok(Candidate::InForce),
            Self { set: None, .. } => Err(Invalid::one("set", "is missing")),
            Self { script: Some(_), version: Some(_), .. } => {
                Err(Invalid::one("version", "cannot be given together with a script"))
            }
            Self { set: Some(set), script: Some(script), files, .. } => {
                Ok(Candidate::Script(set, RuleSource { script, files }))
            }
            Self { set: Some(set), version: Some(version), .. } => {
                Ok(Candidate::Version(RuleSetVersion { set, version }))
            }
            Self { set: Some(set), .. } => Ok(Candidate::Draft(set)),
        }
    }
}

/// What rules would do to the leads that are there. Points are decimal numbers as text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schema(as = RulePreview)]
pub(super) enum PreviewBody {
    /// The leads are being read: ask again in a moment.
    Reading {
        /// How many were.
        read: u64,
        /// How many there are.
        of: u64,
    },
    /// All leads are scored.
    Ready(Box<Preview>),
}

/// Preview rules
///
/// Scores all leads by rules that are not in force, and tells the difference to those that are. The leads are kept at hand for some minutes,
/// so that asking again is quick. Nothing is written.
#[utoipa::path(post, path = "/scoring/preview", tag = "scoring", request_body = CandidateBody,
    responses((status = 200, body = PreviewBody), (status = 404), (status = 422)))]
pub(super) async fn preview(
    Asker(leadbox): Asker,
    Body(body): Body<CandidateBody>,
) -> Result<Json<PreviewBody>, Problem> {
    Ok(Json(match leadbox.rules().preview(&body.candidate()?).await? {
        Previewed::Reading { read, of } => PreviewBody::Reading { read, of },
        Previewed::Ready(preview) => PreviewBody::Ready(preview),
    }))
}

/// What is to be tried on leads that were won or lost.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = BacktestPlan)]
pub(super) struct PlanBody {
    /// The rules; those in force when not given.
    by: CandidateBody,
    /// The age in days at which each lead is scored, as it was known then.
    after_days: f64,
    /// The most leads that are looked at, the youngest of those that were decided; at most 50,000.
    most: u32,
}

impl Default for PlanBody {
    fn default() -> Self {
        Self { by: CandidateBody::default(), after_days: 7.0, most: 5_000 }
    }
}

/// Backtest rules
///
/// How rules would have ranked the leads that were won over those that were lost, beside the rules in force. Each lead is scored as it was
/// known at a certain age; what was told later has no part in it.
#[utoipa::path(post, path = "/scoring/backtest", tag = "scoring", request_body = PlanBody,
    responses((status = 200, body = Backtest), (status = 404), (status = 422)))]
pub(super) async fn backtest(
    Asker(leadbox): Asker,
    Body(PlanBody { by, after_days, most }): Body<PlanBody>,
) -> Result<Json<Backtest>, Problem> {
    let seconds = (after_days * 86_400.0).round();
    if !(0.0..=3_653.0 * 86_400.0).contains(&seconds) {
        return Err(Invalid::one("after_days", "is between 0 and 3653").into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within the bounds, and whole")]
    let after = TimeDelta::seconds(seconds as i64);
    let plan = BacktestPlan { after, most, ..BacktestPlan::new(by.candidate()?) };
    Ok(Json(leadbox.rules().backtest(&plan).await?))
}

/// What is supposed of a lead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = WhatIf)]
pub(super) struct WhatIfBody {
    /// By which rules; those in force when not given.
    by: CandidateBody,
    /// At which moment; now when not given.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// Fields that it would have.
    patch: LeadPatch,
    /// What would have happened with it besides.
    happened: Vec<NewInteraction>,
}

/// A lead's card as it is, and as it would be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupposedScore)]
pub(super) struct SupposedBody {
    /// By the rules in force.
    before: CardBody,
    /// As supposed.
    after: CardBody,
}

/// Suppose something of a lead
///
/// What its score would be by other rules, with other fields, or if more had happened. Nothing is written.
#[utoipa::path(post, path = "/leads/{id}/score/what-if", tag = "scoring", params(("id" = LeadId, Path)),
    request_body = WhatIfBody, responses((status = 200, body = SupposedBody), (status = 404), (status = 422)))]
pub(super) async fn what_if(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Body(WhatIfBody { by, as_of, patch, happened }): Body<WhatIfBody>,
) -> Result<Json<SupposedBody>, Problem> {
    let what_if = WhatIf { by: by.candidate()?, as_of, patch, happened };
    let supposed = leadbox.rules().what_if(id, &what_if).await;
    let Supposed { before, after } = supposed.map_err(|error| Problem::located(error, place))?;
    Ok(Json(SupposedBody { before: CardBody::of(before), after: CardBody::of(after) }))
}

/// Where a field of what is supposed stands in the body.
fn place(field: &str) -> String {
    if let Some(name) = field.strip_prefix("patch.set.") {
        return format!("/patch/set/{name}");
    }
    match field.strip_prefix("happened.").and_then(|rest| rest.split_once('.')) {
        Some((nth, name)) => format!("/happened/{nth}/{name}"),
        None => format!("/{field}"),
    }
}
