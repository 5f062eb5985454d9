//! `bench scoring`: 20 rules about the same made-up leads, by LeadBox and by what else could score them, in one run; then signals that
//! fade, a rule that only the interpreter can run, and a preview of a million leads. Every side's points are held against those of
//! plain Rust before anything is measured.

mod expressions;
mod facts;
mod leadbox;
mod lua;
mod meter;
mod native;
mod preview;
mod rhai_script;

use std::error::Error;
use std::sync::Arc;

use leadbox_core::scoring::{RuleSet, Scorer, Snapshot, Subject};
use leadbox_core::{Interaction, Lead, Timestamp};

use crate::report::Report;
use facts::Facts;
use meter::{PerLead, Side, beside};

/// How many leads are scored over and over.
const LEADS: usize = 1_024;
/// How many interactions each has where those count.
const VISITS: usize = 12;

/// What everything is compared with.
const INTERPRETER: &str = "the same script, our interpreter alone, a card";

type Failed = Box<dyn Error>;

/// The leads in every form that LeadBox takes.
struct Leads {
    facts: Vec<Facts>,
    leads: Vec<(Lead, Vec<Interaction>)>,
    snapshot: Arc<Snapshot>,
    now: Timestamp,
}

impl Leads {
    fn new(leads: usize, visits: usize, seed: u64) -> Result<Self, Failed> {
        let now: Timestamp = facts::NOW.parse()?;
        let facts = facts::made_up(leads, visits, seed, now);
        let lead = |(number, facts): (usize, &Facts)| {
            let lead = facts.lead(number, now)?;
            let interactions = facts.interactions(&lead);
            Ok((lead, interactions))
        };
        let leads = facts.iter().enumerate().map(lead).collect::<Result<Vec<_>, Failed>>()?;
        let mut snapshot = Snapshot::with_limit(usize::MAX);
        for (lead, interactions) in &leads {
            snapshot.push(lead, None, interactions)?;
        }
        Ok(Self { facts, leads, snapshot: Arc::new(snapshot), now })
    }

    fn subject(&self, lead: usize) -> Subject<'_> {
        let (lead, interactions) = &self.leads[lead];
        Subject { lead, stage: None, interactions, as_of: self.now }
    }

    /// What each form of LeadBox costs, over a snapshot, as a card, and by the interpreter alone, beside others.
    fn beside<'s>(
        &'s self,
        script: &str,
        check: &dyn Fn(usize, f64) -> Result<(), Failed>,
        others: Vec<Side<'s>>,
    ) -> Result<Vec<(&'static str, PerLead)>, Failed> {
        let points = |points: leadbox_core::Points| points.0 as f64 / 100.0;
        let (rules, alone) = (RuleSet::load(script)?, RuleSet::load(script)?.uncompiled());
        let over = rules.over(&self.snapshot);
        for lead in 0..self.leads.len() {
            check(lead, points(over.score(lead, self.now).total))?;
            check(lead, points(rules.score(&self.subject(lead)).total))?;
            check(lead, points(alone.score(&self.subject(lead)).total))?;
        }
        let all = self.leads.len();
        let mut sides = vec![
            Side::new("**LeadBox over a snapshot**", all, |lead| {
                Ok::<_, Failed>(over.score(lead, self.now))
            }),
            Side::new("LeadBox, a whole card with reasons", all, |lead| {
                Ok::<_, Failed>(rules.score(&self.subject(lead)))
            }),
            Side::new(INTERPRETER, all, |lead| Ok::<_, Failed>(alone.score(&self.subject(lead)))),
        ];
        sides.extend(others);
        beside(sides)
    }
}

/// Holds points against those that they should be, to half a hundredth per rounded line.
fn checked(name: &str, lead: usize, points: f64, expected: f64) -> Result<(), Failed> {
    if (points - expected).abs() < 0.03 {
        return Ok(());
    }
    Err(format!("{name} gives lead {lead} {points} instead of {expected} points").into())
}

/// Measures everything.
pub fn run(leads: usize, seed: u64, report: &mut Report) -> Result<(), Failed> {
    match meter::allocations() {
        None => report.line(
            "Times are of this thread on its processor, the middle of 15 samples, for which the sides take turns; nothing else runs in this process.",
        ),
        Some(_) => report.line("Allocations are counted, which takes time: look at those alone."),
    }
    rules(seed, report)?;
    signals(seed, report)?;
    alone(seed, report)?;
    preview::run(leads, seed, report)
}

