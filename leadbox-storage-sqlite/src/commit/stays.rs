//! Stays. Owns beginning and ending them; that a lead has at most one open stay is held by a unique index.

use leadbox_core::storage::StorageError;
use leadbox_core::{Actor, Stay};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of, write};
use super::held::Held;
use super::leads::micros;
use crate::error::{During, Result};
use crate::statement::Rows;

fn actor(actor: &Actor) -> Result<String> {
    serde_json::to_string(actor).during("write an actor")
}

const CLOSE: Rows<'_> = Rows {
    before: "with v (tenant, id, lead_no, left_at, left_by) as (values",
    columns: 5,
    after: r")
        update stay
        set
            left_at = v.left_at,
            left_by = v.left_by
        from v
        where stay.tenant = v.tenant
            and stay.id = v.id
            and stay.lead_no = v.lead_no
            and stay.left_at is null",
};

/// Ends stays that are open.
pub(super) async fn close(connection: &mut SqliteConnection, stays: &[&Stay], held: &Held) -> Outcome {
    let (mut rows, mut clashes) = (Vec::with_capacity(stays.len()), Vec::new());
    let not_open = |stay: &Stay| Clash::of(stay.lead, StorageError::conflict("stay", stay.id));
    for stay in stays.iter().copied() {
        match held.get(stay.tenant, stay.lead) {
            Some(lead) => rows.push((lead.no, stay, stay.left_by.as_ref().map(actor).transpose()?)),
            None => clashes.push(not_open(stay)),
        }
    }
    none_of(clashes)?;
    let bind = |binds: &mut crate::statement::Binds, (no, stay, by): &(i64, &Stay, Option<String>)| {
        binds
            .add(stay.tenant.0)
            .add(stay.id.uuid())
            .add(*no)
            .add(stay.left_at.map(micros))
            .add(by.as_deref());
    };
    let mut clashes = Vec::new();
    for chunk in CLOSE.chunks(&rows) {
        let closed = CLOSE.execute(connection, chunk, bind).await.during("end stays")?;
        if closed != chunk.len() as u64 {
            // Some of them were not open, and now none is: look which of them the set may not have closed itself.
            clashes.extend(unchanged(connection, chunk).await?.into_iter().map(not_open));
        }
    }
    none_of(clashes)
}

const OPEN_STAY: &str = r"
    select 1
    from stay
    where tenant = ?
        and id = ?
        and lead_no = ?
        and left_at is ?
        and left_by is ?";

/// The stays that are not stored as they were to be written.
async fn unchanged<'s>(
    connection: &mut SqliteConnection,
    rows: &[(i64, &'s Stay, Option<String>)],
) -> Result<Vec<&'s Stay>> {
    let mut unchanged = Vec::new();
    for (no, stay, by) in rows {
        let written: Option<i64> = sqlx::query_scalar(OPEN_STAY)
            .bind(stay.tenant.0)
            .bind(stay.id.uuid())
            .bind(no)
            .bind(stay.left_at.map(micros))
            .bind(by)
            .fetch_optional(&mut *connection)
            .await
            .during("look for an open stay")?;
        if written.is_none() {
            unchanged.push(*stay);
        }
    }
    Ok(unchanged)
}
