//! How the file is opened. Owns the settings and the pragmas that follow from them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::cache::Cache;

/// What a power cut may undo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Synchronous {
    /// The last commits, though never a part of one. Many times faster when callers write one after another.
    Normal,
    /// Nothing that was acknowledged.
    #[default]
    Full,
}

/// How to open a database file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// The file. Made when absent; its folder has to exist.
    pub path: PathBuf,
    /// What a power cut may undo; nothing by default.
    pub synchronous: Synchronous,
    /// How many connections read, 2 to 8; 4 by default. One more writes.
    pub readers: u32,
    /// Page cache of each connection that reads, in MiB, 1 or more; 64 by default. The one that writes never uses more than
    /// 16, which writes as fast.
    pub cache_mib: u32,
    /// How long to wait for another process that writes; 5 s by default.
    pub busy_timeout: Duration,
}

/// A row of an index by address or score dirties a page of its own, so larger ones double what an import writes.
const PAGE_BYTES: u32 = 4096;
/// After how many pages of log the writer copies them into the file: 64 MiB instead of 4, because a page that is changed
/// again and again is then copied once.
const CHECKPOINT_PAGES: u32 = 16_384;
/// Whenever a page was split, SQLite looks through the whole cache as it commits: of 64 MiB, a fifteenth of the time of
/// small commits.
const WRITER_CACHE_MIB: u32 = 16;
/// To what size the log is cut after it grew in a burst.
const LOG_BYTES: u32 = 64 << 20;

impl SqliteConfig {
    /// The defaults, with the database at `path`.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            synchronous: Synchronous::default(),
            readers: 4,
            cache_mib: 64,
            busy_timeout: Duration::from_secs(5),
        }
    }

    /// The number of readers, within its range.
    pub(crate) fn readers(&self) -> u32 {
        self.readers.clamp(2, 8)
    }

    fn connection(&self, cache_mib: u32) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .busy_timeout(self.busy_timeout)
            .statement_cache_capacity(1500)
            .foreign_keys(true)
            .synchronous(self.synchronous.into())
            .pragma("cache_size", Cache::size(cache_mib))
            .pragma("temp_store", "memory")
            // Processes that share a mapped file see each other's torn pages when one of them crashes.
            .pragma("mmap_size", "0")
    }

    /// The page cache of the connection that writes.
    pub(crate) fn writer_cache_mib(&self) -> u32 {
        self.cache_mib.min(WRITER_CACHE_MIB)
    }

    /// The one connection that writes.
    pub(crate) fn writer(&self) -> SqliteConnectOptions {
        self.connection(self.writer_cache_mib())
            .create_if_missing(true)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            .pragma("journal_size_limit", LOG_BYTES.to_string())
    }

    /// A connection that reads.
    pub(crate) fn reader(&self) -> SqliteConnectOptions {
        self.connection(self.cache_mib).pragma("query_only", "on")
    }
}

impl From<Synchronous> for SqliteSynchronous {
    fn from(synchronous: Synchronous) -> Self {
        match synchronous {
            Synchronous::Normal => Self::Normal,
            Synchronous::Full => Self::Full,
        }
    }
}
