//! Conflicts while a set is applied. Owns who is to blame for one; what follows from it is decided in `apply`.

use leadbox_core::LeadId;
use leadbox_core::storage::StorageError;
use sqlx::SqliteConnection;

use crate::error::{failed, is_taken};
use crate::statement::{Binds, Rows};

/// A change that cannot be applied.
#[derive(Debug)]
pub(super) struct Clash {
    /// The lead that the change belongs to, if to any.
    pub(super) lead: Option<LeadId>,
    /// Why.
    pub(super) error: StorageError,
}

impl Clash {
    /// A change of a lead.
    pub(super) fn of(lead: LeadId, error: StorageError) -> Self {
        Self { lead: Some(lead), error }
    }

    /// A change that belongs to no lead.
    pub(super) fn alone(error: StorageError) -> Self {
        Self { lead: None, error }
    }
}

/// Why applying stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// These changes met a conflict, in their order; never empty.
    Clashes(Vec<Clash>),
    /// The database refused.
    Failed(StorageError),
}

impl From<StorageError> for Stop {
    fn from(error: StorageError) -> Self {
        Self::Failed(error)
    }
}

pub(super) type Outcome<T = ()> = Result<T, Stop>;

/// Stops if anything clashed.
pub(super) fn none_of(clashes: Vec<Clash>) -> Outcome {
    if clashes.is_empty() { Ok(()) } else { Err(Stop::Clashes(clashes)) }
}

/// Runs a statement over all rows. Rows that a unique index refuses are told by `blame`, from the driver's message.
pub(super) async fn write<T: Sync>(
    connection: &mut SqliteConnection,
    operation: &'static str,
    rows: Rows<'_>,
    items: &[T],
    mut bind: impl FnMut(&mut Binds, &T) + Send,
    blame: impl Fn(&T, &str) -> Clash,
) -> Outcome {
    let mut clashes = Vec::new();
    for chunk in rows.chunks(items) {
        match rows.execute(connection, chunk, &mut bind).await {
            Ok(_) => continue,
            Err(error) if is_taken(&error) => {}
            Err(error) => return Err(failed(operation, error).into()),
        }
        // A refused statement leaves nothing behind, so the rows can be tried one by one.
        for item in chunk {
            match rows.execute(connection, std::slice::from_ref(item), &mut bind).await {
                Ok(_) => {}
                Err(error) if is_taken(&error) => {
                    let message = error.as_database_error().map(|error| error.message().to_owned());
                    clashes.push(blame(item, &message.unwrap_or_default()));
                }
                Err(error) => return Err(failed(operation, error).into()),
            }
        }
    }
    none_of(clashes)
}
