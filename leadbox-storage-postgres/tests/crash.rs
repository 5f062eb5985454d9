//! Many processes on one database, and what is left when they are killed.

mod database;

use std::sync::Arc;

use database::fresh_database;
use leadbox_core::Storage;

async fn open(address: String) -> Arc<dyn Storage> {
    Arc::new(database::connect(&address).await)
}

leadbox_conformance::crash_conformance!(fresh_database, open);
