//! Roles. Owns what a role is and the five that every tenant has; which users have which is the directory's.

use serde::{Deserialize, Serialize};

use super::{Capability, Grants, Level, Permission};
use crate::key::RoleKey;

/// What a user with this role may do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Role {
    /// Its key, unique in the tenant.
    pub key: RoleKey,
    /// What people read, 1 to 200 characters.
    pub name: String,
    /// What it grants.
    #[serde(default)]
    pub grants: Grants,
}

type BuiltIn = (&'static str, &'static str, fn() -> Grants);

/// The roles that every tenant has, by key and name. They cannot be changed.
const BUILT_IN: [BuiltIn; 5] = [
    ("admin", "Admin", Grants::everything),
    ("manager", "Manager", manager),
    ("agent", "Agent", agent),
    ("analyst", "Analyst", analyst),
    ("read_only", "Read-only", read_only),
];

impl Role {
    /// The key of the role that may do everything.
    pub const ADMIN: &'static str = "admin";

    /// The roles that every tenant has: Admin (everything), Manager (the work of its team), Agent (its own work), Analyst
    /// (sees and exports all leads), Read-only (sees all leads).
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().filter_map(|(key, name, grants)| {
            Some(Self { key: key.parse().ok()?, name: (*name).to_owned(), grants: grants() })
        })
    }

    /// Whether every tenant has it.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN.iter().any(|(key, ..)| *key == self.key.as_str())
    }
}

fn manager() -> Grants {
    Permission::ALL
        .iter()
        .fold(Grants::default(), |grants, permission| grants.allow(*permission, Level::Team))
        .enable(Capability::LeadsImport)
        .enable(Capability::ViewsShare)
        .enable(Capability::SystemRead)
}

fn agent() -> Grants {
    Grants::default()
        .allow(Permission::LeadRead, Level::Own)
        .allow(Permission::LeadCreate, Level::Own)
        .allow(Permission::LeadEdit, Level::Own)
        .allow(Permission::LeadAssign, Level::Own)
        .allow(Permission::InteractionCreate, Level::Own)
        .allow(Permission::InteractionEdit, Level::Own)
        .allow(Permission::TaskCreate, Level::Own)
        .allow(Permission::TaskEdit, Level::Own)
        .allow(Permission::NoteCreate, Level::Own)
        .allow(Permission::NoteEdit, Level::Own)
}

fn analyst() -> Grants {
    read_only().allow(Permission::LeadExport, Level::All)
}

fn read_only() -> Grants {
    Grants::default().allow(Permission::LeadRead, Level::All)
}
