//! A rule set that can be asked. Owns what it says of itself and of leads; how it came about is `loader`'s.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::engine::LONGEST_SCRIPT;
use super::fault::{LoadError, Mistake};
use super::loader::Loader;
use super::many::{Asker, Scores};
use super::plan::{Entry, Plan, Script};
use super::run::Asking;
#[cfg(test)]
use super::run::Executors;
use super::trial::{TestResult, Trial};
use crate::catalog::Catalog;
use crate::score::Points;
use crate::scoring::{Fault, ScoreCard, Scorer, Snapshot, Subject};

/// How a rule is run. What it says is the same either way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Its name.
    pub rule: String,
    /// None for a compiled one; else what its script has that only the interpreter knows, and where. That is slower.
    pub interpreted: Option<Mistake>,
}

/// A script of rules, loaded and ready to score leads.
///
/// ```
/// use leadbox_core::scoring::RuleSet;
///
/// let rules = RuleSet::load(
///     r#"
///     ruleset("Our leads");
///     priority("hot", 20);
///     rule("Has a phone number", 5, |lead| is_known(lead.phone));
///     rule("Decision maker", 20, |lead| lead.title.has_any(["cto", "head of"]));
///     signal("Opened an e-mail", "email_open", 1).half_life(days(14)).cap(5);
///     "#,
/// )?;
/// assert_eq!(rules.name(), "Our leads");
///
/// let wrong = RuleSet::load("rul(\"Has a phone number\", 5, |lead| is_known(lead.phone));").unwrap_err();
/// assert_eq!(wrong.to_string(), "line 1, character 1: there is no 'rul': did you mean 'rule'?");
/// # Ok::<(), leadbox_core::scoring::LoadError>(())
/// ```
pub struct RuleSet {
    /// Its files, the script itself the last.
    pub(super) scripts: Vec<Script>,
    pub(super) plan: Plan,
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<&str> = self.plan.entries.iter().map(|one| one.name.as_str()).collect();
        f.debug_struct("RuleSet").field("name", &self.plan.name).field("entries", &entries).finish()
    }
}

impl RuleSet {
    /// The longest script, in bytes.
    pub const LONGEST_SCRIPT: usize = LONGEST_SCRIPT;

    /// Loads a script, of up to 256 KiB, of which nothing else is known. A [`Loader`] knows more.
    ///
    /// # Errors
    /// Everything that is wrong with it, as far as reading and loading it tell. What it is written in stops at the first thing
    /// that cannot be understood.
    pub fn load(script: &str) -> Result<Self, LoadError> {
        Loader::default().load(script)
    }

    /// The name that it gives itself; empty when it gives none.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// Whether it is for all leads, or says of each whether it is for it.
    pub fn is_for_all(&self) -> bool {
        self.plan.applies_to.is_none()
    }

    /// How each rule and signal is run, in their order.
    pub fn runs(&self) -> Vec<Run> {
        let run = |entry: &Entry| {
            let left = entry.questions().find(|question| question.code.is_none());
            let because = left.map(|question| {
                question.left.clone().unwrap_or_else(|| {
                    let says = "several steps or a loop";
                    Mistake::at(entry.at, says).within(entry.origin.file.as_deref())
                })
            });
            Run { rule: entry.name.clone(), interpreted: because }
        };
        self.plan.entries.iter().map(run).collect()
    }

    /// The names of its rules and signals, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plan.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The priorities with the total from which each holds, in their order.
    pub fn priorities(&self) -> &[(String, Points)] {
        &self.plan.priorities
    }

    /// The same rule set with every question left to the interpreter, which answers the same and takes longer: to hold one against
    /// the other.
    #[must_use]
    pub fn uncompiled(mut self) -> Self {
        self.plan.questions().for_each(|question| question.code = None);
        self
    }

    /// Prepares it for the leads of a snapshot: what one value decides is asked once for each distinct value that there is.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use leadbox_core::scoring::{RuleSet, Snapshot};
    /// use leadbox_core::{Points, Timestamp};
    ///
    /// let rules = RuleSet::load("rule(\"Anybody\", 5, |lead| true);")?;
    /// let snapshot = Arc::new(Snapshot::with_limit(1024 * 1024));
    /// let worth = rules.over(&snapshot);
    /// let scores = (0..snapshot.len()).map(|row| worth.score(row, Timestamp::default()));
    /// assert_eq!(scores.map(|score| score.total).max(), None::<Points>);
    /// # Ok::<(), leadbox_core::scoring::LoadError>(())
    /// ```
    pub fn over<'r>(&'r self, snapshot: &'r Arc<Snapshot>) -> Scores<'r> {
        Scores::new(Asker { scripts: &self.scripts, snapshot }, &self.plan)
    }

    /// Runs the tests that the script has of itself, in their order, on leads as `catalog` lets them be.
    ///
    /// They take place at noon of a day that never changes, unless a test names its own with `today`; so a test that passes
    /// once passes always.
    pub fn test(&self, catalog: &Catalog) -> Vec<TestResult> {
        let run = |trial: &Trial| trial.run(&self.scripts, &self.plan, catalog);
        self.plan.trials.iter().map(run).collect()
    }

    /// Whether it is for a lead. Not when that is not known.
    ///
    /// # Errors
    /// What went wrong with the question; the rule set is then for nobody.
    pub fn applies_to(&self, subject: &Subject<'_>) -> Result<bool, Fault> {
        let asked = Asking::new(&self.scripts, subject).applies(&self.plan);
        asked.map_err(|Mistake { file, line, column, message }| Fault {
            rule: "applies_to".to_owned(),
            file,
            line,
            column,
            message,
        })
    }
}

#[cfg(test)]
impl RuleSet {
    /// The card of a lead as the interpreter alone makes it.
    pub(super) fn interpreted(&self, subject: &Subject<'_>) -> ScoreCard {
        let asking = Asking::new(&self.scripts, subject);
        asking.asking(Executors::Interpreter).card(&self.plan)
    }

    /// The same rule set with what is compiled changed.
    #[cfg(feature = "compiled")]
    pub(super) fn recompiled(mut self, change: impl FnMut(&mut super::code::Code)) -> Self {
        self.plan.questions().filter_map(|question| question.code.as_mut()).for_each(change);
        self
    }
}

impl Scorer for RuleSet {
    fn score(&self, subject: &Subject<'_>) -> ScoreCard {
        Asking::new(&self.scripts, subject).card(&self.plan)
    }

    fn applies(&self, subject: &Subject<'_>) -> bool {
        self.applies_to(subject).unwrap_or(false)
    }

    fn as_rules(&self) -> Option<&RuleSet> {
        Some(self)
    }
}
