//! The database under test: a SQLite file or a Postgres database of its own, made empty for each measurement.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clap::ValueEnum;
use leadbox_core::{LeadBox, Storage};
use leadbox_storage_postgres::{PostgresConfig, PostgresStorage};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage, Synchronous};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::measure::Meter;
use crate::server::Server;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// A file in a temporary folder.
    Sqlite,
    /// A database on the server that `LEADBOX_TEST_POSTGRES` names.
    Postgres,
}

/// An empty, migrated database.
#[derive(Debug)]
pub enum Target {
    /// A file.
    Sqlite {
        /// Where it is.
        path: PathBuf,
        /// What a power cut may undo.
        synchronous: Synchronous,
        /// The folder around it, which goes with the value; none when the file is to stay.
        _folder: Option<TempDir>,
    },
    /// The address of a database.
    Postgres(String),
}

/// A connection for hand-written code.
#[derive(Debug)]
pub enum Plain {
    /// To SQLite.
    Sqlite(SqliteConnection),
    /// To Postgres.
    Postgres(PgConnection),
}

impl Target {
    /// A new one.
    pub async fn fresh(kind: Kind, synchronous: Synchronous) -> Result<Self> {
        let target = match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir()?;
                Self::Sqlite {
                    path: folder.path().join("bench.db"),
                    synchronous,
                    _folder: Some(folder),
                }
            }
            Kind::Postgres => Self::Postgres(database().await?),
        };
        target.storage().await?.migrate().await?;
        Ok(target)
    }

    /// One that stays: the file at `address`, or the database of that URL. Made when absent.
    pub async fn kept(kind: Kind, synchronous: Synchronous, address: &str) -> Result<Self> {
        let target = match kind {
            Kind::Sqlite => Self::Sqlite { path: address.into(), synchronous, _folder: None },
            Kind::Postgres => Self::Postgres(address.to_owned()),
        };
        target.storage().await?.migrate().await?;
        Ok(target)
    }

    /// A storage over it.
    pub async fn storage(&self) -> Result<Arc<dyn Storage>> {
        Ok(match self {
            Self::Sqlite { path, synchronous, .. } => {
                let mut config = SqliteConfig::at(path);
                config.synchronous = *synchronous;
                Arc::new(SqliteStorage::open(config).await?)
            }
            Self::Postgres(url) => {
                Arc::new(PostgresStorage::connect(PostgresConfig::new(url)).await?)
            }
        })
    }

    /// LeadBox over it.
    pub async fn leadbox(&self) -> Result<LeadBox> {
        Ok(LeadBox::builder(self.storage().await?).build()?)
    }

    /// A connection for hand-written code, set up as a careful user would.
    pub async fn plain(&self) -> Result<Plain> {
        Ok(match self {
            Self::Sqlite { path, synchronous, .. } => {
                let level = if *synchronous == Synchronous::Full { "full" } else { "normal" };
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(path)
                    .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                    .statement_cache_capacity(500)
                    .pragma("synchronous", level)
                    .pragma("cache_size", "-65536");
                Plain::Sqlite(SqliteConnection::connect_with(&options).await?)
            }
            Self::Postgres(url) => Plain::Postgres(PgConnection::connect(url).await?),
        })
    }

    /// What measures work on it.
    pub async fn meter(&self) -> Result<Meter> {
        Ok(match self {
            Self::Sqlite { .. } => Meter::Process,
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let server = Server::of(&mut connection).await?;
                connection.close().await?;
                server.map_or(Meter::WithoutServer, Meter::WithServer)
            }
        })
    }

    /// Has the server do now what it would do some minutes later, in the middle of a measurement: what autovacuum does.
    pub async fn settle(&self) -> Result<()> {
        if let Self::Postgres(url) = self {
            let mut connection = PgConnection::connect(url).await?;
            connection.execute("vacuum (analyze)").await?;
            connection.close().await?;
        }
        Ok(())
    }

    /// Takes it away, so that what a server would still do for it is not in the next measurement.
    pub async fn end(self) -> Result<()> {
        if let Self::Postgres(url) = &self {
            let name = url.split('?').next().and_then(|address| address.rsplit('/').next());
            let drop = format!("drop database {} with (force)", name.ok_or("a database's name")?);
            let mut connection = PgConnection::connect(&server()?).await?;
            connection.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await?;
            connection.close().await?;
        }
        Ok(())
    }
}

fn server() -> Result<String> {
    let missing = "LEADBOX_TEST_POSTGRES is not set: run through scripts/with-postgres --durable";
    Ok(std::env::var("LEADBOX_TEST_POSTGRES").map_err(|_| missing)?)
}

async fn database() -> Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server()?;
    let name = format!("bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&server).await?;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))).await?;
    let (address, options) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = address.rsplit_once('/').ok_or("LEADBOX_TEST_POSTGRES names no database")?;
    Ok(format!("{host}/{name}?{options}"))
}
