//! Scores as scoring reads them. Owns what scores are made from, their history, and which of them have to be made again.

use async_trait::async_trait;
use leadbox_core::scoring::ScoreRecord;
use leadbox_core::storage::{DueScore, ScoreStore};
use leadbox_core::{
    Cursor, Interaction, LeadId, Page, PageRequest, Scope, StorageError, Tenant, Timestamp,
};
use uuid::Uuid;

use crate::error::storage_error;
use crate::leads::owners;
use crate::paging::{after as place_after, number, number_key};
use crate::rows;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

const RECORDS: &str = "score records";

#[async_trait]
impl ScoreStore for PostgresStorage {
    async fn recent_interactions(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Interaction>> {
        let mut leads: Vec<Uuid> = leads.iter().map(|lead| lead.uuid()).collect();
        leads.sort_unstable();
        leads.dedup();
        let rows = sqlx::query(
            r"
            select i.tenant, i.id, i.lead, i.kind, i.at, i.received_at, i.key, i.suspect, i.decided, i.reason, i.props
            from unnest($2::uuid[]) as w (lead)
            cross join lateral (
                select tenant, id, lead, kind, at, received_at, key, suspect, decided, reason, props
                from interaction
                where tenant = $1
                  and lead = w.lead
                  and not suspect
                order by at desc, id desc
                limit $3
            ) as i",
        )
        .bind(tenant.0)
        .bind(leads)
        .bind(i64::from(most))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("read recent interactions", error))?;
        rows.iter().map(rows::interaction).collect()
    }

    async fn score_records(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<ScoreRecord>> {
        let place = place_after(page, RECORDS)?;
        let revision = place.map(|(key, _)| number(key)).transpose()?;
        let rows = sqlx::query(
            r"
            select tenant, lead, revision, at, change
            from score_record
            where tenant = $1
              and lead = $2
              and exists (
                    select from lead as l where l.tenant = $1 and l.id = $2 and ($3::uuid[] is null or l.owner = any ($3))
              )
              and revision < $4
            order by revision desc
            limit $5",
        )
        .bind(scope.tenant.0)
        .bind(lead.uuid())
        .bind(owners(scope))
        .bind(revision.unwrap_or(i64::MAX))
        .bind(i64::from(page.limit()) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("read the history of a score", error))?;
        let found = rows.iter().map(rows::score_record).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, page.limit(), |last| {
            Cursor::new(RECORDS, Some(number_key(last.revision.0)), lead.uuid().into_bytes())
        }))
    }

    async fn latest_score_records(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<ScoreRecord>> {
        let mut leads: Vec<Uuid> = leads.iter().map(|lead| lead.uuid()).collect();
        leads.sort_unstable();
        leads.dedup();
        let rows = sqlx::query(
            r"
            select r.tenant, r.lead, r.revision, r.at, r.change
            from unnest($2::uuid[]) as w (lead)
            cross join lateral (
                select tenant, lead, revision, at, change
                from score_record
                where tenant = $1
                  and lead = w.lead
                order by revision desc
                limit $3
            ) as r
            order by r.lead, r.revision desc",
        )
        .bind(tenant.0)
        .bind(leads)
        .bind(i64::from(most))
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("read the latest changes of scores", error))?;
        rows.iter().map(rows::score_record).collect()
    }

    async fn due_scores(
        &self,
        now: Timestamp,
        after: Option<DueScore>,
        limit: u32,
    ) -> Result<Vec<DueScore>> {
        // Without a place it begins before all that can be.
        let (at, tenant, lead) = match after {
            Some(DueScore { at, tenant, lead }) => (at, tenant.0, lead.uuid()),
            None => (rows::never(), i64::MIN, Uuid::nil()),
        };
        let rows = sqlx::query(
            r"
            select next_change_at, tenant, lead
            from lead_pulse
            where live
              and next_change_at is not null
              and next_change_at <= $1
              and (next_change_at, tenant, lead) > ($2, $3, $4)
            order by next_change_at, tenant, lead
            limit $5",
        )
        .bind(now)
        .bind(at)
        .bind(tenant)
        .bind(lead)
        .bind(i64::from(limit))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("look for scores that are due", error))?;
        rows.iter().map(rows::due_score).collect()
    }

    async fn leads_scored_before(
        &self,
        tenant: Tenant,
        rule_set: i64,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<LeadId>> {
        let rows: Vec<Uuid> = sqlx::query_scalar(
            r"
            select lead
            from lead_pulse
            where tenant = $1
              and lead > $2
              and live
              and rule_set < $3
            order by lead
            limit $4",
        )
        .bind(tenant.0)
        .bind(after.map_or(Uuid::nil(), |lead| lead.uuid()))
        .bind(rule_set)
        .bind(i64::from(limit))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("look for leads scored by older rules", error))?;
        Ok(rows.into_iter().map(LeadId::from_uuid).collect())
    }
}
