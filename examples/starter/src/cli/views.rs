//! What can be typed behind `leadbox views`.

use clap::{Args, Subcommand};

use crate::exit::TABLE;

/// `leadbox views`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox views list
  leadbox views show 'Hot this week'

Views are named by their name, or by their id where several have the same one. People save them on the
dashboard; `leadbox leads list --view NAME` shows what is in one.

{TABLE}"))]
pub(crate) struct Views {
    #[command(subcommand)]
    pub(crate) verb: ViewsVerb,
}

/// What to do with views.
#[derive(Debug, Subcommand)]
pub(crate) enum ViewsVerb {
    /// List the saved views that are shared, or all that a user sees
    #[command(after_help = format!("\
Examples:
  leadbox views list
  leadbox views list --user ana@acme.example --json | jq -r '.views[].name'

{TABLE}"))]
    List {
        /// What this user sees, by e-mail address or id: its own and those that are shared with it
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
    /// Show what is in one, and whether it can be opened
    #[command(after_help = format!("Examples:\n  leadbox views show 'Hot this week' --json | jq .view.filter\n\n{TABLE}"))]
    Show {
        /// Its name or id
        view: String,
    },
    /// Delete one
    #[command(after_help = format!("Examples:\n  leadbox views delete 'Hot this week'\n\nThe leads stay. The log keeps what it showed.\n\n{TABLE}"))]
    Delete {
        /// Its name or id
        view: String,
    },
}
