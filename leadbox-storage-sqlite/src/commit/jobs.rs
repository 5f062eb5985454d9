//! How jobs end. Owns settling them, what that says about their lane, who moves up behind a key, and the record of tries.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use leadbox_core::JobId;
use leadbox_core::job::{Attempt, LaneKey, Settlement};
use leadbox_core::storage::{JobFinish, StorageError};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, insert, none_of};
use super::leads::micros;
use crate::error::{During, Result};
use crate::rows::{self, Columns};
use crate::statement::{Binds, Rows};

const READ: Rows<'_> = Rows {
    before: r"
        select
            id,
            tenant,
            no,
            token,
            queue,
            lane,
            fifo_key
        from job
        where state = 1 and id in (values",
    columns: 1,
    after: ")",
};

/// A job that is being worked on.
struct Leased {
    no: i64,
    token: i64,
    lane: LaneKey,
    fifo_key: Option<String>,
}

async fn leased(
    connection: &mut SqliteConnection,
    finishes: &[&JobFinish],
) -> Result<HashMap<JobId, Leased>> {
    let rows = READ
        .fetch(connection, finishes, |binds, finish| {
            binds.add(finish.id.uuid());
        })
        .await
        .during("read jobs to be finished")?;
    let mut leased = HashMap::with_capacity(rows.len());
    for row in &rows {
        let mut columns = Columns::of(row, "job");
        let (id, tenant) = (columns.id("id")?, columns.tenant()?);
        let job = Leased {
            no: columns.value("no")?,
            token: columns.value("token")?,
            lane: LaneKey { tenant, queue: columns.value("queue")?, name: columns.value("lane")? },
            fifo_key: columns.value("fifo_key")?,
        };
        leased.insert(id, job);
    }
    Ok(leased)
}

/// Settles claimed jobs.
pub(super) async fn finish(connection: &mut SqliteConnection, finishes: &[&JobFinish]) -> Outcome {
    if finishes.is_empty() {
        return Ok(());
    }
    let leased = leased(connection, finishes).await?;
    let (mut settled, mut clashes) = (Vec::with_capacity(finishes.len()), Vec::new());
    for finish in finishes.iter().copied() {
        match leased.get(&finish.id) {
            Some(job) if job.token == finish.token && job.lane.tenant == finish.tenant => {
                settled.push((finish, job));
            }
            _ => clashes.push(Clash::alone(StorageError::conflict("job", finish.id))),
        }
    }
    none_of(clashes)?;
    signal(connection, &settled).await?;
    settle(connection, &settled).await?;
    promote(connection, &settled).await?;
    Ok(())
}

const DONE: Rows<'_> =
    Rows { before: "delete from job where no in (values", columns: 1, after: ")" };

const PARK: Rows<'_> = Rows {
    before: "with v (no, reason) as (values",
    columns: 2,
    after: r")
        update job
        set
            state = 3,
            lease_until = null,
            reason = v.reason
        from v
        where job.no = v.no",
};

const RETRY: Rows<'_> = Rows {
    before: "with v (no, due_at, reason) as (values",
    columns: 3,
    after: r")
        update job
        set
            state = 0,
            lease_until = null,
            due_at = v.due_at,
            reason = v.reason
        from v
        where job.no = v.no",
};

const RELEASE: Rows<'_> = Rows {
    before: r"
        update job
        set
            state = 0,
            lease_until = null,
            attempt = attempt - 1
        where no in (values",
    columns: 1,
    after: ")",
};

async fn settle(
    connection: &mut SqliteConnection,
    settled: &[(&JobFinish, &Leased)],
) -> Result<()> {
    let (mut done, mut parked, mut retried, mut released) = (vec![], vec![], vec![], vec![]);
    for (finish, job) in settled {
        match &finish.settlement {
            Settlement::Done => done.push(job.no),
            Settlement::Park { reason } => parked.push((job.no, reason)),
            Settlement::Retry { due_at, reason } => retried.push((job.no, *due_at, reason)),
            Settlement::Release => released.push(job.no),
        }
    }
    let bind_no = |binds: &mut Binds, no: &i64| {
        binds.add(*no);
    };
    DONE.execute(connection, &done, bind_no).await.during("delete finished jobs")?;
    RELEASE.execute(connection, &released, bind_no).await.during("release jobs")?;
    PARK.execute(connection, &parked, |binds, (no, reason)| {
        binds.add(*no).add(reason.as_str());
    })
    .await
    .during("park jobs")?;
    RETRY
        .execute(connection, &retried, |binds, (no, due_at, reason)| {
            binds.add(*no).add(micros(*due_at)).add(reason.as_str());
        })
        .await
        .during("retry jobs")?;
    Ok(())
}

