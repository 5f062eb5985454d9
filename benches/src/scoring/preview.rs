//! A preview: what a changed script does to all leads, from its text to the histogram.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use leadbox_core::scoring::{RuleSet, Scorers, Snapshot, Survey};

use super::facts::{NOW, made_up};
use super::leadbox::{RULES, SIGNALS};
use crate::report::Report;

/// Leads are made up in parts, so that they are never all there in another form.
const PART: usize = 10_000;

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
    let survey = |script: &str| -> Result<Survey, Box<dyn Error>> {
        let rules = Scorers::host(Arc::new(RuleSet::load(script)?));
        Survey::of(&rules, &snapshot, now)
            .ok_or_else(|| "these rules know one lead at a time".into())
    };
    let began = Instant::now();
    let in_force = survey(&before)?;
    let first = began.elapsed();
    let (mut rounds, mut shifted) = (Vec::new(), 0);
    for _ in 0..5 {
        let began = Instant::now();
        let tried = survey(&after)?;
        let difference = tried.difference(&in_force, 20);
        std::hint::black_box(tried.steps(Some(&in_force)));
        rounds.push(began.elapsed());
        shifted = difference.shifted;
    }
    rounds.sort_unstable();
    let all = rounds[2];
    let mib = snapshot.bytes() / (1024 * 1024);
    let per_lead = filling.as_secs_f64() * 1e6 / leads.max(1) as f64;
    report.line("");
    report.line(&format!("### A preview of {leads} leads with 4 interactions each"));
    report.line("");
    report
        .line(&format!("The snapshot holds {mib} MiB; a lead is put into it in {per_lead:.1} us."));
    report.line(&format!(
        "From the text of a script, 20 rules and five signals, to the histogram beside what is in force, and the leads that move most: \
         {:.2} s on the wall, the middle of 5, on {} threads; once more {:.2} s before the first, for what is in force. {shifted} leads \
         would have another priority.",
        all.as_secs_f64(),
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        first.as_secs_f64(),
    ));
    Ok(())
}
