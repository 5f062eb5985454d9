//! Upkeep: what has expired goes, in bounded batches. Owns nothing but their ages.

use chrono::TimeDelta;
use leadbox_core::proof::Token;
use leadbox_core::{StorageError, Timestamp};
use sqlx::PgPool;

use crate::error::storage_error;
use crate::rows::storable;

/// How long a change set is known by its id.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// Deletes what has expired by `now`, at most `limit` rows of each kind; returns how many.
pub(crate) async fn prune(
    pool: &PgPool,
    now: Timestamp,
    attempts_before: Timestamp,
    limit: u32,
) -> Result<u64, StorageError> {
    let limit = i64::from(limit);
    let pruned: i64 = sqlx::query_scalar(
        "with replies as (
            delete from reply
            where (tenant, key) in (
                select tenant, key from reply where expires_at <= $1 order by expires_at limit $4 for update skip locked
            )
            returning 1
        ), sets as (
            delete from change_set
            where id = any (array(
                select id from change_set where at <= $2 order by at limit $4 for update skip locked
            ))
            returning 1
        ), attempts as (
            delete from attempt
            where id = any (array(
                select id from attempt where at < $3 order by at limit $4 for update skip locked
            ))
            returning 1
        ), tokens as (
            delete from token
            where (tenant, id) in (
                select tenant, id from token where gone_at <= $5 order by gone_at limit $4 for update skip locked
            )
            returning 1
        )
        select (select count(*) from tokens) + (select count(*) from replies) + (select count(*) from sets) + (select count(*) from attempts)",
    )
    .bind(storable(now))
    .bind(storable(now.checked_sub_signed(REMEMBERED).unwrap_or(Timestamp::MIN_UTC)))
    .bind(storable(attempts_before))
    .bind(limit)
    .bind(storable(now.checked_sub_signed(Token::KEPT).unwrap_or(Timestamp::MIN_UTC)))
    .fetch_one(pool)
    .await
    .map_err(|error| storage_error("prune", error))?;
    Ok(pruned.unsigned_abs())
}
