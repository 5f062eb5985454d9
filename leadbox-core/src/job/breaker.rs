//! Circuit breakers. Owns the rule of DESIGN 8: at least 70 % of at least 10 outcomes failed within 5 minutes opens for
//! 30 seconds; then one job probes.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What an outcome says about the far end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// It works.
    Success,
    /// It does not.
    Failure,
}

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreakerPolicy {
    /// The share of failures that opens it, in percent, 1 to 100.
    pub percent: u32,
    /// The least number of outcomes that counts as evidence, 1 or more.
    pub least: u32,
    /// The length of the window in seconds, 1 or more.
    pub window_secs: u32,
    /// How long it stays open, in seconds, 1 or more.
    pub open_secs: u32,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { percent: 70, least: 10, window_secs: 300, open_secs: 30 }
    }
}

/// What a breaker remembers. The window is kept as two halves, so that it slides by half its length.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Breaker {
    /// Start of the younger half, in microseconds since 1970.
    pub half_since: i64,
    /// Failures and outcomes of the younger half.
    pub young: (u32, u32),
    /// Failures and outcomes of the older half.
    pub old: (u32, u32),
    /// Until when it is open, in microseconds since 1970; 0 when closed. Once that moment has passed, one job probes.
    pub open_until: i64,
}

impl Breaker {
    /// How many jobs may start now, with `leased` running.
    pub fn allowance(&self, _policy: &BreakerPolicy, leased: u32, now: Timestamp) -> u32 {
        if self.open_until == 0 {
            u32::MAX
        } else if now.timestamp_micros() < self.open_until {
            0
        } else {
            1_u32.saturating_sub(leased)
        }
    }

    /// Whether it lets nothing through now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now.timestamp_micros() < self.open_until
    }

    /// The state after one more outcome.
    #[must_use]
    pub fn after(mut self, policy: &BreakerPolicy, signal: Signal, now: Timestamp) -> Self {
        let micros = now.timestamp_micros();
        let open_for = i64::from(policy.open_secs.max(1)) * 1_000_000;
        if self.open_until != 0 {
            // Outcomes of jobs that began before it opened must not close it.
            if micros < self.open_until {
                return self;
            }
            return match signal {
                Signal::Success => Self::default(),
                Signal::Failure => Self { open_until: micros + open_for, ..Self::default() },
            };
        }
        self.slide(policy, micros);
        self.young.1 = self.young.1.saturating_add(1);
        if signal == Signal::Failure {
            self.young.0 = self.young.0.saturating_add(1);
        }
        let failed = u64::from(self.young.0) + u64::from(self.old.0);
        let all = u64::from(self.young.1) + u64::from(self.old.1);
        if all >= u64::from(policy.least.max(1)) && failed * 100 >= all * u64::from(policy.percent)
        {
            return Self { open_until: micros + open_for, ..Self::default() };
        }
        self
    }

    fn slide(&mut self, policy: &BreakerPolicy, micros: i64) {
        let half = i64::from(policy.window_secs.max(1)) * 500_000;
        let age = micros - self.half_since;
        if age >= 2 * half {
            (self.young, self.old) = ((0, 0), (0, 0));
            self.half_since = micros;
        } else if age >= half {
            self.old = self.young;
            self.young = (0, 0);
            self.half_since += half;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_unix_micros;

    fn at(seconds: i64) -> Timestamp {
        from_unix_micros(1_700_000_000_000_000 + seconds * 1_000_000).unwrap()
    }

    #[test]
    fn it_opens_at_seventy_percent_of_ten_and_probes_after_thirty_seconds() {
        let policy = BreakerPolicy::default();
        let mut breaker = Breaker::default();
        for outcome in 0..9 {
            let signal = if outcome < 3 { Signal::Success } else { Signal::Failure };
            breaker = breaker.after(&policy, signal, at(outcome));
            assert!(!breaker.is_open(at(outcome)));
        }
        breaker = breaker.after(&policy, Signal::Failure, at(10));
        assert!(breaker.is_open(at(39)));
        assert_eq!(breaker.allowance(&policy, 0, at(39)), 0);
        assert_eq!(breaker.allowance(&policy, 0, at(40)), 1);
        assert_eq!(breaker.allowance(&policy, 1, at(40)), 0);
        let reopened = breaker.after(&policy, Signal::Failure, at(41));
        assert!(reopened.is_open(at(70)));
        let closed = breaker.after(&policy, Signal::Success, at(41));
        assert_eq!(closed.allowance(&policy, 50, at(41)), u32::MAX);
    }

    #[test]
    fn old_failures_are_forgotten() {
        let policy = BreakerPolicy::default();
        let mut breaker = Breaker::default();
        for outcome in 0..9 {
            breaker = breaker.after(&policy, Signal::Failure, at(outcome));
        }
        breaker = breaker.after(&policy, Signal::Failure, at(600));
        assert!(!breaker.is_open(at(600)));
    }
}
