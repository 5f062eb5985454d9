//! How points fade. Owns the formulas of what is left after some time; knows nothing of what they are points for.

use chrono::TimeDelta;

use crate::time::Timestamp;

/// How a point loses its worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fade {
    /// Not at all.
    #[default]
    Never,
    /// Half of it in every such stretch: `2^(-age / half-life)`.
    HalfLife(TimeDelta),
    /// Evenly, until nothing is left after this long: `1 - age / length`.
    Linear(TimeDelta),
}

impl Fade {
    /// What is left of one point after `age`, 0 to 1; all of it at an age of zero or less.
    ///
    /// Powers are computed in software, so that a score is the same on every machine.
    pub fn left(self, age: TimeDelta) -> f64 {
        let share = |length: TimeDelta| age.as_seconds_f64() / length.as_seconds_f64();
        match self {
            _ if age <= TimeDelta::zero() => 1.0,
            Self::Never => 1.0,
            Self::HalfLife(half) => libm::exp2(-share(half)),
            Self::Linear(length) => (1.0 - share(length)).max(0.0),
        }
    }
}

/// Points that fade from a moment on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fading {
    /// What they were worth at first; may be less than zero.
    pub points: f64,
    /// Since when.
    pub since: Timestamp,
    /// How.
    pub fade: Fade,
}

impl Fading {
    /// What they are worth at a moment.
    pub fn at(&self, now: Timestamp) -> f64 {
        self.points * self.fade.left(now - self.since)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_is_left_after_a_half_life_and_nothing_after_a_line() {
        let days = TimeDelta::days;
        let half = Fade::HalfLife(days(14));
        for (age, left) in [(-1, 1.0), (0, 1.0), (14, 0.5), (28, 0.25), (42, 0.125)] {
            assert!((half.left(days(age)) - left).abs() < 1e-12, "{age}");
        }
        let line = Fade::Linear(days(10));
        for (age, left) in [(0, 1.0), (1, 0.9), (5, 0.5), (10, 0.0), (300, 0.0)] {
            assert!((line.left(days(age)) - left).abs() < 1e-12, "{age}");
        }
        assert!((Fade::Never.left(days(40_000)) - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn what_is_left_never_grows(length in 1..4_000_i64, age in 0..100_000_i64, later in 0..100_000_i64) {
            let length = TimeDelta::hours(length);
            for fade in [Fade::Never, Fade::HalfLife(length), Fade::Linear(length)] {
                let (now, then) =
                    (fade.left(TimeDelta::hours(age)), fade.left(TimeDelta::hours(age + later)));
                prop_assert!((0.0..=1.0).contains(&then) && then <= now);
            }
        }
    }
}
