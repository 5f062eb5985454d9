//! Three ways to run a rule set, held against each other: the interpreter alone, the card with what is compiled, and the score over a
//! snapshot. Random rule sets about leads of which anything may be known.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::made_up::{Case, FUNCTIONS, crowd, load, question, rule_set};
use super::*;
use crate::scoring::rules::code::Code;
use crate::scoring::rules::numbers::Comparison;
use crate::scoring::{Example, Snapshot};

/// How many leads each rule set is asked about, and how many rule sets there are unless `LEADBOX_FUZZ` says so.
const LEADS: usize = if cfg!(debug_assertions) { 40 } else { 500 };
const SETS: u32 = if cfg!(debug_assertions) { 150 } else { 1500 };

pub(super) fn seed() -> u64 {
    let seed = std::env::var("LEADBOX_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
    println!("LEADBOX_SEED={seed}");
    seed
}

fn runner(seed: u64, share: u32) -> TestRunner {
    let cases = std::env::var("LEADBOX_FUZZ").ok().and_then(|cases| cases.parse().ok());
    let (cases, failure_persistence) = (cases.unwrap_or(SETS) * share, None);
    let rng_seed = RngSeed::Fixed(seed);
    TestRunner::new(ProptestConfig { cases, rng_seed, failure_persistence, ..Default::default() })
}

pub(super) fn snapshot(crowd: &[Case], stage: &Stage) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::with_limit(usize::MAX);
    for (at, (lead, interactions, _)) in crowd.iter().enumerate() {
        assert_eq!(snapshot.push(lead, Some(stage), interactions), Ok(at));
    }
    Arc::new(snapshot)
}

/// What is different about a lead between its card and its score, if anything is.
pub(super) fn difference(
    rules: &RuleSet,
    card: &ScoreCard,
    score: &crate::scoring::Score,
) -> Option<String> {
    let named = score.priority.map(|place| rules.priorities()[place].0.as_str());
    let fired = |run: &crate::scoring::Run| card.fired(&run.rule);
    let fired: Vec<bool> = rules.runs().iter().map(fired).collect();
    let also: Vec<bool> = (0..fired.len()).map(|place| score.fired.contains(place)).collect();
    let count = fired.iter().filter(|fired| **fired).count();
    let card = (card.total, card.priority.as_deref(), fired, count);
    let score = (score.total, named, also, score.fired.count());
    (card != score).then(|| format!("card {card:?}, score {score:?}"))
}

#[test]
fn three_executors_say_the_same_of_every_lead() {
    let seed = seed();
    let (crowd, stage) = (crowd(LEADS, seed), stage());
    let snapshot = snapshot(&crowd, &stage);
    let stage = Some(&stage);
    let tally = Cell::new((0_u64, 0_usize, 0_usize));
    let outcome = runner(seed, 1).run(&rule_set(), |script| {
        // What nobody may write is found when it is loaded, by all alike.
        let Ok(rules) = load(&script) else { return Ok(()) };
        let over = rules.over(&snapshot);
        for (row, (lead, interactions, as_of)) in crowd.iter().enumerate() {
            let subject = Subject { lead, stage, interactions, as_of: *as_of };
            let (card, score) = (rules.score(&subject), over.score(row, *as_of));
            prop_assert_eq!(&card, &rules.interpreted(&subject), "row {} {}", row, script);
            prop_assert_eq!(difference(&rules, &card, &score), None, "row {} {}", row, script);
            let applies = rules.applies_to(&subject).unwrap_or(false);
            prop_assert_eq!(over.applies_to(row, *as_of), applies, "row {} {}", row, script);
            let (sets, cases, fired) = tally.get();
            tally.set((sets, cases + rules.runs().len(), fired + score.fired.count()));
        }
        let (sets, cases, fired) = tally.get();
        tally.set((sets + 1, cases, fired));
        Ok(())
    });
    let (sets, cases, fired) = tally.get();
    println!(
        "executors: {sets} rule sets, {cases} rules asked about a lead, {fired} fired, LEADBOX_SEED={seed}"
    );
    outcome.unwrap();
    assert!(fired * 20 > cases, "{fired} of {cases} fired: the test says little");
}

#[test]
fn what_is_compiled_says_what_the_interpreter_says() {
    let seed = seed();
    let (crowd, stage) = (crowd(LEADS.min(12), seed), stage());
    let stage = Some(&stage);
    let outcome = runner(seed, 3).run(&question(), |question| {
        let script = format!("{FUNCTIONS}rule(\"it\", 5, |lead| {question});");
        let Ok(rules) = load(&script) else { return Ok(()) };
        for (lead, interactions, as_of) in &crowd {
            let subject = Subject { lead, stage, interactions, as_of: *as_of };
            prop_assert_eq!(rules.score(&subject), rules.interpreted(&subject), "{}", script);
        }
        Ok(())
    });
    outcome.unwrap();
    let (mut compiled, mut all) = (0, 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let question = question().new_tree(&mut runner).unwrap().current();
        if let Ok(rules) = load(&format!("{FUNCTIONS}rule(\"it\", 5, |lead| {question});")) {
            let done = rules.runs().iter().filter(|run| run.interpreted.is_none()).count();
            (compiled, all) = (compiled + done, all + 1);
        }
    }
    assert!(
        compiled * 10 > all * 7,
        "{compiled} of {all} questions are compiled: the test says little"
    );
}

