//! What can be typed behind `leadbox roles`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use leadbox_core::RoleKey;

use super::Granted;
use crate::exit::TABLE;

/// `leadbox roles`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox roles list
  leadbox roles define helper --name Helper --grant lead.read=team --hide phone
  leadbox users change bo@acme.example --give helper

{TABLE}"))]
pub(crate) struct Roles {
    #[command(subcommand)]
    pub(crate) verb: RolesVerb,
}

/// What to do with roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RolesVerb {
    /// List all roles with those who have them
    #[command(after_help = format!("Examples:\n  leadbox roles list\n\n{TABLE}"))]
    List,
    /// Show what a role allows, and who has it
    #[command(after_help = format!("Examples:\n  leadbox roles show manager\n  leadbox roles show helper --json | jq .role > helper.json\n\n{TABLE}"))]
    Show {
        /// Its key
        role: RoleKey,
    },
    /// Make a role, or replace what it allows
    #[command(after_help = format!("\
Examples:
  leadbox roles define helper --name Helper --grant lead.read=team --grant lead.edit=own --hide phone
  leadbox roles define auditor --name Auditor --capability audit.read
  leadbox roles show manager --json | jq .role > role.json; leadbox roles define lead --name Lead --file role.json

What is not named is not allowed, also when the role is there already. The key and --name given here count
more than those in the file. It takes effect for those who have the role within a second.

{TABLE}"))]
    Define(RoleOptions),
    /// Take a role away that nobody has
    #[command(after_help = format!("Examples:\n  leadbox roles remove helper\n\n{TABLE}"))]
    Remove {
        /// Its key
        role: RoleKey,
    },
}

/// A role to be defined.
#[derive(Args, Debug)]
pub(crate) struct RoleOptions {
    /// Its key: small letters, digits and _
    pub(crate) role: RoleKey,
    /// What people read [default: as it is, or as the file says]
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) granted: Granted,
    /// A file with the role as JSON, as `leadbox roles show --json` has it under `role`; `-` for standard input
    #[arg(long, conflicts_with_all = ["permissions", "capabilities", "hidden", "read_only"])]
    pub(crate) file: Option<PathBuf>,
}
