//! Why a lead has the score that it has, now or at a moment before, or would have if something were otherwise. Owns the questions; the way
//! back is `past`'s.

use uuid::Uuid;

use super::candidate::Candidate;
use super::kept::{MOST_INTERACTIONS, score};
use super::past::Known;
use super::verbs::Rules;
use crate::access::Capability;
use crate::catalog::Catalog;
use crate::error::{Error, Invalid, Result};
use crate::id::{InteractionId, LeadId};
use crate::lead::{LeadPatch, settle};
use crate::page::{Page, PageRequest};
use crate::scoring::{RuleSetVersion, ScoreCard, ScoreRecord, Scored, Scorers};
use crate::service::NewInteraction;
use crate::time::Timestamp;

/// A lead's card, by the rules that are in force.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// The lead: another one than was asked for, where that was merged into it.
    pub lead: LeadId,
    /// Every reason.
    pub card: ScoreCard,
    /// The edition of the rules; 0 when there are none.
    pub edition: i64,
    /// The rule set that was for this lead; none for a scorer of another kind.
    pub set: Option<RuleSetVersion>,
    /// Whether any rules were for this lead.
    pub applies: bool,
}

/// What is supposed of a lead.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WhatIf {
    /// By which rules; those in force, unless others are named.
    pub by: Candidate,
    /// At which moment; now, unless another is named.
    pub as_of: Option<Timestamp>,
    /// Fields that it would have.
    pub patch: LeadPatch,
    /// What would have happened with it besides.
    pub happened: Vec<NewInteraction>,
}

/// A lead's card as it is, and as it would be.
#[derive(Clone, PartialEq, Debug)]
pub struct Supposed {
    /// As it is, by the rules in force.
    pub before: Explanation,
    /// As it would be.
    pub after: Explanation,
}

impl Rules<'_> {
    /// Why a lead has the score that it has, by the rules in force.
    ///
    /// At an earlier moment: the score that these rules give to what was known of the lead then. What had not been heard of by
    /// then does not count, and what was marked as suspect later does. What happened with leads that were merged into it since counts as
    /// its own. At a moment to come: what will be left, if nothing happens.
    ///
    /// # Errors
    /// `NotFound` when there is no such lead, or was none yet; `Storage`.
    pub async fn explain(&self, lead: LeadId, as_of: Option<Timestamp>) -> Result<Explanation> {
        let scorers = self.leadbox.scorers().await?;
        self.explain_by(&scorers, lead, as_of).await
    }

    /// The same by rules that need not be in force. Nothing is written.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn explain_by(
        &self,
        scorers: &Scorers,
        lead: LeadId,
        as_of: Option<Timestamp>,
    ) -> Result<Explanation> {
        let known = self.subject(lead, as_of).await?;
        Ok(Explanation::of(scorers, &*self.leadbox.catalog().await?, &known))
    }

    /// How a lead's score changed, the latest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn history(&self, lead: LeadId, page: &PageRequest) -> Result<Page<ScoreRecord>> {
        let scope = self.leadbox.scope();
        Ok(self.leadbox.storage().score_records(scope, lead, page).await?)
    }

    /// What a lead would be worth if something were otherwise: by other rules, with other fields, or if more had happened. Nothing is
    /// written. Other rules than those in force are for whoever manages rules.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there is no such lead, or was none yet; `Invalid` when a field or an interaction is not one, or
    /// the rules have mistakes; `Storage`.
    pub async fn what_if(&self, lead: LeadId, what_if: &WhatIf) -> Result<Supposed> {
        if what_if.by != Candidate::InForce {
            self.leadbox.rights().require_capability(Capability::RulesManage)?;
        }
        let mut known = self.subject(lead, what_if.as_of).await?;
        let scorers = self.leadbox.scorers_by(&what_if.by).await?;
        let catalog = self.leadbox.catalog().await?;
        let before = Explanation::of(&*self.leadbox.scorers().await?, &catalog, &known);
        let Known { at, lead, interactions } = &mut known;
        let mut invalid = Invalid::default();
        if let Err(wrong) = what_if.patch.apply(lead, &catalog, *at) {
            for issue in wrong.issues {
                invalid.push(format!("patch.set.{}", issue.field), issue.message);
            }
        }
        settle(lead, &catalog);
        for (place, new) in what_if.happened.iter().enumerate() {
            let id = InteractionId::from_uuid(Uuid::from_u128(place as u128));
            match new.interaction(id, lead, *at) {
                Ok(one) => interactions.push(one),
                Err(wrong) => {
                    for issue in wrong.issues {
                        invalid.push(format!("happened.{place}.{}", issue.field), issue.message);
                    }
                }
            }
        }
        invalid.or(())?;
        Ok(Supposed { before, after: Explanation::of(&scorers, &catalog, &known) })
    }

    /// A lead and what happened with it: as both are, or as they were known at a moment before.
    async fn subject(&self, lead: LeadId, as_of: Option<Timestamp>) -> Result<Known> {
        let now = self.leadbox.now();
        let stored = self.leadbox.leads().stored(lead).await?;
        let lead = stored.ok_or_else(|| Error::not_found("lead", lead))?.lead;
        let (id, at) = (lead.id, as_of.unwrap_or(now));
        if at >= now {
            let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
            let interactions =
                storage.recent_interactions(tenant, &[id], MOST_INTERACTIONS).await?;
            return Ok(Known { at, lead, interactions });
        }
        self.leadbox.tell_all().await?;
        let stays = self.leadbox.stays_by_lead(&[id]).await?;
        let known = self.leadbox.known(vec![(lead, at)], stays).await?.pop();
        known.ok_or_else(|| Error::not_found("lead", id))
    }
}

impl Explanation {
    /// What scorers make of a lead.
    fn of(scorers: &Scorers, catalog: &Catalog, known: &Known) -> Self {
        let Known { at, lead, interactions } = known;
        let Scored { card, set, applies } = score(scorers, catalog, lead, interactions, *at);
        Self { lead: lead.id, card, edition: scorers.edition(), set, applies }
    }
}
