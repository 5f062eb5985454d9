//! The same rules as a script and in plain Rust. Owns what a lead is worth, and when that may change by itself.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// The most interactions of a lead that count.
pub const MOST: usize = 1_000;
const DAY: f64 = 86_400_000_000.0;
const MINUTE: f64 = 60_000_000.0;
const HALF_LIFE: f64 = 14.0 * DAY;
const WINDOW: i64 = 90 * 86_400_000_000;
const CAP: f64 = 24.0;
const PRIORITIES: [(&str, i64); 2] = [("hot", 40_00), ("warm", 25_00)];

/// The script, by what a big company is worth: that moves a fifth of the leads.
pub fn script(big: i64) -> String {
    format!(
        r#"ruleset("Bench");
        priority("hot", 40);
        priority("warm", 25);
        rule("Decides", 20, |lead| lead.title.has_any(["cto", "founder", "director"]));
        rule("Sells", 10, |lead| lead.title.has_any(["head of", "vp"]));
        rule("Has an address", 5, |lead| is_known(lead.email));
        rule("Near", 5, |lead| lead.country in ["DE", "FR", "IT", "PL"]);
        rule("Big company", {big}, |lead| lead.company.ends_with("1") || lead.company.ends_with("6"));
        signal("Saw the prices", "page_view", 8).when(|i| i.path.starts_with("/pricing")).half_life(days(14)).cap(24);
        signal("Saw a page", "page_view", 1).within(days(90)).cap(5);"#
    )
}

/// What happened with a lead until a moment, as points.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    now: i64,
    count: usize,
    prices: f64,
    pages: u32,
    /// The soonest moment at which one counts no more.
    ends: Option<i64>,
}

impl Seen {
    /// Nothing so far.
    pub fn until(now: DateTime<Utc>) -> Self {
        Self { now: now.timestamp_micros(), count: 0, prices: 0.0, pages: 0, ends: None }
    }

    /// Adds something that happened, the latest first.
    pub fn add(&mut self, kind: &str, at: i64, props: &Value) {
        self.count += 1;
        if kind != "page_view" || self.count > MOST {
            return;
        }
        if props["path"].as_str().is_some_and(|path| path.starts_with("/pricing")) {
            self.prices += 8.0 * (-((self.now - at) as f64) / HALF_LIFE).exp2();
        }
        let ends = at + WINDOW;
        if ends > self.now {
            self.pages += 1;
            self.ends = Some(self.ends.map_or(ends, |soonest| soonest.min(ends)));
        }
    }
}

/// A score and why.
#[derive(Debug)]
pub struct Score {
    /// In hundredths of a point.
    pub total: i64,
    /// The priority that it reaches.
    pub priority: Option<&'static str>,
    /// The rules that fired, with their points.
    pub lines: Vec<(&'static str, i64)>,
    /// When it may move by itself, in microseconds.
    pub next: Option<i64>,
}

fn has_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// What a lead is worth.
pub fn score(body: &Value, seen: Seen, big: i64) -> Score {
    let person = &body["person"];
    let title = person["title"].as_str().unwrap_or_default();
    let company = body["company"]["name"].as_str().unwrap_or_default();
    let country = body["company"]["country"].as_str().unwrap_or_default();
    let mut lines = Vec::new();
    let mut line = |fires: bool, rule, points: i64| {
        if fires && points != 0 {
            lines.push((rule, points));
        }
    };
    line(has_any(title, &["cto", "founder", "director"]), "Decides", 20_00);
    line(has_any(title, &["head of", "vp"]), "Sells", 10_00);
    line(!person["email"].is_null(), "Has an address", 5_00);
    line(["DE", "FR", "IT", "PL"].contains(&country), "Near", 5_00);
    line(company.ends_with('1') || company.ends_with('6'), "Big company", big * 100);
    line(true, "Saw the prices", whole(seen.prices.min(CAP) * 100.0));
    line(true, "Saw a page", i64::from(seen.pages.min(5)) * 100);
    let total = lines.iter().map(|(_, points)| points).sum();
    let next = fades(seen.prices, total, seen.now).into_iter().chain(seen.ends).min();
    Score { total, priority: priority_of(total), lines, next }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "points and microseconds are far from the end of numbers"
)]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// The priority of a total.
pub fn priority_of(total: i64) -> Option<&'static str> {
    PRIORITIES.iter().find(|(_, bound)| total >= *bound).map(|(name, _)| *name)
}

/// When a whole point has faded, or what keeps the total at its priority.
fn fades(prices: f64, total: i64, now: i64) -> Option<i64> {
    let above = PRIORITIES.iter().map(|(_, bound)| total - bound).filter(|above| *above >= 0);
    let gap = above.map(|above| above + 1).chain([100]).min().unwrap_or(100) as f64 / 100.0;
    let left = prices.min(CAP) - gap;
    let takes = (left > 0.0).then(|| HALF_LIFE * (prices / left).log2())?;
    Some(now + whole(takes.max(MINUTE)))
}
