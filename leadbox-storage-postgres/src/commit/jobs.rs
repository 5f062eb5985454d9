//! Jobs and attempts. Owns how a job ends in its row and in its lane's state; who moves up behind it is decided in
//! `fifo`.

use std::collections::HashMap;

use leadbox_core::job::{JobState, Lane, LaneKey, LaneState};
use leadbox_core::storage::JobFinish;
use leadbox_core::{Settlement, StorageError, Tenant};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use uuid::Uuid;

use super::batch::Batch;
use super::definitions::put_lanes;
use super::statement::Statement;
use crate::error::Failure;

/// What a look at the jobs to be settled found, and what follows for their lanes.
#[derive(Default)]
pub(super) struct Settled {
    /// The keys that lose their head or get a job back: (lane, key).
    pub(super) keys: Vec<(LaneKey, String)>,
    /// The lanes whose state changed.
    states: Vec<(LaneKey, LaneState)>,
}

/// A job under lock.
struct Held {
    lane: LaneKey,
    fifo_key: Option<String>,
    state: i16,
    token: i64,
}

/// Locks the jobs that end or come back, checks that they are as the set says, and the lanes whose breakers listen.
pub(super) async fn settle(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
) -> Result<Settled, Failure> {
    if batch.finishes.is_empty() && batch.replays.is_empty() {
        return Ok(Settled::default());
    }
    if !batch.finishes.is_empty() {
        let mut statement = Statement::default();
        put_lanes(&mut statement, &batch.lanes)?;
        statement.execute(&mut *connection).await?;
    }
    let (held, mut lanes) = lock(connection, batch).await?;
    let mut settled = Settled::default();
    for finish in &batch.finishes {
        let job = held
            .get(&finish.id.uuid())
            .filter(|job| {
                job.lane.tenant == finish.tenant
                    && job.state == JobState::Leased.code()
                    && job.token == finish.token
            })
            .ok_or_else(|| StorageError::conflict("job", finish.id))?;
        if let (Some(signal), Some((lane, state))) =
            (finish.settlement.signal(), lanes.get_mut(&job.lane))
        {
            *state = lane.after_signal(*state, signal, finish.at);
        }
        let leaves = matches!(finish.settlement, Settlement::Done | Settlement::Park { .. });
        settled.keys.extend(
            job.fifo_key.as_ref().filter(|_| leaves).map(|key| (job.lane.clone(), key.clone())),
        );
    }
    for replay in &batch.replays {
        let job = held
            .get(&replay.id.uuid())
            .filter(|job| job.lane.tenant == replay.tenant && job.state == JobState::Parked.code())
            .ok_or_else(|| StorageError::conflict("job", replay.id))?;
        settled.keys.extend(job.fifo_key.as_ref().map(|key| (job.lane.clone(), key.clone())));
    }
    settled.states = lanes.into_iter().map(|(key, (_, state))| (key, state)).collect();
    Ok(settled)
}

type Lanes = HashMap<LaneKey, (Lane, LaneState)>;

