//! The queue, as people see it. Owns looking, replaying and setting lanes up; doing the work belongs to the workers.

use super::LeadBox;
use super::decision::{Announce, Decision};
use crate::access::Capability;
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::job::{Attempt, Job, JobFilter, Lane, LaneCount, LaneKey, NewJob};
use crate::page::{Page, PageRequest};
use crate::storage::{Change, JobReplay};
use crate::time::Timestamp;

/// The queue. Made by [`LeadBox::jobs`].
#[derive(Clone, Copy, Debug)]
pub struct Jobs<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl Jobs<'_> {
    /// A job for the queue of the same name, due now. Set the rest before [`enqueue`](Self::enqueue).
    pub fn new_job(&self, queue: impl Into<String>, payload: serde_json::Value) -> NewJob {
        let now = self.leadbox.now();
        NewJob {
            id: self.leadbox.new_id(),
            lane: LaneKey::of_queue(self.leadbox.tenant(), queue),
            fifo_key: None,
            unique_key: None,
            payload,
            due_at: now,
            created_at: now,
            cause: self.leadbox.cause(),
        }
    }

    /// Queues jobs, all or none.
    ///
    /// # Errors
    /// `Denied`, also when a job is another tenant's and the asker is not the host; `Storage`.
    pub async fn enqueue(&self, jobs: impl IntoIterator<Item = NewJob>) -> Result<()> {
        self.leadbox.rights().require_capability(Capability::SystemManage)?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        for job in jobs {
            self.require_own(&job.lane)?;
            decision.push(Change::EnqueueJob(Box::new(job)))?;
        }
        self.leadbox.storage().commit(&decision.finish(()).await?.changes).await?;
        Ok(())
    }

    /// Refuses another tenant's lane to everybody but the host.
    fn require_own(&self, lane: &LaneKey) -> Result<()> {
        if lane.tenant != self.leadbox.tenant() {
            self.leadbox.rights().require_host()?;
        }
        Ok(())
    }

    /// The tenant's jobs, by id.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn list(&self, filter: &JobFilter, page: &PageRequest) -> Result<Page<Job>> {
        self.leadbox.rights().require_capability(Capability::SystemRead)?;
        Ok(self.leadbox.storage().jobs(self.leadbox.tenant(), filter, page).await?)
    }

    /// The tries of a job, the first first.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn attempts(&self, job: JobId) -> Result<Vec<Attempt>> {
        self.leadbox.rights().require_capability(Capability::SystemRead)?;
        Ok(self.leadbox.storage().attempts(self.leadbox.tenant(), job).await?)
    }

    /// Lanes with jobs, and how many.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn lanes(&self) -> Result<Vec<LaneCount>> {
        self.leadbox.rights().require_capability(Capability::SystemRead)?;
        Ok(self.leadbox.storage().lane_counts(self.leadbox.tenant()).await?)
    }

    /// Sets a lane up, or changes it.
    ///
    /// # Errors
    /// `Denied`, `Contended`, `Storage`.
    pub async fn set_lane(&self, lane: &Lane) -> Result<()> {
        self.require_own(&lane.key)?;
        self.leadbox
            .decide("lane", &lane.key.name, || {
                Box::pin(async move {
                    let known = self.leadbox.storage().lane(&lane.key).await?;
                    let before = known.map(|(lane, _)| lane.revision).unwrap_or_default();
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    decision.push(Change::PutLane(Box::new(Lane {
                        revision: before.next(),
                        ..lane.clone()
                    })))?;
                    decision.finish(()).await
                })
            })
            .await
    }

    /// Puts a parked job back into the queue.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there is no such parked job; `Storage`.
    pub async fn replay(&self, job: JobId, due_at: Timestamp) -> Result<()> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        decision.push(Change::ReplayJob(JobReplay {
            tenant: self.leadbox.tenant(),
            id: job,
            due_at,
        }))?;
        match self.leadbox.storage().commit(&decision.finish(()).await?.changes).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(Error::not_found("parked job", job)),
            Err(error) => Err(error.into()),
        }
    }
}
