//! Users: who they are, and inviting another. Owns the list; one user's page is `user`'s.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::{Capability, Role};
use leadbox_core::proof::TokenKind;
use leadbox_core::service::NewUser;
use leadbox_core::{Error, Team, User, UserStatus};

use super::fields::{Fields, value, values};
use super::issues::Issues;
use super::secret::{Shown, whole};
use super::set_password::password_path;
use super::shell::{Shell, Visit};
use super::{Doc, format};
use crate::serve::Problem;

struct Row {
    id: String,
    name: String,
    initials: String,
    email: String,
    roles: Vec<String>,
    team: String,
    zone: String,
    state: &'static str,
    tone: &'static str,
    disabled: bool,
}

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    count: String,
    rows: Vec<Row>,
    teams: Vec<Team>,
    roles: Vec<Role>,
    form: NewUser,
    issues: Issues,
    secret: Option<Shown>,
    /// Whether they get in by a link that is made here.
    own_sign_in: bool,
}

/// `GET /users`.
pub(crate) async fn users(visit: Visit) -> Result<Html<String>, Problem> {
    let page = page(visit.on("users"), NewUser::default(), Issues::default(), None).await?;
    Ok(Html(page.render()?))
}

/// `POST /users`.
pub(crate) async fn invite(
    visit: Visit,
    headers: HeaderMap,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let visit = visit.on("users");
    let new = NewUser {
        name: value(&fields, "name").to_owned(),
        email: value(&fields, "email").to_owned(),
        team: value(&fields, "team").parse().ok(),
        roles: values(&fields, "role").filter_map(|role| role.parse().ok()).collect(),
    };
    let user = match visit.leadbox.directory().add_user(&new).await {
        Ok(user) => user,
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, new, invalid.into(), None).await?.render()?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    if !visit.own_sign_in {
        let page = format!("{}/users/{}", visit.doc.prefix, user.id);
        return Ok(Redirect::to(&page).into_response());
    }
    let link = link(&visit, &headers, &user, TokenKind::Invitation).await?;
    let page = page(visit, NewUser::default(), Issues::default(), Some(link)).await?;
    Ok(Html(page.render()?).into_response())
}

/// A link with which a user sets a password.
pub(super) async fn link(
    visit: &Visit,
    headers: &HeaderMap,
    user: &User,
    kind: TokenKind,
) -> Result<Shown, Problem> {
    let passwords = visit.leadbox.passwords();
    let (secret, note) = match kind {
        TokenKind::Reset => {
            let note = "Send it to them yourself: it is shown once, and good for an hour.";
            (passwords.reset(user.id).await?, note)
        }
        _ => {
            let note = "Send it to them yourself: it is shown once, and good for a week.";
            (passwords.invite(user.id).await?, note)
        }
    };
    let path = format!("{}{}", visit.doc.prefix, password_path(kind, &secret));
    let title = format!("A link for {}.", user.name);
    Ok(Shown { title, note, text: whole(headers, &path) })
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

async fn page(
    visit: Visit,
    form: NewUser,
    issues: Issues,
    secret: Option<Shown>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, own_sign_in, .. } = visit;
    leadbox.rights().require_capability(Capability::UsersManage)?;
    let directory = leadbox.directory();
    let (mut users, teams) = (directory.everybody().await?, directory.teams().await?);
    users.sort_by_key(|user| user.status == UserStatus::Disabled);
    let catalog = leadbox.catalog().await?;
    let rows = users.iter().map(|user| {
        let disabled = user.status == UserStatus::Disabled;
        let team = teams.iter().find(|team| Some(team.id) == user.team);
        Row {
            id: user.id.to_string(),
            name: user.name.clone(),
            initials: format::initials(&user.name),
            email: user.email.clone(),
            roles: catalog.roles_of(user).into_iter().map(|role| role.name).collect(),
            team: team.map(|team| team.name.clone()).unwrap_or_default(),
            zone: user.zone.map(|zone| zone.name().to_owned()).unwrap_or_default(),
            state: if disabled { "Disabled" } else { "Active" },
            tone: if disabled { "" } else { "ok" },
            disabled,
        }
    });
    Ok(Page {
        count: format!("{}, {}", counted(users.len(), "user"), counted(teams.len(), "team")),
        rows: rows.collect(),
        roles: catalog.roles.values().cloned().collect(),
        teams,
        form,
        issues,
        secret,
        own_sign_in,
        doc,
        shell,
    })
}
