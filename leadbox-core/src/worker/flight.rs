//! One job on its way: run its handler, then commit its end, its record and its effects in one set. Owns what happens
//! when a handler panics, and when its effects meet a conflict.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::pace::Pace;
use super::{JobContext, JobHandler, JobOutcome, JobResult};
use crate::error::Result;
use crate::event::Actor;
use crate::id::ChangeSetId;
use crate::job::{Attempt, AttemptResult, Job, Lane, Settlement};
use crate::service::LeadBox;
use crate::storage::{Change, ChangeSet, JobFinish, OnConflict};

/// The longest reason that is kept, in characters.
const REASON: usize = 500;

/// Runs one claimed job to its end.
pub(super) async fn run(
    leadbox: LeadBox,
    handler: Option<Arc<dyn JobHandler>>,
    job: Job,
    pace: Arc<Pace>,
) -> Result<()> {
    let lane = match leadbox.storage().lane(&job.work.lane).await? {
        Some((lane, state)) => {
            pace.note(&lane, &state);
            lane
        }
        None => Lane::unlimited(job.work.lane.clone()),
    };
    let began = leadbox.now();
    if job.lease_until.is_some_and(|until| until <= began) {
        // Somebody else may have done it by now, and what stands behind it in its key as well.
        tracing::warn!(job = %job.work.id, "the lease was lost before the job began");
        return Ok(());
    }
    let own =
        leadbox.for_tenant(job.work.lane.tenant).by(Actor::system()).because_of(job.work.cause);
    let outcome = match handler {
        None => JobOutcome::park("kept for people to look at: its event could not be consumed"),
        Some(handler) => {
            let context = JobContext { leadbox: own, lane: lane.clone() };
            let run = AssertUnwindSafe(handler.run(&job, &context)).catch_unwind();
            run.await.unwrap_or_else(|_| JobOutcome::park("the handler panicked"))
        }
    };
    let settlement = settle(&leadbox, &lane, &job, &outcome.result);
    let millis = (leadbox.now() - began).num_milliseconds();
    let (result, message) = match &settlement {
        Settlement::Done | Settlement::Release => (AttemptResult::Succeeded, None),
        Settlement::Retry { reason, .. } => (AttemptResult::Failed, Some(reason.clone())),
        Settlement::Park { reason } => (AttemptResult::Parked, Some(reason.clone())),
    };
    let attempt = Attempt {
        id: leadbox.new_id(),
        job: job.work.id,
        lane: job.work.lane.clone(),
        number: job.attempt,
        at: began,
        millis,
        result,
        message,
        detail: outcome.detail,
    };
    let effects = if settlement == Settlement::Done { outcome.changes } else { Vec::new() };
    let set = outcome.set.unwrap_or_else(|| leadbox.new_id());
    match finish(&leadbox, &job, settlement, attempt.clone(), (set, effects)).await {
        Err(crate::error::Error::Storage(error)) if error.is_conflict() => {
            // Either the lease is lost, and then this fails as well and somebody else has the job; or the job's
            // effects met a conflict, and the job decides again on fresh data.
            let reason = format!("its changes met a conflict: {error}");
            let again = JobResult::Retry { reason: reason.clone(), not_before: None };
            let settlement = settle(&leadbox, &lane, &job, &again);
            let attempt = Attempt {
                id: leadbox.new_id(),
                result: AttemptResult::Failed,
                message: Some(reason),
                ..attempt
            };
            let nothing = (leadbox.new_id(), Vec::new());
            match finish(&leadbox, &job, settlement, attempt, nothing).await {
                Err(crate::error::Error::Storage(error)) if error.is_conflict() => {
                    tracing::warn!(job = %job.work.id, "the lease was lost before the job ended");
                    Ok(())
                }
                other => other,
            }
        }
        other => other,
    }
}

/// How the job ends, by the lane's schedule.
fn settle(leadbox: &LeadBox, lane: &Lane, job: &Job, result: &JobResult) -> Settlement {
    let cut = |reason: &str| reason.chars().take(REASON).collect::<String>();
    match result {
        JobResult::Done => Settlement::Done,
        JobResult::Park { reason } => Settlement::Park { reason: cut(reason) },
        JobResult::Retry { reason, not_before } => {
            let (now, jitter) = (leadbox.now(), leadbox.ids().fraction());
            match lane.retry.next(job.attempt, now, jitter, *not_before) {
                Some(due_at) => Settlement::Retry { due_at, reason: cut(reason) },
                None => Settlement::Park {
                    reason: cut(&format!("given up after {} tries: {reason}", job.attempt)),
                },
            }
        }
    }
}

async fn finish(
    leadbox: &LeadBox,
    job: &Job,
    settlement: Settlement,
    attempt: Attempt,
    (set, effects): (ChangeSetId, Vec<Change>),
) -> Result<()> {
    let at = leadbox.now();
    let finish = JobFinish {
        tenant: job.work.lane.tenant,
        id: job.work.id,
        token: job.token,
        settlement,
        at,
    };
    let mut changes = effects;
    changes.push(Change::FinishJob(Box::new(finish)));
    changes.push(Change::RecordAttempt(Box::new(attempt)));
    let set = ChangeSet::new(set, at, OnConflict::Fail, changes)?;
    leadbox.storage().commit(&set).await?;
    Ok(())
}

/// Gives a claimed job back, uncounted.
pub(super) async fn release(leadbox: &LeadBox, job: &Job) -> Result<()> {
    let at = leadbox.now();
    let finish = JobFinish {
        tenant: job.work.lane.tenant,
        id: job.work.id,
        token: job.token,
        settlement: Settlement::Release,
        at,
    };
    let set = ChangeSet::new(
        leadbox.new_id(),
        at,
        OnConflict::Fail,
        vec![Change::FinishJob(Box::new(finish))],
    )?;
    match leadbox.storage().commit(&set).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(error.into()),
    }
}
