//! Bringing the database to this program's schema. Owns the list of migrations and their own table, so that LeadBox shares
//! a database with a host and the host's migrations.

use leadbox_core::StorageError;
use leadbox_core::storage::Schema;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, PgPool};

use crate::config::quoted;
use crate::error::storage_error;

/// Every migration, in order; its number is its place from 1. Append only.
const MIGRATIONS: &[(&str, &str)] = &[
    ("foundation", include_str!("../migrations/0001_foundation.sql")),
    ("access", include_str!("../migrations/0002_access.sql")),
    ("tasks", include_str!("../migrations/0003_tasks.sql")),
    ("bulk", include_str!("../migrations/0004_bulk.sql")),
    ("merges", include_str!("../migrations/0005_merges.sql")),
    ("views", include_str!("../migrations/0006_views.sql")),
    ("event_kinds", include_str!("../migrations/0007_event_kinds.sql")),
    ("live_facets", include_str!("../migrations/0008_live_facets.sql")),
    ("totals", include_str!("../migrations/0009_totals.sql")),
    ("deleted_by_owner", include_str!("../migrations/0010_deleted_by_owner.sql")),
    ("scoring", include_str!("../migrations/0011_scoring.sql")),
    ("judged", include_str!("../migrations/0012_judged.sql")),
];

/// The schema that this program needs.
#[expect(clippy::cast_possible_wrap, reason = "there are never that many")]
pub(crate) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Keeps migrating processes one after another; the database drops it with the transaction.
const LOCK: &str = "select pg_advisory_xact_lock(hashtext('leadbox migrations'), hashtext(coalesce(current_schema(), '')))";

/// The database's schema and the program's.
pub(crate) async fn schema(pool: &PgPool) -> Result<Schema, StorageError> {
    let failed = |error| storage_error("read the schema's version", error);
    let mut connection = pool.acquire().await.map_err(failed)?;
    let found = found(&mut connection).await.map_err(failed)?;
    Ok(Schema { found, known: KNOWN })
}

async fn found(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    // Only the schema that we would create in counts: another one in the search path belongs to somebody else.
    let exists: bool = sqlx::query_scalar(
        "select exists (
            select
            from pg_catalog.pg_class
            where relname = 'leadbox_migrations'
              and relnamespace = pg_catalog.to_regnamespace(quote_ident(current_schema()))
        )",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !exists {
        return Ok(0);
    }
    sqlx::query_scalar("select coalesce(max(version), 0) from leadbox_migrations")
        .fetch_one(connection)
        .await
}

/// Applies what is missing, in one transaction.
pub(crate) async fn migrate(pool: &PgPool, schema: Option<&str>) -> Result<(), StorageError> {
    let failed = |error| storage_error("migrate", error);
    let mut connection = pool.acquire().await.map_err(failed)?;
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::query("set local statement_timeout = 0")
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    if let Some(schema) = schema {
        // Two processes that make the same schema at once fail even with `if not exists`.
        sqlx::query("select pg_advisory_xact_lock(hashtext('leadbox migrations'), hashtext($1))")
            .bind(schema)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let create = format!("create schema if not exists {}", quoted(schema));
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *transaction).await.map_err(failed)?;
    }
    sqlx::query(LOCK).execute(&mut *transaction).await.map_err(failed)?;
    let found = found(&mut transaction).await.map_err(failed)?;
    if found > KNOWN {
        return Err(StorageError::SchemaTooNew { found, known: KNOWN });
    }
    if found == 0 {
        sqlx::query(
            "create table if not exists leadbox_migrations (
                version    bigint      not null primary key,
                name       text        not null,
                applied_at timestamptz not null default now()
            )",
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    }
    for (version, (name, sql)) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found)
    {
        tracing::info!(version, name, "migrating");
        sqlx::raw_sql(*sql).execute(&mut *transaction).await.map_err(failed)?;
        sqlx::query("insert into leadbox_migrations (version, name) values ($1, $2)")
            .bind(version)
            .bind(*name)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_of_the_folder_is_in_the_list_at_its_place() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let files = folder.read_dir().unwrap().map(|file| file.unwrap().file_name());
        let mut files: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
        files.sort_unstable();
        let listed = MIGRATIONS.iter().enumerate();
        let listed: Vec<String> =
            listed.map(|(place, (name, _))| format!("{:04}_{name}.sql", place + 1)).collect();
        assert_eq!(files, listed);
    }
}
