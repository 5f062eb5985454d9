//! Users and teams. Owns their making and changing, and that nobody gains by it what the asker does not have.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::decision::{Announce, Decision, Preparing};
use super::people::People;
use super::{LeadBox, Prepared};
use crate::access::{Capability, merge};
use crate::directory::{Team, User, UserStatus};
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Payload, Subject, SubjectKind};
use crate::id::{TeamId, UserId};
use crate::identity::Email;
use crate::key::RoleKey;
use crate::page::{Page, PageRequest};
use crate::proof::TokenKind;
use crate::revision::{Revision, Version};
use crate::storage::Change;

/// The directory. Made by [`LeadBox::directory`].
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// A user to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// What people read, 1 to 200 characters.
    pub name: String,
    /// Address, unique in the tenant.
    pub email: String,
    /// The group it works in.
    #[serde(default)]
    pub team: Option<TeamId>,
    /// What it may do.
    #[serde(default)]
    pub roles: BTreeSet<RoleKey>,
}

/// A team to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTeam {
    /// What people read, 1 to 200 characters.
    pub name: String,
    /// The group it belongs to.
    #[serde(default)]
    pub parent: Option<TeamId>,
}

impl Directory<'_> {
    /// Users, by id; for those who work with leads or manage users.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn users(&self, page: &PageRequest) -> Result<Page<User>> {
        self.leadbox.rights().require_colleague()?;
        Ok(self.leadbox.storage().users(self.leadbox.tenant(), page).await?)
    }

    /// All users, disabled ones too, by name; at most a second old. For those who work with leads or manage users.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn everybody(&self) -> Result<Vec<User>> {
        self.leadbox.rights().require_colleague()?;
        let mut users: Vec<User> = self.leadbox.people().await?.users().cloned().collect();
        users.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(users)
    }

    /// What people call each user; at most a second old. Whoever has nothing to do with leads knows its own name only.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn names(&self) -> Result<BTreeMap<UserId, String>> {
        let people = self.leadbox.people().await?;
        let known = people.users().filter(|user| self.knows(user.id));
        Ok(known.map(|user| (user.id, user.name.clone())).collect())
    }

    /// A user; none when there is none, or the asker has nothing to do with leads and is another.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        let user = self.leadbox.storage().user(self.leadbox.tenant(), id).await?;
        Ok(user.filter(|user| self.knows(user.id)))
    }

    /// The user with this address, compared folded; none as for [`user`](Self::user).
    ///
    /// # Errors
    /// `Storage`.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        let user = self.leadbox.storage().user_by_email(self.leadbox.tenant(), email).await?;
        Ok(user.filter(|user| self.knows(user.id)))
    }

    /// All teams, by id; for those who work with leads or manage users.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn teams(&self) -> Result<Vec<Team>> {
        self.leadbox.rights().require_colleague()?;
        Ok(self.leadbox.storage().teams(self.leadbox.tenant()).await?)
    }

    /// What people call each team; whoever has nothing to do with leads knows none.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn team_names(&self) -> Result<BTreeMap<TeamId, String>> {
        if self.leadbox.rights().require_colleague().is_err() {
            return Ok(BTreeMap::new());
        }
        let teams = self.leadbox.storage().teams(self.leadbox.tenant()).await?;
        Ok(teams.into_iter().map(|team| (team.id, team.name)).collect())
    }

    fn knows(&self, user: UserId) -> bool {
        let rights = self.leadbox.rights();
        rights.user() == Some(user) || rights.require_colleague().is_ok()
    }

    /// Makes a user.
    ///
    /// # Errors
    /// `Denied`, also when its roles allow more than the asker may; `Invalid` with every problem, an address that is
    /// taken among them; `Storage`.
    pub async fn add_user(&self, new: &NewUser) -> Result<User> {
        let user = self.new_user(self.leadbox.new_id(), new);
        self.put("user", user.id, || Box::pin(self.prepare_user(None, user.clone()))).await
    }

    /// Changes a user: name, address, team, status, roles or zone. `changed` is the user as it was read, with what shall
    /// be different.
    ///
    /// # Errors
    /// `Denied`, also when the user's roles allow more than the asker may, before or after; `Invalid` with every problem,
    /// and when nobody would be left to manage users; `NotFound`; `Stale` when it changed meanwhile; `Storage`.
    pub async fn change_user(&self, changed: &User) -> Result<User> {
        self.put("user", changed.id, || {
            Box::pin(async move {
                let before = self.stored_user(changed.id).await?;
                let (expected, actual) = (changed.revision.0, before.revision.0);
                Error::unless_at("user", changed.id, Some(expected), actual)?;
                self.prepare_user(Some(&before), changed.clone()).await
            })
        })
        .await
    }

    /// Gives a user these roles and no others.
    ///
    /// # Errors
    /// As [`change_user`](Self::change_user), but for `Stale`; `Contended`.
    pub async fn give_roles(
        &self,
        id: UserId,
        roles: impl IntoIterator<Item = RoleKey>,
    ) -> Result<User> {
        let roles: &BTreeSet<RoleKey> = &roles.into_iter().collect();
        self.put("user", id, || {
            Box::pin(async move {
                let before = self.stored_user(id).await?;
                let after = User { roles: roles.clone(), ..before.clone() };
                self.prepare_user(Some(&before), after).await
            })
        })
        .await
    }

    /// Changes what the asker says of itself: its name, and the zone in which it reads times.
    ///
    /// # Errors
    /// `Denied` when the asker is no user; `Invalid`; `Contended`; `Storage`.
    pub async fn change_own(&self, name: &str, zone: Option<Tz>) -> Result<User> {
        let id = self.leadbox.rights().oneself().ok_or(crate::access::Denied::Account)?;
        self.put("user", id, || {
            Box::pin(async move {
                let before = self.stored_user(id).await?;
                let after = User { name: name.trim().to_owned(), zone, ..before.clone() };
                self.prepare_user(Some(&before), after).await
            })
        })
        .await
    }

    /// Makes a team.
    ///
    /// # Errors
    /// `Denied`, `Invalid`, `Storage`.
    pub async fn add_team(&self, new: &NewTeam) -> Result<Team> {
        let team = Team {
            id: self.leadbox.new_id(),
            tenant: self.leadbox.tenant(),
            revision: Revision::FIRST,
            name: new.name.trim().to_owned(),
            parent: new.parent,
        };
        self.put("team", team.id, || Box::pin(self.prepare_team(None, team.clone()))).await
    }

    /// Changes a team: its name or the group that it belongs to. `changed` is the team as it was read, with what shall be
    /// different.
    ///
    /// # Errors
    /// `Denied`; `Invalid`, also when the team would belong to itself; `NotFound`; `Stale`; `Storage`.
    pub async fn change_team(&self, changed: &Team) -> Result<Team> {
        self.put("team", changed.id, || {
            Box::pin(async move {
                let tenant = self.leadbox.tenant();
                let before = self.leadbox.storage().team(tenant, changed.id).await?;
                let before = before.ok_or_else(|| Error::not_found("team", changed.id))?;
                let (expected, actual) = (changed.revision.0, before.revision.0);
                Error::unless_at("team", changed.id, Some(expected), actual)?;
                self.prepare_team(Some(&before), changed.clone()).await
            })
        })
        .await
    }

    /// Commits what `prepare` decides, and reads users and teams anew from then on.
    async fn put<'p, T>(
        &self,
        what: &'static str,
        id: impl ToString,
        prepare: impl FnMut() -> Preparing<'p, T>,
    ) -> Result<T> {
        let done = self.leadbox.decide(what, id, prepare).await;
        self.leadbox.forget_people();
        done
    }

    async fn stored_user(&self, id: UserId) -> Result<User> {
        let found = self.leadbox.storage().user(self.leadbox.tenant(), id).await?;
        found.ok_or_else(|| Error::not_found("user", id))
    }

    pub(super) fn new_user(&self, id: UserId, new: &NewUser) -> User {
        User {
            id,
            tenant: self.leadbox.tenant(),
            revision: Revision::FIRST,
            name: new.name.trim().to_owned(),
            email: new.email.trim().to_owned(),
            team: new.team,
            status: UserStatus::Active,
            roles: new.roles.clone(),
            zone: None,
        }
    }

    async fn prepare_user(&self, before: Option<&User>, after: User) -> Result<Prepared<User>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let after = self.put_user(&mut decision, before, after).await?;
        decision.finish(after).await
    }

    /// Adds the change of a user from `before` to `after`, or of a new one, if there is any.
    pub(super) async fn put_user(
        &self,
        decision: &mut Decision<'_>,
        before: Option<&User>,
        after: User,
    ) -> Result<User> {
        if before == Some(&after) {
            return Ok(after);
        }
        self.check_rights(before, &after).await?;
        self.check_user(before, &after).await?;
        let after = User {
            tenant: self.leadbox.tenant(),
            revision: before.map_or(Revision::FIRST, |before| before.revision.next()),
            ..after
        };
        let payload = difference(&before.map(user_fields).transpose()?, user_fields(&after)?);
        let subject = Subject { kind: SubjectKind::User, id: after.id.uuid() };
        decision.event(subject, EventType::USER_CHANGED, Version(after.revision.0), &payload)?;
        decision.push(Change::PutUser(Box::new(after.clone())))?;
        if let Some(before) = before {
            let mut over = Vec::new();
            // Links went to the address of before.
            if before.email != after.email || after.status == UserStatus::Disabled {
                over.extend([TokenKind::Invitation, TokenKind::Reset]);
            }
            if after.status == UserStatus::Disabled {
                over.push(TokenKind::Session);
            }
            decision.end_all(after.id, &over, None).await?;
        }
        Ok(after)
    }

    /// Refuses what would give the asker, or anybody, more than the asker has.
    async fn check_rights(&self, before: Option<&User>, after: &User) -> Result<()> {
        let rights = self.leadbox.rights();
        let own = |user: &User| (user.team, user.status, user.roles.clone(), user.email.clone());
        if rights.oneself() == Some(after.id) && before.map(own) == Some(own(after)) {
            return Ok(());
        }
        rights.require_capability(Capability::UsersManage)?;
        let catalog = self.leadbox.catalog().await?;
        for user in before.into_iter().chain([after]) {
            rights.require_within(&merge(&catalog.roles_of(user)))?;
        }
        Ok(())
    }

    async fn check_user(&self, before: Option<&User>, after: &User) -> Result<()> {
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let mut invalid = Invalid::default();
        check_name(&mut invalid, &after.name);
        if let Err(error) = Email::parse(&after.email) {
            invalid.push("email", error);
        } else if let Some(other) = storage.user_by_email(tenant, &after.email).await?
            && other.id != after.id
        {
            invalid.push("email", "belongs to a user already");
        }
        if before.is_none_or(|before| before.team != after.team) {
            self.check_team(&mut invalid, "team", after.team).await?;
        }
        let catalog = self.leadbox.catalog().await?;
        for role in after.roles.iter().filter(|role| !catalog.roles.contains_key(*role)) {
            invalid.push("roles", format!("'{role}' is not a role"));
        }
        if let Some(before) = before
            && self.leadbox.rights().grants().is_some()
        {
            let manages = |user: &User| {
                let grants = merge(&catalog.roles_of(user));
                user.status == UserStatus::Active
                    && grants.capabilities.contains(&Capability::UsersManage)
            };
            if manages(before) && !manages(after) {
                let people = People::load(&**storage, tenant).await?;
                if !people.active().any(|user| user.id != after.id && manages(user)) {
                    invalid.push("roles", "nobody else could manage users then");
                }
            }
        }
        Ok(invalid.or(())?)
    }

    async fn prepare_team(&self, before: Option<&Team>, after: Team) -> Result<Prepared<Team>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if before == Some(&after) {
            return decision.finish(after).await;
        }
        self.leadbox.rights().require_capability(Capability::UsersManage)?;
        let mut invalid = Invalid::default();
        check_name(&mut invalid, &after.name);
        self.check_team(&mut invalid, "parent", after.parent).await?;
        if let (Some(_), Some(parent)) = (before, after.parent) {
            let people = People::load(&**self.leadbox.storage(), self.leadbox.tenant()).await?;
            if people.below(after.id).contains(&parent) {
                invalid.push("parent", "is this team or one below it");
            }
        }
        invalid.or(())?;
        let after = Team {
            name: after.name.trim().to_owned(),
            tenant: self.leadbox.tenant(),
            revision: before.map_or(Revision::FIRST, |before| before.revision.next()),
            ..after
        };
        let payload = difference(&before.map(team_fields), team_fields(&after));
        let subject = Subject { kind: SubjectKind::Team, id: after.id.uuid() };
        decision.event(subject, EventType::TEAM_CHANGED, Version(after.revision.0), &payload)?;
        decision.push(Change::PutTeam(Box::new(after.clone())))?;
        decision.finish(after).await
    }

    async fn check_team(
        &self,
        invalid: &mut Invalid,
        field: &str,
        team: Option<TeamId>,
    ) -> Result<()> {
        if let Some(team) = team
            && self.leadbox.storage().team(self.leadbox.tenant(), team).await?.is_none()
        {
            invalid.push(field, "is not a team");
        }
        Ok(())
    }
}

