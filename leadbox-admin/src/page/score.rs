//! The score on a lead's page: what it is worth, every reason for and against, and how it came about. Owns these words; where a score
//! comes from is core's.

use chrono_tz::Tz;
use leadbox_core::scoring::{CategoryPoints, Line, ScoreCause, ScoreRecord, Silence, Silent};
use leadbox_core::service::Explanation;
use leadbox_core::{Freshness, LeadBox, PageRequest, Points, StoredLead};

use super::format;
use super::words::{Words, sentence};
use crate::serve::Problem;

/// How many changes the page shows.
const CHANGES: u32 = 10;

/// Something that adds to a score, or takes away from it.
pub(super) struct Reason {
    /// With its sign.
    pub(super) points: String,
    pub(super) is_for: bool,
    pub(super) says: String,
    pub(super) more: String,
}

/// The reasons of one category.
pub(super) struct Part {
    /// Empty where rules have no category.
    pub(super) name: String,
    /// What it adds, and at the most.
    pub(super) adds: String,
    pub(super) reasons: Vec<Reason>,
}

/// Something that would have counted.
pub(super) struct Missed {
    pub(super) rule: String,
    pub(super) why: String,
}

/// One step of a score's way.
pub(super) struct Step {
    pub(super) at: String,
    pub(super) day: String,
    pub(super) moved: String,
    pub(super) is_up: bool,
    pub(super) total: String,
    pub(super) says: String,
}

/// A lead's score as its page shows it.
#[derive(Default)]
pub(super) struct Score {
    /// Empty when no rules have looked at it.
    pub(super) total: String,
    pub(super) priority: String,
    /// What is to be known of it as a whole.
    pub(super) remark: String,
    pub(super) parts: Vec<Part>,
    pub(super) missed: Vec<Missed>,
    pub(super) faults: Vec<String>,
    pub(super) steps: Vec<Step>,
    /// Whether there were more steps.
    pub(super) is_cut: bool,
}

impl Score {
    /// The score of a lead, with its reasons as of now.
    pub(super) async fn of(
        leadbox: &LeadBox,
        stored: &StoredLead,
        words: &Words<'_>,
    ) -> Result<Self, Problem> {
        let rules = leadbox.rules();
        let found = rules.history(stored.lead.id, &PageRequest::first(CHANGES)).await?;
        let steps = found.items.iter().map(|record| step(record, words.zone)).collect();
        let of_history = Self { steps, is_cut: found.next.is_some(), ..Self::default() };
        if stored.score.rule_set == 0 || stored.lead.deleted_at.is_some() {
            return Ok(of_history);
        }
        let why = rules.explain(stored.lead.id, None).await?;
        let of_card = Self::of_card(&why, words);
        let remark = match stored.score.freshness {
            Freshness::Dirty => "Something happened that is about to be counted.".to_owned(),
            Freshness::Fresh => of_card.remark,
        };
        Ok(Self { remark, steps: of_history.steps, is_cut: of_history.is_cut, ..of_card })
    }

    /// What a card says.
    pub(super) fn of_card(why: &Explanation, words: &Words<'_>) -> Self {
        let card = &why.card;
        let field = |name: &String| words.label(name);
        let missed = card.silent.iter().filter_map(|silent| missed(silent, field));
        let remark = match (&why.set, why.applies) {
            (_, false) => "No rules are for this lead.".to_owned(),
            (Some(set), true) if set.version > 0 => {
                format!("By the rules {}, version {}.", set.set, set.version)
            }
            _ => String::new(),
        };
        let fault = |fault: &leadbox_core::scoring::Fault| {
            let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
            format!("{}{line}: {}", fault.rule, fault.message)
        };
        Self {
            total: card.total.to_string(),
            priority: card.priority.clone().unwrap_or_default(),
            remark,
            parts: card.categories.iter().filter_map(|one| part(one, &card.lines)).collect(),
            missed: missed.collect(),
            faults: card.faults.iter().map(fault).collect(),
            ..Self::default()
        }
    }
}

