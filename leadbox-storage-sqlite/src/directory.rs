//! Users and teams as readers see them. Owns look-ups by id and folded address.

use async_trait::async_trait;
use leadbox_core::identity::fold;
use leadbox_core::storage::{DirectoryStore, StorageError};
use leadbox_core::{Cursor, Page, PageRequest, Team, TeamId, Tenant, User, UserId};

use crate::error::{During, Result};
use crate::rows;
use crate::storage::SqliteStorage;

const USERS: &str = "users";

#[async_trait]
impl DirectoryStore for SqliteStorage {
    async fn users(&self, tenant: Tenant, page: &PageRequest) -> Result<Page<User>> {
        let after = page.after.as_ref().map(|cursor| cursor.of(USERS)).transpose();
        let after = after.map_err(|_| StorageError::BadCursor)?.map(|(_, id)| id.to_vec());
        let limit = page.limit();
        // Every id is larger than no bytes.
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                email,
                team,
                disabled,
                roles,
                zone
            from app_user
            where tenant = ?
                and id > ?
            order by id
            limit ?",
        )
        .bind(tenant.0)
        .bind(after.unwrap_or_default())
        .bind(limit + 1)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read users")?;
        let users = found.iter().map(rows::user).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(users, limit, |user| Cursor::new(USERS, None, user.id.uuid().into_bytes())))
    }

    async fn user(&self, tenant: Tenant, id: UserId) -> Result<Option<User>> {
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                email,
                team,
                disabled,
                roles,
                zone
            from app_user
            where tenant = ?
                and id = ?",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a user")?;
        found.as_ref().map(rows::user).transpose()
    }

    async fn user_by_email<'a>(&self, tenant: Tenant, email: &'a str) -> Result<Option<User>> {
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                email,
                team,
                disabled,
                roles,
                zone
            from app_user
            where tenant = ?
                and email_key = ?",
        )
        .bind(tenant.0)
        .bind(fold(email))
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a user")?;
        found.as_ref().map(rows::user).transpose()
    }

    async fn teams(&self, tenant: Tenant) -> Result<Vec<Team>> {
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                parent
            from team
            where tenant = ?
            order by id",
        )
        .bind(tenant.0)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read teams")?;
        found.iter().map(rows::team).collect()
    }

    async fn team(&self, tenant: Tenant, id: TeamId) -> Result<Option<Team>> {
        let found = sqlx::query(
            r"
            select
                id,
                tenant,
                revision,
                name,
                parent
            from team
            where tenant = ?
                and id = ?",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a team")?;
        found.as_ref().map(rows::team).transpose()
    }
}
