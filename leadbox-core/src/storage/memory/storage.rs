//! The storage itself. Owns the lock around the state and the one writing door; the roles are played in files of their
//! own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::state::State;
use crate::storage::{ChangeSet, Committed, Schema, Storage, StorageError, Wake};
use crate::time::Timestamp;

/// A storage that keeps everything in memory and forgets it when dropped.
///
/// It is the specification that the databases have to equal, and what a host's own tests run on. One lock guards it all,
/// so it is slow under load and exact at any time.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    state: Mutex<State>,
    wake: Wake,
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state, for as long as the guard lives.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere may have left half a commit behind: take it back before anybody looks.
        self.state.lock().unwrap_or_else(|poisoned: PoisonError<MutexGuard<'_, State>>| {
            let mut state = poisoned.into_inner();
            state.undo();
            self.state.clear_poison();
            state
        })
    }
}

/// The one schema there is.
const SCHEMA: i64 = 1;

#[async_trait]
impl Storage for MemoryStorage {
    async fn commit(&self, changes: &ChangeSet) -> Result<Committed, StorageError> {
        let committed = self.state().commit(changes)?;
        if !committed.replayed {
            self.wake.notify();
        }
        Ok(committed)
    }

    async fn schema(&self) -> Result<Schema, StorageError> {
        Ok(Schema { found: SCHEMA, known: SCHEMA })
    }

    async fn migrate(&self) -> Result<(), StorageError> {
        Ok(())
    }

    async fn prune(
        &self,
        now: Timestamp,
        attempts_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        Ok(self.state().prune(now, attempts_before, limit))
    }

    fn wake(&self) -> &Wake {
        &self.wake
    }

    fn kind(&self) -> &'static str {
        "memory"
    }
}
