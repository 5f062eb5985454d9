//! How saboteurs run the queue.

use std::collections::BTreeSet;

use async_trait::async_trait;
use leadbox_core::job::{Attempt, JobFilter, JobState, LaneCount, LaneState, Settlement};
use leadbox_core::storage::{
    Change, ChangeSet, Claim, JobFinish, JobStore, OnConflict, Storage, StorageError,
};
use leadbox_core::{ChangeSetId, Job, JobId, Lane, LaneKey, Page, PageRequest, Tenant, Timestamp};

use super::fault::Promise;
use super::saboteur::Saboteur;
use super::tamper::restored;

type Result<T> = std::result::Result<T, StorageError>;

impl Saboteur {
    /// Leased jobs of all tenants.
    async fn leased(&self) -> Result<BTreeSet<JobId>> {
        let filter = JobFilter { state: Some(JobState::Leased), ..JobFilter::default() };
        let (tenants, all) = (self.notes().tenants.clone(), PageRequest::first(PageRequest::MAX));
        let mut leased = BTreeSet::new();
        for tenant in tenants {
            let page = self.inner.jobs(tenant, &filter, &all).await?;
            leased.extend(page.items.iter().map(|job| job.work.id));
        }
        Ok(leased)
    }

    /// Takes what has been due longest, whatever its lane, and gives the rest back.
    async fn longest_due(&self, claim: &Claim) -> Result<Vec<Job>> {
        let mut jobs = Vec::new();
        loop {
            let claimed = self.inner.claim(&Claim { limit: 256, ..claim.clone() }).await?;
            if claimed.is_empty() {
                break;
            }
            jobs.extend(claimed);
        }
        jobs.sort_by_key(|job| (job.work.due_at, job.work.id));
        let rest = jobs.split_off(jobs.len().min(claim.limit as usize));
        let changes = rest.into_iter().map(|job| {
            Change::FinishJob(Box::new(JobFinish {
                tenant: job.work.lane.tenant,
                id: job.work.id,
                token: job.token,
                settlement: Settlement::Release,
                at: claim.now,
            }))
        });
        let id = ChangeSetId::from_uuid(claim.worker.uuid());
        let set = ChangeSet::new(id, claim.now, OnConflict::Fail, changes.collect());
        self.inner.commit(&set.expect("each job is released once")).await?;
        Ok(jobs)
    }
}

#[async_trait]
impl JobStore for Saboteur {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Job>> {
        let mut claim = claim.clone();
        if self.breaks(Promise::ClaimLimit) {
            claim.limit += 1;
        }
        if self.breaks(Promise::ClaimQueues) {
            claim.queues = self.notes().queues.iter().cloned().collect();
        }
        let leased = self.leased().await?;
        let mut jobs = if self.breaks(Promise::FairShare) {
            self.longest_due(&claim).await?
        } else {
            self.inner.claim(&claim).await?
        };
        if self.breaks(Promise::LeaseEnd) {
            jobs.retain(|job| !leased.contains(&job.work.id));
        }
        let mut notes = self.notes();
        notes.tokens.extend(jobs.iter().map(|job| (job.work.id, job.token)));
        if self.breaks(Promise::SingleClaim) {
            let again = std::mem::replace(&mut notes.claimed, jobs.clone());
            jobs.extend(again);
        }
        Ok(jobs.into_iter().map(restored).collect())
    }

    async fn extend(&self, jobs: &[(JobId, i64)], until: Timestamp) -> Result<Vec<JobId>> {
        let mut jobs = jobs.to_vec();
        if self.breaks(Promise::ExtendFence) {
            let notes = self.notes();
            for (id, token) in &mut jobs {
                *token = notes.tokens.get(id).copied().unwrap_or(*token);
            }
        }
        self.inner.extend(&jobs, until).await
    }

    async fn next_due(&self, queues: &[String]) -> Result<Option<Timestamp>> {
        self.inner.next_due(queues).await
    }

    async fn job(&self, tenant: Tenant, id: JobId) -> Result<Option<Job>> {
        for tenant in self.tenants_read("job", tenant) {
            if let Some(job) = self.inner.job(tenant, id).await? {
                return Ok(Some(restored(job)));
            }
        }
        Ok(None)
    }

    async fn jobs(
        &self,
        tenant: Tenant,
        filter: &JobFilter,
        request: &PageRequest,
    ) -> Result<Page<Job>> {
        let tenants = self.tenants_read("jobs", tenant);
        let mut page = self.inner.jobs(tenants[0], filter, request).await?;
        for other in &tenants[1..] {
            page.items.extend(self.inner.jobs(*other, filter, request).await?.items);
        }
        Ok(page.map(restored))
    }

    async fn attempts(&self, tenant: Tenant, job: JobId) -> Result<Vec<Attempt>> {
        let mut attempts = Vec::new();
        for tenant in self.tenants_read("attempts", tenant) {
            attempts.extend(self.inner.attempts(tenant, job).await?);
        }
        Ok(attempts)
    }

    async fn lane_attempts(&self, lane: &LaneKey, request: &PageRequest) -> Result<Page<Attempt>> {
        let tenants = self.tenants_read("lane_attempts", lane.tenant);
        let mut page = self.inner.lane_attempts(lane, request).await?;
        for tenant in &tenants[1..] {
            let other = LaneKey { tenant: *tenant, ..lane.clone() };
            page.items.extend(self.inner.lane_attempts(&other, request).await?.items);
        }
        Ok(page)
    }

    async fn lane(&self, key: &LaneKey) -> Result<Option<(Lane, LaneState)>> {
        for tenant in self.tenants_read("lane", key.tenant) {
            let key = LaneKey { tenant, ..key.clone() };
            if let Some((lane, state)) = self.inner.lane(&key).await? {
                let lane = self.notes().lanes.get(&key).cloned().unwrap_or(lane);
                return Ok(Some((lane, state)));
            }
        }
        Ok(None)
    }

    async fn lane_counts(&self, tenant: Tenant) -> Result<Vec<LaneCount>> {
        let mut counts = Vec::new();
        for tenant in self.tenants_read("lane_counts", tenant) {
            counts.extend(self.inner.lane_counts(tenant).await?);
        }
        Ok(counts)
    }
}
