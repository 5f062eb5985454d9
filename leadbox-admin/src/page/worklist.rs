//! What to look at next, as a page shows it. Owns how a lead and the reasons for it look; which and in which order is core's.

use chrono_tz::Tz;
use leadbox_core::{Timestamp, WorkItem, WorkReason};

use super::format;

/// A reason, and how it looks.
pub(super) struct Why {
    pub(super) says: String,
    pub(super) tone: &'static str,
}

/// A lead to look at.
pub(super) struct Next {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) initials: String,
    /// Its company, and when something last happened.
    pub(super) bits: Vec<String>,
    pub(super) score: String,
    pub(super) priority: String,
    pub(super) reasons: Vec<Why>,
}

impl Next {
    pub(super) fn of(item: &WorkItem, now: Timestamp, zone: Tz) -> Self {
        let WorkItem { stored, reasons } = item;
        let touched = match stored.activity.last_at {
            Some(at) => format!("last touch {}", format::ago(at, now)),
            None => "no touch yet".to_owned(),
        };
        let score = &stored.score;
        let why = |reason: &WorkReason| Why { says: reason.says(now, zone), tone: tone(reason) };
        Self {
            id: stored.lead.id.to_string(),
            name: stored.lead.display_name().to_owned(),
            initials: format::initials(stored.lead.display_name()),
            bits: stored.lead.company.name.clone().into_iter().chain([touched]).collect(),
            score: match score.revision.0 {
                0 => String::new(),
                _ => score.total.floor().to_string(),
            },
            priority: score.priority.clone().unwrap_or_default(),
            reasons: reasons.iter().map(why).collect(),
        }
    }
}

fn tone(reason: &WorkReason) -> &'static str {
    match reason {
        WorkReason::Overdue { .. } => "warn",
        WorkReason::DueToday { .. }
        | WorkReason::Unanswered { .. }
        | WorkReason::Priority { .. } => "accent",
        _ => "",
    }
}
