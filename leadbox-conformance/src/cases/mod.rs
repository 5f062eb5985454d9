//! The proofs, by topic. Each takes an empty, migrated storage and panics if it does not keep the contract.

pub mod changes;
pub mod identity;
pub mod leads;
pub mod lists;
pub mod paging;
