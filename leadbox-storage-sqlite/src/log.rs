//! The log as readers and consumers see it. Owns reading by position and the leases of consumers; positions are given in
//! the commit.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use leadbox_core::event::ChainHead;
use leadbox_core::storage::{
    ConsumerLease, ConsumerStart, ConsumerState, EventFilter, LeadSample, LogStore, Sequenced,
};
use leadbox_core::{
    Event, LeadId, Page, PageRequest, Position, Scope, Tenant, Timestamp, WorkerId,
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::error::{During, Result};
use crate::rows::{self, Columns, event_columns};
use crate::storage::SqliteStorage;
use crate::writer::Request;
use crate::{deeds, events};

/// The moment `ttl` later; the end of time when that is beyond it.
pub(crate) fn later(now: Timestamp, ttl: Duration) -> Timestamp {
    TimeDelta::from_std(ttl)
        .ok()
        .and_then(|ttl| now.checked_add_signed(ttl))
        .unwrap_or(Timestamp::MAX_UTC)
}

async fn head(connection: &mut SqliteConnection) -> Result<ChainHead> {
    let row = sqlx::query(
        r"
        select
            position,
            chain
        from log_head",
    )
    .fetch_one(connection)
    .await
    .during("read the end of the log")?;
    let mut columns = Columns::of(&row, "log_head");
    Ok(ChainHead { position: Position(columns.value("position")?), chain: columns.chain()? })
}

/// See [`LogStore::lease_consumer`].
struct Lease {
    consumer: String,
    worker: WorkerId,
    start: ConsumerStart,
    now: Timestamp,
    ttl: Duration,
}

#[async_trait]
impl Request for Lease {
    type Answer = Option<ConsumerLease>;
    const VOLATILE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let start = match self.start {
            ConsumerStart::Beginning => Position(0),
            ConsumerStart::Now => head(connection).await?.position,
        };
        let until = later(self.now, self.ttl);
        // The token stays for whoever held the lease last, and is raised for everybody else.
        let row = sqlx::query(
            r"
            insert into consumer (
                name,
                cursor,
                token,
                worker,
                until
            ) values (?, ?, 1, ?, ?)
            on conflict (name) do update
            set
                token = token + (worker is not excluded.worker),
                worker = excluded.worker,
                until = excluded.until
            where worker is null
                or worker = excluded.worker
                or until <= ?
            returning
                name,
                cursor,
                token",
        )
        .bind(&self.consumer)
        .bind(start.0)
        .bind(self.worker.uuid())
        .bind(until.timestamp_micros())
        .bind(self.now.timestamp_micros())
        .fetch_optional(connection)
        .await
        .during("lease a consumer")?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row, "consumer");
        Ok(Some(ConsumerLease {
            consumer: columns.value("name")?,
            cursor: Position(columns.value("cursor")?),
            token: columns.value("token")?,
            until,
        }))
    }
}

/// See [`LogStore::release_consumer`].
struct Release(ConsumerLease);

#[async_trait]
impl Request for Release {
    type Answer = ();
    const VOLATILE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<()> {
        sqlx::query(
            r"
            update consumer
            set
                worker = null,
                until = null
            where name = ?
                and token = ?",
        )
        .bind(&self.0.consumer)
        .bind(self.0.token)
        .execute(connection)
        .await
        .during("release a consumer")?;
        Ok(())
    }
}

#[async_trait]
impl LogStore for SqliteStorage {
    async fn head(&self) -> Result<ChainHead> {
        let mut connection = self.readers.acquire().await?;
        head(&mut connection).await
    }

    async fn events_after(&self, after: Position, limit: u32) -> Result<Vec<Event>> {
        let found = sqlx::query(concat!(
            "select ",
            event_columns!(),
            " from event e where e.position > ? order by e.position limit ?"
        ))
        .bind(after.0)
        .bind(limit)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read events")?;
        found.iter().map(rows::event).collect()
    }

    async fn events(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        page: &PageRequest,
    ) -> Result<Page<Event>> {
        let mut connection = self.readers.acquire().await?;
        events::page(&mut connection, scope, filter, page).await
    }

    async fn latest_events(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Event>> {
        let mut connection = self.readers.acquire().await?;
        deeds::latest_events(&mut connection, tenant, leads, most).await
    }

    async fn leads_of_actor(&self, scope: &Scope, actor: Uuid) -> Result<Vec<LeadId>> {
        let mut connection = self.readers.acquire().await?;
        deeds::leads_of_actor(&mut connection, scope, actor).await
    }

    async fn sample_of_actor(
        &self,
        tenant: Tenant,
        actor: Uuid,
        most: usize,
    ) -> Result<LeadSample> {
        let mut connection = self.readers.acquire().await?;
        deeds::sample_of_actor(&mut connection, tenant, actor, most).await
    }

    async fn sequence(&self, _limit: u32) -> Result<Sequenced> {
        Ok(Sequenced::default())
    }

    async fn lease_consumer<'a>(
        &self,
        consumer: &'a str,
        worker: WorkerId,
        start: ConsumerStart,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<ConsumerLease>> {
        self.writer.ask(Lease { consumer: consumer.to_owned(), worker, start, now, ttl }).await
    }

    async fn release_consumer(&self, lease: &ConsumerLease) -> Result<()> {
        self.writer.ask(Release(lease.clone())).await
    }

    async fn consumers(&self) -> Result<Vec<ConsumerState>> {
        let found = sqlx::query(
            r"
            select
                name,
                cursor,
                until
            from consumer
            order by name",
        )
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read consumers")?;
        found
            .iter()
            .map(|row| {
                let mut columns = Columns::of(row, "consumer");
                Ok(ConsumerState {
                    consumer: columns.value("name")?,
                    cursor: Position(columns.value("cursor")?),
                    leased_until: columns.time_or_none("until")?,
                })
            })
            .collect()
    }
}
