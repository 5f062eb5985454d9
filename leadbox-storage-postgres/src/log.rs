//! The log and its consumers as readers see them. Owns reading by position and the leases; positions are given by the
//! sequencer.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use leadbox_core::event::{ChainHash, ChainHead};
use leadbox_core::storage::{
    ConsumerLease, ConsumerStart, ConsumerState, EventFilter, LeadSample, LogStore, Sequenced,
};
use leadbox_core::{
    Event, LeadId, Page, PageRequest, Position, Scope, StorageError, Tenant, Timestamp, WorkerId,
};
use sqlx::Row;
use uuid::Uuid;

use crate::error::storage_error;
use crate::storage::PostgresStorage;
use crate::{deeds, events, rows, sequencer};

type Result<T> = std::result::Result<T, StorageError>;

/// The moment `ttl` later; the end of time when that is beyond it.
pub(crate) fn later(now: Timestamp, ttl: Duration) -> Timestamp {
    TimeDelta::from_std(ttl)
        .ok()
        .and_then(|ttl| now.checked_add_signed(ttl))
        .unwrap_or(Timestamp::MAX_UTC)
}

#[async_trait]
impl LogStore for PostgresStorage {
    async fn head(&self) -> Result<ChainHead> {
        let failed = |error| storage_error("read the log's head", error);
        let row = sqlx::query(
            r"
            select position, chain
            from log_head
            order by position desc
            limit 1",
        )
        .fetch_one(&self.writers)
        .await
        .map_err(failed)?;
        let chain: &[u8] = row.try_get("chain").map_err(failed)?;
        let position = row.try_get("position").map_err(failed)?;
        let chain =
            chain.try_into().map_err(|_| StorageError::corrupt("log_head", "chain", position))?;
        Ok(ChainHead { position: Position(position), chain: ChainHash(chain) })
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>> {
        let rows = sqlx::query(
            r"
            select *
            from event
            where position > $1
            order by position
            limit $2",
        )
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("read the log", error))?;
        rows.iter().map(rows::event).collect()
    }

    async fn events(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        page: &PageRequest,
    ) -> Result<Page<Event>> {
        events::page(self, scope, filter, page).await
    }

    async fn latest_events(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Event>> {
        deeds::latest_events(&self.readers, tenant, leads, most).await
    }

    async fn leads_of_actor(&self, scope: &Scope, actor: Uuid) -> Result<Vec<LeadId>> {
        deeds::leads_of_actor(&self.readers, scope, actor).await
    }

    async fn sample_of_actor(
        &self,
        tenant: Tenant,
        actor: Uuid,
        most: usize,
    ) -> Result<LeadSample> {
        deeds::sample_of_actor(&self.readers, tenant, actor, most).await
    }

    async fn sequence(&self, limit: u32) -> Result<Sequenced> {
        sequencer::sequence(&self.writers, limit).await
    }

    async fn lease_consumer<'a>(
        &self,
        consumer: &'a str,
        worker: WorkerId,
        start: ConsumerStart,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<ConsumerLease>> {
        let failed = |error| storage_error("lease a consumer", error);
        let until = later(now, ttl);
        let row = sqlx::query(
            r"
            insert into consumer as c (name, cursor, token, worker, leased_until)
            values (
                $1,
                case when $3 then (select position from log_head order by position desc limit 1) else 0 end,
                1,
                $2,
                $5
            )
            on conflict (name) do update
            set token = case when c.worker = excluded.worker then c.token else c.token + 1 end,
                worker = excluded.worker,
                leased_until = excluded.leased_until
            where c.worker is null
               or c.worker = excluded.worker
               or c.leased_until <= $4
            returning cursor, token",
        )
        .bind(consumer)
        .bind(worker.uuid())
        .bind(start == ConsumerStart::Now)
        .bind(now)
        .bind(until)
        .fetch_optional(&self.writers)
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(ConsumerLease {
            consumer: consumer.to_owned(),
            token: row.try_get("token").map_err(failed)?,
            cursor: Position(row.try_get("cursor").map_err(failed)?),
            until,
        }))
    }

    async fn release_consumer(&self, lease: &ConsumerLease) -> Result<()> {
        sqlx::query(
            r"
            update consumer
            set worker = null,
                leased_until = null
            where name = $1 and token = $2",
        )
        .bind(&lease.consumer)
        .bind(lease.token)
        .execute(&self.writers)
        .await
        .map_err(|error| storage_error("release a consumer", error))?;
        Ok(())
    }

    async fn consumers(&self) -> Result<Vec<ConsumerState>> {
        let failed = |error| storage_error("list consumers", error);
        let rows = sqlx::query(
            r"
            select name, cursor, leased_until
            from consumer
            order by name",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(ConsumerState {
                    consumer: row.try_get("name").map_err(failed)?,
                    cursor: Position(row.try_get("cursor").map_err(failed)?),
                    leased_until: row.try_get("leased_until").map_err(failed)?,
                })
            })
            .collect()
    }
}
