//! `leadbox users`: who works here, how they get in, and what they may do.

use leadbox_admin::password_path;
use leadbox_core::access::EffectiveAccess;
use leadbox_core::proof::TokenKind;
use leadbox_core::service::NewUser;
use leadbox_core::{Revision, RoleKey, Team, TeamId, User, UserId, UserStatus};
use serde::Serialize;

use super::office::{Office, refused};
use crate::cli::{UserChange, UserOptions, UsersVerb};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// A user, as programs read it.
#[derive(Debug, Serialize)]
struct Account {
    id: UserId,
    revision: Revision,
    name: String,
    email: String,
    status: UserStatus,
    roles: Vec<RoleKey>,
    team: Option<TeamName>,
    zone: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct TeamName {
    id: TeamId,
    name: String,
}

impl Account {
    fn of(user: &User, teams: &[Team]) -> Self {
        let team = teams.iter().find(|team| Some(team.id) == user.team);
        Self {
            id: user.id,
            revision: user.revision,
            name: user.name.clone(),
            email: user.email.clone(),
            status: user.status,
            roles: user.roles.iter().cloned().collect(),
            team: team.map(|team| TeamName { id: team.id, name: team.name.clone() }),
            zone: user.zone.map(|zone| zone.name()),
        }
    }

    fn state(&self) -> &'static str {
        match self.status {
            UserStatus::Active => "active",
            UserStatus::Disabled => "disabled",
        }
    }

    fn roles(&self) -> String {
        self.roles.iter().map(RoleKey::as_str).collect::<Vec<_>>().join(", ")
    }

    fn team(&self) -> String {
        self.team.as_ref().map(|team| team.name.clone()).unwrap_or_default()
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    users: Vec<Account>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.users.is_empty() {
            return "no users yet: `leadbox users add` adds one".to_owned();
        }
        let rows = self.users.iter().map(|user| {
            [
                user.name.clone(),
                user.email.clone(),
                user.roles(),
                user.team(),
                user.state().to_owned(),
            ]
        });
        let table = Table::new(["name", "e-mail", "roles", "team", "state"]).rows(rows).text();
        format!("{table}\n`leadbox users show E-MAIL` tells more of one")
    }
}

#[derive(Debug, Serialize)]
struct Shown {
    user: Account,
    /// Whether it has set a password.
    password: bool,
}

impl Outcome for Shown {
    fn text(&self) -> String {
        let user = &self.user;
        let or = |text: String, none: &str| if text.is_empty() { none.to_owned() } else { text };
        let (id, state, email) = (user.id, user.state(), &user.email);
        let (roles, team) =
            (or(user.roles(), "none, so it may do nothing"), or(user.team(), "none"));
        let zone = user.zone.unwrap_or("as in the settings");
        let password = if self.password {
            "set".to_owned()
        } else {
            format!("none yet: `leadbox users invite {email}` makes a link")
        };
        format!(
            "{} <{email}>\n  id        {id}\n  state     {state}\n  roles     {roles}\n  team      {team}\n  \
             zone      {zone}\n  password  {password}\n`leadbox users access {email}` shows what it may do",
            user.name
        )
    }
}

#[derive(Debug, Serialize)]
struct Added {
    user: Account,
}

impl Outcome for Added {
    fn text(&self) -> String {
        let Account { name, email, id, .. } = &self.user;
        format!(
            "{name} was added ({id})\n`leadbox users invite {email}` makes a link with which a password is set"
        )
    }
}

#[derive(Debug, Serialize)]
struct Changed {
    user: Account,
    /// Whether there was anything to change.
    changed: bool,
    /// How many users may let others in.
    administrators: usize,
}

impl Outcome for Changed {
    fn text(&self) -> String {
        let Account { name, email, .. } = &self.user;
        let (state, roles) = (self.user.state(), self.user.roles());
        let roles = if roles.is_empty() { "no roles" } else { &roles };
        let done = if self.changed { "was changed" } else { "is like that already" };
        let mut text = format!("{name} <{email}> {done}: {state}, {roles}");
        if self.administrators == 0 {
            text.push_str(
                "\nnobody who works here may let others in: give somebody the role admin",
            );
        }
        text
    }
}

#[derive(Debug, Serialize)]
struct Linked {
    user: UserId,
    email: String,
    /// Below the mount.
    path: String,
    good_for: &'static str,
}

