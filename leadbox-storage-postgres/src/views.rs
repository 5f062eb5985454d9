//! Saved views as readers see them. Owns look-ups by id and by reader.

use async_trait::async_trait;
use leadbox_core::storage::ViewStore;
use leadbox_core::{SavedView, StorageError, Tenant, UserId, ViewId};

use crate::error::storage_error;
use crate::rows;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl ViewStore for PostgresStorage {
    async fn views(&self, tenant: Tenant, of: Option<UserId>) -> Result<Vec<SavedView>> {
        // What is nobody's is no asker's own: nothing equals null.
        let rows = sqlx::query(
            r"
            select tenant, id, revision, name, owner, sharing, filter, search, sort, columns
            from saved_view
            where tenant = $1 and (owner = $2 or sharing > 0)
            order by id",
        )
        .bind(tenant.0)
        .bind(of.map(UserId::uuid))
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("list views", error))?;
        rows.iter().map(rows::view).collect()
    }

    async fn view(&self, tenant: Tenant, id: ViewId) -> Result<Option<SavedView>> {
        let row = sqlx::query(
            r"
            select tenant, id, revision, name, owner, sharing, filter, search, sort, columns
            from saved_view
            where tenant = $1 and id = $2",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a view", error))?;
        row.as_ref().map(rows::view).transpose()
    }
}
