//! What enters the queue: new jobs and replayed ones. Owns the place of a job behind others of its key, and which jobs
//! are dropped because they are queued already.

use std::collections::HashSet;

use leadbox_core::NewJob;
use leadbox_core::job::JobState;
use leadbox_core::storage::{JobReplay, StorageError};
use sqlx::{Row, SqliteConnection};

use super::blame::{Clash, Outcome, insert, none_of};
use super::leads::micros;
use crate::error::{During, Result};
use crate::rows::Columns;
use crate::statement::Rows;

const INSERT: Rows<'_> = Rows {
    before: r"
        insert or fail into job (
            id,
            tenant,
            queue,
            lane,
            fifo_key,
            unique_key,
            payload,
            due_at,
            created_at,
            cause,
            depth,
            state,
            attempt,
            token
        ) values",
    columns: 14,
    after: "",
};

/// Which of these unique keys are in the queue: neither being worked on, nor given up.
const QUEUED: Rows<'_> = Rows {
    before: "with v (tenant, queue, unique_key) as (values",
    columns: 3,
    after: r")
        select
            j.unique_key,
            j.tenant,
            j.queue
        from v
        cross join job j indexed by job_unique
            on j.tenant = v.tenant and j.queue = v.queue and j.unique_key = v.unique_key
        where j.unique_key is not null
            and j.state in (0, 2)",
};

/// Which of these keys have jobs that are neither done nor given up.
const OCCUPIED: Rows<'_> = Rows {
    before: "with v (tenant, queue, lane, fifo_key) as (values",
    columns: 4,
    after: r")
        select distinct
            j.fifo_key,
            j.tenant,
            j.queue,
            j.lane
        from v
        cross join job j indexed by job_fifo
            on j.tenant = v.tenant
            and j.queue = v.queue
            and j.lane = v.lane
            and j.fifo_key = v.fifo_key
        where j.fifo_key is not null
            and j.state <> 3",
};

type UniqueKey<'k> = (i64, std::borrow::Cow<'k, str>, std::borrow::Cow<'k, str>);
type FifoKey<'k> =
    (i64, std::borrow::Cow<'k, str>, std::borrow::Cow<'k, str>, std::borrow::Cow<'k, str>);

fn unique_key(job: &NewJob) -> Option<UniqueKey<'_>> {
    let key = job.unique_key.as_deref()?;
    Some((job.lane.tenant.0, job.lane.queue.as_str().into(), key.into()))
}

fn fifo_key(job: &NewJob) -> Option<FifoKey<'_>> {
    let key = job.fifo_key.as_deref()?;
    Some((
        job.lane.tenant.0,
        job.lane.queue.as_str().into(),
        job.lane.name.as_str().into(),
        key.into(),
    ))
}

async fn queued<'k>(
    connection: &mut SqliteConnection,
    jobs: &[&'k NewJob],
) -> Result<HashSet<UniqueKey<'k>>> {
    let keys: Vec<UniqueKey<'_>> = jobs.iter().filter_map(|job| unique_key(job)).collect();
    let rows = QUEUED
        .fetch(connection, &keys, |binds, (tenant, queue, key)| {
            binds.add(*tenant).add(&**queue).add(&**key);
        })
        .await
        .during("look for queued jobs")?;
    let mut queued = HashSet::with_capacity(keys.len());
    for row in &rows {
        let mut columns = Columns::of(row, "job");
        let key: String = columns.value("unique_key")?;
        queued.insert((
            columns.value("tenant")?,
            columns.value::<String>("queue")?.into(),
            key.into(),
        ));
    }
    Ok(queued)
}

