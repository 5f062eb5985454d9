//! Numbers and moments for people. Owns their spelling; the zone is the asker's.

use chrono::Datelike;
use chrono_tz::Tz;
use leadbox_core::{Days, Money, Timestamp};

/// A whole number with separated thousands.
pub(crate) fn whole(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// An amount with its currency, in whole units where there are no others.
pub(crate) fn amount(value: Money) -> String {
    printed_amount(&value.to_string())
}

/// The same of an amount as it is printed: `1250.50 EUR`.
pub(crate) fn printed_amount(printed: &str) -> String {
    let (number, currency) = printed.split_once(' ').unwrap_or((printed, ""));
    let (units, rest) = number.split_once('.').unwrap_or((number, ""));
    let units = units.parse().map_or_else(|_| units.to_owned(), whole);
    let rest =
        if rest.bytes().all(|digit| digit == b'0') { String::new() } else { format!(".{rest}") };
    format!("{currency} {units}{rest}").trim_start().to_owned()
}

/// How long ago something was.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let minutes = (now - at).num_minutes();
    match minutes {
        ..=0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        1440..43_200 => format!("{} d ago", minutes / 1440),
        _ => at.format("%-d %b %Y").to_string(),
    }
}

/// A moment in a zone, to the minute.
pub(crate) fn moment(at: Timestamp, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %Y, %H:%M").to_string()
}

/// Days from the first to the last.
pub(crate) fn days(days: Days) -> String {
    let (first, last) = (days.first, days.last);
    let from = match (first.year() == last.year(), first == last) {
        (_, true) => String::new(),
        (true, false) => first.format("%-d %b – ").to_string(),
        (false, false) => first.format("%-d %b %Y – ").to_string(),
    };
    format!("{from}{}", last.format("%-d %b %Y"))
}

/// A browser in few words, from what it says of itself; what is not one is cut.
pub(crate) fn browser(agent: &str) -> String {
    // The order matters: most of them also claim to be those behind.
    let names = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let found = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (found(&names), found(&systems)) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ if agent.trim().is_empty() => "Unknown browser".to_owned(),
        _ => agent.chars().take(40).collect(),
    }
}

/// The first letters of a name.
pub(crate) fn initials(name: &str) -> String {
    let first =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    first.take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_spelled_for_people() {
        assert_eq!(whole(-1_234_567), "-1,234,567");
        assert_eq!(whole(999), "999");
        let eur = |minor| Money::new(minor, leadbox_core::Currency::EUR);
        assert_eq!(amount(eur(1_250_000)), "EUR 12,500");
        assert_eq!(amount(eur(1_250_050)), "EUR 12,500.50");
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let earlier = |minutes| now - chrono::TimeDelta::minutes(minutes);
        assert_eq!(ago(earlier(-5), now), "just now");
        assert_eq!(ago(earlier(59), now), "59 min ago");
        assert_eq!(ago(earlier(61), now), "1 h ago");
        assert_eq!(ago(earlier(3 * 1440), now), "3 d ago");
        assert_eq!(ago(earlier(100 * 1440), now), "22 Nov 2025");
        assert_eq!(moment(now, Tz::Asia__Kolkata), "2 Mar 2026, 14:30");
        let of = |first: &str, last: &str| {
            days(Days { first: first.parse().unwrap(), last: last.parse().unwrap() })
        };
        assert_eq!(of("2026-10-24", "2026-11-22"), "24 Oct – 22 Nov 2026");
        assert_eq!(of("2025-12-24", "2026-01-22"), "24 Dec 2025 – 22 Jan 2026");
        assert_eq!(of("2026-01-01", "2026-01-01"), "1 Jan 2026");
        assert_eq!(initials("Ana  maria Novak"), "AM");
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
        assert_eq!(browser(agent), "Chrome on Linux");
        assert_eq!(browser("curl/8.0"), "curl/8.0");
        assert_eq!(browser(""), "Unknown browser");
    }
}
