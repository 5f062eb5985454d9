//! How saboteurs read leads and their counts.

use std::collections::BTreeMap;

use async_trait::async_trait;
use leadbox_core::filter::{Check, Direction, Leaf, Sense, Test};
use leadbox_core::rollup::{Cell, Sums};
use leadbox_core::storage::{
    AnalyticsStore, Counts, LeadSample, LeadStore, StorageError, StoredLead,
};
use leadbox_core::{
    Cursor, Days, IdentityKey, Interaction, InteractionId, KeyedLead, LeadId, LeadQuery, Owners,
    Page, PageRequest, Scope, SharedKey, Stay, Tenant,
};

use super::fault::Promise;
use super::saboteur::Saboteur;

type Result<T> = std::result::Result<T, StorageError>;

impl Saboteur {
    /// The lead as this storage shows it.
    async fn shown(&self, mut stored: StoredLead) -> Result<StoredLead> {
        let (tenant, id) = (stored.lead.tenant, stored.lead.id);
        if self.breaks(Promise::Microseconds) {
            let lead = &mut stored.lead;
            let micros = lead.created_at.timestamp_micros() / 1000 * 1000;
            lead.created_at = leadbox_core::from_unix_micros(micros).unwrap_or(lead.created_at);
        }
        if self.breaks(Promise::SuspectWeightless) {
            let all = PageRequest::first(PageRequest::MAX);
            let page = self.inner.interactions(&Scope::all(tenant), id, &all).await?;
            stored.activity.count = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
        }
        if self.breaks(Promise::LatestByTime) && stored.activity.last_at.is_some() {
            stored.activity.last_at = self.notes().last_interaction.get(&id).copied();
        }
        Ok(stored)
    }

    fn asked(&self, query: &LeadQuery) -> LeadQuery {
        let mut query = query.clone();
        if self.breaks(Promise::UnknownFails) {
            query.check = known_too(&query.check);
        }
        if self.breaks(Promise::EveryWord) {
            query.search.terms.truncate(1);
        }
        query
    }

    /// Pages by counting rows off: the cursor's id holds how many were seen.
    async fn counted_off(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        request: &PageRequest,
    ) -> Result<Page<StoredLead>> {
        let list = query.sort.list_name();
        let seen = match &request.after {
            None => 0,
            Some(cursor) => {
                let (_, id) = cursor.of(&list).map_err(|_| StorageError::BadCursor)?;
                usize::try_from(u128::from_be_bytes(id)).unwrap_or(usize::MAX)
            }
        };
        let all = PageRequest::first(PageRequest::MAX);
        let items = self.inner.leads(scope, query, &all).await?.items;
        let limit = request.limit() as usize;
        let next = seen.saturating_add(limit);
        let more = items.len() > next;
        let items = items.into_iter().skip(seen).take(limit).collect();
        let cursor = Cursor::new(list, Some(Vec::new()), (next as u128).to_be_bytes());
        Ok(Page { items, next: more.then_some(cursor) })
    }

    /// A request behind all rows that are equal to the last one.
    fn behind_equals(query: &LeadQuery, request: &PageRequest) -> PageRequest {
        let list = query.sort.list_name();
        let last = match query.sort.direction {
            Direction::Ascending => [u8::MAX; 16],
            Direction::Descending => [0; 16],
        };
        let after = request.after.as_ref().map(|cursor| match cursor.of(&list) {
            Ok((key, _)) => Cursor::new(list.clone(), key.map(<[u8]>::to_vec), last),
            Err(_) => cursor.clone(),
        });
        PageRequest { after, ..request.clone() }
    }

    async fn with_deleted(&self, scope: &Scope, page: &mut Page<StoredLead>) -> Result<()> {
        let ids: Vec<LeadId> = self.notes().leads.iter().map(|(_, id)| *id).collect();
        let all = self.inner.leads_by_id(scope, &ids).await?;
        page.items.extend(all.into_iter().filter(|stored| stored.lead.deleted_at.is_some()));
        Ok(())
    }
}

/// The check as a database reads it that forgets what is missing.
fn known_too(check: &Check) -> Check {
    match check {
        Check::All(checks) => Check::All(checks.iter().map(known_too).collect()),
        Check::Any(checks) => Check::Any(checks.iter().map(known_too).collect()),
        Check::Leaf(leaf) if leaf.sense == Sense::Fails && leaf.test != Test::Known => {
            let known = Leaf { test: Test::Known, sense: Sense::Holds, ..leaf.clone() };
            Check::All(vec![Check::Leaf(known), Check::Leaf(leaf.clone())])
        }
        Check::Leaf(leaf) => Check::Leaf(leaf.clone()),
    }
}

#[async_trait]
impl LeadStore for Saboteur {
    async fn lead(&self, scope: &Scope, id: LeadId) -> Result<Option<StoredLead>> {
        for scope in self.scopes_read("lead", scope) {
            if let Some(found) = self.inner.lead(&scope, id).await? {
                return self.shown(found).await.map(Some);
            }
        }
        Ok(None)
    }

    async fn leads_by_id(&self, scope: &Scope, ids: &[LeadId]) -> Result<Vec<StoredLead>> {
        let mut found = Vec::new();
        for scope in self.scopes_read("leads_by_id", scope) {
            found.extend(self.inner.leads_by_id(&scope, ids).await?);
        }
        Ok(found)
    }

