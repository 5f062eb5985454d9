//! What can go wrong when a service is asked. Owns the one error type of core; bad input is reported whole, field by
//! field.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::access::Denied;
use crate::filter::FilterError;
use crate::storage::{ChangeSetError, StorageError};

/// The result of services.
pub type Result<T> = std::result::Result<T, Error>;

/// One thing wrong with the input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldIssue {
    /// The field by its input name, such as `email` or `cf.budget`.
    pub field: String,
    /// What is wrong, in plain words.
    pub message: String,
}

/// Everything that is wrong with the input.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Invalid {
    /// One entry per problem, in the order of the fields.
    pub issues: Vec<FieldIssue>,
}

impl Invalid {
    /// A single problem.
    pub fn one(field: impl Into<String>, message: impl ToString) -> Self {
        Self { issues: vec![FieldIssue { field: field.into(), message: message.to_string() }] }
    }

    /// Notes a problem.
    pub fn push(&mut self, field: impl Into<String>, message: impl ToString) {
        self.issues.push(FieldIssue { field: field.into(), message: message.to_string() });
    }

    /// The value, if nothing is wrong.
    ///
    /// # Errors
    /// The problems, if there are any.
    pub fn or<T>(self, value: T) -> std::result::Result<T, Self> {
        if self.issues.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.issues.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", issue.field, issue.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Why a service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is wrong; nothing was written.
    #[error("invalid input: {0}")]
    Invalid(Invalid),
    /// The filter is wrong.
    #[error("invalid filter: {0}")]
    Filter(FilterError),
    /// The asker may not do that.
    #[error("not allowed")]
    Denied(#[from] Denied),
    /// There is none, or the asker may not see it.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The row is not at the version that the caller expects.
    #[error("{what} {id} changed meanwhile: it is at version {actual}, not {expected}")]
    Stale {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        id: String,
        /// The version that the caller expects.
        expected: i64,
        /// The version it has.
        actual: i64,
    },
    /// Others kept changing the row; a bounded number of tries did not help.
    #[error("{what} {id} is being changed by others: try again")]
    Contended {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A value could not be turned into JSON or back.
    #[error("a value cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A change set was put together wrongly: a mistake in this library or in a host's own changes.
    #[error(transparent)]
    ChangeSet(#[from] ChangeSetError),
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<FilterError> for Error {
    fn from(error: FilterError) -> Self {
        Self::Filter(error)
    }
}

impl Error {
    /// Something that is not there.
    pub fn not_found(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    /// Refuses a row that is at another version or revision than the caller expects, if it expects one.
    ///
    /// # Errors
    /// `Stale`.
    pub(crate) fn unless_at(
        what: &'static str,
        id: impl ToString,
        expected: Option<i64>,
        actual: i64,
    ) -> Result<()> {
        match expected.filter(|expected| *expected != actual) {
            Some(expected) => Err(Self::Stale { what, id: id.to_string(), expected, actual }),
            None => Ok(()),
        }
    }

    /// Whether the same call may succeed later without anything else changing.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Contended { .. } => true,
            Self::Storage(error) => error.is_retryable(),
            _ => false,
        }
    }
}
