//! Upkeep: what has expired goes. Owns how long it is kept.

use async_trait::async_trait;
use chrono::TimeDelta;
use leadbox_core::Timestamp;
use leadbox_core::proof::Token;
use sqlx::SqliteConnection;

use crate::error::{During, Result};
use crate::writer::Request;

/// How long a change set is known by its id.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// See [`Storage::prune`](leadbox_core::Storage::prune).
pub(crate) struct Prune {
    pub(crate) now: Timestamp,
    pub(crate) attempts_before: Timestamp,
    pub(crate) limit: u32,
}

const REPLIES: &str = r"
    delete from reply
    where rowid in (
        select rowid
        from reply
        where expires_at <= ?
        limit ?
    )";

const CHANGE_SETS: &str = r"
    delete from change_set
    where id in (
        select id
        from change_set
        where at <= ?
        limit ?
    )";

const ATTEMPTS: &str = r"
    delete from attempt
    where no in (
        select no
        from attempt
        where at < ?
        limit ?
    )";

const TOKENS: &str = r"
    delete from token
    where (tenant, id) in (
        select tenant, id
        from token
        where gone_at <= ?
        limit ?
    )";

#[async_trait]
impl Request for Prune {
    type Answer = u64;
    const VOLATILE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<u64> {
        let sets_until = self.now.checked_sub_signed(REMEMBERED).unwrap_or(Timestamp::MIN_UTC);
        let over = self.now.checked_sub_signed(Token::KEPT).unwrap_or(Timestamp::MIN_UTC);
        let ages = [
            (REPLIES, self.now),
            (CHANGE_SETS, sets_until),
            (ATTEMPTS, self.attempts_before),
            (TOKENS, over),
        ];
        let mut pruned = 0;
        for (statement, age) in ages {
            let deleted = sqlx::query(statement)
                .bind(age.timestamp_micros())
                .bind(self.limit)
                .execute(&mut *connection)
                .await
                .during("prune")?;
            pruned += deleted.rows_affected();
        }
        Ok(pruned)
    }
}
