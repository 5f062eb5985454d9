//! How to reach the database. Owns the few settings a host has to choose; everything else follows from them.

use std::fmt;

/// Where the database is, and how many connections to hold.
#[derive(Clone)]
pub struct PostgresConfig {
    pub(crate) url: String,
    pub(crate) max_connections: u32,
    pub(crate) schema: Option<String>,
}

impl PostgresConfig {
    /// The database at `url`, such as `postgres://user:password@host/name`, with 16 connections.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 16, schema: None }
    }

    /// The most connections of this process, 3 or more: most of them for writing, a third for lists and reports. One
    /// more listens. Two to four per core of the server, divided over all processes, is a good number.
    #[must_use]
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections.max(3);
        self
    }

    /// A schema of its own instead of the first one in the search path; made by the migration when it is missing.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// The search path that makes the schema the first place to look, quoted.
    pub(crate) fn search_path(&self) -> Option<String> {
        self.schema.as_ref().map(|schema| format!("{}, public", quoted(schema)))
    }
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("PostgresConfig")
            .field("max_connections", &self.max_connections)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}
