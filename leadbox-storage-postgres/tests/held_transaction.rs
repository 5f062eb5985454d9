//! From commit to consumer and job while a host's transaction stays open: 5 seconds, or with `LEADBOX_LONG=1` 5 minutes.
//! What the log itself does then is in `log_order`; here are services, workers and another process's storage around it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod database;

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use database::{connect, fresh_database};
use leadbox_core::event::{Commitment, Event, Verdict};
use leadbox_core::job::{JobFilter, JobState};
use leadbox_core::storage::{BoxError, ConsumerStart};
use leadbox_core::worker::{Consumer, JobContext, JobHandler, JobOutcome, Planner};
use leadbox_core::{
    Cause, Change, ChangeSet, EventId, EventType, Job, LaneKey, LeadBox, LeadId, LeadPatch,
    NewEvent, NewJob, NewLead, OnConflict, PageRequest, Position, Revision, Subject, SubjectKind,
    Version, Workers,
};
use leadbox_storage_postgres::PostgresStorage;
use sqlx::{Connection, PgConnection};
use tokio::sync::oneshot;

/// When each event came.
type Moments = Arc<Mutex<HashMap<EventId, Instant>>>;

const POISON: &str = "host.poison";

/// Notes when each event arrives, and plans a job for each capture.
struct Watching(Moments);

impl Consumer for Watching {
    fn name(&self) -> &str {
        "watching"
    }

    fn start(&self) -> ConsumerStart {
        ConsumerStart::Beginning
    }

    fn jobs(&self, event: &Event, plan: &Planner<'_>) -> Result<Vec<NewJob>, BoxError> {
        // Read again after a lost commit of the cursor: the first time counts.
        self.0.lock().unwrap().entry(event.id).or_insert_with(Instant::now);
        if event.kind.as_str() == POISON {
            return Err("cannot be read".into());
        }
        let is_capture = event.kind == EventType::LEAD_CAPTURED;
        let job = || {
            plan.job(LaneKey::of_queue(event.tenant, "greet"), event.subject.id.to_string().into())
        };
        Ok(is_capture.then(job).into_iter().collect())
    }
}

/// Notes which leads were greeted.
struct Greeting(Arc<Mutex<Vec<LeadId>>>);

#[async_trait]
impl JobHandler for Greeting {
    fn queue(&self) -> &str {
        "greet"
    }

    async fn run(&self, job: &Job, _context: &JobContext) -> JobOutcome {
        self.0.lock().unwrap().push(job.work.payload.as_str().unwrap().parse().unwrap());
        JobOutcome::done()
    }
}

/// A fact about something of the host's.
fn fact(leadbox: &LeadBox, kind: &str) -> NewEvent {
    let mut fact = NewEvent {
        id: leadbox.new_id(),
        tenant: leadbox.tenant(),
        subject: Subject { kind: SubjectKind::Host, id: leadbox.new_id() },
        kind: EventType::named(kind.to_owned()),
        at: leadbox.now(),
        version: Version::FIRST,
        revision: Revision(0),
        change_set: leadbox.new_id(),
        ordinal: 0,
        actor: leadbox.actor().clone(),
        cause: Cause::default(),
        bulk: false,
        payload: Some("{}".to_owned()),
        salt: Some([7; 16]),
        commitment: Commitment::default(),
    };
    fact.commitment = Commitment::of(&fact).unwrap();
    fact
}

async fn append(leadbox: &LeadBox, facts: Vec<NewEvent>) {
    let changes = facts.into_iter().map(|fact| Change::AppendEvent(Box::new(fact))).collect();
    let set = ChangeSet::new(leadbox.new_id(), leadbox.now(), OnConflict::Fail, changes).unwrap();
    leadbox.storage().commit(&set).await.unwrap();
}

/// What writers share.
#[derive(Clone)]
struct Writers {
    leadbox: LeadBox,
    go_on: Arc<AtomicBool>,
    acknowledged: Moments,
    edits: Arc<AtomicU64>,
}

impl Writers {
    /// Appends 5 events 25 times a second.
    async fn append(self) {
        let mut ticks = tokio::time::interval(Duration::from_millis(40));
        while self.go_on.load(Ordering::Relaxed) {
            ticks.tick().await;
            let facts: Vec<NewEvent> = (0..5).map(|_| fact(&self.leadbox, "host.tick")).collect();
            let ids: Vec<EventId> = facts.iter().map(|fact| fact.id).collect();
            append(&self.leadbox, facts).await;
            let now = Instant::now();
            self.acknowledged.lock().unwrap().extend(ids.into_iter().map(|id| (id, now)));
        }
    }

