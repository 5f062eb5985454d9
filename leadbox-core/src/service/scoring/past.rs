//! Leads as they were known at a moment before. Owns the way back: what was told of a lead since is taken back, and what was not heard of by then
//! is left out. Nothing that came later has a way in.

use std::collections::HashMap;

use super::super::LeadBox;
use super::kept::MOST_INTERACTIONS;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::{Event, EventType, Subject};
use crate::id::LeadId;
use crate::interaction::{Interaction, Suspicion};
use crate::lead::{Lead, settle};
use crate::page::PageRequest;
use crate::pipeline::Stay;
use crate::storage::EventFilter;
use crate::time::Timestamp;

/// So many events of each lead are read at once.
const EVENTS: u32 = 200;

/// A lead and what had happened with it, as both were known at a moment.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) at: Timestamp,
    pub(super) lead: Lead,
    pub(super) interactions: Vec<Interaction>,
}

impl LeadBox {
    /// Puts all that was told into the log, so that the way back is there.
    pub(super) async fn tell_all(&self) -> Result<()> {
        while self.storage().sequence(1000).await?.more {}
        Ok(())
    }

    /// All stays of leads.
    pub(super) async fn stays_by_lead(
        &self,
        leads: &[LeadId],
    ) -> Result<HashMap<LeadId, Vec<Stay>>> {
        let mut stays: HashMap<LeadId, Vec<Stay>> = HashMap::new();
        for stay in self.storage().stays(self.scope(), leads).await? {
            stays.entry(stay.lead).or_default().push(stay);
        }
        Ok(stays)
    }

    /// Leads as they were known, each at its moment, in the same order; those that nobody had heard of yet are missing. What was told has to be in the
    /// log: see [`tell_all`](Self::tell_all).
    pub(super) async fn known(
        &self,
        wanted: Vec<(Lead, Timestamp)>,
        mut stays: HashMap<LeadId, Vec<Stay>>,
    ) -> Result<Vec<Known>> {
        let (storage, tenant) = (self.storage(), self.tenant());
        let catalog = self.catalog().await?;
        let ids: Vec<LeadId> = wanted.iter().map(|(lead, _)| lead.id).collect();
        let mut events: HashMap<LeadId, Vec<Event>> = HashMap::new();
        for event in storage.latest_events(tenant, &ids, EVENTS).await? {
            events.entry(event.subject.id.into()).or_default().push(event);
        }
        let mut interactions = self.happened(&ids).await?;
        let mut known = Vec::with_capacity(wanted.len());
        for (lead, at) in wanted {
            let mut later = events.remove(&lead.id).unwrap_or_default();
            let is_cut = later.len() >= EVENTS as usize && later.iter().all(|event| event.at > at);
            later.retain(|event| event.at > at);
            if is_cut {
                later = self.events_since(lead.id, at).await?;
            }
            if later.iter().any(|event| event.kind == EventType::LEAD_CAPTURED) {
                continue;
            }
            let mut recent = interactions.remove(&lead.id).unwrap_or_default();
            let was_marked = later.iter().any(|event| event.kind == EventType::INTERACTION_MARKED);
            if was_marked || recent.len() >= MOST_INTERACTIONS as usize {
                recent = self.heard_of(lead.id, at, &later).await?;
            }
            recent.retain(|one| one.received_at <= at);
            recent.truncate(MOST_INTERACTIONS as usize);
            let of_lead = stays.remove(&lead.id).unwrap_or_default();
            let lead = back(lead, at, &later, &of_lead, &catalog);
            known.push(Known { at, lead, interactions: recent });
        }
        Ok(known)
    }

    /// What was told of a lead behind a moment, the latest first.
    async fn events_since(&self, lead: LeadId, at: Timestamp) -> Result<Vec<Event>> {
        let filter = EventFilter { subject: Some(Subject::lead(lead)), ..EventFilter::default() };
        let (mut page, mut later) = (PageRequest::first(EVENTS), Vec::new());
        loop {
            let found = self.storage().events(self.scope(), &filter, &page).await?;
            let is_whole = found.items.iter().all(|event| event.at > at);
            later.extend(found.items.into_iter().filter(|event| event.at > at));
            match found.next {
                Some(next) if is_whole => page.after = Some(next),
                _ => return Ok(later),
            }
        }
    }

    /// What had happened and was heard of by a moment and was not suspect then, the latest first. `later` is what was told since.
    async fn heard_of(
        &self,
        lead: LeadId,
        at: Timestamp,
        later: &[Event],
    ) -> Result<Vec<Interaction>> {
        let (mut page, mut heard) = (PageRequest::first(500), Vec::new());
        loop {
            let found = self.storage().interactions(self.scope(), lead, &page).await?;
            heard.extend(found.items.into_iter().filter(|one| one.received_at <= at));
            match found.next {
                Some(next) if heard.len() < 2 * MOST_INTERACTIONS as usize => {
                    page.after = Some(next);
                }
                _ => break,
            }
        }
        for event in later.iter().filter(|event| event.kind == EventType::INTERACTION_MARKED) {
            let payload = event.payload()?;
            let is_of = payload.data.get("interaction").and_then(|id| id.as_str()?.parse().ok());
            let was_clear = payload.data.get("suspect").and_then(serde_json::Value::as_bool);
            for one in heard.iter_mut().filter(|one| Some(one.id) == is_of) {
                one.suspicion = match was_clear {
                    Some(true) => Suspicion::Clear,
                    _ => Suspicion::Suspect,
                };
            }
        }
        heard.retain(|one| one.suspicion == Suspicion::Clear);
        Ok(heard)
    }
}

/// A lead as it was, by what was told since, the latest first, and its stays.
fn back(mut lead: Lead, at: Timestamp, later: &[Event], stays: &[Stay], catalog: &Catalog) -> Lead {
    for event in later {
        lead.go_back(event, catalog);
    }
    settle(&mut lead, catalog);
    let was_open = |stay: &&Stay| {
        stay.stage == lead.stage
            && stay.entered_at <= at
            && stay.left_at.is_none_or(|left| left > at)
    };
    let entered = stays.iter().filter(was_open).map(|stay| stay.entered_at).max();
    lead.stage_since = entered.unwrap_or(lead.created_at);
    lead
}
