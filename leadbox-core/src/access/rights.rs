//! What one asker may do. Owns the answer to every question of access; the same for a person, a key and the host.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Capability, Grants, Level, Permission};
use crate::error::Invalid;
use crate::id::{Tenant, UserId};
use crate::scope::{Owners, Scope};

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The asker's roles do not grant it, or not so far.
    #[error("this needs the permission '{permission}' for a lead that is not within reach of it")]
    Permission {
        /// What is missing.
        permission: Permission,
    },
    /// The asker's roles do not grant it.
    #[error("this needs '{capability}'")]
    Capability {
        /// What is missing.
        capability: Capability,
    },
    /// The account is disabled, or there is none.
    #[error("there is no such account, or it is disabled")]
    Account,
    /// It concerns all tenants.
    #[error("only the embedding program may do this")]
    HostOnly,
    /// It is for the user itself: not for another, and not for a key that stands for it.
    #[error("only the user itself may do this")]
    Oneself,
    /// It would hand out more than the asker has.
    #[error("nobody can grant more than is granted to them")]
    Beyond,
}

/// What one asker may do. Cheap to clone. Written down by work that goes on after its asker has left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "Asker", into = "Asker")]
pub struct Rights(Arc<Asker>);

impl From<Asker> for Rights {
    fn from(asker: Asker) -> Self {
        Self(Arc::new(asker))
    }
}

