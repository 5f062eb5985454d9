//! Where leads are kept. Owns the reading of `--storage` and the opening of what it names; the only module that knows
//! which adapters there are.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use leadbox_core::{MemoryStorage, Storage, StorageError};
use leadbox_storage_postgres::{PostgresConfig, PostgresStorage};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage, Synchronous};

use crate::exit::{Exit, Failure};

/// What `--storage` names.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    Sqlite(PathBuf),
    Postgres(String),
}

/// A `--storage` that names nothing known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use sqlite:PATH or postgres://USER@HOST/DATABASE")]
pub(crate) struct UnknownStorage;

impl FromStr for Location {
    type Err = UnknownStorage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() && path != ":memory:" => {
                // `sqlite://leads.db` is what other programs take.
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() { Err(UnknownStorage) } else { Ok(Self::Sqlite(path.into())) }
            }
            _ => Err(UnknownStorage),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            // User, password and parameters stay out of messages.
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{place}")
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a command expects to find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    /// Anything; what is missing is made, what is old is migrated.
    Anything,
    /// A database with this program's schema; nothing is made or migrated.
    Ready,
    /// The same, or an empty stand-in in memory where there is nothing yet: for trying something out.
    Trial,
    /// A database, with whatever schema.
    Present,
}

/// How sure writing has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Durability {
    /// What was acknowledged survives a loss of power.
    Full,
    /// For what can be made again.
    Relaxed,
}

/// Opens a storage.
///
/// # Errors
/// `Unavailable` when it cannot be reached, is absent or not migrated though it has to be; `SchemaTooNew`.
pub(crate) async fn open(
    location: &Location,
    expect: Expect,
    durability: Durability,
) -> Result<Arc<dyn Storage>, Failure> {
    if let Location::Sqlite(path) = location
        && expect != Expect::Anything
        && !path.exists()
    {
        if expect == Expect::Trial {
            return Ok(Arc::new(MemoryStorage::new()));
        }
        let message = format!("there is no database at {}", path.display());
        let hint = "make one with `leadbox serve --demo` or `leadbox import FILE`, or name another with --storage";
        return Err(Failure::new(Exit::Unavailable, message).hint(hint));
    }
    let storage = connect(location, durability).await.map_err(unreachable(location))?;
    match expect {
        Expect::Anything => storage.migrate().await?,
        Expect::Present => {}
        Expect::Ready | Expect::Trial => {
            let schema = storage.schema().await?;
            let (found, known) = (schema.found, schema.known);
            if found > known {
                return Err(StorageError::SchemaTooNew { found, known }.into());
            }
            if found == 0 && expect == Expect::Trial {
                return Ok(Arc::new(MemoryStorage::new()));
            }
            if found < known {
                return Err(StorageError::SchemaTooOld { found, known }.into());
            }
        }
    }
    Ok(storage)
}

/// Whatever the driver says, a storage that cannot be opened is not available.
fn unreachable(location: &Location) -> impl FnOnce(StorageError) -> Failure {
    let message = format!("cannot open {location}");
    move |error| {
        let failure = Failure::from(error);
        let exit = if failure.exit == Exit::Failed { Exit::Unavailable } else { failure.exit };
        Failure { exit, message: format!("{message}: {}", failure.message), ..failure }
    }
}

/// Does what a server's workers would do soon for what was written: gives events their places in the log, and adds up
/// counts.
///
/// # Errors
/// From the storage.
pub(crate) async fn catch_up(storage: &dyn Storage) -> Result<(), StorageError> {
    while storage.sequence(5_000).await?.more {}
    while storage.fold_counts(5_000).await? > 0 {}
    Ok(())
}

/// Puts what a command wrote into the database's file itself, so that a copy of that file has everything.
pub(crate) async fn settle(location: &Location) {
    if let Location::Sqlite(path) = location
        && path.exists()
        && let Err(error) = SqliteStorage::checkpoint(&SqliteConfig::at(path)).await
    {
        // Nothing is lost: the write-ahead log beside the file has it.
        tracing::debug!(%error, "the database was not settled");
    }
}

async fn connect(
    location: &Location,
    durability: Durability,
) -> Result<Arc<dyn Storage>, StorageError> {
    match location {
        Location::Sqlite(path) => {
            let mut config = SqliteConfig::at(path);
            config.synchronous = match durability {
                Durability::Full => Synchronous::Full,
                Durability::Relaxed => Synchronous::Normal,
            };
            Ok(Arc::new(SqliteStorage::open(config).await?))
        }
        Location::Postgres(url) => {
            Ok(Arc::new(PostgresStorage::connect(PostgresConfig::new(url)).await?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storages_are_named_by_their_scheme() {
        let sqlite = |path: &str| Ok(Location::Sqlite(path.into()));
        assert_eq!("sqlite:leads.db".parse(), sqlite("leads.db"));
        assert_eq!("sqlite:/var/leads.db".parse(), sqlite("/var/leads.db"));
        assert_eq!("sqlite:///var/leads.db".parse(), sqlite("/var/leads.db"));
        for wrong in ["", "leads.db", "sqlite:", "sqlite://", "sqlite::memory:", "mysql://x"] {
            assert_eq!(wrong.parse::<Location>(), Err(UnknownStorage), "{wrong}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let location: Location =
            "postgres://kim:s3cr@t@db.example:5432/leads?sslmode=require".parse().unwrap();
        assert_eq!(location.to_string(), "postgres://db.example:5432/leads");
        assert_eq!(format!("{location:?}"), "postgres://db.example:5432/leads");
    }
}
