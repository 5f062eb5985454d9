//! The storage that misbehaves. Owns its notes about what was written, the faults of commits, and upkeep; reads misbehave in
//! files of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use leadbox_core::event::Position;
use leadbox_core::job::{Lane, LaneKey};
use leadbox_core::rollup::Cell;
use leadbox_core::storage::{
    Change, ChangeSet, Committed, ConsumerLease, OnConflict, Schema, Storage, StorageError, Wake,
};
use leadbox_core::{
    ChangeSetId, Interaction, Job, JobId, LeadId, MemoryStorage, Owners, Scope, Tenant, Timestamp,
};
use uuid::Uuid;

use super::fault::{Fault, Promise};
use super::retarget::{retargeted, tenant_of};
use super::tamper::rewritten;

/// A storage with one fault.
#[derive(Debug)]
pub struct Saboteur {
    pub(super) inner: MemoryStorage,
    pub(super) fault: Fault,
    notes: Mutex<Notes>,
    deaf: Wake,
}

/// What it remembers in order to misbehave.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) tenants: BTreeSet<Tenant>,
    pub(super) queues: BTreeSet<String>,
    pub(super) leads: BTreeSet<(Tenant, LeadId)>,
    pub(super) lanes: BTreeMap<LaneKey, Lane>,
    pub(super) counts: BTreeMap<Tenant, BTreeMap<Cell, i64>>,
    pub(super) last_interaction: BTreeMap<LeadId, Timestamp>,
    pub(super) claimed: Vec<Job>,
    pub(super) tokens: BTreeMap<JobId, i64>,
    pub(super) lease: Option<ConsumerLease>,
    pub(super) cursor: Position,
    failed: BTreeSet<ChangeSetId>,
    held_back: Option<ChangeSet>,
    fresh_ids: u128,
}

