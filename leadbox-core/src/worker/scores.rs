//! Scores in the background. Owns the handler of their queue and how often somebody looks for scores that move by themselves; how
//! leads are scored is the service's.

use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::sleep;

use super::{JobContext, JobHandler, JobOutcome};
use crate::job::Job;
use crate::service::{LeadBox, SCORES, ScoreJob};
use crate::storage::Change;

/// Between two looks: a priority is exact to a minute.
const INTERVAL: Duration = Duration::from_secs(20);

/// Scores leads behind commits, and all leads by rules that came into force.
pub(super) struct Scores;

#[async_trait]
impl JobHandler for Scores {
    fn queue(&self) -> &str {
        SCORES
    }

    async fn run(&self, job: &Job, context: &JobContext) -> JobOutcome {
        let asked = match serde_json::from_value(job.work.payload.clone()) {
            Ok(asked) => asked,
            Err(error) => return JobOutcome::park(error.to_string()),
        };
        let done = match asked {
            ScoreJob::Lead { lead } => context.leadbox.rescore_lead(lead).await.map(|()| None),
            ScoreJob::All(some) => Box::pin(context.leadbox.rescore(some)).await,
        };
        match done {
            Ok(Some(next)) => JobOutcome::done().with(Change::EnqueueJob(Box::new(next))),
            Ok(None) => JobOutcome::done(),
            Err(error) if error.is_retryable() => JobOutcome::retry(error.to_string()),
            Err(error) => JobOutcome::park(error.to_string()),
        }
    }
}

/// Scores what moves by itself, for ever.
pub(super) async fn keep_current(leadbox: &LeadBox) -> Infallible {
    loop {
        if let Err(error) = leadbox.renew_due().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "scores that are due cannot be made now"
            );
        }
        sleep(INTERVAL).await;
    }
}
