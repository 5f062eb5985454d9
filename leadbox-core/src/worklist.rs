//! What somebody should do next. Owns the order of a work list, the reasons for which leads stand on it, and their words; knows
//! nothing of how leads are found.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use serde::Serialize;

use crate::id::{LeadId, TaskId};
use crate::score::Points;
use crate::scoring::ScoreRecord;
use crate::storage::StoredLead;
use crate::task::Task;
use crate::time::Timestamp;

/// A lead that somebody should do something about.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkItem {
    /// The lead, with its score and its last interaction.
    pub stored: StoredLead,
    /// Why: the first says why it stands where it does. Never empty.
    pub reasons: Vec<WorkReason>,
}

/// Why a lead is on a work list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WorkReason {
    /// The date of a task has passed.
    Overdue {
        /// The task.
        task: TaskId,
        /// What to do.
        title: String,
        /// Until when.
        due_at: Timestamp,
    },
    /// A task is due later today.
    DueToday {
        /// The task.
        task: TaskId,
        /// What to do.
        title: String,
        /// Until when.
        due_at: Timestamp,
    },
    /// It came in lately and nobody has done anything about it yet.
    Unanswered {
        /// When it came in.
        since: Timestamp,
    },
    /// It got its priority lately.
    Priority {
        /// The priority.
        priority: String,
        /// When it got it.
        since: Timestamp,
    },
    /// It is worth something.
    Score {
        /// How much.
        #[serde(serialize_with = "Points::as_text")]
        total: Points,
        /// The rules that say most for it, the weightiest first.
        rules: Vec<String>,
    },
    /// Nothing has happened with it for some time.
    Idle {
        /// Since when.
        since: Timestamp,
    },
    /// It is theirs and open.
    Open {
        /// When it came in.
        since: Timestamp,
    },
}

impl WorkReason {
    /// After so many days without an interaction a lead has been left alone.
    pub const IDLE: TimeDelta = TimeDelta::days(7);
    /// For so many days a priority is news.
    pub const NEWS: TimeDelta = TimeDelta::days(7);
    /// So many days after it came in, a lead is no longer one that waits for a first answer.
    pub const NEW: TimeDelta = TimeDelta::days(14);
    /// How many rules are named.
    pub const RULES: usize = 2;

    /// The reason in words, as of a moment, with days as they are in a zone: "hot since today".
    pub fn says(&self, now: Timestamp, zone: Tz) -> String {
        let day = |at: Timestamp| at.with_timezone(&zone).date_naive();
        let days = |at: Timestamp| (day(now) - day(at)).num_days();
        match self {
            Self::Overdue { title, due_at, .. } => match days(*due_at) {
                ..=0 => format!("task overdue since today: {title}"),
                ago => format!("task overdue for {}: {title}", count(ago)),
            },
            Self::DueToday { title, .. } => format!("task due today: {title}"),
            Self::Unanswered { since } => match days(*since) {
                ..=0 => "new, nobody answered yet".to_owned(),
                ago => format!("new, nobody answered for {}", count(ago)),
            },
            Self::Priority { priority, since } => match days(*since) {
                ..=0 => format!("{priority} since today"),
                1 => format!("{priority} since yesterday"),
                ago => format!("{priority} for {}", count(ago)),
            },
            Self::Score { total, rules } => {
                let points = total.floor();
                match rules.is_empty() {
                    true => format!("score {points}"),
                    false => format!("score {points}: {}", rules.join(", ")),
                }
            }
            Self::Idle { since } => format!("no touch for {}", count(days(*since))),
            Self::Open { since } => match days(*since) {
                ..=0 => "came in today".to_owned(),
                ago => format!("open for {}", count(ago)),
            },
        }
    }

    /// Why a task makes one look at its lead; nothing for one without a date.
    pub(crate) fn of_task(task: &Task, now: Timestamp) -> Option<Self> {
        let (due_at, title, task) = (task.due_at?, task.title.clone(), task.id);
        Some(match due_at < now {
            true => Self::Overdue { task, title, due_at },
            false => Self::DueToday { task, title, due_at },
        })
    }

