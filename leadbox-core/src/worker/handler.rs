//! Handlers: doing a job. Owns the trait and what a handler may answer.

use async_trait::async_trait;
use serde_json::Value;

use crate::id::ChangeSetId;
use crate::job::{Job, Lane};
use crate::service::LeadBox;
use crate::storage::{Change, ChangeSet};
use crate::time::Timestamp;

/// Does the jobs of one queue. A job takes effect inside LeadBox exactly once, because its changes are committed
/// together with its end; towards the outside it may run more than once, with the same id.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// The queue.
    fn queue(&self) -> &str;

    /// Does one job. A panic parks it.
    async fn run(&self, job: &Job, context: &JobContext) -> JobOutcome;
}

/// What a handler works with.
#[derive(Clone, Debug)]
pub struct JobContext {
    /// LeadBox, as the system, for the job's tenant, because of the job's cause.
    pub leadbox: LeadBox,
    /// The settings of the job's lane.
    pub lane: Lane,
}

/// How a job went.
#[derive(Clone, PartialEq, Debug)]
pub enum JobResult {
    /// It is done.
    Done,
    /// It failed and may work later, by the lane's retry schedule; not before `not_before`.
    Retry {
        /// What went wrong.
        reason: String,
        /// What the far end asked for.
        not_before: Option<Timestamp>,
    },
    /// It failed for good: kept, for people to look at.
    Park {
        /// What went wrong.
        reason: String,
    },
}

/// How a job went, and what is committed with its end.
#[derive(Clone, PartialEq, Debug)]
pub struct JobOutcome {
    /// How it went.
    pub result: JobResult,
    /// Changes that are committed together with the job's end.
    pub changes: Vec<Change>,
    /// The id of the set that they were decided as, if a service did; their events name it.
    pub set: Option<ChangeSetId>,
    /// Details for the attempts log.
    pub detail: Option<Value>,
}

impl JobOutcome {
    /// Done, with nothing else to commit.
    pub fn done() -> Self {
        Self { result: JobResult::Done, changes: Vec::new(), set: None, detail: None }
    }

    /// To be tried again.
    pub fn retry(reason: impl Into<String>) -> Self {
        let result = JobResult::Retry { reason: reason.into(), not_before: None };
        Self { result, changes: Vec::new(), set: None, detail: None }
    }

    /// Given up.
    pub fn park(reason: impl Into<String>) -> Self {
        Self {
            result: JobResult::Park { reason: reason.into() },
            changes: Vec::new(),
            set: None,
            detail: None,
        }
    }

    /// The same, committed together with what a service decided ([`Prepared`](crate::Prepared)).
    #[must_use]
    pub fn committing(mut self, decided: &ChangeSet) -> Self {
        self.set = Some(decided.id());
        self.changes.extend_from_slice(decided.changes());
        self
    }

    /// The same, committed together with `change`.
    #[must_use]
    pub fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}
