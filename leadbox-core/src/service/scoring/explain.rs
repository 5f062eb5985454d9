//! Why a lead has the score that it has, now or at a moment before. Owns the way back to what was known of a lead then.

use super::kept::{MOST_INTERACTIONS, score};
use super::verbs::Rules;
use crate::error::{Error, Result};
use crate::event::{Event, EventType, Subject};
use crate::id::LeadId;
use crate::interaction::{Interaction, Suspicion};
use crate::lead::{Lead, settle};
use crate::page::{Page, PageRequest};
use crate::pipeline::Stay;
use crate::scoring::{RuleSetVersion, ScoreCard, ScoreRecord, Scored, Scorers};
use crate::storage::EventFilter;
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
        let now = self.leadbox.now();
        let at = as_of.unwrap_or(now);
        let stored = self.leadbox.leads().stored(lead).await?;
        let stored = stored.ok_or_else(|| Error::not_found("lead", lead))?;
        let (lead, interactions) = match as_of {
            Some(at) if at < now => self.as_of(stored.lead, at).await?,
            _ => {
                let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
                let of_lead = [stored.lead.id];
                let found =
                    storage.recent_interactions(tenant, &of_lead, MOST_INTERACTIONS).await?;
                (stored.lead, found)
            }
        };
        let catalog = self.leadbox.catalog().await?;
        let Scored { card, set, applies } = score(scorers, &catalog, &lead, &interactions, at);
        Ok(Explanation { lead: lead.id, card, edition: scorers.edition(), set, applies })
    }

    /// How a lead's score changed, the latest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn history(&self, lead: LeadId, page: &PageRequest) -> Result<Page<ScoreRecord>> {
        let scope = self.leadbox.scope();
        Ok(self.leadbox.storage().score_records(scope, lead, page).await?)
    }

    /// A lead, and what had happened with it, as both were known at a moment.
    async fn as_of(&self, mut lead: Lead, at: Timestamp) -> Result<(Lead, Vec<Interaction>)> {
        if lead.created_at > at {
            return Err(Error::not_found("lead", lead.id));
        }
        let catalog = self.leadbox.catalog().await?;
        let later = self.events_since(lead.id, at).await?;
        for event in &later {
            lead.go_back(event, &catalog);
        }
        settle(&mut lead, &catalog);
        lead.stage_since = self.stage_since(&lead, at).await?;
        let mut interactions = self.known_by(lead.id, at).await?;
        for event in later.iter().filter(|event| event.kind == EventType::INTERACTION_MARKED) {
            let payload = event.payload()?;
            let is_of = payload.data.get("interaction").and_then(|id| id.as_str()?.parse().ok());
            let was_clear = payload.data.get("suspect").and_then(serde_json::Value::as_bool);
            for one in interactions.iter_mut().filter(|one| Some(one.id) == is_of) {
                one.suspicion = match was_clear {
                    Some(true) => Suspicion::Clear,
                    _ => Suspicion::Suspect,
                };
            }
        }
        interactions.retain(|one| one.suspicion == Suspicion::Clear);
        interactions.truncate(MOST_INTERACTIONS as usize);
        Ok((lead, interactions))
    }

    /// Since when a lead, as it was at a moment, had been in its stage.
    async fn stage_since(&self, lead: &Lead, at: Timestamp) -> Result<Timestamp> {
        let stays = self.leadbox.storage().stays(self.leadbox.scope(), lead.id).await?;
        let was_open = |stay: &&Stay| {
            stay.stage == lead.stage
                && stay.entered_at <= at
                && stay.left_at.is_none_or(|left| left > at)
        };
        let entered = stays.iter().filter(was_open).map(|stay| stay.entered_at).max();
        Ok(entered.unwrap_or(lead.created_at))
    }

    /// What was told of a lead behind a moment, the latest first.
    async fn events_since(&self, lead: LeadId, at: Timestamp) -> Result<Vec<Event>> {
        let storage = self.leadbox.storage();
        storage.sequence(1000).await?;
        let filter = EventFilter { subject: Some(Subject::lead(lead)), ..EventFilter::default() };
        let (mut page, mut later) = (PageRequest::first(200), Vec::new());
        loop {
            let found = storage.events(self.leadbox.scope(), &filter, &page).await?;
            let is_whole = found.items.iter().all(|event| event.at > at);
            later.extend(found.items.into_iter().filter(|event| event.at > at));
            match found.next {
                Some(next) if is_whole => page.after = Some(next),
                _ => return Ok(later),
            }
        }
    }

    /// What had happened and was heard of by a moment, suspect or not, the latest first.
    async fn known_by(&self, lead: LeadId, at: Timestamp) -> Result<Vec<Interaction>> {
        let (mut page, mut known) = (PageRequest::first(500), Vec::new());
        loop {
            let scope = self.leadbox.scope();
            let found = self.leadbox.storage().interactions(scope, lead, &page).await?;
            known.extend(found.items.into_iter().filter(|one| one.received_at <= at));
            match found.next {
                Some(next) if known.len() < 2 * MOST_INTERACTIONS as usize => {
                    page.after = Some(next);
                }
                _ => return Ok(known),
            }
        }
    }
}