impl From<Rights> for Asker {
    fn from(rights: Rights) -> Self {
        Arc::unwrap_or_clone(rights.0)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asker {
    Host,
    Granted {
        user: Option<UserId>,
        team: BTreeSet<UserId>,
        grants: Grants,
        /// Whether it only stands for the user, and is not the user.
        proxy: bool,
    },
}

impl Rights {
    /// The embedding program's: everything.
    pub fn host() -> Self {
        Self(Arc::new(Asker::Host))
    }

    /// Those of a user, or of a key without one. `team` is everybody within the level of that name.
    pub fn granted(
        user: Option<UserId>,
        team: impl IntoIterator<Item = UserId>,
        grants: Grants,
    ) -> Self {
        let team = team.into_iter().chain(user).collect();
        Self(Arc::new(Asker::Granted { user, team, grants, proxy: false }))
    }

    /// The same, as far as these grants allow it: for a key that stands for somebody. It is not that user's own hand: it
    /// cannot set the user's password.
    #[must_use]
    pub fn limited_to(&self, limit: &Grants) -> Self {
        match &*self.0 {
            Asker::Host => Self(Arc::new(Asker::Granted {
                user: None,
                team: BTreeSet::new(),
                grants: limit.clone(),
                proxy: true,
            })),
            Asker::Granted { user, team, grants, .. } => Self(Arc::new(Asker::Granted {
                user: *user,
                team: team.clone(),
                grants: grants.and(limit),
                proxy: true,
            })),
        }
    }

    /// The user itself; none for a key that stands for one. What belongs to the account asks for it: name, password,
    /// sessions.
    pub fn oneself(&self) -> Option<UserId> {
        match &*self.0 {
            Asker::Granted { user, proxy: false, .. } => *user,
            _ => None,
        }
    }

    /// The user, or whom a key stands for.
    pub fn user(&self) -> Option<UserId> {
        match &*self.0 {
            Asker::Host => None,
            Asker::Granted { user, .. } => *user,
        }
    }

    /// What is granted; none for the host, who may do everything.
    pub fn grants(&self) -> Option<&Grants> {
        match &*self.0 {
            Asker::Host => None,
            Asker::Granted { grants, .. } => Some(grants),
        }
    }

    /// How far a permission reaches.
    pub fn level(&self, permission: Permission) -> Option<Level> {
        match &*self.0 {
            Asker::Host => Some(Level::All),
            Asker::Granted { grants, .. } => grants.level(permission),
        }
    }

    /// Whose leads a permission covers; nobody's when it is not granted.
    pub fn owners(&self, permission: Permission) -> Owners {
        match &*self.0 {
            Asker::Host => Owners::All,
            Asker::Granted { user, team, grants, .. } => match grants.level(permission) {
                None => Owners::Only(BTreeSet::new()),
                Some(Level::Own) => Owners::Only(user.iter().copied().collect()),
                Some(Level::Team) => Owners::Only(team.clone()),
                Some(Level::All) => Owners::All,
            },
        }
    }

    /// Whether something may be done with a lead of this owner.
    pub fn may(&self, permission: Permission, owner: Option<UserId>) -> bool {
        match &*self.0 {
            Asker::Host => true,
            Asker::Granted { user, team, grants, .. } => match grants.level(permission) {
                None => false,
                Some(Level::Own) => owner.is_some() && owner == *user,
                Some(Level::Team) => owner.is_some_and(|owner| team.contains(&owner)),
                Some(Level::All) => true,
            },
        }
    }

    /// Whether the asker has a capability.
    pub fn can(&self, capability: Capability) -> bool {
        self.grants().is_none_or(|grants| grants.capabilities.contains(&capability))
    }

    /// Refuses unless something may be done with a lead of this owner.
    ///
    /// # Errors
    /// `Permission`.
    pub fn require(&self, permission: Permission, owner: Option<UserId>) -> Result<(), Denied> {
        if self.may(permission, owner) { Ok(()) } else { Err(Denied::Permission { permission }) }
    }

    /// Refuses unless the asker has a capability.
    ///
    /// # Errors
    /// `Capability`.
    pub fn require_capability(&self, capability: Capability) -> Result<(), Denied> {
        if self.can(capability) { Ok(()) } else { Err(Denied::Capability { capability }) }
    }

    /// Refuses unless the asker has one of several capabilities.
    ///
    /// # Errors
    /// `Capability`, with the first of them.
    pub fn require_any(&self, capabilities: &[Capability]) -> Result<(), Denied> {
        match capabilities.first() {
            Some(first) if !capabilities.iter().any(|one| self.can(*one)) => {
                Err(Denied::Capability { capability: *first })
            }
            _ => Ok(()),
        }
    }

    /// Refuses whoever may do none of these with any lead.
    ///
    /// # Errors
    /// `Permission`, with the first of them.
    pub(crate) fn require_some_of(&self, permissions: &[Permission]) -> Result<(), Denied> {
        match permissions.first() {
            Some(first) if !permissions.iter().any(|one| self.level(*one).is_some()) => {
                Err(Denied::Permission { permission: *first })
            }
            _ => Ok(()),
        }
    }

    /// Refuses everybody but the embedding program.
    ///
    /// # Errors
    /// `HostOnly`.
    pub(crate) fn require_host(&self) -> Result<(), Denied> {
        if self.grants().is_none() { Ok(()) } else { Err(Denied::HostOnly) }
    }

    /// Refuses whoever is not this user itself, and keys in any case. Nobody's is everybody's who is no key.
    ///
    /// # Errors
    /// `Oneself`.
    pub(crate) fn require_oneself(&self, user: Option<UserId>) -> Result<(), Denied> {
        match &*self.0 {
            Asker::Granted { proxy: true, .. } => Err(Denied::Oneself),
            Asker::Granted { .. } if user.is_some() && self.oneself() != user => {
                Err(Denied::Oneself)
            }
            _ => Ok(()),
        }
    }

    /// Refuses whoever neither sees leads nor manages users: it need not know who works here.
    ///
    /// # Errors
    /// `Permission`.
    pub(crate) fn require_colleague(&self) -> Result<(), Denied> {
        let permission = Permission::LeadRead;
        match self.level(permission).is_some() || self.can(Capability::UsersManage) {
            true => Ok(()),
            false => Err(Denied::Permission { permission }),
        }
    }

    /// Refuses to hand out more than the asker has.
    ///
    /// # Errors
    /// `Beyond`.
    pub fn require_within(&self, handed_out: &Grants) -> Result<(), Denied> {
        match self.grants() {
            Some(own) if !handed_out.is_within(own) => Err(Denied::Beyond),
            _ => Ok(()),
        }
    }

    /// What the asker sees of a tenant.
    pub fn scope(&self, tenant: Tenant) -> Scope {
        let hidden_fields = self.grants().map(|grants| grants.hidden.clone()).unwrap_or_default();
        Scope { tenant, owners: self.owners(Permission::LeadRead), hidden_fields }
    }

    /// A scope without the leads that a permission does not cover.
    ///
    /// # Errors
    /// `Permission` when it covers none at all.
    pub(crate) fn narrowed(&self, scope: &Scope, permission: Permission) -> Result<Scope, Denied> {
        if self.level(permission).is_none() {
            return Err(Denied::Permission { permission });
        }
        let owners = scope.owners.clone().within(self.owners(permission));
        Ok(Scope { owners, ..scope.clone() })
    }

    /// Notes every field among `fields` that the asker may not write.
    pub(crate) fn check_fields(
        &self,
        invalid: &mut Invalid,
        fields: impl IntoIterator<Item = String>,
    ) {
        let Some(grants) = self.grants() else { return };
        for field in fields.into_iter().filter(|field| !grants.writes(field)) {
            invalid.push(field, "may not be changed with your role");
        }
    }
}
