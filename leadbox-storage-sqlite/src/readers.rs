//! The connections that read. Owns which of them reads next: always the first that is free, because its pages are at
//! hand. A pool that takes turns would hold as many copies of the same pages as it has connections, and find each of them
//! cold.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Error, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Semaphore, SemaphorePermit};

use crate::cache::Cache;
use crate::error::{During, Result};

/// How long to wait for a connection to be free.
const PATIENCE: Duration = Duration::from_secs(30);

/// A few connections, opened as they are needed. Clones share them; they are closed with the last clone.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Shared>);

struct Shared {
    options: SqliteConnectOptions,
    cache_mib: u32,
    connections: Vec<Mutex<Option<Open>>>,
    /// As many permits as connections: whoever has one finds one of them free.
    turns: Semaphore,
}

struct Open {
    connection: SqliteConnection,
    cache: Cache,
}

impl Readers {
    /// So many connections at most, of which none is open yet.
    pub(crate) fn new(options: SqliteConnectOptions, most: u32, cache_mib: u32) -> Self {
        let connections: Vec<_> = (0..most).map(|_| Mutex::new(None)).collect();
        let turns = Semaphore::new(connections.len());
        Self(Arc::new(Shared { options, cache_mib, connections, turns }))
    }

    /// The first connection that is free.
    pub(crate) async fn acquire(&self) -> Result<Reader<'_>> {
        self.wait().await.during("open a connection")
    }

    async fn wait(&self) -> Result<Reader<'_>, Error> {
        let shared = &*self.0;
        let turn = match tokio::time::timeout(PATIENCE, shared.turns.acquire()).await {
            Ok(turn) => turn.map_err(|_| Error::PoolClosed)?,
            Err(_) => return Err(Error::PoolTimedOut),
        };
        let free = shared.connections.iter().find_map(|connection| connection.try_lock().ok());
        let mut free = free.ok_or(Error::PoolTimedOut)?;
        match &mut *free {
            Some(open) => open.cache.make_room(&mut open.connection).await?,
            none => {
                let connection = shared.options.connect().await?;
                *none = Some(Open { connection, cache: Cache::of(shared.cache_mib) });
            }
        }
        let connection = MutexGuard::try_map(free, |open| Some(&mut open.as_mut()?.connection));
        Ok(Reader { connection: connection.map_err(|_| Error::PoolClosed)?, _turn: turn })
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("free", &self.0.turns.available_permits()).finish()
    }
}

/// A connection that is free again when this is dropped.
pub(crate) struct Reader<'r> {
    // Dropped before the turn: whoever gets the turn finds it free.
    connection: MappedMutexGuard<'r, SqliteConnection>,
    _turn: SemaphorePermit<'r>,
}

impl Deref for Reader<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_after_the_other_reads_on_the_same_connection_and_many_wait_for_each_other() {
        let readers = Readers::new(SqliteConnectOptions::new().in_memory(true), 2, 1);
        let open = || {
            let open = |slot: &&Mutex<Option<_>>| slot.try_lock().is_ok_and(|slot| slot.is_some());
            readers.0.connections.iter().filter(open).count()
        };
        for _ in 0..3 {
            drop(readers.acquire().await.unwrap());
        }
        assert_eq!(open(), 1);
        let (first, second) = (readers.acquire().await.unwrap(), readers.acquire().await.unwrap());
        let third = readers.acquire();
        tokio::pin!(third);
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut third).await.is_err());
        drop(first);
        third.await.unwrap();
        drop(second);
        assert_eq!(open(), 2);
    }
}
