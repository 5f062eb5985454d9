//! All scorers in force over a snapshot. Owns which of them is for a row; what it gives is the scorer's business.

use std::fmt;
use std::sync::Arc;

use super::rules::{Fired, Scores};
use super::scorers::Scorers;
use super::snapshot::Snapshot;
use crate::score::Points;
use crate::time::Timestamp;

/// Scorers that are ready to score the leads of one snapshot, the first that is for a lead before the others.
/// [`Scorers::over`] makes it.
pub struct ScorersOver<'s> {
    sets: Vec<Set<'s>>,
    priorities: Vec<String>,
    rules: Vec<String>,
}

struct Set<'s> {
    scores: Scores<'s>,
    /// Which of all priorities each of its own is.
    priorities: Vec<usize>,
    /// Which of all rules each of its own is.
    rules: Vec<usize>,
}

/// What a lead is worth, by one of several rule sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowScore {
    /// The total; nothing where no rule set is for the lead.
    pub total: Points,
    /// The place of the priority among [`ScorersOver::priorities`]; none below all of them.
    pub priority: Option<usize>,
    /// Which rule set it was, by its place, and what fired in it.
    set: Option<usize>,
    fired: Fired,
}

impl fmt::Debug for ScorersOver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScorersOver").field("sets", &self.sets.len()).finish_non_exhaustive()
    }
}

impl<'s> ScorersOver<'s> {
    pub(super) fn new(scorers: &'s Scorers, snapshot: &'s Arc<Snapshot>) -> Option<Self> {
        let mut over = Self { sets: Vec::new(), priorities: Vec::new(), rules: Vec::new() };
        for scorer in scorers.in_order() {
            let rules = scorer.as_rules()?;
            let place = |all: &mut Vec<String>, name: &str| {
                all.iter().position(|known| known == name).unwrap_or_else(|| {
                    all.push(name.to_owned());
                    all.len() - 1
                })
            };
            let priorities = rules.priorities().iter();
            let priorities =
                priorities.map(|(name, _)| place(&mut over.priorities, name)).collect();
            let entries = rules.names().map(|name| place(&mut over.rules, name)).collect();
            over.sets.push(Set { scores: rules.over(snapshot), priorities, rules: entries });
        }
        Some(over)
    }

    /// The priorities of all rule sets by name, each once.
    pub fn priorities(&self) -> &[String] {
        &self.priorities
    }

    /// The rules and signals of all rule sets by name, each once.
    pub fn rules(&self) -> &[String] {
        &self.rules
    }

    /// What the lead in a row is worth at a moment.
    pub fn score(&self, row: usize, as_of: Timestamp) -> RowScore {
        let found = self.sets.iter().enumerate().find(|(_, set)| set.scores.applies_to(row, as_of));
        let Some((place, set)) = found else { return RowScore::default() };
        let score = set.scores.score(row, as_of);
        RowScore {
            total: score.total,
            priority: score.priority.and_then(|own| set.priorities.get(own)).copied(),
            set: Some(place),
            fired: score.fired,
        }
    }

    /// The places of what fired among [`rules`](Self::rules).
    pub fn fired(&self, score: &RowScore) -> impl Iterator<Item = usize> {
        let set = score.set.and_then(|set| self.sets.get(set));
        set.into_iter()
            .flat_map(|set| score.fired.places().filter_map(|own| set.rules.get(own)).copied())
    }
}
