//! The log and its consumers as readers see them. Owns reading by position and the leases; positions are given by the
//! sequencer.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use leadbox_core::event::{ChainHash, ChainHead};
use leadbox_core::storage::{
    ConsumerLease, ConsumerStart, ConsumerState, EventFilter, LogStore, Sequenced,
};
use leadbox_core::{
    Cursor, Event, EventType, Page, PageRequest, Position, Scope, StorageError, Subject,
    SubjectKind, Timestamp, WorkerId,
};
use sqlx::{Postgres, QueryBuilder, Row};
use uuid::Uuid;

use crate::error::storage_error;
use crate::leads::owners;
use crate::paging::{after, number, number_key};
use crate::storage::PostgresStorage;
use crate::{rows, sequencer};

type Result<T> = std::result::Result<T, StorageError>;

const EVENTS: &str = "events";

/// The moment `ttl` later; the end of time when that is beyond it.
pub(crate) fn later(now: Timestamp, ttl: Duration) -> Timestamp {
    TimeDelta::from_std(ttl)
        .ok()
        .and_then(|ttl| now.checked_add_signed(ttl))
        .unwrap_or(Timestamp::MAX_UTC)
}

impl PostgresStorage {
    /// What a timeline is about: a lead, and those that were merged into it.
    async fn subjects(&self, scope: &Scope, subject: Subject) -> Result<Vec<Uuid>> {
        if subject.kind != SubjectKind::Lead {
            return Ok(vec![subject.id]);
        }
        let mut subjects: Vec<Uuid> =
            sqlx::query_scalar("select id from lead where tenant = $1 and merged_into = $2")
                .bind(scope.tenant.0)
                .bind(subject.id)
                .fetch_all(&self.writers)
                .await
                .map_err(|error| storage_error("read merged leads", error))?;
        subjects.push(subject.id);
        Ok(subjects)
    }
}

/// Each kind that is asked for once.
fn kinds(filter: &EventFilter) -> Vec<String> {
    let kinds: BTreeSet<&EventType> = filter.kinds.iter().collect();
    kinds.into_iter().map(|kind| kind.as_str().to_owned()).collect()
}

/// The latest events of each kind: among them are the latest of all kinds.
fn push_latest_of_kinds(
    sql: &mut QueryBuilder<Postgres>,
    scope: &Scope,
    filter: &EventFilter,
    before: Option<i64>,
    limit: i64,
) {
    sql.push("(select latest.* from unnest(").push_bind(kinds(filter)).push(
        r") as asked (kind)
        cross join lateral (
            select *
            from event
            where event.kind = asked.kind
                and event.kind <> 'lead.captured'
                and tenant = ",
    );
    sql.push_bind(scope.tenant.0);
    if let Some(before) = before {
        sql.push(" and position < ").push_bind(before);
    }
    sql.push(" order by position desc limit ").push_bind(limit).push(") as latest)");
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
        let before = after(page, EVENTS)?.map(|(key, _)| number(key)).transpose()?;
        let limit = i64::from(page.limit()) + 1;
        let mut sql = QueryBuilder::<Postgres>::new("select e.* from ");
        if filter.is_by_rare_kinds(scope) {
            push_latest_of_kinds(&mut sql, scope, filter, before, limit);
        } else {
            sql.push("event");
        }
        sql.push(" as e where e.tenant = ").push_bind(scope.tenant.0);
        if let Some(subject) = filter.subject {
            sql.push(" and e.subject_kind = ").push_bind(subject.kind.code());
            sql.push(" and e.subject = any (")
                .push_bind(self.subjects(scope, subject).await?)
                .push(")");
        }
        if !filter.kinds.is_empty() {
            sql.push(" and e.kind = any (").push_bind(kinds(filter)).push(")");
        }
        if let Some(actor) = filter.actor {
            sql.push(" and e.actor = ").push_bind(actor);
        }
        if let Some(owners) = owners(scope) {
            let lead = SubjectKind::Lead.code();
            sql.push(" and e.subject_kind = ").push_bind(lead);
            sql.push(
                r" and exists (
                    select
                    from lead as l
                    left join lead as k on k.tenant = l.tenant and k.id = l.merged_into
                    where l.tenant = ",
            )
            .push_bind(scope.tenant.0);
            sql.push(
                " and l.id = e.subject and case when k.id is null then l.owner else k.owner end = any (",
            )
            .push_bind(owners)
            .push(") offset 0)");
        }
        if let Some(before) = before {
            sql.push(" and e.position < ").push_bind(before);
        }
        sql.push(" order by e.position desc limit ").push_bind(limit);
        let rows = sql
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(|error| storage_error("list events", error))?;
        let events = rows.iter().map(rows::event).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(events, page.limit(), |last| {
            Cursor::new(EVENTS, Some(number_key(last.position.0)), last.id.uuid().into_bytes())
        }))
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
