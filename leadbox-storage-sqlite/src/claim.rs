//! Claiming. Owns which due jobs start now: lanes say how many, the longest due come first, and no lane starves another.
//!
//! Few due jobs are simply all read. When there are many, the first of each lane is found by hopping over the index from
//! lane to lane, and then only as many of each as its share may need; so neither a deep lane nor a blocked one costs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use leadbox_core::Tenant;
use leadbox_core::job::{Job, Lane, LaneKey, LaneState};
use leadbox_core::storage::Claim;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use crate::error::{During, Result};
use crate::log::later;
use crate::rows::{self, Columns, job_columns};
use crate::statement::Rows;
use crate::writer::Request;

/// The most jobs of one claim.
const MOST: u32 = 256;

/// See [`JobStore::claim`](leadbox_core::storage::JobStore::claim).
pub(crate) struct ClaimJobs(pub(crate) Claim);

/// A job that could start: since when it is due, then in the order of queueing.
type Candidate = (i64, i64);

/// Due jobs by lane.
type Due = BTreeMap<LaneKey, Vec<Candidate>>;

#[async_trait]
impl Request for ClaimJobs {
    type Answer = Vec<Job>;
    const VOLATILE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Vec<Job>> {
        let claim = &self.0;
        let limit = claim.limit.clamp(1, MOST) as usize;
        let mut due = expired(connection, claim).await?;
        let (ready, all) = first_ready(connection, claim, 2 * limit).await?;
        let lanes;
        let chosen = if all {
            add(&mut due, ready);
            lanes = Lanes::read(connection, claim, due.keys(), limit).await?;
            choose(&due, &lanes, limit, usize::MAX)
        } else {
            let heads = heads(connection, claim).await?;
            lanes = Lanes::read(connection, claim, due.keys().chain(&heads), limit).await?;
            choose_deep(connection, claim, &due, &heads, &lanes, limit).await?
        };
        lanes.keep_starts(connection, claim, &chosen).await?;
        lease(connection, claim, chosen.into_iter().map(|(_, candidate)| candidate).collect()).await
    }
}

/// Adds rows of `no, due_at, tenant, queue, lane`.
fn add(due: &mut Due, ready: Vec<(LaneKey, Candidate)>) {
    for (lane, candidate) in ready {
        due.entry(lane).or_default().push(candidate);
    }
    due.values_mut().for_each(|jobs| jobs.sort_unstable());
}

fn candidate(row: &SqliteRow) -> Result<(LaneKey, Candidate)> {
    let mut columns = Columns::of(row, "job");
    let (no, due_at) = (columns.value("no")?, columns.value("due_at")?);
    let tenant = Tenant(columns.value("tenant")?);
    let lane = LaneKey { tenant, queue: columns.value("queue")?, name: columns.value("lane")? };
    Ok((lane, (due_at, no)))
}

/// The jobs whose lease has run out.
async fn expired(connection: &mut SqliteConnection, claim: &Claim) -> Result<Due> {
    let mut due = Due::new();
    for queue in &claim.queues {
        let found = sqlx::query(
            r"
            select
                no,
                due_at,
                tenant,
                queue,
                lane
            from job indexed by job_leased
            where state = 1
                and queue = ?
                and lease_until <= ?
            order by lease_until
            limit ?",
        )
        .bind(queue)
        .bind(claim.now.timestamp_micros())
        .bind(4 * MOST)
        .fetch_all(&mut *connection)
        .await
        .during("look for lost jobs")?;
        add(&mut due, found.iter().map(candidate).collect::<Result<_>>()?);
    }
    Ok(due)
}

/// The ready jobs that have been due longest, and whether these are all.
async fn first_ready(
    connection: &mut SqliteConnection,
    claim: &Claim,
    most: usize,
) -> Result<(Vec<(LaneKey, Candidate)>, bool)> {
    let mut ready = Vec::new();
    for queue in &claim.queues {
        let left = i64::try_from(most.saturating_sub(ready.len()) + 1).unwrap_or(i64::MAX);
        let found = sqlx::query(
            r"
            select
                no,
                due_at,
                tenant,
                queue,
                lane
            from job indexed by job_due
            where state = 0
                and queue = ?
                and due_at <= ?
            order by due_at
            limit ?",
        )
        .bind(queue)
        .bind(claim.now.timestamp_micros())
        .bind(left)
        .fetch_all(&mut *connection)
        .await
        .during("look for due jobs")?;
        for row in &found {
            ready.push(candidate(row)?);
        }
        if ready.len() > most {
            return Ok((ready, false));
        }
    }
    Ok((ready, true))
}

