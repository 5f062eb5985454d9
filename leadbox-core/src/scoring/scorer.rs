//! The contract of whatever scores leads. Owns what a scorer is given; knows nothing of scripts.

use std::fmt::Debug;

use super::card::ScoreCard;
use super::rules::RuleSet;
use crate::interaction::Interaction;
use crate::lead::Lead;
use crate::pipeline::Stage;
use crate::time::Timestamp;

/// What is scored: a lead, and what happened with it, as of a moment.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// The lead.
    pub lead: &'s Lead,
    /// The stage it is in, if that is known.
    pub stage: Option<&'s Stage>,
    /// What happened with it, in any order. What is suspect, or happened later than `as_of`, is no scorer's to count.
    pub interactions: &'s [Interaction],
    /// The moment as of which it is scored; scorers have no other clock.
    pub as_of: Timestamp,
}

/// From a lead to its card. The same subject has the same card, always and everywhere: a scorer asks no clock, no database and
/// nobody else.
///
/// ```
/// use leadbox_core::Points;
/// use leadbox_core::scoring::{Line, ScoreCard, Scorer, Subject};
///
/// /// Ten points for whoever left an e-mail address.
/// #[derive(Debug)]
/// struct Reachable;
///
/// impl Scorer for Reachable {
///     fn score(&self, subject: &Subject<'_>) -> ScoreCard {
///         let known = subject.lead.person.email.is_some();
///         let line = known.then(|| Line {
///             rule: "Reachable".to_owned(),
///             category: String::new(),
///             points: Points::whole(10),
///             uncapped: Points::whole(10),
///             interactions: 0,
///         });
///         ScoreCard::of_lines(subject.as_of, line.into_iter().collect(), &[], &[])
///     }
/// }
/// # fn is_object_safe(_: &dyn Scorer) {}
/// # is_object_safe(&Reachable);
/// ```
pub trait Scorer: Debug + Send + Sync {
    /// The card of a lead. It never fails: what goes wrong with a rule stands on the card.
    fn score(&self, subject: &Subject<'_>) -> ScoreCard;

    /// Whether it is for this lead. All of them, unless a scorer says otherwise.
    fn applies(&self, _subject: &Subject<'_>) -> bool {
        true
    }

    /// The rule set that it is, if it is one: those can score many leads at once.
    fn as_rules(&self) -> Option<&RuleSet> {
        None
    }

    /// A number, from 1, that is raised whenever the same lead would have another card: scores made under a lesser one are
    /// made again. 1, unless a scorer says otherwise; rule sets are numbered by whoever publishes them.
    fn edition(&self) -> i64 {
        1
    }
}
