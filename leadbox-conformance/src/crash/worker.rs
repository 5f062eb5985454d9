//! The processes that do jobs. Owns their role: workers with one handler that reports each run to the receiver.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use leadbox_core::job::JobFilter;
use leadbox_core::storage::Storage;
use leadbox_core::worker::{JobContext, JobHandler, JobOutcome, WorkerOptions};
use leadbox_core::{
    Change, Interaction, InteractionKind, Job, Judge, LaneKey, LeadBox, NewJob, PageRequest,
    Suspicion, Workers,
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

/// How often processes look for work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// As hosts do.
    Usual,
    /// All the time, so that processes are after the same jobs.
    Eager,
}

impl Look {
    /// As it is told to a process, in the place of a seed.
    fn code(self) -> u64 {
        match self {
            Self::Usual => 0,
            Self::Eager => 1,
        }
    }
}

/// Plays the role.
pub(super) async fn act(
    storage: Arc<dyn Storage>,
    role: &Role,
    parent_gone: oneshot::Receiver<()>,
) {
    let leadbox = LeadBox::builder(storage).build().unwrap();
    let workers =
        Workers::new(&leadbox).handler(Reporting { receiver: role.receiver.clone() }).options(
            WorkerOptions { concurrency: CONCURRENCY, lease: LEASE, ..WorkerOptions::default() },
        );
    say_ready();
    let shutdown = async {
        // Closed without a word means the same.
        let _ = parent_gone.await;
    };
    workers.run(shutdown).await;
}

/// Starts a process in this role.
pub(super) fn start(stand: &Stand, receiver: &str) -> Process {
    start_looking(stand, receiver, Look::Usual)
}

/// Starts a process that looks for work so often.
pub(super) fn start_looking(stand: &Stand, receiver: &str, look: Look) -> Process {
    let mut process = Process::start(stand, ROLE, look.code(), receiver);
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

/// Nothing that is waited for takes this long unless something hangs.
const HUNG: Duration = Duration::from_secs(120);

/// Waits for a fact about the queue.
pub(super) async fn until<F>(leadbox: &LeadBox, what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let began = Instant::now();
    while !holds().await {
        if began.elapsed() > HUNG {
            let left = leadbox.jobs().list(&JobFilter::default(), &PageRequest::first(20)).await;
            let lanes = leadbox.jobs().lanes().await;
            panic!("{what}: still not so after {HUNG:?}; {lanes:#?}, {left:#?}");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until no job is left.
pub(super) async fn until_empty(leadbox: &LeadBox) {
    let is_empty = || async { leadbox.jobs().lanes().await.unwrap().is_empty() };
    until(leadbox, "the queue is empty", is_empty).await;
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
        judge: Judge::default(),
        reason: None,
        props: Map::new(),
    }))
}
