//! How saboteurs read scores and what they are made from.

use async_trait::async_trait;
use leadbox_core::scoring::ScoreRecord;
use leadbox_core::storage::{DueScore, LeadStore, ScoreStore, StorageError};
use leadbox_core::{Interaction, LeadId, Page, PageRequest, Scope, Tenant, Timestamp};

use super::fault::Promise;
use super::saboteur::Saboteur;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl ScoreStore for Saboteur {
    async fn recent_interactions(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Interaction>> {
        let mut found = Vec::new();
        for tenant in self.tenants_read("recent_interactions", tenant) {
            if self.breaks(Promise::SuspectWeightless) {
                for lead in leads {
                    let page = PageRequest::first(most);
                    found.extend(
                        self.inner.interactions(&Scope::all(tenant), *lead, &page).await?.items,
                    );
                }
            } else if self.breaks(Promise::LatestByTime) {
                let mut all = self.inner.recent_interactions(tenant, leads, u32::MAX).await?;
                all.reverse();
                all.truncate(most as usize);
                found.extend(all);
            } else {
                found.extend(self.inner.recent_interactions(tenant, leads, most).await?);
            }
        }
        Ok(found)
    }

    async fn score_records(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<ScoreRecord>> {
        let scopes = self.scopes_read("score_records", scope);
        let mut page = self.inner.score_records(&scopes[0], lead, request).await?;
        for other in &scopes[1..] {
            page.items.extend(self.inner.score_records(other, lead, request).await?.items);
        }
        Ok(page)
    }

    async fn latest_score_records(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<ScoreRecord>> {
        let mut found = Vec::new();
        for tenant in self.tenants_read("latest_score_records", tenant) {
            found.extend(self.inner.latest_score_records(tenant, leads, most).await?);
        }
        Ok(found)
    }

    async fn due_scores(
        &self,
        now: Timestamp,
        after: Option<DueScore>,
        limit: u32,
    ) -> Result<Vec<DueScore>> {
        let now = match self.breaks(Promise::DueByTime) {
            true => now + chrono::TimeDelta::days(365),
            false => now,
        };
        self.inner.due_scores(now, after, limit).await
    }

    async fn leads_scored_before(
        &self,
        tenant: Tenant,
        rule_set: i64,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<LeadId>> {
        let rule_set = if self.breaks(Promise::OlderRules) { i64::MAX } else { rule_set };
        let mut found = Vec::new();
        for tenant in self.tenants_read("leads_scored_before", tenant) {
            found.extend(self.inner.leads_scored_before(tenant, rule_set, after, limit).await?);
        }
        Ok(found)
    }
}
