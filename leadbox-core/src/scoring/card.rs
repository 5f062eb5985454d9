//! The card of one lead: what it is worth, and why. Owns the one sum that the total is; knows nothing of how points came about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::score::Points;
use crate::time::Timestamp;

/// What a lead is worth at a moment, with every reason for and against.
///
/// The total is always the sum of its lines, category by category, each within its cap: [`ScoreCard::of_lines`] is the only way in
/// which scripts make one, and a scorer of another kind is expected to use it too.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ScoreCard {
    /// The sum of the categories.
    pub total: Points,
    /// What each category adds, in the order in which the rule set names them; the last one may have no name and no cap.
    pub categories: Vec<CategoryPoints>,
    /// The priority whose bound the total reaches, such as `hot`.
    pub priority: Option<String>,
    /// What fired, in the order of the rule set.
    pub lines: Vec<Line>,
    /// What did not, in the same order.
    pub silent: Vec<Silent>,
    /// What went wrong; it is worth nothing and stops nothing.
    pub faults: Vec<Fault>,
    /// The fields that some rule asked for and that are not known, by name.
    pub missing: Vec<String>,
    /// The moment for which all this is true.
    pub as_of: Timestamp,
    /// Not later, to the minute, than the moment when the total moves by a whole point, or the priority changes, by itself.
    pub next_change_at: Option<Timestamp>,
}

/// What a category adds to the total.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CategoryPoints {
    /// Its name; empty for the points of rules that name none.
    pub name: String,
    /// The most it can add.
    pub cap: Option<Points>,
    /// The sum of its lines.
    pub sum: Points,
    /// What counts of that: the sum, or the cap if that is less.
    pub counted: Points,
}

/// A rule or a signal that fired.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its name.
    pub rule: String,
    /// Its category; empty for none.
    pub category: String,
    /// What it is worth, faded and capped.
    pub points: Points,
    /// What it would be worth without its own cap.
    pub uncapped: Points,
    /// How many interactions are in it; 0 for a rule about the lead itself.
    pub interactions: usize,
}

/// A rule or a signal that did not fire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Silent {
    /// Its name.
    pub rule: String,
    /// Why not.
    pub why: Silence,
}

/// Why a rule did not fire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// What it asks for is not so.
    NotSo,
    /// These fields are not known.
    NotKnown(Vec<String>),
    /// Nothing of this kind happened, or only what does not count any more.
    Nothing,
    /// It is worth nothing here.
    Worthless,
    /// It went wrong; the card says how.
    Faulty,
}

/// What went wrong with a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// Its name.
    pub rule: String,
    /// The file beside the script that it is in; none when it is in the script itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the script, from 1, where that is known.
    pub line: Option<usize>,
    /// The character of the line, from 1, where that is known.
    pub column: Option<usize>,
    /// What, in words for whoever wrote the rule.
    pub message: String,
}

impl ScoreCard {
    /// A card with the sums that follow from `lines`. `caps` are the categories in order, each with the most it can add; lines
    /// of other categories are summed up without a cap. `bounds` are priorities with the total from which they hold.
    pub fn of_lines(
        as_of: Timestamp,
        lines: Vec<Line>,
        caps: &[(String, Points)],
        bounds: &[(String, Points)],
    ) -> Self {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for line in &lines {
            let sum = sums.entry(&line.category).or_default();
            *sum = sum.saturating_add(line.points.0);
        }
        let mut categories: Vec<CategoryPoints> = caps
            .iter()
            .map(|(name, cap)| {
                let sum = Points(sums.remove(name.as_str()).unwrap_or(0));
                CategoryPoints { name: name.clone(), cap: Some(*cap), sum, counted: sum.min(*cap) }
            })
            .collect();
        categories.extend(sums.into_iter().map(|(name, sum)| CategoryPoints {
            name: name.to_owned(),
            cap: None,
            sum: Points(sum),
            counted: Points(sum),
        }));
        let counted = categories.iter().map(|category| category.counted.0);
        let total = Points(counted.fold(0, i64::saturating_add));
        let reached = bounds.iter().filter(|(_, from)| total >= *from);
        let priority = reached.max_by_key(|(_, from)| *from).map(|(name, _)| name.clone());
        Self { total, categories, priority, lines, as_of, ..Self::default() }
    }

    /// Whether a rule of this name fired.
    pub fn fired(&self, rule: &str) -> bool {
        self.lines.iter().any(|line| line.rule == rule)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(category: &str, points: i64) -> Line {
        Line {
            rule: "a rule".to_owned(),
            category: category.to_owned(),
            points: Points(points),
            uncapped: Points(points),
            interactions: 0,
        }
    }

    fn named(pairs: &[(&str, i64)]) -> Vec<(String, Points)> {
        pairs.iter().map(|(name, points)| ((*name).to_owned(), Points(*points))).collect()
    }

    #[test]
    fn a_category_adds_its_lines_up_to_its_cap_and_a_priority_begins_at_its_bound() {
        let lines = vec![line("fit", 50_00), line("fit", 30_00), line("", 5_50)];
        let bounds = named(&[("warm", 40_00), ("hot", 65_50), ("boiling", 65_51)]);
        let card =
            ScoreCard::of_lines(Timestamp::default(), lines, &named(&[("fit", 60_00)]), &bounds);
        assert_eq!((card.total, card.priority.as_deref()), (Points(65_50), Some("hot")));
        assert_eq!(card.categories[0].sum, Points(80_00));
        assert_eq!(card.categories[1].cap, None);
        let none = ScoreCard::of_lines(Timestamp::default(), Vec::new(), &[], &bounds);
        assert_eq!((none.total, none.priority), (Points(0), None));
    }

    proptest! {
        #[test]
        fn the_total_is_the_capped_sum_of_the_lines_in_any_order(
            points in prop::collection::vec((0..3_usize, -10_000..10_000_i64), 0..20),
            caps in [0..5_000_i64, 0..5_000],
            turn in any::<prop::sample::Index>(),
        ) {
            let names = ["fit", "engagement", ""];
            let mut lines: Vec<Line> =
                points.iter().map(|(at, points)| line(names[*at], *points)).collect();
            let caps = named(&[("fit", caps[0]), ("engagement", caps[1])]);
            let bounds = named(&[("hot", 75_00), ("warm", 40_00)]);
            let card = ScoreCard::of_lines(Timestamp::default(), lines.clone(), &caps, &bounds);
            let sum = |name: &str| -> i64 {
                lines.iter().filter(|line| line.category == name).map(|line| line.points.0).sum()
            };
            let expected =
                sum("fit").min(caps[0].1.0) + sum("engagement").min(caps[1].1.0) + sum("");
            prop_assert_eq!(card.total, Points(expected));
            if !lines.is_empty() {
                let at = turn.index(lines.len());
                lines.rotate_left(at);
                let turned = ScoreCard::of_lines(Timestamp::default(), lines, &caps, &bounds);
                prop_assert_eq!((turned.total, turned.priority), (card.total, card.priority));
            }
        }
    }
}
