//! By hand on SQLite: multi-row statements, and one immediate transaction per batch.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, QueryBuilder, Row as _, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::Result;
use super::batch::{Batch, Lead, Row, SIZE};
use super::rules::Seen;
use crate::plain::row::Ids;

/// Rows per statement.
const CHUNK: usize = 250;

/// The next leads.
pub async fn leads(connection: &mut SqliteConnection, after: Uuid) -> Result<Vec<Lead>> {
    let rows = sqlx::query(
        r"
        select
            l.no,
            l.id,
            l.version,
            p.revision,
            p.score,
            p.priority,
            p.as_of,
            f.body,
            l.tenant,
            l.external_id,
            l.pipeline,
            l.stage,
            l.stage_since,
            l.owner,
            l.value_minor,
            l.currency,
            l.completeness,
            l.created_at,
            l.created_on,
            l.updated_at,
            l.deleted_at,
            l.merged_into,
            p.lead_version,
            p.categories,
            p.next_change_at,
            p.rule_set,
            p.dirty,
            p.last_at,
            p.interactions
        from lead l
        cross join lead_pulse p on p.no = l.no
        cross join lead_profile f on f.no = l.no
        where l.tenant = 1
            and l.deleted_at is null
            and l.id > ?
        order by l.id
        limit ?",
    )
    .bind(after)
    .bind(SIZE)
    .fetch_all(connection)
    .await?;
    let lead = |row: &SqliteRow| {
        Ok(Lead {
            no: row.try_get(0)?,
            id: row.try_get(1)?,
            version: row.try_get(2)?,
            revision: row.try_get(3)?,
            total: row.try_get(4)?,
            priority: row.try_get(5)?,
            as_of: chrono::DateTime::from_timestamp_micros(row.try_get(6)?).ok_or("no moment")?,
            edition: row.try_get("rule_set")?,
            body: serde_json::from_str(row.try_get(7)?)?,
        })
    };
    rows.iter().map(lead).collect()
}

/// Adds what happened with leads.
pub async fn visits(
    connection: &mut SqliteConnection,
    leads: &[Lead],
    seen: &mut [Seen],
) -> Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        r"
        select
            lead_no,
            kind,
            at,
            props,
            id,
            received_at,
            key,
            suspect,
            decided,
            reason
        from interaction
        where suspect = 0
            and lead_no in (",
    );
    let mut numbers = sql.separated(", ");
    for lead in leads {
        numbers.push_bind(lead.no);
    }
    sql.push(") order by lead_no desc, at desc, id desc");
    let mut seen: HashMap<i64, &mut Seen> = leads.iter().map(|lead| lead.no).zip(seen).collect();
    for row in sql.build().fetch_all(connection).await? {
        let (lead, kind): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
        let props: Value = serde_json::from_str(row.try_get(3)?)?;
        if let Some(seen) = seen.get_mut(&lead) {
            seen.add(kind, row.try_get(2)?, &props);
        }
    }
    Ok(())
}

/// Writes what became of a batch.
pub async fn write(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    ids: &mut Ids,
) -> Result<()> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    for rows in batch.rows.chunks(CHUNK) {
        let kept: Vec<Row<'_>> = rows.iter().filter(|row| Batch::is_kept(row)).copied().collect();
        let told: Vec<Row<'_>> = rows.iter().filter(|row| Batch::is_told(row)).copied().collect();
        pulses(&mut transaction, batch, rows).await?;
        records(&mut transaction, batch, &kept).await?;
        events(&mut transaction, batch, &told, ids).await?;
    }
    note(&mut transaction, batch).await?;
    transaction.commit().await?;
    Ok(())
}

async fn pulses(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    rows: &[Row<'_>],
) -> Result<()> {
    let mut sql =
        QueryBuilder::<Sqlite>::new("with v (no, version, revision, total, priority, next) as (");
    sql.push_values(rows, |mut row, (lead, score)| {
        row.push_bind(lead.no)
            .push_bind(lead.version)
            .push_bind(lead.revision)
            .push_bind(score.total)
            .push_bind(score.priority)
            .push_bind(score.next);
    });
    sql.push(
        r")
        update lead_pulse
        set
            revision = v.revision + 1,
            lead_version = v.version,
            score = v.total,
            categories = '{}',
            priority = v.priority,
            next_change_at = v.next,
            dirty = 0,
            as_of = ",
    );
    sql.push_bind(batch.now.timestamp_micros()).push(", rule_set = ").push_bind(batch.pass.edition);
    sql.push(
        r"
        from v
        cross join lead l on l.no = v.no and l.version = v.version
        where lead_pulse.no = v.no
            and lead_pulse.revision = v.revision",
    );
    match sql.build().execute(connection).await?.rows_affected() == rows.len() as u64 {
        true => Ok(()),
        false => Err("somebody else was faster".into()),
    }
}

async fn records(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    rows: &[Row<'_>],
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql =
        QueryBuilder::<Sqlite>::new("insert into score_record (lead_no, revision, at, change) ");
    sql.push_values(rows, |mut row, (lead, score)| {
        row.push_bind(lead.no)
            .push_bind(lead.revision + 1)
            .push_bind(batch.now.timestamp_micros())
            .push_bind(batch.record(&(lead, score)));
    });
    sql.build().execute(connection).await?;
    Ok(())
}

async fn events(
    connection: &mut SqliteConnection,
    batch: &Batch<'_>,
    rows: &[Row<'_>],
    ids: &mut Ids,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(rows.len())?;
    let head: i64 =
        sqlx::query_scalar("update log_head set position = position + ? returning position")
            .bind(count)
            .fetch_one(&mut *connection)
            .await?;
    let mut sql = QueryBuilder::<Sqlite>::new(
        "insert into event (position, tenant, id, subject_kind, subject, kind, at, version, revision, change_set, ordinal, \
         actor_kind, depth, bulk, payload, salt, commitment, chain) ",
    );
    let places = head - count + 1..;
    sql.push_values(places.zip(rows), |mut row, (position, (lead, score))| {
        row.push_bind(position)
            .push_bind(1_i64)
            .push_bind(ids.next())
            .push_bind(0_i64)
            .push_bind(lead.id)
            .push_bind("lead.scored")
            .push_bind(batch.now.timestamp_micros())
            .push_bind(lead.version)
            .push_bind(lead.revision + 1)
            .push_bind(batch.set)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(1_i64)
            .push_bind(Batch::payload(&(lead, score)))
            .push_bind(vec![0_u8; 16])
            .push_bind(vec![0_u8; 32])
            .push_bind(vec![0_u8; 32]);
    });
    sql.build().execute(connection).await?;
    Ok(())
}

/// How far it is, for whoever goes on after a crash.
async fn note(connection: &mut SqliteConnection, batch: &Batch<'_>) -> Result<()> {
    sqlx::query(
        r"
        insert into checkpoint (tenant, name, revision, body, at)
        values (1, 'by hand', 1, '{}', ?)
        on conflict (tenant, name) do update set revision = revision + 1, at = excluded.at",
    )
    .bind(batch.now.timestamp_micros())
    .execute(connection)
    .await?;
    Ok(())
}
