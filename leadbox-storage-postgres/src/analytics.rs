//! Counts beside the leads. Owns the folding of what writers append, and repair; readers add both up in one statement, so
//! they see each commit whole.

use std::collections::BTreeMap;

use async_trait::async_trait;
use leadbox_core::rollup::{Cell, Sums};
use leadbox_core::storage::{AnalyticsStore, Counts};
use leadbox_core::{Days, Owners, Scope, StorageError, Tenant};
use sqlx::{Connection, Row};
use uuid::Uuid;

use crate::error::{is_race, storage_error};
use crate::rows;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

/// How often a rebuild begins again when a fold came between.
const RETRIES: u32 = 5;

/// Whose leads count; everybody's and nobody's when none.
fn owners(scope: &Scope) -> Option<Vec<Uuid>> {
    match &scope.owners {
        Owners::All => None,
        // Leads of nobody are not one owner's.
        Owners::Only(owners) => {
            let owners = owners.iter().filter(|owner| **owner != Cell::NOBODY);
            Some(owners.map(|owner| owner.uuid()).collect())
        }
    }
}

#[async_trait]
impl AnalyticsStore for PostgresStorage {
    async fn lead_counts(&self, scope: &Scope) -> Result<BTreeMap<Cell, i64>> {
        let owners = owners(scope);
        let rows = sqlx::query(
            r"
            select
                day,
                source,
                stage,
                owner,
                sum(n)::bigint as n
            from (
                select day, source, stage, owner, n
                from rollup_lead
                where tenant = $1 and ($2::uuid[] is null or owner = any ($2))
                union all
                select day, source, stage, owner, n
                from rollup_lead_delta
                where tenant = $1 and ($2::uuid[] is null or owner = any ($2))
            ) as counts
            group by day, source, stage, owner
            having sum(n) <> 0",
        )
        .bind(scope.tenant.0)
        .bind(owners)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("read counts", error))?;
        rows.iter().map(rows::count).collect()
    }

    async fn lead_sums(&self, scope: &Scope, days: Days) -> Result<Sums> {
        let rows = sqlx::query(
            r"
            select
                day,
                source,
                stage,
                sum(n)::bigint as n
            from (
                select day, source, stage, n
                from rollup_total
                where tenant = $1 and day between $2 and $3 and $4::uuid[] is null
                union all
                select day, source, stage, n
                from rollup_lead
                where tenant = $1 and day between $2 and $3 and owner = any ($4)
                union all
                select day, source, stage, n
                from rollup_lead_delta
                where tenant = $1 and day between $2 and $3 and ($4::uuid[] is null or owner = any ($4))
            ) as counts
            group by grouping sets ((day, stage), (source, stage))
            having sum(n) <> 0",
        )
        .bind(scope.tenant.0)
        .bind(days.first)
        .bind(days.last)
        .bind(owners(scope))
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("sum counts up", error))?;
        let mut sums = Sums::default();
        rows.iter().try_for_each(|row| rows::add_sum(&mut sums, row))?;
        Ok(sums)
    }

    async fn verify_counts(&self, tenant: Tenant) -> Result<Counts> {
        let failed = |error| storage_error("verify counts", error);
        let rows = sqlx::query(
            r"
            select
                true as kept,
                day,
                source,
                stage,
                owner,
                sum(n)::bigint as n
            from (
                select day, source, stage, owner, n
                from rollup_lead
                where tenant = $1
                union all
                select day, source, stage, owner, n
                from rollup_lead_delta
                where tenant = $1
                union all
                -- What the totals have that the owners have not, or the other way round, is nobody's.
                select day, source, stage, $2, n
                from rollup_total
                where tenant = $1
                union all
                select day, source, stage, $2, -n
                from rollup_lead
                where tenant = $1
            ) as counts
            group by day, source, stage, owner
            having sum(n) <> 0
            union all
            select
                false,
                created_on,
                coalesce(source, ''),
                stage,
                coalesce(owner, $2),
                count(*)
            from lead
            where tenant = $1 and deleted_at is null
            group by 2, 3, 4, 5",
        )
        .bind(tenant.0)
        .bind(Cell::NOBODY.uuid())
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        let mut counts = Counts::default();
        for row in &rows {
            let (cell, n) = rows::count(row)?;
            let side = if row.try_get("kept").map_err(failed)? {
                &mut counts.kept
            } else {
                &mut counts.counted
            };
            side.insert(cell, n);
        }
        Ok(counts)
    }

    async fn rebuild_counts(&self, tenant: Tenant) -> Result<()> {
        let mut tries = 0;
        loop {
            match rebuild(self, tenant).await {
                Err(error) if tries < RETRIES && is_race(&error) => tries += 1,
                other => return other.map_err(|error| storage_error("rebuild counts", error)),
            }
        }
    }

    async fn fold_counts(&self, limit: u32) -> Result<u64> {
        let failed = |error| storage_error("fold counts", error);
        let mut transaction = self
            .writers
            .begin_with("begin; set local synchronous_commit = off")
            .await
            .map_err(failed)?;
        let free: bool = sqlx::query_scalar(
            "select pg_try_advisory_xact_lock(hashtext('leadbox counts'), hashtext(current_schema()))",
        )
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        if !free {
            return Ok(0);
        }
        let folded: i64 = sqlx::query_scalar(
            r"
            with deltas as (
                delete from rollup_lead_delta
                where ctid = any (array(select ctid from rollup_lead_delta limit $1))
                returning tenant, day, source, stage, owner, n
            ), folded as (
                insert into rollup_lead as r (tenant, day, source, stage, owner, n)
                select tenant, day, source, stage, owner, sum(n)
                from deltas
                group by tenant, day, source, stage, owner
                having sum(n) <> 0
                order by tenant, day, source, stage, owner
                on conflict (tenant, day, source, stage, owner) do update
                set n = r.n + excluded.n
            ), summed as (
                insert into rollup_total as r (tenant, day, source, stage, n)
                select tenant, day, source, stage, sum(n)
                from deltas
                group by tenant, day, source, stage
                having sum(n) <> 0
                order by tenant, day, source, stage
                on conflict (tenant, day, source, stage) do update
                set n = r.n + excluded.n
            )
            select count(*)
            from deltas",
        )
        .bind(i64::from(limit))
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(folded.unsigned_abs())
    }
}

/// What is kept goes and what a scan gives comes, all seen at one moment: deltas that commit meanwhile stay beside.
async fn rebuild(
    storage: &PostgresStorage,
    tenant: Tenant,
) -> std::result::Result<(), sqlx::Error> {
    let mut connection = storage.readers.acquire().await?;
    // The lock is taken before the moment is chosen, so no fold lies between.
    let mut transaction = connection
        .begin_with("begin isolation level repeatable read; set local statement_timeout = 0; lock table rollup_lead in exclusive mode")
        .await?;
    for sql in [
        "delete from rollup_lead where tenant = $1",
        "delete from rollup_lead_delta where tenant = $1",
        "delete from rollup_total where tenant = $1",
        r"
        insert into rollup_lead (tenant, day, source, stage, owner, n)
        select tenant, created_on, coalesce(source, ''), stage, coalesce(owner, '00000000-0000-0000-0000-000000000000'), count(*)
        from lead
        where tenant = $1 and deleted_at is null
        group by 1, 2, 3, 4, 5",
        r"
        insert into rollup_total (tenant, day, source, stage, n)
        select tenant, day, source, stage, sum(n)
        from rollup_lead
        where tenant = $1
        group by 1, 2, 3, 4",
    ] {
        sqlx::query(sql).bind(tenant.0).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
