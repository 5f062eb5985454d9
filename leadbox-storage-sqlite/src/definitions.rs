//! Definitions, checkpoints and replies as readers see them. Owns look-ups by key.

use async_trait::async_trait;
use leadbox_core::storage::{Checkpoint, Definition, DefinitionKind, DefinitionStore, Reply};
use leadbox_core::{Revision, Tenant, Timestamp};
use sqlx::sqlite::SqliteRow;

use crate::columns::Columns;
use crate::error::{During, Result};
use crate::storage::SqliteStorage;

/// Reads `key, revision, body`.
fn definition(row: &SqliteRow) -> Result<(Revision, Definition)> {
    let mut columns = Columns::of(row, "definition");
    let _key: &str = columns.value("key")?;
    Ok((Revision(columns.value("revision")?), columns.json("body")?))
}

/// Reads `name, revision, body, at`.
fn checkpoint(row: &SqliteRow, tenant: Tenant) -> Result<Checkpoint> {
    let mut columns = Columns::of(row, "checkpoint");
    Ok(Checkpoint {
        tenant,
        name: columns.value("name")?,
        revision: Revision(columns.value("revision")?),
        body: columns.json("body")?,
        at: columns.time("at")?,
    })
}

/// Reads `key, request, body, at, expires_at`.
fn reply(row: &SqliteRow, tenant: Tenant) -> Result<Reply> {
    let mut columns = Columns::of(row, "reply");
    Ok(Reply {
        tenant,
        key: columns.value("key")?,
        request: columns.value("request")?,
        body: columns.json("body")?,
        at: columns.time("at")?,
        expires_at: columns.time("expires_at")?,
    })
}

#[async_trait]
impl DefinitionStore for SqliteStorage {
    async fn tenants(&self) -> Result<Vec<Tenant>> {
        let tenants: Vec<i64> =
            sqlx::query_scalar("select distinct tenant from definition order by tenant")
                .fetch_all(&mut *self.readers.acquire().await?)
                .await
                .during("read tenants")?;
        Ok(tenants.into_iter().map(Tenant).collect())
    }

    async fn definitions(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
    ) -> Result<Vec<(Revision, Definition)>> {
        let found = sqlx::query(
            r"
            select
                key,
                revision,
                body
            from definition
            where tenant = ?
                and kind = ?
            order by key",
        )
        .bind(tenant.0)
        .bind(kind.as_str())
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read definitions")?;
        found.iter().map(definition).collect()
    }

    async fn definition<'a>(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
        key: &'a str,
    ) -> Result<Option<(Revision, Definition)>> {
        let found = sqlx::query(
            r"
            select
                key,
                revision,
                body
            from definition
            where tenant = ?
                and kind = ?
                and key = ?",
        )
        .bind(tenant.0)
        .bind(kind.as_str())
        .bind(key)
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a definition")?;
        found.as_ref().map(definition).transpose()
    }

    async fn checkpoint<'a>(&self, tenant: Tenant, name: &'a str) -> Result<Option<Checkpoint>> {
        let found = sqlx::query(
            r"
            select
                name,
                revision,
                body,
                at
            from checkpoint
            where tenant = ?
                and name = ?",
        )
        .bind(tenant.0)
        .bind(name)
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a checkpoint")?;
        found.as_ref().map(|row| checkpoint(row, tenant)).transpose()
    }

    async fn reply<'a>(
        &self,
        tenant: Tenant,
        key: &'a str,
        now: Timestamp,
    ) -> Result<Option<Reply>> {
        let found = sqlx::query(
            r"
            select
                key,
                request,
                body,
                at,
                expires_at
            from reply
            where tenant = ?
                and key = ?
                and expires_at > ?",
        )
        .bind(tenant.0)
        .bind(key)
        .bind(now.timestamp_micros())
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a reply")?;
        found.as_ref().map(|row| reply(row, tenant)).transpose()
    }
}
