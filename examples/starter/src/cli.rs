//! What can be typed. Owns commands, options and their help; knows nothing of how they are done.

mod duplicates;
mod fields;
mod granted;
mod keys;
mod leads;
mod roles;
mod rules;
mod settings;
mod tasks;
mod teams;
mod users;
mod views;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use leadbox_core::IdentityKind;
use leadbox_core::transfer::Format;

use crate::exit::{Failure, TABLE};
use crate::output::{Form, Output};
use crate::storage::Location;

pub(crate) use duplicates::{Duplicates, DuplicatesVerb, MergeOptions};
pub(crate) use fields::{FieldOptions, Fields, FieldsVerb, RetypeOptions};
pub(crate) use granted::Granted;
pub(crate) use keys::{KeyOptions, Keys, KeysVerb};
pub(crate) use leads::{Leads, LeadsList, LeadsVerb, Which, Worklist};
pub(crate) use roles::{RoleOptions, Roles, RolesVerb};
pub(crate) use rules::{Rules, RulesVerb};
pub(crate) use settings::{IndustryName, SettingsArgs, SettingsChange, SettingsVerb, Weight};
pub(crate) use tasks::{Tasks, TasksList, TasksVerb};
pub(crate) use teams::{TeamChange, Teams, TeamsVerb};
pub(crate) use users::{UserChange, UserOptions, Users, UsersVerb};
pub(crate) use views::{Views, ViewsVerb};

const EXAMPLES: &str = "\
Examples:
  leadbox serve --demo                         a server with made-up leads, on http://127.0.0.1:8080
  leadbox import contacts.csv --dry-run        what an import would do
  leadbox export --format csv --output all.csv
  leadbox leads list --view 'Hot this week'    the leads of a saved view
  leadbox doctor --storage postgres://leadbox@localhost/leads
  leadbox rules new rules.rhai                 a scoring script to begin with
  leadbox users invite ana@acme.example        a link with which somebody gets in
  leadbox audit verify                         is the log of everything what was written";

/// LeadBox as a program: serve, import, export, demo data, leads and views, users and keys, checks and the log.
#[derive(Debug, Parser)]
#[command(name = "leadbox", version, after_help = format!("{EXAMPLES}\n\n{TABLE}"), arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Where leads are kept: `sqlite:PATH`, or `postgres://USER@HOST/DATABASE`
    #[arg(
        long,
        global = true,
        value_name = "STORAGE",
        default_value = "sqlite:leadbox.sqlite",
        env = "LEADBOX_STORAGE",
        hide_env_values = true
    )]
    pub(crate) storage: Location,
    /// Answer with one JSON document on stdout instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the dashboard, and work in the background until stopped
    Serve(Serve),
    /// Bring leads in from CSV or JSON Lines
    Import(Import),
    /// Write leads as CSV or JSON Lines
    Export(Export),
    /// Fill an empty storage with made-up leads and their history
    Demo(Demo),
    /// Find leads that may be the same person, merge them, and undo that
    Duplicates(Duplicates),
    /// Check the storage: schema, log, counts, queue
    #[command(after_help = format!("Examples:\n  leadbox doctor\n  leadbox doctor --json | jq .checks\n\n{TABLE}"))]
    Doctor,
    /// Look at leads: list, show, count
    Leads(Leads),
    /// Look at what people have to do
    Tasks(Tasks),
    /// Look at saved views of the leads, and delete them
    Views(Views),
    /// Add and change users, let them in, and see what they may do
    Users(Users),
    /// Add and change teams
    Teams(Teams),
    /// Make and change roles
    Roles(Roles),
    /// Make, rotate and revoke API keys
    Keys(Keys),
    /// Begin, check and test scoring scripts, and see what one makes of a lead
    Rules(Rules),
    /// Declare, change and archive custom fields
    Fields(Fields),
    /// Show and change what holds for everybody
    Settings(SettingsArgs),
    /// Check or write out the log of everything that was done
    Audit(Audit),
    /// Check or repair the counts that are kept beside the leads
    Analytics(Analytics),
}

