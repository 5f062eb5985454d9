//! Saved views as readers see them. Owns look-ups by id and by reader.

use async_trait::async_trait;
use leadbox_core::storage::ViewStore;
use leadbox_core::{SavedView, Tenant, UserId, ViewId};

use crate::error::{During, Result};
use crate::rows;
use crate::storage::SqliteStorage;

#[async_trait]
impl ViewStore for SqliteStorage {
    async fn views(&self, tenant: Tenant, of: Option<UserId>) -> Result<Vec<SavedView>> {
        // What is nobody's is no asker's own: nothing equals null.
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                owner,
                sharing,
                filter,
                search,
                sort,
                columns
            from saved_view
            where tenant = ?1
                and (owner = ?2 or sharing > 0)
            order by id",
        )
        .bind(tenant.0)
        .bind(of.map(|user| user.uuid()))
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read views")?;
        found.iter().map(rows::view).collect()
    }

    async fn view(&self, tenant: Tenant, id: ViewId) -> Result<Option<SavedView>> {
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                owner,
                sharing,
                filter,
                search,
                sort,
                columns
            from saved_view
            where tenant = ?
                and id = ?",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a view")?;
        found.as_ref().map(rows::view).transpose()
    }
}
