//! How often a key may ask. Owns the limit per key, of this process, and the headers that tell how much is left
//! (draft-ietf-httpapi-ratelimit-headers-10).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use leadbox_core::TokenId;
use leadbox_core::proof::Token;

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// The limits of the keys that were used.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    limiters: Mutex<HashMap<TokenId, (NonZeroU32, Arc<Limiter>)>>,
    clock: DefaultClock,
}

/// What is left to a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Left {
    /// How many requests it may make per minute.
    pub(crate) quota: u32,
    /// How many it may make at once now.
    pub(crate) requests: u32,
    /// After how many seconds it may make the next; 0 unless none is left.
    pub(crate) wait: u64,
}

/// When so many keys are known, those that were not used for a minute are forgotten.
const MANY: usize = 10_000;

impl Pace {
    /// Counts a request of a key that has a limit.
    pub(crate) fn count(&self, key: &Token) -> Option<Left> {
        let per_minute = key.details.per_minute?;
        let quota = per_minute.get();
        let left = match self.limiter(key.id, per_minute).check() {
            Ok(state) => Left { quota, requests: state.remaining_burst_capacity(), wait: 0 },
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now()).as_secs().saturating_add(1);
                Left { quota, requests: 0, wait }
            }
        };
        Some(left)
    }

    fn limiter(&self, key: TokenId, per_minute: NonZeroU32) -> Arc<Limiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        if limiters.len() > MANY {
            // A limiter that has all of its quota again forgets nothing by going.
            limiters.retain(|_, (quota, limiter)| !matches!(limiter.check_n(*quota), Ok(Ok(_))));
        }
        match limiters.get(&key) {
            Some((quota, limiter)) if *quota == per_minute => Arc::clone(limiter),
            _ => {
                let quota = Quota::per_minute(per_minute);
                let limiter = RateLimiter::direct(quota).with_middleware();
                let limiter: Arc<Limiter> = Arc::new(limiter);
                limiters.insert(key, (per_minute, Arc::clone(&limiter)));
                limiter
            }
        }
    }
}

impl Left {
    /// Tells it.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        let Self { quota, requests, wait } = self;
        // One comes back every so often; all are back when as many as are missing have.
        let full = u64::from(quota - requests).saturating_mul(60).div_ceil(u64::from(quota));
        for (name, value) in [
            ("ratelimit-policy", format!("\"key\";q={quota};w=60")),
            ("ratelimit", format!("\"key\";r={requests};t={}", full.max(wait))),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}
