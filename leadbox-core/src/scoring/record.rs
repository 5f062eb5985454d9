//! The history of a score. Owns what is kept of each change by fact: from where to where, by which lines, because of what; knows
//! nothing of when a change is worth keeping.

use serde::{Deserialize, Serialize};

use super::card::{CategoryPoints, ScoreCard};
use crate::id::{ChangeSetId, LeadId, Tenant};
use crate::key::RuleSetKey;
use crate::revision::Revision;
use crate::score::Points;
use crate::time::Timestamp;

/// One change of a lead's score. Kept beside the score that it made, under that score's revision.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScoreRecord {
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// The revision of the score since then.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
    /// What changed.
    pub change: ScoreChange,
}

/// From where to where a score went, and what it is made of since.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScoreChange {
    /// Because of what.
    pub cause: ScoreCause,
    /// The commit in which it changed: its events tell of the facts.
    pub change_set: ChangeSetId,
    /// The total before.
    pub from: Points,
    /// The priority before.
    pub from_priority: Option<String>,
    /// The total since.
    pub to: Points,
    /// The priority since.
    pub to_priority: Option<String>,
    /// The edition of the rules.
    pub edition: i64,
    /// The rule set that was for this lead, if one was.
    pub set: Option<RuleSetVersion>,
    /// What each category adds.
    pub categories: Vec<CategoryPoints>,
    /// What fired.
    pub lines: Vec<RecordLine>,
}

/// A version of a rule set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleSetVersion {
    /// The rule set.
    pub set: RuleSetKey,
    /// Its version, from 1.
    pub version: i64,
}

/// Why a score changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ScoreCause {
    /// The lead came in.
    Captured,
    /// The lead was changed.
    Changed,
    /// Something happened, or what had happened was marked or cleared.
    Happened,
    /// Other rules are in force.
    Rules,
    /// Time went by.
    Time,
}

/// A line of a score as it is kept: an array of its rule, its category and its points in hundredths.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "(String, String, Points)", into = "(String, String, Points)")]
pub struct RecordLine {
    /// The rule.
    pub rule: String,
    /// Its category; empty for none.
    pub category: String,
    /// What it was worth.
    pub points: Points,
}

impl From<(String, String, Points)> for RecordLine {
    fn from((rule, category, points): (String, String, Points)) -> Self {
        Self { rule, category, points }
    }
}

impl From<RecordLine> for (String, String, Points) {
    fn from(line: RecordLine) -> Self {
        (line.rule, line.category, line.points)
    }
}

impl RecordLine {
    /// The lines of a card.
    pub(crate) fn of(card: &ScoreCard) -> Vec<Self> {
        let line = |line: &super::Line| Self {
            rule: line.rule.clone(),
            category: line.category.clone(),
            points: line.points,
        };
        card.lines.iter().map(line).collect()
    }
}

impl ScoreChange {
    /// What the lines add up to, category by category, each within its cap. It is the total.
    pub fn sum(&self) -> Points {
        let counted = self.categories.iter().map(|category| {
            let lines = self.lines.iter().filter(|line| line.category == category.name);
            let sum = lines.map(|line| line.points.0).fold(0, i64::saturating_add);
            category.cap.map_or(sum, |cap| sum.min(cap.0))
        });
        Points(counted.fold(0, i64::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_as_a_short_array() {
        let line = RecordLine {
            rule: "Pricing".to_owned(),
            category: "fit".to_owned(),
            points: Points(8_00),
        };
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(json, r#"["Pricing","fit",800]"#);
        assert_eq!(serde_json::from_str::<RecordLine>(&json).unwrap(), line);
    }
}
