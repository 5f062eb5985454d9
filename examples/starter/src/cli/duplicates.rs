//! What can be typed behind `leadbox duplicates`.

use std::str::FromStr;

use clap::{Args, Subcommand};
use leadbox_core::EventId;

use crate::exit::TABLE;

/// `leadbox duplicates`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox duplicates list
  leadbox duplicates merge ada@acme.example ada@postbox.example --dry-run
  leadbox duplicates unmerge ada@acme.example

Leads are named by their id, or by an e-mail address that no other lead has.

{TABLE}"))]
pub(crate) struct Duplicates {
    #[command(subcommand)]
    pub(crate) verb: DuplicatesVerb,
}

/// What to do with duplicates.
#[derive(Debug, Subcommand)]
pub(crate) enum DuplicatesVerb {
    /// List pairs of leads that may be the same person, with the reasons
    #[command(after_help = format!("\
Examples:
  leadbox duplicates list
  leadbox duplicates list --of ada@acme.example
  leadbox duplicates list --json | jq -c '.pairs[] | select(.score == 100)'

A page may be a little longer than --limit, or short and still have a next one.

{TABLE}"))]
    List {
        /// Only those of this lead
        #[arg(long, value_name = "LEAD", conflicts_with = "after")]
        of: Option<String>,
        /// How many pairs
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Where the page before ended, as it says
        #[arg(long, value_name = "PLACE")]
        after: Option<String>,
    },
    /// Say that two leads are two people, or take that back
    #[command(after_help = format!("\
Examples:
  leadbox duplicates apart ada@acme.example ada@postbox.example
  leadbox duplicates apart ada@acme.example ada@postbox.example --take-back

{TABLE}"))]
    Apart {
        /// One of them
        lead: String,
        /// The other
        other: String,
        /// Nobody knows after all
        #[arg(long)]
        take_back: bool,
    },
    /// Merge leads into one, or say what that would make of it
    #[command(after_help = format!("\
Examples:
  leadbox duplicates merge ada@acme.example ada@postbox.example --dry-run
  leadbox duplicates merge ada@acme.example ada@postbox.example --choose title=ada@postbox.example

Of each field the value that changed last stays, but for the address, number and owner of the lead that is
kept, and for where the older one came from. It can be undone.

{TABLE}"))]
    Merge(MergeOptions),
    /// List what was merged into a lead
    #[command(after_help = format!("Examples:\n  leadbox duplicates merges ada@acme.example\n\n{TABLE}"))]
    Merges {
        /// The lead that was kept
        lead: String,
    },
    /// Undo a merge, or say what would come back
    #[command(after_help = format!("\
Examples:
  leadbox duplicates unmerge ada@acme.example --dry-run
  leadbox duplicates unmerge ada@acme.example --merge 0197c3a5-0c2e-7d1b-9f64-5d2a8d0c7b11

What somebody has changed since stays as it is.

{TABLE}"))]
    Unmerge {
        /// The lead that was kept
        lead: String,
        /// Which merge, by the id that `merges` shows [default: the latest that stands]
        #[arg(long, value_name = "ID")]
        merge: Option<EventId>,
        /// Write nothing; only say what would come back
        #[arg(long)]
        dry_run: bool,
    },
}

/// `leadbox duplicates merge`.
#[derive(Args, Debug)]
pub(crate) struct MergeOptions {
    /// The lead that is kept
    pub(crate) keep: String,
    /// Those that go into it
    #[arg(required = true, value_name = "LEAD")]
    pub(crate) others: Vec<String>,
    /// From which lead a field takes its value, such as title=ada@postbox.example
    #[arg(long, value_name = "FIELD=LEAD")]
    pub(crate) choose: Vec<Choice>,
    /// Write nothing; only say what would stay
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A field and the lead whose value it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Choice {
    pub(crate) field: String,
    pub(crate) lead: String,
}

impl FromStr for Choice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((field, lead)) if !field.trim().is_empty() && !lead.trim().is_empty() => {
                Ok(Self { field: field.trim().to_owned(), lead: lead.trim().to_owned() })
            }
            _ => Err("use FIELD=LEAD"),
        }
    }
}
