//! Lanes: who shares a pace. Owns a lane's settings, its state, and the two pure decisions a storage asks for while it
//! holds the lane's row: how many jobs may start, and what a settlement does to the state.

use serde::{Deserialize, Serialize};

use super::{Breaker, BreakerPolicy, RateLimit, RetrySchedule, Signal};
use crate::id::Tenant;
use crate::revision::Revision;
use crate::time::Timestamp;

/// Which lane: the tenant, the kind of work, and the far end (an endpoint, a provider, a channel).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct LaneKey {
    /// Whose it is.
    pub tenant: Tenant,
    /// What kind of work: the handler's name.
    pub queue: String,
    /// The far end; empty for work that has none.
    pub name: String,
}

impl LaneKey {
    /// The lane of work without a far end.
    pub fn of_queue(tenant: Tenant, queue: impl Into<String>) -> Self {
        Self { tenant, queue: queue.into(), name: String::new() }
    }

    /// The lane of a far end.
    pub fn named(tenant: Tenant, queue: impl Into<String>, name: impl Into<String>) -> Self {
        Self { tenant, queue: queue.into(), name: name.into() }
    }
}

/// Whether a lane starts jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It does.
    #[default]
    Running,
    /// Its jobs wait.
    Paused,
}

/// How a lane runs. A lane that nobody set up has the defaults: no limits, the default retry schedule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lane {
    /// Which lane.
    pub key: LaneKey,
    /// Raised by one at every change of the settings; 0 for a lane that nobody set up.
    pub revision: Revision,
    /// The most jobs at once, over all processes; none for no limit.
    pub concurrency: Option<u32>,
    /// The most starts per second, over all processes; none for no limit.
    pub rate: Option<RateLimit>,
    /// When to stop trying for a while; none for never.
    pub breaker: Option<BreakerPolicy>,
    /// When a failed job comes back.
    pub retry: RetrySchedule,
    /// Whether it starts jobs.
    pub run: RunState,
}

/// What a lane remembers between claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LaneState {
    /// The theoretical arrival time of the rate limit, in microseconds since 1970; 0 when it never ran.
    pub arrival: i64,
    /// The breaker.
    pub breaker: Breaker,
}

impl Lane {
    /// A lane without limits.
    pub fn unlimited(key: LaneKey) -> Self {
        Self {
            key,
            revision: Revision(0),
            concurrency: None,
            rate: None,
            breaker: None,
            retry: RetrySchedule::default(),
            run: RunState::Running,
        }
    }

    /// Whether a claim has to look at, and lock, the lane's row.
    pub fn is_limited(&self) -> bool {
        self.concurrency.is_some()
            || self.rate.is_some()
            || self.breaker.is_some()
            || self.run == RunState::Paused
    }

    /// How many more jobs may start now, at most `wanted`, with `leased` running.
    pub fn allowance(&self, state: &LaneState, leased: u32, wanted: u32, now: Timestamp) -> u32 {
        if self.run == RunState::Paused {
            return 0;
        }
        let mut allowed = wanted;
        if let Some(most) = self.concurrency {
            allowed = allowed.min(most.saturating_sub(leased));
        }
        if let Some(rate) = &self.rate {
            allowed = allowed.min(rate.allowance(state.arrival, now));
        }
        if let Some(policy) = &self.breaker {
            allowed = allowed.min(state.breaker.allowance(policy, leased, now));
        }
        allowed
    }

    /// The state after `started` jobs were claimed.
    #[must_use]
    pub fn after_start(&self, mut state: LaneState, started: u32, now: Timestamp) -> LaneState {
        if let Some(rate) = &self.rate {
            state.arrival = rate.after(state.arrival, started, now);
        }
        state
    }

    /// The state after a job ended with this signal.
    #[must_use]
    pub fn after_signal(&self, mut state: LaneState, signal: Signal, now: Timestamp) -> LaneState {
        if let Some(policy) = &self.breaker {
            state.breaker = state.breaker.after(policy, signal, now);
        }
        state
    }
}
