//! Rules that are not in force, as if they were. Owns their place among the others; what they are held against is others' business.

use std::sync::Arc;

use super::super::LeadBox;
use super::publish::{for_all_last, place};
use crate::error::{Error, Invalid, Result};
use crate::key::RuleSetKey;
use crate::scoring::{LoadError, RuleSet, RuleSetVersion, RuleSource, Scorer, Scorers};

/// Rules to be tried: in the place of the rule set's version that is in force, or behind the others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Candidate {
    /// What is in force.
    #[default]
    InForce,
    /// What somebody works on in a rule set.
    Draft(RuleSetKey),
    /// A version that was published.
    Version(RuleSetVersion),
    /// A script, with the files beside it, as the rule set of this key.
    Script(RuleSetKey, RuleSource),
    /// A script, with the files beside it, as if nothing else were in force.
    Alone(RuleSource),
}

impl LeadBox {
    /// The scorers as they would be with a candidate in force. Its version is 0 while it was not published.
    pub(super) async fn scorers_by(&self, candidate: &Candidate) -> Result<Arc<Scorers>> {
        let (id, rules) = match candidate {
            Candidate::InForce => return self.scorers().await,
            Candidate::Alone(source) => {
                let rules = self.drafted(source).await?.map_err(mistakes)?;
                return Ok(Arc::new(Scorers::host(Arc::new(rules))));
            }
            Candidate::Version(id) => {
                let published = self.published_rules(id).await?;
                let absent = || Error::not_found("version", format!("{}@{}", id.set, id.version));
                (id.clone(), self.as_written(&published.ok_or_else(absent)?.source()))
            }
            Candidate::Draft(set) => {
                let (_, sheet) = self.rules().known_sheet(set).await?;
                let draft = sheet.draft.ok_or_else(|| Error::not_found("draft of", set))?;
                (
                    RuleSetVersion { set: set.clone(), version: 0 },
                    self.drafted(&draft.source()).await?,
                )
            }
            Candidate::Script(set, source) => {
                (RuleSetVersion { set: set.clone(), version: 0 }, self.drafted(source).await?)
            }
        };
        self.scorers_with(id, Arc::new(rules.map_err(mistakes)?)).await
    }

    async fn scorers_with(&self, id: RuleSetVersion, rules: Arc<RuleSet>) -> Result<Arc<Scorers>> {
        let (_, mut book) = self.rule_book().await?;
        place(&mut book, id.clone());
        let mut sets = Vec::with_capacity(book.in_force.len());
        for one in book.in_force {
            let known = match one == id {
                true => Arc::clone(&rules),
                false => self.loaded_rules(&one).await?.ok_or_else(|| {
                    let says = format!("'{}' is in force and cannot be read here", one.set);
                    Invalid::one("rules", says)
                })?,
            };
            sets.push((one, known));
        }
        for_all_last(&mut sets, |rules: &Arc<RuleSet>| rules.is_for_all())?;
        let sets = sets.into_iter().map(|(id, rules)| (id, rules as Arc<dyn Scorer>));
        Ok(Arc::new(Scorers::of_sets(book.edition.max(1), sets)))
    }
}

/// Mistakes of a script, as those of an input.
pub(super) fn mistakes(error: LoadError) -> Error {
    let mut invalid = Invalid::default();
    for mistake in error.mistakes {
        invalid.push("script", mistake);
    }
    invalid.into()
}
