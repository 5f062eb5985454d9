//! Moments in forms: a day and a time in the asker's zone. Owns reading and writing them.

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use leadbox_core::{Invalid, Timestamp};

use super::fields::value;

/// How browsers write a moment, and how people do.
const FORMS: [&str; 3] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];

/// A moment as an input of type `datetime-local` holds it; empty without one.
pub(super) fn local(at: Option<Timestamp>, zone: Tz) -> String {
    at.map(|at| at.with_timezone(&zone).format(FORMS[0]).to_string()).unwrap_or_default()
}

/// The moment that a field names, if it names one; noted when it is none.
pub(super) fn read(
    given: &[(String, String)],
    field: &str,
    zone: Tz,
    invalid: &mut Invalid,
) -> Option<Timestamp> {
    let text = value(given, field);
    if text.is_empty() {
        return None;
    }
    let read = FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let Some(read) = read else {
        invalid.push(field, "is not a day and a time such as 2026-03-02 14:30");
        return None;
    };
    // When clocks go back an hour comes twice, and the first one is meant; when they go forward, one never comes.
    let at = zone.from_local_datetime(&read).earliest();
    if at.is_none() {
        invalid.push(field, "is a time that does not come: the clocks go forward");
    }
    at.map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_the_zone_in_which_it_was_written() {
        let zone = Tz::Europe__Berlin;
        let read = |text: &str| {
            let mut invalid = Invalid::default();
            let at = read(&[("due".to_owned(), text.to_owned())], "due", zone, &mut invalid);
            (at, invalid.issues.into_iter().map(|issue| issue.message).collect::<String>())
        };
        let at: Timestamp = "2026-07-01T12:30:00Z".parse().unwrap();
        for text in ["2026-07-01T14:30", "2026-07-01T14:30:00", "2026-07-01 14:30"] {
            assert_eq!(read(text), (Some(at), String::new()), "{text}");
        }
        assert_eq!(local(Some(at), zone), "2026-07-01T14:30");
        assert_eq!(read(""), (None, String::new()));
        assert!(read("soon").1.contains("such as"));
        assert!(read("2026-03-29T02:30").1.contains("clocks"));
        let twice = read("2026-10-25T02:30").0.unwrap();
        assert_eq!(twice, "2026-10-25T00:30:00Z".parse::<Timestamp>().unwrap());
    }
}