const LANES: Rows<'_> = Rows {
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

const KEEP_BREAKER: &str = r"
    update lane
    set breaker = ?
    where tenant = ?
        and queue = ?
        and name = ?";

/// Tells the lanes' breakers how their jobs ended.
async fn signal(
    connection: &mut SqliteConnection,
    settled: &[(&JobFinish, &Leased)],
) -> Result<()> {
    let mut keys: Vec<&LaneKey> = settled.iter().map(|(_, job)| &job.lane).collect();
    keys.sort_unstable();
    keys.dedup();
    let found = LANES
        .fetch(connection, &keys, |binds, key| {
            binds.add(key.tenant.0).add(key.queue.as_str()).add(key.name.as_str());
        })
        .await
        .during("read lanes")?;
    let mut lanes = BTreeMap::new();
    for row in &found {
        let (lane, state) = rows::lane(row)?;
        if lane.breaker.is_some() {
            lanes.insert(lane.key.clone(), (lane, state, state));
        }
    }
    for (finish, job) in settled {
        if let (Some((lane, _, state)), Some(signal)) =
            (lanes.get_mut(&job.lane), finish.settlement.signal())
        {
            *state = lane.after_signal(*state, signal, finish.at);
        }
    }
    for (lane, before, after) in lanes.values().filter(|(_, before, after)| before != after) {
        debug_assert_eq!(before.arrival, after.arrival, "ends of jobs say nothing about starts");
        sqlx::query(KEEP_BREAKER)
            .bind(serde_json::to_string(&after.breaker).during("write a breaker")?)
            .bind(lane.key.tenant.0)
            .bind(&lane.key.queue)
            .bind(&lane.key.name)
            .execute(&mut *connection)
            .await
            .during("keep a breaker")?;
    }
    Ok(())
}

/// The first of those that are left moves up, if it has been waiting.
const PROMOTE: Rows<'_> = Rows {
    before: "with v (tenant, queue, lane, fifo_key) as (values",
    columns: 4,
    after: r")
        update job
        set state = 0
        where state = 2
            and no in (
                select (
                    select min(j.no)
                    from job j
                    where j.tenant = v.tenant
                        and j.queue = v.queue
                        and j.lane = v.lane
                        and j.fifo_key = v.fifo_key
                        and j.state <> 3
                )
                from v
            )",
};

async fn promote(
    connection: &mut SqliteConnection,
    settled: &[(&JobFinish, &Leased)],
) -> Result<()> {
    let leaves =
        |settlement: &Settlement| matches!(settlement, Settlement::Done | Settlement::Park { .. });
    let keys: BTreeSet<(&LaneKey, &str)> = settled
        .iter()
        .filter(|(finish, _)| leaves(&finish.settlement))
        .filter_map(|(_, job)| job.fifo_key.as_deref().map(|key| (&job.lane, key)))
        .collect();
    let keys: Vec<_> = keys.into_iter().collect();
    PROMOTE
        .execute(connection, &keys, |binds, (lane, key)| {
            binds.add(lane.tenant.0).add(lane.queue.as_str()).add(lane.name.as_str()).add(*key);
        })
        .await
        .during("move the next job of a key up")?;
    Ok(())
}

const ATTEMPT: Rows<'_> = Rows {
    before: r"
        insert or fail into attempt (
            id,
            job,
            tenant,
            queue,
            lane,
            number,
            at,
            millis,
            result,
            message,
            detail
        ) values",
    columns: 11,
    after: "",
};

/// Records tries.
pub(super) async fn record_attempts(
    connection: &mut SqliteConnection,
    attempts: &[&Attempt],
) -> Outcome {
    let mut rows = Vec::with_capacity(attempts.len());
    for attempt in attempts.iter().copied() {
        let detail = attempt.detail.as_ref().map(serde_json::to_string).transpose();
        rows.push((attempt, detail.during("write a try")?));
    }
    insert(
        connection,
        "record tries",
        ATTEMPT,
        &rows,
        |binds, (attempt, detail)| {
            binds
                .add(attempt.id.uuid())
                .add(attempt.job.uuid())
                .add(attempt.lane.tenant.0)
                .add(attempt.lane.queue.as_str())
                .add(attempt.lane.name.as_str())
                .add(attempt.number)
                .add(micros(attempt.at))
                .add(attempt.millis)
                .add(i64::from(attempt.result.code()))
                .add(attempt.message.as_deref())
                .add(detail.as_deref());
        },
        |(attempt, _), _| Clash::alone(StorageError::already_exists("attempt", attempt.id)),
    )
    .await
}