/// Takes `>=` for `>`.
fn take_greater(code: &mut Code) {
    match code {
        Code::Compare(how, _) if *how == Comparison::GreaterOrEqual => *how = Comparison::Greater,
        Code::Not(part) => take_greater(part),
        Code::All(parts) | Code::Any(parts) => parts.iter_mut().for_each(take_greater),
        Code::If(parts) => parts.iter_mut().for_each(take_greater),
        Code::Let(parts) => parts.iter_mut().for_each(take_greater),
        _ => {}
    }
}

#[test]
fn a_condition_that_is_broken_on_purpose_is_noticed() {
    let (crowd, stage) = (crowd(LEADS, 1), stage());
    let (snapshot, stage) = (snapshot(&crowd, &stage), Some(&stage));
    let mut runner = TestRunner::deterministic();
    let is_noticed = (0..SETS).any(|_| {
        let script = rule_set().new_tree(&mut runner).unwrap().current();
        let Ok(rules) = load(&script) else { return false };
        let broken = load(&script).unwrap().recompiled(take_greater);
        let over = broken.over(&snapshot);
        crowd.iter().enumerate().any(|(row, (lead, interactions, as_of))| {
            let subject = Subject { lead, stage, interactions, as_of: *as_of };
            let (card, score) = (rules.score(&subject), over.score(row, *as_of));
            difference(&rules, &card, &score).is_some()
        })
    });
    assert!(is_noticed, "every `>=` was taken for `>` and nothing differed");
}

#[test]
fn more_rules_than_fit_into_a_word_and_many_categories_are_scored_alike() {
    let mut script = String::new();
    for at in 0..20 {
        script.push_str(&format!("category(\"c{at}\", {});\n", 5 + at));
    }
    for at in 0..200 {
        let (category, least) = (at % 21, at % 7);
        let category = if category == 20 { String::new() } else { format!("c{category}") };
        script.push_str(&format!(
            "rule(\"{at}\", \"{category}\", {at}, |lead| lead.completeness > {least} && is_known(lead.title));\n\
             rule(\"+{at}\", 0.25, |lead| lead.employees > {at});\n"
        ));
    }
    let (rules, crowd, stage) = (RuleSet::load(&script).unwrap(), crowd(LEADS, 2), stage());
    let snapshot = snapshot(&crowd, &stage);
    let over = rules.over(&snapshot);
    for (row, (lead, interactions, as_of)) in crowd.iter().enumerate() {
        let subject = Subject { lead, stage: Some(&stage), interactions, as_of: *as_of };
        let (card, score) = (rules.score(&subject), over.score(row, *as_of));
        assert_eq!(difference(&rules, &card, &score), None, "row {row}");
        assert!(score.fired.places().all(|place| score.fired.contains(place)));
        assert_eq!(score.fired.places().count(), score.fired.count());
    }
    assert!(crowd.len() == snapshot.len());
}

#[test]
fn a_rule_about_one_field_is_asked_once_per_value_also_by_the_interpreter() {
    let script = "rule(\"a\", 5, |lead| lead.title.lower() == \"cto\");\n\
                  rule(\"b\", 5, |lead| lead.employees / 0 > 1);\n\
                  rule(\"c\", 5, |lead| [lead.title].length() == 1 && days_since(lead.created_at) > 3);\n\
                  rule(\"d\", 5, |lead| { let title = lead.title; title == \"CTO\" });\n\
                  fn is_recent(at) { at.within(days(30)) }\n\
                  rule(\"e\", 5, |lead| is_recent(lead.cf.renewal));";
    let (rules, crowd, stage) = (RuleSet::load(script).unwrap(), crowd(LEADS, 3), stage());
    let snapshot = snapshot(&crowd, &stage);
    let said = format!("{:?}", rules.over(&snapshot));
    assert!(said.contains("rest: 2"), "{said}");
    fn is_shared<T: Send + Sync>(_: &T) {}
    is_shared(&rules.over(&snapshot));
}

#[test]
fn examples_need_no_interpreter() {
    for Example { name, script, .. } in Example::ALL {
        for run in RuleSet::load(script).unwrap().runs() {
            assert_eq!(run.interpreted, None, "{name}: {}", run.rule);
        }
    }
}

#[test]
fn what_only_the_interpreter_knows_is_named_with_its_place() {
    let script = "rule(\"a\", 5, |lead| lead.title.lower().or(\"cto\") == \"cto\");\n\
                  rule(\"b\", 5, |lead| { let size = 0; for tag in lead.tags { size += 1; } size > 5 });\n\
                  rule(\"c\", 5, |lead| lead.employees > 5);\n\
                  rule(\"d\", |lead| [lead.value].length(), |lead| true);\n\
                  fn small(size) { let found = 0; while found < size { found += 1; } found < 5 }\n\
                  rule(\"e\", 5, |lead| small(lead.employees));";
    let runs: Vec<_> = RuleSet::load(script)
        .unwrap()
        .runs()
        .into_iter()
        .map(|run| (run.rule, run.interpreted.map(|left| left.to_string())))
        .collect();
    let told = |rule: &str, why: Option<&str>| (rule.to_owned(), why.map(str::to_owned));
    assert_eq!(
        runs,
        [
            told("a", Some("line 1, character 40: `or` with what is made there")),
            told("b", Some("line 2, character 37: several steps or a loop")),
            told("c", None),
            told("d", Some("line 4, character 18: a list of what is worked out")),
            told("e", Some("line 5, character 33: several steps or a loop")),
        ]
    );
}
