//! Grants as options. Owns how permissions, capabilities and fields are typed; keys and roles take the same.

use std::fmt::Display;
use std::str::FromStr;

use clap::Args;
use leadbox_core::access::{Capability, Grants, Level, Permission};

/// What somebody may do.
#[derive(Args, Clone, Debug)]
pub(crate) struct Granted {
    /// What may be done with leads, and with whose: `own`, `team` or `all`, such as lead.read=team
    #[arg(long = "grant", value_name = "PERMISSION=LEVEL")]
    permissions: Vec<Grant>,
    /// What may be done with the whole, such as audit.read
    #[arg(long = "capability", value_name = "CAPABILITY", value_parser = capability)]
    capabilities: Vec<Capability>,
    /// A field that is neither shown nor written, such as phone or cf.budget
    #[arg(long = "hide", value_name = "FIELD")]
    hidden: Vec<String>,
    /// A field that is shown and not written
    #[arg(long = "read-only", value_name = "FIELD")]
    read_only: Vec<String>,
}

impl Granted {
    /// The grants; nothing without an option.
    pub(crate) fn grants(&self) -> Grants {
        let grants = Grants {
            capabilities: self.capabilities.iter().copied().collect(),
            ..Grants::default()
        };
        let grants = self.permissions.iter().fold(grants, |grants, one| grants.allow(one.0, one.1));
        let grants = self.hidden.iter().fold(grants, Grants::hide);
        self.read_only.iter().fold(grants, Grants::protect)
    }
}

/// A permission up to a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grant(Permission, Level);

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (permission, level) = text.split_once('=').ok_or("use PERMISSION=LEVEL")?;
        let permission = permission.parse().map_err(or_one_of(Permission::ALL))?;
        Ok(Self(permission, level.parse().map_err(or_one_of(&Level::ALL))?))
    }
}

fn capability(text: &str) -> Result<Capability, String> {
    text.parse().map_err(or_one_of(Capability::ALL))
}

/// What was wrong, and what would not have been.
fn or_one_of<T: Display>(all: &[T]) -> impl FnOnce(String) -> String {
    let names = all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    move |wrong| format!("{wrong}: use one of {names}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_names_a_permission_and_a_level() {
        let grant = |text: &str| text.parse::<Grant>();
        assert_eq!(grant("lead.read=team"), Ok(Grant(Permission::LeadRead, Level::Team)));
        for (wrong, says) in [
            ("lead.read", "PERMISSION=LEVEL"),
            ("lead.reed=all", "lead.read, lead.create"),
            ("lead.read=everybody", "own, team, all"),
        ] {
            assert!(grant(wrong).is_err_and(|error| error.contains(says)), "{wrong}");
        }
        assert!(capability("audit").is_err_and(|error| error.contains("audit.read")));
    }

    #[test]
    fn options_add_up_to_grants() {
        let granted = Granted {
            permissions: vec![
                Grant(Permission::LeadRead, Level::All),
                Grant(Permission::LeadRead, Level::Own),
            ],
            capabilities: vec![Capability::AuditRead],
            hidden: vec!["phone".to_owned()],
            read_only: vec!["value".to_owned()],
        };
        let expected = Grants::default()
            .allow(Permission::LeadRead, Level::All)
            .enable(Capability::AuditRead)
            .hide("phone")
            .protect("value");
        assert_eq!(granted.grants(), expected);
    }
}