pub(super) fn signed(points: Points) -> String {
    match points.0 {
        // The sign that is as wide as a plus.
        ..0 => format!("−{}", Points(points.0.saturating_neg())),
        _ => format!("+{points}"),
    }
}

/// What a category adds, with its reasons; none where nothing of it fired.
fn part(category: &CategoryPoints, lines: &[Line]) -> Option<Part> {
    let of_category = lines.iter().filter(|line| line.category == category.name);
    let reasons: Vec<Reason> = of_category.map(reason).collect();
    let adds = match category.cap {
        Some(cap) if category.sum != category.counted => {
            format!("{} of {}: it adds {cap} at the most", category.counted, category.sum)
        }
        Some(cap) => format!("{} of at most {cap}", category.counted),
        None => category.counted.to_string(),
    };
    (!reasons.is_empty()).then(|| Part { name: sentence(&category.name), adds, reasons })
}

fn reason(line: &Line) -> Reason {
    let times = match line.interactions {
        0 | 1 => None,
        many => Some(format!("{many} times")),
    };
    let cut = (line.uncapped != line.points).then(|| format!("{} without a cap", line.uncapped));
    Reason {
        points: signed(line.points),
        is_for: line.points >= Points(0),
        says: line.rule.clone(),
        more: [times, cut].into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}

fn missed(silent: &Silent, field: impl Fn(&String) -> String) -> Option<Missed> {
    let why = match &silent.why {
        Silence::NotSo => "Not so".to_owned(),
        Silence::NotKnown(fields) if fields.is_empty() => "Not known".to_owned(),
        Silence::NotKnown(fields) => {
            format!("Not known: {}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Silence::Nothing => "Nothing happened".to_owned(),
        Silence::Worthless => "Worth nothing here".to_owned(),
        // What went wrong stands in a place of its own.
        Silence::Faulty => return None,
    };
    Some(Missed { rule: silent.rule.clone(), why })
}

fn step(record: &ScoreRecord, zone: Tz) -> Step {
    let change = &record.change;
    let moved = Points(change.to.0.saturating_sub(change.from.0));
    let says = match change.cause {
        ScoreCause::Captured => "Came in",
        ScoreCause::Changed => "The lead was changed",
        ScoreCause::Happened => "Something happened",
        ScoreCause::Rules => "Other rules",
        ScoreCause::Time => "Time went by",
    };
    let priority = match (&change.from_priority, &change.to_priority) {
        (from, to) if from == to => String::new(),
        (_, Some(to)) => format!(", now {to}"),
        (Some(from), None) => format!(", no longer {from}"),
        (None, None) => String::new(),
    };
    Step {
        at: record.at.to_rfc3339(),
        day: format::moment(record.at, zone),
        moved: signed(moved),
        is_up: moved >= Points(0),
        total: change.to.to_string(),
        says: format!("{says}{priority}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_says_what_its_cap_takes_away() {
        let line = |points| Line {
            rule: "Saw the prices".to_owned(),
            category: "engagement".to_owned(),
            points: Points(points),
            uncapped: Points(30_00),
            interactions: 3,
        };
        let category = |sum, counted| CategoryPoints {
            name: "engagement".to_owned(),
            cap: Some(Points(40_00)),
            sum: Points(sum),
            counted: Points(counted),
        };
        let part = |sum, counted| part(&category(sum, counted), &[line(24_50)]).unwrap();
        assert_eq!(part(24_50, 24_50).adds, "24.50 of at most 40");
        let cut = part(60_00, 40_00);
        assert_eq!(
            (cut.name.as_str(), cut.adds.as_str()),
            ("Engagement", "40 of 60: it adds 40 at the most")
        );
        let reason = &cut.reasons[0];
        assert_eq!(
            (reason.points.as_str(), reason.more.as_str()),
            ("+24.50", "3 times, 30 without a cap")
        );
        assert_eq!(signed(Points(-10_00)), "−10");
    }
}
