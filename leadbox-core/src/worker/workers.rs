//! The loop. Owns the order of things: give events their places, turn them into jobs, claim what is due, run it, prolong
//! leases, and stop in good order.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tokio::time::{sleep, timeout};

use super::consumer::{advance, poison_queue};
use super::flights::{Flights, Held};
use super::reminders::Reminders;
use super::scores::{Scores, keep_current};
use super::upkeep::keep_tidy;
use super::{Consumer, JobHandler, flight};
use crate::error::Result;
use crate::id::WorkerId;
use crate::job::Job;
use crate::service::LeadBox;
use crate::storage::Claim;

/// How workers run. The defaults suit a process that does other things as well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkerOptions {
    /// The most jobs at once in this process, 1 to 256.
    pub concurrency: u32,
    /// How long a job or consumer is leased; leases are prolonged at a third of it. 3 s or more.
    pub lease: Duration,
    /// How often to look when nobody nudges; at most 250 ms finds other processes' commits in time.
    pub poll: Duration,
    /// How long to wait for running jobs at the end.
    pub drain: Duration,
    /// How long the records of tries are kept.
    pub keep_attempts: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            concurrency: 64,
            lease: Duration::from_secs(60),
            poll: Duration::from_millis(250),
            drain: Duration::from_secs(20),
            keep_attempts: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

/// Consumers and handlers, to be run. Several processes may run the same ones: each event and each job is taken by one.
///
/// Reminders of tasks are built in: wherever workers run, `task.reminded` is announced at the moment that a task names. A
/// handler of a host's own for the queue `reminders` takes their place. So are scores: those that move as time goes by, and all of
/// them when other rules come into force.
///
/// ```
/// # use std::sync::Arc;
/// use leadbox_core::{EventType, LeadBox, MemoryStorage, NewLead, NewTask, Workers};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let lead = leadbox.leads().capture(&NewLead::new().name("Ada")).await?.lead;
/// leadbox.tasks().add(lead.id, &NewTask::new("Call back").remind_at(leadbox.now())).await?;
///
/// Workers::new(&leadbox).run_until_idle().await?;
/// let timeline = leadbox.log().timeline(lead.id, &Default::default()).await?;
/// assert_eq!(timeline.items[0].kind, EventType::TASK_REMINDED);
/// # Ok(())
/// # }
/// ```
pub struct Workers {
    leadbox: LeadBox,
    options: WorkerOptions,
    worker: WorkerId,
    consumers: Vec<Arc<dyn Consumer>>,
    handlers: HashMap<String, Arc<dyn JobHandler>>,
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let consumers: Vec<&str> = self.consumers.iter().map(|consumer| consumer.name()).collect();
        let queues: Vec<&String> = self.handlers.keys().collect();
        f.debug_struct("Workers")
            .field("options", &self.options)
            .field("consumers", &consumers)
            .field("queues", &queues)
            .finish_non_exhaustive()
    }
}

/// Shorter ones would be prolonged all the time.
const SHORTEST_LEASE: Duration = Duration::from_secs(3);

