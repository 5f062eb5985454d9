//! By hand on SQLite: multi-row statements inside one immediate transaction per batch.

use std::error::Error;
use std::io::Read;

use chrono::Utc;
use sqlx::{Connection, QueryBuilder, Row as _, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::event::payload;
use super::row::{Ids, Row};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows per transaction.
const BATCH: usize = 1000;
/// Rows per statement.
const CHUNK: usize = 250;

/// What the rows of a batch have in common.
struct Common {
    now: i64,
    day: i64,
    stage: Uuid,
    position: i64,
    no: i64,
}

/// Imports a file by hand, recognising leads by their address.
pub async fn import(connection: &mut SqliteConnection, file: impl Read) -> Result<u64> {
    let mut reader = csv::Reader::from_reader(file);
    let mut ids = Ids::default();
    let mut common = Common { now: 0, day: 0, stage: Uuid::from_u128(7), position: 0, no: 0 };
    let (mut batch, mut count) = (Vec::with_capacity(BATCH), 0);
    for record in reader.records() {
        batch.push(Row::read(&record?, ids.next()));
        if batch.len() == BATCH {
            count += write(connection, &batch, &mut common, &mut ids).await?;
            batch.clear();
        }
    }
    Ok(count + write(connection, &batch, &mut common, &mut ids).await?)
}

#[expect(clippy::disallowed_methods, reason = "hand-written code asks the machine for the time")]
fn now_micros() -> i64 {
    Utc::now().timestamp_micros()
}

/// Captures one row by hand, in a transaction of its own.
pub async fn capture(
    connection: &mut SqliteConnection,
    row: Row,
    number: i64,
    ids: &mut Ids,
) -> Result<u64> {
    let mut common =
        Common { now: 0, day: 0, stage: Uuid::from_u128(7), position: number, no: number };
    write(connection, &[row], &mut common, ids).await
}

async fn write(
    connection: &mut SqliteConnection,
    batch: &[Row],
    common: &mut Common,
    ids: &mut Ids,
) -> Result<u64> {
    if batch.is_empty() {
        return Ok(0);
    }
    common.now = now_micros();
    common.day = common.now / 86_400_000_000;
    let mut transaction = connection.begin_with("begin immediate").await?;
    let known = known(&mut transaction, batch).await?;
    let new: Vec<&Row> = batch.iter().filter(|row| !known.contains(&row.email_key)).collect();
    // In this file every address is new; an update would go here.
    for chunk in new.chunks(CHUNK) {
        leads(&mut transaction, chunk, common).await?;
        events(&mut transaction, chunk, common, ids).await?;
        common.no += i64::try_from(chunk.len())?;
        common.position += i64::try_from(chunk.len())?;
    }
    transaction.commit().await?;
    Ok(u64::try_from(new.len())?)
}

async fn known(
    connection: &mut SqliteConnection,
    batch: &[Row],
) -> Result<std::collections::HashSet<String>> {
    let mut known = std::collections::HashSet::new();
    for chunk in batch.chunks(CHUNK) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "select l.email_key, l.version, p.body from lead l join lead_profile p on p.no = l.no \
             where l.deleted_at is null and l.tenant = 1 and l.email_key in (",
        );
        let mut keys = query.separated(", ");
        for row in chunk {
            keys.push_bind(row.email_key.as_str());
        }
        query.push(")");
        for row in query.build().fetch_all(&mut *connection).await? {
            known.insert(row.try_get::<String, _>(0)?);
        }
    }
    Ok(known)
}

