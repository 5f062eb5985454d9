//! Consumers: from events to jobs. Owns the trait and the one round that reads events, plans jobs, and commits both the
//! jobs and the new cursor.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::error::Result;
use crate::event::{Cause, Event};
use crate::id::{JobId, WorkerId};
use crate::id_source::IdSource;
use crate::job::{LaneKey, NewJob};
use crate::service::LeadBox;
use crate::storage::{
    BoxError, Change, ChangeSet, ConsumerLease, ConsumerStart, CursorAdvance, OnConflict,
};
use crate::time::Timestamp;

/// Turns events into jobs. It must be quick, pure and repeatable: it runs while its lease is held, and again if the
/// process dies before the commit.
pub trait Consumer: Send + Sync + 'static {
    /// Its name, under which its cursor is kept.
    fn name(&self) -> &str;

    /// Where it begins when it is new.
    fn start(&self) -> ConsumerStart {
        ConsumerStart::Now
    }

    /// Whether it also wants events that are some of very many (imports).
    fn wants_bulk(&self) -> bool {
        false
    }

    /// The jobs that follow from an event. An error, or a panic, parks a job that names the event in this consumer's
    /// queue, and the log moves on.
    ///
    /// # Errors
    /// Whatever makes the event unusable for this consumer.
    fn jobs(&self, event: &Event, plan: &Planner<'_>)
    -> std::result::Result<Vec<NewJob>, BoxError>;
}

/// Makes the jobs of one event.
#[derive(Debug)]
pub struct Planner<'a> {
    ids: &'a dyn IdSource,
    now: Timestamp,
    event: &'a Event,
}

impl Planner<'_> {
    /// A job in `lane`, due now, caused by the event.
    pub fn job(&self, lane: LaneKey, payload: serde_json::Value) -> NewJob {
        NewJob {
            id: JobId::from_uuid(self.ids.uuid(self.now)),
            lane,
            fifo_key: None,
            unique_key: None,
            payload,
            due_at: self.now,
            created_at: self.now,
            cause: Cause {
                event: Some(self.event.id),
                depth: self.event.cause.depth.saturating_add(1),
            },
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

/// Events read in one round.
const BATCH: u32 = 256;

/// One round: at most a batch of events. Says whether there may be more.
pub(super) async fn advance(
    leadbox: &LeadBox,
    consumer: &dyn Consumer,
    worker: WorkerId,
    lease: Duration,
) -> Result<bool> {
    let (storage, now) = (leadbox.storage(), leadbox.now());
    let held =
        storage.lease_consumer(consumer.name(), worker, consumer.start(), now, lease).await?;
    let Some(held) = held else { return Ok(false) };
    let events = storage.events_after(held.cursor, BATCH).await?;
    let Some(last) = events.last() else { return Ok(false) };
    let to = last.position;
    let mut changes = Vec::new();
    for event in events.iter().filter(|event| consumer.wants_bulk() || !event.bulk) {
        let planner = Planner { ids: leadbox.ids(), now, event };
        changes.extend(
            plan(consumer, event, &planner)
                .into_iter()
                .map(|job| Change::EnqueueJob(Box::new(job))),
        );
    }
    let ConsumerLease { consumer: name, token, cursor, .. } = held;
    changes.push(Change::AdvanceCursor(CursorAdvance { consumer: name, token, from: cursor, to }));
    let set = ChangeSet::new(leadbox.new_id(), now, OnConflict::Fail, changes)?;
    match storage.commit(&set).await {
        Ok(_) => Ok(events.len() == BATCH as usize),
        // The lease went to somebody else, who does the same work.
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The jobs of one event, or the one job that says what went wrong with it.
fn plan(consumer: &dyn Consumer, event: &Event, planner: &Planner<'_>) -> Vec<NewJob> {
    let reason = match catch_unwind(AssertUnwindSafe(|| consumer.jobs(event, planner))) {
        Ok(Ok(jobs)) => return jobs,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the consumer panicked".to_owned(),
    };
    tracing::error!(
        consumer = consumer.name(),
        position = event.position.0,
        reason,
        "an event cannot be consumed"
    );
    let payload = serde_json::json!({
        "poison": { "position": event.position.0, "event": event.id, "type": event.kind, "reason": reason }
    });
    let mut job = planner.job(LaneKey::of_queue(event.tenant, poison_queue(consumer)), payload);
    job.unique_key = None;
    vec![job]
}

/// The queue into which a consumer's unusable events go. Workers park what is in it at once, for people to see.
pub(super) fn poison_queue(consumer: &dyn Consumer) -> String {
    format!("{}!poison", consumer.name())
}
