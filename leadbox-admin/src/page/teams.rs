//! Teams: the tree of them, with those who work in each. Owns the tree and adding to it; one team's page is `team`'s.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Capability;
use leadbox_core::service::NewTeam;
use leadbox_core::{Error, Invalid, Team, TeamId, UserId};

use super::Doc;
use super::fields::{Fields, value};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

struct Row {
    id: TeamId,
    name: String,
    /// How deep it stands, at most [`DEEPEST`].
    depth: usize,
    /// What it belongs to; empty when to nothing.
    parent: String,
    members: Vec<(UserId, String)>,
}

/// What is deeper is not moved in further.
const DEEPEST: usize = 4;

#[derive(Template)]
#[template(path = "teams.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    rows: Vec<Row>,
    name: String,
    parents: Vec<Parent>,
    issues: Issues,
}

/// A team to which another may belong.
pub(super) struct Parent {
    pub(super) id: String,
    /// Its name, moved in as far as it stands in the tree.
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// `GET /teams`.
pub(crate) async fn teams(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, String::new(), "", Issues::default()).await?.render()?))
}

/// `POST /teams`.
pub(crate) async fn add(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    let name = value(&fields, "name").to_owned();
    let mut invalid = Invalid::default();
    let parent = read_parent(&fields, &mut invalid);
    let done = match invalid.or(()) {
        Ok(()) => {
            let new = NewTeam { name: name.clone(), parent };
            visit.leadbox.directory().add_team(&new).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(Redirect::to(&visit.doc.page("teams")).into_response()),
        Err(Error::Invalid(invalid)) => {
            let parent = value(&fields, "parent");
            let page = page(visit, name, parent, invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The team that a form names; none when it names none.
pub(super) fn read_parent(fields: &[(String, String)], invalid: &mut Invalid) -> Option<TeamId> {
    let text = value(fields, "parent");
    let parent = text.parse().ok();
    if parent.is_none() && !text.is_empty() {
        invalid.push("parent", "is not a team");
    }
    parent
}

/// The teams to which one may belong: all but `not` and those below it.
pub(super) fn parents(teams: &[Team], not: Option<TeamId>, chosen: &str) -> Vec<Parent> {
    let mut parents = Vec::new();
    // How deep that one stands while what is below it passes.
    let mut below = None;
    for (depth, team) in Team::tree(teams) {
        if below.is_some_and(|above| depth > above) {
            continue;
        }
        below = (Some(team.id) == not).then_some(depth);
        if below.is_none() {
            let id = team.id.to_string();
            let chosen = id == chosen;
            let label = format!("{}{}", "\u{2003}".repeat(depth), team.name);
            parents.push(Parent { id, label, chosen });
        }
    }
    parents
}

async fn page(visit: Visit, name: String, parent: &str, issues: Issues) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("teams");
    leadbox.rights().require_capability(Capability::UsersManage)?;
    let (teams, users) =
        (leadbox.directory().teams().await?, leadbox.directory().everybody().await?);
    let rows = Team::tree(&teams).into_iter().map(|(depth, team)| {
        let members: Vec<(UserId, String)> = users
            .iter()
            .filter(|user| user.team == Some(team.id))
            .map(|user| (user.id, user.name.clone()))
            .collect();
        let parent = teams.iter().find(|above| Some(above.id) == team.parent);
        Row {
            id: team.id,
            name: team.name.clone(),
            depth: depth.min(DEEPEST),
            parent: parent.map(|above| above.name.clone()).unwrap_or_default(),
            members,
        }
    });
    let (rows, parents) = (rows.collect(), parents(&teams, None, parent));
    let issues = issues.calling("parent", "Belongs to");
    Ok(Page { doc, shell, rows, name, parents, issues })
}

#[cfg(test)]
mod tests {
    use leadbox_core::{Revision, Tenant};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_team_may_not_belong_to_itself_or_to_one_below_it() {
        let team = |n: u128, name: &str, parent: Option<u128>| Team {
            id: TeamId::from_uuid(Uuid::from_u128(n)),
            tenant: Tenant::default(),
            revision: Revision::FIRST,
            name: name.to_owned(),
            parent: parent.map(|n| TeamId::from_uuid(Uuid::from_u128(n))),
        };
        let teams = [
            team(1, "Sales", None),
            team(2, "East", Some(1)),
            team(3, "Far East", Some(2)),
            team(4, "West", Some(1)),
        ];
        let labels = |not: Option<u128>| {
            let not = not.map(|n| TeamId::from_uuid(Uuid::from_u128(n)));
            let found = parents(&teams, not, &teams[3].id.to_string());
            assert!(found.iter().all(|one| one.chosen == one.label.ends_with("West")));
            found.into_iter().map(|one| one.label).collect::<Vec<_>>()
        };
        assert_eq!(
            labels(None),
            ["Sales", "\u{2003}East", "\u{2003}\u{2003}Far East", "\u{2003}West"]
        );
        assert_eq!(labels(Some(2)), ["Sales", "\u{2003}West"]);
        assert!(labels(Some(1)).is_empty());
    }
}
