//! The suite that proves any storage adapter, on SQLite.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use leadbox_core::Storage;
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage, Synchronous};

async fn fresh_storage() -> Arc<dyn Storage> {
    let folder = tempfile::tempdir().expect("a folder for a test");
    let mut config = SqliteConfig::at(folder.path().join("leads.db"));
    config.synchronous = Synchronous::Normal;
    let storage = SqliteStorage::open(config).await.expect("a new file opens");
    storage.migrate().await.expect("a new file migrates");
    // Lives as long as the runtime of the test, which outlives the storage.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(folder);
    });
    Arc::new(storage)
}

leadbox_conformance::storage_conformance!(fresh_storage);
