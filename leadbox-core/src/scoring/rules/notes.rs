//! What a card learns while its rules are asked. Owns the moment as of which they are asked, what they found unknown, and when an
//! answer that depends on the time changes next.

use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use crate::time::Timestamp;

/// Shared by everything that rules are given of one lead.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    now: Timestamp,
    seen: Arc<Mutex<Seen>>,
}

/// A place in what was noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    unknown: usize,
    step: Option<Timestamp>,
}

/// What was noted since the last time that somebody asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Fields that were asked for and are not known.
    pub(super) unknown: Vec<String>,
    /// When the first of the answers changes by itself.
    pub(super) step: Option<Timestamp>,
}

impl Notes {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, seen: Arc::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Where noting is, to be gone back to.
    pub(super) fn mark(&self) -> Mark {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Mark { unknown: seen.unknown.len(), step: seen.step }
    }

    /// Forgets what was noted since.
    pub(super) fn go_back(&self, mark: Mark) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.unknown.truncate(mark.unknown);
        seen.step = mark.step;
    }

    pub(super) fn unknown(&self, field: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.unknown.iter().any(|known| known == field) {
            seen.unknown.push(field.to_owned());
        }
    }

    /// Notes that something changes at a moment; one that has passed is no news.
    pub(super) fn step(&self, at: Timestamp) {
        if at > self.now {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.step = Some(seen.step.map_or(at, |known| known.min(at)));
        }
    }

    /// What was noted, which is forgotten with that. Fields come by name: who asks for which first is nobody's business.
    pub(super) fn take(&self) -> Seen {
        let mut seen = take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.unknown.sort_unstable();
        seen
    }
}
