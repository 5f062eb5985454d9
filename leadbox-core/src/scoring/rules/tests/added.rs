//! Functions of a host's own in scripts.

use super::*;
use crate::scoring::{LoadError, Loader, Vocabulary};

fn vocabulary() -> Vocabulary {
    Vocabulary::default()
        .function("is_long", |text: String| text.len() > 5)
        .and_then(|added| added.function("half", |number: f64| number / 2.0))
        .and_then(|added| {
            added.function("or_nobody", |name: Option<String>| {
                name.unwrap_or_else(|| "nobody".to_owned())
            })
        })
        .and_then(|added| {
            added.function("tier", |size: i64| (size > 100).then(|| "large".to_owned()))
        })
        .and_then(|added| {
            added.function("any_of", |texts: Vec<String>, text: String, is: bool| {
                texts.contains(&text) == is
            })
        })
        .and_then(|added| added.function("explodes", |text: String| -> bool { panic!("{text}") }))
        .and_then(|added| {
            added.function("endless", |length: i64| "x".repeat(usize::try_from(length).unwrap()))
        })
        .unwrap()
}

fn load(script: &str) -> Result<RuleSet, LoadError> {
    Loader::default().vocabulary(&vocabulary()).load(script)
}

#[test]
fn rules_ask_what_a_host_adds_also_over_many_leads() {
    let script = "rule(\"a\", 1, |lead| is_long(lead.name));\n\
                  rule(\"b\", |lead| half(lead.employees), |lead| lead.name.is_long());\n\
                  rule(\"c\", 100, |lead| or_nobody(lead.title) == \"nobody\");\n\
                  rule(\"d\", 1000, |lead| tier(lead.employees) == \"large\");\n\
                  rule(\"e\", 10000, |lead| any_of([\"x\", \"Ada Byron\"], lead.name, true));\n\
                  fn is_long(lead) { false }\n\
                  signal(\"f\", \"page_view\", 0.5).when(|it| it.path.is_long());";
    // A script's own function of that name goes before.
    let rules = load(&script.replace("fn is_long(lead) { false }\n", "")).unwrap();
    let mut ada = lead(NewLead::new().name("Ada Byron"));
    let visit = [happened(&ada, "page_view", 1, serde_json::json!({"path": "/pricing"}))];
    for (employees, expected) in [(None, 1_010_150), (Some(50), 1_012_650), (Some(500), 1_135_150)]
    {
        ada.company.employees = employees;
        let subject = Subject { lead: &ada, stage: None, interactions: &visit, as_of: now() };
        let card = rules.score(&subject);
        assert_eq!((card.total, card.faults.len()), (Points(expected), 0), "{employees:?}");
        let mut snapshot = crate::scoring::Snapshot::with_limit(usize::MAX);
        snapshot.push(&ada, None, &visit).unwrap();
        let snapshot = std::sync::Arc::new(snapshot);
        assert_eq!(rules.over(&snapshot).score(0, now()).total, card.total);
    }
    assert_eq!(load(script).unwrap().runs().len(), 6);
}

#[test]
fn a_function_that_panics_is_a_fault_of_the_rule_alone() {
    let script = "rule(\"Broken\", 5, |lead| explodes(lead.name));\n\
                  rule(\"Endless\", 5, |lead| endless(lead.employees) == \"x\");\n\
                  rule(\"Fine\", 5, |lead| is_known(lead.name));";
    let mut ada = lead(NewLead::new().name("Ada"));
    ada.company.employees = Some(5000);
    let subject = Subject { lead: &ada, stage: None, interactions: &[], as_of: now() };
    let card = load(script).unwrap().score(&subject);
    let faults: Vec<_> = card.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(card.total, Points::whole(5));
    assert_eq!(
        faults,
        [
            "`explodes` failed: whoever runs this program can tell why",
            "`endless` gives more than a script can hold"
        ]
    );
}

#[cfg(feature = "compiled")]
#[test]
fn what_a_host_adds_is_known_to_checks_and_to_spelling() {
    for (question, expected) in [
        ("is_log(lead.name)", "there is no 'is_log': did you mean 'is_long'?"),
        ("is_long(lead.employees)", "`is_long` wants a text here, and this is a number"),
        ("is_long(lead.name, 5)", "`is_long` is given 1, and this is 2"),
        (
            "half(lead.employees)",
            "this has to be yes or no, and it is a number: compare it with something, or ask is_known(...) of it",
        ),
        (
            "tier(lead.employees) > 5",
            "this compares a text with a number, which is never so: a text is compared with a text, in quotes",
        ),
    ] {
        let wrong = load(&format!("rule(\"a\", 5, |lead| {question});")).unwrap_err();
        assert_eq!(wrong.mistakes[0].message, expected, "{question}");
    }
    for (question, left) in [
        ("is_long(lead.name)", None),
        ("any_of([\"a\", \"b\"], lead.name.lower(), true)", None),
        ("or_nobody(tier(lead.employees)).has_any(\"large\")", None),
        ("any_of(lead.tags, lead.name, true)", Some("line 1, character 33: lead.tags")),
        (
            "or_nobody(lead.name).or(\"x\") == \"x\"",
            Some("line 1, character 42: `or` with what is made there"),
        ),
    ] {
        let runs = load(&format!("rule(\"a\", 5, |lead| {question});")).unwrap().runs();
        let told = runs[0].interpreted.as_ref().map(ToString::to_string);
        assert_eq!(told.as_deref(), left, "{question}");
    }
    assert!(RuleSet::load("rule(\"a\", 5, |lead| is_long(lead.name));").is_err());
}

#[test]
fn names_mean_one_thing() {
    for name in ["", "Long", "has_any", "rule", "if", "two words", "ä", "5a", "lead"] {
        assert!(Vocabulary::default().function(name, |text: String| text).is_err(), "{name}");
    }
    let twice = vocabulary().function("half", |number: f64| number);
    assert_eq!(twice.unwrap_err().to_string(), "name: 'half' means something already");
}