/// How long to wait after the storage failed, before the next look.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Workers {
    /// Workers with nothing to do yet but reminders.
    pub fn new(leadbox: &LeadBox) -> Self {
        let workers = Self {
            leadbox: leadbox.clone(),
            options: WorkerOptions::default(),
            worker: leadbox.new_id(),
            consumers: Vec::new(),
            handlers: HashMap::new(),
        };
        workers.handler(Reminders).handler(Scores)
    }

    /// The same, run otherwise.
    #[must_use]
    pub fn options(mut self, options: WorkerOptions) -> Self {
        self.options = options;
        self
    }

    /// Adds a consumer.
    #[must_use]
    pub fn consumer(mut self, consumer: impl Consumer) -> Self {
        self.consumers.push(Arc::new(consumer));
        self
    }

    /// Adds the handler of a queue; a second one for the same queue replaces the first.
    #[must_use]
    pub fn handler(mut self, handler: impl JobHandler) -> Self {
        self.handlers.insert(handler.queue().to_owned(), Arc::new(handler));
        self
    }

    /// Works until `shutdown` is ready; then claims nothing more, waits for running jobs, and gives back the rest. A
    /// storage that fails is tried again; what happened is traced. Meanwhile what has expired is deleted.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut flights = Flights::default();
        let held = Arc::clone(&flights.held);
        // Beside everything else: neither a slow look nor a slow end may cost a lease.
        tokio::select! {
            () = self.work(&mut flights, shutdown) => {}
            never = keep_tidy(&self.leadbox, self.options.keep_attempts) => match never {},
            never = keep_current(&self.leadbox) => match never {},
            never = self.keep_leases(&held) => match never {},
        }
    }

    /// The loop, and its orderly end.
    async fn work(&self, flights: &mut Flights, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let pace = Arc::clone(&flights.pace);
        loop {
            let seen = self.leadbox.storage().wake().seen();
            let next = match self.step(flights).await {
                Ok(Progress::More) => Duration::ZERO,
                Ok(Progress::Idle) => self.options.poll,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "workers cannot go on"
                    );
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = &mut shutdown => break,
                Some((id, result)) = flights.running.next() => {
                    flights.landed(id, result);
                    // Those that ended meanwhile: one look at the storage then serves them all.
                    while let Some(Some((id, result))) = flights.running.next().now_or_never() {
                        flights.landed(id, result);
                    }
                }
                () = self.leadbox.storage().wake().after(seen, next) => {}
                () = pace.next(&self.leadbox) => {}
            }
        }
        self.land(flights).await;
    }

    /// Works until there is nothing to do now: no event to consume, no job due, none running. Jobs that are due later
    /// stay. For tests and for one-off programs.
    ///
    /// # Errors
    /// The first error of the storage.
    pub async fn run_until_idle(&self) -> Result<()> {
        let mut flights = Flights::default();
        let held = Arc::clone(&flights.held);
        tokio::select! {
            outcome = self.work_until_idle(&mut flights) => outcome,
            never = self.keep_leases(&held) => match never {},
        }
    }

    async fn work_until_idle(&self, flights: &mut Flights) -> Result<()> {
        self.leadbox.renew_due().await?;
        loop {
            let progress = self.step(flights).await?;
            let landed = flights.running.next().await;
            let is_idle = landed.is_none() && progress == Progress::Idle;
            if let Some((id, result)) = landed {
                flights.landed(id, result);
            }
            match flights.failure.take() {
                Some(error) => return Err(error),
                None if is_idle => return Ok(()),
                None => {}
            }
        }
    }

    /// One look at everything. Says whether an immediate second look is worth while.
    async fn step(&self, flights: &mut Flights) -> Result<Progress> {
        flights.pace.forget(self.leadbox.now());
        let in_hand = u32::try_from(flights.held.count()).unwrap_or(u32::MAX);
        let free = self.options.concurrency.clamp(1, 256).saturating_sub(in_hand);
        let (progress, jobs) = flights.beside(self.look(free)).await?;
        for job in jobs {
            self.launch(flights, job);
        }
        Ok(progress)
    }

    /// Gives events their places, moves consumers on, and claims at most `free` jobs.
    async fn look(&self, free: u32) -> Result<(Progress, Vec<Job>)> {
        let storage = self.leadbox.storage();
        let mut more = storage.sequence(5000).await?.more;
        for consumer in &self.consumers {
            more |= advance(&self.leadbox, &**consumer, self.worker, self.options.lease).await?;
        }
        more |= storage.fold_counts(5000).await? >= 5000;
        let (queues, mut jobs) = (self.queues(), Vec::new());
        if free > 0 && !queues.is_empty() {
            let claim = Claim {
                worker: self.worker,
                queues,
                limit: free,
                lease: self.options.lease,
                now: self.leadbox.now(),
            };
            jobs = storage.claim(&claim).await?;
            more |= !jobs.is_empty() && jobs.len() < free as usize;
        }
        Ok((if more { Progress::More } else { Progress::Idle }, jobs))
    }

    fn queues(&self) -> Vec<String> {
        let poison = self.consumers.iter().map(|consumer| poison_queue(&**consumer));
        self.handlers.keys().cloned().chain(poison).collect()
    }

    fn launch(&self, flights: &mut Flights, job: Job) {
        let id = job.work.id;
        let handler = self.handlers.get(&job.work.lane.queue).cloned();
        let (leadbox, pace) = (self.leadbox.clone(), Arc::clone(&flights.pace));
        flights.held.insert(job.clone());
        flights
            .running
            .push(Box::pin(async move { (id, flight::run(leadbox, handler, job, pace).await) }));
    }

    /// Prolongs the leases of what is held, for ever.
    async fn keep_leases(&self, held: &Held) -> Infallible {
        let lease =
            chrono::TimeDelta::from_std(self.options.lease).unwrap_or(chrono::TimeDelta::MAX);
        loop {
            sleep(self.options.lease.max(SHORTEST_LEASE) / 3).await;
            let leases = held.leases();
            if leases.is_empty() {
                continue;
            }
            let until = self.leadbox.now() + lease;
            // A lease that is not prolonged runs out, and the job is done again: that is what leases are for.
            if let Err(error) = self.leadbox.storage().extend(&leases, until).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "leases cannot be prolonged"
                );
            }
        }
    }

    /// The orderly end.
    async fn land(&self, flights: &mut Flights) {
        let drained = timeout(self.options.drain, async {
            while let Some((id, result)) = flights.running.next().await {
                flights.landed(id, result);
            }
        });
        if drained.await.is_err() {
            drop(std::mem::take(&mut flights.running));
            for job in flights.held.jobs() {
                if let Err(error) = flight::release(&self.leadbox, &job).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, job = %job.work.id, "cannot give back");
                }
            }
        }
        for consumer in &self.consumers {
            let (storage, now) = (self.leadbox.storage(), self.leadbox.now());
            let name = consumer.name();
            if let Ok(Some(lease)) = storage
                .lease_consumer(name, self.worker, consumer.start(), now, self.options.lease)
                .await
                && let Err(error) = storage.release_consumer(&lease).await
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    consumer = name,
                    "cannot give back"
                );
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    More,
    Idle,
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::event::Event;
    use crate::id_source::{IdSource, RandomIds};
    use crate::job::{JobFilter, JobState, LaneKey, NewJob};
    use crate::page::PageRequest;
    use crate::storage::{BoxError, ConsumerStart};
    use crate::testing::{Sandbox, some_lead};
    use crate::time::Timestamp;
    use crate::worker::{JobContext, JobOutcome, Planner};

    /// Turns each event into a job, but for those about `person3`, which it cannot read.
    struct Announcing;

    impl Consumer for Announcing {
        fn name(&self) -> &str {
            "announcing"
        }

        fn start(&self) -> ConsumerStart {
            ConsumerStart::Beginning
        }

        fn jobs(
            &self,
            event: &Event,
            plan: &Planner<'_>,
        ) -> std::result::Result<Vec<NewJob>, BoxError> {
            let payload = event.payload()?;
            let email =
                payload.changed.get("email").and_then(|email| email.as_str()).unwrap_or_default();
            match email.split('@').next() {
                Some("person3") => Err("poison".into()),
                Some("person4") => panic!("worse"),
                _ => Ok(vec![plan.job(LaneKey::of_queue(event.tenant, "tell"), email.into())]),
            }
        }
    }

    #[derive(Default)]
    struct Telling(Arc<Mutex<Vec<String>>>);

    #[async_trait]
    impl JobHandler for Telling {
        fn queue(&self) -> &str {
            "tell"
        }

        async fn run(&self, job: &Job, _context: &JobContext) -> JobOutcome {
            let email = job.work.payload.as_str().unwrap_or_default().to_owned();
            if email.starts_with("person1@") && job.attempt == 1 {
                return JobOutcome::retry("busy");
            }
            assert!(!email.starts_with("person2@"), "a handler's panic");
            self.0.lock().unwrap().push(email);
            JobOutcome::done()
        }
    }

    #[tokio::test]
    async fn events_become_jobs_and_neither_poison_nor_panic_stops_the_rest() {
        let sandbox = Sandbox::new().unwrap();
        for n in 0..6 {
            sandbox.leadbox.leads().capture(&some_lead(n)).await.unwrap();
        }
        let told = Arc::new(Mutex::new(Vec::new()));
        let workers =
            Workers::new(&sandbox.leadbox).consumer(Announcing).handler(Telling(told.clone()));
        workers.run_until_idle().await.unwrap();
        assert_eq!(*told.lock().unwrap(), ["person0@company0.example", "person5@company1.example"]);

        let parked = JobFilter { state: Some(JobState::Parked), ..JobFilter::default() };
        let parked =
            sandbox.leadbox.jobs().list(&parked, &PageRequest::default()).await.unwrap().items;
        let queues: Vec<&str> = parked.iter().map(|job| job.work.lane.queue.as_str()).collect();
        assert_eq!(queues.iter().filter(|queue| **queue == "announcing!poison").count(), 2);
        assert_eq!(queues.iter().filter(|queue| **queue == "tell").count(), 1);

        sandbox.clock.advance(chrono::TimeDelta::seconds(6));
        workers.run_until_idle().await.unwrap();
        assert_eq!(told.lock().unwrap().last().unwrap(), "person1@company0.example");
    }

    #[tokio::test]
    async fn a_job_that_holds_a_connection_goes_on_while_the_storage_waits_for_one() {
        let connections = Arc::new(tokio::sync::Semaphore::new(1));
        let mut flights = Flights::default();
        let (own, id) = (connections.clone(), RandomIds::seeded(1).uuid(Timestamp::UNIX_EPOCH));
        flights.running.push(Box::pin(async move {
            let connection = own.acquire().await;
            tokio::task::yield_now().await;
            drop(connection);
            (id.into(), Ok(()))
        }));
        // The job has begun, and holds the connection.
        assert!(flights.running.next().now_or_never().is_none());
        let looked = flights.beside(connections.acquire());
        assert!(timeout(Duration::from_secs(10), looked).await.is_ok());
    }

    #[tokio::test]
    async fn shutdown_waits_for_running_jobs() {
        let sandbox = Sandbox::new().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let jobs = sandbox.leadbox.jobs();
        jobs.enqueue([jobs.new_job("tell", "someone".into())]).await.unwrap();
        let workers = Workers::new(&sandbox.leadbox).handler(Telling(told.clone()));
        let until_told = async {
            while told.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        workers.run(until_told).await;
        let all = jobs.list(&JobFilter::default(), &PageRequest::default()).await.unwrap();
        assert!(all.items.is_empty());
    }
}
