//! When a failed job comes back. Owns the schedule of DESIGN 8 and its jitter.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Delays before each further try, in seconds. After the last one the job is parked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RetrySchedule {
    /// Seconds before the second try, the third, and so on.
    pub delays: Vec<u32>,
}

impl Default for RetrySchedule {
    /// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h after the first try at once.
    fn default() -> Self {
        Self { delays: vec![5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] }
    }
}

impl RetrySchedule {
    /// When to try again after try number `attempt` (from 1) failed; none when there is no further try. `jitter` in
    /// `0.0..1.0` adds up to a tenth of the delay: always later, never earlier. `not_before` is what the far end asked
    /// for.
    pub fn next(
        &self,
        attempt: i32,
        now: Timestamp,
        jitter: f64,
        not_before: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let index = usize::try_from(attempt.max(1) - 1).ok()?;
        let millis = i64::from(*self.delays.get(index)?) * 1000;
        #[expect(clippy::cast_possible_truncation, reason = "a tenth of at most 2^32 seconds")]
        let extra = ((millis as f64) * 0.1 * jitter.clamp(0.0, 1.0)) as i64;
        let due = now + chrono::TimeDelta::milliseconds(millis + extra);
        Some(not_before.map_or(due, |asked| due.max(asked)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_unix_micros;

    #[test]
    fn delays_grow_jitter_only_adds_and_the_last_try_is_the_tenth() {
        let schedule = RetrySchedule::default();
        let now = from_unix_micros(1_700_000_000_000_000).unwrap();
        let wait = |attempt, jitter| {
            schedule.next(attempt, now, jitter, None).map(|due| (due - now).num_seconds())
        };
        assert_eq!(wait(1, 0.0), Some(5));
        assert_eq!(wait(2, 0.999), Some(329));
        assert_eq!(wait(9, 0.0), Some(86_400));
        assert_eq!(wait(10, 0.0), None);
        let asked = now + chrono::TimeDelta::seconds(60);
        assert_eq!(schedule.next(1, now, 0.0, Some(asked)), Some(asked));
    }
}
