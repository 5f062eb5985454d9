//! Many leads at once: how long it takes to plan something with all of them, and to write down which they are when the work
//! begins.

use std::error::Error;
use std::time::Instant;

use leadbox_core::service::{BulkAction, Selection};
use leadbox_core::{LeadBox, LeadFilter, LeadList, LeadPatch};
use serde_json::json;

use crate::filled::filled;
use crate::report::Report;
use crate::target::Kind;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each is done; the middle one is shown.
const TIMES: usize = 5;

/// Fills a database with leads, and measures.
pub async fn run(
    kind: Kind,
    leads: u64,
    keep: Option<&str>,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    let (target, leadbox) = filled(kind, leads, keep, seed, report).await?;
    let tagged = BulkAction::Change(LeadPatch::new().add_tag("bench"));
    let moved = BulkAction::Advance("qualified".to_owned());
    let all = LeadList::default();
    let some: LeadFilter = serde_json::from_value(json!(["cf.budget", "gt", 500]))?;
    let some = LeadList::filtered(some);
    report.line("");
    report.line("| what | leads | plan ms | begin ms |");
    report.line("|---|---|---|---|");
    for (name, action, list) in [
        ("a tag for all", &tagged, &all),
        ("a stage for all", &moved, &all),
        ("a tag for those with a budget", &tagged, &some),
    ] {
        let (mut plans, mut begins, mut selected) = (Vec::new(), Vec::new(), 0);
        for _ in 0..TIMES {
            let selection = Selection::listed(list.clone());
            let began = Instant::now();
            selected = leadbox.bulk().plan(action, &selection).await?.counts.selected;
            plans.push(began.elapsed().as_millis());
            begins.push(begin(&leadbox, action, &selection).await?);
        }
        plans.sort_unstable();
        begins.sort_unstable();
        let (plan, begin) = (plans[TIMES / 2], begins[TIMES / 2]);
        report.line(&format!("| {name} | {selected} | {plan} | {begin} |"));
    }
    if keep.is_none() {
        target.end().await?;
    }
    Ok(())
}

/// Begins the work, and says stop before anybody takes it up.
async fn begin(leadbox: &LeadBox, action: &BulkAction, selection: &Selection) -> Result<u128> {
    let began = Instant::now();
    let started = leadbox.bulk().start(action, selection).await?;
    let took = began.elapsed().as_millis();
    leadbox.bulk().cancel(started.id).await?;
    leadbox.bulk().go_on(started.id).await?;
    Ok(took)
}
