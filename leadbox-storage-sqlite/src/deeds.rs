//! Which leads somebody changed, and what was told of many leads: what an undo goes by. Owns the statements, of which one
//! brings some of very many leads.

use std::collections::BTreeSet;

use leadbox_core::storage::LeadSample;
use leadbox_core::{Event, LeadId, Scope, SubjectKind, Tenant};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::error::{During, Result};
use crate::events::push_seen;
use crate::rows::{self, event_columns};

/// So many leads are asked about in one statement.
const AT_ONCE: usize = 1_000;

/// See [`LogStore::latest_events`](leadbox_core::storage::LogStore::latest_events).
pub(crate) async fn latest_events(
    connection: &mut SqliteConnection,
    tenant: Tenant,
    leads: &[LeadId],
    most: u32,
) -> Result<Vec<Event>> {
    let leads: BTreeSet<LeadId> = leads.iter().copied().collect();
    let leads: Vec<LeadId> = leads.into_iter().collect();
    let mut latest = Vec::new();
    for some in leads.chunks(AT_ONCE) {
        let mut query = QueryBuilder::<Sqlite>::new("with asked (lead) as (values ");
        let mut values = query.separated(", ");
        for lead in some {
            values.push("(").push_bind_unseparated(lead.uuid()).push_unseparated(")");
        }
        query.push(concat!(
            ") select ",
            event_columns!(),
            r" from asked
            cross join event e on e.position in (
                select position
                from event indexed by event_subject
                where subject = asked.lead
                    and tenant = "
        ));
        query.push_bind(tenant.0).push(" and subject_kind = ");
        query.push_bind(i64::from(SubjectKind::Lead.code()));
        query.push(" order by position desc limit ").push_bind(most);
        query.push(") order by e.subject, e.position desc");
        let found =
            query.build().fetch_all(&mut *connection).await.during("read the latest events")?;
        for row in &found {
            latest.push(rows::event(row)?);
        }
    }
    Ok(latest)
}

/// See [`LogStore::leads_of_actor`](leadbox_core::storage::LogStore::leads_of_actor).
pub(crate) async fn leads_of_actor(
    connection: &mut SqliteConnection,
    scope: &Scope,
    actor: Uuid,
) -> Result<Vec<LeadId>> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "select e.subject from event e indexed by event_actor where e.tenant = ",
    );
    query.push_bind(scope.tenant.0).push(" and e.actor = ").push_bind(actor);
    query.push(" and e.subject_kind = ").push_bind(i64::from(SubjectKind::Lead.code()));
    push_seen(&mut query, scope);
    query.push(" group by e.subject order by max(e.position) desc");
    let leads: Vec<Uuid> =
        query.build_query_scalar().fetch_all(connection).await.during("read leads of an actor")?;
    Ok(leads.into_iter().map(LeadId::from_uuid).collect())
}

/// See [`LogStore::sample_of_actor`](leadbox_core::storage::LogStore::sample_of_actor).
pub(crate) async fn sample_of_actor(
    connection: &mut SqliteConnection,
    tenant: Tenant,
    actor: Uuid,
    most: usize,
) -> Result<LeadSample> {
    let failed = "draw leads of an actor";
    let (all, first, last): (i64, Option<i64>, Option<i64>) = sqlx::query_as(
        r"
        select
            count(*),
            min(position),
            max(position)
        from event indexed by event_actor
        where tenant = ?
            and actor = ?",
    )
    .bind(tenant.0)
    .bind(actor)
    .fetch_one(&mut *connection)
    .await
    .during(failed)?;
    let (Some(first), Some(last)) = (first, last) else { return Ok(LeadSample::default()) };
    let own: i64 = sqlx::query_scalar(
        r"
        select count(*)
        from event indexed by event_subject
        where tenant = ?
            and subject = ?
            and +actor = ?",
    )
    .bind(tenant.0)
    .bind(actor)
    .bind(actor)
    .fetch_one(&mut *connection)
    .await
    .during(failed)?;
    let places: Vec<String> =
        LeadSample::places(first, last, most).map(|place| place.to_string()).collect();
    let mut query = QueryBuilder::<Sqlite>::new(
        r"
        select distinct e.subject
        from json_each(",
    );
    query.push_bind(format!("[{}]", places.join(","))).push(
        r") as place
        cross join event e on e.position = (
            select position
            from event indexed by event_actor
            where position >= place.value
                and tenant = ",
    );
    query.push_bind(tenant.0).push(" and actor = ").push_bind(actor);
    query.push(" order by position limit 1) where e.subject_kind = ");
    query.push_bind(i64::from(SubjectKind::Lead.code()));
    let leads: Vec<Uuid> = query.build_query_scalar().fetch_all(connection).await.during(failed)?;
    let count = u64::try_from(all - own).unwrap_or(0);
    Ok(LeadSample::of(count, leads.into_iter().map(LeadId::from_uuid).collect(), most))
}
