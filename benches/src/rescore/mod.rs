//! `bench rescore`: every lead scored again because other rules came into force, beside the same reads and writes by hand. Owns what
//! one pass of each side is, and that both come to the same scores.
//!
//! LeadBox runs the rules as its users write them, by its workers, as a host runs those. By hand the same rules are plain Rust
//! (`rules`), which is faster than any script: so what rules cost over code counts against LeadBox. By hand the rows and columns
//! that LeadBox reads are read, in batches of the same size, and what it writes is written: scores, their history, events, and how far
//! it is. As everywhere here, it keeps no chain, and events have their places on SQLite alone.

mod batch;
mod postgres;
mod rules;
mod sqlite;
mod visits;

use std::error::Error;
use std::time::{Duration, Instant};

use leadbox_core::service::RescoreState;
use leadbox_core::{LeadBox, RuleSetKey, Workers};
use tokio::sync::oneshot;

use self::batch::{check, rescore};
use self::rules::script;
use crate::filled::filled;
use crate::measure::Cost;
use crate::report::Report;
use crate::target::{Kind, Target};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What to measure.
#[derive(Debug)]
pub struct Asked {
    /// How many leads there are.
    pub leads: u64,
    /// How many interactions each has.
    pub visits: u64,
    /// How often each side scores all leads; the middle one is shown.
    pub passes: i64,
    /// Where the leads are kept; nowhere when none.
    pub keep: Option<String>,
}

/// Which rules.
#[derive(Clone, Copy, Debug)]
struct Pass {
    /// The edition that scores say they are of.
    edition: i64,
    /// What a big company is worth.
    big: i64,
}

/// What became of one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    scored: u64,
    moved: u64,
    priorities: u64,
}

impl Done {
    /// Whether as much changed as with the other, but for what time alone did between the two.
    fn is_like(self, other: Self) -> bool {
        let most = 5 + self.scored / 1_000;
        self.moved.abs_diff(other.moved) <= most
            && self.priorities.abs_diff(other.priorities) <= most
    }
}

/// Fills a database, and measures.
pub async fn run(kind: Kind, asked: &Asked, seed: u64, report: &mut Report) -> Result<()> {
    let keep = asked.keep.as_deref();
    let (target, leadbox) = filled(kind, asked.leads, keep, seed, report).await?;
    visits::write(&leadbox, asked.visits, seed, report).await?;
    target.settle().await?;
    let side = Side { target, leadbox, key: "bench".parse()?, leads: asked.leads };
    let before = side.leadbox.rules().book().await?.edition;
    // The first pass is for everything that only the first one has, and for scores by other rules; a kept database may have had it.
    if keep.is_none() || side.check(Pass { edition: before, big: 10 }).await.is_err() {
        side.ours(Pass { edition: before + 1, big: 10 }).await?;
        report.memory("first re-score");
    }
    let before = side.leadbox.rules().book().await?.edition;
    let (mut own, mut plain, mut done) = (Vec::new(), Vec::new(), Done::default());
    for round in 0..asked.passes.max(1) {
        let edition = before + 1 + round;
        let (ours, cost) = side.ours(Pass { edition, big: 20 }).await?;
        own.push(cost);
        // By hand nothing is published: scores say that they are of the edition which is in force.
        let (by_hand, cost) = side.by_hand(Pass { edition, big: 10 }).await?;
        plain.push(cost);
        if !ours.is_like(by_hand) {
            return Err(format!("LeadBox changed {ours:?}, by hand it was {by_hand:?}").into());
        }
        done = ours;
    }
    say(&side, asked, done, (own, plain), report).await?;
    if keep.is_none() {
        side.target.end().await?;
    }
    Ok(())
}