async fn occupied<'k>(
    connection: &mut SqliteConnection,
    jobs: &[&'k NewJob],
) -> Result<HashSet<FifoKey<'k>>> {
    let keys: Vec<FifoKey<'_>> = jobs.iter().filter_map(|job| fifo_key(job)).collect();
    let rows = OCCUPIED
        .fetch(connection, &keys, |binds, (tenant, queue, lane, key)| {
            binds.add(*tenant).add(&**queue).add(&**lane).add(&**key);
        })
        .await
        .during("look for jobs of a key")?;
    let mut occupied = HashSet::with_capacity(keys.len());
    for row in &rows {
        let mut columns = Columns::of(row, "job");
        let key: String = columns.value("fifo_key")?;
        let (tenant, queue): (i64, String) = (columns.value("tenant")?, columns.value("queue")?);
        occupied.insert((
            tenant,
            queue.into(),
            columns.value::<String>("lane")?.into(),
            key.into(),
        ));
    }
    Ok(occupied)
}

/// Queues jobs, in this order.
pub(super) async fn enqueue(connection: &mut SqliteConnection, jobs: &[&NewJob]) -> Outcome {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut queued = queued(connection, jobs).await?;
    let mut occupied = occupied(connection, jobs).await?;
    let (mut rows, mut dropped) = (Vec::with_capacity(jobs.len()), Vec::new());
    for job in jobs.iter().copied() {
        if unique_key(job).is_some_and(|key| !queued.insert(key)) {
            dropped.push(job);
            continue;
        }
        let waits = fifo_key(job).is_some_and(|key| !occupied.insert(key));
        let state = if waits { JobState::Waiting } else { JobState::Ready };
        rows.push((job, state, serde_json::to_string(&job.payload).during("write a job")?));
    }
    insert(
        connection,
        "queue jobs",
        INSERT,
        &rows,
        |binds, (job, state, payload)| {
            binds
                .add(job.id.uuid())
                .add(job.lane.tenant.0)
                .add(job.lane.queue.as_str())
                .add(job.lane.name.as_str())
                .add(job.fifo_key.as_deref())
                .add(job.unique_key.as_deref())
                .add(payload.as_str())
                .add(micros(job.due_at))
                .add(micros(job.created_at))
                .add(job.cause.event.map(|cause| cause.uuid()))
                .add(i64::from(job.cause.depth))
                .add(i64::from(state.code()))
                .add(0_i64)
                .add(0_i64);
        },
        |(job, ..), _| Clash::alone(StorageError::already_exists("job", job.id)),
    )
    .await?;
    refuse_taken(connection, &dropped).await
}

const STORED: Rows<'_> =
    Rows { before: "select id from job where id in (values", columns: 1, after: ")" };

/// A job that is dropped has to have an id of its own nevertheless.
async fn refuse_taken(connection: &mut SqliteConnection, dropped: &[&NewJob]) -> Outcome {
    let taken = STORED
        .fetch(connection, dropped, |binds, job| {
            binds.add(job.id.uuid());
        })
        .await
        .during("look for queued jobs")?;
    let error = |row| {
        let id: uuid::Uuid = sqlx::sqlite::SqliteRow::try_get(row, 0).unwrap_or_default();
        Clash::alone(StorageError::already_exists("job", id))
    };
    none_of(taken.iter().map(error).collect())
}

/// A new number puts it behind all others; it waits if others of its key are there.
const REPLAY: &str = r"
    update job
    set
        no = (select max(j.no) + 1 from job j),
        due_at = ?,
        state = iif(
            fifo_key is not null and exists (
                select 1
                from job j
                where j.tenant = job.tenant
                    and j.queue = job.queue
                    and j.lane = job.lane
                    and j.fifo_key = job.fifo_key
                    and j.state <> 3
            ),
            2,
            0
        )
    where id = ?
        and tenant = ?
        and state = 3";

/// Puts parked jobs back.
pub(super) async fn replay(connection: &mut SqliteConnection, replays: &[&JobReplay]) -> Outcome {
    let mut clashes = Vec::new();
    for replay in replays {
        let replayed = sqlx::query(REPLAY)
            .bind(micros(replay.due_at))
            .bind(replay.id.uuid())
            .bind(replay.tenant.0)
            .execute(&mut *connection)
            .await
            .during("replay a job")?;
        if replayed.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("job", replay.id)));
        }
    }
    none_of(clashes)
}
