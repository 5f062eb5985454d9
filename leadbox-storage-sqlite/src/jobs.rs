//! The queue as workers and people see it. Owns leases and look-ups; which jobs start is decided in `claim`.

use std::collections::HashSet;

use async_trait::async_trait;
use leadbox_core::job::{Attempt, Job, JobFilter, JobState, Lane, LaneCount, LaneKey, LaneState};
use leadbox_core::storage::{Claim, JobStore, StorageError};
use leadbox_core::{Cursor, JobId, Page, PageRequest, Tenant, Timestamp};
use sqlx::{QueryBuilder, Row, SqliteConnection};
use uuid::Uuid;

use crate::claim::ClaimJobs;
use crate::error::{During, Result};
use crate::paging::{latest_after, number_key};
use crate::rows::{self, Columns, attempt_columns, job_columns};
use crate::statement::Rows;
use crate::storage::SqliteStorage;
use crate::writer::Request;

const JOBS: &str = "jobs";
const ATTEMPTS: &str = "attempts";

/// See [`JobStore::extend`].
struct Extend {
    jobs: Vec<(JobId, i64)>,
    until: Timestamp,
}

const EXTEND: Rows<'_> = Rows {
    before: "with v (id, token, lease_until) as (values",
    columns: 3,
    after: r")
        update job
        set lease_until = v.lease_until
        from v
        where job.id = v.id
            and job.token = v.token
            and job.state = 1
        returning job.id",
};

#[async_trait]
impl Request for Extend {
    type Answer = Vec<JobId>;
    const VOLATILE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Vec<JobId>> {
        let until = self.until.timestamp_micros();
        let held = EXTEND
            .fetch(connection, &self.jobs, |binds, (id, token)| {
                binds.add(id.uuid()).add(*token).add(until);
            })
            .await
            .during("extend leases")?;
        let held: HashSet<Uuid> = held.iter().filter_map(|row| row.try_get(0).ok()).collect();
        Ok(self.jobs.iter().map(|(id, _)| *id).filter(|id| held.contains(&id.uuid())).collect())
    }
}

#[async_trait]
impl JobStore for SqliteStorage {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Job>> {
        if claim.queues.is_empty() {
            return Ok(Vec::new());
        }
        // Most looks find nothing: those need not stand in line with the commits.
        let due = self.next_due(&claim.queues).await?;
        if due.is_none_or(|due| due > claim.now) {
            return Ok(Vec::new());
        }
        self.writer.ask(ClaimJobs(claim.clone())).await
    }

