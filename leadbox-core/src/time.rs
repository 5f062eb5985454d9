//! Time from outside. Owns the [`Clock`] that services ask and the resolution that every storage keeps; knows nothing
//! of time zones, which belong to settings and reports.

use std::fmt::Debug;

use chrono::{DateTime, SubsecRound, Utc};

/// A moment in UTC. Storages keep microseconds, so everything that enters core is cut to that by [`to_micros`].
pub type Timestamp = DateTime<Utc>;

/// Where the time comes from. Hosts use [`SystemClock`]; tests and replay inject their own.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present moment, at microsecond resolution.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine is asked for the time"
    )]
    fn now(&self) -> Timestamp {
        to_micros(Utc::now())
    }
}

/// Cuts a moment to the resolution that every storage keeps.
pub fn to_micros(at: Timestamp) -> Timestamp {
    at.trunc_subsecs(6)
}

/// A moment from microseconds since 1970, the form in which SQLite keeps it. `None` when out of chrono's range.
pub fn from_unix_micros(micros: i64) -> Option<Timestamp> {
    DateTime::from_timestamp_micros(micros)
}
