//! How rules and scores came about. Owns the versions of a rule set and the history of a lead's score, as people read them.

use leadbox_core::scoring::{PublishedRules, RuleSetVersion, RuleSheet, ScoreCause, ScoreRecord};
use leadbox_core::{LeadId, PageRequest, Points, RuleSetKey, Timestamp};
use serde::Serialize;

use super::explained::signed;
use crate::commands::office::Office;
use crate::exit::{Exit, Failure};
use crate::output::Outcome;
use crate::table::Table;

/// The most changes of a score that are shown.
const CHANGES: u32 = 100;

/// A moment as tables have it.
pub(super) fn minute(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[derive(Debug, Serialize)]
struct Versions {
    /// The version in force, if one is.
    in_force: Option<i64>,
    #[serde(flatten)]
    sheet: RuleSheet,
}

impl Outcome for Versions {
    fn text(&self) -> String {
        if self.sheet.versions.is_empty() {
            return format!("{} was never published", self.sheet.key);
        }
        let rows = self.sheet.versions.iter().rev().map(|one| {
            let in_force = if self.in_force == Some(one.version) { "in force" } else { "" };
            [one.version.to_string(), minute(one.at), in_force.to_owned(), one.note.clone()]
        });
        Table::new(["version", "published", "", "note"]).rows(rows).text()
    }
}

#[derive(Debug, Serialize)]
struct Script {
    #[serde(flatten)]
    rules: PublishedRules,
}

impl Outcome for Script {
    fn text(&self) -> String {
        self.rules.script.trim_end().to_owned()
    }
}

#[derive(Debug, Serialize)]
struct Changes {
    lead: LeadId,
    name: String,
    /// The latest first.
    changes: Vec<ScoreRecord>,
}

impl Outcome for Changes {
    fn text(&self) -> String {
        if self.changes.is_empty() {
            return format!("the score of {} never changed", self.name);
        }
        let rows = self.changes.iter().map(|one| {
            let change = &one.change;
            let moved = signed(Points(change.to.0 - change.from.0));
            let priority = match (&change.from_priority, &change.to_priority) {
                (from, to) if from == to => String::new(),
                (_, Some(to)) => format!("now {to}"),
                (Some(from), None) => format!("no longer {from}"),
                (None, None) => String::new(),
            };
            [minute(one.at), moved, change.to.to_string(), cause(change.cause), priority]
        });
        Table::new(["when", "moved", "points", "because", ""]).rows(rows).text()
    }
}

fn cause(cause: ScoreCause) -> String {
    let text = match cause {
        ScoreCause::Captured => "the lead came in",
        ScoreCause::Changed => "the lead was changed",
        ScoreCause::Happened => "something happened",
        ScoreCause::Rules => "other rules",
        ScoreCause::Time => "time went by",
    };
    text.to_owned()
}

/// Shows the versions of a rule set, or what one of them says.
///
/// # Errors
/// `Failed` when there is no such one.
pub(super) async fn of_set(
    office: &Office,
    set: &RuleSetKey,
    version: Option<i64>,
) -> Result<Exit, Failure> {
    let rules = office.leadbox.rules();
    let absent = || {
        Failure::new(Exit::Failed, format!("there is no rule set '{set}'"))
            .hint("`leadbox rules list` shows them")
    };
    let (_, sheet) = rules.sheet(set).await?.ok_or_else(absent)?;
    let Some(version) = version else {
        let in_force = rules.book().await?.version_of(set);
        return Ok(office.say(&Versions { in_force, sheet }));
    };
    let id = RuleSetVersion { set: set.clone(), version };
    let absent = || Failure::new(Exit::Failed, format!("'{set}' has no version {version}"));
    let rules = rules.version(&id).await?.ok_or_else(absent)?;
    Ok(office.say(&Script { rules }))
}

/// Shows how a lead's score changed.
///
/// # Errors
/// `Failed` when there is no such lead.
pub(super) async fn of_lead(office: &Office, lead: &str) -> Result<Exit, Failure> {
    let lead = office.stored(lead).await?.lead;
    let page = PageRequest::first(CHANGES);
    let changes = office.leadbox.rules().history(lead.id, &page).await?.items;
    let name = lead.display_name().to_owned();
    Ok(office.say(&Changes { lead: lead.id, name, changes }))
}