impl Saboteur {
    /// An empty storage with this fault.
    pub fn new(fault: Fault) -> Self {
        Self { inner: MemoryStorage::new(), fault, notes: Mutex::default(), deaf: Wake::default() }
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn breaks(&self, promise: Promise) -> bool {
        self.fault == Fault::Breaks(promise)
    }

    /// For whom a method reads: for the tenant alone, or, when it forgets the tenant, for all others too.
    pub(super) fn tenants_read(&self, method: &'static str, tenant: Tenant) -> Vec<Tenant> {
        let mut tenants = vec![tenant];
        if self.fault == Fault::ReadsAcross(method) {
            tenants.extend(self.notes().tenants.iter().filter(|other| **other != tenant));
        }
        tenants
    }

    /// The same for a scope, which may also lose its owners.
    pub(super) fn scopes_read(&self, method: &'static str, scope: &Scope) -> Vec<Scope> {
        let mut scope = scope.clone();
        if self.fault == Fault::IgnoresOwners(method) {
            scope.owners = Owners::All;
        }
        let tenants = self.tenants_read(method, scope.tenant);
        tenants.into_iter().map(|tenant| Scope { tenant, ..scope.clone() }).collect()
    }

    fn fresh_id(&self) -> ChangeSetId {
        let mut notes = self.notes();
        notes.fresh_ids += 1;
        ChangeSetId::from_uuid(Uuid::from_u128((0xbad << 100) + notes.fresh_ids))
    }

    fn remember(&self, set: &ChangeSet) {
        let mut notes = self.notes();
        for change in set.changes() {
            let tenant = tenant_of(change);
            notes.tenants.extend(tenant);
            match change {
                Change::InsertLead(row) => {
                    notes.leads.insert((row.lead.tenant, row.lead.id));
                }
                Change::EnqueueJob(job) => {
                    notes.queues.insert(job.lane.queue.clone());
                }
                Change::PutLane(lane) if self.fault == Fault::Breaks(Promise::LaneLimits) => {
                    notes.lanes.insert(lane.key.clone(), (**lane).clone());
                }
                Change::InsertInteraction(interaction) => {
                    let Interaction { lead, at, .. } = **interaction;
                    notes.last_interaction.insert(lead, at);
                }
                _ => {}
            }
        }
    }

    /// What the set becomes before it is stored.
    fn altered(&self, set: &ChangeSet) -> ChangeSet {
        let changes = set.changes().iter().filter_map(|change| {
            if self.fault == Fault::Swallows(change.name()) {
                return None;
            }
            rewritten(self, change)
        });
        let id = if self.breaks(Promise::Replay) { self.fresh_id() } else { set.id() };
        rebuilt(id, set, changes.collect())
    }

    /// Stores a set by the fault's rules.
    async fn store(&self, set: &ChangeSet) -> Result<Committed, StorageError> {
        if self.breaks(Promise::FailureForgotten) && self.notes().failed.contains(&set.id()) {
            return Ok(Committed { skipped: Vec::new(), replayed: true });
        }
        let result = self.inner.commit(set).await;
        match (result, self.fault) {
            (Err(error), Fault::Unguarded(kind)) if error.is_conflict() => {
                self.without(set, |change| change.name() == kind).await.map_err(|_| error)
            }
            (Err(error), Fault::WritesAcross(kind)) if error.is_conflict() => {
                self.across(set, kind).await.ok_or(error)
            }
            (Err(error), Fault::Breaks(Promise::SkipOnlyLeads))
                if set.on_conflict() == OnConflict::Skip =>
            {
                self.without(set, |change| change.lead().is_none()).await.map_err(|_| error)
            }
            (Err(error), Fault::Breaks(Promise::Rollback)) => {
                for change in set.changes() {
                    let alone = rebuilt(self.fresh_id(), set, vec![change.clone()]);
                    if self.inner.commit(&alone).await.is_err() {
                        break;
                    }
                }
                Err(error)
            }
            (Err(error), Fault::Breaks(Promise::FailureForgotten)) => {
                self.notes().failed.insert(set.id());
                Err(error)
            }
            (Ok(committed), Fault::Breaks(promise)) if !committed.skipped.is_empty() => {
                self.after_skip(set, committed, promise).await
            }
            (result, _) => result,
        }
    }

    async fn without(
        &self,
        set: &ChangeSet,
        leave_out: impl Fn(&Change) -> bool + Send,
    ) -> Result<Committed, StorageError> {
        let rest = set.changes().iter().filter(|change| !leave_out(change)).cloned().collect();
        self.inner.commit(&rebuilt(set.id(), set, rest)).await
    }

    /// Tries the changes of one kind on the rows of every other tenant.
    async fn across(&self, set: &ChangeSet, kind: &str) -> Option<Committed> {
        let tenants = self.notes().tenants.clone();
        for tenant in tenants {
            let changes = set.changes().iter().map(|change| {
                if change.name() == kind { retargeted(change, tenant) } else { change.clone() }
            });
            let other = rebuilt(set.id(), set, changes.collect());
            if let Ok(committed) = self.inner.commit(&other).await {
                return Some(committed);
            }
        }
        None
    }

    async fn after_skip(
        &self,
        set: &ChangeSet,
        mut committed: Committed,
        promise: Promise,
    ) -> Result<Committed, StorageError> {
        let left_out: Vec<LeadId> = committed.skipped.iter().map(|skipped| skipped.lead).collect();
        match promise {
            Promise::SkipReports => committed.skipped.clear(),
            Promise::SkipTakesEvents => {
                for change in set.changes() {
                    if let Change::AppendEvent(event) = change
                        && event.lead().is_some_and(|lead| left_out.contains(&lead))
                    {
                        let alone = rebuilt(self.fresh_id(), set, vec![change.clone()]);
                        self.inner.commit(&alone).await?;
                    }
                }
            }
            _ => {}
        }
        Ok(committed)
    }

    /// A set that drops the lead behind each one that will be left out.
    async fn with_neighbours_dropped(&self, set: &ChangeSet) -> ChangeSet {
        let probe = MemoryProbe::of(set);
        let Some(victim) = probe.neighbour_of_first_conflict(&self.inner).await else {
            return set.clone();
        };
        let rest = set.changes().iter().filter(|change| change.lead() != Some(victim));
        rebuilt(set.id(), set, rest.cloned().collect())
    }
}

/// Finds out which lead of a set conflicts, without storing anything.
struct MemoryProbe<'a>(&'a ChangeSet);

