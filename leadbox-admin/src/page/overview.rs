//! The first page: how things stand. Owns which figures it shows and how they read; they are sums of the counts that are kept,
//! and counts that stop, so that they cost the same however many leads there are.

use askama::Template;
use axum::extract::Query;
use axum::response::Html;
use futures_util::future::try_join4;
use leadbox_core::overview::Progress;
use leadbox_core::{Days, Invalid, LeadList, Overview, PageRequest, Period};
use leadbox_reports::{Canvas, Grain, arrivals, trail};

use super::asked::Asked;
use super::attention::{Matter, matters};
use super::rows::{Head, Row, plain_heads, row};
use super::shell::{Shell, Visit};
use super::words::zone;
use super::{Doc, Markup, format};
use crate::serve::Problem;

/// How many of the latest leads it shows.
const LATEST: u32 = 8;
/// How many sources.
const SOURCES: usize = 6;

/// The periods, in words: what they are called, and what comes before them.
const PERIODS: [(Period, &str, &str); 4] = [
    (Period::Week, "Last 7 days", "than the 7 days before"),
    (Period::Month, "Last 30 days", "than the 30 days before"),
    (Period::Quarter, "Last 90 days", "than the 90 days before"),
    (Period::ThisYear, "This year", "than by this day last year"),
];

struct Figure {
    label: &'static str,
    value: String,
    change: Change,
    line: Markup,
}

/// How a figure differs from that of the days before.
struct Change {
    /// `good`, `worse` or `muted`.
    tone: &'static str,
    arrow: &'static str,
    says: String,
    beside: &'static str,
}

/// One row of a table with bars.
struct BarRow {
    name: String,
    note: String,
    /// Where its leads are; nowhere when empty.
    link: String,
    /// In percent of the largest.
    bar: i64,
    leads: String,
    share: String,
}

/// A step of the chart, as the table beside it shows it.
struct Step {
    label: String,
    /// What is read by scripts, and by people; empty where there is none.
    values: Vec<(String, String)>,
}

struct Chart {
    title: &'static str,
    step: &'static str,
    max: u64,
    plot: Markup,
    steps: Vec<Step>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    span: String,
    period: &'static str,
    periods: [(&'static str, &'static str); 4],
    figures: Vec<Figure>,
    /// None where there is nothing to draw.
    chart: Option<Chart>,
    stages: Vec<BarRow>,
    outcome: String,
    sources: Vec<BarRow>,
    matters: Vec<Matter>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// Whether rows can be ticked.
    selects: bool,
}

