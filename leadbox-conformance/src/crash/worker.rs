//! The processes that do jobs. Owns their role: workers with one handler that reports each run to the receiver.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use leadbox_core::storage::Storage;
use leadbox_core::worker::{JobContext, JobHandler, JobOutcome, WorkerOptions};
use leadbox_core::{
    Change, Interaction, InteractionKind, Job, LaneKey, LeadBox, NewJob, Suspicion, Workers,
};
use serde_json::{Map, json};
use tokio::sync::oneshot;

use super::process::{Process, Role, say_ready};
use super::receiver::{Answer, Run, report};
use super::suite::Stand;

/// The role's name.
pub(super) const ROLE: &str = "work";
/// The queue of the jobs.
pub(super) const QUEUE: &str = "crash";
/// The most jobs that one process has in hand.
pub(super) const CONCURRENCY: u32 = 16;
/// The shortest lease there is: what a killed process had in hand comes back soon.
const LEASE: Duration = Duration::from_secs(3);

/// Plays the role.
pub(super) async fn act(
    storage: Arc<dyn Storage>,
    role: &Role,
    parent_gone: oneshot::Receiver<()>,
) {
    let leadbox = LeadBox::builder(storage).build().unwrap();
    let workers = Workers::new(&leadbox)
        .handler(Reporting { receiver: role.receiver.clone() })
        .options(WorkerOptions {
            concurrency: CONCURRENCY,
            lease: LEASE,
            ..WorkerOptions::default()
        });
    say_ready();
    let shutdown = async {
        // Closed without a word means the same.
        let _ = parent_gone.await;
    };
    workers.run(shutdown).await;
}

/// Starts a process in this role.
pub(super) fn start(stand: &Stand, receiver: &str) -> Process {
    let mut process = Process::start(stand, ROLE, 0, receiver);
    process.await_ready();
    process
}

/// A job for these processes, in a lane of this name.
pub(super) fn job(leadbox: &LeadBox, lane: &LaneKey, number: u64) -> NewJob {
    let job = leadbox.jobs().new_job(QUEUE, json!({ "number": number }));
    NewJob { lane: lane.clone(), ..job }
}

/// The lane of this name.
pub(super) fn lane(leadbox: &LeadBox, name: impl Into<String>) -> LaneKey {
    LaneKey::named(leadbox.tenant(), QUEUE, name)
}

/// Whether the queue has no job left.
pub(super) async fn is_queue_empty(leadbox: &LeadBox) -> bool {
    leadbox.jobs().lanes().await.unwrap().is_empty()
}

/// Reports each run; a job that names a lead has an effect on it inside the storage as well.
struct Reporting {
    receiver: String,
}

#[async_trait]
impl JobHandler for Reporting {
    fn queue(&self) -> &str {
        QUEUE
    }

    async fn run(&self, job: &Job, context: &JobContext) -> JobOutcome {
        match report(&self.receiver, &Run::line(job)).await {
            Ok(Answer::Done) => {}
            Ok(Answer::Again) => return JobOutcome::retry("the receiver asked for it"),
            Err(error) => return JobOutcome::retry(format!("the receiver is gone: {error}")),
        }
        match job.work.payload.get("lead").and_then(serde_json::Value::as_str) {
            None => JobOutcome::done(),
            Some(lead) => JobOutcome::done().with(effect(context, lead)),
        }
    }
}

/// An interaction without a key: nothing but the storage keeps it from being there twice.
fn effect(context: &JobContext, lead: &str) -> Change {
    let now = context.leadbox.now();
    Change::InsertInteraction(Box::new(Interaction {
        id: context.leadbox.new_id(),
        tenant: context.leadbox.tenant(),
        lead: lead.parse().unwrap(),
        kind: InteractionKind::parse("job_done").unwrap(),
        at: now,
        received_at: now,
        key: None,
        suspicion: Suspicion::Clear,
        props: Map::new(),
    }))
}
