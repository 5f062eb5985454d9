//! What a commit leaves behind: its id, its counts, its events without positions. Owns consumers' cursors too, since they
//! move with what they stand for.

use std::collections::BTreeMap;

use leadbox_core::ChangeSetId;
use leadbox_core::rollup::{Tally, deltas};
use leadbox_core::{ChangeSet, EventId, Tenant, UserId};
use sqlx::postgres::PgConnection;

use super::batch::Batch;
use super::statement::{Missing, Statement};

/// Adds the set's id, which ends a set that was committed before.
pub(super) fn remember(statement: &mut Statement, set: &ChangeSet) {
    statement
        .bind(set.id().uuid())
        .bind(set.at())
        .part("sets", "insert into change_set (id, at) values ($1, $2) returning 1")
        .check("(select 0 * count(*) from sets)");
}

/// Lets the statement's transaction end without waiting for the disk.
pub(super) fn relax(statement: &mut Statement) {
    statement
        .part("relaxed", "select set_config('synchronous_commit', 'off', true) as value")
        .check("(select 0 * length(value) from relaxed)");
}

/// Whether a set has been committed.
pub(super) async fn is_committed(
    connection: &mut PgConnection,
    id: ChangeSetId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from change_set where id = $1)")
        .bind(id.uuid())
        .fetch_one(connection)
        .await
}

/// Adds how far consumers have come.
pub(super) fn advance(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.cursors;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.consumer.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.token).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.from.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.to.0).collect::<Vec<_>>())
        .part(
            "cursors",
            r"
            update consumer
            set cursor = w.after
            from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) as w (name, token, before, after)
            where consumer.name = w.name
              and consumer.worker is not null
              and consumer.token = w.token
              and consumer.cursor = w.before
              and w.before <= w.after
            returning consumer.name",
        )
        .all_of(&["name"], Missing::Conflict("consumer"));
}

/// Adds how the counts move. Writers only append: a count is a row that all of them would wait for.
pub(super) fn count(statement: &mut Statement, batch: &Batch<'_>) {
    let mut tallies: BTreeMap<Tenant, Tally> = BTreeMap::new();
    for row in &batch.new_leads {
        tallies.entry(row.lead.tenant).or_default().add(deltas(None, Some(&row.lead)));
    }
    for update in &batch.leads {
        let (before, after) = (&update.before.lead, &update.after.lead);
        tallies.entry(after.tenant).or_default().add(deltas(Some(before), Some(after)));
    }
    let (mut tenants, mut days, mut sources, mut stages, mut owners, mut counts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (tenant, tally) in tallies {
        for (cell, n) in tally.into_cells() {
            tenants.push(tenant.0);
            days.push(cell.day);
            sources.push(cell.source);
            stages.push(cell.stage.uuid());
            owners.push(cell.owner.uuid());
            counts.push(n);
        }
    }
    if tenants.is_empty() {
        return;
    }
    statement.bind(tenants).bind(days).bind(sources).bind(stages).bind(owners).bind(counts).part(
        "counts",
        r"
        insert into rollup_lead_delta (tenant, day, source, stage, owner, n)
        select *
        from unnest($1::bigint[], $2::date[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[])",
    );
}

/// Adds events, behind every lock that the set waits for: two events of one lead get their numbers in the order of their
/// commits.
pub(super) fn append(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.events;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.subject.kind.code()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.subject.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.change_set.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.ordinal).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.actor.kind.code()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.actor.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.actor.on_behalf_of.map(UserId::uuid)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.actor.origin.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.cause.event.map(EventId::uuid)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| i16::from(row.cause.depth)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.bulk).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.payload.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.salt.as_ref().map(<[u8; 16]>::as_slice)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.commitment.0.as_slice()).collect::<Vec<_>>())
        .late(
            "events_in",
            r"
            insert into event_new (
                id,
                tenant,
                subject_kind,
                subject,
                kind,
                at,
                version,
                revision,
                change_set,
                ordinal,
                actor_kind,
                actor,
                on_behalf_of,
                origin,
                cause_event,
                cause_depth,
                bulk,
                payload,
                salt,
                commitment
            )
            select
                *
            from unnest(
                $1::uuid[], $2::bigint[], $3::smallint[], $4::uuid[], $5::text[], $6::timestamptz[], $7::bigint[],
                $8::bigint[], $9::uuid[], $10::integer[], $11::smallint[], $12::uuid[], $13::uuid[], $14::text[],
                $15::uuid[], $16::smallint[], $17::boolean[], $18::text[], $19::bytea[], $20::bytea[]
            )
            where (select ok from checked) = 0",
        )
        .check(
            r"coalesce(
                (select leadbox_taken('event', e.id::text) from (select id from event where id = any ($1) limit 1) as e),
                0
            )",
        );
}
