//! What a user would write by hand instead: two pages with axum, sqlx and askama, with the same rows from the same tables,
//! for somebody who is looked up first. They check no rights, hide no fields and keep no counts.

use std::error::Error;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{FromRow, PgPool, SqlitePool};

use super::house::administrator;
use crate::target::Target;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rows of a list, and of the first page.
const ROWS: i64 = 50;
const LATEST: i64 = 8;
/// Up to here, leads are counted.
const COUNTED: i64 = 10_001;

/// The database.
#[derive(Clone, Debug)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[derive(Debug, FromRow)]
struct Stored {
    id: String,
    body: String,
    stage: String,
    score: i64,
    /// In microseconds.
    created_at: i64,
}

struct Row {
    id: String,
    name: String,
    email: String,
    company: String,
    stage: String,
    score: i64,
    tags: String,
    received: String,
}

#[derive(Template)]
#[template(path = "leads.html")]
struct Leads {
    count: i64,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    recent: i64,
    stages: Vec<(String, i64)>,
    sources: Vec<(String, i64)>,
    rows: Vec<Row>,
}

/// The pages `/leads` and `/`.
pub async fn pages(target: &Target) -> Result<Router> {
    let pool = match target {
        Target::Sqlite { path, .. } => {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .read_only(true)
                .pragma("cache_size", "-65536");
            Pool::Sqlite(SqlitePoolOptions::new().max_connections(4).connect_with(options).await?)
        }
        Target::Postgres(url) => {
            Pool::Postgres(PgPoolOptions::new().max_connections(4).connect(url).await?)
        }
    };
    Ok(Router::new().route("/leads", get(leads)).route("/", get(overview)).with_state(pool))
}

type Shown = std::result::Result<Html<String>, StatusCode>;

fn failed(_: impl Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn leads(State(pool): State<Pool>) -> Shown {
    pool.look_up().await.map_err(failed)?;
    let rows = pool.latest(ROWS).await.map_err(failed)?;
    let count = pool.counted().await.map_err(failed)?;
    Leads { count, rows }.render().map(Html).map_err(failed)
}

#[expect(clippy::disallowed_methods, reason = "hand-written code asks the machine for the time")]
async fn overview(State(pool): State<Pool>) -> Shown {
    pool.look_up().await.map_err(failed)?;
    let since = Utc::now() - TimeDelta::days(30);
    let page = Overview {
        recent: pool.since(since).await.map_err(failed)?,
        stages: pool.by_stage().await.map_err(failed)?,
        sources: pool.by_source().await.map_err(failed)?,
        rows: pool.latest(LATEST).await.map_err(failed)?,
    };
    page.render().map(Html).map_err(failed)
}

impl Pool {
    /// Who asks.
    async fn look_up(&self) -> sqlx::Result<String> {
        let id = administrator().uuid();
        match self {
            Self::Sqlite(pool) => {
                let sql = "select email from app_user where tenant = 1 and id = $1";
                sqlx::query_scalar(sql).bind(id).fetch_one(pool).await
            }
            Self::Postgres(pool) => {
                let sql = "select email from app_user where tenant = 1 and id = $1";
                sqlx::query_scalar(sql).bind(id).fetch_one(pool).await
            }
        }
    }

    async fn latest(&self, rows: i64) -> sqlx::Result<Vec<Row>> {
        let stored: Vec<Stored> = match self {
            Self::Sqlite(pool) => {
                let sql = "
                    select
                        hex(l.id) as id,
                        p.body,
                        hex(l.stage) as stage,
                        s.score,
                        l.created_at
                    from lead l
                    join lead_profile p on p.no = l.no
                    join lead_pulse s on s.no = l.no
                    where l.tenant = 1 and l.deleted_at is null
                    order by l.created_at desc, l.id desc
                    limit $1";
                sqlx::query_as(sql).bind(rows).fetch_all(pool).await?
            }
            Self::Postgres(pool) => {
                let sql = "
                    select
                        l.id::text as id,
                        p.body::text as body,
                        l.stage::text as stage,
                        s.total as score,
                        (extract(epoch from l.created_at) * 1000000)::bigint as created_at
                    from lead l
                    join lead_profile p on p.tenant = l.tenant and p.lead = l.id
                    join lead_pulse s on s.tenant = l.tenant and s.lead = l.id
                    where l.tenant = 1 and l.deleted_at is null
                    order by l.created_at desc, l.id desc
                    limit $1";
                sqlx::query_as(sql).bind(rows).fetch_all(pool).await?
            }
        };
        Ok(stored.into_iter().map(Row::of).collect())
    }

    async fn counted(&self) -> sqlx::Result<i64> {
        let sql = "
            select count(*)
            from (select 1 from lead where tenant = 1 and deleted_at is null limit $1) as l";
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(sql).bind(COUNTED).fetch_one(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(sql).bind(COUNTED).fetch_one(pool).await,
        }
    }

    async fn since(&self, since: DateTime<Utc>) -> sqlx::Result<i64> {
        let sql = "
            select count(*)
            from lead
            where tenant = 1 and deleted_at is null and created_at >= $1";
        match self {
            Self::Sqlite(pool) => {
                sqlx::query_scalar(sql).bind(since.timestamp_micros()).fetch_one(pool).await
            }
            Self::Postgres(pool) => sqlx::query_scalar(sql).bind(since).fetch_one(pool).await,
        }
    }

    async fn by_stage(&self) -> sqlx::Result<Vec<(String, i64)>> {
        match self {
            Self::Sqlite(pool) => {
                let sql = "
                    select hex(stage), count(*)
                    from lead
                    where tenant = 1 and deleted_at is null
                    group by stage";
                sqlx::query_as(sql).fetch_all(pool).await
            }
            Self::Postgres(pool) => {
                let sql = "
                    select stage::text, count(*)
                    from lead
                    where tenant = 1 and deleted_at is null
                    group by stage";
                sqlx::query_as(sql).fetch_all(pool).await
            }
        }
    }

    async fn by_source(&self) -> sqlx::Result<Vec<(String, i64)>> {
        let sql = "
            select coalesce(source, ''), count(*)
            from lead
            where tenant = 1 and deleted_at is null
            group by source
            order by 2 desc
            limit 8";
        match self {
            Self::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await,
        }
    }
}

impl Row {
    fn of(stored: Stored) -> Self {
        let body: Value = serde_json::from_str(&stored.body).unwrap_or_default();
        let text =
            |part: &str, field: &str| body[part][field].as_str().unwrap_or_default().to_owned();
        let tags = body["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let received = DateTime::from_timestamp_micros(stored.created_at).unwrap_or_default();
        Self {
            name: text("person", "name"),
            email: text("person", "email"),
            company: text("company", "name"),
            tags: tags.collect::<Vec<_>>().join(", "),
            received: received.format("%F %R").to_string(),
            id: stored.id,
            stage: stored.stage,
            score: stored.score / 100,
        }
    }
}
