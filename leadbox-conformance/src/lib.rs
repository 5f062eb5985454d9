//! The test suite that proves a LeadBox storage adapter.
//!
//! An adapter calls one macro in `tests/conformance.rs` and gets a plain `#[test]` per case. The list of cases lives in
//! this crate, so new ones reach every adapter on upgrade.
//!
//! ```
//! use std::sync::Arc;
//! use leadbox_core::MemoryStorage;
//! use leadbox_core::storage::Storage;
//!
//! /// An empty storage, migrated, that no other test sees.
//! async fn fresh_storage() -> Arc<dyn Storage> {
//!     Arc::new(MemoryStorage::new())
//! }
//!
//! leadbox_conformance::storage_conformance!(fresh_storage);
//! # fn main() {}
//! ```
//!
//! - Every test builds its own runtime and asks `fresh_storage` once. Where the database is missing, `fresh_storage` must
//!   panic: a suite that is skipped proves nothing.
//! - Cases take their times from a fixed calendar and never from the machine, so they can run at any moment and at any
//!   speed. Only a case that hangs for minutes is cut off.
//! - Positions in the log may come later than commits, and counts may be folded later: cases let the storage catch up
//!   ([`fixtures::World::caught_up`]) before they look.
//! - The comparisons with random filters print the seed that they use; `LEADBOX_SEED` repeats one.
//!
//! The suite tests itself: `tests/saboteurs.rs` runs it over storages that each break one promise, and fails unless some
//! case notices.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite fails by panicking"
)]

#[doc(hidden)]
pub mod cases;
pub mod crash;
pub mod fixtures;
pub mod full;
mod list;
pub mod random;
mod run;
pub mod saboteurs;
pub mod samples;
pub mod snapshot;

pub use run::{Case, Running};

/// Emits one `#[test]` per case of the suite. `$fresh` names an `async fn() -> Arc<dyn Storage>` that gives an empty,
/// migrated storage.
#[macro_export]
macro_rules! storage_conformance {
    ($fresh:path) => {
        $crate::every_case! { emit_tests $fresh }
    };
}

/// All cases, in the order of the list.
pub fn cases() -> Vec<Case> {
    every_case! { emit_cases }
}
