//! What can be typed behind `leadbox rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use leadbox_core::scoring::Example;
use leadbox_core::{RuleSetKey, Timestamp};

use crate::exit::TABLE;

/// `leadbox rules`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox rules new rules.rhai                 a script to begin with
  leadbox rules check rules.rhai               what is wrong with it, line by line
  leadbox rules test rules.rhai                the tests that it has of itself
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

Without --by it is by the rules that are in force. Nothing is written.

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
