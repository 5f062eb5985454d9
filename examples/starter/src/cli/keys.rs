//! What can be typed behind `leadbox keys`.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::Granted;
use crate::exit::TABLE;

/// `leadbox keys`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox keys list
  leadbox keys make --name Website --grant lead.create=all --expires 90d
  leadbox keys revoke Website

Keys are named by their name, or by their id where several have the same one.

{TABLE}"))]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) verb: KeysVerb,
}

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// List all API keys, the latest first, also those that are over
    #[command(after_help = format!("Examples:\n  leadbox keys list\n  leadbox keys list --json | jq '.keys[] | select(.live)'\n\n{TABLE}"))]
    List,
    /// Make a key and print its secret, once
    #[command(after_help = format!("\
Examples:
  leadbox keys make --name Website --grant lead.create=all --expires 90d --per-minute 600
  leadbox keys make --name Auditor --grant lead.read=all --capability audit.read
  leadbox keys make --name Robot --admin --json | jq -r .secret

The key stands for no user: it may do what is named here. Programs send its secret along as
`Authorization: Bearer lbk_...`.

{TABLE}"))]
    Make(KeyOptions),
    /// Give a key another secret; the old one is good a while longer
    #[command(after_help = format!("Examples:\n  leadbox keys rotate Website\n  leadbox keys rotate Website --overlap 7d\n\n{TABLE}"))]
    Rotate {
        /// Its name or id
        key: String,
        /// For how long the old secret is still good, such as 24h or 7d
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
        overlap: TimeDelta,
    },
    /// Refuse a key from now on
    #[command(after_help = format!("Examples:\n  leadbox keys revoke Website\n\n{TABLE}"))]
    Revoke {
        /// Its name or id
        key: String,
    },
}

/// A key to be made.
#[derive(Args, Debug)]
pub(crate) struct KeyOptions {
    /// Where it is used, for people
    #[arg(long)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) granted: Granted,
    /// Let it do everything
    #[arg(long, conflicts_with_all = ["permissions", "capabilities"])]
    pub(crate) admin: bool,
    /// For how long it is good, such as 12h, 90d or 52w [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) expires: Option<TimeDelta>,
    /// How many requests it may make per minute [default: no limit]
    #[arg(long, value_name = "N")]
    pub(crate) per_minute: Option<NonZeroU32>,
}

/// The longest span that can be typed, in days.
const MOST_DAYS: i64 = 3650;

fn span(text: &str) -> Result<TimeDelta, String> {
    let wrong =
        || format!("use a number with h, d or w behind it, such as 90d, up to {MOST_DAYS}d");
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(end);
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        _ => return Err(wrong()),
    };
    let hours = number.parse::<i64>().ok().and_then(|number| number.checked_mul(hours));
    let hours = hours.filter(|hours| *hours <= MOST_DAYS * 24).ok_or_else(wrong)?;
    Ok(TimeDelta::hours(hours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_of_hours_days_or_weeks() {
        assert_eq!(span("12h"), Ok(TimeDelta::hours(12)));
        assert_eq!(span("90d"), Ok(TimeDelta::days(90)));
        assert_eq!(span("2w"), Ok(TimeDelta::days(14)));
        for wrong in ["", "90", "d", "-1d", "1.5d", "90 d", "3651d", "99999999999999999999h", "1m"]
        {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
