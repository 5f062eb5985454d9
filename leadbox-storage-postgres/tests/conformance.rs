//! The contract of every storage, proved on PostgreSQL.

mod database;

use database::fresh_storage;

leadbox_conformance::storage_conformance!(fresh_storage);
