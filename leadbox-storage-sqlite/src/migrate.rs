//! The schema. Owns the migrations and the table that says which of them ran; knows nothing of what the tables mean.

use leadbox_core::storage::{Schema, StorageError};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection, SqliteConnection};

use crate::error::{During, Result, failed};

/// LeadBox's own table, so that it shares a file with a host that uses `_sqlx_migrations`.
const TABLE: &str = "leadbox_migrations";

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

/// The newest schema that this program knows.
pub(crate) fn known() -> i64 {
    migrator().iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The schema of the database and the program's.
pub(crate) async fn schema(connection: &mut SqliteConnection) -> Result<Schema> {
    let there: Option<i64> =
        sqlx::query_scalar("select 1 from sqlite_schema where type = 'table' and name = ?")
            .bind(TABLE)
            .fetch_optional(&mut *connection)
            .await
            .during("read the schema")?;
    let found = match there {
        None => 0,
        Some(_) => sqlx::query_scalar(
            "select coalesce(max(version), 0) from leadbox_migrations where success",
        )
        .fetch_one(&mut *connection)
        .await
        .during("read the schema")?,
    };
    Ok(Schema { found, known: known() })
}

/// Refuses a database that a newer program has migrated.
pub(crate) fn refuse_newer(schema: Schema) -> Result<()> {
    let Schema { found, known } = schema;
    if found > known { Err(StorageError::SchemaTooNew { found, known }) } else { Ok(()) }
}

/// Brings the database to the program's schema.
pub(crate) async fn run(connection: &mut SqliteConnection) -> Result<()> {
    // sqlx locks nothing on SQLite: of several processes that migrate at once, all but one would fail. Holding the write
    // lock from before the first look makes the others wait and then find the work done.
    let mut transaction = connection.begin_with("begin immediate").await.during("migrate")?;
    let schema = schema(&mut transaction).await?;
    refuse_newer(schema)?;
    if schema.found < schema.known {
        migrator().run_direct(None, &mut *transaction, false).await.map_err(
            |error| match error {
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    failed("migrate", error)
                }
                other => StorageError::Backend { operation: "migrate", source: Box::new(other) },
            },
        )?;
    }
    transaction.commit().await.during("migrate")
}
