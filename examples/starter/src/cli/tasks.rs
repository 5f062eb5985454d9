//! What can be typed behind `leadbox tasks`.

use clap::{Args, Subcommand};
use leadbox_core::PageRequest;

use crate::exit::TABLE;

/// `leadbox tasks`.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  leadbox tasks list\n  leadbox tasks list --assignee ana@acme.example\n\n{TABLE}"))]
pub(crate) struct Tasks {
    #[command(subcommand)]
    pub(crate) verb: TasksVerb,
}

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum TasksVerb {
    /// List tasks, those that are due first at the top
    #[command(after_help = format!("\
Examples:
  leadbox tasks list --overdue
  leadbox tasks list --assignee nobody --json | jq -r '.tasks[].title'

{TABLE}"))]
    List(TasksList),
}

/// `leadbox tasks list`.
#[derive(Args, Debug)]
pub(crate) struct TasksList {
    /// Only those of this user, by e-mail address or id; `nobody` for those that are nobody's
    #[arg(long, value_name = "USER")]
    pub(crate) assignee: Option<String>,
    /// Only those whose time has come
    #[arg(long)]
    pub(crate) overdue: bool,
    /// Those that are done, instead of those that are open
    #[arg(long, conflicts_with = "overdue")]
    pub(crate) done: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(PageRequest::MAX)))]
    pub(crate) limit: u32,
}