/// The lanes whose first ready job is due.
async fn heads(connection: &mut SqliteConnection, claim: &Claim) -> Result<Vec<LaneKey>> {
    let mut heads = Vec::new();
    for queue in &claim.queues {
        let found = sqlx::query(
            r"
            with recursive head (no) as (
                select (
                    select no
                    from job indexed by job_lane
                    where state = 0 and queue = ?1
                    order by tenant, lane, due_at
                    limit 1
                )
                union all
                select (
                    select j.no
                    from job j indexed by job_lane
                    where j.state = 0
                        and j.queue = ?1
                        and (j.tenant, j.lane) > (last.tenant, last.lane)
                    order by j.tenant, j.lane, j.due_at
                    limit 1
                )
                from head
                join job last on last.no = head.no
            )
            select
                j.no,
                j.due_at,
                j.tenant,
                j.queue,
                j.lane
            from head
            join job j on j.no = head.no
            where j.due_at <= ?2",
        )
        .bind(queue)
        .bind(claim.now.timestamp_micros())
        .fetch_all(&mut *connection)
        .await
        .during("look for lanes with due jobs")?;
        for row in &found {
            heads.push(candidate(row)?.0);
        }
    }
    Ok(heads)
}

/// The first `depth` due jobs of each lane.
async fn first_of_lanes(
    connection: &mut SqliteConnection,
    claim: &Claim,
    lanes: &[&LaneKey],
    depth: usize,
) -> Result<Vec<(LaneKey, Candidate)>> {
    let mut ready = Vec::new();
    for lanes in lanes.chunks(MOST as usize) {
        let mut query = QueryBuilder::new("with v (tenant, queue, lane) as (");
        query.push_values(lanes, |mut row, lane| {
            row.push_bind(lane.tenant.0).push_bind(&lane.queue).push_bind(&lane.name);
        });
        query.push(
            r")
            select
                j.no,
                j.due_at,
                j.tenant,
                j.queue,
                j.lane
            from v
            cross join job j on j.no in (
                select f.no
                from job f indexed by job_lane
                where f.state = 0
                    and f.queue = v.queue
                    and f.tenant = v.tenant
                    and f.lane = v.lane
                    and f.due_at <= ",
        );
        query.push_bind(claim.now.timestamp_micros());
        query.push(" order by f.due_at, f.no limit ");
        query.push_bind(i64::try_from(depth).unwrap_or(i64::MAX)).push(")");
        let found = query.build().fetch_all(&mut *connection).await.during("look for due jobs")?;
        for row in &found {
            ready.push(candidate(row)?);
        }
    }
    Ok(ready)
}

/// Chooses from lanes that are too deep to be read whole: reads as far into each as may matter.
async fn choose_deep(
    connection: &mut SqliteConnection,
    claim: &Claim,
    expired: &Due,
    heads: &[LaneKey],
    lanes: &Lanes,
    limit: usize,
) -> Result<Vec<(LaneKey, Candidate)>> {
    let open: Vec<&LaneKey> = heads.iter().filter(|lane| lanes.allowed(lane) > 0).collect();
    let mut depth = limit.div_ceil(open.len().max(1));
    loop {
        let mut due = expired.clone();
        add(&mut due, first_of_lanes(connection, claim, &open, depth).await?);
        let chosen = choose(&due, lanes, limit, depth);
        let deeper = open.iter().any(|lane| {
            lanes.allowed(lane) as usize > depth
                && due.get(*lane).is_some_and(|jobs| jobs.len() >= depth)
        });
        if chosen.len() >= limit || !deeper || depth >= limit {
            return Ok(choose(&due, lanes, limit, if deeper { depth } else { usize::MAX }));
        }
        depth = (depth * 4).min(limit);
    }
}

/// The jobs that start: the first of every lane before the second of any, as far as lanes allow. Of each lane, only the
/// first `depth` are looked at.
fn choose(due: &Due, lanes: &Lanes, limit: usize, depth: usize) -> Vec<(LaneKey, Candidate)> {
    let mut ranked = Vec::new();
    for (lane, jobs) in due {
        let allowed = (lanes.allowed(lane) as usize).min(depth);
        ranked.extend(jobs.iter().take(allowed).enumerate().map(|(rank, job)| (rank, *job, lane)));
    }
    ranked.sort_unstable();
    ranked.truncate(limit);
    ranked.into_iter().map(|(_, job, lane)| (lane.clone(), job)).collect()
}

/// The settings of the lanes that have limits, and what those allow now.
struct Lanes {
    wanted: u32,
    limited: BTreeMap<LaneKey, (Lane, LaneState, u32)>,
}

const LIMITED: Rows<'_> = Rows {
    before: "with v (tenant, queue, name) as (values",
    columns: 3,
    after: r")
        select
            l.settings,
            l.arrival,
            l.breaker
        from v
        cross join lane l on l.tenant = v.tenant and l.queue = v.queue and l.name = v.name
        where l.limited",
};