/// `leadbox serve`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox serve --demo
  leadbox serve --listen 127.0.0.1:0 --json
  leadbox serve --storage postgres://leadbox@localhost/leads

It migrates the database when it starts. /healthz answers while the process lives, /readyz while the
storage answers too. SIGINT or SIGTERM stops it in good order.

{TABLE}"))]
pub(crate) struct Serve {
    /// Fill the storage with made-up leads first, if nothing was ever written to it
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) listen: SocketAddr,
}

/// An address, or a name that has one; IPv4 first, which is what people type into a browser.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let mut found: Vec<SocketAddr> =
        text.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or("use ADDRESS:PORT, such as 127.0.0.1:8080 or localhost:8080")
}

/// `leadbox import`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox import contacts.csv --dry-run
  leadbox import contacts.csv --map 'Budget (EUR)=cf.budget' --ignore Fax
  leadbox import leads.jsonl --key external-id --key email
  gunzip -c leads.csv.gz | leadbox import - --errors refused.csv

Rows that are wrong are refused one by one and written to the error file, each with its number and the
reason; mend them there and import that file. An interrupted import goes on where it stopped when the
same command is run again. One that was finished does nothing then but to say, with the same exit code,
how many rows were refused and where they are; --again imports the file once more.

{TABLE}"))]
pub(crate) struct Import {
    /// The file; `-` for standard input
    pub(crate) file: PathBuf,
    /// The format, if neither name nor content shows it
    #[arg(long, value_enum)]
    pub(crate) format: Option<FileFormat>,
    /// What separates the columns of CSV; `tab` for a tab [default: found out]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// By what known leads are recognised, the first that fits [default: external-id, then email]
    #[arg(long, value_enum, value_name = "KEY")]
    pub(crate) key: Vec<Key>,
    /// Make a new lead of every row, known or not
    #[arg(long, conflicts_with = "key")]
    pub(crate) always_new: bool,
    /// What a column means, such as 'Budget (EUR)=cf.budget'
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub(crate) map: Vec<Pair>,
    /// A column to pass over
    #[arg(long, value_name = "COLUMN")]
    pub(crate) ignore: Vec<String>,
    /// Pass over all columns that mean nothing, instead of refusing the file
    #[arg(long)]
    pub(crate) ignore_unknown: bool,
    /// Only try: check every row and write no lead
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where refused rows go [default: NAME.errors.csv beside the file]
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    /// Import the file even if it was imported before
    #[arg(long)]
    pub(crate) again: bool,
}

/// `leadbox export`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox export --format csv > all.csv
  leadbox export --output won.jsonl --filter '[\"stage\",\"eq\",\"won\"]'

What is exported can be imported again. Text that a spreadsheet would run as a formula gets a ' in front,
which an import takes away. Without --output the leads go to stdout and the outcome to stderr.

{TABLE}"))]
pub(crate) struct Export {
    /// The format [default: as --output says, else csv]
    #[arg(long, value_enum)]
    pub(crate) format: Option<FileFormat>,
    /// The file; it gets its name once it is whole [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
}

/// A file's format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FileFormat {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object per line
    Jsonl,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Csv => Self::CSV,
            FileFormat::Jsonl => Self::JsonLines,
        }
    }
}

/// A key by which leads are recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Key {
    /// The e-mail address
    Email,
    /// The phone number
    Phone,
    /// The id that another system gave
    ExternalId,
}

impl From<Key> for IdentityKind {
    fn from(key: Key) -> Self {
        match key {
            Key::Email => Self::Email,
            Key::Phone => Self::Phone,
            Key::ExternalId => Self::ExternalId,
        }
    }
}

/// A column and the field that it fills.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pair {
    pub(crate) column: String,
    pub(crate) field: String,
}

