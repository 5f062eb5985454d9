//! When leads come in. Owns the weights of days (year, week, growth, webinars, trade shows) and of hours; all in UTC.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use leadbox_core::Timestamp;

use super::dice::Dice;
use super::sources::Rhythm;

/// B2B buys little in August and at the turn of the year, and most in spring and autumn. January to December.
const MONTHS: [f64; 12] = [0.92, 1.04, 1.16, 1.08, 1.06, 1.0, 0.78, 0.66, 1.14, 1.22, 1.12, 0.7];
/// Monday to Sunday.
const WEEKDAYS: [f64; 7] = [1.05, 1.2, 1.18, 1.12, 0.84, 0.2, 0.24];
/// Midnight to 23:00, seen from Europe with America in the afternoon.
const HOURS: [f64; 24] = [
    0.2, 0.15, 0.1, 0.1, 0.15, 0.3, 0.7, 1.4, 2.4, 3.0, 3.0, 2.4, 1.9, 2.6, 3.0, 2.8, 2.4, 1.9,
    1.5, 1.1, 0.8, 0.6, 0.4, 0.3,
];

/// The calendar of a plan: a day's weight for each rhythm.
#[derive(Debug)]
pub(super) struct Calendar {
    first: NaiveDate,
    week: Vec<f64>,
    webinars: Vec<f64>,
    shows: Vec<f64>,
}

impl Calendar {
    /// The days from `first` until `end`, which is not among them.
    pub(super) fn new(first: NaiveDate, end: NaiveDate) -> Self {
        let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day < end).collect();
        let weigh =
            |rhythm| days.iter().map(|day| weight(first, end, *day, rhythm)).collect::<Vec<f64>>();
        Self {
            first,
            week: weigh(Rhythm::Week),
            webinars: weigh(Rhythm::Webinars),
            shows: weigh(Rhythm::Shows),
        }
    }

    /// A moment at which a lead of this rhythm comes in.
    pub(super) fn moment(&self, dice: &mut Dice, rhythm: Rhythm) -> Timestamp {
        let own = match rhythm {
            Rhythm::Week => &self.week,
            Rhythm::Webinars => &self.webinars,
            Rhythm::Shows => &self.shows,
        };
        // A short plan may hold no webinar and no show.
        let weights = if own.iter().all(|weight| *weight == 0.0) { &self.week } else { own };
        let day = dice.weighted(weights.iter().copied());
        let day =
            u64::try_from(day).ok().and_then(|day| self.first.checked_add_days(Days::new(day)));
        let hour = match rhythm {
            Rhythm::Webinars => 13 + dice.below(3),
            Rhythm::Shows => 8 + dice.below(9),
            Rhythm::Week => dice.weighted(HOURS.iter().copied()),
        };
        let start = day.unwrap_or(self.first).and_time(NaiveTime::MIN).and_utc();
        start + TimeDelta::hours(i64::try_from(hour).unwrap_or_default()) + dice.seconds(0, 3599)
    }
}

fn weight(first: NaiveDate, end: NaiveDate, day: NaiveDate, rhythm: Rhythm) -> f64 {
    let weekday = day.weekday();
    match rhythm {
        Rhythm::Webinars if weekday != Weekday::Thu || !(8..=14).contains(&day.day()) => {
            return 0.0;
        }
        Rhythm::Shows if !is_show(day) => return 0.0,
        Rhythm::Webinars | Rhythm::Shows | Rhythm::Week => {}
    }
    let month = MONTHS[day.month0() as usize];
    let week = WEEKDAYS[weekday.num_days_from_monday() as usize];
    // The invented company grows by half within the plan.
    let (gone, all) = ((day - first).num_days(), (end - first).num_days().max(1));
    #[expect(clippy::cast_precision_loss, reason = "days are few")]
    let growth = 1.0 + 0.5 * gone as f64 / all as f64;
    month * week * growth
}

/// Tuesday to Thursday of the third week of March and of the second of October, and three days in June.
fn is_show(day: NaiveDate) -> bool {
    let middle = matches!(day.weekday(), Weekday::Tue | Weekday::Wed | Weekday::Thu);
    middle
        && match day.month() {
            3 => (15..=21).contains(&day.day()),
            6 => (3..=9).contains(&day.day()),
            10 => (8..=14).contains(&day.day()),
            _ => false,
        }
}

/// The next moment at which somebody works: 7:00 to 17:00, Monday to Friday.
pub(super) fn working(dice: &mut Dice, at: Timestamp) -> Timestamp {
    let mut day = at.date_naive();
    let mut start = at;
    let hours =
        |day: NaiveDate, hour| day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(hour);
    while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || start >= hours(day, 17) {
        day = day.checked_add_days(Days::new(1)).unwrap_or(day);
        start = hours(day, 7);
    }
    if start < hours(day, 7) {
        start = hours(day, 7);
    }
    // Whatever waited over night is not all done at seven sharp.
    if start > at { start + dice.seconds(0, 3 * 3600) } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn working_days_and_autumn_bring_more_than_weekends_and_august() {
        let calendar = Calendar::new(day("2025-01-01"), day("2026-01-01"));
        let mut dice = Dice::seeded(5);
        let moments: Vec<Timestamp> =
            (0..20_000).map(|_| calendar.moment(&mut dice, Rhythm::Week)).collect();
        let of = |month| moments.iter().filter(|at| at.month() == month).count();
        assert!(of(10) > of(8) * 3 / 2, "{} in October, {} in August", of(10), of(8));
        let weekend = moments.iter().filter(|at| at.weekday().num_days_from_monday() >= 5).count();
        assert!(weekend * 8 < moments.len(), "{weekend} on weekends");
        assert!(
            moments
                .iter()
                .all(|at| (day("2025-01-01")..day("2026-01-01")).contains(&at.date_naive()))
        );
    }

    #[test]
    fn webinars_and_shows_have_their_days_unless_the_plan_has_none() {
        let mut dice = Dice::seeded(6);
        let calendar = Calendar::new(day("2025-01-01"), day("2026-01-01"));
        for _ in 0..200 {
            assert_eq!(calendar.moment(&mut dice, Rhythm::Webinars).weekday(), Weekday::Thu);
            assert!(is_show(calendar.moment(&mut dice, Rhythm::Shows).date_naive()));
        }
        let short = Calendar::new(day("2026-01-01"), day("2026-01-04"));
        assert_eq!(short.moment(&mut dice, Rhythm::Shows).month(), 1);
    }

    #[test]
    fn nobody_works_at_night() {
        let mut dice = Dice::seeded(7);
        let friday_night = "2026-03-06T22:10:00Z".parse().unwrap();
        let next = working(&mut dice, friday_night);
        assert_eq!(next.date_naive(), day("2026-03-09"));
        let noon = "2026-03-04T12:00:00Z".parse().unwrap();
        assert_eq!(working(&mut dice, noon), noon);
    }
}
