//! Rules that are tried before they are published: on the leads that are there, and on what became of others. Owns the figures as people
//! read them.

use std::time::Duration;

use chrono::TimeDelta;
use leadbox_core::scoring::{Estimate, LineMove, Ranking, RuleSource};
use leadbox_core::service::{
    Backtest, BacktestPlan, Candidate, MovedLead, Preview, Previewed, Share,
};
use leadbox_core::{LeadId, Points, RuleSetKey};
use serde::Serialize;
use tokio::time::sleep;

use super::explained::signed;
use crate::commands::office::Office;
use crate::exit::{Exit, Failure};
use crate::output::Outcome;
use crate::progress::{self, End};
use crate::table::Table;

/// How often to look whether the leads are read.
const LOOK: Duration = Duration::from_millis(250);
/// The leads that are told of those that move.
const TOLD: usize = 10;

#[derive(Debug, Serialize)]
struct Previews {
    #[serde(flatten)]
    preview: Preview,
    /// The names of the leads that move most, in their order.
    #[serde(skip)]
    names: Vec<String>,
}

impl Outcome for Previews {
    fn text(&self) -> String {
        let Preview { leads, of, moved, shifted, .. } = &self.preview;
        let which = match leads < of {
            true => format!("the youngest {leads} of {of} leads"),
            false => format!("all {leads} leads"),
        };
        let mut text = format!(
            "{which}: {moved} would move by a point or more, {shifted} would have another priority"
        );
        let count =
            |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |one| one.to_string());
        let row = |share: &Share| {
            let name = share.name.clone().unwrap_or_else(|| "no priority".to_owned());
            [name, count(share.before), count(share.after)]
        };
        let shares = |head: &'static str, shares: &[Share]| {
            Table::new([head, "now", "then"]).rows(shares.iter().map(row)).text()
        };
        text.push_str(&format!("\n\n{}", shares("priority", &self.preview.priorities)));
        text.push_str(&format!("\n\n{}", shares("rule", &self.preview.rules)));
        let steps = self
            .preview
            .steps
            .iter()
            .map(|step| [step.from.to_string(), count(step.before), step.after.to_string()]);
        text.push_str(&format!(
            "\n\n{}",
            Table::new(["points from", "now", "then"]).rows(steps).text()
        ));
        let moved = self.preview.most_moved.iter().zip(&self.names).take(TOLD);
        let rows: Vec<_> = moved
            .map(|(MovedLead { before, after, why, .. }, name)| {
                [name.clone(), before.to_string(), after.to_string(), because(why)]
            })
            .collect();
        if !rows.is_empty() {
            let table = Table::new(["moves most", "now", "then", "because of"]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        text
    }
}

/// The rules that make a difference.
fn because(why: &[LineMove]) -> String {
    let told = why
        .iter()
        .map(|one| format!("{} ({})", one.rule, signed(Points(one.after.0 - one.before.0))));
    told.collect::<Vec<_>>().join(", ")
}

#[derive(Debug, Serialize)]
struct Backtests {
    #[serde(flatten)]
    backtest: Backtest,
    /// The names of the leads that move most, in their order.
    #[serde(skip)]
    names: Vec<String>,
}

fn parts(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(
        || "-".to_owned(),
        |one| format!("{:.2} ({:.2} to {:.2})", one.value, one.low, one.high),
    )
}

fn share(estimate: Estimate) -> String {
    let [value, low, high] = [estimate.value, estimate.low, estimate.high].map(|one| one * 100.0);
    format!("{value:.0} % ({low:.0} to {high:.0})")
}

