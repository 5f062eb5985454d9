//! Users and teams as readers see them. Owns look-ups by id and folded address.

use async_trait::async_trait;
use leadbox_core::identity::fold;
use leadbox_core::storage::DirectoryStore;
use leadbox_core::{Cursor, Page, PageRequest, StorageError, TeamId, Tenant, UserId};
use leadbox_core::{Team, User};
use uuid::Uuid;

use crate::error::storage_error;
use crate::paging::id_after;
use crate::rows;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl DirectoryStore for PostgresStorage {
    async fn users(&self, tenant: Tenant, page: &PageRequest) -> Result<Page<User>> {
        let after = id_after(page, "users")?.unwrap_or(Uuid::nil());
        let rows = sqlx::query(
            r"
            select tenant, id, revision, name, email, team, disabled, roles, zone
            from app_user
            where tenant = $1 and id > $2
            order by id
            limit $3",
        )
        .bind(tenant.0)
        .bind(after)
        .bind(i64::from(page.limit()) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("list users", error))?;
        let users = rows.iter().map(rows::user).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(users, page.limit(), |user| {
            Cursor::new("users", Some(Vec::new()), user.id.uuid().into_bytes())
        }))
    }

    async fn user(&self, tenant: Tenant, id: UserId) -> Result<Option<User>> {
        let row = sqlx::query(
            r"
            select tenant, id, revision, name, email, team, disabled, roles, zone
            from app_user
            where tenant = $1 and id = $2",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a user", error))?;
        row.as_ref().map(rows::user).transpose()
    }

    async fn user_by_email<'a>(&self, tenant: Tenant, email: &'a str) -> Result<Option<User>> {
        let row = sqlx::query(
            r"
            select tenant, id, revision, name, email, team, disabled, roles, zone
            from app_user
            where tenant = $1 and email_key = $2",
        )
        .bind(tenant.0)
        .bind(fold(email))
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a user by address", error))?;
        row.as_ref().map(rows::user).transpose()
    }

    async fn teams(&self, tenant: Tenant) -> Result<Vec<Team>> {
        let rows = sqlx::query(
            r"
            select tenant, id, revision, name, parent
            from team
            where tenant = $1
            order by id",
        )
        .bind(tenant.0)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("list teams", error))?;
        rows.iter().map(rows::team).collect()
    }

    async fn team(&self, tenant: Tenant, id: TeamId) -> Result<Option<Team>> {
        let row = sqlx::query(
            r"
            select tenant, id, revision, name, parent
            from team
            where tenant = $1 and id = $2",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a team", error))?;
        row.as_ref().map(rows::team).transpose()
    }
}
