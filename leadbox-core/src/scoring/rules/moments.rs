//! Moments and stretches of time in scripts. Owns the vocabulary, and that whatever depends on how late it is notes when its answer
//! changes.

use chrono::{NaiveDate, TimeDelta};
use rhai::{Dynamic, Engine, EvalAltResult, INT};

use super::fault::refusal;
use super::notes::Notes;
use super::numbers::Comparison;
use super::unknown::{COMPARISONS, Unknown, known};
use crate::scoring::place::beginning;
use crate::time::Timestamp;

/// A moment, as scripts see it.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    at: Timestamp,
    /// Of the card that is being made; none in a moment that the script itself names.
    notes: Option<Notes>,
}

/// How long something takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Stretch(pub(super) TimeDelta);

/// The longest stretch, in days: a century.
const LONGEST: f64 = 36_525.0;

impl Moment {
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// A moment of a lead.
    pub(super) fn of(at: Option<Timestamp>, notes: &Notes) -> Dynamic {
        known(at, |at| Dynamic::from(Self { at, notes: Some(notes.clone()) }))
    }

    fn notes(&self) -> Result<&Notes, Box<EvalAltResult>> {
        self.notes.as_ref().ok_or_else(|| {
            refusal("how long ago something was can be asked of what a lead has, such as lead.created_at")
        })
    }

    fn passed(&self, length: TimeDelta) -> Result<INT, Box<EvalAltResult>> {
        let notes = self.notes()?;
        notes.steps(passes_next(self.at, length, notes.now()));
        Ok(passed(self.at, length, notes.now()))
    }

    fn within(&self, length: Stretch) -> Result<bool, Box<EvalAltResult>> {
        let notes = self.notes()?;
        notes.steps([Some(self.at), end(self.at, length.0)].into_iter().flatten());
        Ok(within(self.at, length.0, notes.now()))
    }
}

/// How many whole stretches of `length` have passed since then; less than zero for what is to come.
pub(super) fn passed(at: Timestamp, length: TimeDelta, now: Timestamp) -> INT {
    let micros = |length: TimeDelta| length.num_microseconds().unwrap_or(i64::MAX);
    micros(now - at).div_euclid(micros(length))
}

/// When the next stretch has passed.
pub(super) fn passes_next(at: Timestamp, length: TimeDelta, now: Timestamp) -> Option<Timestamp> {
    let times = i32::try_from(passed(at, length, now) + 1).ok()?;
    at.checked_add_signed(length.checked_mul(times)?)
}

/// Whether something is no longer ago than `length`. What is to come is not.
pub(super) fn within(at: Timestamp, length: TimeDelta, now: Timestamp) -> bool {
    let last = at.checked_add_signed(length);
    at <= now && last.is_none_or(|last| now <= last)
}

/// When something is longer ago than `length`: the first moment after it.
pub(super) fn end(at: Timestamp, length: TimeDelta) -> Option<Timestamp> {
    at.checked_add_signed(length)?.checked_add_signed(TimeDelta::microseconds(1))
}

/// How many of these moments, the oldest first, are no longer ago than `length`, and the first of them.
pub(super) fn counted(
    times: impl Iterator<Item = Timestamp>,
    length: Option<TimeDelta>,
    now: Timestamp,
) -> (INT, Option<Timestamp>) {
    let since = length.and_then(|length| now.checked_sub_signed(length));
    let mut times = times.filter(|at| since.is_none_or(|since| *at >= since));
    let first = times.next();
    let all = usize::from(first.is_some()) + times.count();
    (INT::try_from(all).unwrap_or(INT::MAX), first)
}

/// A stretch of so many of a unit.
pub(super) fn stretch(count: f64, unit: TimeDelta) -> Result<Stretch, Box<EvalAltResult>> {
    let days = count * unit.as_seconds_f64() / 86_400.0;
    if !(days > 0.0 && days <= LONGEST) {
        return Err(refusal("a stretch of time is longer than nothing and shorter than a century"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a century has far fewer microseconds")]
    Ok(Stretch(TimeDelta::microseconds((days * 86_400e6).round() as i64)))
}

pub(super) const UNITS: [(&str, TimeDelta); 4] = [
    ("minutes", TimeDelta::minutes(1)),
    ("hours", TimeDelta::hours(1)),
    ("days", TimeDelta::days(1)),
    ("weeks", TimeDelta::weeks(1)),
];

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Moment>("a moment");
    engine.register_type_with_name::<Stretch>("a stretch of time");
    for (name, unit) in UNITS {
        #[expect(clippy::cast_precision_loss, reason = "checked to be less than a century")]
        engine.register_fn(name, move |count: INT| stretch(count as f64, unit));
        engine.register_fn(name, move |count: f64| stretch(count, unit));
    }
    for (name, unit) in [("days_since", TimeDelta::days(1)), ("hours_since", TimeDelta::hours(1))] {
        engine.register_fn(name, move |moment: Moment| moment.passed(unit));
        engine.register_fn(name, |_: Unknown| Unknown);
    }
    engine.register_fn("within", |moment: Moment, length: Stretch| moment.within(length));
    engine.register_fn("within", |_: Unknown, _: Stretch| false);
    for (name, how) in
        COMPARISONS.into_iter().filter_map(|name| Comparison::of(name).map(|how| (name, how)))
    {
        engine.register_fn(name, move |a: Moment, b: Moment| how.is(a.at.cmp(&b.at)));
        engine.register_fn(name, move |a: Stretch, b: Stretch| how.is(a.cmp(&b)));
    }
    engine.register_fn("date", |day: &str| match day.parse::<NaiveDate>() {
        Ok(day) => Ok(Moment { at: beginning(day), notes: None }),
        Err(_) => Err(refusal(format!("'{day}' is not a day such as \"2026-03-31\""))),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_the_time_notes_when_it_changes() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        let notes = Notes::new(now);
        let moment = |at: &str| Moment { at: at.parse().unwrap(), notes: Some(notes.clone()) };
        let then = moment("2026-03-28T06:00:00Z");
        assert_eq!(then.passed(TimeDelta::days(1)).unwrap(), 3);
        assert_eq!(notes.take().step, Some("2026-04-01T06:00:00Z".parse().unwrap()));
        assert!(then.within(Stretch(TimeDelta::days(4))).unwrap());
        let over = notes.take().step.unwrap();
        assert_eq!(over, "2026-04-01T06:00:00.000001Z".parse::<Timestamp>().unwrap());
        assert!(!then.within(Stretch(TimeDelta::days(3))).unwrap());
        assert_eq!(notes.take().step, None, "what is over stays over");
        let to_come = moment("2026-04-02T00:00:00Z");
        assert_eq!(to_come.passed(TimeDelta::days(1)).unwrap(), -2);
        assert!(!to_come.within(Stretch(TimeDelta::days(3))).unwrap());
        assert_eq!(notes.take().step, Some("2026-04-01T00:00:00Z".parse().unwrap()));
    }
}
