//! Stretches of days that reports are about. Owns which days a period has today and which it is compared with; whose day it
//! is, by zone, is decided by whoever says what today is.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days as Step, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Days from the first to the last, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Days {
    /// The first of them.
    pub first: NaiveDate,
    /// The last of them; there are none when it lies before the first.
    pub last: NaiveDate,
}

impl Days {
    /// Each of them, in order.
    pub fn iter(self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(move |day| *day <= self.last)
    }

    /// Whether a day is one of them.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }
}

/// When a day begins in a zone: midnight, or the first moment after it where a clock change skips it.
pub fn first_moment(day: NaiveDate, zone: Tz) -> Timestamp {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=48)
        .find_map(|half_hours| {
            (midnight + TimeDelta::minutes(30 * half_hours)).and_local_timezone(zone).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

/// A period that ends today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Period {
    /// The last 7 days; `7d` in addresses.
    #[serde(rename = "7d")]
    Week,
    /// The last 30 days; `30d`. What is meant when nobody says.
    #[default]
    #[serde(rename = "30d")]
    Month,
    /// The last 90 days; `90d`.
    #[serde(rename = "90d")]
    Quarter,
    /// Since the first of January; `year`.
    #[serde(rename = "year")]
    ThisYear,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Week, Self::Month, Self::Quarter, Self::ThisYear];

    /// Its name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
            Self::ThisYear => "year",
        }
    }

    /// How many days it has; none where that depends on the day.
    fn length(self) -> Option<u64> {
        match self {
            Self::Week => Some(7),
            Self::Month => Some(30),
            Self::Quarter => Some(90),
            Self::ThisYear => None,
        }
    }

    /// Its days when this is the last one.
    pub fn until(self, today: NaiveDate) -> Days {
        let first = match self.length() {
            Some(length) => today.checked_sub_days(Step::new(length - 1)),
            None => new_year(today.year()),
        };
        Days { first: first.unwrap_or(NaiveDate::MIN), last: today }
    }

    /// The days that it is compared with: as many before it, or the same part of the year before.
    pub fn before(self, today: NaiveDate) -> Days {
        let first = self.until(today).first;
        let (from, last) = match self.length() {
            Some(length) => {
                (first.checked_sub_days(Step::new(length)), first.checked_sub_days(Step::new(1)))
            }
            // On the 29th of February, the year before ends on its 28th.
            None => (new_year(today.year() - 1), same_day_a_year_before(today)),
        };
        Days { first: from.unwrap_or(NaiveDate::MIN), last: last.unwrap_or(NaiveDate::MIN) }
    }
}

fn new_year(year: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, 1, 1)
}

fn same_day_a_year_before(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_sub_months(chrono::Months::new(12))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// It is no period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("has to be 7d, 30d, 90d or year")]
pub struct PeriodError;

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or(PeriodError)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_year_is_compared_with_the_same_part_of_the_year_before() {
        for (today, first, last) in [
            ("2026-11-22", "2025-01-01", "2025-11-22"),
            ("2028-02-29", "2027-01-01", "2027-02-28"),
            ("2026-01-01", "2025-01-01", "2025-01-01"),
        ] {
            let before = Period::ThisYear.before(day(today));
            assert_eq!(before, Days { first: day(first), last: day(last) });
        }
    }

    #[test]
    fn a_day_begins_at_its_first_moment_in_a_zone() {
        let begins = |text: &str, zone: Tz| first_moment(day(text), zone).to_rfc3339();
        assert_eq!(begins("2026-03-29", Tz::Europe__Berlin), "2026-03-28T23:00:00+00:00");
        // Midnight is skipped here.
        assert_eq!(begins("2018-11-04", Tz::America__Sao_Paulo), "2018-11-04T03:00:00+00:00");
    }

    #[test]
    fn thirty_days_end_today() {
        let days = Period::Month.until(day("2026-11-22"));
        assert_eq!(days, Days { first: day("2026-10-24"), last: day("2026-11-22") });
    }

    proptest! {
        #[test]
        fn the_days_before_end_before_the_period_begins(
            offset in 0_i32..60_000, at in 0_usize..4,
        ) {
            let today = NaiveDate::from_epoch_days(offset).unwrap();
            let period = Period::ALL[at];
            let (now, before) = (period.until(today), period.before(today));
            prop_assert!(now.contains(today) && before.last < now.first);
            let (long, short) = (now.iter().count(), before.iter().count());
            match period.length() {
                Some(length) => {
                    prop_assert_eq!((long as u64, short as u64), (length, length));
                    prop_assert_eq!(before.last.succ_opt(), Some(now.first));
                }
                None => prop_assert!(long.abs_diff(short) <= 1),
            }
            prop_assert_eq!(period.as_str().parse(), Ok(period));
        }
    }
}