async fn say(
    side: &Side,
    asked: &Asked,
    done: Done,
    (own, plain): (Vec<Cost>, Vec<Cost>),
    report: &mut Report,
) -> Result<()> {
    let share = |count: u64| 100.0 * count as f64 / done.scored.max(1) as f64;
    report.line(&format!(
        "{} interactions; of the scores {:.1} % change at each pass, and {:.1} % have another priority then",
        asked.leads * asked.visits,
        share(done.moved),
        share(done.priorities),
    ));
    if !(15.0..25.0).contains(&share(done.moved)) {
        return Err("it was not about a fifth of the scores that changed".into());
    }
    report.comparisons(side.target.meter().await?);
    let rate = |cost: Cost| asked.leads as f64 / cost.wall.as_secs_f64();
    let (own, plain) = (middle(own), middle(plain));
    report.compare("all leads scored again", asked.leads, own, plain);
    report.line("");
    report.line(&format!("leads/s: {:.0} by LeadBox, {:.0} by hand", rate(own), rate(plain)));
    Ok(())
}

fn middle(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.wall);
    costs[costs.len() / 2]
}

/// The database that both sides work on, in turn.
struct Side {
    target: Target,
    leadbox: LeadBox,
    key: RuleSetKey,
    leads: u64,
}

impl Side {
    /// LeadBox's workers: from the moment at which rules are published until every lead was scored and its events have their places.
    /// That they wait for processes which do not know of the rules yet, and look again, is not in it.
    async fn ours(&self, pass: Pass) -> Result<(Done, Cost)> {
        let rules_of = self.leadbox.rules();
        let before = rules_of.sheet(&self.key).await?.map(|(revision, _)| revision);
        rules_of.save_draft(&self.key, script(pass.big), before).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let workers = self.leadbox.clone();
        let running = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            Workers::new(&workers).run(shutdown).await;
        });
        let meter = self.target.meter().await?;
        let (done, cost) = meter.cost(self.publish(pass.edition)).await;
        let done = done?;
        self.finish().await?;
        let _ = stop.send(());
        running.await?;
        self.check(pass).await?;
        self.target.settle().await?;
        Ok((done, cost))
    }

    async fn publish(&self, edition: i64) -> Result<Done> {
        let rules = self.leadbox.rules();
        if rules.publish(&self.key, "", None).await?.edition != edition {
            return Err("somebody else publishes rules here".into());
        }
        let done = loop {
            let progress = rules.rescore_progress().await?.ok_or("no progress")?;
            let is_all = progress.leads.is_some_and(|leads| progress.scored >= leads);
            if is_all || progress.state == RescoreState::Finished {
                let (moved, priorities) = (progress.moved, progress.priorities);
                break Done { scored: progress.scored, moved, priorities };
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        while self.leadbox.storage().sequence(5_000).await?.more {}
        while self.leadbox.storage().fold_counts(5_000).await? > 0 {}
        Ok(done)
    }

    async fn finish(&self) -> Result<()> {
        let (rules, began) = (self.leadbox.rules(), Instant::now());
        while rules.rescore_progress().await?.is_some_and(|it| it.state != RescoreState::Finished) {
            if began.elapsed() > Duration::from_secs(600) {
                return Err("the scoring of all leads does not end".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn by_hand(&self, pass: Pass) -> Result<(Done, Cost)> {
        let (mut plain, meter) = (self.target.plain().await?, self.target.meter().await?);
        let (done, cost) = meter.cost(rescore(&mut plain, pass)).await;
        let done = done?;
        // What lies behind the commit is not its business: it must not be ours in the next pass.
        while self.leadbox.storage().sequence(5_000).await?.more {}
        self.check(pass).await?;
        self.target.settle().await?;
        Ok((done, cost))
    }

    /// Holds each stored score against the rules in plain Rust, at the moment for which it is said to be true, and against the edition by
    /// which it has to be, whoever made it: leads that were due meanwhile were scored with that.
    async fn check(&self, pass: Pass) -> Result<()> {
        let (leads, wrong) = check(&mut self.target.plain().await?, pass).await?;
        match (leads == self.leads, wrong) {
            (true, 0) => Ok(()),
            _ => Err(format!("{wrong} of {leads} scores are not what the rules say").into()),
        }
    }
}
