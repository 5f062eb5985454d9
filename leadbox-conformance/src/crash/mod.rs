//! What happens when processes die, and when several share one database. Owns the suite that an adapter runs with
//! [`crash_conformance!`](crate::crash_conformance), whose storage can be opened from another process by an address;
//! knows nothing of what is behind the address.
//!
//! ```ignore
//! // An empty, migrated database of its own, and how another process opens it.
//! async fn fresh_address() -> String { ... }
//! async fn open(address: String) -> Arc<dyn Storage> { ... }
//! // Asks the database itself whether it is whole; may be left out.
//! async fn integrity(address: String) { ... }
//!
//! leadbox_conformance::crash_conformance!(fresh_address, open, integrity);
//! ```
//!
//! Each test starts its own executable again as the processes to be killed, so it needs nothing else. It prints one
//! line with what it measured. `LEADBOX_LONG=1` runs the full numbers; `LEADBOX_SEED` repeats a run's random choices,
//! though not the moments at which the operating system schedules.

mod audit;
mod budget;
mod capture;
mod fifo;
mod process;
mod rate;
mod receiver;
mod rescoring;
mod sharing;
mod suite;
mod worker;

pub use suite::{Running, Suite, trust};
