//! Migrations: on a new file, at once from many sides, and refused by an older program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use leadbox_core::storage::{DirectoryStore, LogStore};
use leadbox_core::{Storage, StorageError, Tenant};
use leadbox_storage_sqlite::SqliteStorage;
use sqlx::{ConnectOptions, Connection};

#[tokio::test]
async fn a_new_file_is_empty_until_it_is_migrated() {
    let folder = support::folder();
    let storage = SqliteStorage::open(support::config(&folder)).await.unwrap();
    let schema = storage.schema().await.unwrap();
    assert_eq!(schema.found, 0);
    assert!(matches!(storage.head().await, Err(StorageError::SchemaTooOld { .. })));

    storage.migrate().await.unwrap();
    storage.migrate().await.unwrap();
    let schema = storage.schema().await.unwrap();
    assert_eq!(schema.found, schema.known);
    assert_eq!(storage.head().await.unwrap().position.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_open_and_migrate_a_new_file_at_once() {
    for _ in 0..5 {
        let folder = support::folder();
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let config = support::config(&folder);
                tokio::spawn(async move {
                    let storage = SqliteStorage::open(config).await?;
                    storage.migrate().await?;
                    storage.schema().await
                })
            })
            .collect();
        for start in starts {
            let schema = start.await.unwrap().unwrap();
            assert_eq!(schema.found, schema.known);
        }
    }
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused() {
    let folder = support::folder();
    let storage = support::storage(&folder).await;
    let known = storage.schema().await.unwrap().known;
    let path = support::config(&folder).path;
    let mut host =
        sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::query(
        "insert into leadbox_migrations (version, description, success, checksum, execution_time)
         values (?, 'from the future', true, x'00', 0)",
    )
    .bind(known + 1)
    .execute(&mut host)
    .await
    .unwrap();
    host.close().await.unwrap();

    assert!(matches!(storage.migrate().await, Err(StorageError::SchemaTooNew { .. })));
    let opened = SqliteStorage::open(support::config(&folder)).await;
    assert!(matches!(opened, Err(StorageError::SchemaTooNew { found, .. }) if found == known + 1));
}

#[tokio::test]
async fn a_file_that_misses_a_column_says_that_it_is_older() {
    let folder = support::folder();
    let storage = support::storage(&folder).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(support::config(&folder).path);
    let mut host = options.connect().await.unwrap();
    sqlx::query("alter table app_user drop column zone").execute(&mut host).await.unwrap();
    host.close().await.unwrap();
    let known = storage.schema().await.unwrap().known;
    let error = storage.users(Tenant::DEFAULT, &Default::default()).await.unwrap_err();
    assert!(
        matches!(error, StorageError::SchemaTooOld { found, .. } if found == known - 1),
        "{error}"
    );
}

#[tokio::test]
async fn the_hosts_own_migrations_are_left_alone() {
    let folder = support::folder();
    let path = support::config(&folder).path;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut host = options.connect().await.unwrap();
    sqlx::query("create table _sqlx_migrations (version bigint primary key)")
        .execute(&mut host)
        .await
        .unwrap();
    sqlx::query("insert into _sqlx_migrations values (77)").execute(&mut host).await.unwrap();

    let storage = support::storage(&folder).await;
    assert_eq!(storage.schema().await.unwrap().found, storage.schema().await.unwrap().known);
    let theirs: i64 = sqlx::query_scalar("select version from _sqlx_migrations")
        .fetch_one(&mut host)
        .await
        .unwrap();
    assert_eq!(theirs, 77);
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_up_with_what_is_in_it() {
    let folder = support::folder();
    let path = support::config(&folder).path;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut host = options.connect().await.unwrap();
    let mut first = sqlx::migrate!("./migrations");
    first.migrations.to_mut().truncate(1);
    first.dangerous_set_table_name("leadbox_migrations");
    first.run_direct(None, &mut host, false).await.unwrap();
    sqlx::query(
        "insert into app_user (tenant, id, revision, name, email, email_key, disabled)
         values (1, randomblob(16), 1, 'Ann', 'ann@x.example', 'ann@x.example', false)",
    )
    .execute(&mut host)
    .await
    .unwrap();
    host.close().await.unwrap();

    let storage = SqliteStorage::open(support::config(&folder)).await.unwrap();
    assert_eq!(storage.schema().await.unwrap().found, 1);
    storage.migrate().await.unwrap();
    let ann = storage.user_by_email(Tenant::DEFAULT, "ann@x.example").await.unwrap().unwrap();
    assert!(ann.roles.is_empty() && ann.zone.is_none());
}
