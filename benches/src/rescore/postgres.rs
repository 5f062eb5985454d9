//! By hand on Postgres: statements over arrays, and one transaction per batch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection, Row as _};
use uuid::Uuid;

use super::Result;
use super::batch::{Batch, Lead, Row, SIZE};
use super::rules::{MOST, Score, Seen};
use crate::plain::row::Ids;

/// The next leads.
pub async fn leads(connection: &mut PgConnection, after: Uuid) -> Result<Vec<Lead>> {
    let rows = sqlx::query(
        r"
        select
            l.id, l.version, p.revision, p.total, p.priority, p.as_of, f.body,
            l.tenant, l.external_id, l.pipeline, l.stage, l.stage_since, l.owner, l.value_minor, l.currency,
            l.completeness, l.created_at, l.created_on, l.updated_at, l.deleted_at, l.merged_into,
            p.lead_version, p.categories, p.next_change_at, p.rule_set, p.dirty, p.interactions, p.last_at
        from lead as l
        join lead_pulse as p on p.tenant = l.tenant and p.lead = l.id
        join lead_profile as f on f.tenant = l.tenant and f.lead = l.id
        where l.tenant = 1
          and l.deleted_at is null
          and l.id > $1
        order by l.id
        limit $2",
    )
    .bind(after)
    .bind(SIZE)
    .fetch_all(connection)
    .await?;
    let lead = |row: &PgRow| {
        Ok(Lead {
            no: 0,
            id: row.try_get(0)?,
            version: row.try_get(1)?,
            revision: row.try_get(2)?,
            total: row.try_get(3)?,
            priority: row.try_get(4)?,
            as_of: row.try_get(5)?,
            edition: row.try_get("rule_set")?,
            body: row.try_get::<Json<Value>, _>(6)?.0,
        })
    };
    rows.iter().map(lead).collect()
}

/// Adds what happened with leads.
pub async fn visits(
    connection: &mut PgConnection,
    leads: &[Lead],
    seen: &mut [Seen],
) -> Result<()> {
    let rows = sqlx::query(
        r"
        select i.lead, i.kind, i.at, i.props, i.tenant, i.id, i.received_at, i.key, i.suspect, i.decided, i.reason
        from unnest($1::uuid[]) as w (lead)
        cross join lateral (
            select *
            from interaction
            where tenant = 1
              and lead = w.lead
              and not suspect
            order by at desc, id desc
            limit $2
        ) as i",
    )
    .bind(leads.iter().map(|lead| lead.id).collect::<Vec<_>>())
    .bind(i64::try_from(MOST)?)
    .fetch_all(connection)
    .await?;
    let mut seen: HashMap<Uuid, &mut Seen> = leads.iter().map(|lead| lead.id).zip(seen).collect();
    for row in &rows {
        let (lead, kind): (Uuid, &str) = (row.try_get(0)?, row.try_get(1)?);
        let (at, props): (DateTime<Utc>, Json<Value>) = (row.try_get(2)?, row.try_get(3)?);
        if let Some(seen) = seen.get_mut(&lead) {
            seen.add(kind, at.timestamp_micros(), &props);
        }
    }
    Ok(())
}

/// Writes what became of a batch.
pub async fn write(connection: &mut PgConnection, batch: &Batch<'_>, ids: &mut Ids) -> Result<()> {
    let rows = batch.rows;
    let kept: Vec<Row<'_>> = rows.iter().filter(|row| Batch::is_kept(row)).copied().collect();
    let told: Vec<Row<'_>> = rows.iter().filter(|row| Batch::is_told(row)).copied().collect();
    let mut transaction = connection.begin().await?;
    pulses(&mut transaction, batch, rows).await?;
    records(&mut transaction, batch, &kept).await?;
    events(&mut transaction, batch, &told, ids).await?;
    note(&mut transaction, batch).await?;
    transaction.commit().await?;
    Ok(())
}

async fn pulses(connection: &mut PgConnection, batch: &Batch<'_>, rows: &[Row<'_>]) -> Result<()> {
    let next = |score: &Score| score.next.and_then(DateTime::from_timestamp_micros);
    let done = sqlx::query(
        r"
        update lead_pulse as p
        set revision = w.revision + 1,
            lead_version = w.version,
            total = w.total,
            categories = '{}',
            priority = w.priority,
            as_of = $7,
            next_change_at = w.next,
            rule_set = $8,
            dirty = false
        from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::timestamptz[])
            as w (lead, version, revision, total, priority, next)
        where p.tenant = 1
          and p.lead = w.lead
          and p.version = w.version
          and p.revision = w.revision",
    )
    .bind(rows.iter().map(|(lead, _)| lead.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|(lead, _)| lead.version).collect::<Vec<_>>())
    .bind(rows.iter().map(|(lead, _)| lead.revision).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, score)| score.total).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, score)| score.priority).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, score)| next(score)).collect::<Vec<_>>())
    .bind(batch.now)
    .bind(batch.pass.edition)
    .execute(connection)
    .await?
    .rows_affected();
    match done == rows.len() as u64 {
        true => Ok(()),
        false => Err("somebody else was faster".into()),
    }
}

async fn records(connection: &mut PgConnection, batch: &Batch<'_>, rows: &[Row<'_>]) -> Result<()> {
    sqlx::query(
        r"
        insert into score_record (tenant, lead, revision, at, change)
        select 1, lead, revision, $4, change::json
        from unnest($1::uuid[], $2::bigint[], $3::text[]) as w (lead, revision, change)",
    )
    .bind(rows.iter().map(|(lead, _)| lead.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|(lead, _)| lead.revision + 1).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| batch.record(row)).collect::<Vec<_>>())
    .bind(batch.now)
    .execute(connection)
    .await?;
    Ok(())
}

async fn events(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    rows: &[Row<'_>],
    ids: &mut Ids,
) -> Result<()> {
    sqlx::query(
        r"
        insert into event_new (
            id, tenant, subject_kind, subject, kind, at, version, revision, change_set, ordinal, actor_kind, cause_depth,
            bulk, payload, salt, commitment
        )
        select
            id, 1, 0, subject, 'lead.scored', $6, version, revision, $7, 0, 0, 0,
            true, payload, decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex')
        from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[])
            as w (id, subject, version, revision, payload)",
    )
    .bind(rows.iter().map(|_| ids.next()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(lead, _)| lead.id).collect::<Vec<_>>())
    .bind(rows.iter().map(|(lead, _)| lead.version).collect::<Vec<_>>())
    .bind(rows.iter().map(|(lead, _)| lead.revision + 1).collect::<Vec<_>>())
    .bind(rows.iter().map(Batch::payload).collect::<Vec<_>>())
    .bind(batch.now)
    .bind(batch.set)
    .execute(connection)
    .await?;
    Ok(())
}

/// How far it is, for whoever goes on after a crash.
async fn note(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<()> {
    sqlx::query(
        r"
        insert into checkpoint as c (tenant, name, revision, body, at)
        values (1, 'by hand', 1, '{}', $1)
        on conflict (tenant, name) do update set revision = c.revision + 1, at = excluded.at",
    )
    .bind(batch.now)
    .execute(connection)
    .await?;
    Ok(())
}
