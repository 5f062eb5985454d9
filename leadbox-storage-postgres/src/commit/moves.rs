//! Records that move from lead to lead. Owns the memory of for which lead each was made, and the activity of both leads,
//! which is summed up anew; it runs behind everything else of a set, so that it moves what the set has added.

use std::collections::BTreeSet;

use leadbox_core::storage::RecordMove;
use leadbox_core::{StorageError, Tenant};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::batch::Batch;
use crate::error::Failure;
use crate::rows::never;

/// Moves what one table has of a lead. What comes home is as if it had never left.
macro_rules! rehome {
    ($table:literal) => {
        concat!(
            "update ",
            $table,
            r" as r
            set origin = nullif(coalesce(r.origin, r.lead), $3),
                lead = $3
            where r.tenant = $1
              and r.lead = $2
              and (cardinality($4::uuid[]) = 0 or coalesce(r.origin, r.lead) = any ($4))"
        )
    };
}

const TABLES: [&str; 4] =
    [rehome!("interaction"), rehome!("stay"), rehome!("task"), rehome!("note")];

/// Locks the leads of all moves: whoever changes what belongs to one of them has to wait.
pub(super) async fn lock(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<(), Failure> {
    let leads: BTreeSet<(Tenant, Uuid)> = batch
        .moves
        .iter()
        .flat_map(|moved| [moved.from, moved.to].map(|lead| (moved.tenant, lead.uuid())))
        .collect();
    if leads.is_empty() {
        return Ok(());
    }
    sqlx::query(
        r"
        select p.lead
        from unnest($1::bigint[], $2::uuid[]) as w (tenant, lead)
        join lead_pulse as p on p.tenant = w.tenant and p.lead = w.lead
        order by p.tenant, p.lead
        for update of p",
    )
    .bind(leads.iter().map(|(tenant, _)| tenant.0).collect::<Vec<_>>())
    .bind(leads.iter().map(|(_, lead)| *lead).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves records.
pub(super) async fn run(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<(), Failure> {
    for moved in &batch.moves {
        let RecordMove { tenant, from, to, made_for } = moved;
        let made_for: Vec<Uuid> = made_for.iter().map(|lead| lead.uuid()).collect();
        for statement in TABLES {
            sqlx::query(statement)
                .bind(tenant.0)
                .bind(from.uuid())
                .bind(to.uuid())
                .bind(&made_for)
                .execute(&mut *connection)
                .await?;
        }
        let summed = sqlx::query_scalar::<_, Uuid>(
            r"
            update lead_pulse as p
            set interactions = a.count,
                last_at = coalesce(a.last_at, $3)
            from unnest($2::uuid[]) as w (lead)
            cross join lateral (
                select count(*) as count, max(i.at) as last_at
                from interaction as i
                where i.tenant = $1 and i.lead = w.lead and not i.suspect
            ) as a
            where p.tenant = $1
              and p.lead = w.lead
            returning p.lead",
        )
        .bind(tenant.0)
        .bind(vec![from.uuid(), to.uuid()])
        .bind(never())
        .fetch_all(&mut *connection)
        .await?;
        if let Some(lead) = [from, to].into_iter().find(|lead| !summed.contains(&lead.uuid())) {
            return Err(StorageError::conflict("lead", lead).into());
        }
    }
    Ok(())
}
