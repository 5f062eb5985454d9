//! All users and teams of a tenant, as access needs them. Owns who belongs to whose team.

use std::collections::{BTreeMap, BTreeSet};

use crate::directory::{Team, User, UserStatus};
use crate::error::Result;
use crate::id::{TeamId, Tenant, UserId};
use crate::page::PageRequest;
use crate::storage::Storage;

/// A tenant's users and teams.
#[derive(Debug, Default)]
pub(crate) struct People {
    users: BTreeMap<UserId, User>,
    teams: BTreeMap<TeamId, Team>,
}

impl People {
    pub(super) async fn load(storage: &dyn Storage, tenant: Tenant) -> Result<Self> {
        let mut people = Self::default();
        people.teams.extend(storage.teams(tenant).await?.into_iter().map(|team| (team.id, team)));
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let found = storage.users(tenant, &page).await?;
            people.users.extend(found.items.into_iter().map(|user| (user.id, user)));
            match found.next {
                Some(cursor) => page = PageRequest::after(PageRequest::MAX, cursor),
                None => return Ok(people),
            }
        }
    }

    pub(super) fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// The users that may work.
    pub(super) fn active(&self) -> impl Iterator<Item = &User> {
        self.users.values().filter(|user| user.status == UserStatus::Active)
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// A user and everybody in its team and in the teams below, disabled ones too: their leads are still the team's.
    pub(super) fn within_team_of(&self, user: &User) -> BTreeSet<UserId> {
        let teams = user.team.map(|team| self.below(team)).unwrap_or_default();
        let members =
            self.users.values().filter(|one| one.team.is_some_and(|team| teams.contains(&team)));
        members.map(|member| member.id).chain([user.id]).collect()
    }

    /// A team and all teams below it.
    pub(super) fn below(&self, team: TeamId) -> BTreeSet<TeamId> {
        let mut found = BTreeSet::from([team]);
        let mut open = vec![team];
        while let Some(above) = open.pop() {
            let children = self.teams.values().filter(|child| child.parent == Some(above));
            // A circle, which no verb makes, must not keep us here.
            open.extend(children.filter(|child| found.insert(child.id)).map(|child| child.id));
        }
        found
    }
}
