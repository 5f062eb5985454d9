//! The page cache of a connection. Owns that each connection gets its share of the one cache that SQLite keeps.
//!
//! Built with `SQLITE_ENABLE_MEMORY_MANAGEMENT`, as sqlx builds it, SQLite has one list of pages for all connections of a
//! process, whose limit is the sum of theirs. A connection at its own limit takes the oldest page of any of them, and so comes
//! to hold more than its own. Another one can then never reach its limit: it takes a new page, and as that is one too many
//! on the whole, it is dropped after use. Such a connection keeps what it held, however old, and reads all else from the file
//! each time, forever; after an import, lists took three times as long.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, SqliteConnection};

/// How often a connection makes room, at most: it may lose pages that it still needs.
const PERIOD: Duration = Duration::from_secs(1);

/// The cache of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cache {
    mib: u32,
    made_room: Instant,
}

impl Cache {
    /// That of a connection that was opened just now, with so many MiB.
    pub(crate) fn of(mib: u32) -> Self {
        Self { mib, made_room: Instant::now() }
    }

    /// Its size as SQLite takes it: below zero, in KiB.
    pub(crate) fn size(mib: u32) -> String {
        format!("-{}", Self::kib(mib))
    }

    fn kib(mib: u32) -> u64 {
        u64::from(mib.max(1)) * 1024
    }

    /// Now and then, when there are too many pages, has SQLite drop the oldest ones of all connections: half as many as this
    /// one may hold.
    pub(crate) async fn make_room(&mut self, own: &mut SqliteConnection) -> sqlx::Result<()> {
        if self.made_room.elapsed() >= PERIOD {
            let (half, whole) = (Self::kib(self.mib) / 2, Self::kib(self.mib));
            let room = format!("pragma cache_size = -{half}; pragma cache_size = -{whole}");
            sqlx::raw_sql(AssertSqlSafe(room)).execute(own).await?;
            self.made_room = Instant::now();
        }
        Ok(())
    }
}
