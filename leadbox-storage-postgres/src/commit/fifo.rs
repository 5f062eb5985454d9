//! Jobs that run one after another. Owns the lock on a key and who moves up; knows nothing of how a job ends.
//!
//! Whoever puts a job behind a key, or takes one away, holds the key's lock until its commit. So the first that waits is
//! always seen by whoever takes the head away, and nobody stays behind without a head.

use std::collections::BTreeSet;

use leadbox_core::job::LaneKey;
use sqlx::postgres::PgConnection;

use super::batch::Batch;
use super::jobs::Settled;
use crate::error::Failure;

/// Locks are shared by keys that fall together, so that one commit cannot use up the server's lock table.
const BUCKETS: u64 = 1024;

/// The keys that a set touches.
pub(super) fn keys(batch: &Batch<'_>, settled: &Settled) -> BTreeSet<(LaneKey, String)> {
    let queued = batch
        .jobs
        .iter()
        .filter_map(|job| job.fifo_key.as_ref().map(|key| (job.lane.clone(), key.clone())));
    settled.keys.iter().cloned().chain(queued).collect()
}

/// Locks the keys, in one order for all.
pub(super) async fn lock(
    connection: &mut PgConnection,
    keys: &BTreeSet<(LaneKey, String)>,
) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    let buckets: BTreeSet<i32> = keys.iter().map(|(lane, key)| bucket(lane, key)).collect();
    sqlx::query(
        r"
        select pg_advisory_xact_lock(hashtext('leadbox fifo ' || current_schema()), bucket)
        from unnest($1::integer[]) as bucket",
    )
    .bind(buckets.into_iter().collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets the first that waits move up where nobody is before it.
pub(super) async fn promote(
    connection: &mut PgConnection,
    keys: &BTreeSet<(LaneKey, String)>,
) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        r"
        update job
        set state = 0,
            ready_at = due_at
        from (
            select
                (
                    select j.id
                    from job as j
                    where j.tenant = w.tenant and j.queue = w.queue and j.lane = w.lane and j.fifo_key = w.fifo_key
                      and j.state = 2
                    order by j.no
                    limit 1
                ) as id
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as w (tenant, queue, lane, fifo_key)
            where not exists (
                select
                from job as j
                where j.tenant = w.tenant and j.queue = w.queue and j.lane = w.lane and j.fifo_key = w.fifo_key
                  and j.state in (0, 1)
            )
        ) as next
        where job.id = next.id",
    )
    .bind(keys.iter().map(|(lane, _)| lane.tenant.0).collect::<Vec<_>>())
    .bind(keys.iter().map(|(lane, _)| lane.queue.as_str()).collect::<Vec<_>>())
    .bind(keys.iter().map(|(lane, _)| lane.name.as_str()).collect::<Vec<_>>())
    .bind(keys.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// FNV-1a: the same in every process and version, which a standard hasher does not promise.
fn bucket(lane: &LaneKey, key: &str) -> i32 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let tenant = lane.tenant.0.to_be_bytes();
    let parts = [tenant.as_slice(), lane.queue.as_bytes(), lane.name.as_bytes(), key.as_bytes()];
    for part in parts {
        for byte in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    i32::try_from(hash % BUCKETS).unwrap_or_default()
}
