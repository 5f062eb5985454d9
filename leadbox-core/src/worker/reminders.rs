//! Reminders of tasks. Owns the handler of their queue; whether there is still something to be reminded of is decided by
//! the service.

use async_trait::async_trait;

use super::{JobContext, JobHandler, JobOutcome};
use crate::job::Job;
use crate::service::{REMINDERS, Reminder};

/// Tells at its moment that somebody wanted to be reminded of a task.
pub(super) struct Reminders;

#[async_trait]
impl JobHandler for Reminders {
    fn queue(&self) -> &str {
        REMINDERS
    }

    async fn run(&self, job: &Job, context: &JobContext) -> JobOutcome {
        let reminder: Reminder = match serde_json::from_value(job.work.payload.clone()) {
            Ok(reminder) => reminder,
            Err(error) => return JobOutcome::park(format!("its payload cannot be read: {error}")),
        };
        match context.leadbox.tasks().prepare_reminder(reminder).await {
            Ok(prepared) => JobOutcome::done().committing(&prepared.changes),
            Err(error) => JobOutcome::retry(error.to_string()),
        }
    }
}
