//! What workers ask of a storage. Owns the role, and what a worker claims; knows nothing of what jobs do.

use std::time::Duration;

use async_trait::async_trait;
#[cfg(feature = "mocks")]
use mockall::automock;

use super::StorageError;
use crate::id::{JobId, Tenant, WorkerId};
use crate::job::{Attempt, Job, JobFilter, Lane, LaneCount, LaneKey, LaneState};
use crate::page::{Page, PageRequest};
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

/// A wish for jobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Who asks.
    pub worker: WorkerId,
    /// For which queues; of all tenants.
    pub queues: Vec<String>,
    /// At most so many, 1 to 256.
    pub limit: u32,
    /// For how long.
    pub lease: Duration,
    /// The present moment.
    pub now: Timestamp,
}

/// The queue. Called by workers.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Takes due jobs, those first that have been due longest, as far as their lanes allow: ready ones, and leased
    /// ones whose lease has run out. Each comes with its attempt counted and a new token. No lane starves another: every
    /// lane with due jobs and free slots gets its share of `limit`.
    async fn claim(&self, claim: &Claim) -> Result<Vec<Job>>;

    /// Prolongs leases, given as (job, token); returns those that still hold.
    async fn extend(&self, jobs: &[(JobId, i64)], until: Timestamp) -> Result<Vec<JobId>>;

    /// When the next ready job of these queues is due or the next lease runs out, whatever its lane says.
    async fn next_due(&self, queues: &[String]) -> Result<Option<Timestamp>>;

    /// A job by its id.
    async fn job(&self, tenant: Tenant, id: JobId) -> Result<Option<Job>>;

    /// A tenant's jobs, by id.
    async fn jobs(
        &self,
        tenant: Tenant,
        filter: &JobFilter,
        page: &PageRequest,
    ) -> Result<Page<Job>>;

    /// The tries of a job, the first first.
    async fn attempts(&self, tenant: Tenant, job: JobId) -> Result<Vec<Attempt>>;

    /// The tries in a lane, the latest first (by `at`, then id).
    async fn lane_attempts(&self, lane: &LaneKey, page: &PageRequest) -> Result<Page<Attempt>>;

    /// A lane's settings and state; none when nobody set it up.
    async fn lane(&self, key: &LaneKey) -> Result<Option<(Lane, LaneState)>>;

    /// The lanes of a tenant that have jobs, by key.
    async fn lane_counts(&self, tenant: Tenant) -> Result<Vec<LaneCount>>;
}