    /// Edits a lead against others who do the same.
    async fn edit(self, lead: LeadId, writer: u64) {
        let mut number = 0;
        while self.go_on.load(Ordering::Relaxed) {
            number += 1;
            let patch = LeadPatch::new().set("title", format!("{writer}-{number}"));
            let prepared = self.leadbox.leads().prepare_update(lead, &patch, None).await.unwrap();
            match self.leadbox.storage().commit(&prepared.changes).await {
                Ok(_) => self.edits.fetch_add(1, Ordering::Relaxed),
                Err(error) if error.is_conflict() => 0,
                error => error.map(|_| 0).unwrap(),
            };
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Workers as another process has them: connections and threads of their own.
fn start_workers(
    database: String,
    arrived: Moments,
    greeted: Arc<Mutex<Vec<LeadId>>>,
) -> (oneshot::Sender<()>, std::thread::JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let leadbox = LeadBox::builder(Arc::new(connect(&database).await)).build().unwrap();
            let workers =
                Workers::new(&leadbox).consumer(Watching(arrived)).handler(Greeting(greeted));
            workers.run(async { stopped.await.unwrap() }).await;
        });
    });
    (stop, thread)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not after a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_open_transaction_and_a_poison_event_delay_nobody_else() {
    let long = std::env::var("LEADBOX_LONG").is_ok_and(|value| value == "1");
    let held_for = Duration::from_secs(if long { 300 } else { 5 });
    let database = fresh_database().await;
    let leadbox = LeadBox::builder(Arc::new(connect(&database).await)).build().unwrap();
    let (arrived, greeted) = (Moments::default(), Arc::<Mutex<Vec<LeadId>>>::default());
    let (stop, workers) = start_workers(database.clone(), arrived.clone(), greeted.clone());
    let mut leads = Vec::new();
    for number in 0..4 {
        let new = NewLead::new().name(format!("Lead {number}"));
        leads.push(leadbox.leads().capture(&new).await.unwrap().lead.id);
    }

    let mut host = PgConnection::connect(&database).await.unwrap();
    let mut held = host.begin().await.unwrap();
    let own = leadbox.leads().prepare_capture(&NewLead::new().name("Late")).await.unwrap();
    PostgresStorage::commit_in(&mut held, &own.changes).await.unwrap();
    let own = own.outcome.lead.id;

    let began = Instant::now();
    let writers = Writers {
        leadbox: leadbox.clone(),
        go_on: Arc::new(AtomicBool::new(true)),
        acknowledged: Moments::default(),
        edits: Arc::default(),
    };
    let mut writing = Vec::new();
    for _ in 0..4 {
        writing.push(tokio::spawn(writers.clone().append()));
    }
    for (writer, lead) in (0..8).zip(leads.iter().cycle()) {
        writing.push(tokio::spawn(writers.clone().edit(*lead, writer)));
    }
    tokio::time::sleep(held_for / 2).await;
    append(&leadbox, vec![fact(&leadbox, POISON)]).await;
    tokio::time::sleep(held_for / 2).await;
    writers.go_on.store(false, Ordering::Relaxed);
    for writer in writing {
        writer.await.unwrap();
    }
    let took = began.elapsed().as_secs_f64();
    let acknowledged = writers.acknowledged.lock().unwrap().clone();
    until("every event arrived", || {
        let arrived = arrived.lock().unwrap();
        acknowledged.keys().all(|id| arrived.contains_key(id))
    })
    .await;
    until("the first leads are greeted", || greeted.lock().unwrap().len() == leads.len()).await;
    assert!(!greeted.lock().unwrap().contains(&own), "an event came before its commit");

    held.commit().await.unwrap();
    leadbox.wake();
    until("the held lead is greeted", || greeted.lock().unwrap().contains(&own)).await;
    stop.send(()).unwrap();
    workers.join().unwrap();

    let arrived = arrived.lock().unwrap().clone();
    let latencies = acknowledged.iter().map(|(id, at)| arrived[id].saturating_duration_since(*at));
    let slowest = latencies.max().unwrap();
    let edits = writers.edits.load(Ordering::Relaxed);
    let events = acknowledged.len() as u64 + edits + leads.len() as u64 + 2;
    let summary = format!(
        "held transaction (postgres): {held_for:?} open, {events} events ({:.0}/s), the slowest arrived \
         {slowest:?} after its commit, {edits} edits by 8 writers in version order, 1 job parked\n",
        events as f64 / took
    );
    // Past the runner, so that it is seen when the test passes.
    std::io::stderr().write_all(summary.as_bytes()).unwrap();

    // The short run shares its machine with other tests.
    let allowed = Duration::from_secs(if long { 1 } else { 10 });
    assert!(slowest < allowed, "an event arrived {slowest:?} after its commit");
    let (verdict, _) = leadbox.log().verify().await.unwrap();
    assert_eq!(verdict, Verdict::Intact { whole: events, erased: 0 });
    assert_versions_rise(&leadbox, &leads).await;
    let left = leadbox.jobs().list(&JobFilter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(left.items.len(), 1, "only the poison event's job is left: {left:#?}");
    assert_eq!(left.items[0].state, JobState::Parked);
    assert_eq!(left.items[0].work.lane.queue, "watching!poison");
}

/// Each version of a lead has one event, in the order of versions.
async fn assert_versions_rise(leadbox: &LeadBox, leads: &[LeadId]) {
    let mut versions: HashMap<LeadId, i64> = HashMap::new();
    let mut after = Position(0);
    loop {
        let events = leadbox.log().after(after, 10_000).await.unwrap();
        let Some(last) = events.last() else { break };
        after = last.position;
        for event in &events {
            let Some(lead) = event.lead() else { continue };
            let version = versions.entry(lead).or_default();
            assert_eq!(event.version.0, *version + 1, "{lead} at {}", event.position);
            *version = event.version.0;
        }
    }
    for lead in leads {
        let stored = leadbox.leads().lead(*lead).await.unwrap().unwrap();
        assert_eq!(versions[lead], stored.lead.version.0);
    }
}
