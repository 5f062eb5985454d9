//! `leadbox roles`: what people may do, by role.

use std::collections::BTreeMap;
use std::path::Path;

use leadbox_core::access::{Capability, Grants, Permission};
use leadbox_core::storage::BoxError;
use leadbox_core::{Role, RoleKey, UserId};
use serde::{Deserialize, Serialize};

use super::office::Office;
use crate::cli::{RoleOptions, RolesVerb};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// A role and who has it.
#[derive(Debug, Serialize)]
struct Held {
    role: Role,
    /// Whether every tenant has it; it cannot be changed then.
    built_in: bool,
    users: Vec<Holder>,
}

#[derive(Debug, Serialize)]
struct Holder {
    id: UserId,
    name: String,
}

impl Held {
    fn of(role: Role, holders: &BTreeMap<RoleKey, BTreeMap<UserId, String>>) -> Self {
        let holders = holders.get(&role.key).into_iter().flatten();
        let users = holders.map(|(id, name)| Holder { id: *id, name: name.clone() }).collect();
        Self { built_in: role.is_built_in(), role, users }
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    roles: Vec<Held>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        let rows = self.roles.iter().map(|one| {
            let kind = if one.built_in { "built in" } else { "" };
            let Role { key, name, .. } = &one.role;
            [key.to_string(), name.clone(), one.users.len().to_string(), kind.to_owned()]
        });
        let table = Table::new(["role", "name", "users", ""]).rows(rows).text();
        format!("{table}\n`leadbox roles show ROLE` tells what one allows")
    }
}

impl Outcome for Held {
    fn text(&self) -> String {
        let Role { key, name, grants } = &self.role;
        let built_in = if self.built_in { ", built in" } else { "" };
        let names: Vec<&str> = self.users.iter().map(|user| user.name.as_str()).collect();
        let users = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        format!("{name} ({key}{built_in}), had by {users}\n{}", table(grants))
    }
}

/// What grants allow, as a table.
fn table(grants: &Grants) -> String {
    let permissions = Permission::ALL.iter().map(|permission| {
        let level = grants.level(*permission).map_or("no", |level| level.name());
        [permission.to_string(), level.to_owned()]
    });
    let capabilities = Capability::ALL.iter().map(|capability| {
        let has = grants.capabilities.contains(capability);
        [capability.to_string(), if has { "yes" } else { "no" }.to_owned()]
    });
    let fields = grants.hidden.union(&grants.read_only).map(|field| {
        let hidden = grants.hidden.contains(field);
        [field.clone(), if hidden { "hidden" } else { "read-only" }.to_owned()]
    });
    Table::new(["what", "how far"]).rows(permissions.chain(capabilities).chain(fields)).text()
}

#[derive(Debug, Serialize)]
struct Defined {
    role: Role,
    /// Whether there was none with its key before.
    new: bool,
}

impl Outcome for Defined {
    fn text(&self) -> String {
        let Role { key, name, .. } = &self.role;
        let done = if self.new { "was made" } else { "is as it was given" };
        format!(
            "the role {name} ({key}) {done}\n`leadbox users change E-MAIL --give {key}` gives it to somebody"
        )
    }
}

#[derive(Debug, Serialize)]
struct Removed {
    removed: RoleKey,
}

impl Outcome for Removed {
    fn text(&self) -> String {
        format!("the role {} was removed", self.removed)
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when there is no such role, the file cannot be read, or it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn roles(
    verb: &RolesVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let access = office.leadbox.access();
    match verb {
        RolesVerb::List => {
            let (roles, holders) = (access.roles().await?, access.holders().await?);
            let roles = roles.into_iter().map(|role| Held::of(role, &holders)).collect();
            Ok(office.say(&Listed { roles }))
        }
        RolesVerb::Show { role } => {
            let (_, found) = access.role(role).await?.ok_or_else(|| unknown(role))?;
            Ok(office.say(&Held::of(found, &access.holders().await?)))
        }
        RolesVerb::Define(options) => {
            let before = access.role(&options.role).await?;
            let role = read(options, before.as_ref().map(|(_, role)| role))?;
            access.define_role(&role).await?;
            // As it is kept: what it hides is not written either.
            let kept = access.role(&role.key).await?.map_or(role, |(_, role)| role);
            office.say_written(&Defined { role: kept, new: before.is_none() }).await
        }
        RolesVerb::Remove { role } => {
            if access.role(role).await?.is_none() {
                return Err(unknown(role));
            }
            access.remove_role(role).await?;
            office.say_written(&Removed { removed: role.clone() }).await
        }
    }
}

fn unknown(role: &RoleKey) -> Failure {
    Failure::new(Exit::Failed, format!("there is no role '{role}'"))
        .hint("`leadbox roles list` shows them")
}

/// A role in a file; its key is given on the command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "key")]
    _key: Option<RoleKey>,
    name: String,
    #[serde(default)]
    grants: Grants,
}

fn read(options: &RoleOptions, before: Option<&Role>) -> Result<Role, Failure> {
    let (key, name) = (options.role.clone(), options.name.clone());
    if let Some(path) = &options.file {
        let written = read_file(path).map_err(|error| {
            Failure::because(format!("{} is no role", path.display()), error)
                .hint("`leadbox roles show manager --json | jq .role` shows what one looks like")
        })?;
        return Ok(Role { key, name: name.unwrap_or(written.name), grants: written.grants });
    }
    let name = name.or_else(|| before.map(|role| role.name.clone()));
    let name = name.ok_or_else(|| {
        Failure::new(Exit::Failed, format!("the role '{key}' is new and has no name"))
            .hint("give it one with --name")
    })?;
    Ok(Role { key, name, grants: options.granted.grants() })
}

fn read_file(path: &Path) -> Result<Written, BoxError> {
    let text = match path == Path::new("-") {
        true => std::io::read_to_string(std::io::stdin())?,
        false => std::fs::read_to_string(path)?,
    };
    Ok(serde_json::from_str(&text)?)
}
