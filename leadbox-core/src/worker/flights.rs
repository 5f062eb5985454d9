//! What is under way in one process. Owns the jobs in hand and their futures; knows nothing of where jobs come from.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::pace::Pace;
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::job::Job;

type Running = Pin<Box<dyn Future<Output = (JobId, Result<()>)> + Send>>;

/// What is under way.
#[derive(Default)]
pub(super) struct Flights {
    pub(super) running: FuturesUnordered<Running>,
    pub(super) held: Arc<Held>,
    pub(super) pace: Arc<Pace>,
    /// The first that could not be brought to its end.
    pub(super) failure: Option<Error>,
}

/// The jobs in hand, whose leases have to be prolonged.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<JobId, Job>>);

impl Held {
    fn jobs_by_id(&self) -> MutexGuard<'_, HashMap<JobId, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, job: Job) {
        self.jobs_by_id().insert(job.work.id, job);
    }

    pub(super) fn count(&self) -> usize {
        self.jobs_by_id().len()
    }

    /// The jobs.
    pub(super) fn jobs(&self) -> Vec<Job> {
        self.jobs_by_id().values().cloned().collect()
    }

    /// The same as (job, token).
    pub(super) fn leases(&self) -> Vec<(JobId, i64)> {
        self.jobs_by_id().values().map(|job| (job.work.id, job.token)).collect()
    }
}

impl Flights {
    /// Awaits `work` while the jobs go on: one that stands still may hold what `work` waits for, such as a connection.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Some((id, result)) = self.running.next() => self.landed(id, result),
            }
        }
    }

    pub(super) fn landed(&mut self, id: JobId, result: Result<()>) {
        self.held.jobs_by_id().remove(&id);
        if let Err(error) = result {
            // The lease runs out and the job is done again.
            tracing::error!(error = &error as &dyn std::error::Error, job = %id, "a job's end cannot be committed");
            self.failure.get_or_insert(error);
        }
    }
}
