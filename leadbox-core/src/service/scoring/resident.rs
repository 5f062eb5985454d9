//! Leads that are kept at hand, so that rules can be tried on all of them while somebody types. Owns which leads, how they are read in the
//! background, and when they are let go; knows nothing of what they are asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;

use super::super::LeadBox;
use super::happened::at_once;
use crate::error::{Error, Result};
use crate::filter::{LeadQuery, LeadSort, SortKey};
use crate::id::LeadId;
use crate::page::PageRequest;
use crate::scope::Scope;
use crate::scoring::{Scorers, Snapshot, Survey};
use crate::storage::StoredLead;
use crate::time::Timestamp;

/// Leads of one page.
const BATCH: u32 = 1000;
/// For so long whoever asks first waits for leads to be read: few are, by then.
const PATIENCE: Duration = Duration::from_millis(700);
/// When leads are read again: what happened since is not in them.
const RENEWED_AFTER: TimeDelta = TimeDelta::minutes(5);
/// When leads that nobody asked for are let go.
const LET_GO_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Leads at hand, as one asker sees them. One reading at a time, of one tenant at a time.
#[derive(Debug)]
pub(in super::super) struct Resident {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    at_hand: Option<Arc<AtHand>>,
    asked_at: Timestamp,
    reading: Option<Arc<Reading>>,
    /// Why the last reading came to no end; whoever asks next is told.
    failed: Option<Error>,
}

/// Leads as they were at a moment.
#[derive(Debug)]
pub(super) struct AtHand {
    scope: Scope,
    pub(super) at: Timestamp,
    pub(super) snapshot: Arc<Snapshot>,
    /// How many leads there are; the snapshot has the youngest of them.
    pub(super) of: u64,
    /// What they are worth by what is in force, and its edition: whoever types asks for that again and again.
    surveyed: Mutex<Option<(i64, Arc<Survey>)>>,
}

impl AtHand {
    /// What all of them are worth by the rules in force; none when there are none, or a host scores in its own way.
    pub(super) fn surveyed(&self, in_force: &Scorers) -> Option<Arc<Survey>> {
        let edition = in_force.edition();
        let kept = || self.surveyed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().as_ref().filter(|(of, _)| *of == edition).map(|(_, it)| Arc::clone(it));
        if known.is_some() || edition == 0 {
            return known;
        }
        let survey = Arc::new(Survey::of(in_force, &self.snapshot, self.at)?);
        *kept() = Some((edition, Arc::clone(&survey)));
        Some(survey)
    }
}

/// A reading that is under way.
#[derive(Debug)]
pub(super) struct Reading {
    scope: Scope,
    pub(super) of: u64,
    read: AtomicU64,
    done: Notify,
}

impl Reading {
    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// What there is when leads are asked for.
#[derive(Debug)]
pub(super) enum Leads {
    AtHand(Arc<AtHand>),
    Reading(Arc<Reading>),
}

impl Resident {
    /// At most so many bytes; twice as many for the moments in which leads are read again.
    pub(in super::super) fn with_limit(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // It is replaced as a whole: whatever state a panic left it in is a valid one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of what nobody asked for lately.
    pub(super) fn let_go(&self, now: Timestamp) {
        let mut state = self.state();
        if now - state.asked_at >= LET_GO_AFTER {
            *state = State::default();
        }
    }

    fn is_under_way(&self, reading: &Arc<Reading>) -> bool {
        self.state().reading.as_ref().is_some_and(|one| Arc::ptr_eq(one, reading))
    }
}

impl LeadBox {
    /// The leads that the asker sees, as they were some minutes ago at most; or the reading of them, after a moment in which it may have
    /// ended.
    pub(super) async fn leads_at_hand(&self) -> Result<Leads> {
        if let Some(at_hand) = self.leads_of_asker().await? {
            return Ok(Leads::AtHand(at_hand));
        }
        let Some(reading) = self.resident().state().reading.clone() else {
            return Ok(match self.leads_of_asker().await? {
                Some(at_hand) => Leads::AtHand(at_hand),
                None => return Err(Error::Contended { what: "preview", id: "leads".to_owned() }),
            });
        };
        {
            let ended = reading.done.notified();
            if self.resident().is_under_way(&reading) {
                let _ = tokio::time::timeout(PATIENCE, ended).await;
            }
        }
        Ok(match self.resident().state().at_hand.clone() {
            Some(at_hand) if at_hand.scope == *self.scope() => Leads::AtHand(at_hand),
            _ => Leads::Reading(reading),
        })
    }

    /// The asker's leads, if they are at hand; begins to read them if they are not, or are old.
    async fn leads_of_asker(&self) -> Result<Option<Arc<AtHand>>> {
        let now = self.now();
        let (at_hand, is_read) = {
            let mut state = self.resident().state();
            state.asked_at = now;
            if let Some(failed) = state.failed.take() {
                return Err(failed);
            }
            let is_read = state.reading.as_ref().is_some_and(|one| one.scope == *self.scope());
            (state.at_hand.clone().filter(|one| one.scope == *self.scope()), is_read)
        };
        let is_old = at_hand.as_ref().is_none_or(|one| now - one.at >= RENEWED_AFTER);
        if is_old && !is_read {
            let query = LeadQuery::default();
            let of = self.storage().count_leads(self.scope(), &query, u64::MAX / 2).await?;
            let (scope, read, done) = (self.scope().clone(), AtomicU64::new(0), Notify::new());
            let reading = Arc::new(Reading { scope, of, read, done });
            self.resident().state().reading = Some(Arc::clone(&reading));
            let reader = self.clone();
            let read = async move { reader.read_leads(&reading).await };
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(read)),
                Err(_) => read.await,
            }
        }
        Ok(at_hand)
    }

    async fn read_leads(&self, reading: &Arc<Reading>) {
        let read = self.at_hand(reading).await;
        let mut state = self.resident().state();
        if state.reading.as_ref().is_some_and(|one| Arc::ptr_eq(one, reading)) {
            state.reading = None;
            match read {
                Ok(at_hand) => state.at_hand = at_hand.map(Arc::new),
                Err(error) => state.failed = Some(error),
            }
        }
        drop(state);
        reading.done.notify_waiters();
    }

    /// Reads leads, the youngest first, until there is no more room; none when others are asked for meanwhile.
    async fn at_hand(&self, reading: &Arc<Reading>) -> Result<Option<AtHand>> {
        let (at, catalog) = (self.now(), self.catalog().await?);
        let mut snapshot = Snapshot::with_limit(self.resident().limit);
        let query =
            LeadQuery { sort: LeadSort::descending(SortKey::Created), ..LeadQuery::default() };
        let mut page = PageRequest::first(BATCH);
        'reading: loop {
            if !self.resident().is_under_way(reading) {
                return Ok(None);
            }
            let leads = self.storage().leads(&reading.scope, &query, &page).await?;
            for group in at_once(&leads.items) {
                let ids: Vec<LeadId> = group.iter().map(|stored| stored.lead.id).collect();
                let mut happened = self.happened(&ids).await?;
                for StoredLead { lead, .. } in group {
                    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
                    let happened = happened.remove(&lead.id).unwrap_or_default();
                    if snapshot.push(lead, stage, &happened).is_err() {
                        break 'reading;
                    }
                }
            }
            reading.read.store(snapshot.len() as u64, Ordering::Relaxed);
            match leads.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        let (scope, of) = (reading.scope.clone(), reading.of.max(snapshot.len() as u64));
        let (snapshot, surveyed) = (Arc::new(snapshot), Mutex::default());
        Ok(Some(AtHand { scope, at, snapshot, of, surveyed }))
    }
}