    /// What speaks for a lead besides its tasks, from the latest records of its score, the latest first.
    pub(crate) fn of_lead(
        stored: &StoredLead,
        records: &[ScoreRecord],
        now: Timestamp,
    ) -> Vec<Self> {
        let mut reasons = Vec::new();
        let score = &stored.score;
        if let (Some(priority), Some(since)) = (&score.priority, prioritised(stored, records))
            && now - since <= Self::NEWS
        {
            reasons.push(Self::Priority { priority: priority.clone(), since });
        }
        if score.revision.0 > 0 && score.total.0 != 0 {
            reasons.push(Self::Score { total: score.total, rules: weightiest(records) });
        }
        let since = stored.activity.last_at.unwrap_or(stored.lead.created_at);
        if now - since >= Self::IDLE {
            reasons.push(Self::Idle { since });
        }
        if reasons.is_empty() {
            reasons.push(Self::Open { since: stored.lead.created_at });
        }
        reasons
    }
}

fn count(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Since when a lead has its priority, as far as the records tell.
fn prioritised(stored: &StoredLead, records: &[ScoreRecord]) -> Option<Timestamp> {
    let is_kept = |record: &&ScoreRecord| record.change.to_priority == stored.score.priority;
    let change = records.iter().take_while(is_kept);
    let mut change = change.filter(|record| record.change.from_priority != stored.score.priority);
    change.next().map(|record| record.at)
}

/// The rules that add most, as they were when the score last changed by fact.
fn weightiest(records: &[ScoreRecord]) -> Vec<String> {
    let mut lines: Vec<_> = records.first().into_iter().flat_map(|it| &it.change.lines).collect();
    lines.retain(|line| line.points.0 > 0);
    lines.sort_by_key(|line| std::cmp::Reverse(line.points));
    lines.into_iter().take(WorkReason::RULES).map(|line| line.rule.clone()).collect()
}

/// The parts of a work list, in their order. A lead stands in the first that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Part {
    /// Leads with a task of theirs that is due by the end of the day, what has been due longest first.
    Due,
    /// Their leads that wait for a first answer, the latest first.
    Unanswered,
    /// Their other open leads, the highest score first.
    Rest,
}

/// The day after a moment, as days are in a zone.
pub(crate) fn tomorrow(now: Timestamp, zone: Tz) -> Option<NaiveDate> {
    now.with_timezone(&zone).date_naive().succ_opt()
}

/// The first task of each lead, in the order of the tasks.
pub(crate) fn first_of_each(tasks: Vec<Task>) -> Vec<Task> {
    let mut seen: std::collections::BTreeSet<LeadId> = std::collections::BTreeSet::new();
    tasks.into_iter().filter(|task| seen.insert(task.lead)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn reasons_are_said_in_the_days_of_whoever_reads_them() {
        let now = at("2026-03-02T22:30:00Z");
        let hot =
            WorkReason::Priority { priority: "hot".to_owned(), since: at("2026-03-02T08:00:00Z") };
        assert_eq!(hot.says(now, Tz::UTC), "hot since today");
        assert_eq!(hot.says(now, Tz::Asia__Tokyo), "hot since yesterday");
        let rules = vec!["Decision maker".to_owned(), "Saw the prices".to_owned()];
        let score = WorkReason::Score { total: Points(82_40), rules };
        assert_eq!(score.says(now, Tz::UTC), "score 82: Decision maker, Saw the prices");
        let idle = WorkReason::Idle { since: at("2026-02-21T08:00:00Z") };
        assert_eq!(idle.says(now, Tz::UTC), "no touch for 9 days");
        let new = WorkReason::Unanswered { since: at("2026-03-02T22:00:00Z") };
        assert_eq!(new.says(now, Tz::UTC), "new, nobody answered yet");
        let task = TaskId::from_uuid(Uuid::nil());
        let title = "Call".to_owned();
        let late =
            WorkReason::Overdue { task, title: title.clone(), due_at: at("2026-03-01T08:00:00Z") };
        assert_eq!(late.says(now, Tz::UTC), "task overdue for 1 day: Call");
        let due = WorkReason::DueToday { task, title, due_at: at("2026-03-02T23:00:00Z") };
        assert_eq!(due.says(now, Tz::UTC), "task due today: Call");
        assert_eq!(WorkReason::Open { since: now }.says(now, Tz::UTC), "came in today");
    }
}
