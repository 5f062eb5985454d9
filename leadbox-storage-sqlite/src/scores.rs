//! Scores as scoring reads them. Owns their history, and which of them have to be made again; what they are made from is `recent`'s.

use async_trait::async_trait;
use leadbox_core::scoring::ScoreRecord;
use leadbox_core::storage::{DueScore, ScoreStore};
use leadbox_core::{
    Cursor, Interaction, LeadId, Page, PageRequest, Revision, Scope, Tenant, Timestamp,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use crate::error::{During, Result};
use crate::interactions::seen_lead;
use crate::paging::{latest_after, number_key};
use crate::recent;
use crate::rows::Columns;
use crate::storage::SqliteStorage;

const RECORDS: &str = "score records";

/// So many leads are asked about in one statement.
const AT_ONCE: usize = 1_000;

/// The statement for the latest changes of the scores of some leads.
fn latest_records(tenant: Tenant, leads: &[LeadId], most: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("with asked (id) as (values ");
    let mut values = sql.separated(", ");
    for lead in leads {
        values.push("(").push_bind_unseparated(lead.uuid()).push_unseparated(")");
    }
    sql.push(
        r")
        select
            r.revision,
            r.at,
            r.change,
            l.id as lead
        from asked
        cross join lead l on l.id = asked.id
        cross join score_record r on r.lead_no = l.no
            and r.revision in (
                select revision
                from score_record
                where lead_no = l.no
                order by revision desc
                limit ",
    );
    sql.push_bind(most).push(") where l.tenant = ").push_bind(tenant.0);
    sql.push(" order by l.id, r.revision desc");
    sql
}

/// Reads `revision, at, change` of a change of this lead's score.
fn score_record(row: &SqliteRow, tenant: Tenant, lead: LeadId) -> Result<ScoreRecord> {
    let mut columns = Columns::of(row, "score_record");
    Ok(ScoreRecord {
        tenant,
        lead,
        revision: Revision(columns.value("revision")?),
        at: columns.time("at")?,
        change: columns.json("change")?,
    })
}

#[async_trait]
impl ScoreStore for SqliteStorage {
    async fn recent_interactions(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Interaction>> {
        recent::interactions(&self.readers, tenant, leads, most).await
    }

    async fn score_records(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<ScoreRecord>> {
        let (revision, _) = latest_after(page, RECORDS)?;
        let Some(no) = seen_lead(&self.readers, scope, lead).await? else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let limit = page.limit();
        let found = sqlx::query(
            r"
            select
                revision,
                at,
                change
            from score_record
            where lead_no = ?
                and revision < ?
            order by revision desc
            limit ?",
        )
        .bind(no)
        .bind(revision)
        .bind(limit + 1)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read the history of a score")?;
        let read = |row: &SqliteRow| score_record(row, scope.tenant, lead);
        let records = found.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(records, limit, |last| {
            Cursor::new(RECORDS, Some(number_key(last.revision.0)), lead.uuid().into_bytes())
        }))
    }

    async fn latest_score_records(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<ScoreRecord>> {
        let mut leads = leads.to_vec();
        leads.sort_unstable();
        leads.dedup();
        let mut connection = self.readers.acquire().await?;
        let mut records = Vec::new();
        for some in leads.chunks(AT_ONCE) {
            let mut sql = latest_records(tenant, some, most);
            let found = sql.build().fetch_all(&mut *connection).await;
            for row in &found.during("read the latest changes of scores")? {
                let lead = Columns::behind(row, "lead", 3).id("lead")?;
                records.push(score_record(row, tenant, lead)?);
            }
        }
        Ok(records)
    }

    async fn due_scores(
        &self,
        now: Timestamp,
        after: Option<DueScore>,
        limit: u32,
    ) -> Result<Vec<DueScore>> {
        let (at, tenant, lead) = match after {
            Some(DueScore { at, tenant, lead }) => {
                (at.timestamp_micros(), tenant.0, lead.uuid().into_bytes().to_vec())
            }
            None => (i64::MIN, i64::MIN, Vec::new()),
        };
        let found = sqlx::query(
            r"
            select
                next_change_at,
                tenant,
                lead
            from lead_pulse
            where deleted = 0
                and next_change_at is not null
                and next_change_at <= ?
                and (next_change_at, tenant, lead) > (?, ?, ?)
            order by
                next_change_at,
                tenant,
                lead
            limit ?",
        )
        .bind(now.timestamp_micros())
        .bind(at)
        .bind(tenant)
        .bind(lead)
        .bind(limit)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("look for scores that are due")?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row, "lead_pulse");
            let at = columns.time("next_change_at")?;
            Ok(DueScore { at, tenant: columns.tenant()?, lead: columns.id("lead")? })
        };
        found.iter().map(read).collect()
    }

    async fn leads_scored_before(
        &self,
        tenant: Tenant,
        rule_set: i64,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<LeadId>> {
        let found = sqlx::query(
            r"
            select l.id
            from lead l
            cross join lead_pulse p on p.no = l.no
            where l.tenant = ?
                and l.id > ?
                and p.deleted = 0
                and p.rule_set < ?
            order by l.id
            limit ?",
        )
        .bind(tenant.0)
        .bind(after.map(|lead| lead.uuid().into_bytes().to_vec()).unwrap_or_default())
        .bind(rule_set)
        .bind(limit)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("look for leads scored by older rules")?;
        found.iter().map(|row| Columns::of(row, "lead").id("id")).collect()
    }
}
