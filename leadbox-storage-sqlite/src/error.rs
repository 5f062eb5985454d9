//! From the driver's errors to core's. Owns which of them may pass by themselves; knows nothing of what was tried.

use std::fmt;
use std::sync::Arc;

use leadbox_core::storage::{BoxError, StorageError};

use crate::migrate;

pub(crate) type Result<T, E = StorageError> = std::result::Result<T, E>;

/// Names what was tried when the driver reports an error.
pub(crate) trait During<T> {
    /// Turns the driver's error into core's.
    fn during(self, operation: &'static str) -> Result<T>;
}

impl<T> During<T> for Result<T, sqlx::Error> {
    fn during(self, operation: &'static str) -> Result<T> {
        self.map_err(|error| failed(operation, error))
    }
}

impl<T> During<T> for Result<T, serde_json::Error> {
    fn during(self, operation: &'static str) -> Result<T> {
        self.map_err(|error| StorageError::Backend { operation, source: Box::new(error) })
    }
}

/// SQLite's primary result codes, the low byte of the extended ones.
mod code {
    pub(super) const ERROR: u32 = 1;
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const IOERR: u32 = 10;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const CONSTRAINT_PRIMARYKEY: u32 = 1555;
    pub(super) const CONSTRAINT_UNIQUE: u32 = 2067;
}

fn extended_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Whether a unique index refused a row.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    matches!(extended_code(error), Some(code::CONSTRAINT_PRIMARYKEY | code::CONSTRAINT_UNIQUE))
}

/// Whether somebody else holds a lock.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    extended_code(error).is_some_and(|code| matches!(code & 0xff, code::BUSY | code::LOCKED))
}

/// Whether this failure came from a lock that somebody else holds.
pub(crate) fn is_locked(error: &StorageError) -> bool {
    match error {
        StorageError::Unavailable { source, .. } => source.downcast_ref().is_some_and(is_busy),
        _ => false,
    }
}

/// What a driver's error means to a caller.
pub(crate) fn failed(operation: &'static str, error: sqlx::Error) -> StorageError {
    let passes = match &error {
        sqlx::Error::Database(database) => {
            let code = extended_code(&error).unwrap_or_default() & 0xff;
            if code == code::ERROR
                && let Some(found) = older(database.message())
            {
                return StorageError::SchemaTooOld { found, known: migrate::known() };
            }
            matches!(code, code::BUSY | code::LOCKED | code::IOERR | code::FULL | code::CANTOPEN)
        }
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    };
    let source: BoxError = Box::new(error);
    if passes {
        StorageError::Unavailable { operation, source }
    } else {
        StorageError::Backend { operation, source }
    }
}

/// The schema that a file is at in which a statement of ours misses something. A table that is not there most likely means a
/// new file, a column the schema before ours.
fn older(message: &str) -> Option<i64> {
    let column = message.starts_with("no such column") || message.contains("has no column named");
    match message.starts_with("no such table") {
        true => Some(0),
        false => column.then(|| migrate::known() - 1),
    }
}

/// One error for several callers of a group.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<StorageError>);

impl Shared {
    pub(crate) fn new(error: StorageError) -> Self {
        Self(Arc::new(error))
    }

    /// The error, for one of them.
    pub(crate) fn for_one(&self) -> StorageError {
        let (operation, source): (_, BoxError) = match &*self.0 {
            StorageError::Unavailable { operation, .. }
            | StorageError::Backend { operation, .. } => (*operation, Box::new(self.clone())),
            StorageError::SchemaTooOld { found, known } => {
                return StorageError::SchemaTooOld { found: *found, known: *known };
            }
            _ => ("write", Box::new(self.clone())),
        };
        if self.0.is_retryable() {
            StorageError::Unavailable { operation, source }
        } else {
            StorageError::Backend { operation, source }
        }
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::error::Error::source(&*self.0) {
            Some(source) => write!(f, "{source}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.0).and_then(std::error::Error::source)
    }
}
