//! `leadbox doctor`: is everything as it should be. Changes nothing.

use std::sync::Arc;

use leadbox_core::event::Verdict;
use leadbox_core::service::LeadList;
use leadbox_core::{LeadBox, Storage};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress;
use crate::storage::{Durability, Expect, Location, open};

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Ok,
    /// Worth a look.
    Warning,
    Bad,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    health: Health,
    detail: String,
}

/// All checks.
#[derive(Debug, Serialize)]
struct Examined {
    storage: String,
    kind: &'static str,
    #[serde(skip)]
    exit: Exit,
    checks: Vec<Check>,
}

impl Outcome for Examined {
    fn text(&self) -> String {
        let mut lines = vec![self.storage.clone()];
        lines.extend(self.checks.iter().map(|check| {
            let mark = match check.health {
                Health::Ok => "ok     ",
                Health::Warning => "warning",
                Health::Bad => "BAD    ",
            };
            format!("  {mark} {:<10} {}", check.name, check.detail)
        }));
        lines.join("\n")
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

impl Examined {
    fn note(&mut self, name: &'static str, health: Health, detail: impl Into<String>) {
        self.checks.push(Check { name, health, detail: detail.into() });
        if health == Health::Bad && self.exit == Exit::Done {
            self.exit = Exit::Differences;
        }
    }
}

/// Runs the command.
///
/// # Errors
/// `Unavailable` when the storage cannot be asked at all.
pub(super) async fn doctor(location: &Location, output: Output) -> Result<Exit, Failure> {
    let storage = open(location, Expect::Present, Durability::Full).await?;
    let (kind, place) = (storage.kind(), location.to_string());
    let mut examined = Examined { storage: place, kind, exit: Exit::Done, checks: Vec::new() };
    let bar = progress::waiting("looking at the schema");
    if schema(&storage, &mut examined).await? {
        let leadbox = LeadBox::builder(storage).build()?;
        bar.set_message("checking the log");
        log(&leadbox, &mut examined).await?;
        bar.set_message("counting leads");
        leads(&leadbox, &mut examined).await?;
        counts(&leadbox, &mut examined).await?;
        setup(&leadbox, &mut examined).await?;
        queue(&leadbox, &mut examined).await?;
    }
    bar.finish_and_clear();
    Ok(output.outcome(&examined))
}

/// Says whether the rest can be asked.
async fn schema(storage: &Arc<dyn Storage>, examined: &mut Examined) -> Result<bool, Failure> {
    let schema = storage.schema().await?;
    let (found, known) = (schema.found, schema.known);
    if found > known {
        examined.exit = Exit::SchemaTooNew;
        examined.note(
            "schema",
            Health::Bad,
            format!("is at {found}, newer than this program, which knows {known}"),
        );
    } else if found < known {
        examined.exit = Exit::Unavailable;
        let detail = format!(
            "is at {found} and has to be migrated to {known}: `leadbox serve` does that when it starts"
        );
        examined.note("schema", Health::Bad, detail);
    } else {
        examined.note("schema", Health::Ok, format!("is at {found}, as this program needs it"));
    }
    Ok(found == known)
}

async fn log(leadbox: &LeadBox, examined: &mut Examined) -> Result<(), Failure> {
    let (verdict, _) = leadbox.log().verify().await?;
    let whole = matches!(verdict, Verdict::Intact { .. });
    examined.note("log", if whole { Health::Ok } else { Health::Bad }, verdict.to_string());
    let head = leadbox.log().head().await?.position.0;
    for consumer in leadbox.storage().consumers().await? {
        let behind = head - consumer.cursor.0;
        let health = if behind > 10_000 { Health::Warning } else { Health::Ok };
        examined.note(
            "consumer",
            health,
            format!("{} is {behind} events behind", consumer.consumer),
        );
    }
    Ok(())
}

async fn leads(leadbox: &LeadBox, examined: &mut Examined) -> Result<(), Failure> {
    let leads: i64 = leadbox.analytics().lead_counts().await?.values().sum();
    // Reads through the list's own indexes, so an unreadable row or a missing index shows.
    leadbox.leads().count(&LeadList::default(), 1).await?;
    examined.note("leads", Health::Ok, format!("{leads} leads"));
    Ok(())
}

async fn counts(leadbox: &LeadBox, examined: &mut Examined) -> Result<(), Failure> {
    match leadbox.analytics().verify().await?.len() {
        0 => examined.note("counts", Health::Ok, "equal a scan of the leads"),
        wrong => {
            let detail = format!(
                "{wrong} differ from a scan of the leads: `leadbox analytics rebuild` repairs them"
            );
            examined.note("counts", Health::Bad, detail);
        }
    }
    Ok(())
}

async fn setup(leadbox: &LeadBox, examined: &mut Examined) -> Result<(), Failure> {
    let catalog = leadbox.catalog().await?;
    let stages: usize = catalog.pipelines.iter().map(|pipeline| pipeline.stages.len()).sum();
    let detail = format!(
        "{} custom fields, {} pipelines with {stages} stages, zone {}",
        catalog.fields.len(),
        catalog.pipelines.len(),
        catalog.settings.zone
    );
    examined.note("setup", Health::Ok, detail);
    Ok(())
}

async fn queue(leadbox: &LeadBox, examined: &mut Examined) -> Result<(), Failure> {
    let lanes = leadbox.jobs().lanes().await?;
    let sum = |of: fn(&leadbox_core::job::LaneCount) -> i64| lanes.iter().map(of).sum::<i64>();
    let (ready, parked) =
        (sum(|lane| lane.ready + lane.waiting + lane.leased), sum(|lane| lane.parked));
    let health = if parked > 0 { Health::Warning } else { Health::Ok };
    examined.note(
        "queue",
        health,
        format!("{ready} jobs in {} lanes, {parked} given up", lanes.len()),
    );
    let oldest = lanes.iter().filter_map(|lane| lane.oldest_due).min();
    if let Some(late) = oldest.map(|due| leadbox.now() - due).filter(|late| late.num_minutes() >= 5)
    {
        examined.note(
            "queue",
            Health::Warning,
            format!("the oldest job has been due for {} minutes", late.num_minutes()),
        );
    }
    Ok(())
}
