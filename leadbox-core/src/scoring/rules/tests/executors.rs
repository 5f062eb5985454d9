//! Two ways to run a question, held against each other: random questions about leads of which anything may be known.

use std::hash::{BuildHasher, Hasher};

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::scoring::Example;

/// A made-up question, as an author could write it; most are of kinds that fit, some are not.
fn question() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("lead.employees".to_owned()),
        Just("lead.value".to_owned()),
        Just("lead.completeness".to_owned()),
        Just("lead.cf.budget".to_owned()),
        Just("days_since(lead.created_at)".to_owned()),
        Just("hours_since(lead.last(\"page_view\"))".to_owned()),
        Just("lead.count(\"page_view\")".to_owned()),
        Just("lead.count(\"page_view\", days(3))".to_owned()),
        Just("lead.employees.or(7)".to_owned()),
        prop_oneof![-3..400_i64, Just(i64::MAX), Just(0)].prop_map(|whole| whole.to_string()),
        prop_oneof![Just(0.1), Just(0.3), Just(12500.5), Just(0.0), -3.0..300.0]
            .prop_map(|number: f64| format!("{number:?}")),
    ];
    let number = number.prop_recursive(2, 6, 2, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.prop_map(|a| format!("-({a})")),
        ]
    });
    let text = prop::sample::select(vec![
        "lead.title",
        "lead.email_domain",
        "lead.country",
        "lead.source",
        "lead.utm.medium",
        "lead.cf.note",
        "lead.stage",
        "lead.consent.newsletter",
        "\"CTO\"",
        "\"\"",
        "lead.email",
    ]);
    let moment = prop::sample::select(vec![
        "lead.created_at",
        "lead.last_interaction",
        "lead.last(\"call\")",
        "lead.cf.renewal",
        "date(\"2026-03-01\")",
    ]);
    let comparison = || prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        4 => (number.clone(), comparison(), number.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        2 => (text.clone(), comparison(), text.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (moment.clone(), comparison(), moment.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (moment.clone(), 1..200_i64).prop_map(|(at, days)| format!("{at}.within(days({days}))")),
        2 => (number.clone(), number.clone(), number.clone()).prop_map(|(a, b, c)| format!("({a}).between({b}, {c})")),
        1 => (number.clone(), 0..10_i64, 0..400_i64).prop_map(|(a, low, high)| format!("({a}) in {low}..{high}")),
        1 => (number.clone(), 0..10_i64, 0..400_i64).prop_map(|(a, low, high)| format!("({a}) in {low}..={high}")),
        1 => number.clone().prop_map(|a| format!("({a}) in [1, 250, 0.1, 12500.5, \"x\", true]")),
        2 => text.clone().prop_map(|a| format!("{a}.has_any([\"cto\", \"head of\", \"gmail\"])")),
        1 => text.clone().prop_map(|a| format!("{a}.starts_with(\"c\")")),
        1 => text.clone().prop_map(|a| format!("{a}.equals([\"cto\", \"CPC\"])")),
        1 => text.clone().prop_map(|a| format!("{a} in [\"DE\", \"cpc\", \"won\", 5]")),
        1 => text.clone().prop_map(|a| format!("is_known({a})")),
        1 => text.clone().prop_map(|a| format!("{a}.contains(\"T\")")),
        1 => text.clone().prop_map(|a| format!("\"d\" in {a}")),
        1 => Just("\"vip\" in lead.tags".to_owned()),
        1 => moment.clone().prop_map(|at| format!("days_since({at}) > 30")),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("min({a}, {b}) < max({b}, 3)")),
        1 => Just("lead.tags.has_any([\"vip\", \"press\"])".to_owned()),
        1 => Just("lead.cf.newsletter".to_owned()),
        1 => Just("lead.is_role_address".to_owned()),
        1 => Just("lead.cf.uses.has_any(\"crm\")".to_owned()),
        1 => Just("lead.cf.budget.has_any(\"crm\")".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" && "))),
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" || "))),
            2 => inner.clone().prop_map(|one| format!("!({one})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(if {a} {{ {b} }} else {{ {c} }})")),
        ]
    })
}

