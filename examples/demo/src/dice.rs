//! Chance that can be repeated. Owns how a seed's stream of numbers becomes picks, odds and spans.

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A seeded stream of choices.
#[derive(Debug)]
pub(super) struct Dice(StdRng);

impl Dice {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number in `0.0..1.0`.
    pub(super) fn fraction(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether something happens whose odds are `odds` of 1.
    pub(super) fn chance(&mut self, odds: f64) -> bool {
        self.fraction() < odds
    }

    /// A number in `0..count`; 0 when there is nothing to choose from.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let wide = u64::from(self.0.next_u32()) * u64::try_from(count).unwrap_or(u64::MAX);
        usize::try_from(wide >> 32).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// One of a list that is not empty.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// The place in a list of weights, each as likely as it weighs.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.fraction() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (place, weight) in weights.enumerate() {
            if weight > 0.0 {
                if left < weight {
                    return place;
                }
                last = place;
            }
            left -= weight;
        }
        // Rounding may leave a crumb behind the last weight.
        last
    }

    /// A number that is often near `middle` and sometimes many times larger or smaller: log-normal.
    pub(super) fn skewed(&mut self, middle: f64, spread: f64) -> f64 {
        // The sum of twelve fractions is normal enough.
        let normal: f64 = (0..12).map(|_| self.fraction()).sum::<f64>() - 6.0;
        middle * (normal * spread).exp()
    }

    /// A span that is often near `hours`.
    pub(super) fn hours(&mut self, hours: f64, spread: f64) -> TimeDelta {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float cast saturates, and chrono takes any such span"
        )]
        let seconds = (self.skewed(hours, spread) * 3600.0) as i64;
        TimeDelta::seconds(seconds.clamp(1, 400 * 24 * 3600))
    }

    /// A span of so many seconds, both ends included.
    pub(super) fn seconds(&mut self, low: u32, high: u32) -> TimeDelta {
        let span = u64::from(high.saturating_sub(low)) + 1;
        let more = (u64::from(self.0.next_u32()) * span) >> 32;
        TimeDelta::seconds(i64::from(low) + i64::try_from(more).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_weights_are_kept() {
        let (mut one, mut two) = (Dice::seeded(1), Dice::seeded(1));
        for _ in 0..100 {
            assert_eq!(one.below(1000), two.below(1000));
        }
        let weights = [1.0, 0.0, 3.0];
        let mut hits = [0; 3];
        for _ in 0..4000 {
            hits[one.weighted(weights.iter().copied())] += 1;
        }
        assert_eq!(hits[1], 0);
        assert!((2800..3200).contains(&hits[2]), "{hits:?}");
    }
}
