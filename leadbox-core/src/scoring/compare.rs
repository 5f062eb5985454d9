//! Two cards of one lead beside each other. Owns which rules make the difference; knows nothing of why they do.

use std::cmp::Reverse;

use serde::Serialize;

use super::card::{Line, ScoreCard};
use crate::score::Points;

/// What a rule is worth on two cards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineMove {
    /// Its name.
    pub rule: String,
    /// What it is worth on the first; 0 where it did not fire.
    #[serde(serialize_with = "Points::as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub before: Points,
    /// What it is worth on the second.
    #[serde(serialize_with = "Points::as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub after: Points,
}

impl ScoreCard {
    /// The rules that are worth something else on another card of the same lead, those first that move it most.
    pub fn moves_to(&self, other: &Self) -> Vec<LineMove> {
        let worth = |card: &Self, rule: &str| {
            card.lines.iter().find(|line| line.rule == rule).map_or(Points(0), |line| line.points)
        };
        let is_new = |line: &&Line| !self.fired(&line.rule);
        let rules = self.lines.iter().chain(other.lines.iter().filter(is_new));
        let mut moves: Vec<LineMove> = rules
            .map(|Line { rule, .. }| LineMove {
                rule: rule.clone(),
                before: worth(self, rule),
                after: worth(other, rule),
            })
            .filter(|one| one.before != one.after)
            .collect();
        moves.sort_by_key(|one| Reverse(one.after.0.abs_diff(one.before.0)));
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn what_makes_the_difference_comes_first() {
        let card = |lines: &[(&str, i64)]| {
            let line = |(rule, points): &(&str, i64)| Line {
                rule: (*rule).to_owned(),
                category: String::new(),
                points: Points(*points),
                uncapped: Points(*points),
                interactions: 0,
            };
            let lines = lines.iter().map(line).collect();
            ScoreCard::of_lines(Timestamp::default(), lines, &[], &[])
        };
        let moves =
            card(&[("a", 5), ("b", 7), ("c", 1)]).moves_to(&card(&[("b", 7), ("c", 3), ("d", -9)]));
        let moves = moves.iter().map(|one| (one.rule.as_str(), one.before.0, one.after.0));
        assert_eq!(moves.collect::<Vec<_>>(), [("d", 0, -9), ("a", 5, 0), ("c", 1, 3)]);
    }
}