impl<'a> MemoryProbe<'a> {
    fn of(set: &'a ChangeSet) -> Self {
        Self(set)
    }

    async fn neighbour_of_first_conflict(&self, storage: &MemoryStorage) -> Option<LeadId> {
        let mut conflicting = None;
        for change in self.0.changes() {
            match change {
                Change::UpdateLead(update) => {
                    let (tenant, id) = (update.after.lead.tenant, update.after.lead.id);
                    if conflicting.is_some() {
                        return Some(id);
                    }
                    use leadbox_core::storage::LeadStore;
                    let stored = storage.lead(&Scope::all(tenant), id).await.ok().flatten();
                    let as_expected = stored
                        .is_some_and(|stored| stored.lead.version == update.before.lead.version);
                    if !as_expected {
                        conflicting = Some(id);
                    }
                }
                _ => continue,
            }
        }
        None
    }
}

/// A set with other changes.
fn rebuilt(id: ChangeSetId, set: &ChangeSet, changes: Vec<Change>) -> ChangeSet {
    ChangeSet::new(id, set.at(), set.on_conflict(), changes).expect("no change was added")
}

#[async_trait]
impl Storage for Saboteur {
    async fn commit(&self, set: &ChangeSet) -> Result<Committed, StorageError> {
        self.remember(set);
        let mut set = self.altered(set);
        if self.breaks(Promise::SkipSparesOthers) && set.on_conflict() == OnConflict::Skip {
            set = self.with_neighbours_dropped(&set).await;
        }
        if self.breaks(Promise::Visibility) {
            let earlier = self.notes().held_back.replace(set);
            if let Some(earlier) = earlier {
                self.inner.commit(&earlier).await?;
            }
            return Ok(Committed::default());
        }
        let committed = self.store(&set).await?;
        if !committed.replayed {
            self.tally(&set, &committed);
        }
        Ok(committed)
    }

    async fn schema(&self) -> Result<Schema, StorageError> {
        self.inner.schema().await
    }

    async fn migrate(&self) -> Result<(), StorageError> {
        self.inner.migrate().await
    }

    async fn prune(
        &self,
        now: Timestamp,
        attempts_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let year = chrono::TimeDelta::days(365);
        let now = if self.breaks(Promise::PruneAge) { now + year } else { now };
        let limit = if self.breaks(Promise::PruneLimit) { u32::MAX } else { limit };
        self.inner.prune(now, attempts_before, limit).await
    }

    fn wake(&self) -> &Wake {
        if self.breaks(Promise::Wake) { &self.deaf } else { self.inner.wake() }
    }

    fn kind(&self) -> &'static str {
        "saboteur"
    }
}

impl Saboteur {
    /// Keeps counts of its own, wrongly.
    fn tally(&self, set: &ChangeSet, committed: &Committed) {
        let mut notes = self.notes();
        for change in set.changes() {
            if committed.skipped.iter().any(|skipped| change.lead() == Some(skipped.lead)) {
                continue;
            }
            let (tenant, deltas) = match change {
                Change::InsertLead(row) => {
                    (row.lead.tenant, leadbox_core::rollup::deltas(None, Some(&row.lead)))
                }
                Change::UpdateLead(update) if !self.breaks(Promise::CountsMove) => {
                    let (before, after) = (&update.before.lead, &update.after.lead);
                    if after.deleted_at.is_some() {
                        continue;
                    }
                    (after.tenant, leadbox_core::rollup::deltas(Some(before), Some(after)))
                }
                _ => continue,
            };
            let counts = notes.counts.entry(tenant).or_default();
            for (cell, n) in deltas {
                *counts.entry(cell).or_default() += n;
            }
            counts.retain(|_, n| *n != 0);
        }
    }
}
