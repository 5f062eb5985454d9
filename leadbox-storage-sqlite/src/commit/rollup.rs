//! Kept counts. Owns moving them in the transaction that changes the leads.

use std::collections::BTreeMap;

use leadbox_core::rollup::{Cell, Tally, deltas};
use leadbox_core::storage::LeadUpdate;
use leadbox_core::{LeadRow, Tenant};
use sqlx::SqliteConnection;

use crate::error::{During, Result};
use crate::statement::Rows;

const COUNT: Rows<'_> = Rows {
    before: "insert into rollup_lead (tenant, day, source, stage, owner, n) values",
    columns: 6,
    after: "on conflict (tenant, day, source, stage, owner) do update set n = n + excluded.n",
};

/// What these changes do to the counts.
pub(super) fn moves(new: &[&LeadRow], updates: &[&LeadUpdate]) -> Vec<(Tenant, Cell, i64)> {
    let mut tallies: BTreeMap<Tenant, Tally> = BTreeMap::new();
    for row in new {
        tallies.entry(row.lead.tenant).or_default().add(deltas(None, Some(&row.lead)));
    }
    for update in updates {
        let moved = deltas(Some(&update.before.lead), Some(&update.after.lead));
        if !moved.is_empty() {
            tallies.entry(update.after.lead.tenant).or_default().add(moved);
        }
    }
    tallies
        .into_iter()
        .flat_map(|(tenant, tally)| tally.into_cells().map(move |(cell, n)| (tenant, cell, n)))
        .collect()
}

/// Moves the counts by what these changes did.
pub(super) async fn count(
    connection: &mut SqliteConnection,
    new: &[&LeadRow],
    updates: &[&LeadUpdate],
) -> Result<()> {
    COUNT
        .execute(connection, &moves(new, updates), |binds, (tenant, cell, n)| {
            binds
                .add(tenant.0)
                .add(i64::from(cell.day.to_epoch_days()))
                .add(cell.source.as_str())
                .add(cell.stage.uuid())
                .add(cell.owner.uuid())
                .add(*n);
        })
        .await
        .during("move counts")?;
    Ok(())
}
