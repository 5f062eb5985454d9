//! When leads came in. Owns how many days a step of the chart has, and what the steps are called; which days there are, and
//! where each begins, is decided before.

use chrono::NaiveDate;
use leadbox_core::Overview;
use leadbox_core::overview::{Progress, Stretch};

use crate::canvas::{Canvas, Finish};
use crate::chart::{ChartRow, LineChart};
use crate::spark::spark;

/// Up to so many days each has a step of its own.
const DAYS: usize = 92;
/// A sparkline has at most so many steps.
const SPARK: usize = 15;

/// How many days a step has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grain {
    /// One.
    Day,
    /// Seven, counted from the first day on.
    Week,
}

impl Grain {
    fn of(stretch: &Stretch) -> Self {
        if stretch.daily.len() <= DAYS { Self::Day } else { Self::Week }
    }

    fn days(self) -> usize {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }
}

/// New leads step by step, beside those of the period before; the last step still goes on.
pub fn arrivals(overview: &Overview) -> (Grain, LineChart) {
    let grain = Grain::of(&overview.now);
    let steps = |stretch: &Stretch| -> Vec<i64> {
        let steps = stretch.daily.chunks(grain.days());
        steps.map(|days| days.iter().map(|day| day.leads).sum()).collect()
    };
    let before = steps(&overview.before);
    let mut days = overview.now.days.iter();
    let rows = steps(&overview.now).into_iter().enumerate().map(|(step, leads)| {
        let days: Vec<NaiveDate> = days.by_ref().take(grain.days()).collect();
        let (first, last) = (days.first(), days.last());
        ChartRow {
            label: first
                .zip(last)
                .map(|(first, last)| stretch_name(*first, *last))
                .unwrap_or_default(),
            tick: first.map(|first| day_name(*first)).unwrap_or_default(),
            values: vec![Some(leads), before.get(step).copied()],
        }
    });
    (grain, LineChart { rows: rows.collect(), last: Finish::Partial })
}

/// How something went over these days, as a small line.
pub fn trail(daily: &[Progress], value: impl Fn(&Progress) -> Option<f64>) -> Canvas {
    let step = daily.len().div_ceil(SPARK).max(1);
    // From the last day back, so that the last step is as long as the others.
    let steps = daily.rchunks(step).rev().map(|days| {
        let mut sum = Progress::default();
        days.iter().for_each(|day| sum += *day);
        value(&sum)
    });
    spark(&steps.collect::<Vec<_>>())
}

fn day_name(day: NaiveDate) -> String {
    day.format("%-d %b").to_string()
}

fn stretch_name(first: NaiveDate, last: NaiveDate) -> String {
    if first == last {
        day_name(first)
    } else {
        format!("{} – {}", day_name(first), day_name(last))
    }
}

#[cfg(test)]
mod tests {
    use leadbox_core::Days;

    use super::*;

    fn stretch(first: &str, last: &str, leads: impl Fn(u32) -> i64) -> Stretch {
        let days = Days { first: first.parse().unwrap(), last: last.parse().unwrap() };
        let progress = |n| Progress { leads: leads(n), ..Progress::default() };
        let daily: Vec<Progress> = (0..).zip(days.iter()).map(|(n, _)| progress(n)).collect();
        let mut total = Progress::default();
        daily.iter().for_each(|day| total += *day);
        Stretch { days, daily, total }
    }

    fn overview(now: Stretch, before: Stretch) -> Overview {
        Overview { now, before, stages: Vec::new(), sources: Vec::new() }
    }

    #[test]
    fn a_month_has_a_step_for_each_day() {
        let now = stretch("2026-10-24", "2026-11-22", i64::from);
        let before = stretch("2026-09-24", "2026-10-23", |_| 7);
        let (grain, chart) = arrivals(&overview(now, before));
        assert_eq!((grain, chart.rows.len()), (Grain::Day, 30));
        assert_eq!(chart.rows[4].label, "28 Oct");
        assert_eq!(chart.rows[29].values, [Some(29), Some(7)]);
    }

    #[test]
    fn a_year_has_weeks_that_hold_every_lead_and_what_has_no_partner_is_a_gap() {
        let now = stretch("2028-01-01", "2028-12-31", |_| 1);
        let before = stretch("2027-01-01", "2027-12-24", |_| 2);
        let (grain, chart) = arrivals(&overview(now, before));
        assert_eq!((grain, chart.rows.len()), (Grain::Week, 53));
        let sum: i64 = chart.rows.iter().filter_map(|row| row.values[0]).sum();
        assert_eq!(sum, 366);
        assert_eq!(
            (chart.rows[0].label.as_str(), chart.rows[0].tick.as_str()),
            ("1 Jan – 7 Jan", "1 Jan")
        );
        assert_eq!(chart.rows[52].label, "30 Dec – 31 Dec");
        assert_eq!(chart.rows[52].values, [Some(2), None]);
    }

    #[test]
    fn a_trail_is_short_and_passes_over_what_nobody_knows() {
        let daily = stretch("2026-01-01", "2026-03-31", i64::from).daily;
        let won = trail(&daily, |_| None);
        assert!(!won.sparkline().contains("<path"));
        let line = trail(&daily, |day| Some(day.leads as f64)).sparkline();
        assert_eq!(line.matches(['M', 'L']).count(), 15, "{line}");
    }
}
