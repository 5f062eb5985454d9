//! What can be typed behind `leadbox rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use leadbox_core::scoring::Example;
use leadbox_core::{NewInteraction, RuleSetKey, Timestamp};
use serde_json::Value;

use crate::exit::TABLE;

/// `leadbox rules`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox rules new rules.rhai                 a script to begin with
  leadbox rules check rules.rhai               what is wrong with it, line by line
  leadbox rules test rules.rhai                the tests that it has of itself
  leadbox rules preview rules.rhai             what it would do to the leads that are there
  leadbox rules backtest rules.rhai            how it would have ranked won over lost
  leadbox rules publish rules.rhai             leads are scored by it from now on
  leadbox rules explain ada@analytical.example why a lead has its score
  leadbox rules rollback rules                 the version before

A script says what makes a lead worth talking to, and how much each thing counts. Files that it imports lie beside it.

{TABLE}"))]
pub(crate) struct Rules {
    #[command(subcommand)]
    pub(crate) verb: RulesVerb,
}

/// What to do with scoring scripts.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesVerb {
    /// Write a script to begin with
    #[command(after_help = format!("\
Examples:
  leadbox rules new rules.rhai
  leadbox rules new homes.rhai --example real_estate

{}
A file that is there already is left as it is.

{TABLE}", examples()))]
    New {
        /// Where to write it
        file: PathBuf,
        /// Which one
        #[arg(long, value_name = "NAME", default_value = "b2b_saas", value_parser = example)]
        example: Example,
    },
    /// Show what can be written in a script, word by word
    #[command(after_help = format!("\
Examples:
  leadbox rules words
  leadbox rules words days_since
  leadbox rules words --json | jq -r '.words[].name'
  leadbox rules words --definitions > leadbox.d.rhai

The custom fields are those of --storage, if there is one.

{TABLE}"))]
    Words {
        /// Only words with this in them
        like: Option<String>,
        /// As a definition file, from which editors with Rhai's language server know the words
        #[arg(long)]
        definitions: bool,
    },
    /// Say what is wrong with a script, line by line, and how each rule is run
    #[command(after_help = format!("Examples:\n  leadbox rules check rules.rhai\n  leadbox rules check rules.rhai --json | jq '.mistakes[].message'\n\n{TABLE}"))]
    Check {
        /// The script
        file: PathBuf,
    },
    /// Run the tests that a script has of itself
    #[command(after_help = format!("\
Examples:
  leadbox rules test rules.rhai
  leadbox rules test rules.rhai --json | jq '.tests[] | select(.failure)'

The custom fields and stages are those of --storage, if there is one.

{TABLE}"))]
    Test {
        /// The script
        file: PathBuf,
    },
    /// Show why a lead has its score, or what a script would make of it
    #[command(after_help = format!("\
Examples:
  leadbox rules explain ada@analytical.example
  leadbox rules explain ada@analytical.example --as-of 2026-06-30T12:00:00Z
  leadbox rules explain ada@analytical.example --by rules.rhai
  leadbox rules explain ada@analytical.example --if title=CTO --happens demo_request --happens page_view:path=/pricing

Without --by it is by the rules that are in force. With --if and --happens it is what the score would be. Nothing is written.

{TABLE}"))]
    Explain {
        /// The lead, by e-mail address or id
        lead: String,
        /// By this script, which need not be in force
        #[arg(long, value_name = "FILE")]
        by: Option<PathBuf>,
        /// As of which moment: what was known of the lead by then, or what will be left of its score
        #[arg(long, value_name = "MOMENT", default_value = None)]
        as_of: Option<Timestamp>,
        /// If a field were so
        #[arg(long = "if", value_name = "FIELD=VALUE", value_parser = assignment)]
        supposed: Vec<(String, String)>,
        /// If this happened besides: a kind, with details behind it, such as `page_view:path=/pricing,seconds=40`
        #[arg(long, value_name = "KIND", value_parser = happening)]
        happens: Vec<NewInteraction>,
    },
    /// Show what a script would do to the leads that are there
    #[command(after_help = format!("\
Examples:
  leadbox rules preview rules.rhai
  leadbox rules preview rules.rhai --json | jq '.most_moved[0].why'

It is held against what is in force. Nothing is written.

{TABLE}"))]
    Preview {
        /// The script
        file: PathBuf,
        /// The rule set in whose place it is tried; named as the file is when not given
        #[arg(long, value_name = "KEY")]
        set: Option<RuleSetKey>,
    },
    /// Show how a script would have ranked the leads that were won over those that were lost
    #[command(after_help = format!("\
Examples:
  leadbox rules backtest rules.rhai
  leadbox rules backtest rules.rhai --after-days 1 --most 20000
  leadbox rules backtest rules.rhai --json | jq '.tried.lift'

