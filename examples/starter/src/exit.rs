//! How the program ends. Owns the exit codes and what is said about a failure.

use std::error::Error as StdError;
use std::process::ExitCode;

use leadbox_core::StorageError;
use leadbox_core::storage::BoxError;
use serde::Serialize;

/// The exit codes, as the help shows them.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done
  1  failed for another reason than those below
  2  wrong usage
  3  done, but some rows of the input were refused; the output says where they are
  4  the storage is not available, does not exist or is not migrated
  5  the database is newer than this program
  6  a check found something wrong";

/// An exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    BadRows = 3,
    Unavailable = 4,
    SchemaTooNew = 5,
    Differences = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    pub(crate) source: Option<BoxError>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, source: None }
    }

    /// Something failed because of something else.
    pub(crate) fn because(message: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self { source: Some(source.into()), ..Self::new(Exit::Failed, message) }
    }

    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The messages of the sources, the nearest first.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut next: Option<&dyn StdError> = self.source.as_deref().map(|source| source as _);
        while let Some(error) = next {
            causes.push(error.to_string());
            next = error.source();
        }
        causes
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        let (exit, hint) = match &error {
            StorageError::SchemaTooNew { .. } => (
                Exit::SchemaTooNew,
                Some("update this program, or restore a backup of the older database"),
            ),
            StorageError::SchemaTooOld { .. } => (
                Exit::Unavailable,
                Some("`leadbox serve` and `leadbox import` migrate the database when they start"),
            ),
            StorageError::Unavailable { .. } => (
                Exit::Unavailable,
                Some("check that the database runs and that --storage names it"),
            ),
            _ => (Exit::Failed, None),
        };
        let message = error.to_string();
        // The message says what the error itself says; what lies behind it follows as causes.
        let source = into_source(error);
        Self { exit, message, hint: hint.map(str::to_owned), source }
    }
}

fn into_source(error: StorageError) -> Option<BoxError> {
    match error {
        StorageError::Unavailable { source, .. } | StorageError::Backend { source, .. } => {
            Some(source)
        }
        _ => None,
    }
}

impl From<leadbox_core::Error> for Failure {
    fn from(error: leadbox_core::Error) -> Self {
        match error {
            leadbox_core::Error::Storage(error) => error.into(),
            other => Self::new(Exit::Failed, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_storage_says_decides_the_code() {
        let code = |error: StorageError| Failure::from(error).exit;
        assert_eq!(code(StorageError::SchemaTooNew { found: 9, known: 1 }), Exit::SchemaTooNew);
        assert_eq!(code(StorageError::SchemaTooOld { found: 0, known: 1 }), Exit::Unavailable);
        assert_eq!(code(StorageError::BadCursor), Exit::Failed);
        let lost = StorageError::Unavailable { operation: "connect", source: "no route".into() };
        let failure = Failure::from(lost);
        assert_eq!(
            (failure.exit, failure.causes()),
            (Exit::Unavailable, vec!["no route".to_owned()])
        );
    }

    #[test]
    fn the_table_lists_every_code() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::BadRows,
            Exit::Unavailable,
            Exit::SchemaTooNew,
            Exit::Differences,
        ];
        for exit in all {
            assert!(TABLE.contains(&format!("\n  {}  ", exit as u8)), "{exit:?}");
        }
    }
}
