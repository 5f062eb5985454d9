//! Bulk work in the background. Owns the handler of its queue; what is done, and how it goes on after a crash, is the
//! service's.

use async_trait::async_trait;

use super::{JobContext, JobHandler, JobOutcome};
use crate::id::BulkId;
use crate::job::Job;
use crate::service::Bulk;

/// Does bulk actions, undos and conversions, one job each. A host with a dashboard adds it to its
/// [`Workers`](super::Workers).
#[derive(Clone, Copy, Debug, Default)]
pub struct BulkHandler;

#[async_trait]
impl JobHandler for BulkHandler {
    fn queue(&self) -> &str {
        Bulk::QUEUE
    }

    async fn run(&self, job: &Job, context: &JobContext) -> JobOutcome {
        let id = job.work.payload.get("bulk").and_then(|id| id.as_str()?.parse::<BulkId>().ok());
        let Some(id) = id else { return JobOutcome::park("it names no bulk action") };
        match Box::pin(context.leadbox.bulk().go_on(id)).await {
            Ok(_) => JobOutcome::done(),
            Err(error) if error.is_retryable() => JobOutcome::retry(error.to_string()),
            Err(error) => JobOutcome::park(error.to_string()),
        }
    }
}
