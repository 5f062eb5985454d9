//! What somebody may do, and which role gives it. Owns the table; it is the same on one's own page and on a user's.

use leadbox_core::access::EffectiveAccess;
use leadbox_core::{Catalog, RoleKey};

use super::words::label;

/// A permission or a capability.
pub(super) struct AccessRow {
    pub(super) says: &'static str,
    /// How far it reaches; empty when it is not granted.
    pub(super) level: &'static str,
    pub(super) roles: String,
}

/// The whole table.
pub(super) struct AccessTable {
    pub(super) rows: Vec<AccessRow>,
    /// What is kept back: field, how, and by which roles.
    pub(super) fields: Vec<(String, &'static str, String)>,
}

/// Effective access as a table.
pub(super) fn access_table(effective: &EffectiveAccess, catalog: &Catalog) -> AccessTable {
    let named = |keys: &[RoleKey]| {
        let names = keys.iter().filter_map(|key| catalog.roles.get(key));
        names.map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let permissions = effective.permissions.iter().map(|one| AccessRow {
        says: one.permission.says(),
        level: one.level.map_or("", |level| level.name()),
        roles: named(&one.roles),
    });
    let capabilities = effective.capabilities.iter().map(|one| AccessRow {
        says: one.capability.says(),
        level: if one.roles.is_empty() { "" } else { "all" },
        roles: named(&one.roles),
    });
    let rule = |hidden| if hidden { "hidden" } else { "read-only" };
    let fields = effective.fields.iter();
    AccessTable {
        rows: permissions.chain(capabilities).collect(),
        fields: fields
            .map(|one| (label(catalog, &one.field), rule(one.hidden), named(&one.roles)))
            .collect(),
    }
}
