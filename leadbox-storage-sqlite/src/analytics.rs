//! Counts. Owns reading what is kept beside the leads, and comparing and replacing it by a scan.

use std::collections::BTreeMap;

use async_trait::async_trait;
use leadbox_core::rollup::{Cell, Sums};
use leadbox_core::storage::{AnalyticsStore, Counts};
use leadbox_core::{Days, Owners, Scope, Tenant};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};

use crate::error::{During, Result};
use crate::rows::Columns;
use crate::storage::SqliteStorage;
use crate::writer::Request;

/// Cells that have come to nothing stay as rows until the next rebuild.
const KEPT: &str = r"
    select
        stage,
        owner,
        day,
        source,
        n
    from rollup_lead
    where tenant = ?
        and n <> 0";

const COUNTED: &str = r"
    select
        stage,
        coalesce(owner, zeroblob(16)),
        created_on,
        coalesce(source, ''),
        count(*)
    from lead
    where tenant = ?
        and deleted_at is null
    group by 1, 2, 3, 4";

fn cell(row: &SqliteRow) -> Result<(Cell, i64)> {
    let mut columns = Columns::of(row, "rollup_lead");
    let (stage, owner) = (columns.id("stage")?, columns.id("owner")?);
    let day = columns.day("day")?;
    Ok((Cell { day, source: columns.value("source")?, stage, owner }, columns.value("n")?))
}

/// Adds a sum, which is one of a day or one of a source.
fn add(sums: &mut Sums, row: &SqliteRow) -> Result<()> {
    let mut columns = Columns::of(row, "rollup_lead");
    let (day, source) = (columns.day_or_none("day")?, columns.value::<Option<_>>("source")?);
    let (stage, n) = (columns.id("stage")?, columns.value("n")?);
    match day {
        Some(day) => sums.by_day.insert((day, stage), n),
        None => sums.by_source.insert((source.unwrap_or_default(), stage), n),
    };
    Ok(())
}

/// The statement for sums over owners. What is many is grouped by the first columns of the key, so that it is not sorted.
pub(crate) fn sums(scope: &Scope, days: Days) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        r"
        with cell as materialized (
            select
                day,
                source,
                stage,
                sum(n) as n
            from rollup_lead
            where tenant = ",
    );
    sql.push_bind(scope.tenant.0).push(" and day between ");
    sql.push_bind(i64::from(days.first.to_epoch_days())).push(" and ");
    sql.push_bind(i64::from(days.last.to_epoch_days()));
    if let Owners::Only(owners) = &scope.owners {
        // Leads of nobody are not one owner's.
        let mut ids = sql.push(" and owner in (").separated(", ");
        for owner in owners.iter().filter(|owner| **owner != Cell::NOBODY) {
            ids.push_bind(owner.uuid());
        }
        sql.push(")");
    }
    sql.push(
        r"
            group by day, source, stage
        )
        select
            day,
            null as source,
            stage,
            sum(n) as n
        from cell
        group by day, stage
        having sum(n) <> 0
        union all
        select
            null,
            source,
            stage,
            sum(n)
        from cell
        group by source, stage
        having sum(n) <> 0",
    );
    sql
}

async fn cells(
    connection: &mut SqliteConnection,
    statement: &'static str,
    tenant: Tenant,
) -> Result<BTreeMap<Cell, i64>> {
    let rows =
        sqlx::query(statement).bind(tenant.0).fetch_all(connection).await.during("read counts")?;
    rows.iter().map(cell).collect()
}

/// See [`AnalyticsStore::rebuild_counts`].
struct Rebuild(Tenant);

#[async_trait]
impl Request for Rebuild {
    type Answer = ();
    const VOLATILE: bool = false;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<()> {
        sqlx::query("delete from rollup_lead where tenant = ?")
            .bind(self.0.0)
            .execute(&mut *connection)
            .await
            .during("rebuild counts")?;
        sqlx::query(
            r"
            insert into rollup_lead (
                tenant,
                day,
                source,
                stage,
                owner,
                n
            )
            select
                tenant,
                created_on,
                coalesce(source, ''),
                stage,
                coalesce(owner, zeroblob(16)),
                count(*)
            from lead
            where tenant = ?
                and deleted_at is null
            group by 1, 2, 3, 4, 5",
        )
        .bind(self.0.0)
        .execute(connection)
        .await
        .during("rebuild counts")?;
        Ok(())
    }
}

#[async_trait]
impl AnalyticsStore for SqliteStorage {
    async fn lead_counts(&self, scope: &Scope) -> Result<BTreeMap<Cell, i64>> {
        let mut connection = self.readers.acquire().await?;
        let mut counts = cells(&mut connection, KEPT, scope.tenant).await?;
        if let Owners::Only(owners) = &scope.owners {
            counts.retain(|cell, _| cell.owner != Cell::NOBODY && owners.contains(&cell.owner));
        }
        Ok(counts)
    }

    async fn lead_sums(&self, scope: &Scope, days: Days) -> Result<Sums> {
        let mut connection = self.readers.acquire().await?;
        let rows = sums(scope, days).build().fetch_all(&mut *connection).await;
        let mut sums = Sums::default();
        rows.during("sum counts up")?.iter().try_for_each(|row| add(&mut sums, row))?;
        Ok(sums)
    }

    async fn verify_counts(&self, tenant: Tenant) -> Result<Counts> {
        let mut connection = self.readers.acquire().await?;
        // Both from one snapshot.
        let mut transaction = connection.begin().await.during("read counts")?;
        let kept = cells(&mut transaction, KEPT, tenant).await?;
        let counted = cells(&mut transaction, COUNTED, tenant).await?;
        transaction.rollback().await.during("read counts")?;
        Ok(Counts { kept, counted })
    }

    async fn rebuild_counts(&self, tenant: Tenant) -> Result<()> {
        self.writer.ask(Rebuild(tenant)).await
    }

    async fn fold_counts(&self, _limit: u32) -> Result<u64> {
        Ok(0)
    }
}
