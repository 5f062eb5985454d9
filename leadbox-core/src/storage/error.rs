//! What can go wrong in a storage. Owns the one error type of all adapters; messages never repeat their source.

/// An error of a driver, boxed so that core names no database.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A row is absent, belongs to another tenant, or is not at the version, revision or token that the change asks
    /// for. Reload and decide again.
    #[error("{what} {id} is not as expected: it changed, or is gone")]
    Conflict {
        /// What kind of row, such as `lead`.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// A row with this key is there already.
    #[error("{what} {key} exists already")]
    AlreadyExists {
        /// What kind of key, such as `lead by email`.
        what: &'static str,
        /// The key or id.
        key: String,
    },
    /// A cursor of another list, or of another version.
    #[error("this cursor does not belong to this list: begin again without it")]
    BadCursor,
    /// The database is newer than this program.
    #[error(
        "the database has schema {found}, this program knows up to {known}: use a newer program"
    )]
    SchemaTooNew {
        /// The schema of the database.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The database was not migrated.
    #[error("the database has schema {found}, this program needs {known}: run the migration")]
    SchemaTooOld {
        /// The schema of the database; 0 for an empty one.
        found: i64,
        /// The schema that this program needs.
        known: i64,
    },
    /// A stored value cannot be read.
    #[error("column {column} of table {table} holds something unreadable in row {row}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        row: String,
    },
    /// The adapter cannot do this.
    #[error("this storage does not support {0}")]
    Unsupported(&'static str),
    /// The database does not answer now.
    #[error("the database is not available ({operation})")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// The driver's error.
        source: BoxError,
    },
    /// The database refused.
    #[error("the database failed ({operation})")]
    Backend {
        /// What was tried.
        operation: &'static str,
        /// The driver's error.
        source: BoxError,
    },
}

impl StorageError {
    /// A row that is not as expected.
    pub fn conflict(what: &'static str, id: impl ToString) -> Self {
        Self::Conflict { what, id: id.to_string() }
    }

    /// A key that is taken.
    pub fn already_exists(what: &'static str, key: impl ToString) -> Self {
        Self::AlreadyExists { what, key: key.to_string() }
    }

    /// A value that cannot be read.
    pub fn corrupt(table: &'static str, column: &'static str, row: impl ToString) -> Self {
        Self::Corrupt { table, column, row: row.to_string() }
    }

    /// Whether the same call may succeed later without anything else changing.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether deciding again on fresh data may help.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::AlreadyExists { .. })
    }
}
