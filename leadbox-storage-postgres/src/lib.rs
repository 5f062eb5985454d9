//! LeadBox in PostgreSQL: one database, as many processes as you like.
//!
//! ```no_run
//! # async fn run() -> Result<(), leadbox_core::StorageError> {
//! use leadbox_core::Storage;
//! use leadbox_storage_postgres::{PostgresConfig, PostgresStorage};
//!
//! let storage = PostgresStorage::connect(PostgresConfig::new("postgres://localhost/app")).await?;
//! storage.migrate().await?;
//! # Ok(()) }
//! ```
//!
//! # What it does to your database
//! [`migrate`](leadbox_core::Storage::migrate) makes its tables in the first schema of the search path, or in
//! [a schema of its own](PostgresConfig::schema), and notes them in a table `leadbox_migrations`; it touches nothing else,
//! so a database can be shared. It needs PostgreSQL 14 or newer and the extension `pg_trgm`, which comes with it and may be
//! made by whoever may create in the database.
//!
//! # One transaction with your own rows
//! [`PostgresStorage::commit_in`] writes a change set inside a transaction that you began. It works in a savepoint: after a
//! conflict your transaction goes on. Tell the workers with [`announce`](PostgresStorage::announce) once you committed.
//!
//! # What a commit costs
//! A capture, an edit, an interaction, an import's batch is one statement and one round trip, committed on its own.
//! Finishing jobs, jobs in a fixed order, and marking interactions look at rows first and take a few. Commits are durable;
//! only claiming jobs, moving events into the log, folding counts and waking others do not wait for the disk, because
//! they are done again if they get lost.
//!
//! # The log
//! Commits append events without a position. [`sequence`](leadbox_core::storage::LogStore::sequence), called by whichever
//! process comes first, moves what is visible behind the log's head and extends the hash chain. So a transaction that stays
//! open delays its own events and nobody else's, and a reader that goes by position never misses one.
//!
//! # Names beside the tables
//! Sessions listen on the channel `leadbox`. Behind a pooler that shares sessions between transactions, other processes are
//! found by polling only, and the pooler has to support prepared statements.

mod analytics;
mod claim;
mod commit;
mod config;
mod deeds;
mod definitions;
mod directory;
mod error;
mod events;
mod facets;
mod filter;
mod jobs;
mod keyed;
mod leads;
mod lists;
mod log;
mod migrate;
mod notify;
mod paging;
mod prune;
mod rows;
mod scores;
mod sequencer;
mod storage;
mod tasks;
mod texts;
mod tokens;
mod views;

pub use config::PostgresConfig;
pub use storage::PostgresStorage;
