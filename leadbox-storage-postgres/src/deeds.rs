//! Which leads somebody changed, and what was told of many leads: what an undo goes by. Owns the statements, of which one
//! brings some of very many leads.

use std::collections::BTreeSet;

use leadbox_core::storage::LeadSample;
use leadbox_core::{Event, LeadId, Scope, StorageError, SubjectKind, Tenant};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::storage_error;
use crate::events::push_seen;
use crate::rows;

type Result<T> = std::result::Result<T, StorageError>;

/// See [`LogStore::latest_events`](leadbox_core::storage::LogStore::latest_events).
pub(crate) async fn latest_events(
    readers: &PgPool,
    tenant: Tenant,
    leads: &[LeadId],
    most: u32,
) -> Result<Vec<Event>> {
    let leads: BTreeSet<Uuid> = leads.iter().map(|lead| lead.uuid()).collect();
    let rows = sqlx::query(
        r"
        select e.*
        from unnest($2::uuid[]) as asked (lead)
        cross join lateral (
            select *
            from event
            where tenant = $1
                and subject_kind = $3
                and subject = asked.lead
            order by position desc
            limit $4
        ) as e
        order by e.subject, e.position desc",
    )
    .bind(tenant.0)
    .bind(leads.into_iter().collect::<Vec<_>>())
    .bind(SubjectKind::Lead.code())
    .bind(i64::from(most))
    .fetch_all(readers)
    .await
    .map_err(|error| storage_error("read the latest events", error))?;
    rows.iter().map(rows::event).collect()
}

/// See [`LogStore::leads_of_actor`](leadbox_core::storage::LogStore::leads_of_actor).
pub(crate) async fn leads_of_actor(
    readers: &PgPool,
    scope: &Scope,
    actor: Uuid,
) -> Result<Vec<LeadId>> {
    let mut sql =
        QueryBuilder::<Postgres>::new("select e.subject from event as e where e.tenant = ");
    sql.push_bind(scope.tenant.0).push(" and e.actor = ").push_bind(actor);
    sql.push(" and e.subject_kind = ").push_bind(SubjectKind::Lead.code());
    push_seen(&mut sql, scope);
    sql.push(" group by e.subject order by max(e.position) desc");
    let leads: Vec<Uuid> = sql
        .build_query_scalar()
        .fetch_all(readers)
        .await
        .map_err(|error| storage_error("read leads of an actor", error))?;
    Ok(leads.into_iter().map(LeadId::from_uuid).collect())
}

/// See [`LogStore::sample_of_actor`](leadbox_core::storage::LogStore::sample_of_actor).
pub(crate) async fn sample_of_actor(
    readers: &PgPool,
    tenant: Tenant,
    actor: Uuid,
    most: usize,
) -> Result<LeadSample> {
    let failed = |error| storage_error("draw leads of an actor", error);
    let (all, first, last): (i64, Option<i64>, Option<i64>) = sqlx::query_as(
        r"
        select
            count(*),
            min(position),
            max(position)
        from event
        where tenant = $1
            and actor = $2",
    )
    .bind(tenant.0)
    .bind(actor)
    .fetch_one(readers)
    .await
    .map_err(failed)?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(LeadSample::default()) };
    let own: i64 = sqlx::query_scalar(
        r"
        select count(*)
        from event
        where tenant = $1
            and subject_kind = any ($3)
            and subject = $2
            and actor = $2",
    )
    .bind(tenant.0)
    .bind(actor)
    .bind(SubjectKind::ALL.map(SubjectKind::code).as_slice())
    .fetch_one(readers)
    .await
    .map_err(failed)?;
    let leads: Vec<Uuid> = sqlx::query_scalar(
        r"
        select distinct e.subject
        from unnest($3::bigint[]) as place (at)
        cross join lateral (
            select
                subject,
                subject_kind
            from event
            where tenant = $1
                and actor = $2
                and position >= place.at
            order by position
            limit 1
        ) as e
        where e.subject_kind = $4",
    )
    .bind(tenant.0)
    .bind(actor)
    .bind(LeadSample::places(first, last, most).collect::<Vec<_>>())
    .bind(SubjectKind::Lead.code())
    .fetch_all(readers)
    .await
    .map_err(failed)?;
    let count = u64::try_from(all - own).unwrap_or(0);
    Ok(LeadSample::of(count, leads.into_iter().map(LeadId::from_uuid).collect(), most))
}
