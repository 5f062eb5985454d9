//! The storage itself. Owns the connections and the one writing door; the roles are played in files of their own.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use leadbox_core::Timestamp;
use leadbox_core::storage::{ChangeSet, Committed, Schema, Storage, Wake};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::cache::Cache;
use crate::commit::{self, Marks};
use crate::config::SqliteConfig;
use crate::error::{During, Result, failed, is_busy};
use crate::lookups::Lookups;
use crate::migrate;
use crate::readers::Readers;
use crate::upkeep::Prune;
use crate::writer::Writer;

/// A storage in one SQLite file. Clones share everything; the last one to be dropped closes the file.
#[derive(Clone)]
pub struct SqliteStorage {
    path: PathBuf,
    writer_options: SqliteConnectOptions,
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    pub(crate) lookups: Arc<Lookups>,
    wake: Arc<Wake>,
}

impl fmt::Debug for SqliteStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStorage").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteStorage {
    /// Opens a file, and spawns the task that writes to it on the present tokio runtime. Makes the file when it is absent,
    /// but no tables: call [`migrate`](Storage::migrate).
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened, `SchemaTooNew` when a newer program has migrated it.
    pub async fn open(config: SqliteConfig) -> Result<Self> {
        let writer_options = config.writer();
        let mut connection = connect(&writer_options, config.busy_timeout).await?;
        migrate::refuse_newer(migrate::schema(&mut connection).await?)?;
        let readers = Readers::new(config.reader(), config.readers(), config.cache_mib);
        let wake = Arc::new(Wake::default());
        let (synchronous, patience) = (config.synchronous, config.busy_timeout);
        let cache = Cache::of(config.writer_cache_mib());
        let shared = Arc::clone(&wake);
        let writer = Writer::start(connection, synchronous, patience, cache, shared).await?;
        let lookups = Arc::default();
        Ok(Self { path: config.path, writer_options, writer, readers, lookups, wake })
    }

    /// Copies what the write-ahead log holds into the file, as far as nobody reads what was there before; waits for nobody.
    /// For a program that ends at once, before its connections are closed: afterwards the file alone has everything.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened, `Backend` when it is no database.
    pub async fn checkpoint(config: &SqliteConfig) -> Result<()> {
        let mut connection = connect(&config.writer(), config.busy_timeout).await?;
        let copied = sqlx::query("pragma wal_checkpoint(passive)").execute(&mut connection).await;
        connection.close().await.during("close the database")?;
        copied.during("copy the write-ahead log")?;
        Ok(())
    }

    /// Applies a change set inside a transaction of the host's, in a savepoint: after a conflict the transaction is as it
    /// was before and can go on. The host commits, and then calls [`Wake::notify`] on [`Storage::wake`].
    ///
    /// The host's transaction has to begin `immediate`, through sqlx's `begin_with`; on a connection without a
    /// transaction the change set has one of its own.
    ///
    /// # Errors
    /// As [`Storage::commit`].
    pub async fn commit_in(
        &self,
        connection: &mut SqliteConnection,
        changes: &ChangeSet,
    ) -> Result<Committed> {
        if connection.is_in_transaction() {
            let mut marks = Marks::read(connection).await?;
            return commit::alone(connection, changes, &mut marks).await;
        }
        let mut transaction =
            connection.begin_with("begin immediate").await.during("begin a transaction")?;
        let mut marks = Marks::read(&mut transaction).await?;
        let committed = commit::alone(&mut transaction, changes, &mut marks).await?;
        transaction.commit().await.during("commit")?;
        Ok(committed)
    }
}

/// How long to wait before a file that another process is setting up is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// Connects. Switching a new file to the write-ahead log needs it alone for a moment, and SQLite does not wait for that.
async fn connect(options: &SqliteConnectOptions, patience: Duration) -> Result<SqliteConnection> {
    let begun = Instant::now();
    loop {
        match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) if is_busy(&error) && begun.elapsed() < patience => {
                tokio::time::sleep(AGAIN).await
            }
            Err(error) => return Err(failed("open the database", error)),
        }
    }
}

#[async_trait]
impl Storage for SqliteStorage {
    async fn commit(&self, changes: &ChangeSet) -> Result<Committed> {
        self.writer.commit(changes).await
    }

    async fn schema(&self) -> Result<Schema> {
        let mut connection = self.readers.acquire().await?;
        migrate::schema(&mut connection).await
    }

    async fn migrate(&self) -> Result<()> {
        // A connection of its own: migrations may take long, and must not hold up replies that are due.
        let mut connection = self.writer_options.connect().await.during("migrate")?;
        let outcome = migrate::run(&mut connection).await;
        connection.close().await.during("migrate")?;
        outcome
    }

    async fn prune(&self, now: Timestamp, attempts_before: Timestamp, limit: u32) -> Result<u64> {
        self.writer.ask(Prune { now, attempts_before, limit }).await
    }

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }
}
