//! Changes as a saboteur writes them. Owns the faults that alter one change before it is stored, and the marks by which
//! what was altered is restored when it is read.

use leadbox_core::job::Settlement;
use leadbox_core::{Change, Job, Lane, LeadKeys, NewJob};

use super::fault::Promise;
use super::saboteur::Saboteur;

/// Behind this, keys are made different from each other.
const MARK: char = '\u{1}';

/// The change as it is stored; none when it is lost.
pub(super) fn rewritten(saboteur: &Saboteur, change: &Change) -> Option<Change> {
    let mut change = change.clone();
    match &mut change {
        Change::AppendEvent(event) => {
            if saboteur.breaks(Promise::EveryEvent) && event.id.uuid().as_u128() % 5 == 0 {
                return None;
            }
            if saboteur.breaks(Promise::PayloadBytes) {
                event.payload = event.payload.as_ref().map(|payload| reformatted(payload));
            }
        }
        Change::InsertLead(row) if saboteur.breaks(Promise::ExclusiveKey) => {
            row.keys.email_slot = LeadKeys::own_slot(row.lead.id);
            row.keys.phone_slot = LeadKeys::own_slot(row.lead.id);
        }
        Change::SetScore(update) if saboteur.breaks(Promise::ScoreRecords) => {
            update.record = None;
        }
        Change::EnqueueJob(job) => {
            let id = job.id;
            let differ = |key: &mut Option<String>| {
                *key = key.as_ref().map(|key| format!("{key}{MARK}{id}"));
            };
            if saboteur.breaks(Promise::Fifo) {
                differ(&mut job.fifo_key);
            }
            if saboteur.breaks(Promise::UniqueKey) {
                differ(&mut job.unique_key);
            }
        }
        Change::PutLane(lane) if saboteur.breaks(Promise::LaneLimits) => {
            let revision = lane.revision;
            **lane = Lane { revision, ..Lane::unlimited(lane.key.clone()) };
        }
        Change::FinishJob(finish) => {
            if saboteur.breaks(Promise::FinishFence)
                && let Some(token) = saboteur.notes().tokens.get(&finish.id)
            {
                finish.token = *token;
            }
            if saboteur.breaks(Promise::ReleaseUncounts) && finish.settlement == Settlement::Release
            {
                let reason = "released".to_owned();
                finish.settlement = Settlement::Retry { due_at: finish.at, reason };
            }
        }
        Change::AdvanceCursor(advance) => {
            if saboteur.breaks(Promise::CursorFence)
                && let Some(lease) = &saboteur.notes().lease
            {
                advance.token = lease.token;
            }
            if saboteur.breaks(Promise::CursorFrom) {
                let mut notes = saboteur.notes();
                advance.from = notes.cursor;
                advance.to = advance.to.max(advance.from);
                notes.cursor = advance.to;
            }
        }
        _ => {}
    }
    Some(change)
}

/// The same JSON, as a database would print it.
fn reformatted(payload: &str) -> String {
    serde_json::from_str::<serde_json::Value>(payload)
        .map_or_else(|_| payload.to_owned(), |value| value.to_string())
}

/// A job as it was queued.
pub(super) fn restored(mut job: Job) -> Job {
    let NewJob { fifo_key, unique_key, .. } = &mut job.work;
    for key in [fifo_key, unique_key] {
        *key = key.take().map(|key| key.split(MARK).next().unwrap_or_default().to_owned());
    }
    job
}
