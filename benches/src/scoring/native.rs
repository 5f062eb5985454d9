//! The rules as somebody would write them in Rust by hand, for this one rule set.

use super::facts::{Facts, Visit};
use leadbox_core::Timestamp;

const FREE: [&str; 8] = [
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "gmx.de",
    "web.de",
];

fn is_one_of(value: Option<&String>, all: &[&str]) -> bool {
    value.is_some_and(|value| all.contains(&value.as_str()))
}

fn has_any(value: Option<&String>, all: &[&str]) -> bool {
    value.is_some_and(|value| all.iter().any(|one| value.contains(one)))
}

/// The points of a lead, and a bit for each of the 20 rules that fired.
pub fn score(lead: &Facts) -> (f64, u32) {
    let (mut total, mut fired, mut next) = (0.0, 0_u32, 0);
    let mut rule = |is_so: bool, points: f64| {
        if is_so && points != 0.0 {
            total += points;
            fired |= 1 << next;
        }
        next += 1;
    };
    let employees = lead.employees.unwrap_or(-1);
    rule(lead.email.is_some(), 5.0);
    rule(lead.phone.is_some(), 5.0);
    rule(lead.company.is_some(), 5.0);
    rule(is_one_of(lead.email_domain.as_ref(), &FREE), -10.0);
    rule((50..=249).contains(&employees), 5.0);
    rule((250..=999).contains(&employees), 15.0);
    rule(employees >= 1000, 20.0);
    let industries = ["software", "banking", "insurance", "healthcare", "manufacturing"];
    rule(is_one_of(lead.industry.as_ref(), &industries), 10.0);
    rule(is_one_of(lead.country.as_ref(), &["DE", "US", "FR", "GB", "NL", "JP"]), 8.0);
    rule(has_any(lead.title.as_ref(), &["CTO", "CEO", "Chief", "Founder"]), 20.0);
    rule(has_any(lead.title.as_ref(), &["VP", "Director", "Head"]), 12.0);
    rule(lead.opens > 0.0, lead.opens.min(10.0));
    rule(lead.views > 0.0, (2.0 * lead.views).min(14.0));
    rule(lead.forms > 0.0, (10.0 * lead.forms).min(20.0));
    rule(lead.demos > 0.0, 25.0);
    rule(lead.idle <= 90.0, 20.0 * (-lead.idle / 14.0).exp());
    rule(lead.idle > 60.0, -15.0);
    rule(lead.source.as_deref() == Some("referral"), 10.0);
    rule(lead.budget.is_some_and(|budget| budget >= 10_000.0), 15.0);
    rule(lead.is_unsubscribed || lead.is_not_to_be_called, -30.0);
    (total, fired)
}

/// The points of what happened: the five signals of [`SIGNALS`](super::leadbox::SIGNALS).
pub fn signals(visits: &[Visit], now: Timestamp) -> f64 {
    let sum =
        |kind: &str, half_life: f64, points: f64, cap: f64, is_meant: &dyn Fn(&Visit) -> bool| {
            let meant =
                visits.iter().filter(|one| one.kind == kind && one.at <= now && is_meant(one));
            let days = |one: &Visit| (now - one.at).as_seconds_f64() / 86_400.0;
            let worth: f64 = meant.map(|one| points * (-days(one) / half_life).exp2()).sum();
            (worth.min(cap) * 100.0).round() / 100.0
        };
    sum("page_view", 14.0, 8.0, 24.0, &|one| one.path.starts_with("/pricing"))
        + sum("email_open", 7.0, 1.0, 5.0, &|one| one.seconds >= 5)
        + sum("form_submit", 30.0, 10.0, 30.0, &|one| one.path != "/docs")
        + sum("call", 60.0, 15.0, 45.0, &|one| one.seconds >= 60)
        + sum("email_click", 10.0, 3.0, 12.0, &|one| one.path.starts_with("/blog"))
}
