//! Many processes on one file, and what is left when they are killed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use leadbox_core::Storage;
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};
use sqlx::{Connection, SqliteConnection};

async fn fresh_address() -> String {
    let folder = tempfile::tempdir().unwrap();
    let address = folder.path().join("leads.db").to_str().unwrap().to_owned();
    let storage = SqliteStorage::open(SqliteConfig::at(&address)).await.unwrap();
    storage.migrate().await.unwrap();
    // Lives as long as the runtime of the test.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(folder);
    });
    address
}

async fn open(address: String) -> Arc<dyn Storage> {
    Arc::new(SqliteStorage::open(SqliteConfig::at(address)).await.unwrap())
}

/// Asks SQLite itself about the pages, the references, and the search index.
async fn integrity(address: String) {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{address}")).await.unwrap();
    let found: Vec<String> =
        sqlx::query_scalar("pragma integrity_check").fetch_all(&mut connection).await.unwrap();
    assert_eq!(found, ["ok"], "pages and indexes");
    let dangling =
        sqlx::query("pragma foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert!(dangling.is_empty(), "{} rows refer to nothing", dangling.len());
    // The 1 compares the index with the texts that it is about.
    sqlx::query("insert into lead_search (lead_search, rank) values ('integrity-check', 1)")
        .execute(&mut connection)
        .await
        .expect("the search index has what the texts have");
    connection.close().await.unwrap();
}

leadbox_conformance::crash_conformance!(fresh_address, open, integrity);
