//! A nudge from whoever committed to whoever waits. Owns the in-process signal; how it crosses processes is the
//! adapter's business, and polling covers what gets lost.

use std::time::Duration;

use tokio::sync::watch;

/// Tells waiting workers that there is something to do. Nudges that come together count as one.
#[derive(Debug)]
pub struct Wake(watch::Sender<u64>);

impl Default for Wake {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Wake {
    /// Nudges.
    pub fn notify(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// How often it was nudged so far, to be handed to [`Wake::after`].
    pub fn seen(&self) -> u64 {
        *self.0.borrow()
    }

    /// Returns once it was nudged more often than `seen`, at the latest after `most`.
    pub async fn after(&self, seen: u64, most: Duration) {
        let mut receiver = self.0.subscribe();
        // Both ends of this wait are good news: a nudge, or the poll that replaces a lost one.
        let _ = tokio::time::timeout(most, receiver.wait_for(|count| *count != seen)).await;
    }
}
