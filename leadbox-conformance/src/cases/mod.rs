//! The proofs, by topic. Each takes an empty, migrated storage and panics if it does not keep the contract.

pub mod analytics;
pub mod atomicity;
pub mod attempts;
pub mod changes;
pub mod claiming;
pub mod concurrency;
pub mod consumers;
pub mod definitions;
pub mod directory;
pub mod fifo;
pub mod filters;
pub mod idempotency;
pub mod identity;
pub mod interactions;
pub mod jobs;
pub mod lanes;
pub mod leads;
pub mod lists;
pub mod log;
pub mod paging;
pub mod scores;
pub mod search;
pub mod skipping;
pub mod stays;
pub mod tenants;
pub mod upkeep;