async fn leads(connection: &mut SqliteConnection, rows: &[&Row], common: &Common) -> Result<()> {
    let numbered = || rows.iter().zip(common.no + 1..);
    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into lead (no, tenant, id, version, external_id, email_key, email_slot, phone_key, phone_slot, pipeline, \
         stage, stage_since, source, value_minor, completeness, name_key, created_at, created_on, updated_at, \
         likeness) ",
    );
    query.push_values(numbered(), |mut values, (row, no)| {
        values
            .push_bind(no)
            .push_bind(1_i64)
            .push_bind(row.id)
            .push_bind(1_i64)
            .push_bind(row.cells[0].as_str())
            .push_bind(row.email_key.as_str())
            .push_bind(0_i64)
            .push_bind(row.cells[3].as_str())
            .push_bind(no)
            .push_bind(common.stage)
            .push_bind(common.stage)
            .push_bind(common.now)
            .push_bind(row.cells[10].as_str())
            .push_bind(i64::MIN)
            .push_bind(80_i64)
            .push_bind(row.name_key.as_str())
            .push_bind(common.now)
            .push_bind(common.day)
            .push_bind(common.now)
            .push_bind(row.likeness.as_str());
    });
    query.build().execute(&mut *connection).await?;

    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into lead_profile (no, company_key, title_key, city_key, domain, search_text, body) ",
    );
    query.push_values(numbered(), |mut values, (row, no)| {
        values
            .push_bind(no)
            .push_bind(row.cells[5].to_lowercase())
            .push_bind(row.cells[4].to_lowercase())
            .push_bind(row.cells[9].to_lowercase())
            .push_bind(row.domain.as_str())
            .push_bind(row.search_text.as_str())
            .push_bind(row.body.as_str());
    });
    query.build().execute(&mut *connection).await?;

    let mut query = QueryBuilder::<Sqlite>::new("insert into lead_search (rowid, search_text) ");
    query.push_values(numbered(), |mut values, (row, no)| {
        values.push_bind(no).push_bind(row.search_text.as_str());
    });
    query.build().execute(&mut *connection).await?;

    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into lead_pulse (no, tenant, lead, stage, deleted, revision, lead_version, score, categories, as_of, \
         rule_set, dirty, last_at, interactions) ",
    );
    query.push_values(numbered(), |mut values, (row, no)| {
        values
            .push_bind(no)
            .push_bind(1_i64)
            .push_bind(row.id)
            .push_bind(common.stage)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind("{}")
            .push_bind(common.now)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(i64::MIN)
            .push_bind(0_i64);
    });
    query.build().execute(&mut *connection).await?;

    let mut query = QueryBuilder::<Sqlite>::new("insert into lead_facet (tenant, name, key, no) ");
    let budgets = numbered().map(|(row, no)| ("cf.budget", row.budget.to_vec(), no));
    let tags = numbered()
        .filter(|(row, _)| !row.cells[12].is_empty())
        .map(|(row, no)| ("tag", row.cells[12].as_bytes().to_vec(), no));
    query.push_values(budgets.chain(tags), |mut values, (name, key, no)| {
        values.push_bind(1_i64).push_bind(name).push_bind(key).push_bind(no);
    });
    query.build().execute(&mut *connection).await?;
    Ok(())
}

async fn events(
    connection: &mut SqliteConnection,
    rows: &[&Row],
    common: &Common,
    ids: &mut Ids,
) -> Result<()> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into stay (tenant, id, lead_no, pipeline, stage, entered_at, entered_by) ",
    );
    query.push_values(rows.iter().zip(common.no + 1..), |mut values, (_, no)| {
        values
            .push_bind(1_i64)
            .push_bind(ids.next())
            .push_bind(no)
            .push_bind(common.stage)
            .push_bind(common.stage)
            .push_bind(common.now)
            .push_bind("{}");
    });
    query.build().execute(&mut *connection).await?;

    let set = ids.next();
    let mut query = QueryBuilder::<Sqlite>::new(
        "insert into event (position, tenant, id, subject_kind, subject, kind, at, version, revision, change_set, ordinal, \
         actor_kind, depth, bulk, payload, salt, commitment, chain) ",
    );
    query.push_values(rows.iter().zip(common.position + 1..), |mut values, (row, position)| {
        values
            .push_bind(position)
            .push_bind(1_i64)
            .push_bind(ids.next())
            .push_bind(0_i64)
            .push_bind(row.id)
            .push_bind("lead.captured")
            .push_bind(common.now)
            .push_bind(1_i64)
            .push_bind(0_i64)
            .push_bind(set)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(1_i64)
            .push_bind(payload(row))
            .push_bind(Vec::<u8>::new())
            .push_bind(Vec::<u8>::new())
            .push_bind(Vec::<u8>::new());
    });
    query.build().execute(&mut *connection).await?;
    Ok(())
}
