//! Definitions, checkpoints and replies as readers see them. Owns look-ups by key.

use async_trait::async_trait;
use leadbox_core::storage::{Checkpoint, Definition, DefinitionKind, DefinitionStore, Reply};
use leadbox_core::{Revision, StorageError, Tenant, Timestamp};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

use crate::error::storage_error;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

fn definition(row: &PgRow) -> std::result::Result<(Revision, Definition), sqlx::Error> {
    let Json(definition) = row.try_get("body")?;
    Ok((Revision(row.try_get("revision")?), definition))
}

fn corrupt(table: &'static str, key: &str) -> StorageError {
    StorageError::corrupt(table, "body", key)
}

#[async_trait]
impl DefinitionStore for PostgresStorage {
    async fn tenants(&self) -> Result<Vec<Tenant>> {
        // One step per tenant, whatever each of them defines.
        let tenants: Vec<i64> = sqlx::query_scalar(
            r"
            with recursive t (tenant) as (
                (select tenant from definition order by tenant limit 1)
                union all
                select (select d.tenant from definition as d where d.tenant > t.tenant order by d.tenant limit 1)
                from t
                where t.tenant is not null
            )
            select tenant
            from t
            where tenant is not null
            order by tenant",
        )
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("read the tenants", error))?;
        Ok(tenants.into_iter().map(Tenant).collect())
    }

    async fn definitions(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
    ) -> Result<Vec<(Revision, Definition)>> {
        let rows = sqlx::query(
            r"
            select revision, body
            from definition
            where tenant = $1 and kind = $2
            order by key",
        )
        .bind(tenant.0)
        .bind(kind.as_str())
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("read definitions", error))?;
        rows.iter()
            .map(|row| definition(row).map_err(|_| corrupt("definition", kind.as_str())))
            .collect()
    }

    async fn definition<'a>(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
        key: &'a str,
    ) -> Result<Option<(Revision, Definition)>> {
        let row = sqlx::query(
            r"
            select revision, body
            from definition
            where tenant = $1 and kind = $2 and key = $3",
        )
        .bind(tenant.0)
        .bind(kind.as_str())
        .bind(key)
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a definition", error))?;
        row.map(|row| definition(&row).map_err(|_| corrupt("definition", key))).transpose()
    }

    async fn checkpoint<'a>(&self, tenant: Tenant, name: &'a str) -> Result<Option<Checkpoint>> {
        let row = sqlx::query(
            r"
            select revision, body, at
            from checkpoint
            where tenant = $1 and name = $2",
        )
        .bind(tenant.0)
        .bind(name)
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a checkpoint", error))?;
        let read = |row: PgRow| -> std::result::Result<Checkpoint, sqlx::Error> {
            let Json(body) = row.try_get("body")?;
            let revision = Revision(row.try_get("revision")?);
            Ok(Checkpoint { tenant, name: name.to_owned(), revision, body, at: row.try_get("at")? })
        };
        row.map(|row| read(row).map_err(|_| corrupt("checkpoint", name))).transpose()
    }

    async fn reply<'a>(
        &self,
        tenant: Tenant,
        key: &'a str,
        now: Timestamp,
    ) -> Result<Option<Reply>> {
        let row = sqlx::query(
            r"
            select request, body, at, expires_at
            from reply
            where tenant = $1 and key = $2 and expires_at > $3",
        )
        .bind(tenant.0)
        .bind(key)
        .bind(now)
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a reply", error))?;
        let read = |row: PgRow| -> std::result::Result<Reply, sqlx::Error> {
            let Json(body) = row.try_get("body")?;
            Ok(Reply {
                tenant,
                key: key.to_owned(),
                request: row.try_get("request")?,
                body,
                at: row.try_get("at")?,
                expires_at: row.try_get("expires_at")?,
            })
        };
        row.map(|row| read(row).map_err(|_| corrupt("reply", key))).transpose()
    }
}
