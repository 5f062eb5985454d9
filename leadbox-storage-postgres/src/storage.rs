//! The storage itself. Owns the connections, how each kind is set up, and the one writing door; the roles are played in
//! files of their own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use leadbox_core::storage::{Schema, Wake};
use leadbox_core::{ChangeSet, Committed, Storage, StorageError, Timestamp};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgPool};

use crate::commit;
use crate::config::PostgresConfig;
use crate::error::storage_error;
use crate::facets::Common;
use crate::notify::Announcer;
use crate::texts::Texts;
use crate::{migrate, prune};

/// How long to wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// After this a connection and its plans are made anew.
const LIFETIME: Duration = Duration::from_secs(600);

/// For how long an idle connection is taken to be alive.
const TRUSTED: Duration = Duration::from_secs(1);

/// One statement text per combination of changes; there are few.
const STATEMENTS: usize = 256;

/// Sessions that write and look rows up by their keys. Every row they touch is found by an index, so a plan is made once
/// per statement.
const WRITER: &str = "
    set plan_cache_mode = force_generic_plan;
    set enable_seqscan = off;
    set enable_hashjoin = off;
    set enable_mergejoin = off;
    set jit = off";

/// Sessions that list and count. The best plan depends on the values asked for.
const READER: &str = "
    set plan_cache_mode = force_custom_plan;
    set jit = off;
    set statement_timeout = '60s'";

/// LeadBox in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStorage {
    pub(crate) writers: PgPool,
    pub(crate) readers: PgPool,
    schema: Option<String>,
    pub(crate) texts: Texts,
    pub(crate) common: Common,
    wake: Arc<Wake>,
    announcer: Announcer,
}

impl PostgresStorage {
    /// Connects. Changes nothing in the database: call [`migrate`](Storage::migrate) when the program starts. One task is
    /// spawned, which ends with this value: it tells other processes of commits, and hears of theirs.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer, `Backend` when the address or the password is wrong.
    pub async fn connect(config: PostgresConfig) -> Result<Self, StorageError> {
        let failed = |error| storage_error("connect", error);
        let options: PgConnectOptions = config.url.parse().map_err(failed)?;
        let options = options.statement_cache_capacity(STATEMENTS);
        let search_path = config.search_path();
        let readers = (config.max_connections / 3).max(1);
        let writers = (config.max_connections - readers).max(2);
        let writers = pool(&options, writers, WRITER, search_path.as_deref());
        let readers = pool(&options, readers, READER, search_path.as_deref());
        drop(writers.acquire().await.map_err(failed)?);
        let wake = Arc::new(Wake::default());
        let announcer = Announcer::start(options, Arc::clone(&wake));
        let (texts, common) = (Texts::default(), Common::default());
        Ok(Self { writers, readers, schema: config.schema, texts, common, wake, announcer })
    }

    /// Applies a change set inside the host's own transaction, in a savepoint: when it fails, the transaction goes on as
    /// if nothing had been tried. The rows become visible with the host's commit; call [`announce`](Self::announce)
    /// after that, or a poll finds them.
    ///
    /// The connection has to find LeadBox's tables in its search path, and its transaction should run at the default
    /// isolation, READ COMMITTED. A connection without a transaction gets one for the set alone.
    ///
    /// # Errors
    /// As [`commit`](Storage::commit). Two transactions in each other's way end the host's with `Unavailable`.
    pub async fn commit_in(
        connection: &mut PgConnection,
        changes: &ChangeSet,
    ) -> Result<Committed, StorageError> {
        commit::commit_in(connection, changes).await
    }

    /// Tells this process's workers, and those of other processes, that something was committed.
    pub fn announce(&self) {
        self.wake.notify();
        self.announcer.announce();
    }

    /// Closes all connections, after the work they are doing.
    pub async fn close(&self) {
        self.announcer.close().await;
        self.writers.close().await;
        self.readers.close().await;
    }
}

fn pool(
    options: &PgConnectOptions,
    connections: u32,
    settings: &'static str,
    search_path: Option<&str>,
) -> PgPool {
    let search_path = search_path.map(|path| format!("set search_path = {path}"));
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(LIFETIME)
        // A question before every statement costs as much as the statement. One that was idle may have lost its server.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < TRUSTED || connection.ping().await.is_ok()) })
        })
        .after_connect(move |connection, _| {
            let search_path = search_path.clone();
            Box::pin(async move {
                connection.execute(sqlx::raw_sql(settings)).await?;
                if let Some(search_path) = search_path {
                    connection.execute(sqlx::raw_sql(AssertSqlSafe(search_path))).await?;
                }
                Ok(())
            })
        })
        .connect_lazy_with(options.clone())
}

#[async_trait]
impl Storage for PostgresStorage {
    async fn commit(&self, changes: &ChangeSet) -> Result<Committed, StorageError> {
        let committed = commit::commit(&self.writers, changes).await?;
        if !committed.replayed {
            self.announce();
        }
        Ok(committed)
    }

    async fn schema(&self) -> Result<Schema, StorageError> {
        migrate::schema(&self.readers).await
    }

    async fn migrate(&self) -> Result<(), StorageError> {
        migrate::migrate(&self.readers, self.schema.as_deref()).await
    }

    async fn prune(
        &self,
        now: Timestamp,
        attempts_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        prune::prune(&self.readers, now, attempts_before, limit).await
    }

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }
}
