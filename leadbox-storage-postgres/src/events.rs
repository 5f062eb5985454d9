//! A page of the log, for a timeline or for the activity log. Owns the statement and by which index it goes; who may read
//! it is in the scope.

use std::collections::BTreeSet;

use leadbox_core::storage::EventFilter;
use leadbox_core::{
    Cursor, Event, EventType, Page, PageRequest, Scope, StorageError, Subject, SubjectKind,
};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::storage_error;
use crate::leads::owners;
use crate::paging::{after, number, number_key};
use crate::rows;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

const EVENTS: &str = "events";

/// Events that a filter lets through, the latest first.
pub(crate) async fn page(
    storage: &PostgresStorage,
    scope: &Scope,
    filter: &EventFilter,
    page: &PageRequest,
) -> Result<Page<Event>> {
    let before = after(page, EVENTS)?.map(|(key, _)| number(key)).transpose()?;
    let subjects = match filter.subject {
        Some(subject) => Some(timeline(&storage.writers, scope, subject).await?),
        None if filter.is_by_owners(scope) => few_leads(&storage.readers, scope).await?,
        None => None,
    };
    let rows = page_of_events(scope, filter, subjects, before, i64::from(page.limit()) + 1)
        .build()
        .fetch_all(&storage.readers)
        .await
        .map_err(|error| storage_error("list events", error))?;
    let events = rows.iter().map(rows::event).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(events, page.limit(), |last| {
        Cursor::new(EVENTS, Some(number_key(last.position.0)), last.id.uuid().into_bytes())
    }))
}

/// What a timeline is about: a lead, and those that were merged into it. A look-up by key, by those whose plans are kept.
async fn timeline(writers: &PgPool, scope: &Scope, subject: Subject) -> Result<Vec<Uuid>> {
    if subject.kind != SubjectKind::Lead {
        return Ok(vec![subject.id]);
    }
    let mut subjects: Vec<Uuid> =
        sqlx::query_scalar("select id from lead where tenant = $1 and merged_into = $2")
            .bind(scope.tenant.0)
            .bind(subject.id)
            .fetch_all(writers)
            .await
            .map_err(|error| storage_error("read merged leads", error))?;
    subjects.push(subject.id);
    Ok(subjects)
}

/// The leads that are seen, deleted ones too, and those merged into them; none when they are many.
async fn few_leads(readers: &PgPool, scope: &Scope) -> Result<Option<Vec<Uuid>>> {
    let most = i64::from(EventFilter::FEW_LEADS);
    let leads: Vec<Uuid> = sqlx::query_scalar(
        r"
        with mine as materialized (
            (select id from lead where tenant = $1 and owner = any ($2) and deleted_at is null limit $3)
            union all
            (select id from lead where tenant = $1 and owner = any ($2) and deleted_at is not null limit $3)
        )
        (select id from mine)
        union all
        (
            select merged.id
            from mine
            cross join lateral (
                select id
                from lead
                where tenant = $1
                    and merged_into = mine.id
                offset 0
            ) as merged
        )
        limit $3",
    )
    .bind(scope.tenant.0)
    .bind(owners(scope))
    .bind(most + 1)
    .fetch_all(readers)
    .await
    .map_err(|error| storage_error("read leads of owners", error))?;
    let few = usize::try_from(most).is_ok_and(|most| leads.len() <= most);
    Ok(few.then_some(leads))
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

/// Appends that an event is about a lead that is seen.
pub(crate) fn push_seen(sql: &mut QueryBuilder<Postgres>, scope: &Scope) {
    let Some(owners) = owners(scope) else { return };
    sql.push(" and e.subject_kind = ").push_bind(SubjectKind::Lead.code());
    sql.push(
        r" and exists (
            select
            from lead as l
            left join lead as k on k.tenant = l.tenant and k.id = l.merged_into
            where l.tenant = ",
    )
    .push_bind(scope.tenant.0);
    sql.push(
        r" and l.id = e.subject
            and case when k.id is null then l.owner else k.owner end = any (",
    )
    .push_bind(owners)
    .push(") offset 0)");
}

/// Appends that an event is about one of these.
fn push_about(sql: &mut QueryBuilder<Postgres>, kind: SubjectKind, subjects: Vec<Uuid>) {
    sql.push(" and subject_kind = ").push_bind(kind.code());
    sql.push(" and subject = any (").push_bind(subjects).push(")");
}

/// The statement for a page of events, the latest first. With `subjects`, they are looked up one by one.
fn page_of_events(
    scope: &Scope,
    filter: &EventFilter,
    subjects: Option<Vec<Uuid>>,
    before: Option<i64>,
    limit: i64,
) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::<Postgres>::new("select e.* from ");
    let tenant = scope.tenant.0;
    let kind = filter.subject.map_or(SubjectKind::Lead, |subject| subject.kind);
    match subjects {
        Some(leads) if filter.is_by_owners(scope) => {
            // Apart, or the planner would rather walk the whole log for the sake of its order.
            sql.push("(select * from event where tenant = ").push_bind(tenant);
            push_about(&mut sql, kind, leads);
            sql.push(" offset 0) as e where e.tenant = ").push_bind(tenant);
        }
        Some(subjects) => {
            sql.push("event as e where e.tenant = ").push_bind(tenant);
            push_about(&mut sql, kind, subjects);
        }
        None => {
            if filter.is_by_rare_kinds(scope) {
                push_latest_of_kinds(&mut sql, scope, filter, before, limit);
            } else {
                sql.push("event");
            }
            sql.push(" as e where e.tenant = ").push_bind(tenant);
        }
    }
    if !filter.kinds.is_empty() {
        sql.push(" and e.kind = any (").push_bind(kinds(filter)).push(")");
    }
    if let Some(actor) = filter.actor {
        sql.push(" and e.actor = ").push_bind(actor);
    }
    push_seen(&mut sql, scope);
    if let Some(before) = before {
        sql.push(" and e.position < ").push_bind(before);
    }
    sql.push(" order by e.position desc limit ").push_bind(limit);
    sql
}