async fn lock(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
) -> Result<(HashMap<Uuid, Held>, Lanes), Failure> {
    let ids: Vec<Uuid> = batch
        .finishes
        .iter()
        .map(|finish| finish.id.uuid())
        .chain(batch.replays.iter().map(|replay| replay.id.uuid()))
        .collect();
    let rows = sqlx::query(
        r"
        with picked as (
            select id, tenant, queue, lane, fifo_key, state, token
            from job
            where id = any ($1)
            order by id
            for update
        ), listening as (
            select tenant, queue, name, settings, state
            from lane
            where breaks and (tenant, queue, name) in (select tenant, queue, lane from picked)
            order by tenant, queue, name
            for update
        )
        select
            id,
            tenant,
            queue,
            lane,
            fifo_key,
            state,
            token,
            null::json as settings,
            null::json as lane_state
        from picked
        union all
        select
            null,
            tenant,
            queue,
            name,
            null,
            null,
            null,
            settings,
            state
        from listening",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let (mut jobs, mut lanes) = (HashMap::new(), HashMap::new());
    for row in rows {
        let lane = LaneKey {
            tenant: Tenant(row.try_get("tenant")?),
            queue: row.try_get("queue")?,
            name: row.try_get("lane")?,
        };
        match row.try_get::<Option<Uuid>, _>("id")? {
            Some(id) => {
                jobs.insert(id, held(&row, lane)?);
            }
            None => {
                let Json(settings) = row.try_get("settings")?;
                let Json(state) = row.try_get("lane_state")?;
                lanes.insert(lane, (settings, state));
            }
        }
    }
    Ok((jobs, lanes))
}

fn held(row: &PgRow, lane: LaneKey) -> Result<Held, sqlx::Error> {
    Ok(Held {
        lane,
        fifo_key: row.try_get("fifo_key")?,
        state: row.try_get("state")?,
        token: row.try_get("token")?,
    })
}

/// Adds what happens to settled jobs and their lanes, then the new jobs, then attempts.
pub(super) fn write(
    statement: &mut Statement,
    batch: &Batch<'_>,
    settled: Settled,
) -> Result<(), Failure> {
    delete_done(statement, batch);
    put_back(statement, batch);
    set_lane_states(statement, &settled)?;
    enqueue(statement, batch)?;
    record_attempts(statement, batch)
}

fn delete_done(statement: &mut Statement, batch: &Batch<'_>) {
    let done: Vec<Uuid> = batch
        .finishes
        .iter()
        .filter(|finish| finish.settlement == Settlement::Done)
        .map(|finish| finish.id.uuid())
        .collect();
    if !done.is_empty() {
        statement.bind(done).part("jobs_out", "delete from job where id = any ($1) returning 1");
    }
}

/// Retried, released, parked and replayed jobs. A replayed one of a key waits; `fifo` lets it move up.
fn put_back(statement: &mut Statement, batch: &Batch<'_>) {
    let back: Vec<&JobFinish> = batch
        .finishes
        .iter()
        .copied()
        .filter(|finish| finish.settlement != Settlement::Done)
        .collect();
    if !back.is_empty() {
        let due = |finish: &JobFinish| match &finish.settlement {
            Settlement::Retry { due_at, .. } => Some(*due_at),
            _ => None,
        };
        let reason = |settlement: &'_ Settlement| match settlement {
            Settlement::Retry { reason, .. } | Settlement::Park { reason } => Some(reason.clone()),
            _ => None,
        };
        let state = |finish: &JobFinish| match finish.settlement {
            Settlement::Park { .. } => JobState::Parked.code(),
            _ => JobState::Ready.code(),
        };
        statement
            .bind(back.iter().map(|finish| finish.id.uuid()).collect::<Vec<_>>())
            .bind(back.iter().map(|finish| state(finish)).collect::<Vec<_>>())
            .bind(back.iter().map(|finish| due(finish)).collect::<Vec<_>>())
            .bind(back.iter().map(|finish| reason(&finish.settlement)).collect::<Vec<_>>())
            .bind(back.iter().map(|finish| i32::from(finish.settlement == Settlement::Release)).collect::<Vec<_>>())
            .part(
                "jobs_back",
                r"
                update job
                set state = w.state,
                    due_at = coalesce(w.due_at, job.due_at),
                    ready_at = case when w.state = 0 then coalesce(w.due_at, job.due_at) end,
                    lease_until = null,
                    reason = coalesce(w.reason, job.reason),
                    attempt = job.attempt - w.uncounted,
                    holds_key = w.state = 0 and job.unique_key is not null and not exists (
                        select
                        from job as o
                        where o.tenant = job.tenant and o.queue = job.queue and o.unique_key = job.unique_key
                          and o.holds_key
                    )
                from unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::text[], $5::integer[])
                    as w (id, state, due_at, reason, uncounted)
                where job.id = w.id
                returning 1",
            )
            .check("(select 0 * count(*) from jobs_back)");
    }
    if !batch.replays.is_empty() {
        statement
            .bind(batch.replays.iter().map(|replay| replay.id.uuid()).collect::<Vec<_>>())
            .bind(batch.replays.iter().map(|replay| replay.due_at).collect::<Vec<_>>())
            .part(
                "jobs_again",
                r"
                update job
                set no = default,
                    state = case when job.fifo_key is null then 0 else 2 end,
                    due_at = w.due_at,
                    ready_at = case when job.fifo_key is null then w.due_at end,
                    holds_key = job.unique_key is not null and not exists (
                        select
                        from job as o
                        where o.tenant = job.tenant and o.queue = job.queue and o.unique_key = job.unique_key
                          and o.holds_key
                    )
                from unnest($1::uuid[], $2::timestamptz[]) as w (id, due_at)
                where job.id = w.id
                returning 1",
            )
            .check("(select 0 * count(*) from jobs_again)");
    }
}