    async fn leads_by_identity(
        &self,
        tenant: Tenant,
        keys: &[IdentityKey],
    ) -> Result<Vec<(IdentityKey, StoredLead)>> {
        let mut found = Vec::new();
        for tenant in self.tenants_read("leads_by_identity", tenant) {
            found.extend(self.inner.leads_by_identity(tenant, keys).await?);
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
        let mut found = Vec::new();
        for scope in self.scopes_read("leads_by_key", scope) {
            found.extend(self.inner.leads_by_key(&scope, by, after, limit).await?);
        }
        Ok(found)
    }

    async fn leads_merged_into(&self, tenant: Tenant, lead: LeadId) -> Result<Vec<StoredLead>> {
        let mut found = Vec::new();
        for tenant in self.tenants_read("leads_merged_into", tenant) {
            found.extend(self.inner.leads_merged_into(tenant, lead).await?);
        }
        Ok(found)
    }

    async fn leads(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        request: &PageRequest,
    ) -> Result<Page<StoredLead>> {
        let query = self.asked(query);
        let mut request = request.clone();
        if self.breaks(Promise::EqualKeys) {
            request = Self::behind_equals(&query, &request);
        }
        let scopes = self.scopes_read("leads", scope);
        let mut page = match self.inner.leads(&scopes[0], &query, &request).await {
            Err(StorageError::BadCursor) if self.breaks(Promise::CursorOfList) => {
                request.after = None;
                self.inner.leads(&scopes[0], &query, &request).await?
            }
            _ if self.breaks(Promise::KeysetPages) => {
                self.counted_off(&scopes[0], &query, &request).await?
            }
            page => page?,
        };
        for other in &scopes[1..] {
            page.items.extend(self.inner.leads(other, &query, &request).await?.items);
        }
        if self.breaks(Promise::DeletedHidden) && page.next.is_none() {
            self.with_deleted(scope, &mut page).await?;
        }
        Ok(page)
    }

    async fn count_leads(&self, scope: &Scope, query: &LeadQuery, cap: u64) -> Result<u64> {
        let query = self.asked(query);
        let cap = if self.breaks(Promise::CountCap) { u64::MAX } else { cap };
        let mut count = 0;
        for scope in self.scopes_read("count_leads", scope) {
            count += self.inner.count_leads(&scope, &query, cap).await?;
        }
        Ok(count)
    }

    async fn lead_ids(&self, scope: &Scope, query: &LeadQuery, limit: u64) -> Result<Vec<LeadId>> {
        let query = self.asked(query);
        let mut ids = Vec::new();
        for scope in self.scopes_read("lead_ids", scope) {
            ids.extend(self.inner.lead_ids(&scope, &query, limit).await?);
        }
        Ok(ids)
    }

    async fn lead_sample(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        most: usize,
    ) -> Result<LeadSample> {
        let query = self.asked(query);
        let mut sample = LeadSample::default();
        for scope in self.scopes_read("lead_sample", scope) {
            let more = self.inner.lead_sample(&scope, &query, most).await?;
            sample.count += more.count;
            sample.some.extend(more.some);
        }
        Ok(sample)
    }

    async fn interactions(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<Interaction>> {
        let scopes = self.scopes_read("interactions", scope);
        let mut page = self.inner.interactions(&scopes[0], lead, request).await?;
        for other in &scopes[1..] {
            page.items.extend(self.inner.interactions(other, lead, request).await?.items);
        }
        Ok(page)
    }

    async fn interaction(&self, scope: &Scope, id: InteractionId) -> Result<Option<Interaction>> {
        for scope in self.scopes_read("interaction", scope) {
            if let Some(found) = self.inner.interaction(&scope, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn interaction_by_key<'a>(
        &self,
        scope: &Scope,
        lead: LeadId,
        key: &'a str,
    ) -> Result<Option<Interaction>> {
        for scope in self.scopes_read("interaction_by_key", scope) {
            if let Some(found) = self.inner.interaction_by_key(&scope, lead, key).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        let mut stays = Vec::new();
        for scope in self.scopes_read("stays", scope) {
            stays.extend(self.inner.stays(&scope, leads).await?);
        }
        Ok(stays)
    }

    async fn open_stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        let mut stays = Vec::new();
        for scope in self.scopes_read("open_stays", scope) {
            stays.extend(self.inner.open_stays(&scope, leads).await?);
        }
        Ok(stays)
    }
}

impl Saboteur {
    /// Counts that were kept wrongly, if that is the fault.
    fn wrong_counts(&self, tenant: Tenant) -> Option<BTreeMap<Cell, i64>> {
        (self.breaks(Promise::CountsMove) || self.breaks(Promise::CountsForget))
            .then(|| self.notes().counts.get(&tenant).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl AnalyticsStore for Saboteur {
    async fn lead_counts(&self, scope: &Scope) -> Result<BTreeMap<Cell, i64>> {
        if let (Some(counts), Owners::All) = (self.wrong_counts(scope.tenant), &scope.owners) {
            return Ok(counts);
        }
        let mut counts = BTreeMap::new();
        for scope in self.scopes_read("lead_counts", scope) {
            for (cell, n) in self.inner.lead_counts(&scope).await? {
                *counts.entry(cell).or_default() += n;
            }
        }
        Ok(counts)
    }

    async fn lead_sums(&self, scope: &Scope, days: Days) -> Result<Sums> {
        let mut sums = Sums::default();
        for scope in self.scopes_read("lead_sums", scope) {
            sums.extend(self.inner.lead_sums(&scope, days).await?);
        }
        Ok(sums)
    }

    async fn verify_counts(&self, tenant: Tenant) -> Result<Counts> {
        let mut counts = self.inner.verify_counts(tenant).await?;
        counts.kept = self.wrong_counts(tenant).unwrap_or(counts.kept);
        Ok(counts)
    }

    async fn rebuild_counts(&self, tenant: Tenant) -> Result<()> {
        self.inner.rebuild_counts(tenant).await
    }

    async fn fold_counts(&self, limit: u32) -> Result<u64> {
        self.inner.fold_counts(limit).await
    }
}