fn rules(seed: u64, report: &mut Report) -> Result<(), Failed> {
    let leads = Leads::new(LEADS, 0, seed)?;
    let all = &leads.facts;
    let native: Vec<f64> = all.iter().map(|facts| native::score(facts).0).collect();
    let check = |name: &'static str| {
        let native = &native;
        move |lead: usize, points: f64| checked(name, lead, points, native[lead])
    };
    let mut script = rhai_script::Script::rules(all)?;
    let lua = lua::Script::rules(all)?;
    for lead in 0..LEADS {
        check("Rhai")(lead, script.score(lead)?)?;
        check("LuaJIT")(lead, lua.score(lead)?)?;
    }
    let others = vec![
        Side::new("Rust by hand, a struct with texts", LEADS, |lead| {
            Ok::<_, Failed>(native::score(&all[lead]))
        }),
        Side::new("Rhai, an ordinary script, maps made beforehand", LEADS, |lead| {
            script.score(lead)
        }),
        Side::new("LuaJIT, tables made beforehand", LEADS, |lead| lua.score(lead)),
        expressions::cel(all, &check("CEL"))?,
        expressions::zen(all, &check("zen"))?,
        expressions::evalexpr(all, &check("evalexpr"))?,
    ];
    let rows = leads.beside(leadbox::RULES, &check("LeadBox"), others)?;
    table(&format!("20 rules, {LEADS} leads"), &rows, report);
    Ok(())
}

fn signals(seed: u64, report: &mut Report) -> Result<(), Failed> {
    let leads = Leads::new(LEADS, VISITS, seed)?;
    let native = |lead: usize| native::signals(&leads.facts[lead].visits, leads.now);
    let check = |lead: usize, points: f64| checked("LeadBox", lead, points, native(lead));
    let by_hand =
        Side::new("Rust by hand, texts in vectors", LEADS, |lead| Ok::<_, Failed>(native(lead)));
    let rows = leads.beside(leadbox::SIGNALS, &check, vec![by_hand])?;
    let what = format!("five signals that fade, {VISITS} interactions per lead");
    table(&what, &rows, report);
    Ok(())
}

/// Rules of other forms, of which two need the interpreter.
fn alone(seed: u64, report: &mut Report) -> Result<(), Failed> {
    for (what, script, plain) in [
        ("one rule of several steps", leadbox::STEPS, rhai_script::STEPS),
        ("one rule with a text in other letters", leadbox::WORD, rhai_script::WORD),
        (
            "one rule that changes what it counted: only the interpreter can",
            leadbox::CHANGE,
            rhai_script::CHANGE,
        ),
        (
            "one rule that repeats something: only the interpreter can",
            leadbox::LOOP,
            rhai_script::LOOP,
        ),
        ("one rule that asks a function of its script", leadbox::FUNCTION, rhai_script::FUNCTION),
    ] {
        let leads = Leads::new(LEADS, 0, seed)?;
        let mut plain = rhai_script::Script::new(plain, &leads.facts)?;
        let expected = (0..LEADS).map(|lead| plain.score(lead)).collect::<Result<Vec<_>, _>>()?;
        let check = |lead: usize, points: f64| checked("LeadBox", lead, points, expected[lead]);
        let plain = Side::new("Rhai, an ordinary script, maps made beforehand", LEADS, |lead| {
            plain.score(lead)
        });
        table(what, &leads.beside(script, &check, vec![plain])?, report);
    }
    Ok(())
}

fn table(what: &str, rows: &[(&str, PerLead)], report: &mut Report) {
    let interpreter = rows.iter().find(|(name, _)| *name == INTERPRETER);
    let interpreter = interpreter.map_or(f64::NAN, |(_, cost)| cost.nanos);
    report.line("");
    report.line(&format!("### {what}"));
    report.line("");
    report.line("| by | ns per lead | as fast as the interpreter | allocations per lead |");
    report.line("|---|---|---|---|");
    for (name, cost) in rows {
        let counted = cost.allocations.map_or("-".to_owned(), |count| format!("{count:.1}"));
        let ratio = interpreter / cost.nanos;
        let (nanos, digits) = (cost.nanos, usize::from(cost.nanos < 100.0));
        report.line(&format!("| {name} | {nanos:.digits$} | {ratio:.1} | {counted} |"));
    }
}
