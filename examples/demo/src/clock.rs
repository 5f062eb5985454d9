//! A clock that the replay sets to each step's moment.

use std::sync::atomic::{AtomicI64, Ordering};

use leadbox_core::{Clock, Timestamp, from_unix_micros};

/// Shows the moment that it was set to last.
#[derive(Debug)]
pub(super) struct ReplayClock(AtomicI64);

impl ReplayClock {
    pub(super) fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.timestamp_micros()))
    }

    pub(super) fn set(&self, at: Timestamp) {
        self.0.store(at.timestamp_micros(), Ordering::Relaxed);
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        // Only moments of chrono's range were put in, so they come out again.
        from_unix_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}
