//! What somebody should look at next. Owns how reasons are written; the order is core's.

use axum::Json;
use axum::extract::Query;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use leadbox_core::service::Leads;
use leadbox_core::{Catalog, Invalid, TaskId, Timestamp, UserId, WorkItem, WorkReason};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::lead::LeadBody;
use super::paging::{Listed, request};
use crate::page::zone;
use crate::serve::Problem;

/// Whose work, and which part of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Whose: `me` or the id of a user; `me` when not given.
    #[param(example = "me")]
    user: Option<String>,
    /// How many rows, 1 to 100; 50 when not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A lead that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkItem)]
pub(super) struct ItemBody {
    /// The lead.
    lead: LeadBody,
    /// Why: the first says why it stands where it does.
    #[schema(min_items = 1)]
    reasons: Vec<ReasonBody>,
}

/// What kind of reason it is, which says what else is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WorkReasonKind)]
enum Kind {
    /// The date of a task has passed.
    Overdue,
    /// A task is due later today.
    DueToday,
    /// It came in lately, and nobody has done anything about it.
    Unanswered,
    /// It got its priority lately.
    Priority,
    /// It is worth something.
    Score,
    /// Nothing has happened with it for some time.
    Idle,
    /// It is theirs and open.
    Open,
}

/// Why a lead is on a work list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkReason)]
pub(super) struct ReasonBody {
    /// What kind of reason it is.
    kind: Kind,
    /// The same in words.
    #[schema(example = "hot since today")]
    says: String,
    /// The task that is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    /// What is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime<Utc>>,
    /// The priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    /// Since when it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    /// The score, with up to two decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    /// The rules that add most to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
}

impl ReasonBody {
    fn of(reason: &WorkReason, now: Timestamp, zone: Tz) -> Self {
        let bare = |kind| Self {
            kind,
            says: reason.says(now, zone),
            task: None,
            title: None,
            due_at: None,
            priority: None,
            since: None,
            total: None,
            rules: Vec::new(),
        };
        let of_task = |kind, task: &TaskId, title: &String, due_at: &Timestamp| Self {
            task: Some(*task),
            title: Some(title.clone()),
            due_at: Some(*due_at),
            ..bare(kind)
        };
        let lasts = |kind, since: &Timestamp| Self { since: Some(*since), ..bare(kind) };
        match reason {
            WorkReason::Overdue { task, title, due_at } => {
                of_task(Kind::Overdue, task, title, due_at)
            }
            WorkReason::DueToday { task, title, due_at } => {
                of_task(Kind::DueToday, task, title, due_at)
            }
            WorkReason::Unanswered { since } => lasts(Kind::Unanswered, since),
            WorkReason::Priority { priority, since } => {
                Self { priority: Some(priority.clone()), ..lasts(Kind::Priority, since) }
            }
            WorkReason::Score { total, rules } => {
                Self { total: Some(total.to_string()), rules: rules.clone(), ..bare(Kind::Score) }
            }
            WorkReason::Idle { since } => lasts(Kind::Idle, since),
            WorkReason::Open { since } => lasts(Kind::Open, since),
        }
    }
}

impl ItemBody {
    fn of(item: &WorkItem, catalog: &Catalog, now: Timestamp, zone: Tz) -> Self {
        let reasons = item.reasons.iter().map(|reason| ReasonBody::of(reason, now, zone));
        Self { lead: LeadBody::of(&item.stored, catalog), reasons: reasons.collect() }
    }
}

/// List what somebody should look at
///
/// First leads with a task of theirs that is due by the end of the day, what has been due longest first; then their leads of the last
/// 14 days that nobody has answered, the latest first; then their other open leads, the highest score first. A lead is there once.
/// A page may have fewer rows than were asked for; `next` says whether there are more.
#[utoipa::path(get, path = "/worklist", tag = "leads", params(Asked),
    responses((status = 200, body = Listed<ItemBody>)))]
pub(super) async fn list(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<ItemBody>>, Problem> {
    let of: UserId = match asked.user.as_deref() {
        None | Some("" | "me") => {
            let user = leadbox.rights().user();
            user.ok_or_else(|| Invalid::one("user", "has to be named: who asks is no user"))?
        }
        Some(id) => {
            id.parse().map_err(|_| Invalid::one("user", "is neither me nor the id of a user"))?
        }
    };
    if asked.limit.is_some_and(|limit| limit > Leads::WORKLIST) {
        let message = format!("has to be 1 to {}", Leads::WORKLIST);
        return Err(Invalid::one("limit", message).into());
    }
    let page = request(asked.limit, asked.after.as_deref())?;
    let (catalog, now) = (leadbox.catalog().await?, leadbox.now());
    let zone = zone(&leadbox, &catalog).await?;
    let found = leadbox.leads().worklist(of, zone, &page).await?;
    Ok(Json(Listed::of(&found, |item| ItemBody::of(item, &catalog, now, zone))))
}
