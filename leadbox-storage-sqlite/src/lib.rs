//! SQLite storage of LeadBox: the embedded default.
//!
//! ```no_run
//! use leadbox_core::Storage;
//! use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};
//!
//! # async fn start() -> Result<(), leadbox_core::StorageError> {
//! let storage = SqliteStorage::open(SqliteConfig::at("leads.db")).await?;
//! storage.migrate().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it does to the file
//!
//! The file is made when it is absent, and switched to the write-ahead log, so `leads.db-wal` and `leads.db-shm` lie
//! beside it while it is open. Copy all three together, or use SQLite's backup. LeadBox's tables and those of the host may
//! share the file: migrations are kept in a table of their own, `leadbox_migrations`, and run only when
//! [`migrate`](leadbox_core::Storage::migrate) is called. Any number of processes may open the file on one machine;
//! network file systems do not lock reliably enough.
//!
//! # Writing
//!
//! One task per storage writes; [`SqliteStorage::open`] spawns it and it ends when the last handle is dropped. It takes what
//! waits and commits it together, so many concurrent callers share one wait for the disk. Callers do not affect each other:
//! when one of a group meets a conflict, the group is taken back and each is repeated under its own savepoint. A caller that
//! goes away leaves its commit whole: it takes effect, or not at all.
//!
//! With [`Synchronous::Full`], the default, what was acknowledged survives `kill -9` and loss of power. With
//! [`Synchronous::Normal`] a loss of power may undo the last commits, never a part of one.
//!
//! # One transaction with the host
//!
//! A host that keeps its own tables in the file writes them and LeadBox's in one transaction:
//!
//! ```no_run
//! # use leadbox_core::{ChangeSet, Storage};
//! # use leadbox_storage_sqlite::SqliteStorage;
//! # use sqlx::Connection;
//! # async fn both(
//! #     storage: &SqliteStorage,
//! #     connection: &mut sqlx::SqliteConnection,
//! #     changes: &ChangeSet,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! // Immediate: a transaction that reads first and writes later may fail in a way that waiting does not cure.
//! let mut transaction = connection.begin_with("begin immediate").await?;
//! sqlx::query("insert into customer (name) values ('Kim')").execute(&mut *transaction).await?;
//! storage.commit_in(&mut transaction, changes).await?;
//! transaction.commit().await?;
//! storage.wake().notify();
//! # Ok(())
//! # }
//! ```

mod analytics;
mod cache;
mod claim;
mod columns;
mod commit;
mod config;
mod counted;
mod deeds;
mod definitions;
mod directory;
mod error;
mod events;
mod filter;
mod interactions;
mod jobs;
mod keyed;
mod leads;
mod lists;
mod log;
mod lookups;
mod migrate;
mod order;
mod paging;
#[cfg(test)]
mod plans;
mod readers;
mod recent;
mod rows;
mod scores;
mod sources;
mod statement;
mod storage;
mod tasks;
mod texts;
mod tokens;
mod upkeep;
mod views;
mod writer;

pub use config::{SqliteConfig, Synchronous};
pub use storage::SqliteStorage;
