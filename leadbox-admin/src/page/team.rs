//! One team: its name, where it belongs, and who works in it. Owns renaming and moving it from its page.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::{Error, Invalid, Team, TeamId, UserId};

use super::Doc;
use super::fields::{Fields, revision, value};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use super::teams::{Parent, parents, read_parent};
use crate::serve::Problem;

#[derive(Template)]
#[template(path = "team.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    team: Team,
    /// As typed.
    name: String,
    revision: String,
    parents: Vec<Parent>,
    members: Vec<(UserId, String)>,
    below: Vec<(TeamId, String)>,
    issues: Issues,
}

async fn known(visit: &Visit, id: &str) -> Result<Team, Problem> {
    visit.leadbox.rights().require_capability(Capability::UsersManage)?;
    let id: Option<TeamId> = id.parse().ok();
    let teams = visit.leadbox.directory().teams().await?;
    let found = teams.into_iter().find(|team| Some(team.id) == id);
    found.ok_or_else(|| Problem::not_found("There is no such team."))
}

/// `GET /teams/{id}`.
pub(crate) async fn team(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let team = known(&visit, &id).await?;
    let typed = vec![
        ("name".to_owned(), team.name.clone()),
        ("revision".to_owned(), team.revision.to_string()),
        ("parent".to_owned(), team.parent.map(|id| id.to_string()).unwrap_or_default()),
    ];
    Ok(Html(page(visit, team, &typed, Issues::default()).await?.render()?))
}

/// `POST /teams/{id}`.
pub(crate) async fn change(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let before = known(&visit, &id).await?;
    let mut invalid = Invalid::default();
    let parent = read_parent(&fields, &mut invalid);
    let revision = revision(&fields).map_err(|missing| invalid.issues.extend(missing.issues));
    let after = Team {
        revision: revision.unwrap_or(before.revision),
        name: value(&fields, "name").to_owned(),
        parent,
        ..before.clone()
    };
    let done = match invalid.or(()) {
        Ok(()) => visit.leadbox.directory().change_team(&after).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(team) => {
            let address = visit.doc.page(&format!("teams/{}", team.id));
            Ok(Redirect::to(&address).into_response())
        }
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, before, &fields, invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    visit: Visit,
    team: Team,
    typed: &[(String, String)],
    issues: Issues,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("teams");
    let (teams, users) =
        (leadbox.directory().teams().await?, leadbox.directory().everybody().await?);
    let members = users.into_iter().filter(|user| user.team == Some(team.id));
    let below = teams.iter().filter(|other| other.parent == Some(team.id));
    Ok(Page {
        name: value(typed, "name").to_owned(),
        revision: value(typed, "revision").to_owned(),
        parents: parents(&teams, Some(team.id), value(typed, "parent")),
        members: members.map(|user| (user.id, user.name)).collect(),
        below: below.map(|other| (other.id, other.name.clone())).collect(),
        team,
        issues: issues.calling("parent", "Belongs to"),
        doc,
        shell,
    })
}
