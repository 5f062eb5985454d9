//! Claiming. Owns which due jobs start now: lanes say how many, the longest due come first, and no lane starves another.
//!
//! Lanes with limits are decided on under a lock of their row; those without need none, since each job's own lock keeps
//! claimers apart. None of this waits for the disk: a claim that gets lost is made again.

use leadbox_core::job::{Job, Lane, LaneKey, LaneState};
use leadbox_core::storage::Claim;
use leadbox_core::{StorageError, Tenant, Timestamp};
use sqlx::{PgConnection, PgPool, Row};

use crate::error::{Failure, is_broken, is_race};
use crate::log::later;
use crate::rows;

/// The most jobs of one claim.
const MOST: u32 = 256;

/// Up to so many due jobs of a queue are looked at one by one; beyond that, lanes are.
const SHALLOW: u32 = 512;

/// How often what lanes left over is offered to the others.
const ROUNDS: u32 = 4;

const RETRIES: u32 = 3;

/// A lane with due jobs.
struct DueLane {
    key: LaneKey,
    /// When its jobs became due and their order numbers, the first ones first; only the first where there are many.
    due: Vec<(Timestamp, i64)>,
    limited: bool,
    /// How many more may start; unlimited lanes say everything.
    allowed: u32,
}

/// What a look at the queues found.
struct Due {
    lanes: Vec<DueLane>,
    /// Whether `lanes` holds every due job.
    complete: bool,
}

/// Leases due jobs to a worker.
pub(crate) async fn claim(pool: &PgPool, claim: &Claim) -> Result<Vec<Job>, StorageError> {
    let mut tries = 0;
    loop {
        match try_claim(pool, claim).await {
            // A claim that was lost comes back when its lease runs out.
            Err(Failure::Driver(error))
                if tries < RETRIES && (is_race(&error) || is_broken(&error)) =>
            {
                tries += 1
            }
            other => return other.map_err(|failure| failure.into_storage("claim jobs")),
        }
    }
}