impl Outcome for Linked {
    fn text(&self) -> String {
        let Self { path, email, good_for, .. } = self;
        format!(
            "{path}\nput it behind the dashboard's address and send it to {email} yourself: it is shown once, and good for {good_for}"
        )
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Allowed(EffectiveAccess);

impl Outcome for Allowed {
    fn text(&self) -> String {
        let keys =
            |keys: &[RoleKey]| keys.iter().map(RoleKey::as_str).collect::<Vec<_>>().join(", ");
        let permissions = self.0.permissions.iter().map(|one| {
            let level = one.level.map_or("no", |level| level.name());
            [one.permission.to_string(), level.to_owned(), keys(&one.roles)]
        });
        let capabilities = self.0.capabilities.iter().map(|one| {
            let level = if one.roles.is_empty() { "no" } else { "yes" };
            [one.capability.to_string(), level.to_owned(), keys(&one.roles)]
        });
        let fields = self.0.fields.iter().map(|one| {
            let rule = if one.hidden { "hidden" } else { "read-only" };
            [one.field.clone(), rule.to_owned(), keys(&one.roles)]
        });
        let rows = permissions.chain(capabilities).chain(fields);
        Table::new(["what", "how far", "by role"]).rows(rows).text()
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when nobody is named so, or it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn users(
    verb: &UsersVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let directory = office.leadbox.directory();
    let teams = directory.teams().await?;
    match verb {
        UsersVerb::List => {
            let users = directory.everybody().await?;
            let users = users.iter().map(|user| Account::of(user, &teams)).collect();
            Ok(office.say(&Listed { users }))
        }
        UsersVerb::Show(named) => {
            let user = office.user(&named.user).await?;
            let password = has_password(&office, user.id).await?;
            Ok(office.say(&Shown { user: Account::of(&user, &teams), password }))
        }
        UsersVerb::Add(options) => {
            let new = new_user(&office, options).await?;
            let user = directory.add_user(&new).await.map_err(refused)?;
            office.say_written(&Added { user: Account::of(&user, &teams) }).await
        }
        UsersVerb::Change(change) => {
            let before = office.user(&change.user).await?;
            let after = changed(&office, &before, change).await?;
            put(&office, &before, &after, &teams).await
        }
        UsersVerb::Disable(named) => {
            let before = office.user(&named.user).await?;
            let after = User { status: UserStatus::Disabled, ..before.clone() };
            put(&office, &before, &after, &teams).await
        }
        UsersVerb::Enable(named) => {
            let before = office.user(&named.user).await?;
            let after = User { status: UserStatus::Active, ..before.clone() };
            put(&office, &before, &after, &teams).await
        }
        UsersVerb::Invite(named) => link(&office, &named.user, TokenKind::Invitation).await,
        UsersVerb::Reset(named) => link(&office, &named.user, TokenKind::Reset).await,
        UsersVerb::Access(named) => {
            let user = office.user(&named.user).await?;
            Ok(office.say(&Allowed(office.leadbox.access().effective_access(user.id).await?)))
        }
    }
}

async fn has_password(office: &Office, user: UserId) -> Result<bool, Failure> {
    Ok(office.leadbox.passwords().credential(user).await?.is_some())
}

async fn new_user(office: &Office, options: &UserOptions) -> Result<NewUser, Failure> {
    let team = match &options.team {
        Some(team) => Some(office.team(team).await?.id),
        None => None,
    };
    let UserOptions { name, email, roles, .. } = options;
    let roles = roles.iter().cloned().collect();
    Ok(NewUser { name: name.clone(), email: email.clone(), team, roles })
}

async fn changed(office: &Office, before: &User, change: &UserChange) -> Result<User, Failure> {
    let team = match &change.team {
        Some(team) => Some(office.team(team).await?.id),
        None => before.team.filter(|_| !change.no_team),
    };
    let mut roles = before.roles.clone();
    if let Some(role) = change.take.iter().find(|role| !roles.contains(*role)) {
        let message = format!("{} does not have the role '{role}'", before.name);
        return Err(Failure::new(Exit::Failed, message));
    }
    roles.retain(|role| !change.take.contains(role));
    roles.extend(change.give.iter().cloned());
    Ok(User {
        name: change.name.clone().unwrap_or_else(|| before.name.clone()),
        email: change.email.clone().unwrap_or_else(|| before.email.clone()),
        team,
        roles,
        zone: change.zone.or(before.zone.filter(|_| !change.no_zone)),
        ..before.clone()
    })
}

async fn put(
    office: &Office,
    before: &User,
    after: &User,
    teams: &[Team],
) -> Result<Exit, Failure> {
    let user = office.leadbox.directory().change_user(after).await.map_err(refused)?;
    let administrators = office.leadbox.access().administrators().await?.len();
    let changed = user.revision != before.revision;
    office.say_written(&Changed { user: Account::of(&user, teams), changed, administrators }).await
}

async fn link(office: &Office, named: &str, kind: TokenKind) -> Result<Exit, Failure> {
    let user = office.user(named).await?;
    if user.status == UserStatus::Disabled {
        let hint = format!("`leadbox users enable {}` lets it work again", user.email);
        return Err(Failure::new(Exit::Failed, format!("{} is disabled", user.name)).hint(hint));
    }
    let passwords = office.leadbox.passwords();
    let (secret, good_for) = match kind {
        TokenKind::Reset => (passwords.reset(user.id).await?, "an hour"),
        _ => (passwords.invite(user.id).await?, "a week"),
    };
    let path = password_path(kind, &secret);
    office.say_written(&Linked { user: user.id, email: user.email, path, good_for }).await
}
