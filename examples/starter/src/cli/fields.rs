//! What can be typed behind `leadbox fields`.

use clap::{Args, Subcommand};
use leadbox_core::{FieldKey, FieldType};

use crate::exit::TABLE;

/// `leadbox fields`.
#[derive(Args, Debug)]
#[command(after_help = format!("\
Examples:
  leadbox fields list
  leadbox fields define budget --label Budget --type number
  leadbox fields retype plan --type choice --choice Free --choice Paid --plan

{TABLE}"))]
pub(crate) struct Fields {
    #[command(subcommand)]
    pub(crate) verb: FieldsVerb,
}

/// What to do with custom fields.
#[derive(Debug, Subcommand)]
pub(crate) enum FieldsVerb {
    /// List all custom fields, archived ones among them
    #[command(after_help = format!("Examples:\n  leadbox fields list\n  leadbox fields list --json | jq '.fields[].key'\n\n{TABLE}"))]
    List,
    /// Declare a field, or change its label and add choices
    #[command(after_help = format!("\
Examples:
  leadbox fields define budget --label Budget --type number
  leadbox fields define plan --label Plan --type choice --choice Free --choice Paid
  leadbox fields define plan --choice Team

Of a field that is there, what is not named stays, and choices given here come to those that it has. Another
type, and choices that go, are `leadbox fields retype`'s.

{TABLE}"))]
    Define(FieldOptions),
    /// Give a field another type though leads hold values of it, or see what that would do
    #[command(after_help = format!("\
Examples:
  leadbox fields retype seats --type number --plan
  leadbox fields retype seats --type number --keep-in seats_before
  leadbox fields retype plan --type choice --choice Free --choice Paid

Values that do not convert are cleared, or kept as text in a new field. It concerns all leads and cannot be
undone: the way back is the old type. The log tells what every value was.

{TABLE}"))]
    Retype(RetypeOptions),
    /// Archive a field: leads keep what they hold, and nobody is asked for it
    #[command(after_help = format!("Examples:\n  leadbox fields archive fax\n\n{TABLE}"))]
    Archive {
        /// Its key
        field: FieldKey,
    },
    /// Bring an archived field back
    #[command(after_help = format!("Examples:\n  leadbox fields restore fax\n\n{TABLE}"))]
    Restore {
        /// Its key
        field: FieldKey,
    },
}

/// A field to be defined.
#[derive(Args, Debug)]
pub(crate) struct FieldOptions {
    /// Its key: small letters, digits and _
    pub(crate) field: FieldKey,
    /// What people read [default: as it is, or the key]
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// What it holds [default: as it is]
    #[arg(long = "type", value_name = "TYPE", value_parser = FieldType::NAMES)]
    pub(crate) kind: Option<String>,
    /// A choice, for the two types that have some
    #[arg(long = "choice", value_name = "CHOICE")]
    pub(crate) choices: Vec<String>,
}

/// Another type.
#[derive(Args, Debug)]
pub(crate) struct RetypeOptions {
    /// Its key
    pub(crate) field: FieldKey,
    /// What it shall hold
    #[arg(long = "type", value_name = "TYPE", value_parser = FieldType::NAMES)]
    pub(crate) kind: String,
    /// A choice, for the two types that have some
    #[arg(long = "choice", value_name = "CHOICE")]
    pub(crate) choices: Vec<String>,
    /// Keep values that do not convert as text in a new field of this key [default: they are cleared]
    #[arg(long, value_name = "KEY")]
    pub(crate) keep_in: Option<FieldKey>,
    /// Only say what would happen
    #[arg(long)]
    pub(crate) plan: bool,
}
