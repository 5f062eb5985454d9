//! Users and teams. Owns their making and changing.

use serde_json::Value;

use super::LeadBox;
use super::decision::{Announce, Decision, data};
use crate::directory::{Team, User, UserStatus};
use crate::error::{Invalid, Result};
use crate::event::{EventType, Subject, SubjectKind};
use crate::id::{TeamId, UserId};
use crate::identity::Email;
use crate::page::{Page, PageRequest};
use crate::revision::{Revision, Version};
use crate::storage::Change;

/// The directory. Made by [`LeadBox::directory`].
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// A user to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewUser {
    /// What people read, 1 to 200 characters.
    pub name: String,
    /// Address, unique in the tenant.
    pub email: String,
    /// The group it works in.
    pub team: Option<TeamId>,
}

/// A team to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewTeam {
    /// What people read, 1 to 200 characters.
    pub name: String,
    /// The group it belongs to.
    pub parent: Option<TeamId>,
}

impl Directory<'_> {
    /// Users, by id.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn users(&self, page: &PageRequest) -> Result<Page<User>> {
        Ok(self.leadbox.storage().users(self.leadbox.tenant(), page).await?)
    }

    /// A user.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        Ok(self.leadbox.storage().user(self.leadbox.tenant(), id).await?)
    }

    /// Teams, by id.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn teams(&self) -> Result<Vec<Team>> {
        Ok(self.leadbox.storage().teams(self.leadbox.tenant()).await?)
    }

    /// Makes a user.
    ///
    /// # Errors
    /// `Invalid` with every problem, an address that is taken among them; `Storage`.
    pub async fn add_user(&self, new: &NewUser) -> Result<User> {
        let mut invalid = Invalid::default();
        check_name(&mut invalid, &new.name);
        if let Err(error) = Email::parse(&new.email) {
            invalid.push("email", error);
        }
        self.check_team(&mut invalid, "team", new.team).await?;
        invalid.or(())?;
        if self.leadbox.storage().user_by_email(self.leadbox.tenant(), &new.email).await?.is_some()
        {
            return Err(Invalid::one("email", "belongs to a user already").into());
        }
        let user = User {
            id: self.leadbox.new_id(),
            tenant: self.leadbox.tenant(),
            revision: Revision::FIRST,
            name: new.name.trim().to_owned(),
            email: new.email.trim().to_owned(),
            team: new.team,
            status: UserStatus::Active,
        };
        self.put_user(user).await
    }

    /// Changes a user: name, address, team or status.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Storage` with `Conflict` when it changed meanwhile.
    pub async fn change_user(&self, changed: &User) -> Result<User> {
        let mut invalid = Invalid::default();
        check_name(&mut invalid, &changed.name);
        self.check_team(&mut invalid, "team", changed.team).await?;
        invalid.or(())?;
        self.put_user(User {
            revision: changed.revision.next(),
            tenant: self.leadbox.tenant(),
            ..changed.clone()
        })
        .await
    }

    /// Makes a team.
    ///
    /// # Errors
    /// `Invalid`, `Storage`.
    pub async fn add_team(&self, new: &NewTeam) -> Result<Team> {
        let mut invalid = Invalid::default();
        check_name(&mut invalid, &new.name);
        self.check_team(&mut invalid, "parent", new.parent).await?;
        invalid.or(())?;
        let team = Team {
            id: self.leadbox.new_id(),
            tenant: self.leadbox.tenant(),
            revision: Revision::FIRST,
            name: new.name.trim().to_owned(),
            parent: new.parent,
        };
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let payload = data([("name", Value::from(team.name.as_str()))]);
        let subject = Subject { kind: SubjectKind::Team, id: team.id.uuid() };
        decision.event(subject, EventType::TEAM_CHANGED, Version(team.revision.0), &payload)?;
        decision.push(Change::PutTeam(Box::new(team.clone())));
        self.leadbox.storage().commit(&decision.finish(())?.changes).await?;
        Ok(team)
    }

    async fn put_user(&self, user: User) -> Result<User> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let payload = data([
            ("name", Value::from(user.name.as_str())),
            ("status", serde_json::to_value(user.status)?),
        ]);
        let subject = Subject { kind: SubjectKind::User, id: user.id.uuid() };
        decision.event(subject, EventType::USER_CHANGED, Version(user.revision.0), &payload)?;
        decision.push(Change::PutUser(Box::new(user.clone())));
        self.leadbox.storage().commit(&decision.finish(())?.changes).await?;
        Ok(user)
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

fn check_name(invalid: &mut Invalid, name: &str) {
    if name.trim().is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        invalid.push("name", "needs 1 to 200 characters");
    }
}
