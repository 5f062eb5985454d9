//! A storage in memory: the executable specification. Simple and obviously right rather than fast, it is the oracle for
//! the databases and what hosts test with. It persists nothing and knows nothing of SQL.

mod analytics;
mod change_job;
mod change_lead;
mod change_log;
mod change_setup;
mod claim;
mod commit;
mod definitions;
mod directory;
mod jobs;
mod leads;
mod log;
mod moves;
mod paging;
mod prune;
mod scores;
mod state;
mod storage;
mod table;
mod tasks;
mod tokens;
mod views;

pub use storage::MemoryStorage;
