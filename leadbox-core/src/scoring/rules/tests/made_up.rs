//! Made-up questions, rule sets and leads. Owns what the tests that hold executors against each other draw from: what an author could
//! write, and leads of which anything may be known.

use chrono::TimeDelta;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use super::*;
use crate::field::FieldValue;
use crate::identity::Industry;
use crate::key::FieldKey;
use crate::lead::{Consent, ConsentStatus};
use crate::scoring::{LoadError, Loader, Vocabulary};

/// The functions that questions ask.
pub(super) const FUNCTIONS: &str = "\
    fn is_recent(at) { at.within(days(30)) }\n\
    fn more(a, b) { let sum = a + b; if a > b { return sum; } max(sum, b) }\n\
    fn fits(lead, n, t) { let m = lead.cf.renewal; if is_recent(m) || n > 9 { t == lead.title } else { more(n, 2) < 30 } }\n";

/// What a host adds to made-up scripts: functions that answer with each kind of value, and one that may fail.
pub(super) fn vocabulary() -> Vocabulary {
    Vocabulary::default()
        .function("initials", |text: String| {
            text.split(' ').filter_map(|word| word.chars().next()).collect::<String>()
        })
        .and_then(|added| added.function("half", |number: f64| number / 2.0))
        .and_then(|added| added.function("size_of", |size: Option<i64>| size.map(|size| size % 7)))
        .and_then(|added| {
            added.function("is_one_of", |text: String, of: Vec<String>| of.contains(&text))
        })
        .and_then(|added| {
            added.function("repeated", |text: String, times: i64| {
                usize::try_from(times)
                    .map_or_else(|_| text.clone(), |times| text.repeat(times.min(5000)))
            })
        })
        .unwrap()
}

/// A made-up script.
pub(super) fn load(script: &str) -> Result<RuleSet, LoadError> {
    Loader::default().vocabulary(&vocabulary()).load(script)
}

