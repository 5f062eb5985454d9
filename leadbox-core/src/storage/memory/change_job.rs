//! Changes of jobs and attempts. Owns how a job ends, and who is next behind a key.

use super::state::{JobRecord, State};
use crate::id::JobId;
use crate::job::{Attempt, Job, JobState, LaneKey, NewJob, Settlement};
use crate::storage::{JobFinish, JobReplay, StorageError};

type Result = std::result::Result<(), StorageError>;

impl State {
    pub(super) fn finish_job(&mut self, finish: &JobFinish) -> Result {
        let lane = match self.jobs.get(&finish.id) {
            Some(JobRecord { job, .. })
                if job.work.lane.tenant == finish.tenant
                    && job.state == JobState::Leased
                    && job.token == finish.token =>
            {
                job.work.lane.clone()
            }
            _ => return Err(StorageError::conflict("job", finish.id)),
        };
        if let Some(signal) = finish.settlement.signal() {
            self.lanes.change(&lane, |(settings, state)| {
                *state = settings.after_signal(*state, signal, finish.at)
            });
        }
        match &finish.settlement {
            Settlement::Done => self.end_job(finish.id, None),
            Settlement::Park { reason } => self.end_job(finish.id, Some(reason)),
            Settlement::Retry { due_at, reason } => {
                self.back_to_ready(finish.id, |job| {
                    job.work.due_at = *due_at;
                    job.reason = Some(reason.clone());
                });
            }
            Settlement::Release => self.back_to_ready(finish.id, |job| job.attempt -= 1),
        }
        Ok(())
    }

    fn back_to_ready(&mut self, id: JobId, change: impl FnOnce(&mut Job)) {
        self.jobs.change(&id, |record| {
            record.job.state = JobState::Ready;
            record.job.lease_until = None;
            change(&mut record.job);
        });
    }

    /// Deletes a job, or parks it for a reason, and lets the next of its key move up.
    fn end_job(&mut self, id: JobId, reason: Option<&String>) {
        let Some(work) = self.jobs.get(&id).map(|record| record.job.work.clone()) else { return };
        match reason {
            None => self.jobs.delete(&id),
            Some(reason) => {
                self.jobs.change(&id, |record| {
                    record.job.state = JobState::Parked;
                    record.job.lease_until = None;
                    record.job.reason = Some(reason.clone());
                });
            }
        }
        if let Some(key) = &work.fifo_key {
            let next = self.queued_behind(&work.lane, key).min_by_key(|record| record.order);
            if let Some(next) = next.map(|record| record.job.work.id) {
                self.jobs.change(&next, |record| record.job.state = JobState::Ready);
            }
        }
    }

    /// The jobs of a key that are neither done nor given up.
    fn queued_behind(&self, lane: &LaneKey, key: &str) -> impl Iterator<Item = &JobRecord> {
        self.jobs.values().filter(move |record| {
            record.job.work.lane == *lane
                && record.job.work.fifo_key.as_deref() == Some(key)
                && record.job.state != JobState::Parked
        })
    }

    /// Where a job goes that comes last: it waits while others of its key are there.
    fn entry_state(&self, work: &NewJob) -> JobState {
        let waits = work
            .fifo_key
            .as_ref()
            .is_some_and(|key| self.queued_behind(&work.lane, key).next().is_some());
        if waits { JobState::Waiting } else { JobState::Ready }
    }

    pub(super) fn replay_job(&mut self, replay: &JobReplay) -> Result {
        let work = match self.jobs.get(&replay.id) {
            Some(JobRecord { job, .. })
                if job.work.lane.tenant == replay.tenant && job.state == JobState::Parked =>
            {
                job.work.clone()
            }
            _ => return Err(StorageError::conflict("job", replay.id)),
        };
        let state = self.entry_state(&work);
        self.last_order += 1;
        let order = self.last_order;
        self.jobs.change(&replay.id, |record| {
            record.order = order;
            record.job.state = state;
            record.job.work.due_at = replay.due_at;
        });
        Ok(())
    }

    pub(super) fn enqueue_job(&mut self, work: &NewJob) -> Result {
        if self.jobs.contains_key(&work.id) {
            return Err(StorageError::already_exists("job", work.id));
        }
        if work.unique_key.is_some()
            && self.jobs.values().any(|record| takes_unique_key(&record.job, work))
        {
            return Ok(());
        }
        let state = self.entry_state(work);
        self.last_order += 1;
        let job = Job {
            work: work.clone(),
            state,
            attempt: 0,
            token: 0,
            lease_until: None,
            reason: None,
        };
        self.jobs.put(work.id, JobRecord { job, order: self.last_order });
        Ok(())
    }

    pub(super) fn record_attempt(&mut self, attempt: &Attempt) -> Result {
        if self.attempts.contains_key(&attempt.id) {
            return Err(StorageError::already_exists("attempt", attempt.id));
        }
        self.attempts.put(attempt.id, attempt.clone());
        Ok(())
    }
}

/// Whether `job` is in the queue under the unique key of `work`: neither being worked on, nor given up.
fn takes_unique_key(job: &Job, work: &NewJob) -> bool {
    matches!(job.state, JobState::Ready | JobState::Waiting)
        && job.work.unique_key == work.unique_key
        && job.work.lane.tenant == work.lane.tenant
        && job.work.lane.queue == work.lane.queue
}