async fn try_claim(pool: &PgPool, claim: &Claim) -> Result<Vec<Job>, Failure> {
    let mut connection = pool.acquire().await?;
    let mut due = look(&mut connection, claim).await?;
    if due.lanes.is_empty() {
        return Ok(Vec::new());
    }
    let mut jobs = if due.lanes.iter().any(|lane| lane.limited) {
        let mut transaction = sqlx::Connection::begin_with(
            &mut *connection,
            "begin; set local synchronous_commit = off",
        )
        .await?;
        let settings = lock(&mut transaction, claim, &mut due).await?;
        let jobs = take(&mut transaction, claim, &mut due).await?;
        note_starts(&mut transaction, claim, settings, &jobs).await?;
        transaction.commit().await?;
        jobs
    } else {
        take(&mut connection, claim, &mut due).await?
    };
    jobs.sort_unstable_by_key(|(no, job)| (job.work.due_at, *no));
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// Finds the lanes with due jobs.
async fn look(connection: &mut PgConnection, claim: &Claim) -> Result<Due, Failure> {
    let rows = sqlx::query(
        r"
        with due as materialized (
            select j.queue, j.tenant, j.lane, j.due_at, j.no
            from unnest($1::text[]) as w (queue)
            cross join lateral (
                select queue, tenant, lane, due_at, no
                from job
                where job.queue = w.queue and job.ready_at <= $2
                order by job.ready_at
                limit $3
            ) as j
        )
        select
            queue,
            tenant,
            lane,
            array_agg(due_at order by due_at, no) as due,
            array_agg(no order by due_at, no) as numbers,
            exists (
                select
                from lane as l
                where l.tenant = due.tenant and l.queue = due.queue and l.name = due.lane and l.limited
            ) as limited
        from due
        group by queue, tenant, lane",
    )
    .bind(&claim.queues)
    .bind(claim.now)
    .bind(i64::from(SHALLOW))
    .fetch_all(&mut *connection)
    .await?;
    let mut lanes = Vec::with_capacity(rows.len());
    for row in rows {
        let due: Vec<Timestamp> = row.try_get("due")?;
        let numbers: Vec<i64> = row.try_get("numbers")?;
        lanes.push(DueLane {
            key: LaneKey {
                tenant: Tenant(row.try_get("tenant")?),
                queue: row.try_get("queue")?,
                name: row.try_get("lane")?,
            },
            due: due.into_iter().zip(numbers).collect(),
            limited: row.try_get("limited")?,
            allowed: u32::MAX,
        });
    }
    let is_deep = |queue: &String| {
        let of_queue = lanes.iter().filter(|lane| lane.key.queue == *queue);
        of_queue.map(|lane| lane.due.len()).sum::<usize>() >= SHALLOW as usize
    };
    if claim.queues.iter().any(is_deep) {
        return look_deep(connection, claim).await;
    }
    Ok(Due { lanes, complete: true })
}

/// The same when there are many: one step through the index per lane, however many jobs it has.
async fn look_deep(connection: &mut PgConnection, claim: &Claim) -> Result<Due, Failure> {
    let rows = sqlx::query(
        r"
        with recursive lanes (queue, tenant, lane) as (
            select w.queue, first.tenant, first.lane
            from (select distinct queue from unnest($1::text[]) as w (queue)) as w
            cross join lateral (
                select tenant, lane
                from job
                where job.queue = w.queue and job.ready_at is not null
                order by job.tenant, job.lane
                limit 1
            ) as first
            union all
            select lanes.queue, next.tenant, next.lane
            from lanes
            cross join lateral (
                select tenant, lane
                from job
                where job.queue = lanes.queue
                  and (job.tenant, job.lane) > (lanes.tenant, lanes.lane)
                  and job.ready_at is not null
                order by job.tenant, job.lane
                limit 1
            ) as next
        )
        select
            lanes.queue,
            lanes.tenant,
            lanes.lane,
            head.due_at,
            head.no,
            exists (
                select
                from lane as l
                where l.tenant = lanes.tenant and l.queue = lanes.queue and l.name = lanes.lane and l.limited
            ) as limited
        from lanes
        cross join lateral (
            select due_at, no
            from job
            where job.queue = lanes.queue
              and job.tenant = lanes.tenant
              and job.lane = lanes.lane
              and job.ready_at <= $2
            order by job.ready_at, job.no
            limit 1
        ) as head",
    )
    .bind(&claim.queues)
    .bind(claim.now)
    .fetch_all(connection)
    .await?;
    let lanes = rows
        .into_iter()
        .map(|row| {
            Ok(DueLane {
                key: LaneKey {
                    tenant: Tenant(row.try_get("tenant")?),
                    queue: row.try_get("queue")?,
                    name: row.try_get("lane")?,
                },
                due: vec![(row.try_get("due_at")?, row.try_get("no")?)],
                limited: row.try_get("limited")?,
                allowed: u32::MAX,
            })
        })
        .collect::<Result<_, sqlx::Error>>()?;
    Ok(Due { lanes, complete: false })
}

/// The settings and states of locked lanes.
type Settings = Vec<(Lane, LaneState)>;

/// Locks the rows of limited lanes and asks how many of their jobs may start. A lane that another claimer holds is left to
/// it.
async fn lock(
    connection: &mut PgConnection,
    claim: &Claim,
    due: &mut Due,
) -> Result<Settings, Failure> {
    let keys: Vec<&LaneKey> =
        due.lanes.iter().filter(|lane| lane.limited).map(|lane| &lane.key).collect();
    let rows = sqlx::query(
        r"
        select lane.settings, lane.state
        from unnest($1::bigint[], $2::text[], $3::text[]) as w (tenant, queue, name)
        join lane on lane.tenant = w.tenant and lane.queue = w.queue and lane.name = w.name
        for update of lane skip locked",
    )
    .bind(keys.iter().map(|key| key.tenant.0).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.queue.as_str()).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let settings = rows.iter().map(rows::lane).collect::<Result<Settings, _>>()?;
    // With the rows locked, and in a statement of its own: it sees every claim that came before.
    let running = running(connection, claim, &settings).await?;
    let limit = claim.limit.clamp(1, MOST);
    for lane in due.lanes.iter_mut().filter(|lane| lane.limited) {
        let place = settings.iter().position(|(settings, _)| settings.key == lane.key);
        lane.allowed = place.map_or(0, |place| {
            let (settings, state) = &settings[place];
            settings.allowance(state, running[place], limit, claim.now)
        });
    }
    Ok(settings)
}

/// How many jobs of each lane are running.
async fn running(
    connection: &mut PgConnection,
    claim: &Claim,
    lanes: &Settings,
) -> Result<Vec<u32>, Failure> {
    if lanes.iter().all(|(lane, _)| lane.concurrency.is_none() && lane.breaker.is_none()) {
        return Ok(vec![0; lanes.len()]);
    }
    let counts: Vec<i64> = sqlx::query_scalar(
        r"
        select
            (
                select count(*)
                from job
                where job.queue = w.queue
                  and job.tenant = w.tenant
                  and job.lane = w.name
                  and job.state = 1
                  and job.lease_until > $4
            )
        from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as w (tenant, queue, name, ord)
        order by ord",
    )
    .bind(lanes.iter().map(|(lane, _)| lane.key.tenant.0).collect::<Vec<_>>())
    .bind(lanes.iter().map(|(lane, _)| lane.key.queue.as_str()).collect::<Vec<_>>())
    .bind(lanes.iter().map(|(lane, _)| lane.key.name.as_str()).collect::<Vec<_>>())
    .bind(claim.now)
    .fetch_all(connection)
    .await?;
    Ok(counts.into_iter().map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect())
}

/// Leases as many as the lanes allow. What others took meanwhile, or a lane did not have, is offered to the rest.
async fn take(
    connection: &mut PgConnection,
    claim: &Claim,
    due: &mut Due,
) -> Result<Vec<(i64, Job)>, Failure> {
    let limit = claim.limit.clamp(1, MOST);
    let mut jobs = Vec::new();
    for _ in 0..ROUNDS {
        let left = limit - u32::try_from(jobs.len()).unwrap_or(limit).min(limit);
        let shares = shares(due, left);
        if shares.iter().all(|share| *share == 0) {
            break;
        }
        let taken = lease(connection, claim, due, &shares).await?;
        for (lane, share) in due.lanes.iter_mut().zip(shares) {
            let started = taken.iter().filter(|(_, job)| job.work.lane == lane.key).count();
            let started = u32::try_from(started).unwrap_or(share);
            // A lane that gave less than its share has no more.
            lane.allowed = if started < share { 0 } else { lane.allowed.saturating_sub(started) };
        }
        jobs.extend(taken);
        if due.complete {
            break;
        }
    }
    Ok(jobs)
}

/// How many jobs of each lane shall start: the first of every lane come before the second of any.
fn shares(due: &Due, limit: u32) -> Vec<u32> {
    let mut shares = vec![0; due.lanes.len()];
    if due.complete {
        let mut candidates: Vec<(usize, (Timestamp, i64), usize)> = Vec::new();
        for (place, lane) in due.lanes.iter().enumerate() {
            let allowed = lane.due.iter().take(lane.allowed as usize);
            candidates.extend(allowed.enumerate().map(|(rank, due)| (rank, *due, place)));
        }
        candidates.sort_unstable();
        candidates.iter().take(limit as usize).for_each(|(.., place)| shares[*place] += 1);
        return shares;
    }
    // Nobody knows how many each has: even shares, the rest to those that have waited longest.
    let mut places: Vec<usize> =
        (0..due.lanes.len()).filter(|place| due.lanes[*place].allowed > 0).collect();
    places.sort_unstable_by_key(|place| due.lanes[*place].due.first().copied());
    let mut left = limit;
    while left > 0 && !places.is_empty() {
        let each = (left / u32::try_from(places.len()).unwrap_or(u32::MAX)).max(1);
        places.retain(|place| {
            let share = each.min(left).min(due.lanes[*place].allowed - shares[*place]);
            shares[*place] += share;
            left -= share;
            shares[*place] < due.lanes[*place].allowed
        });
    }
    shares
}

/// Leases the first jobs of each lane that nobody else is taking.
async fn lease(
    connection: &mut PgConnection,
    claim: &Claim,
    due: &Due,
    shares: &[u32],
) -> Result<Vec<(i64, Job)>, Failure> {
    let wanted: Vec<(&LaneKey, i64)> = due
        .lanes
        .iter()
        .zip(shares)
        .filter(|(_, share)| **share > 0)
        .map(|(lane, share)| (&lane.key, i64::from(*share)))
        .collect();
    // Among few, the longest due is told exactly; among many, by the index, in which a lease that ran out counts as due
    // since then.
    let sql = if due.complete {
        r"
        with relaxed as materialized (
            select set_config('synchronous_commit', 'off', true) as value
        ), picked as materialized (
            select j.id
            from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) as w (queue, tenant, lane, n)
            cross join lateral (
                select id
                from job
                where job.queue = w.queue and job.tenant = w.tenant and job.lane = w.lane and job.ready_at <= $5
                order by job.due_at, job.no
                limit w.n
                for update skip locked
            ) as j
            where (select value from relaxed) = 'off'
        )
        update job
        set state = 1,
            attempt = job.attempt + 1,
            token = job.token + 1,
            lease_until = $6,
            ready_at = $6,
            holds_key = false
        from picked
        where job.id = picked.id
        returning job.*"
    } else {
        r"
        with relaxed as materialized (
            select set_config('synchronous_commit', 'off', true) as value
        ), picked as materialized (
            select j.id
            from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) as w (queue, tenant, lane, n)
            cross join lateral (
                select id
                from job
                where job.queue = w.queue and job.tenant = w.tenant and job.lane = w.lane and job.ready_at <= $5
                order by job.ready_at, job.no
                limit w.n
                for update skip locked
            ) as j
            where (select value from relaxed) = 'off'
        )
        update job
        set state = 1,
            attempt = job.attempt + 1,
            token = job.token + 1,
            lease_until = $6,
            ready_at = $6,
            holds_key = false
        from picked
        where job.id = picked.id
        returning job.*"
    };
    let rows = sqlx::query(sql)
        .bind(wanted.iter().map(|(key, _)| key.queue.as_str()).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(key, _)| key.tenant.0).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(key, _)| key.name.as_str()).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(_, share)| *share).collect::<Vec<_>>())
        .bind(claim.now)
        .bind(later(claim.now, claim.lease))
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("no")?, rows::job(row)?))).collect()
}

