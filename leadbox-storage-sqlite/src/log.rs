//! The log as readers and consumers see it. Owns reading by position and the leases of consumers; positions are given in
//! the commit.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use leadbox_core::event::ChainHead;
use leadbox_core::storage::{
    ConsumerLease, ConsumerStart, ConsumerState, EventFilter, LogStore, Sequenced, StorageError,
};
use leadbox_core::{
    Cursor, Event, Owners, Page, PageRequest, Position, Scope, SubjectKind, Timestamp, WorkerId,
};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::error::{During, Result};
use crate::paging::{number_key, number_of};
use crate::rows::{self, Columns, event_columns};
use crate::storage::SqliteStorage;
use crate::writer::Request;

const EVENTS: &str = "events";

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

/// What a timeline is about: a lead, and those that were merged into it.
async fn subjects(
    connection: &mut SqliteConnection,
    scope: &Scope,
    filter: &EventFilter,
) -> Result<Vec<Uuid>> {
    let Some(subject) = filter.subject else { return Ok(Vec::new()) };
    let mut subjects = vec![subject.id];
    if subject.kind == SubjectKind::Lead {
        let merged: Vec<Uuid> =
            sqlx::query_scalar("select id from lead where tenant = ? and merged_into = ?")
                .bind(scope.tenant.0)
                .bind(subject.id)
                .fetch_all(connection)
                .await
                .during("read merged leads")?;
        subjects.extend(merged);
    }
    Ok(subjects)
}

/// The positions of the latest events of each kind: among them are the latest of all kinds.
fn push_latest_of_kinds(
    query: &mut QueryBuilder<Sqlite>,
    scope: &Scope,
    filter: &EventFilter,
    before: Option<i64>,
    limit: u32,
) {
    for (at, kind) in filter.kinds.iter().enumerate() {
        if at > 0 {
            query.push(" union all ");
        }
        query.push(
            "select position
            from (
                select position
                from event indexed by event_kind
                where kind <> 'lead.captured' and tenant = ",
        );
        query.push_bind(scope.tenant.0).push(" and kind = ").push_bind(kind.as_str());
        if let Some(before) = before {
            query.push(" and position < ").push_bind(before);
        }
        query.push(" order by position desc limit ").push_bind(limit).push(")");
    }
}

/// The statement for a page of events, the latest first.
pub(crate) fn page_of_events(
    scope: &Scope,
    filter: &EventFilter,
    subjects: &[Uuid],
    before: Option<i64>,
    limit: u32,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(concat!("select ", event_columns!(), " from event e"));
    if filter.subject.is_some() {
        // Of several leads the planner would rather walk the whole log, for the sake of its order.
        query.push(" indexed by event_subject");
    }
    query.push(" where e.tenant = ").push_bind(scope.tenant.0);
    if let Some(before) = before {
        query.push(" and e.position < ").push_bind(before);
    }
    if let Some(subject) = filter.subject {
        let mut ids = query.push(" and e.subject in (").separated(", ");
        for id in subjects {
            ids.push_bind(*id);
        }
        query.push(") and e.subject_kind = ").push_bind(i64::from(subject.kind.code()));
    }
    if filter.is_by_rare_kinds(scope) {
        query.push(" and e.position in (");
        push_latest_of_kinds(&mut query, scope, filter, before, limit);
        query.push(")");
    } else if !filter.kinds.is_empty() {
        // The sign keeps the order by position in charge.
        let mut kinds = query.push(" and +e.kind in (").separated(", ");
        for kind in &filter.kinds {
            kinds.push_bind(kind.as_str());
        }
        query.push(")");
    }
    if let Some(actor) = filter.actor {
        query.push(" and e.actor = ").push_bind(actor);
    }
    if let Owners::Only(owners) = &scope.owners {
        query.push(" and e.subject_kind = ").push_bind(i64::from(SubjectKind::Lead.code()));
        query.push(
            " and exists (select 1 from lead l
                left join lead k on k.tenant = l.tenant and k.id = l.merged_into
                where l.tenant = e.tenant and l.id = e.subject",
        );
        let mut ids = query.push(" and iif(k.no is null, l.owner, k.owner) in (").separated(", ");
        for owner in owners {
            ids.push_bind(owner.uuid());
        }
        query.push("))");
    }
    query.push(" order by e.position desc limit ").push_bind(limit);
    query
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
        let before = match &page.after {
            None => None,
            Some(cursor) => {
                let (key, _) = cursor.of(EVENTS).map_err(|_| StorageError::BadCursor)?;
                Some(number_of(key)?)
            }
        };
        let limit = page.limit();
        let mut connection = self.readers.acquire().await?;
        let subjects = subjects(&mut connection, scope, filter).await?;
        let found = page_of_events(scope, filter, &subjects, before, limit + 1)
            .build()
            .fetch_all(&mut *connection)
            .await
            .during("read events")?;
        let events = found.iter().map(rows::event).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(events, limit, |event| {
            Cursor::new(EVENTS, Some(number_key(event.position.0)), event.id.uuid().into_bytes())
        }))
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
