//! The suite over the storage in memory: the executable specification has to keep its own contract.

use std::sync::Arc;

use leadbox_core::MemoryStorage;
use leadbox_core::storage::Storage;

async fn fresh_storage() -> Arc<dyn Storage> {
    Arc::new(MemoryStorage::new())
}

leadbox_conformance::storage_conformance!(fresh_storage);
