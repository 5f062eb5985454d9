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

/// A line in which points fade.
#[derive(Clone, Debug)]
struct Line {
    points: Vec<Fading>,
    /// The most that it adds or takes away.
    cap: f64,
    /// Whether all of its points are for the lead, or all against it: then it only ever comes nearer to nothing.
    is_of_one_sign: bool,
}

impl Line {
    /// What it is worth at a moment.
    fn at(&self, now: Timestamp) -> f64 {
        let sum: f64 = self.points.iter().map(|one| one.at(now)).sum();
        sum.clamp(-self.cap, self.cap)
    }

    /// What it can still lose from a moment on: never more, the later it is.
    fn left(&self, now: Timestamp) -> f64 {
        match self.is_of_one_sign {
            // Nothing shows of what fades above the cap.
            true => self.at(now).abs(),
            false => self.points.iter().map(|one| one.at(now).abs()).sum(),
        }
    }
}

/// What moves a total without anybody's doing.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    /// The next moment at which something counts from one instant to the next, or no longer does.
    step: Option<Timestamp>,
    /// The lines in which points fade, each of which is rounded to hundredths.
    lines: Vec<Line>,
}

impl Moves {
    /// Notes a moment, later than now, at which something begins or ends to count.
    pub(super) fn note_step(&mut self, at: Option<Timestamp>) {
        self.step = [self.step, at].into_iter().flatten().min();
    }

    /// Notes the points of one line, which adds or takes away `cap` at the most.
    pub(super) fn note_fading(
        &mut self,
        points: impl IntoIterator<Item = Fading>,
        cap: Option<f64>,
    ) {
        let points: Vec<Fading> = points.into_iter().collect();
        if points.iter().any(|one| one.fade != Fade::Never) {
            let is_of_one_sign = points.iter().all(|one| one.points >= 0.0)
                || points.iter().all(|one| one.points <= 0.0);
            let cap = cap.map_or(f64::INFINITY, f64::abs);
            self.lines.push(Line { points, cap, is_of_one_sign });
        }
    }

    /// Not later than the moment when the total moves by a whole point or passes one of `bounds`; none when it never does.
    ///
    /// Until the next step the total moves by what fades, and by no more than all of that together loses. What is lost never gets
    /// less, so the moment when it reaches the gap is found by halving. And as long as no line is rounded to another hundredth,
    /// nothing moves at all: a total that stands at a bound waits for that.
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
        let slack = i64::try_from(self.lines.len()).unwrap_or(i64::MAX);
        #[expect(clippy::cast_precision_loss, reason = "a gap is at most a hundred")]
        let gap = gap.saturating_sub(slack).clamp(0, 100) as f64 / 100.0;
        let faded = match gap > 0.0 {
            true => lost(now, &self.lines, gap),
            false => self.rounded(now),
        };
        let next = [self.step, faded].into_iter().flatten().min();
        next.map(|at| at.max(later(now, GRAIN)))
    }

    /// Not later than the moment when the first line is rounded to another hundredth.
    fn rounded(&self, now: Timestamp) -> Option<Timestamp> {
        let first = self.lines.iter().filter_map(|line| {
            let hundredths = line.at(now) * 100.0;
            let nearest = hundredths.round();
            let (down, up) = (hundredths - (nearest - 0.5), (nearest + 0.5) - hundredths);
            let gap = match line.is_of_one_sign {
                true if hundredths >= 0.0 => down,
                true => up,
                false => down.min(up),
            };
            lost(now, std::slice::from_ref(line), gap.max(0.0) / 100.0)
        });
        first.min()
    }
}

/// Not later than the moment when these have lost `gap` points.
fn lost(now: Timestamp, lines: &[Line], gap: f64) -> Option<Timestamp> {
    if lines.is_empty() {
        return None;
    }
    let left = |at: Timestamp| -> f64 { lines.iter().map(|line| line.left(at)).sum() };
    let today = left(now);
    let is_lost = |minutes: i64| today - left(later(now, TimeDelta::minutes(minutes))) >= gap;
    let (mut before, mut after) = (0, HORIZON.num_minutes());
    if !is_lost(after) {
        // Whatever is left by then may go on fading.
        return (left(later(now, HORIZON)) >= gap && gap > 0.0).then(|| later(now, HORIZON));
    }
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if is_lost(middle) { after = middle } else { before = middle }
    }
    Some(later(now, TimeDelta::minutes(before)))
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
        moves.note_fading([still], None);
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
        moves.note_fading([fading], None);
        for total in [25, 50] {
            let next = moves.next(now, Points::whole(total), [Points::whole(25)]);
            assert!(next.is_none_or(|next| next == now), "{next:?}");
        }
    }

    #[test]
    fn a_total_at_a_bound_is_looked_at_when_a_line_moves_and_at_most_every_minute() {
        let now = Timestamp::default();
        let fading =
            |points| Fading { points, since: now, fade: Fade::HalfLife(TimeDelta::days(1)) };
        let next = |points: f64, total: i64| {
            let mut moves = Moves::default();
            moves.note_fading([fading(points)], None);
            moves.next(now, Points::whole(total), [Points::whole(total)])
        };
        assert_eq!(next(50.0, 50), Some(now + GRAIN));
        // Half a hundredth of a point takes hours of what is left of so little.
        let hours = (next(0.1, 20).unwrap() - now).num_hours();
        assert!((1..2).contains(&hours), "{hours}");
        assert_eq!(next(0.004, 20), None, "it is rounded to nothing");
    }

    #[test]
    fn what_fades_above_a_cap_wakes_nobody() {
        let now = Timestamp::default();
        let half_life = Fade::HalfLife(TimeDelta::days(14));
        let mut moves = Moves::default();
        moves.note_fading(
            std::iter::repeat_n(Fading { points: 8.0, since: now, fade: half_life }, 200),
            Some(24.0),
        );
        let next = moves.next(now, Points::whole(24), [Points::whole(50)]).unwrap();
        // 1,600 points are 24 after six half-lives and a bit.
        assert!((84..86).contains(&(next - now).num_days()), "{next}");
    }

    proptest! {
        #[test]
        fn nothing_visible_changes_before_the_moment_that_is_named(
            lines in prop::collection::vec(
                (prop::collection::vec((-40..40_i32, 1..2_000_i64, 0..3_000_i64, 0..3_u8), 1..4), 1..60_i32),
                1..5,
            ),
            bound in -50..100_i64,
        ) {
            let now = Timestamp::default() + TimeDelta::days(10_000);
            let fading = |(points, length, age, how): &(i32, i64, i64, u8)| {
                let length = TimeDelta::hours(*length);
                let fade = [Fade::HalfLife(length), Fade::Linear(length), Fade::Never][usize::from(*how)];
                Fading { points: f64::from(*points), since: now - TimeDelta::hours(*age), fade }
            };
            let lines: Vec<(Vec<Fading>, f64)> = lines
                .iter()
                .map(|(line, cap)| (line.iter().map(fading).collect(), f64::from(*cap)))
                .collect();
            let total = |at: Timestamp| -> i64 {
                let worth = |line: &[Fading]| line.iter().map(|one| one.at(at)).sum::<f64>();
                lines.iter().map(|(line, cap)| points(worth(line).clamp(-cap, *cap)).0).sum()
            };
            let mut moves = Moves::default();
            for (line, cap) in &lines {
                moves.note_fading(line.iter().copied(), Some(*cap));
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
