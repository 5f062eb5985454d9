//! Records that move from lead to lead. Owns the memory of for which lead each was made, and the activity of both leads,
//! which is summed up anew.

use leadbox_core::storage::{RecordMove, StorageError};
use leadbox_core::{LeadId, Tenant};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::blame::{Clash, Outcome, Stop};
use super::held::Held;
use crate::error::{During, failed, is_taken};
use crate::rows::MISSING;

/// The tables of what belongs to a lead.
const TABLES: [&str; 4] = ["interaction", "stay", "task", "note"];

/// Moves records.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    moves: &[&RecordMove],
    held: &Held,
) -> Outcome {
    for moved in moves {
        let no = |lead: LeadId| number(held, moved.tenant, moved.from, lead);
        let (from, to) = (no(moved.from)?, no(moved.to)?);
        for table in TABLES {
            let mut sql = statement(table, moved, from, to);
            match sql.build().execute(&mut *connection).await {
                Ok(_) => {}
                Err(error) if is_taken(&error) => {
                    let error = StorageError::already_exists("open stay of lead", moved.to);
                    return Err(clash(moved.from, error));
                }
                Err(error) => return Err(failed("move records", error).into()),
            }
        }
        sum_up(connection, from, to).await?;
    }
    Ok(())
}

fn number(held: &Held, tenant: Tenant, from: LeadId, lead: LeadId) -> Outcome<i64> {
    let found = held.get(tenant, lead).map(|lead| lead.no);
    found.ok_or_else(|| clash(from, StorageError::conflict("lead", lead)))
}

fn clash(from: LeadId, error: StorageError) -> Stop {
    Stop::Clashes(vec![Clash::of(from, error)])
}

/// Moves what one table has of a lead. What comes home is as if it had never left.
fn statement(table: &'static str, moved: &RecordMove, from: i64, to: i64) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("update ");
    sql.push(table)
        .push(" set origin_no = nullif(coalesce(origin_no, lead_no), ")
        .push_bind(to)
        .push("), lead_no = ")
        .push_bind(to)
        .push(" where lead_no = ")
        .push_bind(from);
    if !moved.made_for.is_empty() {
        sql.push(" and coalesce(origin_no, lead_no) in (select no from lead where tenant = ")
            .push_bind(moved.tenant.0)
            .push(" and id in (");
        let mut ids = sql.separated(", ");
        for lead in &moved.made_for {
            ids.push_bind(lead.uuid());
        }
        sql.push("))");
    }
    sql
}

async fn sum_up(connection: &mut SqliteConnection, from: i64, to: i64) -> Outcome {
    sqlx::query(
        r"
        update lead_pulse
        set
            interactions = (
                select count(*)
                from interaction i
                where i.lead_no = lead_pulse.no and i.suspect = 0
            ),
            last_at = coalesce(
                (
                    select max(i.at)
                    from interaction i
                    where i.lead_no = lead_pulse.no and i.suspect = 0
                ),
                ?
            )
        where no in (?, ?)",
    )
    .bind(MISSING)
    .bind(from)
    .bind(to)
    .execute(connection)
    .await
    .during("sum interactions up")?;
    Ok(())
}
