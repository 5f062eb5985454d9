//! How much is done at once and how long anything may take. Owns saying so when it is too much, before it hurts those who
//! were there first.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Problem;
use crate::live::Seats;

/// How many requests are worked on at once, and for how long each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How many at once; 512 by default. More are told to come back in a second.
    pub at_once: usize,
    /// How long one may take until it begins to answer; 30 seconds by default. What it had not committed then is not done.
    pub time: Duration,
    /// How long an import may take, if that is longer; an hour by default. One that is cut off goes on when it is sent again under its key.
    pub import_time: Duration,
    /// How many connections for live updates may be open at once; 1024 by default.
    pub sockets: usize,
    /// How many of them for one user or key; 32 by default.
    pub sockets_each: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 512,
            time: Duration::from_secs(30),
            import_time: Duration::from_secs(3600),
            sockets: 1024,
            sockets_each: 32,
        }
    }
}

/// The limits, with how much is left of them.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    places: Arc<Semaphore>,
}

impl From<Limits> for Limiter {
    fn from(limits: Limits) -> Self {
        let most = limits.at_once.min(Semaphore::MAX_PERMITS);
        Self { limits, places: Arc::new(Semaphore::new(most)) }
    }
}

impl Limiter {
    /// How many connections for live updates there may be.
    pub(crate) fn seats(&self) -> Seats {
        Seats { all: self.limits.sockets, each: self.limits.sockets_each }
    }
}

/// Whether the route that a request came to is one of imports, which may take longer.
#[derive(Clone, Debug, Default)]
struct Imports(Arc<AtomicBool>);

/// A layer of routes that take a file in: these may take as long as an import.
pub(crate) async fn as_import(request: Request, next: Next) -> Response {
    if let Some(Imports(said)) = request.extensions().get() {
        said.store(true, Ordering::Relaxed);
    }
    next.run(request).await
}

/// Lets a request in if there is a place for it, and ends it when it takes too long.
pub(crate) async fn limit(
    State(limiter): State<Limiter>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Ok(_place) = limiter.places.try_acquire() else {
        return Err(Problem {
            retry_after: Some(1),
            ..Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too much at once",
                "Others are being served. Try again in a second.",
            )
        });
    };
    let imports = Imports::default();
    request.extensions_mut().insert(imports.clone());
    let Limits { mut time, import_time, .. } = limiter.limits;
    let mut work = pin!(next.run(request));
    let mut done = timeout(time, &mut work).await;
    // Which route it came to is known only further in.
    if done.is_err() && imports.0.load(Ordering::Relaxed) && import_time > time {
        done = timeout(import_time - time, work).await;
        time = import_time;
    }
    done.map_err(|_| {
        let detail = format!("It was not done within {} seconds.", time.as_secs());
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "It took too long", detail)
    })
}