/// Writes what the starts did to the lanes' rate limits, while their rows are still locked.
async fn note_starts(
    connection: &mut PgConnection,
    claim: &Claim,
    settings: Settings,
    jobs: &[(i64, Job)],
) -> Result<(), Failure> {
    let changed: Vec<(Lane, LaneState)> = settings
        .into_iter()
        .filter_map(|(lane, state)| {
            let started = jobs.iter().filter(|(_, job)| job.work.lane == lane.key).count();
            let after =
                lane.after_start(state, u32::try_from(started).unwrap_or(u32::MAX), claim.now);
            (after != state).then_some((lane, after))
        })
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let states = changed
        .iter()
        .map(|(_, state)| serde_json::to_string(state))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        r"
        update lane
        set state = w.state::json
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as w (tenant, queue, name, state)
        where lane.tenant = w.tenant
          and lane.queue = w.queue
          and lane.name = w.name",
    )
    .bind(changed.iter().map(|(lane, _)| lane.key.tenant.0).collect::<Vec<_>>())
    .bind(changed.iter().map(|(lane, _)| lane.key.queue.as_str()).collect::<Vec<_>>())
    .bind(changed.iter().map(|(lane, _)| lane.key.name.as_str()).collect::<Vec<_>>())
    .bind(states)
    .execute(connection)
    .await?;
    Ok(())
}
