//! What PostgreSQL's errors mean. Owns the way from the driver's error to core's, and which errors go away when the same
//! work is done again.

use leadbox_core::StorageError;
use sqlx::postgres::PgDatabaseError;

/// Raised by `leadbox_conflict` of the migration: a precondition does not hold.
const CONFLICT: &str = "LB409";
/// Raised by `leadbox_taken` of the migration: a key is taken.
const TAKEN: &str = "LB410";

/// The kinds of rows that statements name in `leadbox_conflict` and `leadbox_taken`.
const KINDS: &[&str] = &[
    "lead",
    "score of lead",
    "interaction",
    "stay",
    "definition",
    "user",
    "team",
    "credential",
    "token",
    "lane",
    "job",
    "consumer",
    "checkpoint",
    "reply",
    "event",
];

/// What each unique index keeps apart.
const UNIQUE: &[(&str, &str)] = &[
    ("lead_key", "lead"),
    ("lead_profile_key", "lead"),
    ("lead_pulse_key", "lead"),
    ("lead_email", "lead by email"),
    ("lead_phone", "lead by phone"),
    ("lead_external_id", "lead by external id"),
    ("interaction_key", "interaction"),
    ("interaction_sender_key", "interaction by key"),
    ("stay_key", "stay"),
    ("stay_open", "open stay of lead"),
    ("app_user_email", "user by email"),
    ("token_digest", "token by digest"),
    ("job_key", "job"),
    ("attempt_key", "attempt"),
    ("event_new_id", "event"),
];

/// Two writers made the same new row at once: the later one has lost, as if it had come later.
const RACED: &[(&str, &str)] = &[
    ("definition_key", "definition"),
    ("app_user_key", "user"),
    ("team_key", "team"),
    ("credential_key", "credential"),
    ("token_key", "token"),
    ("lane_key", "lane"),
    ("checkpoint_key", "checkpoint"),
    ("consumer_key", "consumer"),
];

/// Turns a driver's error into core's.
pub(crate) fn storage_error(operation: &'static str, error: sqlx::Error) -> StorageError {
    if let Some(found) = database_error(&error) {
        let named = |table: &[(&'static str, &'static str)]| {
            let constraint = found.constraint().unwrap_or_default();
            table.iter().find(|(name, _)| *name == constraint).map(|(_, what)| *what)
        };
        let detail = found.detail().unwrap_or_default();
        match found.code() {
            CONFLICT => return StorageError::conflict(kind(found.message()), detail),
            TAKEN => return StorageError::already_exists(kind(found.message()), detail),
            "23505" => {
                if let Some(what) = named(UNIQUE) {
                    return StorageError::already_exists(what, key_of(detail));
                }
                if let Some(what) = named(RACED) {
                    return StorageError::conflict(what, key_of(detail));
                }
            }
            _ => {}
        }
    }
    if is_unavailable(&error) {
        StorageError::Unavailable { operation, source: Box::new(error) }
    } else {
        StorageError::Backend { operation, source: Box::new(error) }
    }
}

fn database_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    match error {
        sqlx::Error::Database(found) => found.try_downcast_ref::<PgDatabaseError>(),
        _ => None,
    }
}

fn kind(message: &str) -> &'static str {
    KINDS.iter().find(|kind| **kind == message).copied().unwrap_or("row")
}

/// The key's last column in a detail such as `Key (tenant, id)=(1, 0190…) already exists.`, for people; the words around
/// it depend on the server's language.
fn key_of(detail: &str) -> &str {
    let values = detail.split_once(")=(").map_or(detail, |(_, rest)| rest);
    let values = values.rsplit_once(')').map_or(values, |(values, _)| values);
    values.rsplit_once(", ").map_or(values, |(_, last)| last)
}

/// Whether the database may answer later.
fn is_unavailable(error: &sqlx::Error) -> bool {
    if is_broken(error) || is_race(error) {
        return true;
    }
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => true,
        // Too many connections, out of memory or locks; starting up or shutting down; a lock or statement timeout; a
        // standby.
        _ => database_error(error).is_some_and(|found| {
            let code = found.code();
            code.starts_with("53")
                || code.starts_with("57P")
                || matches!(code, "55P03" | "57014" | "25006")
        }),
    }
}

/// Whether the connection is gone: repeating on another one helps where repeating is harmless.
pub(crate) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        _ => database_error(error).is_some_and(|found| {
            found.code().starts_with("08") || matches!(found.code(), "57P01" | "57P02")
        }),
    }
}

/// Whether two transactions got into each other's way, so that doing the same again at once helps.
pub(crate) fn is_race(error: &sqlx::Error) -> bool {
    database_error(error).is_some_and(|found| match found.code() {
        "40001" | "40P01" => true,
        // Two retried jobs took the same free unique key at once; or two jobs of a key moved up at once, which the lock
        // on the key prevents unless the host's transaction reads from an old snapshot.
        "23505" => matches!(found.constraint(), Some("job_unique_key" | "job_head")),
        _ => false,
    })
}

/// What stopped a piece of work: the database, or a decision made here.
pub(crate) enum Failure {
    Driver(sqlx::Error),
    Storage(StorageError),
}

impl Failure {
    /// As callers see it.
    pub(crate) fn into_storage(self, operation: &'static str) -> StorageError {
        match self {
            Self::Driver(error) => storage_error(operation, error),
            Self::Storage(error) => error,
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Storage(StorageError::Backend { operation: "write json", source: Box::new(error) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_in_any_language() {
        assert_eq!(key_of("Key (tenant, id)=(1, abc) already exists."), "abc");
        assert_eq!(
            key_of("Schlüssel »(tenant, email_key, email_slot)=(1, a@b.c, 0)« existiert bereits."),
            "0"
        );
        assert_eq!(key_of("something else"), "something else");
    }

    #[test]
    fn a_closed_pool_is_unavailable_and_a_missing_row_is_not() {
        assert!(storage_error("test", sqlx::Error::PoolTimedOut).is_retryable());
        assert!(!storage_error("test", sqlx::Error::RowNotFound).is_retryable());
    }
}
