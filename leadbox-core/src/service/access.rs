//! Roles, and what follows from them. Owns acting as somebody, making and removing roles, and saying why somebody may do
//! something.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::decision::{Announce, Decision, data};
use super::people::People;
use super::{LeadBox, Prepared};
use crate::access::{Capability, Denied, EffectiveAccess, Grants, Level, Rights, Role, merge};
use crate::catalog::Catalog;
use crate::directory::{User, UserStatus};
use crate::error::{Error, Invalid, Result};
use crate::event::{Actor, EventType};
use crate::id::UserId;
use crate::key::RoleKey;
use crate::revision::{Revision, Version};
use crate::storage::{Change, Definition, DefinitionDrop, DefinitionKind, DefinitionUpdate};

/// The most roles of a tenant, beside the built-in ones.
const MAX_ROLES: usize = 100;

/// Roles and rights. Made by [`LeadBox::access`].
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl LeadBox {
    /// The same, acting as a user and seeing what it may see. What the user's roles do not allow is refused from here on.
    /// For the host's handle: nobody else becomes somebody else.
    ///
    /// # Errors
    /// `Denied` when there is no such user, or it is disabled; `Storage`.
    pub async fn as_user(&self, id: UserId) -> Result<Self> {
        self.rights().require_host()?;
        let (people, catalog) = (self.people().await?, self.catalog().await?);
        let user = people.user(id).filter(|user| user.status == UserStatus::Active);
        let user = user.ok_or(Denied::Account)?;
        let grants = merge(&catalog.roles_of(user));
        let team = match grants.permissions.values().any(|level| *level == Level::Team) {
            true => people.within_team_of(user),
            false => BTreeSet::new(),
        };
        let rights = Rights::granted(Some(id), team, grants);
        Ok(self.with_rights(Actor::user(id), rights))
    }

    /// Users and teams; at most a second old.
    pub(super) async fn people(&self) -> Result<Arc<People>> {
        let (tenant, now) = (self.tenant(), self.now());
        if let Some(people) = self.remembered_people().value(tenant, now) {
            return Ok(people);
        }
        let people = People::load(&**self.storage(), tenant).await?;
        Ok(self.remembered_people().keep(tenant, now, people))
    }
}

