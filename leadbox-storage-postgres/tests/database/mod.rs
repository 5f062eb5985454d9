//! Databases for tests, one for each: quick copies of a template where tests share a process. A missing server is a
//! failure, not a skip.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests fail by panicking; each uses its own part, so an expectation would fail in one that uses all"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use leadbox_core::storage::Storage;
use leadbox_storage_postgres::{PostgresConfig, PostgresStorage};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::sync::OnceCell;

/// The server that `scripts/with-postgres` started.
pub(crate) fn server() -> String {
    std::env::var("LEADBOX_TEST_POSTGRES")
        .expect("LEADBOX_TEST_POSTGRES: run tests through scripts/with-postgres")
}

/// The address of one of its databases.
pub(crate) fn url(database: &str) -> String {
    let server = server();
    let (address, options) = server
        .split_once('?')
        .map_or((server.as_str(), ""), |(address, options)| (address, options));
    let (host, _) = address.rsplit_once('/').expect("an address ends with a database");
    format!("{host}/{database}?{options}")
}

/// Makes a database; `like` says from what. One of that name is left by a process that is gone: numbers of processes
/// come again.
async fn create(name: &str, like: &str) {
    let mut connection =
        PgConnection::connect_with(&server().parse::<PgConnectOptions>().unwrap()).await.unwrap();
    for statement in [
        format!("drop database if exists {name} with (force)"),
        format!("create database {name} {like}"),
    ] {
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
    }
    connection.close().await.unwrap();
}

fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("leadbox_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// An empty database without the schema.
pub(crate) async fn empty_database() -> String {
    let name = name();
    create(&name, "").await;
    url(&name)
}

/// A database with the schema.
pub(crate) async fn fresh_database() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    // A process of its own for each test would make a template for one copy.
    if std::env::var_os("NEXTEST").is_some() {
        return url(&migrated_database().await);
    }
    let template = TEMPLATE.get_or_init(migrated_database).await;
    let name = name();
    create(&name, &format!("template {template} strategy file_copy")).await;
    url(&name)
}

async fn migrated_database() -> String {
    let name = name();
    create(&name, "").await;
    let storage = PostgresStorage::connect(PostgresConfig::new(url(&name))).await.unwrap();
    storage.migrate().await.unwrap();
    storage.close().await;
    name
}

/// A storage over `database`.
pub(crate) async fn connect(database: &str) -> PostgresStorage {
    PostgresStorage::connect(PostgresConfig::new(database).max_connections(12)).await.unwrap()
}

/// A storage that no other test sees.
pub(crate) async fn fresh_storage() -> Arc<dyn Storage> {
    Arc::new(connect(&fresh_database().await).await)
}
