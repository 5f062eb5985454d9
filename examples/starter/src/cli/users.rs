//! What can be typed behind `leadbox users`.

use chrono_tz::Tz;
use clap::{ArgGroup, Args, Subcommand};
use leadbox_core::RoleKey;

use crate::exit::TABLE;

/// `leadbox users`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox users list
  leadbox users add --name 'Ana Novak' --email ana@acme.example --role admin
  leadbox users invite ana@acme.example

Users are named by their e-mail address or their id.

{TABLE}"))]
pub(crate) struct Users {
    #[command(subcommand)]
    pub(crate) verb: UsersVerb,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersVerb {
    /// List all users with their roles and teams
    #[command(after_help = format!("Examples:\n  leadbox users list\n  leadbox users list --json | jq -r '.users[].email'\n\n{TABLE}"))]
    List,
    /// Show one user
    #[command(after_help = format!("Examples:\n  leadbox users show ana@acme.example\n\n{TABLE}"))]
    Show(Named),
    /// Add a user, who gets in once invited
    #[command(after_help = format!("\
Examples:
  leadbox users add --name 'Ana Novak' --email ana@acme.example --role admin
  leadbox users add --name 'Bo Berg' --email bo@acme.example --role agent --role analyst --team Inbound

What several roles allow is allowed. Without a role a user may do nothing.

{TABLE}"))]
    Add(UserOptions),
    /// Change a user: name, address, team, roles or time zone
    #[command(after_help = format!("\
Examples:
  leadbox users change bo@acme.example --give manager --take agent
  leadbox users change bo@acme.example --team Enterprise --zone Europe/Berlin
  leadbox users change bo@acme.example --no-team

{TABLE}"))]
    Change(UserChange),
    /// Make a link with which a user sets a first password
    #[command(after_help = format!("\
Examples:
  leadbox users invite bo@acme.example
  leadbox users invite bo@acme.example --json | jq -r .path

The path belongs behind the address at which the dashboard is mounted. Whoever opens it becomes that user:
it is shown once and good for a week, until it is used, or until another is made.

{TABLE}"))]
    Invite(Named),
    /// Make a link with which a user sets another password
    #[command(after_help = format!("\
Examples:
  leadbox users reset bo@acme.example

As for `leadbox users invite`, but the link is good for an hour.

{TABLE}"))]
    Reset(Named),
    /// Let a user do nothing any more: it is signed out everywhere, its leads stay
    #[command(after_help = format!("Examples:\n  leadbox users disable bo@acme.example\n\n{TABLE}"))]
    Disable(Named),
    /// Let a disabled user work again
    #[command(after_help = format!("Examples:\n  leadbox users enable bo@acme.example\n\n{TABLE}"))]
    Enable(Named),
    /// Show what a user may do, and which of its roles gives it
    #[command(after_help = format!("\
Examples:
  leadbox users access bo@acme.example
  leadbox users access bo@acme.example --json | jq '.permissions[] | select(.level)'

{TABLE}"))]
    Access(Named),
}

/// One user.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// Its e-mail address or id
    pub(crate) user: String,
}

/// A user to be added.
#[derive(Args, Debug)]
pub(crate) struct UserOptions {
    /// What people read
    #[arg(long)]
    pub(crate) name: String,
    /// Its address, with which it signs in
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// The key of a role that it gets; `leadbox roles list` shows them
    #[arg(long = "role", value_name = "ROLE")]
    pub(crate) roles: Vec<RoleKey>,
    /// The team it works in, by name or id
    #[arg(long)]
    pub(crate) team: Option<String>,
}

/// What changes of a user; what is not named stays.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("changed").required(true).multiple(true).args(["name", "email", "give", "take", "team", "no_team", "zone", "no_zone"]))]
pub(crate) struct UserChange {
    /// Its e-mail address or id
    pub(crate) user: String,
    /// What people read
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Its address, with which it signs in; links that were sent to the old one are void
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// The key of a role that it gets beside those it has
    #[arg(long, value_name = "ROLE")]
    pub(crate) give: Vec<RoleKey>,
    /// The key of a role that is taken from it
    #[arg(long, value_name = "ROLE")]
    pub(crate) take: Vec<RoleKey>,
    /// The team it works in, by name or id
    #[arg(long)]
    pub(crate) team: Option<String>,
    /// Take it out of its team
    #[arg(long, conflicts_with = "team")]
    pub(crate) no_team: bool,
    /// The zone in which it reads times, such as Europe/Berlin
    #[arg(long)]
    pub(crate) zone: Option<Tz>,
    /// Let it read times in the zone of the settings
    #[arg(long, conflicts_with = "zone")]
    pub(crate) no_zone: bool,
}
