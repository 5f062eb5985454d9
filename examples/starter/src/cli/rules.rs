//! What can be typed behind `leadbox rules`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use leadbox_core::Timestamp;
use leadbox_core::scoring::Example;

use crate::exit::TABLE;

/// `leadbox rules`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox rules new rules.rhai                 a script to begin with
  leadbox rules check rules.rhai               what is wrong with it, line by line
  leadbox rules test rules.rhai                the tests that it has of itself
  leadbox rules explain rules.rhai ada@analytical.example

A script says what makes a lead worth talking to, and how much each thing counts.

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
    /// Show what a script makes of a lead, and why
    #[command(after_help = format!("\
Examples:
  leadbox rules explain rules.rhai ada@analytical.example
  leadbox rules explain rules.rhai ada@analytical.example --as-of 2026-06-30T12:00:00Z

Nothing is written.

{TABLE}"))]
    Explain {
        /// The script
        file: PathBuf,
        /// The lead, by e-mail address or id
        lead: String,
        /// As of which moment: with what had happened by then, and the lead as it is now
        #[arg(long, value_name = "MOMENT", default_value = None)]
        as_of: Option<Timestamp>,
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
