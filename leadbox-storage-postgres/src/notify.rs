//! Waking other processes. Owns the one task per storage that says at most every few milliseconds that this process
//! committed something, and passes on what others say; polling covers what gets lost.

use std::sync::Arc;
use std::time::Duration;

use leadbox_core::storage::Wake;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{PgPool, Row};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const CHANNEL: &str = "leadbox";

/// Between two announcements: many commits need one nudge.
const PAUSE: Duration = Duration::from_millis(5);

/// After a lost connection.
const RECONNECT: Duration = Duration::from_secs(1);

/// The task's end of life is this value's.
#[derive(Debug)]
pub(crate) struct Announcer {
    news: Arc<Notify>,
    pool: PgPool,
    task: JoinHandle<()>,
}

impl Announcer {
    /// Begins to listen and to announce.
    pub(crate) fn start(options: PgConnectOptions, wake: Arc<Wake>) -> Self {
        let news = Arc::new(Notify::new());
        // One connection for both directions: what it says itself, it recognises by its own process.
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let task = tokio::spawn(run(pool.clone(), wake, Arc::clone(&news)));
        Self { news, pool, task }
    }

    /// Ends it, and its connection.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Something was committed.
    pub(crate) fn announce(&self) {
        self.news.notify_one();
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(pool: PgPool, wake: Arc<Wake>, news: Arc<Notify>) {
    while !pool.is_closed() {
        match listen(&pool, &wake, &news).await {
            Ok(()) | Err(sqlx::Error::PoolClosed) => {}
            Err(error) => {
                tracing::warn!(%error, "lost the connection that hears of other processes' commits")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(RECONNECT) => {}
            () = pool.close_event() => {}
        }
    }
}

async fn listen(pool: &PgPool, wake: &Wake, news: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    let own: i32 = sqlx::query("select pg_backend_pid() as pid")
        .fetch_one(&mut listener)
        .await?
        .try_get("pid")?;
    let own = own.unsigned_abs();
    // Whatever was said while nobody listened.
    wake.notify();
    loop {
        tokio::select! {
            heard = listener.try_recv() => match heard? {
                Some(heard) if heard.process_id() == own => {}
                Some(_) => wake.notify(),
                None => return Ok(()),
            },
            () = news.notified() => {
                sqlx::query("select set_config('synchronous_commit', 'off', false), pg_notify($1, '')")
                    .bind(CHANNEL)
                    .execute(&mut listener)
                    .await?;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
