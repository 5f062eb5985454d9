//! What one asker may see. Owns the answer of access control as every read takes it: the tenant, the owners whose
//! leads are visible, and the fields that are not. How a scope follows from roles is decided elsewhere.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{Tenant, UserId};

/// Whose leads are visible.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owners {
    /// Everybody's, and those without an owner.
    #[default]
    All,
    /// Only the leads of these users; one for "own", several for "team".
    Only(BTreeSet<UserId>),
}

impl Owners {
    /// Those that are among both.
    pub(crate) fn within(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, some) | (some, Self::All) => some,
            (Self::Only(some), Self::Only(others)) => {
                Self::Only(some.intersection(&others).copied().collect())
            }
        }
    }
}

/// What a reader may see.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Scope {
    /// Whose data.
    pub tenant: Tenant,
    /// Whose leads.
    pub owners: Owners,
    /// Fields by their filter names (`phone`, `cf.budget`) that are neither shown nor searched.
    pub hidden_fields: BTreeSet<String>,
}

impl Scope {
    /// Everything of a tenant.
    pub fn all(tenant: Tenant) -> Self {
        Self { tenant, ..Self::default() }
    }

    /// Only these users' leads.
    pub fn owned_by(tenant: Tenant, owners: impl IntoIterator<Item = UserId>) -> Self {
        Self { tenant, owners: Owners::Only(owners.into_iter().collect()), ..Self::default() }
    }

    /// What both see; nothing when they are of two tenants.
    pub(crate) fn within(self, other: &Self) -> Self {
        let same = self.tenant == other.tenant;
        let owners = if same { self.owners } else { Owners::Only(BTreeSet::new()) };
        Self {
            tenant: other.tenant,
            owners: owners.within(other.owners.clone()),
            hidden_fields: self.hidden_fields.union(&other.hidden_fields).cloned().collect(),
        }
    }

    /// Whether a lead of `tenant` with this owner is visible.
    pub fn sees(&self, tenant: Tenant, owner: Option<UserId>) -> bool {
        self.tenant == tenant
            && match &self.owners {
                Owners::All => true,
                Owners::Only(owners) => owner.is_some_and(|owner| owners.contains(&owner)),
            }
    }
}
