//! The people and groups that leads belong to. Owns users and teams; what their roles allow is decided in `access`, and how
//! they prove who they are elsewhere.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::id::{TeamId, Tenant, UserId};
use crate::key::RoleKey;
use crate::revision::Revision;

/// Whether a user may still work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserStatus {
    /// May own leads and sign in.
    #[default]
    Active,
    /// Kept, because leads and history point at it.
    Disabled,
}

/// A person who works with leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What people read.
    pub name: String,
    /// Address as given; unique by its folded form in a tenant.
    pub email: String,
    /// The group it works in.
    pub team: Option<TeamId>,
    /// Whether it may still work.
    pub status: UserStatus,
    /// What it may do: whatever one of these roles allows. Nothing without a role.
    #[serde(default)]
    pub roles: BTreeSet<RoleKey>,
    /// The zone in which it reads times; the tenant's when not set.
    #[serde(default)]
    pub zone: Option<Tz>,
}

/// A group of users; groups nest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What people read.
    pub name: String,
    /// The group it belongs to.
    pub parent: Option<TeamId>,
}

impl Team {
    /// Teams in the order in which a tree is read, each with its depth: by name, those that belong to another below it.
    /// Whatever hangs in the air, because what it belongs to is not among them, stands at the top.
    pub fn tree(teams: &[Self]) -> Vec<(usize, &Self)> {
        let ids: BTreeSet<TeamId> = teams.iter().map(|team| team.id).collect();
        let mut sorted: Vec<&Self> = teams.iter().collect();
        // From the end, because what is put down last is taken up first.
        sorted.sort_by(|a, b| (&b.name, b.id).cmp(&(&a.name, a.id)));
        let is_top = |team: &Self| team.parent.is_none_or(|parent| !ids.contains(&parent));
        let mut open: Vec<(usize, &Self)> =
            sorted.iter().filter(|team| is_top(team)).map(|team| (0, *team)).collect();
        let (mut tree, mut seen) = (Vec::with_capacity(teams.len()), BTreeSet::new());
        loop {
            while let Some((depth, team)) = open.pop() {
                if seen.insert(team.id) {
                    tree.push((depth, team));
                    let below = sorted.iter().filter(|child| child.parent == Some(team.id));
                    open.extend(below.map(|child| (depth + 1, *child)));
                }
            }
            // A circle, which no verb makes, must not hide anybody.
            match sorted.iter().rfind(|team| !seen.contains(&team.id)) {
                Some(team) => open.push((0, team)),
                None => return tree,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(n: u128, name: &str, parent: Option<u128>) -> Team {
        let id = |n| TeamId::from_uuid(uuid::Uuid::from_u128(n));
        Team {
            id: id(n),
            tenant: Tenant::default(),
            revision: Revision::FIRST,
            name: name.to_owned(),
            parent: parent.map(id),
        }
    }

    fn read(teams: &[Team]) -> Vec<(usize, &str)> {
        Team::tree(teams).into_iter().map(|(depth, team)| (depth, team.name.as_str())).collect()
    }

    #[test]
    fn a_tree_is_read_by_name_and_from_the_top() {
        let teams = [
            team(1, "West", Some(3)),
            team(2, "Support", None),
            team(3, "Sales", None),
            team(4, "East", Some(3)),
            team(5, "Bern", Some(1)),
        ];
        let expected = [(0, "Sales"), (1, "East"), (1, "West"), (2, "Bern"), (0, "Support")];
        assert_eq!(read(&teams), expected);
    }

    #[test]
    fn nobody_is_lost_in_a_circle_or_below_a_team_that_is_gone() {
        let teams = [team(1, "A", Some(2)), team(2, "B", Some(1)), team(3, "C", Some(9))];
        assert_eq!(read(&teams), [(0, "C"), (0, "A"), (1, "B")]);
    }
}