impl FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // From the right: a column's name may contain the sign, a field's does not.
        match text.rsplit_once('=') {
            Some((column, field)) if !column.trim().is_empty() && !field.trim().is_empty() => {
                Ok(Self { column: column.trim().to_owned(), field: field.trim().to_owned() })
            }
            _ => Err("use COLUMN=FIELD"),
        }
    }
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() => Ok(*byte),
        _ => Err("use one ASCII character, or tab"),
    }
}

/// `leadbox demo`.
#[derive(Args, Clone, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox demo
  leadbox demo --size 50000 --months 24 --storage postgres://leadbox@localhost/leads
  leadbox demo --seed 7 --as-of 2026-03-01 --dry-run --json | jq -r .digest

The same --seed, --as-of, --size and --months make the same leads and print the same digest. All
people and companies are made up, their domains end in .example, their numbers reach nobody.

{TABLE}"))]
pub(crate) struct Demo {
    /// The same seed makes the same data
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The day at whose beginning the history ends [default: today, UTC]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<NaiveDate>,
    /// How many leads
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) size: u32,
    /// How many months of history
    #[arg(long, value_name = "N", default_value_t = 18, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub(crate) months: u32,
    /// Write nothing; only say what would be written
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl Demo {
    /// As with no options, for `serve --demo`.
    pub(crate) fn usual() -> Self {
        Self { seed: 1, as_of: None, size: 2000, months: 18, dry_run: false }
    }
}

/// `leadbox analytics`.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  leadbox analytics verify || leadbox analytics rebuild\n\n{TABLE}"))]
pub(crate) struct Analytics {
    #[command(subcommand)]
    pub(crate) verb: AnalyticsVerb,
}

/// What to do with the counts.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum AnalyticsVerb {
    /// Compare the counts with a scan of the leads
    #[command(after_help = format!("Examples:\n  leadbox analytics verify --json | jq .differences\n\n{TABLE}"))]
    Verify,
    /// Replace the counts by those of a scan
    #[command(after_help = format!("Examples:\n  leadbox analytics rebuild\n\n{TABLE}"))]
    Rebuild,
}

/// `leadbox audit`.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  leadbox audit verify\n  leadbox audit export --output log.jsonl\n\n{TABLE}"))]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) verb: AuditVerb,
}

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Check that no event was changed, taken away or put in
    #[command(after_help = format!("\
Examples:
  leadbox audit verify
  leadbox audit verify log.jsonl
  leadbox audit verify --json | jq -r .head.chain

Every event is hashed into a chain. Its last hash is printed: note it elsewhere now and then, and a log that
was rewritten as a whole is found too.

{TABLE}"))]
    Verify {
        /// A log that was exported, instead of the storage's
        file: Option<PathBuf>,
    },
    /// Write the whole log as JSON Lines, one event each
    #[command(after_help = format!("\
Examples:
  leadbox audit export --output log.jsonl
  leadbox audit export | jq -c 'select(.actor.kind == \"user\")'

Every line holds what its hash was made of, so that `leadbox audit verify FILE` needs no database.

{TABLE}"))]
    Export {
        /// The file; it gets its name once it is whole [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Reads the command line; nothing when help or version was asked for and given. The output comes in any case, because
/// a failure has to be printed too.
pub(crate) fn parse() -> (Output, Result<Option<Cli>, Failure>) {
    match Cli::try_parse() {
        Ok(cli) => (Output(if cli.json { Form::Json } else { Form::Text }), Ok(Some(cli))),
        Err(error) => {
            let json = std::env::args_os().any(|argument| argument == "--json");
            let output = Output(if json { Form::Json } else { Form::Text });
            (output, output.parser(&error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_on_addresses_and_names() {
        assert_eq!(address("127.0.0.1:0"), Ok(SocketAddr::from(([127, 0, 0, 1], 0))));
        assert!(address("localhost:8080").is_ok_and(|address| address.ip().is_loopback()));
        for wrong in ["", "8080", "127.0.0.1", "http://127.0.0.1:8080"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
