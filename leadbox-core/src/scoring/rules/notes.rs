//! What a card learns while its rules are asked. Owns the moment as of which they are asked, what they found unknown, and when an
//! answer that depends on the time changes next.

use std::cell::RefCell;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::scoring::place::Place;
use crate::time::Timestamp;

/// What one card learns, as its own thread writes it down.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    now: Timestamp,
    seen: RefCell<Seen>,
}

/// The same as the interpreter writes it down, whose values may be anybody's.
#[derive(Clone, Debug)]
pub(super) struct Notes {
    now: Timestamp,
    /// None where nobody reads them.
    seen: Option<Arc<Mutex<Seen>>>,
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

impl Seen {
    fn unknown(&mut self, field: &str) {
        if !self.unknown.iter().any(|known| known == field) {
            self.unknown.push(field.to_owned());
        }
    }

    /// One that has passed is no news.
    fn steps(&mut self, now: Timestamp, at: impl IntoIterator<Item = Timestamp>) {
        let to_come = at.into_iter().filter(|at| *at > now);
        self.step = to_come.chain(self.step).min();
    }
}

impl Sheet {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, seen: RefCell::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Where noting is, to be gone back to.
    pub(super) fn mark(&self) -> Mark {
        let seen = self.seen.borrow();
        Mark { unknown: seen.unknown.len(), step: seen.step }
    }

    /// Forgets what was noted since.
    pub(super) fn go_back(&self, mark: Mark) {
        let mut seen = self.seen.borrow_mut();
        seen.unknown.truncate(mark.unknown);
        seen.step = mark.step;
    }

    pub(super) fn unknown(&self, place: &Place) {
        self.seen.borrow_mut().unknown(&place.written());
    }

    /// Notes that something changes at these moments.
    pub(super) fn steps(&self, at: impl IntoIterator<Item = Timestamp>) {
        self.seen.borrow_mut().steps(self.now, at);
    }

    /// Notes what the interpreter noted.
    pub(super) fn absorb(&self, other: Seen) {
        let mut seen = self.seen.borrow_mut();
        seen.steps(self.now, other.step);
        for field in &other.unknown {
            seen.unknown(field);
        }
    }

    /// What was noted, which is forgotten with that. Fields come by name: who asks for which first is nobody's business.
    pub(super) fn take(&self) -> Seen {
        let mut seen = take(&mut *self.seen.borrow_mut());
        seen.unknown.sort_unstable();
        seen
    }
}

impl Notes {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, seen: Some(Arc::default()) }
    }

    /// Those that nobody reads.
    pub(super) fn unread(now: Timestamp) -> Self {
        Self { now, seen: None }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    fn seen(&self) -> Option<MutexGuard<'_, Seen>> {
        self.seen.as_ref().map(|seen| seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn unknown(&self, place: &Place) {
        if let Some(mut seen) = self.seen() {
            seen.unknown(&place.written());
        }
    }

    /// Notes that something changes at these moments.
    pub(super) fn steps(&self, at: impl IntoIterator<Item = Timestamp>) {
        if let Some(mut seen) = self.seen() {
            seen.steps(self.now, at);
        }
    }

    /// What was noted, which is forgotten with that.
    pub(super) fn take(&self) -> Seen {
        self.seen().map(|mut seen| take(&mut *seen)).unwrap_or_default()
    }
}
