//! How values read: amounts with their thousands apart, times in the tenant's zone, links with their parameters.

use chrono::Datelike;
use chrono_tz::Tz;
use leadbox_core::{LeadScore, Money, Revision, Timestamp};

/// A moment for people, and the same for machines.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) text: String,
    pub(super) machine: String,
}

/// The day: `3 Mar` of this year, `3 Mar 2025` of another.
pub(super) fn day(at: Timestamp, now: Timestamp, zone: Tz) -> Moment {
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let pattern = if local.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    Moment {
        text: local.format(pattern).to_string(),
        machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// Day and minute: `3 Mar 2025, 14:05`.
pub(super) fn minute(at: Timestamp, zone: Tz) -> Moment {
    let local = at.with_timezone(&zone);
    Moment {
        text: local.format("%-d %b %Y, %H:%M").to_string(),
        machine: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// `12,500 EUR`, and with cents only where there are some.
pub(super) fn money(value: Money) -> String {
    let plain = value.to_string();
    let (amount, currency) = plain.rsplit_once(' ').unwrap_or((&plain, ""));
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let cents =
        if part.bytes().all(|digit| digit == b'0') { String::new() } else { format!(".{part}") };
    format!("{sign}{}{cents} {currency}", thousands(digits))
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of leads.
pub(super) fn count(number: i64) -> String {
    let digits = thousands(&number.unsigned_abs().to_string());
    if number < 0 { format!("-{digits}") } else { digits }
}

/// The total, or nothing while no rule has looked at the lead.
pub(super) fn score(score: &LeadScore) -> Option<String> {
    (score.revision > Revision(0)).then(|| score.total.to_string())
}

/// An address with parameters; those without a value are left out.
pub(super) fn link(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut link = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            link.push(separator);
            link.push_str(name);
            link.push('=');
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    link.push(char::from(byte));
                } else {
                    link.push_str(&format!("%{byte:02X}"));
                }
            }
            separator = '&';
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let money = |minor, code: &str| money(Money::new(minor, code.parse().unwrap()));
        assert_eq!(money(1_250_000, "EUR"), "12,500 EUR");
        assert_eq!(money(-125_050, "EUR"), "-1,250.50 EUR");
        assert_eq!(money(99, "EUR"), "0.99 EUR");
        assert_eq!(money(1_000_000, "JPY"), "1,000,000 JPY");
    }

    #[test]
    fn links_carry_any_text() {
        let made = link(
            "/",
            &[
                ("q", Some("Müller & <b>")),
                ("stage", Some("")),
                ("after", None),
                ("x", Some("a~1")),
            ],
        );
        assert_eq!(made, "/?q=M%C3%BCller%20%26%20%3Cb%3E&x=a~1");
        assert_eq!(link("/", &[("q", None)]), "/");
    }
}