impl Lanes {
    async fn read<'l>(
        connection: &mut SqliteConnection,
        claim: &Claim,
        keys: impl Iterator<Item = &'l LaneKey>,
        limit: usize,
    ) -> Result<Self> {
        let mut keys: Vec<&LaneKey> = keys.collect();
        keys.sort_unstable();
        keys.dedup();
        let found = LIMITED
            .fetch(connection, &keys, |binds, key| {
                binds.add(key.tenant.0).add(key.queue.as_str()).add(key.name.as_str());
            })
            .await
            .during("read lanes")?;
        let running =
            if found.is_empty() { BTreeMap::new() } else { running(connection, claim).await? };
        let wanted = u32::try_from(limit).unwrap_or(MOST);
        let mut limited = BTreeMap::new();
        for row in &found {
            let (lane, state) = rows::lane(row)?;
            let leased = running.get(&lane.key).copied().unwrap_or(0);
            let allowed = lane.allowance(&state, leased, wanted, claim.now);
            limited.insert(lane.key.clone(), (lane, state, allowed));
        }
        Ok(Self { wanted, limited })
    }

    /// How many jobs a lane may start.
    fn allowed(&self, lane: &LaneKey) -> u32 {
        self.limited.get(lane).map_or(self.wanted, |(_, _, allowed)| *allowed)
    }

    /// Remembers the starts in the lanes' rate limits.
    async fn keep_starts(
        &self,
        connection: &mut SqliteConnection,
        claim: &Claim,
        chosen: &[(LaneKey, Candidate)],
    ) -> Result<()> {
        let mut started: BTreeMap<&LaneKey, u32> = BTreeMap::new();
        for (lane, _) in chosen {
            *started.entry(lane).or_default() += 1;
        }
        for (key, n) in started {
            let Some((lane, before, _)) = self.limited.get(key) else { continue };
            let after = lane.after_start(*before, n, claim.now);
            if after == *before {
                continue;
            }
            sqlx::query(
                r"
                update lane
                set arrival = ?
                where tenant = ?
                    and queue = ?
                    and name = ?",
            )
            .bind(after.arrival)
            .bind(key.tenant.0)
            .bind(&key.queue)
            .bind(&key.name)
            .execute(&mut *connection)
            .await
            .during("keep a lane's starts")?;
        }
        Ok(())
    }
}

/// How many jobs are being worked on, by lane.
async fn running(
    connection: &mut SqliteConnection,
    claim: &Claim,
) -> Result<BTreeMap<LaneKey, u32>> {
    let mut running = BTreeMap::new();
    for queue in &claim.queues {
        let found = sqlx::query(
            r"
            select
                lane,
                tenant,
                count(*)
            from job indexed by job_leased
            where state = 1
                and queue = ?
                and lease_until > ?
            group by
                tenant,
                lane",
        )
        .bind(queue)
        .bind(claim.now.timestamp_micros())
        .fetch_all(&mut *connection)
        .await
        .during("count running jobs")?;
        for row in &found {
            let mut columns = Columns::of(row, "job");
            let name = columns.value("lane")?;
            let key = LaneKey { tenant: columns.tenant()?, queue: queue.clone(), name };
            running.insert(key, columns.value("count")?);
        }
    }
    Ok(running)
}

const LEASE: Rows<'_> = Rows {
    before: "with v (no, lease_until) as (values",
    columns: 2,
    after: concat!(
        r")
        update job
        set
            state = 1,
            attempt = attempt + 1,
            token = token + 1,
            lease_until = v.lease_until
        from v
        where job.no = v.no
        returning ",
        job_columns!(),
        ", no"
    ),
};

/// Leases the chosen jobs; returns them as they are then, the longest due first.
async fn lease(
    connection: &mut SqliteConnection,
    claim: &Claim,
    mut chosen: Vec<Candidate>,
) -> Result<Vec<Job>> {
    chosen.sort_unstable();
    let until = later(claim.now, claim.lease).timestamp_micros();
    let found = LEASE
        .fetch(connection, &chosen, |binds, (_, no)| {
            binds.add(*no).add(until);
        })
        .await
        .during("lease jobs")?;
    let mut jobs = BTreeMap::new();
    for row in &found {
        let no: i64 = row.try_get(16).during("lease jobs")?;
        jobs.insert(no, rows::job(row)?);
    }
    Ok(chosen.into_iter().filter_map(|(_, no)| jobs.remove(&no)).collect())
}