/// A made-up question, as an author could write it; most are of kinds that fit, some are not.
pub(super) fn question() -> impl Strategy<Value = String> {
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
        Just("lead.cf.size".to_owned()),
        Just("lead.count(\"call\")".to_owned()),
        prop_oneof![-3..400_i64, Just(i64::MAX), Just(0)].prop_map(|whole| whole.to_string()),
        prop_oneof![Just(0.1), Just(0.3), Just(12500.5), Just(0.0), -3.0..300.0]
            .prop_map(|number: f64| format!("{number:?}")),
    ];
    let number = number.prop_recursive(2, 6, 2, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "%", "**"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("({a}).round()")),
            inner.clone().prop_map(|a| format!("({a}).abs()")),
            inner.clone().prop_map(|a| format!("half({a})")),
            inner.prop_map(|a| format!("size_of({a})")),
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
        "lead.email_kind",
        "lead.industry",
        "lead.name",
    ]);
    // Texts that are made where they are asked for.
    let made = prop_oneof![
        5 => text.clone().prop_map(str::to_owned),
        1 => text.clone().prop_map(|a| format!("{a}.lower()")),
        1 => text.clone().prop_map(|a| format!("{a}.upper()")),
        1 => text.clone().prop_map(|a| format!("initials({a})")),
        1 => text.clone().prop_map(|a| format!("initials({a}.lower()).upper()")),
        1 => (text.clone(), -1..3_i64).prop_map(|(a, times)| format!("{a}.repeated({times})")),
        1 => text.clone().prop_map(|a| format!("{a}.lower().or(\"cto\")")),
    ];
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
        2 => (made.clone(), comparison(), made.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (moment.clone(), comparison(), moment.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (moment.clone(), 1..200_i64).prop_map(|(at, days)| format!("{at}.within(days({days}))")),
        2 => (number.clone(), number.clone(), number.clone()).prop_map(|(a, b, c)| format!("({a}).between({b}, {c})")),
        1 => (number.clone(), 0..10_i64, 0..400_i64).prop_map(|(a, low, high)| format!("({a}) in {low}..{high}")),
        1 => (number.clone(), 0..10_i64, 0..400_i64).prop_map(|(a, low, high)| format!("({a}) in {low}..={high}")),
        1 => number.clone().prop_map(|a| format!("({a}) in [1, 250, 0.1, 12500.5, \"x\", true]")),
        2 => made.clone().prop_map(|a| format!("{a}.has_any([\"cto\", \"head of\", \"gmail\"])")),
        1 => text.clone().prop_map(|a| format!("{a}.starts_with(\"c\")")),
        1 => text.clone().prop_map(|a| format!("{a}.equals([\"cto\", \"CPC\"])")),
        1 => made.clone().prop_map(|a| format!("{a} in [\"ct\", \"cto\", \"CTO\", \"de\"]")),
        1 => made.clone().prop_map(|a| format!("{a}.length() > 2")),
        1 => Just("lead.tags.length() > 1".to_owned()),
        1 => made.clone().prop_map(|a| format!("{{ let t = {a}; t == \"cto\" || t.has_any(\"head\") }}")),
        1 => made.clone().prop_map(|a| format!("is_one_of({a}, [\"cto\", \"CTO\", \"\"])")),
        1 => (made.clone(), number.clone()).prop_map(|(a, times)| format!("repeated({a}, {times}) == \"\"")),
        1 => text.clone().prop_map(|a| format!("{a} in [\"DE\", \"cpc\", \"won\", 5]")),
        1 => made.clone().prop_map(|a| format!("is_known({a})")),
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
        1 => Just("is_recent(lead.cf.renewal)".to_owned()),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| format!("more({a}, {b}) > 7")),
        1 => (number.clone(), number.clone()).prop_map(|(a, b)| {
            format!("more(more({a}, 2), {{ let n = {b}; let n = more(n, {a}); n + 1 }}) > more({b}, more({a}, {b}))")
        }),
        1 => (number.clone(), text.clone()).prop_map(|(a, b)| format!("fits(lead, {a}, {b})")),
        1 => (0..6_i64).prop_map(|most| format!("{{ let size = lead.employees; size > {most} }}")),
    ];
    let whole = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" && "))),
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" || "))),
            2 => inner.clone().prop_map(|one| format!("!({one})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(if {a} {{ {b} }} else {{ {c} }})")),
        ]
    });
    // What is asked of the names that steps give.
    let named = prop::sample::select(vec![
        "n > 5",
        "n.between(1, 250)",
        "n + 1 < n * 2",
        "is_known(t) && n > 0",
        "t.has_any([\"cto\", \"cpc\"])",
        "t == \"CTO\" || t == lead.country",
        "t.lower() == \"cto\"",
        "m.within(days(30))",
        "days_since(m) > 30",
        "m > lead.created_at",
        "days_since(m.or(date(\"2026-01-01\"))) > 3",
        "is_known(t.or(m))",
        "n",
    ]);
    let shadow = prop::sample::select(vec!["", "let n = n + 1;", "let n = t;", "let t = 5;"]);
    let steps = (number, text, moment, shadow, (whole.clone(), whole.clone()), named, 0..5);
    let steps = steps.prop_map(|(number, text, moment, shadow, (a, b), named, form)| {
        let named = match form {
            0 => named.to_owned(),
            1 => format!("if {a} {{ return {named}; }} {b}"),
            2 => format!("if {a} {{ {named} }} else {{ let n = 7; {b} && n > 5 }}"),
            3 => format!("return {named} && {a};"),
            _ => format!("{a} && {{ if {b} {{ return true; }} {named} }}"),
        };
        format!("{{ let n = {number}; let t = {text}; let m = {moment}; {shadow} {named} }}")
    });
    prop_oneof![4 => whole, 1 => steps]
}

