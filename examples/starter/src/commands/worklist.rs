//! `leadbox leads worklist`: what somebody should look at next, and why. It changes nothing.

use chrono_tz::Tz;
use leadbox_core::{LeadId, PageRequest, Timestamp, UserId, WorkItem, WorkReason};
use serde::Serialize;

use super::named::Named;
use super::office::Office;
use crate::cli::Worklist;
use crate::exit::Failure;
use crate::output::Outcome;
use crate::table::Table;

/// A lead to look at, as programs read it.
#[derive(Debug, Serialize)]
struct Next {
    lead: Named<LeadId>,
    /// In points; none while it is unscored.
    score: Option<i64>,
    priority: Option<String>,
    last_touch: Option<Timestamp>,
    reasons: Vec<Why>,
}

/// A reason with its words.
#[derive(Debug, Serialize)]
struct Why {
    says: String,
    #[serde(flatten)]
    reason: WorkReason,
}

impl Next {
    fn of(item: WorkItem, now: Timestamp, zone: Tz) -> Self {
        let WorkItem { stored, reasons } = item;
        let why = |reason: WorkReason| Why { says: reason.says(now, zone), reason };
        Self {
            lead: Named::lead(&stored.lead),
            score: (stored.score.revision.0 > 0).then_some(stored.score.total.floor()),
            priority: stored.score.priority,
            last_touch: stored.activity.last_at,
            reasons: reasons.into_iter().map(why).collect(),
        }
    }
}

/// What somebody should look at.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    of: Named<UserId>,
    items: Vec<Next>,
    /// Whether there are others behind them.
    more: bool,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.items.is_empty() {
            return format!("no lead waits for {}", self.of.name);
        }
        let rows = self.items.iter().map(|item| {
            let says: Vec<&str> = item.reasons.iter().map(|reason| reason.says.as_str()).collect();
            [
                item.lead.name.clone(),
                item.score.map(|score| score.to_string()).unwrap_or_default(),
                item.priority.clone().unwrap_or_default(),
                item.last_touch.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default(),
                says.join("; "),
            ]
        });
        let heads = ["name", "score", "priority", "last touch", "why"];
        let table = Table::new(heads).rows(rows).text();
        if self.more { format!("{table}\nthere are more: --limit shows them") } else { table }
    }
}

/// What somebody should look at, with days as they are where that is.
///
/// # Errors
/// `Failed` when no user is named so; `Unavailable`.
pub(super) async fn worklist(office: &Office, asked: &Worklist) -> Result<Listed, Failure> {
    let (leadbox, user) = (&office.leadbox, office.user(&asked.user).await?);
    let zone = user.zone.unwrap_or(leadbox.catalog().await?.settings.zone);
    let limit = asked.limit as usize;
    let (mut items, mut page) = (Vec::new(), PageRequest::first(asked.limit));
    let more = loop {
        let found = leadbox.leads().worklist(user.id, zone, &page).await?;
        items.extend(found.items);
        match found.next {
            Some(next) if items.len() < limit => {
                let left = u32::try_from(limit - items.len()).unwrap_or(u32::MAX);
                page = PageRequest::after(left, next);
            }
            next => break next.is_some(),
        }
    };
    let now = leadbox.now();
    let items = items.into_iter().map(|item| Next::of(item, now, zone)).collect();
    Ok(Listed { of: Named { id: user.id, name: user.name }, items, more })
}
