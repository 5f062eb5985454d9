//! The log and its consumers. Owns reading by position and the leases; positions are given inside the commit.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use uuid::Uuid;

use super::MemoryStorage;
use super::paging::{Ordered, number_key, page};
use super::state::{ConsumerRecord, State};
use crate::event::{ChainHead, Event, Position, Subject};
use crate::filter::Direction;
use crate::id::{LeadId, Tenant, WorkerId};
use crate::page::{Page, PageRequest};
use crate::scope::{Owners, Scope};
use crate::storage::{
    ConsumerLease, ConsumerStart, ConsumerState, EventFilter, LeadSample, LogStore, Sequenced,
    StorageError,
};
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

/// The moment `ttl` later; the end of time when that is beyond it.
pub(super) fn later(now: Timestamp, ttl: Duration) -> Timestamp {
    TimeDelta::from_std(ttl)
        .ok()
        .and_then(|ttl| now.checked_add_signed(ttl))
        .unwrap_or(Timestamp::MAX_UTC)
}

impl State {
    fn shows(&self, scope: &Scope, filter: &EventFilter, event: &Event) -> bool {
        event.tenant == scope.tenant
            && filter.subject.is_none_or(|subject| {
                event.subject == subject || self.subject_kept(event) == Some(subject)
            })
            && (filter.kinds.is_empty() || filter.kinds.contains(&event.kind))
            && (filter.actor.is_none() || event.actor.id == filter.actor)
            && (scope.owners == Owners::All
                || event.lead().is_some_and(|lead| self.seen_kept(scope, lead).is_some()))
    }

    /// The lead into which the one was merged that an event is about.
    fn subject_kept(&self, event: &Event) -> Option<Subject> {
        let lead = self.leads.get(&(event.tenant, event.lead()?))?;
        lead.row.lead.merged_into.map(Subject::lead)
    }

    fn lease_consumer(
        &mut self,
        consumer: &str,
        worker: WorkerId,
        start: ConsumerStart,
        now: Timestamp,
        ttl: Duration,
    ) -> Option<ConsumerLease> {
        let mut record = self.consumers.get(consumer).cloned().unwrap_or_else(|| ConsumerRecord {
            cursor: match start {
                ConsumerStart::Beginning => Position(0),
                ConsumerStart::Now => self.head.position,
            },
            ..ConsumerRecord::default()
        });
        match record.held {
            Some((holder, _)) if holder == worker => {}
            Some((_, until)) if until > now => return None,
            _ => record.token += 1,
        }
        let until = later(now, ttl);
        record.held = Some((worker, until));
        let lease = ConsumerLease {
            consumer: consumer.to_owned(),
            token: record.token,
            cursor: record.cursor,
            until,
        };
        self.consumers.put(consumer.to_owned(), record);
        self.keep();
        Some(lease)
    }
}

#[async_trait]
impl LogStore for MemoryStorage {
    async fn head(&self) -> Result<ChainHead> {
        Ok(self.state().head)
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>> {
        let state = self.state();
        Ok(state
            .log
            .iter()
            .filter(|event| event.position > after)
            .take(limit as usize)
            .cloned()
            .collect())
    }

    async fn events(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        request: &PageRequest,
    ) -> Result<Page<Event>> {
        let state = self.state();
        let rows = state
            .log
            .iter()
            .filter(|event| state.shows(scope, filter, event))
            .map(|event| Ordered {
                key: number_key(event.position.0),
                id: event.id.uuid().into_bytes(),
                row: event.clone(),
            })
            .collect();
        page(rows, "events", Direction::Descending, request)
    }

    async fn latest_events(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Event>> {
        let (state, mut latest) = (self.state(), Vec::new());
        for lead in leads.iter().collect::<BTreeSet<_>>() {
            let about = |event: &&Event| event.tenant == tenant && event.lead() == Some(*lead);
            latest.extend(state.log.iter().rev().filter(about).take(most as usize).cloned());
        }
        Ok(latest)
    }

    async fn leads_of_actor(&self, scope: &Scope, actor: Uuid) -> Result<Vec<LeadId>> {
        let (state, filter) = (self.state(), EventFilter::by(actor));
        let shown = state.log.iter().rev().filter(|event| state.shows(scope, &filter, event));
        let mut seen = HashSet::new();
        Ok(shown.filter_map(|event| event.lead()).filter(|lead| seen.insert(*lead)).collect())
    }

    async fn sample_of_actor(
        &self,
        tenant: Tenant,
        actor: Uuid,
        most: usize,
    ) -> Result<LeadSample> {
        let (state, filter) = (self.state(), EventFilter::by(actor));
        let scope = Scope::all(tenant);
        let events: Vec<_> = state
            .log
            .iter()
            .filter(|event| state.shows(&scope, &filter, event) && event.subject.id != actor)
            .collect();
        let leads: BTreeSet<LeadId> = events.iter().filter_map(|event| event.lead()).collect();
        Ok(LeadSample::of(events.len() as u64, leads.into_iter().collect(), most))
    }

    async fn sequence(&self, _limit: u32) -> Result<Sequenced> {
        Ok(Sequenced::default())
    }

    async fn lease_consumer<'a>(
        &self,
        consumer: &'a str,
        worker: WorkerId,
        start: ConsumerStart,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<ConsumerLease>> {
        Ok(self.state().lease_consumer(consumer, worker, start, now, ttl))
    }

    async fn release_consumer(&self, lease: &ConsumerLease) -> Result<()> {
        let mut state = self.state();
        if state.consumers.get(&lease.consumer).is_some_and(|record| record.token == lease.token) {
            state.consumers.change(&lease.consumer, |record| record.held = None);
            state.keep();
        }
        Ok(())
    }

    async fn consumers(&self) -> Result<Vec<ConsumerState>> {
        let state = self.state();
        let consumers = state.consumers.iter().map(|(name, record)| ConsumerState {
            consumer: name.clone(),
            cursor: record.cursor,
            leased_until: record.held.map(|(_, until)| until),
        });
        Ok(consumers.collect())
    }
}
