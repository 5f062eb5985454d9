//! Leads as readers see them. Owns scope, filter, search and order by plain Rust, which is what databases have to equal.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStorage;
use super::paging::{Ordered, number_key, page};
use super::state::{LeadRecord, State};
use crate::filter::{Direction, Facts, LeadQuery, SortKey};
use crate::id::{InteractionId, LeadId, Tenant};
use crate::interaction::Interaction;
use crate::lead::{IdentityKey, IdentityKind, KeyedLead, SLOT_EXCLUSIVE, SharedKey};
use crate::page::{Page, PageRequest};
use crate::pipeline::Stay;
use crate::scope::Scope;
use crate::storage::{LeadSample, LeadStore, StorageError, StoredLead};
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

impl State {
    /// A lead that the scope sees, deleted or not.
    pub(super) fn seen_lead(&self, scope: &Scope, id: LeadId) -> Option<&LeadRecord> {
        self.leads
            .get(&(scope.tenant, id))
            .filter(|record| scope.sees(record.row.lead.tenant, record.row.lead.owner))
    }

    /// Such a lead, or the one that it was merged into.
    pub(super) fn seen_kept(&self, scope: &Scope, id: LeadId) -> Option<&LeadRecord> {
        let lead = self.leads.get(&(scope.tenant, id))?;
        self.seen_lead(scope, lead.row.lead.merged_into.unwrap_or(id))
    }

    /// The live leads that the scope sees and that pass the query.
    fn passing<'a>(
        &'a self,
        scope: &'a Scope,
        query: &'a LeadQuery,
    ) -> impl Iterator<Item = &'a LeadRecord> {
        self.leads_of(scope.tenant).filter(move |record| {
            let (lead, keys) = (&record.row.lead, &record.row.keys);
            let priority = record.score.priority.as_deref();
            let facts =
                Facts::new(lead, keys, record.score.total.0, priority, record.activity.last_at);
            record.is_live()
                && scope.sees(lead.tenant, lead.owner)
                && facts.check(&query.check)
                && query.search.finds(&keys.search_text, &keys.name)
        })
    }
}

/// What a lead is ordered by, as bytes; a missing value comes before all others.
fn sort_key(record: &LeadRecord, by: SortKey) -> Vec<u8> {
    let lead = &record.row.lead;
    match by {
        SortKey::Created => number_key(lead.created_at.timestamp_micros()),
        SortKey::Updated => number_key(lead.updated_at.timestamp_micros()),
        SortKey::Score => number_key(record.score.total.0),
        SortKey::LastInteraction => number_key(
            record.activity.last_at.map_or(i64::MIN, |at: Timestamp| at.timestamp_micros()),
        ),
        SortKey::Name => record.row.keys.name.clone().into_bytes(),
        SortKey::Value => number_key(lead.value.map_or(i64::MIN, |value| value.minor)),
    }
}

/// Whether the lead holds the key, and if so whether in a slot of its own.
fn holds(record: &LeadRecord, key: &IdentityKey) -> Option<bool> {
    let keys = &record.row.keys;
    let (held, slot) = match key.kind {
        IdentityKind::Email => (&keys.email, keys.email_slot),
        IdentityKind::Phone => (&keys.phone, keys.phone_slot),
        IdentityKind::ExternalId => (&record.row.lead.external_id, SLOT_EXCLUSIVE),
    };
    (held.as_ref() == Some(&key.key)).then_some(slot != SLOT_EXCLUSIVE)
}

#[async_trait]
impl LeadStore for MemoryStorage {
    async fn lead(&self, scope: &Scope, id: LeadId) -> Result<Option<StoredLead>> {
        Ok(self.state().seen_lead(scope, id).map(LeadRecord::stored))
    }

    async fn leads_by_id(&self, scope: &Scope, ids: &[LeadId]) -> Result<Vec<StoredLead>> {
        let ids: BTreeSet<LeadId> = ids.iter().copied().collect();
        let state = self.state();
        Ok(ids
            .into_iter()
            .filter_map(|id| state.seen_lead(scope, id))
            .map(LeadRecord::stored)
            .collect())
    }

    async fn leads_by_identity(
        &self,
        tenant: Tenant,
        keys: &[IdentityKey],
    ) -> Result<Vec<(IdentityKey, StoredLead)>> {
        let keys: BTreeSet<&IdentityKey> = keys.iter().collect();
        let state = self.state();
        let mut found = Vec::new();
        for key in keys {
            let mut holders: Vec<_> = state
                .leads_of(tenant)
                .filter(|record| record.is_live())
                .filter_map(|record| holds(record, key).map(|shared| (shared, record)))
                .collect();
            holders.sort_by_key(|(shared, record)| (*shared, record.row.lead.id));
            let mut holders: Vec<_> = holders.into_iter().map(|(_, record)| record).collect();
            let merged = state.leads_of(tenant).filter(|record| holds(record, key).is_some());
            let kept: BTreeSet<LeadId> =
                merged.filter_map(|record| record.row.lead.merged_into).collect();
            for id in kept {
                let kept = state.leads.get(&(tenant, id)).filter(|record| record.is_live());
                let known = |id| holders.iter().any(|holder| holder.row.lead.id == id);
                holders.extend(kept.filter(|record| !known(record.row.lead.id)));
            }
            found.extend(holders.into_iter().map(|record| (key.clone(), record.stored())));
        }
        Ok(found)
    }

