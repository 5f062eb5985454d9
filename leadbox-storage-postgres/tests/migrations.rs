//! Migrations: from many processes at once, beside a host's tables, never backwards.

mod database;

use std::sync::Arc;

use database::{connect, empty_database, fresh_database};
use leadbox_core::Tenant;
use leadbox_core::storage::{DirectoryStore, Schema, Storage, StorageError};
use leadbox_storage_postgres::{PostgresConfig, PostgresStorage};
use sqlx::{Connection, Executor, PgConnection};

#[tokio::test]
async fn eight_programs_that_migrate_at_once_all_succeed() {
    let database = empty_database().await;
    let mut programs = Vec::new();
    for _ in 0..8 {
        let storage = Arc::new(
            PostgresStorage::connect(PostgresConfig::new(&database).max_connections(3))
                .await
                .unwrap(),
        );
        programs.push(tokio::spawn(async move { storage.migrate().await }));
    }
    for program in programs {
        program.await.unwrap().unwrap();
    }
    let Schema { found, known } = connect(&database).await.schema().await.unwrap();
    assert_eq!(found, known);
}

#[tokio::test]
async fn eight_programs_may_share_a_schema_of_its_own_too() {
    let database = empty_database().await;
    let mut programs = Vec::new();
    for _ in 0..8 {
        let config = PostgresConfig::new(&database).max_connections(3).schema("lead\"box");
        programs.push(tokio::spawn(async move {
            PostgresStorage::connect(config).await?.migrate().await
        }));
    }
    for program in programs {
        program.await.unwrap().unwrap();
    }
    // The first schema of the search path is untouched, and takes a second set of tables.
    let beside = connect(&database).await;
    assert_eq!(beside.schema().await.unwrap().found, 0);
    beside.migrate().await.unwrap();
    let Schema { found, known } = beside.schema().await.unwrap();
    assert_eq!(found, known);
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let storage = connect(&fresh_database().await).await;
    let before = storage.schema().await.unwrap();
    storage.migrate().await.unwrap();
    assert_eq!(storage.schema().await.unwrap(), before);
}

#[tokio::test]
async fn an_empty_database_has_schema_0() {
    let storage = connect(&empty_database().await).await;
    let Schema { found, known } = storage.schema().await.unwrap();
    assert!(found == 0 && known > 0);
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let database = fresh_database().await;
    let mut connection = PgConnection::connect(&database).await.unwrap();
    connection
        .execute("insert into leadbox_migrations (version, name) values (99, 'future')")
        .await
        .unwrap();
    let error = connect(&database).await.migrate().await.unwrap_err();
    assert!(matches!(error, StorageError::SchemaTooNew { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let database = empty_database().await;
    let mut connection = PgConnection::connect(&database).await.unwrap();
    // The host has a table of the same name.
    connection.execute("create table rollup_lead (mine int)").await.unwrap();
    let storage = connect(&database).await;
    assert!(matches!(storage.migrate().await.unwrap_err(), StorageError::Backend { .. }));
    assert_eq!(storage.schema().await.unwrap().found, 0);
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_tables where schemaname = 'public'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_up_with_what_is_in_it() {
    let database = empty_database().await;
    let mut connection = PgConnection::connect(&database).await.unwrap();
    for step in [
        include_str!("../migrations/0001_foundation.sql"),
        "create table leadbox_migrations (
            version    bigint      not null primary key,
            name       text        not null,
            applied_at timestamptz not null default now()
        )",
        "insert into leadbox_migrations (version, name) values (1, 'foundation')",
        "insert into app_user (tenant, id, revision, name, email, email_key, disabled)
         values (1, gen_random_uuid(), 1, 'Ann', 'ann@x.example', 'ann@x.example', false)",
    ] {
        connection.execute(sqlx::raw_sql(step)).await.unwrap();
    }
    let storage = connect(&database).await;
    assert_eq!(storage.schema().await.unwrap().found, 1);
    storage.migrate().await.unwrap();
    let ann = storage.user_by_email(Tenant::DEFAULT, "ann@x.example").await.unwrap().unwrap();
    assert!(ann.roles.is_empty() && ann.zone.is_none());
}
