//! The queue as workers and people see it. Owns leases and look-ups; which jobs start is decided in `claim`.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::MemoryStorage;
use super::paging::{Ordered, number_key, page};
use super::state::JobRecord;
use crate::filter::Direction;
use crate::id::{JobId, Tenant};
use crate::job::{Attempt, Job, JobFilter, JobState, Lane, LaneCount, LaneKey, LaneState};
use crate::page::{Page, PageRequest};
use crate::storage::{Claim, JobStore, StorageError};
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

fn passes(job: &Job, tenant: Tenant, filter: &JobFilter) -> bool {
    let lane = &job.work.lane;
    lane.tenant == tenant
        && filter.queue.as_ref().is_none_or(|queue| lane.queue == *queue)
        && filter.lane.as_ref().is_none_or(|name| lane.name == *name)
        && filter.state.is_none_or(|state| job.state == state)
}

#[async_trait]
impl JobStore for MemoryStorage {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Job>> {
        Ok(self.state().claim(claim))
    }

    async fn extend(&self, jobs: &[(JobId, i64)], until: Timestamp) -> Result<Vec<JobId>> {
        let mut state = self.state();
        let held: Vec<JobId> = jobs
            .iter()
            .filter(|(id, token)| {
                state.jobs.get(id).is_some_and(|JobRecord { job, .. }| {
                    job.state == JobState::Leased && job.token == *token
                })
            })
            .map(|(id, _)| *id)
            .collect();
        for id in &held {
            state.jobs.change(id, |record| record.job.lease_until = Some(until));
        }
        state.keep();
        Ok(held)
    }

    async fn next_due(&self, queues: &[String]) -> Result<Option<Timestamp>> {
        let state = self.state();
        let moments = state
            .jobs
            .values()
            .filter(|record| queues.contains(&record.job.work.lane.queue))
            .filter_map(|JobRecord { job, .. }| match job.state {
                JobState::Ready => Some(job.work.due_at),
                JobState::Leased => job.lease_until,
                JobState::Waiting | JobState::Parked => None,
            });
        Ok(moments.min())
    }

    async fn job(&self, tenant: Tenant, id: JobId) -> Result<Option<Job>> {
        let state = self.state();
        let found = state.jobs.get(&id).filter(|record| record.job.work.lane.tenant == tenant);
        Ok(found.map(|record| record.job.clone()))
    }

    async fn jobs(
        &self,
        tenant: Tenant,
        filter: &JobFilter,
        request: &PageRequest,
    ) -> Result<Page<Job>> {
        let state = self.state();
        let rows = state
            .jobs
            .values()
            .filter(|record| passes(&record.job, tenant, filter))
            .map(|JobRecord { job, .. }| Ordered {
                key: Vec::new(),
                id: job.work.id.uuid().into_bytes(),
                row: job.clone(),
            })
            .collect();
        page(rows, "jobs", Direction::Ascending, request)
    }

    async fn attempts(&self, tenant: Tenant, job: JobId) -> Result<Vec<Attempt>> {
        let state = self.state();
        let of_job = state
            .attempts
            .values()
            .filter(|attempt| attempt.job == job && attempt.lane.tenant == tenant);
        let mut attempts: Vec<Attempt> = of_job.cloned().collect();
        attempts.sort_by_key(|attempt| (attempt.number, attempt.at, attempt.id));
        Ok(attempts)
    }

    async fn lane_attempts(&self, lane: &LaneKey, request: &PageRequest) -> Result<Page<Attempt>> {
        let state = self.state();
        let rows = state
            .attempts
            .values()
            .filter(|attempt| attempt.lane == *lane)
            .map(|attempt| Ordered {
                key: number_key(attempt.at.timestamp_micros()),
                id: attempt.id.uuid().into_bytes(),
                row: attempt.clone(),
            })
            .collect();
        page(rows, "attempts", Direction::Descending, request)
    }

    async fn lane(&self, key: &LaneKey) -> Result<Option<(Lane, LaneState)>> {
        Ok(self.state().lanes.get(key).cloned())
    }

    async fn lane_counts(&self, tenant: Tenant) -> Result<Vec<LaneCount>> {
        let state = self.state();
        let mut lanes: BTreeMap<LaneKey, LaneCount> = BTreeMap::new();
        for JobRecord { job, .. } in state.jobs.values() {
            let lane = &job.work.lane;
            if lane.tenant != tenant {
                continue;
            }
            let count = lanes.entry(lane.clone()).or_insert_with(|| LaneCount {
                lane: lane.clone(),
                ready: 0,
                leased: 0,
                waiting: 0,
                parked: 0,
                oldest_due: None,
            });
            match job.state {
                JobState::Ready => {
                    count.ready += 1;
                    let due = job.work.due_at;
                    count.oldest_due = Some(count.oldest_due.map_or(due, |oldest| oldest.min(due)));
                }
                JobState::Leased => count.leased += 1,
                JobState::Waiting => count.waiting += 1,
                JobState::Parked => count.parked += 1,
            }
        }
        Ok(lanes.into_values().collect())
    }
}