    async fn leads_by_key<'a>(
        &self,
        scope: &Scope,
        by: SharedKey,
        after: Option<&'a KeyedLead>,
        limit: u32,
    ) -> Result<Vec<KeyedLead>> {
        let state = self.state();
        let seen = state.leads_of(scope.tenant).filter(|record| {
            record.is_live() && scope.sees(record.row.lead.tenant, record.row.lead.owner)
        });
        let keyed: BTreeSet<KeyedLead> = seen
            .filter_map(|record| {
                let key = record.row.keys.shared(by)?.to_owned();
                Some(KeyedLead { key, lead: record.row.lead.id })
            })
            .collect();
        let behind = keyed.into_iter().filter(|one| after.is_none_or(|after| one > after));
        Ok(behind.take(limit as usize).collect())
    }

    async fn leads_merged_into(&self, tenant: Tenant, lead: LeadId) -> Result<Vec<StoredLead>> {
        let state = self.state();
        let merged = state.leads_of(tenant);
        let merged = merged.filter(|record| record.row.lead.merged_into == Some(lead));
        Ok(merged.map(LeadRecord::stored).collect())
    }

    async fn leads(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        request: &PageRequest,
    ) -> Result<Page<StoredLead>> {
        let state = self.state();
        let rows = state
            .passing(scope, query)
            .map(|record| Ordered {
                key: sort_key(record, query.sort.by),
                id: record.row.lead.id.uuid().into_bytes(),
                row: record,
            })
            .collect();
        Ok(page(rows, &query.sort.list_name(), query.sort.direction, request)?
            .map(LeadRecord::stored))
    }

    async fn count_leads(&self, scope: &Scope, query: &LeadQuery, cap: u64) -> Result<u64> {
        let state = self.state();
        let passing = state.passing(scope, query).count() as u64;
        Ok(passing.min(cap.saturating_add(1)))
    }

    async fn lead_ids(&self, scope: &Scope, query: &LeadQuery, limit: u64) -> Result<Vec<LeadId>> {
        let state = self.state();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(state.passing(scope, query).take(limit).map(|record| record.row.lead.id).collect())
    }

    async fn lead_sample(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        most: usize,
    ) -> Result<LeadSample> {
        let leads = self.lead_ids(scope, query, u64::MAX).await?;
        Ok(LeadSample::of(leads.len() as u64, leads, most))
    }

    async fn interactions(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<Interaction>> {
        let state = self.state();
        let rows = state
            .seen_lead(scope, lead)
            .into_iter()
            .flat_map(|_| state.interactions_of(scope.tenant, lead))
            .map(|interaction| Ordered {
                key: number_key(interaction.at.timestamp_micros()),
                id: interaction.id.uuid().into_bytes(),
                row: interaction.clone(),
            })
            .collect();
        page(rows, "interactions", Direction::Descending, request)
    }

    async fn interaction(&self, scope: &Scope, id: InteractionId) -> Result<Option<Interaction>> {
        let state = self.state();
        let found = state
            .interaction_leads
            .get(&(scope.tenant, id))
            .filter(|lead| state.seen_lead(scope, **lead).is_some())
            .and_then(|lead| state.interactions.get(&(scope.tenant, *lead, id)));
        Ok(found.cloned())
    }

    async fn interaction_by_key<'a>(
        &self,
        scope: &Scope,
        lead: LeadId,
        key: &'a str,
    ) -> Result<Option<Interaction>> {
        let state = self.state();
        if state.seen_lead(scope, lead).is_none() {
            return Ok(None);
        }
        let with_key =
            state.interactions_of(scope.tenant, lead).filter(|one| one.key.as_deref() == Some(key));
        Ok(with_key.min_by_key(|one| (!state.is_own(one), one.id)).cloned())
    }

    async fn stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        let leads: BTreeSet<LeadId> = leads.iter().copied().collect();
        let state = self.state();
        let seen = leads.into_iter().filter(|lead| state.seen_lead(scope, *lead).is_some());
        let stays = seen.flat_map(|lead| state.stays_of(scope.tenant, lead));
        let mut stays: Vec<Stay> = stays.cloned().collect();
        stays.sort_by_key(|stay| (stay.lead, stay.entered_at, stay.id));
        Ok(stays)
    }

    async fn open_stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        let mut stays = self.stays(scope, leads).await?;
        stays.retain(|stay| stay.left_at.is_none());
        Ok(stays)
    }
}
