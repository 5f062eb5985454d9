//! Scores as scoring asks for them. Owns the plain scans that databases have to equal.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::MemoryStorage;
use super::paging::{Ordered, number_key, page};
use super::state::LeadRecord;
use crate::filter::Direction;
use crate::id::{LeadId, Tenant};
use crate::interaction::{Interaction, Suspicion};
use crate::page::{Page, PageRequest};
use crate::revision::Revision;
use crate::scope::Scope;
use crate::scoring::ScoreRecord;
use crate::storage::{DueScore, ScoreStore, StorageError};
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl ScoreStore for MemoryStorage {
    async fn recent_interactions(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Interaction>> {
        let state = self.state();
        let (mut leads, mut found) = (leads.to_vec(), Vec::new());
        leads.sort_unstable();
        leads.dedup();
        for lead in leads {
            let of_lead = state.interactions_of(tenant, lead);
            let mut clear: Vec<&Interaction> =
                of_lead.filter(|one| one.suspicion == Suspicion::Clear).collect();
            clear.sort_by_key(|one| std::cmp::Reverse((one.at, one.id)));
            found.extend(clear.into_iter().take(most as usize).cloned());
        }
        Ok(found)
    }

    async fn score_records(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<ScoreRecord>> {
        let state = self.state();
        let (first, last) = (Revision(0), Revision(i64::MAX));
        let range = (scope.tenant, lead, first)..=(scope.tenant, lead, last);
        let rows = state
            .seen_lead(scope, lead)
            .into_iter()
            .flat_map(|_| state.score_records.range(range.clone()))
            .map(|(_, record)| Ordered {
                key: number_key(record.revision.0),
                id: lead.uuid().into_bytes(),
                row: record.clone(),
            })
            .collect();
        page(rows, "score records", Direction::Descending, request)
    }

    async fn latest_score_records(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<ScoreRecord>> {
        let state = self.state();
        let leads: BTreeSet<LeadId> = leads.iter().copied().collect();
        let (first, last) = (Revision(0), Revision(i64::MAX));
        let of_lead = |lead| {
            let all = state.score_records.range((tenant, lead, first)..=(tenant, lead, last));
            let mut all: Vec<ScoreRecord> = all.map(|(_, record)| record.clone()).collect();
            all.reverse();
            all.truncate(most as usize);
            all
        };
        Ok(leads.into_iter().flat_map(of_lead).collect())
    }

    async fn due_scores(
        &self,
        now: Timestamp,
        after: Option<DueScore>,
        limit: u32,
    ) -> Result<Vec<DueScore>> {
        let state = self.state();
        let range = (Tenant(i64::MIN), LeadId::from_uuid(Uuid::nil()))
            ..=(Tenant(i64::MAX), LeadId::from_uuid(Uuid::max()));
        let live = state.leads.range(range).filter(|(_, record)| record.is_live());
        let mut due: Vec<DueScore> = live
            .filter_map(|((tenant, lead), record)| {
                let at = record.score.next_change_at.filter(|at| *at <= now)?;
                Some(DueScore { at, tenant: *tenant, lead: *lead })
            })
            .collect();
        due.retain(|one| after.is_none_or(|after| *one > after));
        due.sort_unstable();
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn leads_scored_before(
        &self,
        tenant: Tenant,
        rule_set: i64,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<LeadId>> {
        let state = self.state();
        let is_behind = |record: &&LeadRecord| {
            record.is_live()
                && record.score.rule_set < rule_set
                && after.is_none_or(|after| record.row.lead.id > after)
        };
        let behind = state.leads_of(tenant).filter(is_behind).map(|record| record.row.lead.id);
        Ok(behind.take(limit as usize).collect())
    }
}