/// Leads of which anything may be known, with what happened.
fn crowd() -> Vec<(Lead, Vec<Interaction>)> {
    let full = crate::testing::full_lead().field("budget", "0.3").field("newsletter", true);
    let full = lead(full.field("renewal", "2026-03-01").field("uses", "crm; mail"));
    let none = lead(NewLead::new().name("Kim"));
    let with = |employees: i64, at: &str| {
        let mut one = full.clone();
        one.company.employees = Some(employees);
        one.created_at = at.parse().unwrap();
        one
    };
    let mut mixed = none.clone();
    mixed.person.title = Some("Head of Sales".to_owned());
    mixed.company.employees = Some(0);
    mixed.value = full.value;
    let happened_to = |lead: &Lead, hours: &[i64]| {
        let kinds = ["page_view", "call"];
        let one = |(at, hours): (usize, &i64)| {
            happened(lead, kinds[at % 2], *hours, serde_json::json!({}))
        };
        hours.iter().enumerate().map(one).collect::<Vec<_>>()
    };
    [
        (full.clone(), &[][..]),
        (none.clone(), &[]),
        (mixed, &[1, 30, 80, 900]),
        (with(250, "2026-03-02T09:00:00Z"), &[0, 2]),
        (with(i64::MAX, "2025-01-01T00:00:00Z"), &[71, 72, 73, 2000]),
        (with(0, "2026-02-28T10:30:00.5Z"), &[-5, 5]),
    ]
    .map(|(lead, hours)| (lead.clone(), happened_to(&lead, hours)))
    .to_vec()
}

#[test]
fn what_is_compiled_says_what_the_interpreter_says() {
    let crowd = crowd();
    let cases =
        std::env::var("LEADBOX_FUZZ").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1500);
    let seed: u64 = std::env::var("LEADBOX_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
    println!("LEADBOX_SEED={seed}");
    let rng_seed = proptest::test_runner::RngSeed::Fixed(seed);
    let failure_persistence = None;
    let config =
        ProptestConfig { cases, rng_seed, failure_persistence, ..ProptestConfig::default() };
    let (mut compiled, mut all) = (0, 0);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let outcome = runner.run(&question(), |question| {
        // What nobody may write is found when it is loaded, by both alike.
        let script = format!("rule(\"it\", 5, |lead| {question});");
        let Ok(rules) = RuleSet::load(&script) else { return Ok(()) };
        let stage = stage();
        for (lead, interactions) in &crowd {
            let stage = Some(&stage);
            let subject = Subject { lead, stage, interactions, as_of: now() };
            prop_assert_eq!(rules.score(&subject), rules.interpreted(&subject), "{}", script);
        }
        Ok(())
    });
    outcome.unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..300 {
        let question = question().new_tree(&mut runner).unwrap().current();
        if let Ok(rules) = RuleSet::load(&format!("rule(\"it\", 5, |lead| {question});")) {
            let done = rules.runs().iter().filter(|run| run.interpreted.is_none()).count();
            (compiled, all) = (compiled + done, all + 1);
        }
    }
    assert!(
        compiled * 10 > all * 8,
        "{compiled} of {all} questions are compiled: the test says little"
    );
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
    let script = "rule(\"a\", 5, |lead| lead.title.lower() == \"cto\");\n\
                  rule(\"b\", 5, |lead| { let size = lead.employees; size > 5 });\n\
                  rule(\"c\", 5, |lead| lead.employees > 5);\n\
                  rule(\"d\", |lead| lead.value.round(), |lead| true);\n\
                  fn between(a, b, c) { true }\n\
                  rule(\"e\", 5, |lead| between(lead.employees, 1, 2));";
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
            told("a", Some("line 1, character 32: `lower`")),
            told("b", Some("line 2, character 1: several steps, a loop or a value with a name")),
            told("c", None),
            told("d", Some("line 4, character 29: `round`")),
            told("e", Some("line 6, character 21: `between`, which the script defines itself")),
        ]
    );
}
