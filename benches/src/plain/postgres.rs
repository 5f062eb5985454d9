//! By hand on Postgres: one UNNEST statement per table inside one transaction per batch.

use std::collections::HashSet;
use std::error::Error;
use std::io::Read;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::event::payload;
use super::row::{Ids, Row};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows per transaction and statement.
const BATCH: usize = 1000;

/// What the rows of a batch have in common.
struct Common {
    now: DateTime<Utc>,
    day: NaiveDate,
    stage: Uuid,
}

/// Imports a file by hand, recognising leads by their address.
pub async fn import(connection: &mut PgConnection, file: impl Read) -> Result<u64> {
    let mut reader = csv::Reader::from_reader(file);
    let mut ids = Ids::default();
    let (mut batch, mut count) = (Vec::with_capacity(BATCH), 0);
    for record in reader.records() {
        batch.push(Row::read(&record?, ids.next()));
        if batch.len() == BATCH {
            count += write(connection, &batch, &mut ids).await?;
            batch.clear();
        }
    }
    Ok(count + write(connection, &batch, &mut ids).await?)
}

/// Captures one row by hand, in a transaction of its own.
pub async fn capture(connection: &mut PgConnection, row: Row, ids: &mut Ids) -> Result<u64> {
    write(connection, &[row], ids).await
}

#[expect(clippy::disallowed_methods, reason = "hand-written code asks the machine for the time")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

async fn write(connection: &mut PgConnection, batch: &[Row], ids: &mut Ids) -> Result<u64> {
    if batch.is_empty() {
        return Ok(0);
    }
    let now = now();
    let common = Common { now, day: now.date_naive(), stage: Uuid::from_u128(7) };
    let keys: Vec<&str> = batch.iter().map(|row| row.email_key.as_str()).collect();
    let known: Vec<(String, i64, serde_json::Value)> = sqlx::query_as(
        "select l.email_key, l.version, p.body from lead l \
         join lead_profile p on p.tenant = l.tenant and p.lead = l.id \
         where l.tenant = 1 and l.deleted_at is null and l.email_key = any($1)",
    )
    .bind(&keys)
    // As LeadBox does: a plan made for the empty table would go by a wrong index.
    .persistent(keys.len() < 64)
    .fetch_all(&mut *connection)
    .await?;
    let known: HashSet<String> = known.into_iter().map(|(key, ..)| key).collect();
    // In this file every address is new; an update would go here.
    let new: Vec<&Row> = batch.iter().filter(|row| !known.contains(&row.email_key)).collect();
    let mut transaction = connection.begin().await?;
    leads(&mut transaction, &new, &common).await?;
    beside(&mut transaction, &new, &common).await?;
    events(&mut transaction, &new, &common, ids).await?;
    transaction.commit().await?;
    Ok(u64::try_from(new.len())?)
}

fn cells<'a>(rows: &[&'a Row], cell: usize) -> Vec<&'a str> {
    rows.iter().map(|row| row.cells[cell].as_str()).collect()
}

fn folded(rows: &[&Row], cell: usize) -> Vec<String> {
    rows.iter().map(|row| row.cells[cell].to_lowercase()).collect()
}

async fn leads(connection: &mut PgConnection, rows: &[&Row], common: &Common) -> Result<()> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let emails: Vec<&str> = rows.iter().map(|row| row.email_key.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name_key.as_str()).collect();
    sqlx::query(
        "insert into lead (tenant, id, version, external_id, email_key, email_slot, phone_key, phone_slot, pipeline, \
         stage, stage_since, source, value_minor, completeness, name_key, created_at, created_on, updated_at, likeness) \
         select 1, id, 1, external, email, 0, phone, row_number() over (), $6, $6, $7, source, \
         -9223372036854775808, 80, name, $7, $8, $7, likeness \
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $9::text[], $10::text[]) \
         as w (id, external, email, phone, name, source, likeness)",
    )
    .bind(&ids)
    .bind(cells(rows, 0))
    .bind(&emails)
    .bind(cells(rows, 3))
    .bind(&names)
    .bind(common.stage)
    .bind(common.now)
    .bind(common.day)
    .bind(cells(rows, 10))
    .bind(rows.iter().map(|row| row.likeness.as_str()).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;

    let domains: Vec<&str> = rows.iter().map(|row| row.domain.as_str()).collect();
    let texts: Vec<&str> = rows.iter().map(|row| row.search_text.as_str()).collect();
    let bodies: Vec<&str> = rows.iter().map(|row| row.body.as_str()).collect();
    sqlx::query(
        "insert into lead_profile (tenant, lead, company_key, title_key, city_key, domain, search_text, body) \
         select 1, id, company, title, city, domain, search, body::jsonb \
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) \
         as w (id, company, title, city, domain, search, body)",
    )
    .bind(&ids)
    .bind(folded(rows, 5))
    .bind(folded(rows, 4))
    .bind(folded(rows, 9))
    .bind(&domains)
    .bind(&texts)
    .bind(&bodies)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

async fn beside(connection: &mut PgConnection, rows: &[&Row], common: &Common) -> Result<()> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    sqlx::query(
        "insert into lead_pulse (tenant, lead, version, stage, live, updated_at, revision, lead_version, total, \
         categories, as_of, rule_set, dirty, interactions, last_at) \
         select 1, id, 1, $2, true, $3, 0, 0, 0, '{}', $3, 0, false, 0, '0001-01-01' from unnest($1::uuid[]) as w (id)",
    )
    .bind(&ids)
    .bind(common.stage)
    .bind(common.now)
    .execute(&mut *connection)
    .await?;

    let (mut leads, mut names, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        leads.push(row.id);
        names.push("cf.budget");
        keys.push(row.budget.to_vec());
        if !row.cells[12].is_empty() {
            leads.push(row.id);
            names.push("tag");
            keys.push(row.cells[12].as_bytes().to_vec());
        }
    }
    sqlx::query(
        "insert into lead_facet (tenant, lead, name, key) \
         select 1, lead, name, key from unnest($1::uuid[], $2::text[], $3::bytea[]) as w (lead, name, key)",
    )
    .bind(&leads)
    .bind(&names)
    .bind(&keys)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

async fn events(
    connection: &mut PgConnection,
    rows: &[&Row],
    common: &Common,
    ids: &mut Ids,
) -> Result<()> {
    let leads: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let stays: Vec<Uuid> = rows.iter().map(|_| ids.next()).collect();
    sqlx::query(
        "insert into stay (tenant, id, lead, pipeline, stage, entered_at, entered_by) \
         select 1, id, lead, $3, $3, $4, '{}' from unnest($1::uuid[], $2::uuid[]) as w (id, lead)",
    )
    .bind(&stays)
    .bind(&leads)
    .bind(common.stage)
    .bind(common.now)
    .execute(&mut *connection)
    .await?;

    let events: Vec<Uuid> = rows.iter().map(|_| ids.next()).collect();
    let payloads: Vec<String> = rows.iter().map(|row| payload(row)).collect();
    sqlx::query(
        "insert into event_new (id, tenant, subject_kind, subject, kind, at, version, revision, change_set, ordinal, \
         actor_kind, cause_depth, bulk, payload, salt, commitment) \
         select id, 1, 0, subject, 'lead.captured', $4, 1, 0, $5, 0, 0, 0, true, payload, '', '' \
         from unnest($1::uuid[], $2::uuid[], $3::text[]) as w (id, subject, payload)",
    )
    .bind(&events)
    .bind(&leads)
    .bind(&payloads)
    .bind(common.now)
    .bind(ids.next())
    .execute(&mut *connection)
    .await?;
    Ok(())
}
