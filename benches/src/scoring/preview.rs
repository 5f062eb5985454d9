//! A preview: what a changed script does to all leads, from its text to two distributions.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use leadbox_core::scoring::{RuleSet, Snapshot};

use super::facts::{NOW, made_up};
use super::leadbox::{RULES, SIGNALS};
use crate::report::Report;

/// How many leads each distribution has per ten points, from below zero.
type Distribution = [u64; 20];

/// Leads are made up in parts, so that they are never all there in another form.
const PART: usize = 10_000;

fn bar(points: i64) -> usize {
    usize::try_from(points.div_euclid(1_000) + 4).unwrap_or(0).min(19)
}

/// Previews a change for so many leads.
pub fn run(leads: usize, seed: u64, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let now = NOW.parse()?;
    let mut snapshot = Snapshot::with_limit(usize::MAX);
    let mut filling = std::time::Duration::ZERO;
    for part in 0..leads.div_ceil(PART) {
        let seed = seed.wrapping_add(part as u64);
        for (at, facts) in made_up(PART.min(leads - part * PART), 4, seed, now).iter().enumerate() {
            let lead = facts.lead(part * PART + at, now)?;
            let interactions = facts.interactions(&lead);
            let began = Instant::now();
            snapshot.push(&lead, None, &interactions)?;
            filling += began.elapsed();
        }
    }
    let snapshot = Arc::new(snapshot);
    let before = format!("{RULES}{SIGNALS}");
    let after = before.replace("\"Decision maker\", 20", "\"Decision maker\", 30");
    let mut rounds = Vec::new();
    let mut moved = 0;
    for _ in 0..5 {
        let began = Instant::now();
        let (old, new) = (RuleSet::load(&before)?, RuleSet::load(&after)?);
        let (old, new) = (old.over(&snapshot), new.over(&snapshot));
        let prepared = began.elapsed();
        let mut distributions = [Distribution::default(); 2];
        moved = 0;
        for row in 0..snapshot.len() {
            let (was, is) = (old.score(row, now), new.score(row, now));
            distributions[0][bar(was.total.0)] += 1;
            distributions[1][bar(is.total.0)] += 1;
            moved += u64::from(was.priority != is.priority);
        }
        std::hint::black_box(distributions);
        rounds.push((began.elapsed(), prepared));
    }
    rounds.sort_unstable();
    let (all, prepared) = rounds[2];
    let mib = snapshot.bytes() / (1024 * 1024);
    let per_lead = filling.as_secs_f64() * 1e6 / leads.max(1) as f64;
    report.line("");
    report.line(&format!("### A preview of {leads} leads with 4 interactions each"));
    report.line("");
    report
        .line(&format!("The snapshot holds {mib} MiB; a lead is put into it in {per_lead:.1} us."));
    report.line(&format!(
        "From the text of two scripts, 20 rules and five signals each, to both distributions: {:.2} s on the wall, the middle of 5; \
         of that {:.0} ms until both are ready. {moved} leads change their priority.",
        all.as_secs_f64(),
        prepared.as_secs_f64() * 1e3,
    ));
    Ok(())
}