/// A made-up question about something that happened.
fn detail_question() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => Just("i.path.starts_with(\"/pricing\")".to_owned()),
        1 => Just("i.path == \"/blog\"".to_owned()),
        1 => Just("initials(i.path.upper()) == \"/\"".to_owned()),
        1 => Just("half(i.seconds) > i.path.length()".to_owned()),
        1 => Just("i.path.lower() == \"/blog\"".to_owned()),
        2 => (0..9_i64).prop_map(|least| format!("i.seconds >= {least}")),
        1 => Just("i.seconds / i.pages > 2".to_owned()),
        1 => Just("i.kind == \"page_view\"".to_owned()),
        1 => (1..60_i64).prop_map(|days| format!("i.at.within(days({days}))")),
        1 => Just("is_known(i.form)".to_owned()),
        1 => Just("i.nested.deep == 1".to_owned()),
        1 => Just("i.list.contains(\"a\")".to_owned()),
        1 => Just("i.is_first".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

/// A made-up rule or signal, without its name.
fn entry() -> impl Strategy<Value = (&'static str, String)> {
    let category = prop::sample::select(vec!["", "\"fit\", ", "\"engagement\", "]);
    let points = || {
        prop_oneof![
            4 => (-30..60_i64).prop_map(|points| points.to_string()),
            1 => (-4.0..9.0_f64).prop_map(|points| format!("{points:.3}")),
        ]
    };
    let worth = prop_oneof![
        3 => points(),
        1 => prop::sample::select(vec![
            "|lead| lead.employees * 2",
            "|lead| lead.value / 100.0",
            "|lead| 3 * lead.count(\"page_view\", days(30))",
            "|lead| 20 * 2.5 ** (-(lead.cf.size / 14.0))",
            "|lead| min(lead.completeness, 40)",
            "|lead| if lead.employees > 100 { 5 } else { 0 }",
        ])
        .prop_map(str::to_owned),
    ];
    let with_cap = || {
        prop_oneof![
            2 => Just(String::new()),
            1 => (1..40_i64).prop_map(|most| format!(".cap({most})")),
        ]
    };
    let with_industry = || {
        prop_oneof![
            3 => Just(String::new()),
            1 => (-9..9_i64).prop_map(|own| format!(".for_industry(\"software\", {own})")),
        ]
    };
    let rule = (category.clone(), worth, question(), with_cap(), with_industry()).prop_map(
        |(category, worth, question, cap, industry)| {
            ("rule", format!("{category}{worth}, |lead| {question}){cap}{industry}"))
        },
    );
    let kind = prop::sample::select(vec!["page_view", "call", "never"]);
    let worth = prop_oneof![
        4 => points(),
        1 => prop::sample::select(vec!["|i| i.seconds", "|i| i.seconds / i.pages"])
            .prop_map(str::to_owned),
    ];
    let when = prop_oneof![
        1 => Just(String::new()),
        2 => detail_question().prop_map(|question| format!(".when(|i| {question})")),
    ];
    let fade = prop_oneof![
        1 => Just(String::new()),
        2 => (1..60_i64).prop_map(|days| format!(".half_life(days({days}))")),
        1 => (1..60_i64).prop_map(|days| format!(".linear(days({days}))")),
    ];
    let window = prop_oneof![
        2 => Just(String::new()),
        1 => (1..60_i64).prop_map(|days| format!(".within(days({days}))")),
    ];
    let signal = (category, kind, worth, when, fade, window, with_cap(), with_industry()).prop_map(
        |(category, kind, worth, when, fade, window, cap, industry)| {
            let of = format!("{category}\"{kind}\", {worth})");
            ("signal", format!("{of}{when}{fade}{window}{cap}{industry}"))
        },
    );
    prop_oneof![3 => rule, 2 => signal]
}

/// A made-up rule set.
pub(super) fn rule_set() -> impl Strategy<Value = String> {
    let applies_to = prop_oneof![
        2 => Just(String::new()),
        1 => question().prop_map(|question| format!("applies_to(|lead| {question});\n")),
    ];
    (prop::collection::vec(entry(), 1..6), 5..60_i64, -20..90_i64, applies_to).prop_map(
        |(entries, cap, bound, applies_to)| {
            let mut script = format!(
                "category(\"fit\", {cap}); category(\"engagement\", 30.5);\n\
                 priority(\"warm\", {bound}); priority(\"hot\", 95.25); priority(\"cold\", -30);\n"
            );
            script.push_str(FUNCTIONS);
            script.push_str(&applies_to);
            for (at, (what, rest)) in entries.iter().enumerate() {
                script.push_str(&format!("{what}(\"{at}\", {rest};\n"));
            }
            script
        },
    )
}

/// A lead, what happened with it, and the moment as of which it is scored.
pub(super) type Case = (Lead, Vec<Interaction>, Timestamp);

/// Leads of which anything may be known, also what nobody would let in; always the same for the same seed.
pub(super) fn crowd(leads: usize, seed: u64) -> Vec<Case> {
    let full = crate::testing::full_lead().field("budget", "0.3").field("newsletter", true);
    let full = lead(full.field("renewal", "2026-03-01").field("uses", "crm; mail"));
    let none = lead(NewLead::new().name("Kim"));
    let mut rng = StdRng::seed_from_u64(seed);
    (0..leads).map(|at| case(&mut rng, &full, &none, at)).collect()
}

pub(super) fn pick<T: Clone>(rng: &mut StdRng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())].clone()
}

