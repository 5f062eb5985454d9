//! Storages that each break one promise, to prove that the suite notices. Owns the faults; all else is delegated to
//! [`MemoryStorage`](leadbox_core::MemoryStorage).

mod fault;
mod jobs;
mod leads;
mod log;
mod retarget;
mod saboteur;
mod scores;
mod setup;
mod tamper;
mod tasks;

pub use fault::{Fault, Promise};
pub use saboteur::Saboteur;