fn set_lane_states(statement: &mut Statement, settled: &Settled) -> Result<(), Failure> {
    let lanes = &settled.states;
    if lanes.is_empty() {
        return Ok(());
    }
    let states = lanes
        .iter()
        .map(|(_, state)| serde_json::to_string(state))
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(lanes.iter().map(|(key, _)| key.tenant.0).collect::<Vec<_>>())
        .bind(lanes.iter().map(|(key, _)| key.queue.as_str()).collect::<Vec<_>>())
        .bind(lanes.iter().map(|(key, _)| key.name.as_str()).collect::<Vec<_>>())
        .bind(states)
        .part(
            "lane_states",
            r"
            update lane
            set state = w.state::json
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as w (tenant, queue, name, state)
            where lane.tenant = w.tenant
              and lane.queue = w.queue
              and lane.name = w.name",
        );
    Ok(())
}

/// New jobs, in their order, but those whose unique key is queued already. One with a FIFO key waits; `fifo` lets it move
/// up.
fn enqueue(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.jobs;
    if rows.is_empty() {
        return Ok(());
    }
    let payloads = rows
        .iter()
        .map(|row| serde_json::to_string(&row.payload))
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.lane.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lane.queue.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lane.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.fifo_key.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.unique_key.as_deref()).collect::<Vec<_>>())
        .bind(payloads)
        .bind(rows.iter().map(|row| row.due_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.created_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.cause.event.map(leadbox_core::EventId::uuid)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| i16::from(row.cause.depth)).collect::<Vec<_>>())
        .part(
            "jobs_in",
            r"
            insert into job (
                tenant,
                id,
                queue,
                lane,
                fifo_key,
                unique_key,
                holds_key,
                payload,
                due_at,
                created_at,
                cause_event,
                cause_depth,
                state,
                ready_at,
                attempt,
                token
            )
            select
                tenant,
                id,
                queue,
                lane,
                fifo_key,
                unique_key,
                unique_key is not null,
                payload::json,
                due_at,
                created_at,
                cause_event,
                cause_depth,
                case when fifo_key is null then 0 else 2 end,
                case when fifo_key is null then due_at end,
                0,
                0
            from unnest(
                $1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::timestamptz[], $9::timestamptz[], $10::uuid[], $11::smallint[]
            ) with ordinality as w (
                tenant, id, queue, lane, fifo_key, unique_key, payload, due_at, created_at, cause_event, cause_depth, ord
            )
            where unique_key is null
               or not exists (
                    select
                    from job as o
                    where o.tenant = w.tenant and o.queue = w.queue and o.unique_key = w.unique_key
                      and o.state in (0, 2)
               )
            order by ord
            on conflict (tenant, queue, unique_key) where holds_key do nothing
            returning 1",
        )
        .check("(select 0 * count(*) from jobs_in)");
    Ok(())
}

fn record_attempts(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.attempts;
    if rows.is_empty() {
        return Ok(());
    }
    let details = rows
        .iter()
        .map(|row| row.detail.as_ref().map(serde_json::to_string).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.lane.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.job.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lane.queue.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lane.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.number).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.millis).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.result.code()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.message.as_deref()).collect::<Vec<_>>())
        .bind(details)
        .part(
            "attempts",
            r"
            insert into attempt (tenant, id, job, queue, lane, number, at, millis, result, message, detail)
            select tenant, id, job, queue, lane, number, at, millis, result, message, detail::json
            from unnest(
                $1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::integer[], $7::timestamptz[],
                $8::bigint[], $9::smallint[], $10::text[], $11::text[]
            ) as w (tenant, id, job, queue, lane, number, at, millis, result, message, detail)",
        );
    Ok(())
}
