//! When lanes with a rate may start their next job. Owns the moments that jobs under way have read from their lanes'
//! rows; without them a lane would wait for the next poll, however short its interval.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::job::{Lane, LaneKey, LaneState};
use crate::service::LeadBox;
use crate::time::{Timestamp, from_unix_micros};

/// The next starts of lanes with a rate.
#[derive(Debug, Default)]
pub(super) struct Pace {
    starts: Mutex<BTreeMap<LaneKey, Timestamp>>,
    changed: Notify,
}

impl Pace {
    /// Notes when a lane that just started a job may start the next.
    pub(super) fn note(&self, lane: &Lane, state: &LaneState) {
        let Some(rate) = &lane.rate else { return };
        let Some(at) = from_unix_micros(rate.next_start(state.arrival)) else { return };
        self.with(|starts| starts.insert(lane.key.clone(), at));
        self.changed.notify_one();
    }

    /// Forgets the moments that are there: the caller looks at all lanes now.
    pub(super) fn forget(&self, now: Timestamp) {
        self.with(|starts| starts.retain(|_, at| *at > now));
    }

    /// Returns when the first of them is there; never while there is none.
    pub(super) async fn next(&self, leadbox: &LeadBox) {
        loop {
            let changed = self.changed.notified();
            match self.with(|starts| starts.values().min().copied()) {
                None => changed.await,
                Some(at) => {
                    let wait = (at - leadbox.now()).to_std().unwrap_or_default();
                    tokio::select! {
                        () = sleep(wait) => return,
                        () = changed => {}
                    }
                }
            }
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut BTreeMap<LaneKey, Timestamp>) -> T) -> T {
        // Whatever state a panic left the map in, the poll makes up for it.
        use_it(&mut self.starts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
