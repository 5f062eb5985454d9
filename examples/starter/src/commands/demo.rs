//! `leadbox demo`: an empty storage gets a history.

use std::sync::Arc;
use std::time::Instant;

use leadbox_admin::{Demo, DemoProgress};
use leadbox_core::{Clock, LeadBox, Storage, SystemClock};
use leadbox_demo::{Plan, Recipe, Replayed, rehearse, replay};
use serde::Serialize;

use crate::cli;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::progress::{self, End};
use crate::storage::{Durability, Expect, Location, catch_up, open};

/// What became of it.
#[derive(Debug, Serialize)]
pub(super) struct Made {
    recipe: Recipe,
    /// Where it was written; none for a dry run.
    storage: Option<String>,
    #[serde(flatten)]
    written: Replayed,
    seconds: f64,
}

impl Outcome for Made {
    fn text(&self) -> String {
        let Self { recipe, written, .. } = self;
        let head = match &self.storage {
            Some(storage) => {
                format!("{} leads in {storage}, in {:.1} s", written.leads, self.seconds)
            }
            None => format!("{} leads, of which nothing was written", written.leads),
        };
        format!(
            "{head}\n{} steps: {} interactions, {} moves between stages, {} tasks, {} notes, {} merges\nseed {}, {} months before {}\ndigest {}",
            written.steps,
            written.interactions,
            written.moves,
            written.tasks,
            written.notes,
            written.merges,
            recipe.seed,
            recipe.months,
            recipe.as_of,
            written.digest
        )
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when the storage is not empty; `Unavailable`; `SchemaTooNew`.
pub(super) async fn demo(
    args: &cli::Demo,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let plan = plan(args);
    let began = Instant::now();
    if args.dry_run {
        let written = rehearse(&plan)?;
        let seconds = began.elapsed().as_secs_f64();
        return Ok(output.outcome(&Made {
            recipe: plan.recipe(),
            storage: None,
            written,
            seconds,
        }));
    }
    let storage = open(location, Expect::Anything, Durability::Relaxed).await?;
    if !is_untouched(&storage).await? {
        let message =
            format!("{location} is not empty, and made-up leads go only into an empty storage");
        return Err(Failure::new(Exit::Failed, message).hint("name another one with --storage"));
    }
    Ok(output.outcome(&fill(storage, &plan, location).await?))
}

/// The same for whoever has made the first administrator on the dashboard.
#[derive(Debug)]
pub(super) struct Invented;

#[async_trait::async_trait]
impl Demo for Invented {
    fn says(&self) -> String {
        let Recipe { size, months, .. } = plan(&cli::Demo::usual()).recipe();
        format!(
            "{size} leads of an invented company, with {months} months of their history, and those who work on them."
        )
    }

    async fn fill(
        &self,
        leadbox: &LeadBox,
        progress: &DemoProgress,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let plan = plan(&cli::Demo::usual());
        let size = u64::from(plan.recipe().size);
        replay(Arc::clone(leadbox.storage()), &plan, |leads| progress.set(u64::from(leads), size))
            .await?;
        catch_up(&**leadbox.storage()).await?;
        Ok(())
    }
}

/// The plan that the options ask for.
pub(super) fn plan(args: &cli::Demo) -> Plan {
    let as_of = args.as_of.unwrap_or_else(|| SystemClock.now().date_naive());
    Plan::make(Recipe { seed: args.seed, as_of, size: args.size, months: args.months })
}

/// Whether nothing was ever written: seeded ids would meet themselves in a storage that had this demo before.
///
/// # Errors
/// From the storage.
pub(super) async fn is_untouched(storage: &Arc<dyn Storage>) -> Result<bool, Failure> {
    let leadbox = LeadBox::builder(Arc::clone(storage)).build()?;
    Ok(leadbox.log().after(leadbox_core::Position(0), 1).await?.is_empty())
}

/// Writes the plan.
///
/// # Errors
/// From the storage.
pub(super) async fn fill(
    storage: Arc<dyn Storage>,
    plan: &Plan,
    location: &Location,
) -> Result<Made, Failure> {
    let began = Instant::now();
    let bar = progress::bar("making leads", End::Things(u64::from(plan.recipe().size)));
    let written =
        replay(Arc::clone(&storage), plan, |leads| bar.set_position(u64::from(leads))).await?;
    bar.set_message("putting events in order");
    catch_up(&*storage).await?;
    bar.finish_and_clear();
    let seconds = began.elapsed().as_secs_f64();
    Ok(Made { recipe: plan.recipe(), storage: Some(location.to_string()), written, seconds })
}
