//! Kept counts and their repair. Owns the cells per tenant; how a change moves them is decided in `rollup`.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::MemoryStorage;
use super::state::State;
use crate::id::Tenant;
use crate::period::Days;
use crate::rollup::{Cell, Sums};
use crate::scope::{Owners, Scope};
use crate::storage::{AnalyticsStore, Counts, StorageError};

type Result<T> = std::result::Result<T, StorageError>;

impl State {
    /// Moves one count; a cell that comes to 0 goes.
    pub(super) fn add_count(&mut self, tenant: Tenant, cell: Cell, n: i64) {
        let key = (tenant, cell);
        match self.counts.get(&key).copied().unwrap_or(0) + n {
            0 => self.counts.delete(&key),
            sum => self.counts.put(key, sum),
        }
    }

    fn kept(&self, tenant: Tenant) -> BTreeMap<Cell, i64> {
        let of_tenant = self.counts.iter().filter(|((owner, _), _)| *owner == tenant);
        of_tenant.map(|((_, cell), n)| (cell.clone(), *n)).collect()
    }

    fn counted(&self, tenant: Tenant) -> BTreeMap<Cell, i64> {
        let mut counted = BTreeMap::new();
        for cell in self.leads_of(tenant).filter_map(|record| Cell::of(&record.row.lead)) {
            *counted.entry(cell).or_default() += 1;
        }
        counted
    }
}

#[async_trait]
impl AnalyticsStore for MemoryStorage {
    async fn lead_counts(&self, scope: &Scope) -> Result<BTreeMap<Cell, i64>> {
        let mut counts = self.state().kept(scope.tenant);
        if let Owners::Only(owners) = &scope.owners {
            counts.retain(|cell, _| cell.owner != Cell::NOBODY && owners.contains(&cell.owner));
        }
        Ok(counts)
    }

    async fn lead_sums(&self, scope: &Scope, days: Days) -> Result<Sums> {
        let mut sums = Sums::default();
        for (cell, n) in self.lead_counts(scope).await? {
            if days.contains(cell.day) {
                sums.add(cell, n);
            }
        }
        Ok(sums)
    }

    async fn verify_counts(&self, tenant: Tenant) -> Result<Counts> {
        let state = self.state();
        Ok(Counts { kept: state.kept(tenant), counted: state.counted(tenant) })
    }

    async fn rebuild_counts(&self, tenant: Tenant) -> Result<()> {
        let mut state = self.state();
        for cell in state.kept(tenant).into_keys() {
            state.counts.delete(&(tenant, cell));
        }
        for (cell, n) in state.counted(tenant) {
            state.counts.put((tenant, cell), n);
        }
        state.keep();
        Ok(())
    }

    async fn fold_counts(&self, _limit: u32) -> Result<u64> {
        Ok(0)
    }
}