    async fn extend(&self, jobs: &[(JobId, i64)], until: Timestamp) -> Result<Vec<JobId>> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        self.writer.ask(Extend { jobs: jobs.to_vec(), until }).await
    }

    async fn next_due(&self, queues: &[String]) -> Result<Option<Timestamp>> {
        if queues.is_empty() {
            return Ok(None);
        }
        // One look-up per queue and state; an aggregate over all queues would read every job.
        let mut query = QueryBuilder::new("with q (queue) as (values ");
        let mut names = query.separated(", ");
        for queue in queues {
            names.push("(").push_bind_unseparated(queue).push_unseparated(")");
        }
        query.push(
            r")
            select
                'job',
                min(due)
            from (
                select (
                    select j.due_at
                    from job j indexed by job_due
                    where j.state = 0 and j.queue = q.queue
                    order by j.due_at
                    limit 1
                ) as due
                from q
                union all
                select (
                    select j.lease_until
                    from job j indexed by job_leased
                    where j.state = 1 and j.queue = q.queue
                    order by j.lease_until
                    limit 1
                )
                from q
            )",
        );
        let row = query
            .build()
            .fetch_one(&mut *self.readers.acquire().await?)
            .await
            .during("look for due jobs")?;
        Columns::behind(&row, "job", 1).time_or_none("due_at")
    }

    async fn job(&self, tenant: Tenant, id: JobId) -> Result<Option<Job>> {
        let found = sqlx::query(concat!(
            "select ",
            job_columns!(),
            " from job where id = ? and tenant = ?"
        ))
        .bind(id.uuid())
        .bind(tenant.0)
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a job")?;
        found.as_ref().map(rows::job).transpose()
    }

    async fn jobs(
        &self,
        tenant: Tenant,
        filter: &JobFilter,
        page: &PageRequest,
    ) -> Result<Page<Job>> {
        let mut query =
            QueryBuilder::new(concat!("select ", job_columns!(), " from job where tenant = "));
        query.push_bind(tenant.0);
        if let Some(cursor) = &page.after {
            let (_, id) = cursor.of(JOBS).map_err(|_| StorageError::BadCursor)?;
            query.push(" and id > ").push_bind(id.to_vec());
        }
        if let Some(queue) = &filter.queue {
            query.push(" and +queue = ").push_bind(queue);
        }
        if let Some(lane) = &filter.lane {
            query.push(" and lane = ").push_bind(lane);
        }
        if let Some(state) = filter.state {
            query.push(" and state = ").push_bind(i64::from(state.code()));
        }
        let limit = page.limit();
        query.push(" order by id limit ").push_bind(limit + 1);
        let found = query
            .build()
            .fetch_all(&mut *self.readers.acquire().await?)
            .await
            .during("read jobs")?;
        let jobs = found.iter().map(rows::job).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(jobs, limit, |job| Cursor::new(JOBS, None, job.work.id.uuid().into_bytes())))
    }

    async fn attempts(&self, tenant: Tenant, job: JobId) -> Result<Vec<Attempt>> {
        let found = sqlx::query(concat!(
            "select ",
            attempt_columns!(),
            " from attempt where tenant = ? and job = ? order by number, at, id"
        ))
        .bind(tenant.0)
        .bind(job.uuid())
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read tries")?;
        found.iter().map(rows::attempt).collect()
    }

    async fn lane_attempts(&self, lane: &LaneKey, page: &PageRequest) -> Result<Page<Attempt>> {
        let (at, id) = latest_after(page, ATTEMPTS)?;
        let limit = page.limit();
        let found = sqlx::query(concat!(
            "select ",
            attempt_columns!(),
            " from attempt where tenant = ? and queue = ? and lane = ? and (at, id) < (?, ?)
              order by at desc, id desc limit ?"
        ))
        .bind(lane.tenant.0)
        .bind(&lane.queue)
        .bind(&lane.name)
        .bind(at)
        .bind(id)
        .bind(limit + 1)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read tries")?;
        let attempts = found.iter().map(rows::attempt).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(attempts, limit, |last| {
            Cursor::new(
                ATTEMPTS,
                Some(number_key(last.at.timestamp_micros())),
                last.id.uuid().into_bytes(),
            )
        }))
    }

    async fn lane(&self, key: &LaneKey) -> Result<Option<(Lane, LaneState)>> {
        let found = sqlx::query(
            r"
            select
                settings,
                arrival,
                breaker
            from lane
            where tenant = ?
                and queue = ?
                and name = ?",
        )
        .bind(key.tenant.0)
        .bind(&key.queue)
        .bind(&key.name)
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a lane")?;
        found.as_ref().map(rows::lane).transpose()
    }

    async fn lane_counts(&self, tenant: Tenant) -> Result<Vec<LaneCount>> {
        let found = sqlx::query(
            r"
            select
                queue,
                lane,
                count(*) filter (where state = ?),
                count(*) filter (where state = ?),
                count(*) filter (where state = ?),
                count(*) filter (where state = ?),
                min(due_at) filter (where state = 0)
            from job
            where tenant = ?
            group by
                queue,
                lane
            order by
                queue,
                lane",
        )
        .bind(JobState::Ready.code())
        .bind(JobState::Leased.code())
        .bind(JobState::Waiting.code())
        .bind(JobState::Parked.code())
        .bind(tenant.0)
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("count jobs")?;
        found
            .iter()
            .map(|row| {
                let mut columns = Columns::of(row, "job");
                Ok(LaneCount {
                    lane: LaneKey {
                        tenant,
                        queue: columns.value("queue")?,
                        name: columns.value("lane")?,
                    },
                    ready: columns.value("ready")?,
                    leased: columns.value("leased")?,
                    waiting: columns.value("waiting")?,
                    parked: columns.value("parked")?,
                    oldest_due: columns.time_or_none("due_at")?,
                })
            })
            .collect()
    }
}
