//! When a score moves by itself. Owns the bound before which neither a whole point nor the priority can change; knows nothing of rules.

use chrono::TimeDelta;

use super::fade::{Fade, Fading};
use crate::score::Points;
use crate::time::Timestamp;

/// A priority is exact to this: nobody is woken up more often, however near to a bound a total is.
const GRAIN: TimeDelta = TimeDelta::minutes(1);

/// The latest moment that is looked at: what takes longer is looked at again then.
const HORIZON: TimeDelta = TimeDelta::days(3_660);

/// A later moment, or the last one that there is.
fn later(now: Timestamp, by: TimeDelta) -> Timestamp {
    now.checked_add_signed(by).unwrap_or(Timestamp::MAX_UTC)
}

/// What moves a total without anybody's doing.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    /// The next moment at which something counts from one instant to the next, or no longer does.
    step: Option<Timestamp>,
    fading: Vec<Fading>,
    /// How many lines have fading points in them, each of which is rounded to hundredths.
    lines: usize,
}

impl Moves {
    /// Notes a moment, later than now, at which something begins or ends to count.
    pub(super) fn note_step(&mut self, at: Option<Timestamp>) {
        self.step = [self.step, at].into_iter().flatten().min();
    }

    /// Notes the points of one line that fade.
    pub(super) fn note_fading(&mut self, points: impl IntoIterator<Item = Fading>) {
        let before = self.fading.len();
        self.fading.extend(points.into_iter().filter(|one| one.fade != Fade::Never));
        self.lines += usize::from(self.fading.len() > before);
    }

    /// Not later than the moment when the total moves by a whole point or passes one of `bounds`; none when it never does.
    ///
    /// Until the next step the total moves by what fades, and by no more than all of that together loses. What is lost never gets
    /// less, so the moment when it reaches the gap is found by halving.
    pub(super) fn next(
        &self,
        now: Timestamp,
        total: Points,
        bounds: impl IntoIterator<Item = Points>,
    ) -> Option<Timestamp> {
        // The total is below a bound from one hundredth beneath it.
        let to_bound = bounds.into_iter().map(|bound| match total.0.saturating_sub(bound.0) {
            above if above >= 0 => above.saturating_add(1),
            below => below.saturating_neg(),
        });
        let gap = to_bound.chain([100]).min().unwrap_or(100);
        let slack = i64::try_from(self.lines).unwrap_or(i64::MAX);
        let gap = gap.saturating_sub(slack);
        let next = [self.step, self.lost(now, gap)].into_iter().flatten().min();
        next.map(|at| at.max(later(now, GRAIN)))
    }

    /// Not later than the moment when what fades has lost `gap` hundredths.
    fn lost(&self, now: Timestamp, gap: i64) -> Option<Timestamp> {
        if self.fading.is_empty() {
            return None;
        }
        let worth = |at: Timestamp| -> f64 { self.fading.iter().map(|one| one.at(at).abs()).sum() };
        let today = worth(now);
        #[expect(clippy::cast_precision_loss, reason = "a gap is at most a hundred")]
        let gap = gap.clamp(0, 100) as f64 / 100.0;
        let is_lost = |minutes: i64| today - worth(later(now, TimeDelta::minutes(minutes))) >= gap;
        let (mut before, mut after) = (0, HORIZON.num_minutes());
        if !is_lost(after) {
            // Whatever is left by then may go on fading.
            return (worth(later(now, HORIZON)) >= gap && gap > 0.0).then(|| later(now, HORIZON));
        }
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if is_lost(middle) { after = middle } else { before = middle }
        }
        Some(later(now, TimeDelta::minutes(before)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(value: f64) -> Points {
        #[expect(clippy::cast_possible_truncation, reason = "small")]
        Points((value * 100.0).round() as i64)
    }

    #[test]
    fn what_does_not_fade_never_moves_and_a_step_is_kept() {
        let now = Timestamp::default();
        let mut moves = Moves::default();
        assert_eq!(moves.next(now, Points::whole(10), [Points::whole(75)]), None);
        let still = Fading { points: 5.0, since: now, fade: Fade::Never };
        moves.note_fading([still]);
        assert_eq!(moves.next(now, Points::whole(10), []), None);
        let step = now + TimeDelta::days(3);
        moves.note_step(Some(now + TimeDelta::days(9)));
        moves.note_step(Some(step));
        moves.note_step(None);
        assert_eq!(moves.next(now, Points::whole(10), []), Some(step));
    }

    #[test]
    fn at_the_end_of_time_nothing_comes_after_it() {
        let now = Timestamp::MAX_UTC;
        let since = now - TimeDelta::days(1);
        let fading = Fading { points: 50.0, since, fade: Fade::HalfLife(TimeDelta::days(1)) };
        let mut moves = Moves::default();
        moves.note_fading([fading]);
        for total in [25, 50] {
            let next = moves.next(now, Points::whole(total), [Points::whole(25)]);
            assert!(next.is_none_or(|next| next == now), "{next:?}");
        }
    }

    #[test]
    fn a_total_near_a_bound_is_looked_at_every_minute_and_no_more_often() {
        let now = Timestamp::default();
        let fading = Fading { points: 50.0, since: now, fade: Fade::HalfLife(TimeDelta::days(1)) };
        let mut moves = Moves::default();
        moves.note_fading([fading]);
        let next = moves.next(now, Points::whole(50), [Points::whole(50)]);
        assert_eq!(next, Some(now + GRAIN));
    }

    proptest! {
        #[test]
        fn nothing_visible_changes_before_the_moment_that_is_named(
            lines in prop::collection::vec((-40..40_i32, 1..2_000_i64, 0..3_000_i64, any::<bool>()), 1..6),
            bound in -50..100_i64,
        ) {
            let now = Timestamp::default() + TimeDelta::days(10_000);
            let fading: Vec<Fading> = lines
                .iter()
                .map(|(points, length, age, halves)| {
                    let length = TimeDelta::hours(*length);
                    let fade = if *halves { Fade::HalfLife(length) } else { Fade::Linear(length) };
                    Fading { points: f64::from(*points), since: now - TimeDelta::hours(*age), fade }
                })
                .collect();
            let total = |at: Timestamp| -> i64 { fading.iter().map(|one| points(one.at(at)).0).sum() };
            let mut moves = Moves::default();
            for one in &fading {
                moves.note_fading([*one]);
            }
            let bound = Points::whole(bound);
            let next = moves.next(now, Points(total(now)), [bound]);
            let end = next.unwrap_or(now + HORIZON).min(now + HORIZON);
            let reached = |total: i64| total >= bound.0;
            // A minute is the grain, so what happens within it may be seen at its end.
            for part in 0..200_i32 {
                let at = now + (end - now) * part / 200;
                if at + GRAIN >= end {
                    break;
                }
                prop_assert!((total(at) - total(now)).abs() < 100, "a whole point before {end}");
                prop_assert_eq!(reached(total(at)), reached(total(now)), "a bound before {}", end);
            }
        }
    }
}
