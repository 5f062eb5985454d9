//! Claiming. Owns which due jobs start now: lanes say how many, the longest due come first, and no lane starves another.

use std::collections::BTreeMap;

use super::log::later;
use super::state::{JobRecord, State};
use crate::id::JobId;
use crate::job::{Job, JobState, Lane, LaneKey, LaneState};
use crate::storage::Claim;
use crate::time::Timestamp;

/// The most jobs of one claim.
const MOST: u32 = 256;

/// A job that could start: since when it is due, then in the order of queueing.
type Candidate = (Timestamp, u64, JobId);

/// The due jobs of a lane, and how many others are running.
#[derive(Default)]
struct Waiting {
    due: Vec<Candidate>,
    running: u32,
}

impl State {
    /// Leases due jobs to a worker.
    pub(super) fn claim(&mut self, claim: &Claim) -> Vec<Job> {
        let limit = claim.limit.clamp(1, MOST);
        let mut candidates = Vec::new();
        for (lane, mut waiting) in self.waiting(claim) {
            let (settings, state) = self.lane_or_default(&lane);
            let allowed = settings.allowance(&state, waiting.running, limit, claim.now);
            waiting.due.sort_unstable();
            let allowed = waiting.due.into_iter().take(allowed as usize);
            // The first of every lane come before the second of any.
            candidates.extend(
                allowed.enumerate().map(|(rank, candidate)| (rank, candidate, lane.clone())),
            );
        }
        candidates.sort_unstable();
        candidates.truncate(limit as usize);

        let mut started: BTreeMap<LaneKey, u32> = BTreeMap::new();
        for (_, _, lane) in &candidates {
            *started.entry(lane.clone()).or_default() += 1;
        }
        for (lane, n) in started {
            self.lanes.change(&lane, |(settings, state)| {
                *state = settings.after_start(*state, n, claim.now)
            });
        }
        let mut chosen: Vec<Candidate> =
            candidates.into_iter().map(|(_, candidate, _)| candidate).collect();
        chosen.sort_unstable();
        let until = later(claim.now, claim.lease);
        let jobs = chosen.into_iter().filter_map(|(_, _, id)| self.lease(id, until)).collect();
        self.keep();
        jobs
    }

    fn waiting(&self, claim: &Claim) -> BTreeMap<LaneKey, Waiting> {
        let mut lanes: BTreeMap<LaneKey, Waiting> = BTreeMap::new();
        for JobRecord { job, order } in self.jobs.values() {
            if !claim.queues.contains(&job.work.lane.queue) {
                continue;
            }
            let claimable = match job.state {
                JobState::Ready => job.work.due_at <= claim.now,
                JobState::Leased => job.lease_until.is_none_or(|until| until <= claim.now),
                JobState::Waiting | JobState::Parked => false,
            };
            let lane = lanes.entry(job.work.lane.clone()).or_default();
            if claimable {
                lane.due.push((job.work.due_at, *order, job.work.id));
            } else if job.state == JobState::Leased {
                lane.running += 1;
            }
        }
        lanes
    }

    fn lane_or_default(&self, key: &LaneKey) -> (Lane, LaneState) {
        self.lanes
            .get(key)
            .cloned()
            .unwrap_or_else(|| (Lane::unlimited(key.clone()), LaneState::default()))
    }

    fn lease(&mut self, id: JobId, until: Timestamp) -> Option<Job> {
        self.jobs.change(&id, |JobRecord { job, .. }| {
            job.state = JobState::Leased;
            job.attempt += 1;
            job.token += 1;
            job.lease_until = Some(until);
        });
        self.jobs.get(&id).map(|record| record.job.clone())
    }
}
