//! One piece of work. Owns a job's columns, how it ends, and the record of each try.

use serde::{Deserialize, Serialize};

use super::{LaneKey, Signal};
use crate::event::Cause;
use crate::id::{AttemptId, JobId};
use crate::time::Timestamp;

/// Work to be queued.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Tenant, queue and lane.
    pub lane: LaneKey,
    /// Jobs of one lane with the same key run one after another, in the order in which they were queued.
    pub fifo_key: Option<String>,
    /// At most one job with this key is queued per tenant and queue; a second one is dropped silently. Free again
    /// once the job is done, and while it runs: what comes in meanwhile must not be lost.
    pub unique_key: Option<String>,
    /// What to do, for the handler.
    pub payload: serde_json::Value,
    /// Not before.
    pub due_at: Timestamp,
    /// When it was queued.
    pub created_at: Timestamp,
    /// Because of what.
    pub cause: Cause,
}

/// Where a job is in its life. A finished one is deleted; its attempts stay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// May be claimed once due.
    Ready,
    /// Somebody works on it.
    Leased,
    /// Behind another job with the same key.
    Waiting,
    /// Given up, until somebody replays it.
    Parked,
}

impl JobState {
    /// Every state, in the order of their stored numbers.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Leased, Self::Waiting, Self::Parked];

    /// The number under which storages keep it.
    pub fn code(self) -> i16 {
        match self {
            Self::Ready => 0,
            Self::Leased => 1,
            Self::Waiting => 2,
            Self::Parked => 3,
        }
    }

    /// The state with this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Work in the queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Job {
    /// What was queued. `due_at` moves when it is retried.
    pub work: NewJob,
    /// Where it is.
    pub state: JobState,
    /// How often it was claimed, this time included; a release takes its claim back.
    pub attempt: i32,
    /// Raised by every claim: whoever holds an older one has lost the job.
    pub token: i64,
    /// Until when it is leased.
    pub lease_until: Option<Timestamp>,
    /// Why it was retried or parked last.
    pub reason: Option<String>,
}

/// How a claimed job ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Settlement {
    /// Done: deleted.
    Done,
    /// Once more, at that moment. It stays the head of its key.
    Retry {
        /// Not before.
        due_at: Timestamp,
        /// What went wrong, at most 500 characters.
        reason: String,
    },
    /// Given up for now: kept, and the next job of its key moves up.
    Park {
        /// What went wrong, at most 500 characters.
        reason: String,
    },
    /// Not begun: ready again at once, the attempt uncounted.
    Release,
}

impl Settlement {
    /// What this says about the health of the lane's far end: nothing for a release.
    pub fn signal(&self) -> Option<Signal> {
        match self {
            Self::Done => Some(Signal::Success),
            Self::Retry { .. } | Self::Park { .. } => Some(Signal::Failure),
            Self::Release => None,
        }
    }
}

/// How one try ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptResult {
    /// It worked.
    Succeeded,
    /// It will be tried again.
    Failed,
    /// It was given up.
    Parked,
}

impl AttemptResult {
    /// Every result, in the order of their stored numbers.
    pub const ALL: [Self; 3] = [Self::Succeeded, Self::Failed, Self::Parked];

    /// The number under which storages keep it.
    pub fn code(self) -> i16 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Parked => 2,
        }
    }

    /// The result with this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.code() == code)
    }
}

/// The record of one try at a job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The job.
    pub job: JobId,
    /// The job's lane.
    pub lane: LaneKey,
    /// Which try, from 1.
    pub number: i32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub millis: i64,
    /// How it ended.
    pub result: AttemptResult,
    /// What went wrong, or nothing; at most 500 characters.
    pub message: Option<String>,
    /// Details for people, such as a response's head.
    pub detail: Option<serde_json::Value>,
}

/// Which jobs to show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFilter {
    /// Only of this queue.
    pub queue: Option<String>,
    /// Only of this lane.
    pub lane: Option<String>,
    /// Only in this state.
    pub state: Option<JobState>,
}

/// How many jobs of a lane are in which state, and how long the first has been due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneCount {
    /// The lane.
    pub lane: LaneKey,
    /// Claimable, now or later.
    pub ready: i64,
    /// Being worked on.
    pub leased: i64,
    /// Behind another of the same key.
    pub waiting: i64,
    /// Given up.
    pub parked: i64,
    /// The earliest `due_at` of the ready ones.
    pub oldest_due: Option<Timestamp>,
}
