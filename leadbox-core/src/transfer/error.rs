//! What can end a transfer. Owns the one error type; what is wrong with a single row is no error but a
//! [`RowError`](super::RowError) of the report.

use std::io;

use crate::error::{Error, Invalid};
use crate::id::ImportId;
use crate::storage::StorageError;

/// Why an import or export stopped. What was committed until then stays: run the import again under the same id to
/// go on behind it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// Reading or writing failed.
    #[error("cannot {doing}")]
    Io {
        /// What was tried, such as `read the file`.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The file has no content at all.
    #[error("the file is empty")]
    Empty,
    /// The file is not UTF-8 as a whole.
    #[error("the file is {found}, not UTF-8: save it as UTF-8 and try again")]
    Encoding {
        /// What it is, such as `UTF-16`.
        found: &'static str,
    },
    /// The file is in another format.
    #[error("the file is {found}: give CSV with a header, or one JSON object per line")]
    Format {
        /// What it is.
        found: &'static str,
    },
    /// This byte cannot separate columns.
    #[error(
        "byte {0} cannot be a delimiter: use an ASCII character that is no letter, digit, quote or line end"
    )]
    Delimiter(u8),
    /// Columns have no meaning, the same one, or one that does not exist; one entry per column.
    #[error("the columns cannot be imported: {0}")]
    Columns(Invalid),
    /// A record is too long to be one.
    #[error(
        "row {row} (line {line}) is longer than {limit} bytes: is there a quote that never closes?"
    )]
    RecordTooLong {
        /// Its number, the first row of data being 1.
        row: u64,
        /// The line of the file in which it begins.
        line: u64,
        /// The most bytes of a record.
        limit: usize,
    },
    /// The file ends inside quotes.
    #[error("row {row} (line {line}) opens a quote that never closes")]
    OpenQuote {
        /// Its number, the first row of data being 1.
        row: u64,
        /// The line of the file in which it begins.
        line: u64,
    },
    /// The CSV reader gave up.
    #[error("row {row} (line {line}) cannot be read as CSV")]
    Csv {
        /// Its number, the first row of data being 1.
        row: u64,
        /// The line of the file in which it begins.
        line: u64,
        /// Why.
        source: csv::Error,
    },
    /// The import's id belongs to another file.
    #[error("import {import} began with another file: use the same file, or a new id")]
    AnotherFile {
        /// The import.
        import: ImportId,
    },
    /// The same import runs twice at once.
    #[error("import {import} is being run by somebody else")]
    RunElsewhere {
        /// The import.
        import: ImportId,
    },
    /// The note of how far the import is cannot be read.
    #[error("the progress of import {import} cannot be read: it was noted by another version")]
    Checkpoint {
        /// The import.
        import: ImportId,
    },
    /// A row could not be turned into text.
    #[error("a lead cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Core or its storage refused.
    #[error(transparent)]
    Core(#[from] Error),
}

impl TransferError {
    pub(super) fn reading(source: io::Error) -> Self {
        Self::Io { doing: "read the file", source }
    }

    pub(super) fn writing(source: io::Error) -> Self {
        Self::Io { doing: "write the file", source }
    }

    pub(super) fn writing_errors(source: io::Error) -> Self {
        Self::Io { doing: "write the refused rows", source }
    }

    pub(super) fn column(column: impl Into<String>, message: impl ToString) -> Self {
        Self::Columns(Invalid::one(column, message))
    }

    /// Whether the same call may succeed later without anything else changing.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Core(error) if error.is_retryable())
    }
}

impl From<StorageError> for TransferError {
    fn from(error: StorageError) -> Self {
        Self::Core(error.into())
    }
}
