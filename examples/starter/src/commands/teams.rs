//! `leadbox teams`: the groups in which people work, as a tree.

use leadbox_core::service::NewTeam;
use leadbox_core::{Revision, Team, TeamId, UserId};
use serde::Serialize;

use super::office::Office;
use crate::cli::{TeamChange, TeamsVerb};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// A team, as programs read it.
#[derive(Debug, Serialize)]
struct Group {
    id: TeamId,
    revision: Revision,
    name: String,
    parent: Option<TeamId>,
    /// How many teams stand above it.
    depth: usize,
    members: Vec<Member>,
}

#[derive(Debug, Serialize)]
struct Member {
    id: UserId,
    name: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    teams: Vec<Group>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.teams.is_empty() {
            return "no teams yet: `leadbox teams add NAME` adds one".to_owned();
        }
        let rows = self.teams.iter().map(|team| {
            let members: Vec<&str> = team.members.iter().map(|one| one.name.as_str()).collect();
            let name = format!("{}{}", "  ".repeat(team.depth), team.name);
            [name, members.join(", "), team.id.to_string()]
        });
        Table::new(["team", "who works in it", "id"]).rows(rows).text()
    }
}

#[derive(Debug, Serialize)]
struct Put {
    team: Written,
    #[serde(skip)]
    done: &'static str,
}

#[derive(Debug, Serialize)]
struct Written {
    id: TeamId,
    revision: Revision,
    name: String,
    parent: Option<TeamId>,
}

impl Put {
    fn of(team: Team, done: &'static str) -> Self {
        let Team { id, revision, name, parent, .. } = team;
        Self { team: Written { id, revision, name, parent }, done }
    }
}

impl Outcome for Put {
    fn text(&self) -> String {
        let Written { id, name, .. } = &self.team;
        let hint = "`leadbox users change E-MAIL --team NAME` puts somebody into it";
        format!("{name} {} ({id})\n{hint}", self.done)
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when no team is named so, or it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn teams(
    verb: &TeamsVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    match verb {
        TeamsVerb::List => Ok(office.say(&list(&office).await?)),
        TeamsVerb::Add { name, parent } => {
            let parent = named(&office, parent.as_deref()).await?;
            let new = NewTeam { name: name.clone(), parent };
            let team = office.leadbox.directory().add_team(&new).await?;
            office.say_written(&Put::of(team, "was added")).await
        }
        TeamsVerb::Change(change) => {
            let before = office.team(&change.team).await?;
            let after = changed(&office, &before, change).await?;
            let team = office.leadbox.directory().change_team(&after).await?;
            let same = team.revision == before.revision;
            let done = if same { "is like that already" } else { "was changed" };
            office.say_written(&Put::of(team, done)).await
        }
    }
}

async fn named(office: &Office, team: Option<&str>) -> Result<Option<TeamId>, Failure> {
    match team {
        Some(team) => Ok(Some(office.team(team).await?.id)),
        None => Ok(None),
    }
}

async fn changed(office: &Office, before: &Team, change: &TeamChange) -> Result<Team, Failure> {
    let parent = named(office, change.parent.as_deref()).await?;
    Ok(Team {
        name: change.name.clone().unwrap_or_else(|| before.name.clone()),
        parent: parent.or(before.parent.filter(|_| !change.no_parent)),
        ..before.clone()
    })
}

async fn list(office: &Office) -> Result<Listed, Failure> {
    let directory = office.leadbox.directory();
    let (teams, users) = (directory.teams().await?, directory.everybody().await?);
    let group = |(depth, team): (usize, &Team)| {
        let members = users.iter().filter(|user| user.team == Some(team.id));
        Group {
            id: team.id,
            revision: team.revision,
            name: team.name.clone(),
            parent: team.parent,
            depth,
            members: members.map(|user| Member { id: user.id, name: user.name.clone() }).collect(),
        }
    };
    Ok(Listed { teams: Team::tree(&teams).into_iter().map(group).collect() })
}