impl Access<'_> {
    /// All roles, by key, the built-in ones among them.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn roles(&self) -> Result<Vec<Role>> {
        Ok(self.leadbox.catalog().await?.roles.values().cloned().collect())
    }

    /// A role and its revision, at which [`put_role`](Self::put_role) changes it; none when there is no such role. A built-in
    /// one is at revision 0 for ever.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn role(&self, key: &RoleKey) -> Result<Option<(Revision, Role)>> {
        match Role::built_in().find(|role| role.key == *key) {
            Some(role) => Ok(Some((Revision(0), role))),
            None => self.stored(key).await,
        }
    }

    /// Who has which role, by key, each with id and name. For those who manage roles or users.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn holders(&self) -> Result<BTreeMap<RoleKey, BTreeMap<UserId, String>>> {
        let allowed = [Capability::RolesManage, Capability::UsersManage];
        self.leadbox.rights().require_any(&allowed)?;
        let mut holders: BTreeMap<RoleKey, BTreeMap<UserId, String>> = BTreeMap::new();
        for user in self.leadbox.people().await?.users() {
            for role in &user.roles {
                holders.entry(role.clone()).or_default().insert(user.id, user.name.clone());
            }
        }
        Ok(holders)
    }

    /// What a user may do, and which of its roles gives it.
    ///
    /// # Errors
    /// `Denied`, unless the asker is that user or manages users; `NotFound`; `Storage`.
    pub async fn effective_access(&self, user: UserId) -> Result<EffectiveAccess> {
        let rights = self.leadbox.rights();
        if rights.user() != Some(user) {
            rights.require_capability(Capability::UsersManage)?;
        }
        let people = self.leadbox.people().await?;
        let found = people.user(user).ok_or_else(|| Error::not_found("user", user))?;
        Ok(EffectiveAccess::of(user, &self.leadbox.catalog().await?.roles_of(found)))
    }

    /// The active users who may manage users: whoever is asked for access. Without one, nobody can let anybody in.
    ///
    /// # Errors
    /// `Denied`, unless the asker manages users; `Storage`.
    pub async fn administrators(&self) -> Result<Vec<User>> {
        self.leadbox.rights().require_capability(Capability::UsersManage)?;
        let (people, catalog) = (self.leadbox.people().await?, self.leadbox.catalog().await?);
        let manages = |user: &&User| {
            merge(&catalog.roles_of(user)).capabilities.contains(&Capability::UsersManage)
        };
        Ok(people.active().filter(manages).cloned().collect())
    }

    /// Makes a role, or changes one. It takes effect for those who have it within a second.
    ///
    /// # Errors
    /// `Denied`, also when the role allows more than the asker may; `Invalid` with every problem; `Contended`; `Storage`.
    pub async fn define_role(&self, role: &Role) -> Result<()> {
        self.put(role, None).await
    }

    /// The same for a role as it was read at this revision; 0 for one that is to be new.
    ///
    /// # Errors
    /// As [`define_role`](Self::define_role); `Stale` when it changed meanwhile, is gone, or is there already.
    pub async fn put_role(&self, role: &Role, before: Revision) -> Result<()> {
        self.put(role, Some(before)).await
    }

    async fn put(&self, role: &Role, expected: Option<Revision>) -> Result<()> {
        let prepare = || self.prepare(role, expected);
        let done = self.leadbox.decide("role", &role.key, || Box::pin(prepare())).await;
        self.leadbox.forget_catalog();
        done
    }

    /// What [`define_role`](Self::define_role) would commit.
    ///
    /// # Errors
    /// As `define_role`.
    pub async fn prepare_role(&self, role: &Role) -> Result<Prepared<()>> {
        self.prepare(role, None).await
    }

    async fn prepare(&self, role: &Role, expected: Option<Revision>) -> Result<Prepared<()>> {
        self.leadbox.rights().require_capability(Capability::RolesManage)?;
        self.leadbox.rights().require_within(&role.grants)?;
        // Written out, so that a role says of itself that what it hides cannot be written either.
        let role = &Role { grants: role.grants.clone().written_out(), ..role.clone() };
        let known = self.stored(&role.key).await?;
        if let Some((_, stored)) = &known {
            self.leadbox.rights().require_within(&stored.grants)?;
        }
        let actual = known.as_ref().map_or(Revision(0), |(revision, _)| *revision);
        Error::unless_at("role", &role.key, expected.map(|expected| expected.0), actual.0)?;
        self.check(role, known.is_none()).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if known.as_ref().is_some_and(|(_, stored)| stored == role) {
            return decision.finish(()).await;
        }
        decision.put_role(
            actual,
            known.as_ref().map(|(_, stored)| &stored.grants),
            role.clone(),
        )?;
        decision.finish(()).await
    }

    /// Takes a role away that nobody has.
    ///
    /// # Errors
    /// `Denied`; `Invalid` while users have it, or when it is built in; `NotFound`; `Contended`; `Storage`.
    pub async fn remove_role(&self, key: &RoleKey) -> Result<()> {
        let done = self.leadbox.decide("role", key, || Box::pin(self.prepare_removal(key))).await;
        self.leadbox.forget_catalog();
        done
    }

    async fn prepare_removal(&self, key: &RoleKey) -> Result<Prepared<()>> {
        self.leadbox.rights().require_capability(Capability::RolesManage)?;
        if Role::built_in().any(|role| role.key == *key) {
            return Err(Invalid::one("role", "is built in").into());
        }
        let (before, role) =
            self.stored(key).await?.ok_or_else(|| Error::not_found("role", key))?;
        self.leadbox.rights().require_within(&role.grants)?;
        let holders = self.held_by(key).await?;
        if holders > 0 {
            let message = format!("is still given to {holders} users: take it from them first");
            return Err(Invalid::one("role", message).into());
        }
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let payload = data([("key", Value::from(key.as_str()))]);
        let tenant = self.leadbox.tenant();
        let subject = Definition::Role(role).subject(tenant);
        decision.event(subject, EventType::ROLE_REMOVED, Version(before.next().0), &payload)?;
        let (kind, key) = (DefinitionKind::Role, key.as_str().to_owned());
        decision.push(Change::DropDefinition(Box::new(DefinitionDrop {
            tenant,
            kind,
            key,
            before,
        })))?;
        decision.finish(()).await
    }

    /// How many users have a role.
    async fn held_by(&self, key: &RoleKey) -> Result<usize> {
        let people = People::load(&**self.leadbox.storage(), self.leadbox.tenant()).await?;
        Ok(people.users().filter(|user| user.roles.contains(key)).count())
    }

    async fn stored(&self, key: &RoleKey) -> Result<Option<(Revision, Role)>> {
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        match storage.definition(tenant, DefinitionKind::Role, key.as_str()).await? {
            Some((revision, Definition::Role(role))) => Ok(Some((revision, role))),
            _ => Ok(None),
        }
    }

    async fn check(&self, role: &Role, is_new: bool) -> Result<()> {
        let mut invalid = Invalid::default();
        let catalog = self.leadbox.catalog().await?;
        if role.is_built_in() {
            invalid.push("key", "is the key of a built-in role");
        }
        let own = catalog.roles.values().filter(|role| !role.is_built_in()).count();
        if is_new && own >= MAX_ROLES {
            invalid.push("key", format!("would be more than {MAX_ROLES} roles"));
        }
        if is_new && self.held_by(&role.key).await? > 0 {
            // Given while it was being removed: they would have the new one unasked.
            invalid.push("key", "is that of a role that was removed and that users still have");
        }
        super::directory::check_name(&mut invalid, &role.name);
        check_kept_back(&mut invalid, &role.grants, &catalog);
        Ok(invalid.or(())?)
    }
}

impl Decision<'_> {
    /// Adds a role behind the stored revision, and the event that tells what it granted before.
    pub(super) fn put_role(
        &mut self,
        before: Revision,
        granted: Option<&Grants>,
        role: Role,
    ) -> Result<()> {
        let mut payload = data([
            ("key", Value::from(role.key.as_str())),
            ("name", Value::from(role.name.as_str())),
        ]);
        payload.changed.insert("grants".to_owned(), serde_json::to_value(&role.grants)?);
        payload.previous.insert("grants".to_owned(), serde_json::to_value(granted)?);
        let (tenant, definition) = (self.tenant(), Definition::Role(role));
        let subject = definition.subject(tenant);
        self.event(subject, EventType::ROLE_CHANGED, Version(before.next().0), &payload)?;
        self.push(Change::PutDefinition(Box::new(DefinitionUpdate { tenant, before, definition })))
    }
}

/// Notes fields that cannot be hidden or protected: a misspelt name would keep nothing back.
pub(super) fn check_kept_back(invalid: &mut Invalid, grants: &Grants, catalog: &Catalog) {
    for (list, fields) in [("hidden", &grants.hidden), ("read_only", &grants.read_only)] {
        for field in fields.iter().filter(|field| !catalog.guards(field)) {
            invalid.push(format!("grants.{list}"), format!("'{field}' cannot be kept back"));
        }
    }
}

#[cfg(test)]
mod tests;
