//! Rate limits. Owns the generic cell rate algorithm (ITU-T I.371) over one stored number, so that a limit holds over
//! all processes that share the row.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How many starts are allowed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct RateLimit {
    /// Starts per second in the long run; more than 0, at most 1,000,000.
    pub per_second: f64,
    /// How many may start at once after a pause; 1 or more.
    pub burst: u32,
}

impl RateLimit {
    /// Microseconds between two starts.
    fn interval(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "clamped to 1 us .. 1 year before")]
        let micros = (1e6 / self.per_second).clamp(1.0, 3.15e13).ceil() as i64;
        micros
    }

    /// How many may start now, given the stored arrival time.
    pub fn allowance(&self, arrival: i64, now: Timestamp) -> u32 {
        let (now, interval) = (now.timestamp_micros(), self.interval());
        let ahead = arrival.max(now) - now;
        let burst = i64::from(self.burst.max(1)).saturating_mul(interval);
        u32::try_from(burst.saturating_sub(ahead).max(0) / interval).unwrap_or(u32::MAX)
    }

    /// When the next may start, in microseconds since 1970, given the stored arrival time.
    pub fn next_start(&self, arrival: i64) -> i64 {
        let ahead = i64::from(self.burst.max(1) - 1).saturating_mul(self.interval());
        arrival.saturating_sub(ahead)
    }

    /// The arrival time after `started` more starts.
    pub fn after(&self, arrival: i64, started: u32, now: Timestamp) -> i64 {
        if started == 0 {
            return arrival;
        }
        arrival
            .max(now.timestamp_micros())
            .saturating_add(self.interval().saturating_mul(i64::from(started)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_unix_micros;
    use proptest::prelude::*;

    const START: i64 = 1_700_000_000_000_000;

    proptest! {
        /// However greedily and irregularly starts are asked for, no window of a second holds more than rate + burst.
        #[test]
        fn no_second_holds_more_than_rate_and_burst(
            rate in 1_u32..200,
            burst in 1_u32..20,
            gaps in proptest::collection::vec(0_i64..400_000, 1..200),
        ) {
            let limit = RateLimit { per_second: f64::from(rate), burst };
            let (mut arrival, mut now) = (0, START);
            let mut starts: Vec<i64> = Vec::new();
            for gap in gaps {
                now += gap;
                let at = from_unix_micros(now).unwrap();
                let started = limit.allowance(arrival, at);
                arrival = limit.after(arrival, started, at);
                starts.extend(std::iter::repeat_n(now, started as usize));
            }
            for (index, first) in starts.iter().enumerate() {
                let within = starts[index..].iter().take_while(|at| **at < first + 1_000_000).count();
                prop_assert!(within <= (rate + burst) as usize, "{within} in one second at {rate}/s, burst {burst}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_next_start_is_the_first_moment_that_allows_one(
            rate in 1_u32..200,
            burst in 1_u32..20,
            started in 1_u32..40,
        ) {
            let limit = RateLimit { per_second: f64::from(rate), burst };
            let arrival = limit.after(0, started, from_unix_micros(START).unwrap());
            let next = limit.next_start(arrival);
            prop_assert!(limit.allowance(arrival, from_unix_micros(next).unwrap()) >= 1);
            prop_assert_eq!(limit.allowance(arrival, from_unix_micros(next - 1).unwrap()), 0);
        }
    }

    #[test]
    fn a_pause_earns_a_burst_and_no_more() {
        let limit = RateLimit { per_second: 10.0, burst: 3 };
        let at = |micros| from_unix_micros(START + micros).unwrap();
        assert_eq!(limit.allowance(0, at(0)), 3);
        let arrival = limit.after(0, 3, at(0));
        assert_eq!(limit.allowance(arrival, at(99_999)), 0);
        assert_eq!(limit.allowance(arrival, at(100_000)), 1);
        assert_eq!(limit.allowance(arrival, at(60_000_000)), 3);
    }
}
