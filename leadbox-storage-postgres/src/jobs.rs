//! The queue as workers and people see it. Owns leases and look-ups; which jobs start is decided in `claim`.

use async_trait::async_trait;
use leadbox_core::job::{Attempt, Job, JobFilter, Lane, LaneCount, LaneKey, LaneState};
use leadbox_core::storage::{Claim, JobStore};
use leadbox_core::{Cursor, JobId, Page, PageRequest, StorageError, Tenant, Timestamp};
use sqlx::{Postgres, QueryBuilder, Row};
use uuid::Uuid;

use crate::error::storage_error;
use crate::paging::{id_after, moment_after, moment_key};
use crate::rows::storable;
use crate::storage::PostgresStorage;
use crate::{claim, rows};

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl JobStore for PostgresStorage {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Job>> {
        claim::claim(&self.writers, claim).await
    }

    async fn extend(&self, jobs: &[(JobId, i64)], until: Timestamp) -> Result<Vec<JobId>> {
        // Sorted, so that two of these never wait for each other in a circle. A lost one only ends a lease too early.
        let mut jobs = jobs.to_vec();
        jobs.sort_unstable();
        let held: Vec<Uuid> = sqlx::query_scalar(
            r"
            with relaxed as materialized (
                select set_config('synchronous_commit', 'off', true) as value
            )
            update job
            set lease_until = $3,
                ready_at = $3
            from unnest($1::uuid[], $2::bigint[]) as w (id, token)
            where job.id = w.id
              and job.token = w.token
              and job.state = 1
              and (select value from relaxed) = 'off'
            returning job.id",
        )
        .bind(jobs.iter().map(|(id, _)| id.uuid()).collect::<Vec<_>>())
        .bind(jobs.iter().map(|(_, token)| *token).collect::<Vec<_>>())
        .bind(storable(until))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("prolong leases", error))?;
        Ok(held.into_iter().map(JobId::from_uuid).collect())
    }

    async fn next_due(&self, queues: &[String]) -> Result<Option<Timestamp>> {
        sqlx::query_scalar(
            r"
            select min(first.ready_at)
            from unnest($1::text[]) as w (queue)
            cross join lateral (
                select ready_at
                from job
                where job.queue = w.queue and job.ready_at is not null
                order by job.ready_at
                limit 1
            ) as first",
        )
        .bind(queues)
        .fetch_one(&self.writers)
        .await
        .map_err(|error| storage_error("read the next due job", error))
    }

    async fn job(&self, tenant: Tenant, id: JobId) -> Result<Option<Job>> {
        let row = sqlx::query(
            r"
            select *
            from job
            where id = $2 and tenant = $1",
        )
        .bind(tenant.0)
        .bind(id.uuid())
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a job", error))?;
        row.as_ref().map(rows::job).transpose()
    }

    async fn jobs(
        &self,
        tenant: Tenant,
        filter: &JobFilter,
        page: &PageRequest,
    ) -> Result<Page<Job>> {
        let mut sql = QueryBuilder::<Postgres>::new("select * from job where tenant = ");
        sql.push_bind(tenant.0);
        if let Some(queue) = &filter.queue {
            sql.push(" and queue = ").push_bind(queue.clone());
        }
        if let Some(lane) = &filter.lane {
            sql.push(" and lane = ").push_bind(lane.clone());
        }
        if let Some(state) = filter.state {
            sql.push(" and state = ").push_bind(state.code());
        }
        if let Some(id) = id_after(page, "jobs")? {
            sql.push(" and id > ").push_bind(id);
        }
        sql.push(" order by id limit ").push_bind(i64::from(page.limit()) + 1);
        let rows = sql
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(|error| storage_error("list jobs", error))?;
        let jobs = rows.iter().map(rows::job).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(jobs, page.limit(), |job| {
            Cursor::new("jobs", Some(Vec::new()), job.work.id.uuid().into_bytes())
        }))
    }

    async fn attempts(&self, tenant: Tenant, job: JobId) -> Result<Vec<Attempt>> {
        let rows = sqlx::query(
            r"
            select *
            from attempt
            where tenant = $1 and job = $2
            order by number, at, id",
        )
        .bind(tenant.0)
        .bind(job.uuid())
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("list a job's attempts", error))?;
        rows.iter().map(rows::attempt).collect()
    }

    async fn lane_attempts(&self, lane: &LaneKey, page: &PageRequest) -> Result<Page<Attempt>> {
        let place = moment_after(page, "attempts")?;
        let rows = sqlx::query(
            r"
            select *
            from attempt
            where tenant = $1
              and queue = $2
              and lane = $3
              and ($4::timestamptz is null or (at, id) < ($4, $5))
            order by at desc, id desc
            limit $6",
        )
        .bind(lane.tenant.0)
        .bind(&lane.queue)
        .bind(&lane.name)
        .bind(place.map(|(at, _)| storable(at)))
        .bind(place.map(|(_, id)| id))
        .bind(i64::from(page.limit()) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("list a lane's attempts", error))?;
        let attempts = rows.iter().map(rows::attempt).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(attempts, page.limit(), |last| {
            Cursor::new("attempts", Some(moment_key(last.at)), last.id.uuid().into_bytes())
        }))
    }

    async fn lane(&self, key: &LaneKey) -> Result<Option<(Lane, LaneState)>> {
        let row = sqlx::query(
            r"
            select settings, state
            from lane
            where tenant = $1 and queue = $2 and name = $3",
        )
        .bind(key.tenant.0)
        .bind(&key.queue)
        .bind(&key.name)
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a lane", error))?;
        row.as_ref().map(rows::lane).transpose()
    }

    async fn lane_counts(&self, tenant: Tenant) -> Result<Vec<LaneCount>> {
        let failed = |error| storage_error("count jobs", error);
        let rows = sqlx::query(
            r"
            select
                queue,
                lane,
                count(*) filter (where state = 0) as ready,
                count(*) filter (where state = 1) as leased,
                count(*) filter (where state = 2) as waiting,
                count(*) filter (where state = 3) as parked,
                min(due_at) filter (where state = 0) as oldest_due
            from job
            where tenant = $1
            group by queue, lane
            order by queue, lane",
        )
        .bind(tenant.0)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(LaneCount {
                    lane: LaneKey {
                        tenant,
                        queue: row.try_get("queue")?,
                        name: row.try_get("lane")?,
                    },
                    ready: row.try_get("ready")?,
                    leased: row.try_get("leased")?,
                    waiting: row.try_get("waiting")?,
                    parked: row.try_get("parked")?,
                    oldest_due: row.try_get("oldest_due")?,
                })
            })
            .collect::<std::result::Result<_, sqlx::Error>>()
            .map_err(failed)
    }
}
