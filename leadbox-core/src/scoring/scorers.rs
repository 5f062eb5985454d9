//! The scorers that are in force. Owns which of them is for a lead; knows nothing of where they come from.

use std::sync::Arc;

use super::card::ScoreCard;
use super::over::ScorersOver;
use super::record::RuleSetVersion;
use super::scorer::{Scorer, Subject};
use super::snapshot::Snapshot;
use crate::time::Timestamp;

/// A card, and by which rules it was made.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scored {
    /// The card; without a line when no rules are for this lead.
    pub card: ScoreCard,
    /// The rule set that was for the lead; none for a host's own scorer, and where none was.
    pub set: Option<RuleSetVersion>,
    /// Whether any of the scorers was for the lead.
    pub applies: bool,
}

/// One of the scorers in force.
#[derive(Clone, Debug)]
struct InForce {
    set: Option<RuleSetVersion>,
    scorer: Arc<dyn Scorer>,
}

/// All scorers that are in force, in their order: the first that is for a lead scores it.
#[derive(Clone, Debug, Default)]
pub struct Scorers {
    edition: i64,
    in_force: Vec<InForce>,
    is_unreadable: bool,
}

impl Scorers {
    /// Rule sets in their order, under the number of their edition, 1 or more.
    pub fn of_sets(
        edition: i64,
        sets: impl IntoIterator<Item = (RuleSetVersion, Arc<dyn Scorer>)>,
    ) -> Self {
        let in_force = sets.into_iter().map(|(set, scorer)| InForce { set: Some(set), scorer });
        Self { edition, in_force: in_force.collect(), is_unreadable: false }
    }

    /// A host's own scorer, and nothing else.
    pub fn host(scorer: Arc<dyn Scorer>) -> Self {
        let (edition, in_force) = (scorer.edition(), vec![InForce { set: None, scorer }]);
        Self { edition, in_force, is_unreadable: false }
    }

    /// Rules that are in force and cannot be read here: until they can be, nothing is scored.
    pub(crate) fn unreadable(edition: i64) -> Self {
        Self { edition, in_force: Vec::new(), is_unreadable: true }
    }

    /// Whether the rules in force cannot be read here.
    pub fn is_unreadable(&self) -> bool {
        self.is_unreadable
    }

    /// The number under which scores say by which rules they are; 0 when there never were rules, and nothing is scored.
    pub fn edition(&self) -> i64 {
        self.edition
    }

    pub(super) fn in_order(&self) -> impl Iterator<Item = &dyn Scorer> {
        self.in_force.iter().map(|one| &*one.scorer)
    }

    /// Prepares them for the leads of a snapshot; none when one of them is a host's own, which knows one lead at a time.
    pub fn over<'s>(&'s self, snapshot: &'s Arc<Snapshot>) -> Option<ScorersOver<'s>> {
        ScorersOver::new(self, snapshot)
    }

    /// The card of a lead.
    pub fn score(&self, subject: &Subject<'_>) -> Scored {
        match self.in_force.iter().find(|one| one.scorer.applies(subject)) {
            Some(one) => {
                Scored { card: one.scorer.score(subject), set: one.set.clone(), applies: true }
            }
            None => Scored { card: unscored(subject.as_of), set: None, applies: false },
        }
    }
}

fn unscored(as_of: Timestamp) -> ScoreCard {
    ScoreCard::of_lines(as_of, Vec::new(), &[], &[])
}
