//! What can be typed behind `leadbox leads`, and which leads are meant wherever a command is about some.

use clap::{Args, Subcommand};
use leadbox_core::{LeadSort, PageRequest};

use crate::exit::TABLE;

/// `leadbox leads`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox leads list --view 'Hot this week'
  leadbox leads list --filter '[\"owner\",\"is_null\"]' --sort -value
  leadbox leads worklist ana@acme.example
  leadbox leads show ada@analytical.example
  leadbox leads count

They only look; `leadbox import` and the dashboard change leads.

{TABLE}"))]
pub(crate) struct Leads {
    #[command(subcommand)]
    pub(crate) verb: LeadsVerb,
}

/// What to do with leads.
#[derive(Debug, Subcommand)]
pub(crate) enum LeadsVerb {
    /// List leads
    #[command(after_help = format!("\
Examples:
  leadbox leads list
  leadbox leads list --view 'No owner' --limit 10
  leadbox leads list --search acme --sort name --json | jq -r '.leads[].email'

{TABLE}"))]
    List(LeadsList),
    /// List what somebody should look at next, and why
    #[command(after_help = format!("\
Examples:
  leadbox leads worklist ana@acme.example
  leadbox leads worklist ana@acme.example --json | jq -r '.items[].reasons[0].says'

First leads with a task of theirs that is due by the end of the day, what has been due longest first; then their leads of the last 14 \
days that nobody has answered, the latest first; then their other open leads, the highest score first.

{TABLE}"))]
    Worklist(Worklist),
    /// Show all that is known of one lead
    #[command(after_help = format!("\
Examples:
  leadbox leads show ada@analytical.example
  leadbox leads show 019cae2f-d800-7c14-ae75-c6ee9a36b7c5 --json | jq .lead.fields

{TABLE}"))]
    Show {
        /// Its id or its e-mail address
        lead: String,
    },
    /// Count leads
    #[command(after_help = format!("\
Examples:
  leadbox leads count
  leadbox leads count --filter '[\"stage_kind\",\"eq\",\"open\"]' --json | jq .count

{TABLE}"))]
    Count(Which),
}

/// `leadbox leads list`.
#[derive(Args, Debug)]
pub(crate) struct LeadsList {
    #[command(flatten)]
    pub(crate) which: Which,
    /// By what: `created`, `updated`, `score`, `last_interaction`, `name` or `value`; `-` in front for the largest first [default: as
    /// the view says, else -created]
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
    pub(crate) sort: Option<LeadSort>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(PageRequest::MAX)))]
    pub(crate) limit: u32,
}

/// `leadbox leads worklist`.
#[derive(Args, Debug)]
pub(crate) struct Worklist {
    /// Whose, by e-mail address or id
    pub(crate) user: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(PageRequest::MAX)))]
    pub(crate) limit: u32,
}

/// Which leads.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// Only those of this saved view, by name or id
    #[arg(long, value_name = "VIEW", conflicts_with = "filter")]
    pub(crate) view: Option<String>,
    /// Only leads that pass this filter, in JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// Only leads in which every word is found
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
}
