//! The people and groups that leads belong to. Owns users and teams; what their roles allow is decided in `access`, and how
//! they prove who they are elsewhere.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::id::{TeamId, Tenant, UserId};
use crate::key::RoleKey;
use crate::revision::Revision;

/// Whether a user may still work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserStatus {
    /// May own leads and sign in.
    #[default]
    Active,
    /// Kept, because leads and history point at it.
    Disabled,
}

/// A person who works with leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What people read.
    pub name: String,
    /// Address as given; unique by its folded form in a tenant.
    pub email: String,
    /// The group it works in.
    pub team: Option<TeamId>,
    /// Whether it may still work.
    pub status: UserStatus,
    /// What it may do: whatever one of these roles allows. Nothing without a role.
    #[serde(default)]
    pub roles: BTreeSet<RoleKey>,
    /// The zone in which it reads times; the tenant's when not set.
    #[serde(default)]
    pub zone: Option<Tz>,
}

/// A group of users; groups nest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What people read.
    pub name: String,
    /// The group it belongs to.
    pub parent: Option<TeamId>,
}
