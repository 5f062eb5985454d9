//! What can be typed behind `leadbox teams`.

use clap::{ArgGroup, Args, Subcommand};

use crate::exit::TABLE;

/// `leadbox teams`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox teams list
  leadbox teams add Inbound --parent Sales

Teams are named by their name, or by their id where several have the same one.

{TABLE}"))]
pub(crate) struct Teams {
    #[command(subcommand)]
    pub(crate) verb: TeamsVerb,
}

/// What to do with teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamsVerb {
    /// List all teams as a tree, with those who work in them
    #[command(after_help = format!("Examples:\n  leadbox teams list\n  leadbox teams list --json | jq '.teams[].members'\n\n{TABLE}"))]
    List,
    /// Add a team
    #[command(after_help = format!("\
Examples:
  leadbox teams add Sales
  leadbox teams add Inbound --parent Sales

Whoever may do something at the level `team` may do it with the leads of its team and of the teams below.

{TABLE}"))]
    Add {
        /// What people read
        name: String,
        /// The team that it belongs to, by name or id
        #[arg(long, value_name = "TEAM")]
        parent: Option<String>,
    },
    /// Change a team's name, or the team that it belongs to
    #[command(after_help = format!("\
Examples:
  leadbox teams change Inbound --name 'Inside sales'
  leadbox teams change Inbound --parent Enterprise
  leadbox teams change Inbound --no-parent

{TABLE}"))]
    Change(TeamChange),
}

/// What changes of a team; what is not named stays.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("changed").required(true).multiple(true).args(["name", "parent", "no_parent"]))]
pub(crate) struct TeamChange {
    /// Its name or id
    pub(crate) team: String,
    /// What people read
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The team that it belongs to, by name or id
    #[arg(long, value_name = "TEAM")]
    pub(crate) parent: Option<String>,
    /// Let it belong to no other
    #[arg(long, conflicts_with = "parent")]
    pub(crate) no_parent: bool,
}
