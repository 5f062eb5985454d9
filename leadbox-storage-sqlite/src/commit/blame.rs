//! Conflicts while a set is applied. Owns who is to blame for one; what follows from it is decided in `apply`.

use leadbox_core::LeadId;
use leadbox_core::storage::StorageError;
use sqlx::SqliteConnection;

use crate::error::{During, failed, is_taken};
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

/// Inserts rows with an `insert or fail`. Rows that a unique index refuses are told by `blame`, from the driver's message.
///
/// `or fail` leaves the rows in front of a refused one where they are, so SQLite need not keep what every page was before
/// each statement: a tenth of an import. What is left behind goes when the caller takes the savepoint back.
pub(super) async fn insert<T: Sync>(
    connection: &mut SqliteConnection,
    operation: &'static str,
    rows: Rows<'_>,
    items: &[T],
    mut bind: impl FnMut(&mut Binds, &T) + Send,
    blame: impl Fn(&T, &str) -> Clash,
) -> Outcome {
    let mut clashes = Vec::new();
    for chunk in rows.chunks(items) {
        let mut rest = chunk;
        while !rest.is_empty() {
            // After a refusal the rest may have any length.
            let next = rows.chunks(rest).next().unwrap_or(rest);
            match rows.execute(connection, next, &mut bind).await {
                Ok(_) => rest = &rest[next.len()..],
                Err(error) if is_taken(&error) => {
                    let refused = inserted(connection).await.during(operation)?.min(next.len() - 1);
                    clashes.push(blame(&next[refused], &message(&error)));
                    rest = &rest[refused + 1..];
                }
                Err(error) => return Err(failed(operation, error).into()),
            }
        }
    }
    none_of(clashes)
}

/// How many rows the last statement inserted before it was refused.
async fn inserted(connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let inserted: i64 = sqlx::query_scalar("select changes()").fetch_one(connection).await?;
    Ok(usize::try_from(inserted).unwrap_or(0))
}

fn message(error: &sqlx::Error) -> String {
    error.as_database_error().map(|error| error.message().to_owned()).unwrap_or_default()
}

/// Updates rows. As with [`insert`]; a refused statement leaves nothing behind, so its rows are tried again one by one.
pub(super) async fn update<T: Sync>(
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
        for item in chunk {
            match rows.execute(connection, std::slice::from_ref(item), &mut bind).await {
                Ok(_) => {}
                Err(error) if is_taken(&error) => clashes.push(blame(item, &message(&error))),
                Err(error) => return Err(failed(operation, error).into()),
            }
        }
    }
    none_of(clashes)
}