fn case(rng: &mut StdRng, full: &Lead, none: &Lead, at: usize) -> Case {
    let mut one = pick(rng, &[full.clone(), none.clone()]);
    let titles = [None, Some("CTO"), Some("Head of Sales"), Some("Ünïcode CTO"), Some("")];
    let mut set = |likely: u32, change: &mut dyn FnMut(&mut StdRng, &mut Lead)| {
        if rng.random_range(0..100) < likely {
            change(rng, &mut one);
        }
    };
    set(70, &mut |rng, one| one.person.title = pick(rng, &titles).map(str::to_owned));
    set(60, &mut |rng, one| {
        let sizes = [None, Some(0), Some(7), Some(250), Some(-1), Some(i64::MAX), Some(i64::MIN)];
        one.company.employees = pick(rng, &sizes);
    });
    set(50, &mut |rng, one| {
        let industries = [None, Industry::from_id("software"), Industry::from_id("education")];
        one.company.industry = pick(rng, &industries);
    });
    set(50, &mut |rng, one| one.completeness = rng.random_range(0..=100));
    set(50, &mut |rng, one| {
        let numbers = [0.0, -0.0, 0.1, 12500.5, f64::NAN, f64::INFINITY, 1e300, 5e-324, -3.5];
        let value = FieldValue::Number(pick(rng, &numbers));
        one.custom.insert("size".parse::<FieldKey>().unwrap(), value);
    });
    set(30, &mut |rng, one| {
        let values = [
            FieldValue::Text("CTO".to_owned()),
            FieldValue::Text(String::new()),
            FieldValue::Bool(true),
            FieldValue::Choices(vec!["crm".to_owned(), "cto".to_owned()]),
            FieldValue::Number(7.0),
        ];
        let keys = ["note", "budget", "newsletter", "uses", "renewal"];
        one.custom.insert(pick(rng, &keys).parse::<FieldKey>().unwrap(), pick(rng, &values));
    });
    set(40, &mut |rng, one| {
        let tags = [vec![], vec!["vip"], vec!["press", "vip"], vec!["cto", ""]];
        one.tags = pick(rng, &tags).into_iter().map(str::to_owned).collect();
    });
    set(40, &mut |rng, one| {
        let purpose = pick(rng, &["newsletter", "calls"]).to_owned();
        let status = pick(rng, &[ConsentStatus::Granted, ConsentStatus::Withdrawn]);
        one.consents.push(Consent { purpose, status, at: now(), evidence: None });
    });
    set(40, &mut |rng, one| {
        let days = [
            "2026-03-02T09:00:00Z",
            "2025-01-01T00:00:00Z",
            "2026-02-28T10:30:00.5Z",
            "2026-03-01T23:59:60Z",
            "2031-01-01T00:00:00.000000001Z",
        ];
        one.created_at = pick(rng, &days).parse().unwrap();
    });
    set(5, &mut |rng, one| {
        one.created_at = pick(rng, &[Timestamp::MIN_UTC, Timestamp::MAX_UTC]);
    });
    let all = (0..rng.random_range(0..9)).map(|_| happening(rng, &one)).collect();
    let later = [TimeDelta::zero(), TimeDelta::days(-3), TimeDelta::days(400)];
    let as_of = match at % 40 {
        38 => Timestamp::MIN_UTC,
        39 => Timestamp::MAX_UTC,
        _ => now() + pick(rng, &later),
    };
    (one, all, as_of)
}

fn happening(rng: &mut StdRng, lead: &Lead) -> Interaction {
    let hours = pick(rng, &[-5, 0, 1, 2, 30, 71, 72, 73, 900, 2000]);
    let details = [
        json!({}),
        json!({"path": "/pricing/teams", "seconds": 4, "pages": 0}),
        json!({"path": "/Pricing", "seconds": 7.5, "pages": 2, "is_first": true}),
        json!({"path": "/blog", "seconds": i64::MAX, "is_first": "yes"}),
        json!({"path": null, "nested": {"deep": 1}, "list": ["a", 1]}),
        json!({"nested": {"deep": 2}, "list": "a", "kind": "call", "at": 5, "seconds": u64::MAX}),
        json!({"form": "", "seconds": "7", "path": 12}),
    ];
    let (kind, details) = (pick(rng, &["page_view", "call", "other"]), pick(rng, &details));
    let id = InteractionId::from_uuid(uuid::Uuid::from_u128(rng.random()));
    let suspicion = if rng.random_range(0..6) == 0 { Suspicion::Suspect } else { Suspicion::Clear };
    let one = Interaction { id, suspicion, ..happened(lead, kind, hours, details) };
    match rng.random_range(0..30) {
        0 => Interaction { at: Timestamp::MIN_UTC, ..one },
        1 => Interaction { at: now() + TimeDelta::nanoseconds(1), ..one },
        _ => one,
    }
}
