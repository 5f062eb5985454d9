//! How much is done at once and how long anything may take. Owns saying so when it is too much, before it hurts those who
//! were there first.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::Problem;
use crate::live::Seats;

/// How many requests are worked on at once, and for how long each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How many at once; 512 by default. More are told to come back in a second.
    pub at_once: usize,
    /// How long one may take until it begins to answer; 30 seconds by default. What it had not committed then is not done.
    pub time: Duration,
    /// How long an import may take; an hour by default. One that is cut off goes on when it is sent again under its key.
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

/// Lets a request in if there is a place for it, and ends it when it takes too long.
pub(crate) async fn limit(
    State(limiter): State<Limiter>,
    request: Request,
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
    let path = request.uri().path();
    let imports = path.ends_with("/imports") || path.ends_with("/import");
    let time = if imports { limiter.limits.import_time } else { limiter.limits.time };
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => Ok(response),
        Err(_) => Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "It took too long",
            format!("It was not done within {} seconds.", time.as_secs()),
        )),
    }
}
