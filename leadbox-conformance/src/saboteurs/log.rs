//! How saboteurs keep the log and its consumers.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use leadbox_core::event::{ChainHash, ChainHead, Event};
use leadbox_core::storage::{
    ConsumerLease, ConsumerStart, ConsumerState, EventFilter, LeadSample, LogStore, Sequenced,
    StorageError,
};
use leadbox_core::{LeadId, Page, PageRequest, Position, Scope, Tenant, Timestamp, WorkerId};
use uuid::Uuid;

use super::fault::Promise;
use super::saboteur::Saboteur;

type Result<T> = std::result::Result<T, StorageError>;

impl Saboteur {
    /// The log as this storage has it.
    async fn whole_log(&self) -> Result<Vec<Event>> {
        let mut log = self.inner.events_after(Position(0), u32::MAX).await?;
        if self.breaks(Promise::LogOrder) {
            for pair in log.chunks_exact_mut(2) {
                pair.swap(0, 1);
            }
            let mut head = ChainHead::default();
            for event in &mut log {
                head = head.extend(&event.fact.commitment);
                (event.position, event.chain) = (head.position, head.chain);
            }
        }
        if self.breaks(Promise::GaplessLog) && log.len() > 3 {
            log.remove(2);
        }
        if self.breaks(Promise::Chain)
            && let Some(event) = log.get_mut(3)
        {
            event.chain = ChainHash::default();
        }
        Ok(log)
    }
}

#[async_trait]
impl LogStore for Saboteur {
    async fn head(&self) -> Result<ChainHead> {
        let log = self.whole_log().await?;
        let head =
            log.last().map(|event| ChainHead { position: event.position, chain: event.chain });
        Ok(head.unwrap_or_default())
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>> {
        let log = self.whole_log().await?;
        Ok(log.into_iter().filter(|event| event.position > after).take(limit as usize).collect())
    }

    async fn events(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        request: &PageRequest,
    ) -> Result<Page<Event>> {
        let scopes = self.scopes_read("events", scope);
        let mut page = self.inner.events(&scopes[0], filter, request).await?;
        for other in &scopes[1..] {
            page.items.extend(self.inner.events(other, filter, request).await?.items);
        }
        Ok(page)
    }

    async fn latest_events(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Event>> {
        let mut latest = Vec::new();
        for tenant in self.tenants_read("latest_events", tenant) {
            latest.extend(self.inner.latest_events(tenant, leads, most).await?);
        }
        Ok(latest)
    }

    async fn leads_of_actor(&self, scope: &Scope, actor: Uuid) -> Result<Vec<LeadId>> {
        let mut leads = Vec::new();
        for scope in self.scopes_read("leads_of_actor", scope) {
            leads.extend(self.inner.leads_of_actor(&scope, actor).await?);
        }
        Ok(leads)
    }

    async fn sample_of_actor(
        &self,
        tenant: Tenant,
        actor: Uuid,
        most: usize,
    ) -> Result<LeadSample> {
        let mut sample = LeadSample::default();
        for tenant in self.tenants_read("sample_of_actor", tenant) {
            let more = self.inner.sample_of_actor(tenant, actor, most).await?;
            sample.count += more.count;
            sample.some.extend(more.some);
        }
        Ok(sample)
    }

    async fn sequence(&self, limit: u32) -> Result<Sequenced> {
        self.inner.sequence(limit).await
    }

    async fn lease_consumer<'a>(
        &self,
        consumer: &'a str,
        worker: WorkerId,
        start: ConsumerStart,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<ConsumerLease>> {
        if self.breaks(Promise::RenewalToken)
            && let Some(held) = self.inner.lease_consumer(consumer, worker, start, now, ttl).await?
        {
            let stranger = WorkerId::from_uuid(Uuid::from_u128(0xbad));
            self.inner.release_consumer(&held).await?;
            self.inner.lease_consumer(consumer, stranger, start, now, Duration::ZERO).await?;
        }
        let mut lease = self.inner.lease_consumer(consumer, worker, start, now, ttl).await?;
        if lease.is_none() && self.breaks(Promise::ConsumerHeld) {
            let later = now + TimeDelta::days(1);
            lease = self.inner.lease_consumer(consumer, worker, start, later, ttl).await?;
        }
        if lease.is_some() {
            self.notes().lease.clone_from(&lease);
        }
        Ok(lease)
    }

    async fn release_consumer(&self, lease: &ConsumerLease) -> Result<()> {
        if self.breaks(Promise::Release) {
            return Ok(());
        }
        self.inner.release_consumer(lease).await
    }

    async fn consumers(&self) -> Result<Vec<ConsumerState>> {
        self.inner.consumers().await
    }
}
