//! Many leads at once, small enough to stay in memory. Owns everything of them that rules can read, in a form in which each distinct
//! value is kept once; knows nothing of rules, scripts or storages.

mod cells;
mod happened;
mod leads;

pub(super) use leads::Where;
pub use leads::{Full, Snapshot};

#[cfg(test)]
mod tests;