Each lead is scored as it was known so many days after it came in: what was told later has no part in it. Leads that were
decided by then are left out. It is held against what is in force. Nothing is written.

{TABLE}"))]
    Backtest {
        /// The script
        file: PathBuf,
        /// The rule set in whose place it is tried; named as the file is when not given
        #[arg(long, value_name = "KEY")]
        set: Option<RuleSetKey>,
        /// The age in days at which each lead is scored
        #[arg(long, value_name = "DAYS", default_value_t = 7)]
        after_days: u16,
        /// The most leads that are looked at, the youngest of those that were won or lost
        #[arg(long, value_name = "COUNT", default_value_t = 5_000)]
        most: u32,
    },
    /// Show the rule sets, and which of them are in force
    #[command(after_help = format!("Examples:\n  leadbox rules list\n  leadbox rules list --json | jq '.in_force[].set'\n\n{TABLE}"))]
    List,
    /// Score leads by a script from now on, and all that are there as well
    #[command(after_help = format!("\
Examples:
  leadbox rules publish rules.rhai
  leadbox rules publish rules.rhai --set b2b --note \"counts demos twice\"

The script has to be sound, and the tests that it has of itself have to pass. All leads are scored again: here, together
with whichever servers are running; or, with --later, by the servers alone.

{TABLE}"))]
    Publish {
        /// The script
        file: PathBuf,
        /// The rule set that it is a version of; named as the file is when not given
        #[arg(long, value_name = "KEY")]
        set: Option<RuleSetKey>,
        /// What is new in it
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// Leave scoring all leads to the servers
        #[arg(long)]
        later: bool,
    },
    /// Put another version of a rule set into force
    #[command(after_help = format!("Examples:\n  leadbox rules rollback b2b\n  leadbox rules rollback b2b --to 3\n\n{TABLE}"))]
    Rollback {
        /// The rule set
        set: RuleSetKey,
        /// The version; the one before when not given
        #[arg(long, value_name = "VERSION")]
        to: Option<i64>,
        /// Leave scoring all leads to the servers
        #[arg(long)]
        later: bool,
    },
    /// Take a rule set out of force
    #[command(after_help = format!("Examples:\n  leadbox rules withdraw b2b\n\n{TABLE}"))]
    Withdraw {
        /// The rule set
        set: RuleSetKey,
        /// Leave scoring all leads to the servers
        #[arg(long)]
        later: bool,
    },
    /// Show the versions of a rule set, or how a lead's score changed
    #[command(after_help = format!("\
Examples:
  leadbox rules history b2b
  leadbox rules history b2b --version 3 > b2b-3.rhai
  leadbox rules history --lead ada@analytical.example

What stood in files that a version imports is there with --json.

{TABLE}"))]
    History {
        /// The rule set
        #[arg(required_unless_present = "lead")]
        set: Option<RuleSetKey>,
        /// Write what this version says instead
        #[arg(long, value_name = "VERSION", requires = "set")]
        version: Option<i64>,
        /// A lead, by e-mail address or id
        #[arg(long, value_name = "LEAD", conflicts_with = "set")]
        lead: Option<String>,
    },
}

fn examples() -> String {
    let lines = Example::ALL.map(|one| format!("  {:<12} {}\n", one.name, one.about));
    format!("Scripts to begin with:\n{}", lines.concat())
}

fn example(name: &str) -> Result<Example, String> {
    let names = Example::ALL.map(|one| one.name).join(", ");
    Example::named(name).ok_or_else(|| format!("use one of {names}"))
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("write FIELD=VALUE, such as title=CTO")?;
    Ok((field.trim().to_owned(), value.trim().to_owned()))
}

fn happening(text: &str) -> Result<NewInteraction, String> {
    let (kind, details) = text.split_once(':').unwrap_or((text, ""));
    let mut happening = NewInteraction::new(kind.trim());
    for detail in details.split(',').filter(|detail| !detail.trim().is_empty()) {
        let (name, value) = assignment(detail)?;
        let plain = serde_json::from_str(&value)
            .ok()
            .filter(|one: &Value| one.is_number() || one.is_boolean());
        happening = happening.prop(name, plain.unwrap_or(Value::String(value)));
    }
    Ok(happening)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_has_details() {
        let read = happening("page_view:path=/pricing, seconds=40").unwrap();
        let expected =
            NewInteraction::new("page_view").prop("path", "/pricing").prop("seconds", 40);
        assert_eq!(read, expected);
        assert_eq!(happening("demo_request").unwrap(), NewInteraction::new("demo_request"));
        assert!(happening("page_view:path").is_err());
    }
}
