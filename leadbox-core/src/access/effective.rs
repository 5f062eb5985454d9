//! Why somebody may do what they may. Owns the answer for people: each grant with the roles that give it.

use serde::Serialize;

use super::{Capability, Grants, Level, Permission, Role};
use crate::id::UserId;
use crate::key::RoleKey;

/// What a user may do, and which role gave it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EffectiveAccess {
    /// Whose.
    pub user: UserId,
    /// Every permission; those not granted have no level.
    pub permissions: Vec<PermissionSource>,
    /// Every capability; those not granted have no role.
    pub capabilities: Vec<CapabilitySource>,
    /// Fields that are kept back, with the roles that do so.
    pub fields: Vec<FieldSource>,
}

/// A permission and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PermissionSource {
    /// Which.
    pub permission: Permission,
    /// How far it reaches.
    pub level: Option<Level>,
    /// The roles that let it reach so far.
    pub roles: Vec<RoleKey>,
}

/// A capability and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapabilitySource {
    /// Which.
    pub capability: Capability,
    /// The roles that give it.
    pub roles: Vec<RoleKey>,
}

/// A field that is kept back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldSource {
    /// Its filter name.
    pub field: String,
    /// Whether it is not shown either.
    pub hidden: bool,
    /// The roles that keep it back.
    pub roles: Vec<RoleKey>,
}

impl EffectiveAccess {
    /// What these roles give together.
    pub fn of(user: UserId, roles: &[Role]) -> Self {
        let merged = merge(roles);
        let keys = |gives: &dyn Fn(&Grants) -> bool| {
            roles.iter().filter(|role| gives(&role.grants)).map(|role| role.key.clone()).collect()
        };
        let permissions = Permission::ALL.iter().map(|permission| {
            let level = merged.level(*permission);
            let gives = |grants: &Grants| level.is_some() && grants.level(*permission) == level;
            PermissionSource { permission: *permission, level, roles: keys(&gives) }
        });
        let capabilities = Capability::ALL.iter().map(|capability| {
            let gives = |grants: &Grants| grants.capabilities.contains(capability);
            CapabilitySource { capability: *capability, roles: keys(&gives) }
        });
        let fields = merged.hidden.union(&merged.read_only).map(|field| FieldSource {
            field: field.clone(),
            hidden: merged.hidden.contains(field),
            roles: keys(&|grants| !grants.writes(field)),
        });
        Self {
            user,
            permissions: permissions.collect(),
            capabilities: capabilities.collect(),
            fields: fields.collect(),
        }
    }
}

/// The grants of several roles together.
pub(crate) fn merge<'r>(roles: impl IntoIterator<Item = &'r Role>) -> Grants {
    roles.into_iter().fold(Grants::default(), |sum, role| sum.or(&role.grants))
}
