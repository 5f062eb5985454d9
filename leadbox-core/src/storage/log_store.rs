//! What consumers, timelines and the audit ask of a storage. Owns the role, and how far a consumer is; knows nothing of what events say.

use std::time::Duration;

use async_trait::async_trait;
#[cfg(feature = "mocks")]
use mockall::automock;
use uuid::Uuid;

use super::{EventFilter, LeadSample, StorageError};
use crate::event::{ChainHead, Event, Position};
use crate::id::{LeadId, Tenant, WorkerId};
use crate::page::{Page, PageRequest};
use crate::scope::Scope;
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

/// How far events were put into the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sequenced {
    /// How many got their position now.
    pub count: u64,
    /// Whether more are waiting.
    pub more: bool,
}

/// Where a consumer that is new begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsumerStart {
    /// Before the first event.
    Beginning,
    /// Behind the last event there is.
    Now,
}

/// The right to move a consumer on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerLease {
    /// The consumer.
    pub consumer: String,
    /// Raised whenever the lease goes to another worker: whoever holds an older one has lost it.
    pub token: i64,
    /// How far it has come.
    pub cursor: Position,
    /// Until when the lease holds.
    pub until: Timestamp,
}

/// How far a consumer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerState {
    /// The consumer.
    pub consumer: String,
    /// How far it has come.
    pub cursor: Position,
    /// Until when somebody holds it, if anybody.
    pub leased_until: Option<Timestamp>,
}

/// The log. Called by consumers, timelines and the audit.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Where the log ends.
    async fn head(&self) -> Result<ChainHead>;

    /// Events of all tenants behind `after`, in order, without gaps.
    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>>;

    /// A tenant's events, the latest first. For a scope that does not see all owners, only events about leads that it
    /// sees now; a lead that was merged into another is seen by who sees that.
    async fn events(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        page: &PageRequest,
    ) -> Result<Page<Event>>;

    /// The latest events about each of these leads, at most `most` of each: those of one lead together, the latest first. Not
    /// those about leads that were merged into it.
    async fn latest_events(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Event>>;

    /// The leads that events by this actor are about, as far as [`events`](Self::events) shows those: each once, the one that
    /// it changed last first.
    async fn leads_of_actor(&self, scope: &Scope, actor: Uuid) -> Result<Vec<LeadId>>;

    /// How many events by this actor there are, but for those about itself, and the leads of at most `most` of them, that lie
    /// evenly among all: what `leads_of_actor` says of few, of very many too. Of all owners.
    async fn sample_of_actor(&self, tenant: Tenant, actor: Uuid, most: usize)
    -> Result<LeadSample>;

    /// Gives positions to committed events that have none yet, at most `limit`. Nothing to do where commits do it.
    async fn sequence(&self, limit: u32) -> Result<Sequenced>;

    /// Takes or renews the lease of a consumer; none while another worker holds it. A new consumer begins at `start`.
    async fn lease_consumer<'a>(
        &self,
        consumer: &'a str,
        worker: WorkerId,
        start: ConsumerStart,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<ConsumerLease>>;

    /// Gives a lease back, so that another worker need not wait for its end.
    async fn release_consumer(&self, lease: &ConsumerLease) -> Result<()>;

    /// All consumers, by name.
    async fn consumers(&self) -> Result<Vec<ConsumerState>>;
}