impl Outcome for Backtests {
    fn text(&self) -> String {
        let Backtest { tried, in_force, gain, looked_at, .. } = &self.backtest;
        let mut text = format!(
            "{} leads, {} of them won, scored as they were known {} after they came in",
            tried.won + tried.lost,
            tried.won,
            length(self.backtest.after_seconds)
        );
        let left_out = looked_at - tried.won - tried.lost;
        if left_out > 0 {
            text.push_str(&format!(
                "\nleft out: {} that were decided earlier, {} that were not known by then",
                self.backtest.decided_before, self.backtest.not_known
            ));
        }
        if self.backtest.has_more {
            text.push_str(&format!(
                "\nof the youngest {looked_at} that were won or lost: --most takes more"
            ));
        }
        let of = |ranking: &Ranking, first: u64| {
            let found = ranking.precision.iter().find(|one| one.first == first);
            found.map_or_else(|| "-".to_owned(), |one| share(one.share))
        };
        let beside = |told: &dyn Fn(&Ranking) -> String| {
            in_force.as_ref().map_or_else(|| "-".to_owned(), told)
        };
        let mut rows = vec![
            ["ranks won over lost".to_owned(), beside(&|one| parts(one.auc)), parts(tried.auc)],
            [
                "top tenth, times the average".to_owned(),
                beside(&|one| parts(one.lift)),
                parts(tried.lift),
            ],
        ];
        rows.extend(tried.precision.iter().map(|one| {
            let first = one.first;
            [
                format!("won of the first {first}"),
                beside(&|ranking| of(ranking, first)),
                share(one.share),
            ]
        }));
        let table = Table::new(["", "in force", "tried"]).rows(rows).text();
        text.push_str(&format!("\n\n{table}"));
        if let Some(gain) = gain {
            let verdict = match (gain.low > 0.0, gain.high < 0.0) {
                (true, _) => "the rules that were tried rank better",
                (_, true) => "the rules that were tried rank worse",
                _ => "these leads do not tell which rank better",
            };
            text.push_str(&format!("\n\n{verdict}: {}", parts(Some(*gain))));
        }
        if !self.backtest.shifts.is_empty() {
            let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
            let rows = self.backtest.shifts.iter().map(|shift| {
                [name(&shift.from), name(&shift.to), shift.won.to_string(), shift.lost.to_string()]
            });
            let table = Table::new(["priority now", "then", "won", "lost"]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        let moved = self.backtest.moved.iter().zip(&self.names).take(TOLD);
        let rows: Vec<_> = moved
            .map(|(one, name)| {
                let outcome = if one.won { "won" } else { "lost" };
                let (before, after) = (one.moved.before.to_string(), one.moved.after.to_string());
                [name.clone(), outcome.to_owned(), before, after, because(&one.moved.why)]
            })
            .collect();
        if !rows.is_empty() {
            let table =
                Table::new(["moves most", "", "now", "then", "because of"]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        text
    }
}

/// An age in words.
fn length(seconds: i64) -> String {
    match (seconds / 86_400, seconds % 86_400) {
        (1, 0) => "a day".to_owned(),
        (days, 0) => format!("{days} days"),
        (0, rest) => format!("{:.1} hours", TimeDelta::seconds(rest).as_seconds_f64() / 3_600.0),
        (days, rest) => format!("{days} days and {} hours", rest / 3_600),
    }
}

async fn names(office: &Office, leads: &[LeadId]) -> Result<Vec<String>, Failure> {
    let stored = office.leadbox.leads().leads(leads).await?;
    let name = |id: &LeadId| {
        let found = stored.iter().find(|stored| stored.lead.id == *id);
        found.map_or_else(|| id.to_string(), |stored| stored.lead.display_name().to_owned())
    };
    Ok(leads.iter().map(name).collect())
}

/// Shows what a script would do to the leads that are there.
///
/// # Errors
/// From the storage.
pub(super) async fn preview(
    office: &Office,
    set: RuleSetKey,
    source: RuleSource,
) -> Result<Exit, Failure> {
    let by = Candidate::Script(set, source);
    let mut bar = None;
    loop {
        match office.leadbox.rules().preview(&by).await? {
            Previewed::Ready(preview) => {
                let leads: Vec<LeadId> = preview.most_moved.iter().map(|one| one.lead).collect();
                let names = names(office, &leads).await?;
                return Ok(office.say(&Previews { preview: *preview, names }));
            }
            Previewed::Reading { read, of } => {
                let bar = bar.get_or_insert_with(|| progress::bar("reading", End::Things(of)));
                bar.set_position(read);
                sleep(LOOK).await;
            }
        }
    }
}

/// Shows how a script would have ranked leads.
///
/// # Errors
/// `Failed` when the plan is out of bounds; from the storage.
pub(super) async fn backtest(office: &Office, plan: &BacktestPlan) -> Result<Exit, Failure> {
    let backtest = office.leadbox.rules().backtest(plan).await?;
    let leads: Vec<LeadId> = backtest.moved.iter().map(|one| one.moved.lead).collect();
    let names = names(office, &leads).await?;
    Ok(office.say(&Backtests { backtest, names }))
}