/// `GET /`.
pub(crate) async fn overview(
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("");
    let asked = Asked::of(asked);
    let period = match asked.text("period") {
        "" => Period::default(),
        text => text.parse().map_err(|error| Invalid::one("period", error))?,
    };
    let catalog = leadbox.catalog().await?;
    let (analytics, leads, directory) = (leadbox.analytics(), leadbox.leads(), leadbox.directory());
    let (zone, latest, page) =
        (zone(&leadbox, &catalog).await?, LeadList::default(), PageRequest::first(LATEST));
    let (overview, attention, latest, names) = try_join4(
        analytics.overview(period),
        analytics.attention(zone),
        leads.list(&latest, &page),
        directory.names(),
    )
    .await?;
    let now = leadbox.now();
    let days = overview.now.days;
    let page = Page {
        span: format!("{} · {}", format::days(days), catalog.settings.zone),
        period: period.as_str(),
        periods: PERIODS.map(|(period, label, _)| (period.as_str(), label)),
        figures: figures(period, &overview),
        chart: chart(&overview),
        stages: stages(&doc, &overview, catalog.pipelines.len() > 1),
        outcome: outcome(&overview.now.total),
        sources: sources(&doc, &overview),
        matters: matters(&doc, &attention),
        heads: plain_heads(),
        selects: false,
        rows: latest.items.iter().map(|stored| row(stored, &catalog, &names, now)).collect(),
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

fn figures(period: Period, overview: &Overview) -> Vec<Figure> {
    let named = PERIODS.iter().find(|(one, ..)| *one == period);
    let beside = named.map_or("", |(.., beside)| beside);
    let (now, before) = (&overview.now.total, &overview.before.total);
    // Without leads there is no shape to show.
    let line = |canvas: Canvas| match now.leads {
        0 => Markup::drawn(String::new()),
        _ => Markup::drawn(canvas.sparkline()),
    };
    let daily = &overview.now.daily;
    let rate = |part: i64, whole: i64| (whole != 0).then(|| part as f64 / whole as f64);
    vec![
        Figure {
            label: "New leads",
            value: format::whole(now.leads),
            change: Change::of_counts(now.leads, before.leads, beside),
            line: line(trail(daily, |day| Some(day.leads as f64))),
        },
        Figure {
            label: "Past the first stage",
            value: percent(now.moved, now.leads),
            change: Change::of_rates((now.moved, now.leads), (before.moved, before.leads), beside)
                .in_short_time(),
            line: line(trail(daily, |day| rate(day.moved, day.leads))),
        },
        Figure {
            label: "Won so far",
            value: format::whole(now.won),
            change: Change::of_counts(now.won, before.won, beside).in_short_time(),
            line: line(trail(daily, |day| Some(day.won as f64))),
        },
        Figure {
            label: "Won of closed",
            value: percent(now.won, now.closed()),
            change: Change::of_rates(
                (now.won, now.closed()),
                (before.won, before.closed()),
                beside,
            )
            .in_short_time(),
            line: line(trail(daily, |day| rate(day.won, day.closed()))),
        },
    ]
}

impl Change {
    fn none(says: &str) -> Self {
        Self { tone: "muted", arrow: "", says: says.to_owned(), beside: "" }
    }

    fn by(tenths: i64, unit: &str, beside: &'static str) -> Self {
        let (tone, arrow, word) = match tenths {
            0 => return Self { beside, ..Self::none("No more or less") },
            1.. => ("good", "↑", "more"),
            _ => ("worse", "↓", "less"),
        };
        let size = tenths.unsigned_abs();
        let says =
            format!("{}.{}{unit} {word}", format::whole((size / 10).cast_signed()), size % 10);
        Self { tone, arrow, says, beside }
    }

    /// Neither good nor bad: the leads of before had longer.
    fn in_short_time(self) -> Self {
        Self { tone: "muted", ..self }
    }

    /// In percent of the count before.
    fn of_counts(now: i64, before: i64, beside: &'static str) -> Self {
        match (now, before) {
            (0, 0) => Self::none("None before either"),
            (_, 0) => Self::none("None before"),
            _ => Self::by(rounded(1000 * i128::from(now - before), before), "%", beside),
        }
    }

    /// In points of percent, of rates as part and whole.
    fn of_rates(now: (i64, i64), before: (i64, i64), beside: &'static str) -> Self {
        match (now.1, before.1) {
            (0, _) => Self::none("Nothing to say yet"),
            (_, 0) => Self::none("Nothing to compare with"),
            _ => Self::by(tenths(now.0, now.1) - tenths(before.0, before.1), " pts", beside),
        }
    }
}

fn chart(overview: &Overview) -> Option<Chart> {
    let (grain, chart) = arrivals(overview);
    let (title, step) = match grain {
        Grain::Day => ("New leads per day", "Day"),
        Grain::Week => ("New leads per week", "Week"),
    };
    let is_empty = overview.now.total.leads == 0 && overview.before.total.leads == 0;
    let value = |value: &Option<i64>| match value {
        Some(value) => (value.to_string(), format::whole(*value)),
        None => (String::new(), "–".to_owned()),
    };
    let steps = chart.rows.iter().map(|row| Step {
        label: row.label.clone(),
        values: row.values.iter().map(value).collect(),
    });
    (!is_empty).then(|| Chart {
        title,
        step,
        max: chart.axis().max,
        plot: Markup::drawn(chart.canvas().plot()),
        steps: steps.collect(),
    })
}

/// The list of the leads of these days that have this value.
fn list(doc: &Doc, days: Days, name: &str, value: &str) -> String {
    let (first, last) = (days.first.to_string(), days.last.to_string());
    let asked = [(name, value), ("from", &first), ("until", &last)];
    Asked::default().address(&doc.page("leads"), &asked)
}

fn stages(doc: &Doc, overview: &Overview, several: bool) -> Vec<BarRow> {
    let days = overview.now.days;
    let most = overview.stages.iter().map(|stage| stage.leads).max().unwrap_or(0);
    let rows = overview.stages.iter().map(|stage| BarRow {
        name: stage.name.clone(),
        note: if several { stage.pipeline.clone() } else { String::new() },
        link: list(doc, days, "stage", &stage.stage.to_string()),
        bar: bar(stage.leads, most),
        leads: format::whole(stage.leads),
        share: percent(stage.leads, overview.now.total.leads),
    });
    rows.collect()
}

fn outcome(total: &Progress) -> String {
    match total.leads {
        0 => String::new(),
        leads => format!(
            "{} of the leads that came in then are won so far; {} are still open.",
            percent(total.won, leads),
            percent(total.open(), leads)
        ),
    }
}

fn sources(doc: &Doc, overview: &Overview) -> Vec<BarRow> {
    let days = overview.now.days;
    let most = overview.sources.first().map_or(0, |one| one.progress.leads);
    let rows = overview.sources.iter().take(SOURCES).map(|one| BarRow {
        name: one.source.clone().unwrap_or_else(|| "Not set".to_owned()),
        note: String::new(),
        link: one
            .source
            .as_ref()
            .map(|source| list(doc, days, "source", source))
            .unwrap_or_default(),
        bar: bar(one.progress.leads, most),
        leads: format::whole(one.progress.leads),
        share: percent(one.progress.won, one.progress.leads),
    });
    rows.collect()
}

fn bar(part: i64, most: i64) -> i64 {
    if most <= 0 { 0 } else { rounded(100 * i128::from(part), most).clamp(0, 100) }
}

fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = tenths(part, whole);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Tenths of a percent.
fn tenths(part: i64, whole: i64) -> i64 {
    rounded(1000 * i128::from(part), whole)
}

/// Divided and rounded to the nearest, half away from zero.
fn rounded(number: i128, by: i64) -> i64 {
    let by = i128::from(by);
    let half = if (number < 0) == (by < 0) { by / 2 } else { -by / 2 };
    i64::try_from((number + half) / by).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_words() {
        let says = |change: Change| format!("{}{} ({})", change.arrow, change.says, change.tone);
        let counts = |now, before| says(Change::of_counts(now, before, ""));
        assert_eq!(counts(2_418, 2_151), "↑12.4% more (good)");
        assert_eq!(counts(75, 78), "↓3.8% less (worse)");
        assert_eq!(counts(5, 5), "No more or less (muted)");
        assert_eq!(counts(5, 0), "None before (muted)");
        assert_eq!(counts(0, 0), "None before either (muted)");
        assert_eq!(counts(3_000, 2), "↑149,900.0% more (good)");
        let rates = |now, before| says(Change::of_rates(now, before, ""));
        assert_eq!(rates((342, 1000), (321, 1000)), "↑2.1 pts more (good)");
        assert_eq!(rates((1, 0), (3, 4)), "Nothing to say yet (muted)");
        assert_eq!(rates((1, 2), (0, 0)), "Nothing to compare with (muted)");
    }

    #[test]
    fn shares_are_rounded_and_nothing_has_none() {
        assert_eq!(
            (percent(1, 3), percent(2, 3), percent(0, 0)),
            ("33.3%".into(), "66.7%".into(), "–".into())
        );
        assert_eq!(percent(i64::MAX, i64::MAX), "100.0%");
        assert_eq!((bar(1, 0), bar(5, 10), bar(1, 1000)), (0, 50, 0));
        assert_eq!((rounded(-15, 10), rounded(15, 10), rounded(-14, 10)), (-2, 2, -1));
    }
}
