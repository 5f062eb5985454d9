//! A page of the log, for a timeline or for the activity log. Owns the statement and by which index it goes; who may read
//! it is in the scope.

use leadbox_core::event::Subject;
use leadbox_core::storage::{EventFilter, StorageError};
use leadbox_core::{Cursor, Event, Owners, Page, PageRequest, Scope, SubjectKind};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::error::{During, Result};
use crate::paging::{number_key, number_of};
use crate::rows::{self, event_columns};

const EVENTS: &str = "events";

/// Events that a filter lets through, the latest first.
pub(crate) async fn page(
    connection: &mut SqliteConnection,
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
    let subjects = match filter.subject {
        Some(subject) => Some(timeline(connection, scope, subject).await?),
        None if filter.is_by_owners(scope) => few_leads(connection, scope).await?,
        None => None,
    };
    let found = page_of_events(scope, filter, subjects.as_deref(), before, limit + 1)
        .build()
        .fetch_all(connection)
        .await
        .during("read events")?;
    let events = found.iter().map(rows::event).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(events, limit, |event| {
        Cursor::new(EVENTS, Some(number_key(event.position.0)), event.id.uuid().into_bytes())
    }))
}

/// What a timeline is about: a lead, and those that were merged into it.
async fn timeline(
    connection: &mut SqliteConnection,
    scope: &Scope,
    subject: Subject,
) -> Result<Vec<Uuid>> {
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

/// The statement for the leads that are seen, deleted ones too, and those merged into them: one more than are few.
pub(crate) fn few_leads_of(scope: &Scope) -> QueryBuilder<Sqlite> {
    let most = EventFilter::FEW_LEADS;
    let mut query = QueryBuilder::<Sqlite>::new("with mine (id) as (");
    for (at, half) in ["null", "not null"].into_iter().enumerate() {
        query.push(if at == 0 { "" } else { " union all " });
        query.push("select l.id from lead l where l.deleted_at is ").push(half);
        query.push(" and l.tenant = ").push_bind(scope.tenant.0);
        push_owners(&mut query, scope, "l.owner");
    }
    query.push(" limit ").push_bind(most + 1);
    query
        .push(
            ") select id from mine
            union all
            select m.id from mine cross join lead m
            where m.merged_into = mine.id and m.tenant = ",
        )
        .push_bind(scope.tenant.0);
    query.push(" limit ").push_bind(most + 1);
    query
}

/// The leads that are seen, unless they are many.
async fn few_leads(connection: &mut SqliteConnection, scope: &Scope) -> Result<Option<Vec<Uuid>>> {
    let leads: Vec<Uuid> = few_leads_of(scope)
        .build_query_scalar()
        .fetch_all(connection)
        .await
        .during("read leads of owners")?;
    Ok((leads.len() <= EventFilter::FEW_LEADS as usize).then_some(leads))
}

/// Appends that an event is about a lead that is seen.
pub(crate) fn push_seen(query: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    if scope.owners == Owners::All {
        return;
    }
    query.push(" and e.subject_kind = ").push_bind(i64::from(SubjectKind::Lead.code()));
    query.push(
        " and exists (select 1 from lead l
            left join lead k on k.tenant = l.tenant and k.id = l.merged_into
            where l.tenant = e.tenant and l.id = e.subject",
    );
    push_owners(query, scope, "iif(k.no is null, l.owner, k.owner)");
    query.push(")");
}

/// Appends that the owner is one whose leads are seen.
fn push_owners(query: &mut QueryBuilder<Sqlite>, scope: &Scope, owner: &str) {
    let Owners::Only(owners) = &scope.owners else { return };
    let mut ids = query.push(" and ").push(owner).push(" in (").separated(", ");
    for owner in owners {
        ids.push_bind(owner.uuid());
    }
    query.push(")");
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

/// The statement for a page of events, the latest first. With `subjects`, they are looked up one by one.
pub(crate) fn page_of_events(
    scope: &Scope,
    filter: &EventFilter,
    subjects: Option<&[Uuid]>,
    before: Option<i64>,
    limit: u32,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(concat!("select ", event_columns!(), " from event e"));
    if subjects.is_some() {
        // Of several leads the planner would rather walk the whole log, for the sake of its order.
        query.push(" indexed by event_subject");
    }
    query.push(" where e.tenant = ").push_bind(scope.tenant.0);
    if let Some(before) = before {
        query.push(" and e.position < ").push_bind(before);
    }
    if let Some(subjects) = subjects {
        let kind = filter.subject.map_or(SubjectKind::Lead, |subject| subject.kind);
        let mut ids = query.push(" and e.subject in (").separated(", ");
        for id in subjects {
            ids.push_bind(*id);
        }
        query.push(") and e.subject_kind = ").push_bind(i64::from(kind.code()));
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
    push_seen(&mut query, scope);
    query.push(" order by e.position desc limit ").push_bind(limit);
    query
}
