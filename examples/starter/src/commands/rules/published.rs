//! Rules in force. Owns publishing a script, putting another version into force and taking one out, and scoring all leads by what is
//! in force then.

use std::time::Duration;

use leadbox_core::scoring::{RuleBook, RuleSetVersion, RuleSheet, RuleSource};
use leadbox_core::service::{Published, RescoreProgress, RescoreState};
use leadbox_core::{RuleSetKey, Workers};
use serde::Serialize;
use tokio::time::sleep;

use super::history::minute;
use crate::commands::office::Office;
use crate::exit::{Exit, Failure};
use crate::output::Outcome;
use crate::progress::{self, End};
use crate::table::Table;

/// How often to look whether others are done.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    book: RuleBook,
    /// How far all leads are scored by them.
    rescore: Option<RescoreProgress>,
    sets: Vec<RuleSheet>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.sets.is_empty() {
            return "there are no rule sets: `leadbox rules new rules.rhai` writes one to begin with"
                .to_owned();
        }
        let place =
            |sheet: &RuleSheet| self.book.in_force.iter().position(|one| one.set == sheet.key);
        let mut sheets: Vec<&RuleSheet> = self.sets.iter().collect();
        sheets.sort_by_key(|sheet| (place(sheet).is_none(), place(sheet), sheet.key.clone()));
        let rows = sheets.into_iter().map(|sheet| {
            let in_force = self.book.version_of(&sheet.key);
            let state = match in_force {
                Some(version) => format!("version {version} is in force"),
                None => "not in force".to_owned(),
            };
            let draft = if sheet.draft.is_some() { "a draft" } else { "" };
            [sheet.key.to_string(), sheet.name.clone(), state, draft.to_owned()]
        });
        let table = Table::new(["set", "name", "", ""]).rows(rows).text();
        let edition = match self.book.edition {
            0 => "no rules are in force".to_owned(),
            edition => format!(
                "edition {edition}{}",
                self.book.since.map(|at| format!(", since {}", minute(at))).unwrap_or_default()
            ),
        };
        let rescore = self.rescore.as_ref().map(|progress| format!("\n{}", scored(progress)));
        format!("{table}\n\n{edition}{}", rescore.unwrap_or_default())
    }
}

/// How far all leads are scored.
fn scored(progress: &RescoreProgress) -> String {
    let RescoreProgress { scored, moved, priorities, .. } = progress;
    let so_far = match progress.state {
        RescoreState::Finished => "all leads are scored by it",
        RescoreState::Running => "leads are being scored by it",
        RescoreState::Paused => "scoring all leads by it waits",
    };
    format!("{so_far}: {scored} scored, {moved} moved, {priorities} have another priority")
}

#[derive(Debug, Serialize)]
struct Told {
    edition: i64,
    in_force: Vec<RuleSetVersion>,
    /// How far all leads are scored by it.
    rescore: Option<RescoreProgress>,
    #[serde(skip)]
    what: String,
}

impl Outcome for Told {
    fn text(&self) -> String {
        let rescore = match &self.rescore {
            Some(progress) => scored(progress),
            None => "the servers score all leads by it".to_owned(),
        };
        format!("{} (edition {})\n{rescore}", self.what, self.edition)
    }
}

/// Shows the rule sets.
///
/// # Errors
/// From the storage.
pub(super) async fn list(office: &Office) -> Result<Exit, Failure> {
    let rules = office.leadbox.rules();
    let (book, rescore) = (rules.book().await?, rules.rescore_progress().await?);
    let sets = rules.sheets().await?.into_iter().map(|(_, sheet)| sheet).collect();
    Ok(office.say(&Listed { book, rescore, sets }))
}

/// Publishes a script, unless it is in force already. A draft that somebody works on stays.
///
/// # Errors
/// `Failed` when a test of it fails, or another rule set is for all leads too.
pub(super) async fn publish(
    office: &Office,
    set: &RuleSetKey,
    source: RuleSource,
    note: &str,
    later: bool,
) -> Result<Exit, Failure> {
    let rules = office.leadbox.rules();
    let (published, already) = match rules.publish_script(set, source, note).await? {
        Some(published) => (published, ""),
        None => {
            let RuleBook { edition, in_force, .. } = rules.book().await?;
            (Published { edition, in_force }, " already")
        }
    };
    let version = published.in_force.iter().find(|one| one.set == *set);
    let version = version.map_or(0, |one| one.version);
    told(office, published, later, format!("{set}, version {version}, is in force{already}")).await
}

/// Puts another version into force.
///
/// # Errors
/// `Failed` when there is no such version.
pub(super) async fn roll_back(
    office: &Office,
    set: &RuleSetKey,
    to: Option<i64>,
    later: bool,
) -> Result<Exit, Failure> {
    let rules = office.leadbox.rules();
    let version = match to {
        Some(version) => version,
        None => {
            let absent = || Failure::new(Exit::Failed, format!("'{set}' is not in force"));
            let in_force = rules.book().await?.version_of(set).ok_or_else(absent)?;
            let sheet = rules.sheet(set).await?;
            let versions = sheet.map(|(_, sheet)| sheet.versions).unwrap_or_default();
            let before = versions.iter().rev().find(|one| one.version < in_force);
            let first = || Failure::new(Exit::Failed, format!("'{set}' has no earlier version"));
            before.ok_or_else(first)?.version
        }
    };
    let id = RuleSetVersion { set: set.clone(), version };
    let published = rules.put_in_force(&id).await?;
    told(office, published, later, format!("{set}, version {version}, is in force")).await
}

/// Takes a rule set out of force.
///
/// # Errors
/// `Failed` when it is not in force.
pub(super) async fn withdraw(
    office: &Office,
    set: &RuleSetKey,
    later: bool,
) -> Result<Exit, Failure> {
    let published = office.leadbox.rules().withdraw(set).await?;
    told(office, published, later, format!("{set} is out of force")).await
}

async fn told(
    office: &Office,
    published: Published,
    later: bool,
    what: String,
) -> Result<Exit, Failure> {
    let rescore = if later { None } else { Some(score_all(office, published.edition).await?) };
    let Published { edition, in_force } = published;
    office.say_written(&Told { edition, in_force, rescore, what }).await
}

/// Scores all leads, together with whoever else does, until all are done or other rules come into force.
async fn score_all(office: &Office, edition: i64) -> Result<RescoreProgress, Failure> {
    let (rules, workers) = (office.leadbox.rules(), Workers::new(&office.leadbox));
    let mut bar = None;
    loop {
        workers.run_until_idle().await?;
        let progress = rules.rescore_progress().await?;
        let gone = || Failure::new(Exit::Failed, "the note of how far it is has gone");
        let progress = progress.ok_or_else(gone)?;
        if progress.state != RescoreState::Running || progress.edition != edition {
            return Ok(progress);
        }
        let end = progress.leads.map_or(End::Unknown, End::Things);
        bar.get_or_insert_with(|| progress::bar("scoring", end)).set_position(progress.scored);
        sleep(LOOK).await;
    }
}