fn user_fields(user: &User) -> Result<Map<String, Value>> {
    Ok([
        ("name", Value::from(user.name.as_str())),
        ("email", Value::from(user.email.as_str())),
        ("team", serde_json::to_value(user.team)?),
        ("status", serde_json::to_value(user.status)?),
        ("roles", serde_json::to_value(&user.roles)?),
        ("zone", serde_json::to_value(user.zone)?),
    ]
    .map(|(field, value)| (field.to_owned(), value))
    .into_iter()
    .collect())
}

fn team_fields(team: &Team) -> Map<String, Value> {
    let parent = team.parent.map_or(Value::Null, |parent| Value::from(parent.to_string()));
    [("name", Value::from(team.name.as_str())), ("parent", parent)]
        .map(|(field, value)| (field.to_owned(), value))
        .into_iter()
        .collect()
}

/// The fields that differ, as they are and as they were.
pub(super) fn difference(
    before: &Option<Map<String, Value>>,
    after: Map<String, Value>,
) -> Payload {
    let mut payload = Payload::default();
    for (field, now) in after {
        let then = before.as_ref().map(|before| before.get(&field).unwrap_or(&Value::Null));
        if then == Some(&now) || (then.is_none() && now.is_null()) {
            continue;
        }
        if let Some(then) = then {
            payload.previous.insert(field.clone(), then.clone());
        }
        payload.changed.insert(field, now);
    }
    payload
}

pub(super) fn check_name(invalid: &mut Invalid, name: &str) {
    if name.trim().is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        invalid.push("name", "needs 1 to 200 characters");
    }
}
