//! The score of a lead: why it is what it is, and how it came about.

use axum::Json;
use axum::extract::{Path, Query};
use leadbox_core::scoring::{
    CategoryPoints, Fault, Line, RuleSetVersion, ScoreCause, ScoreRecord, Silence, Silent,
};
use leadbox_core::service::Explanation;
use leadbox_core::{LeadId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::interactions::require_lead;
use super::paging::{Listed, Paging};
use crate::serve::Problem;

/// Why a lead has the score that it has. Points are decimal numbers as text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreCard)]
pub(super) struct CardBody {
    /// The lead: another one than was asked for, where that was merged into it.
    lead: LeadId,
    /// The sum of the categories.
    total: String,
    /// The priority, if the total reaches one.
    priority: Option<String>,
    /// The edition of the rules in force; 0 when there are none.
    edition: i64,
    /// The rule set that was for this lead.
    set: Option<RuleSetVersion>,
    /// Whether any rules are for this lead.
    applies: bool,
    /// What each category adds, in the order of the rules.
    categories: Vec<CategoryBody>,
    /// What fired.
    lines: Vec<LineBody>,
    /// What did not, and why.
    silent: Vec<SilentBody>,
    /// What went wrong; it is worth nothing and stops nothing.
    faults: Vec<FaultBody>,
    /// The fields that rules asked for and that are not known.
    missing: Vec<String>,
    /// The moment for which it is true.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// Not later than the moment when it moves by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_change_at: Option<Timestamp>,
}

/// What a category adds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreCategory)]
pub(super) struct CategoryBody {
    /// Its name; empty for rules without one.
    name: String,
    /// The most it can add.
    cap: Option<String>,
    /// The sum of its lines.
    sum: String,
    /// What counts of that.
    counted: String,
}

/// A rule or a signal that fired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreLine)]
pub(super) struct LineBody {
    /// Its name.
    rule: String,
    /// Its category; empty for none.
    category: String,
    /// What it is worth, faded and capped.
    points: String,
    /// What it would be worth without its own cap.
    uncapped: String,
    /// How many interactions are in it.
    interactions: usize,
}

/// A rule or a signal that did not fire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SilentRule)]
pub(super) struct SilentBody {
    /// Its name.
    rule: String,
    /// Why: `not_so`, `not_known`, `nothing` (happened), `worthless` or `faulty`.
    why: &'static str,
    /// The fields that are not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

/// What went wrong with a rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleFault)]
pub(super) struct FaultBody {
    /// Its name.
    rule: String,
    /// The line of the script, from 1.
    line: Option<usize>,
    /// What, in plain words.
    message: String,
}

impl CategoryBody {
    fn of(category: &CategoryPoints) -> Self {
        Self {
            name: category.name.clone(),
            cap: category.cap.map(|cap| cap.to_string()),
            sum: category.sum.to_string(),
            counted: category.counted.to_string(),
        }
    }
}

impl LineBody {
    fn of(line: &Line) -> Self {
        Self {
            rule: line.rule.clone(),
            category: line.category.clone(),
            points: line.points.to_string(),
            uncapped: line.uncapped.to_string(),
            interactions: line.interactions,
        }
    }
}

impl SilentBody {
    fn of(silent: &Silent) -> Self {
        let (why, unknown) = match &silent.why {
            Silence::NotSo => ("not_so", Vec::new()),
            Silence::NotKnown(fields) => ("not_known", fields.clone()),
            Silence::Nothing => ("nothing", Vec::new()),
            Silence::Worthless => ("worthless", Vec::new()),
            Silence::Faulty => ("faulty", Vec::new()),
        };
        Self { rule: silent.rule.clone(), why, unknown }
    }
}

impl FaultBody {
    fn of(fault: &Fault) -> Self {
        Self { rule: fault.rule.clone(), line: fault.line, message: fault.message.clone() }
    }
}

impl CardBody {
    pub(super) fn of(why: Explanation) -> Self {
        let card = &why.card;
        Self {
            lead: why.lead,
            total: card.total.to_string(),
            priority: card.priority.clone(),
            edition: why.edition,
            set: why.set,
            applies: why.applies,
            categories: card.categories.iter().map(CategoryBody::of).collect(),
            lines: card.lines.iter().map(LineBody::of).collect(),
            silent: card.silent.iter().map(SilentBody::of).collect(),
            faults: card.faults.iter().map(FaultBody::of).collect(),
            missing: card.missing.clone(),
            as_of: card.as_of,
            next_change_at: card.next_change_at,
        }
    }
}

/// As of when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Moment {
    /// The moment; now when not given.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
}

/// Explain a lead's score
///
/// Every reason for and against, by the rules in force. As of an earlier moment: what these rules make of what was known of the
/// lead then. As of one to come: what will be left of it, if nothing happens.
#[utoipa::path(get, path = "/leads/{id}/score", tag = "scoring", params(("id" = LeadId, Path), Moment),
    responses((status = 200, body = CardBody), (status = 404)))]
pub(super) async fn explain(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(moment): Query<Moment>,
) -> Result<Json<CardBody>, Problem> {
    Ok(Json(CardBody::of(leadbox.rules().explain(id, moment.as_of).await?)))
}

/// A change of a score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreRecord)]
pub(super) struct RecordBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Because of what.
    cause: ScoreCause,
    /// The total before.
    from: String,
    /// The total since.
    to: String,
    /// The priority before.
    from_priority: Option<String>,
    /// The priority since.
    to_priority: Option<String>,
    /// The edition of the rules.
    edition: i64,
    /// The rule set that was for the lead.
    set: Option<RuleSetVersion>,
    /// What it has been made of since.
    lines: Vec<RecordLineBody>,
}

/// A rule that fired then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreRecordLine)]
pub(super) struct RecordLineBody {
    /// Its name.
    rule: String,
    /// Its category; empty for none.
    category: String,
    /// What it was worth.
    points: String,
}

impl RecordBody {
    fn of(record: &ScoreRecord) -> Self {
        let change = &record.change;
        let line = |line: &leadbox_core::scoring::RecordLine| RecordLineBody {
            rule: line.rule.clone(),
            category: line.category.clone(),
            points: line.points.to_string(),
        };
        Self {
            at: record.at,
            cause: change.cause,
            from: change.from.to_string(),
            to: change.to.to_string(),
            from_priority: change.from_priority.clone(),
            to_priority: change.to_priority.clone(),
            edition: change.edition,
            set: change.set.clone(),
            lines: change.lines.iter().map(line).collect(),
        }
    }
}

/// List how a lead's score changed
///
/// The latest first. What only faded is not in it until the priority changes.
#[utoipa::path(get, path = "/leads/{id}/score/history", tag = "scoring", params(("id" = LeadId, Path), Paging),
    responses((status = 200, body = Listed<RecordBody>), (status = 404)))]
pub(super) async fn history(
    Asker(leadbox): Asker,
    Path(id): Path<LeadId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<RecordBody>>, Problem> {
    require_lead(&leadbox, id).await?;
    let found = leadbox.rules().history(id, &paging.request()?).await?;
    Ok(Json(Listed::of(&found, RecordBody::of)))
}
