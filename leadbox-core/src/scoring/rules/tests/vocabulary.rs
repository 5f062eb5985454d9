//! Every word that a condition can use, on a lead of which much is known and one of which nothing is.

use super::*;

/// Whether a condition holds; what went wrong with it otherwise.
fn holds(condition: &str, lead: &Lead, interactions: &[Interaction]) -> Result<bool, String> {
    let script = format!("rule(\"it\", 1, |lead| {condition});");
    if let Err(wrong) = RuleSet::load(&script) {
        return Err(wrong.mistakes[0].message.clone());
    }
    let card = card(&script, lead, interactions);
    match card.faults.first() {
        Some(fault) => Err(fault.message.clone()),
        None => Ok(card.fired("it")),
    }
}

fn known() -> Lead {
    let mut new = crate::testing::full_lead();
    new = new.field("budget", "12500.50").field("newsletter", true).field("renewal", "2026-06-30");
    lead(new.field("uses", "crm; mail"))
}

#[test]
fn conditions_about_a_lead_hold_as_they_read() {
    let ada = known();
    let visits = [
        happened(&ada, "page_view", 2, serde_json::json!({})),
        happened(&ada, "page_view", 24 * 40, serde_json::json!({})),
    ];
    for (condition, expected) in [
        ("lead.email_domain == \"analytical.example\"", true),
        ("lead.email_kind == \"business\"", true),
        ("lead.is_role_address", false),
        ("lead.title == \"CTO\"", true),
        ("lead.title.equals(\"cto\")", true),
        ("lead.title.has_any(\"cto\")", true),
        ("lead.company.starts_with(\"analytical\")", true),
        ("lead.company.ends_with([\"GmbH\", \"engines\"])", true),
        ("lead.company.contains(\"TICAL\")", true),
        ("\"tical\" in lead.company", true),
        ("lead.company.upper() == \"ANALYTICAL ENGINES\"", true),
        ("lead.title.length() == 3", true),
        ("lead.country in [\"DE\", \"AT\", \"CH\"]", true),
        ("!(lead.country in [\"AT\"])", true),
        ("lead.tags.has_any([\"VIP\", \"press\"])", true),
        ("\"vip\" in lead.tags", true),
        ("lead.employees == 250 && lead.employees.between(250, 250)", true),
        ("lead.employees in 1..250", false),
        ("lead.employees in 1..=250", true),
        ("lead.value > 1250 && lead.value < 1250.75 && lead.currency == \"EUR\"", true),
        ("lead.value.between(1000, 2000.5)", true),
        ("lead.value.round() == 1251.0 || lead.value.floor() == 1250.0", true),
        ("lead.utm.medium == \"cpc\"", true),
        ("lead.cf.budget >= 12500.5", true),
        ("lead.cf.newsletter", true),
        ("lead.cf.newsletter && !lead.is_role_address", true),
        ("lead.cf.uses.has_any([\"mail\"])", true),
        ("lead.cf.renewal > date(\"2026-06-01\")", true),
        ("lead.cf.renewal.between(date(\"2026-06-30\"), date(\"2026-07-01\"))", true),
        ("days_since(lead.cf.renewal) < 0", true),
        ("lead.stage == \"qualified\" && lead.stage_kind == \"open\"", true),
        ("days_since(lead.created_at) == 0", true),
        ("lead.created_at.within(days(1))", true),
        ("lead.count(\"page_view\") == 2", true),
        ("lead.count(\"page_view\", days(30)) == 1", true),
        ("lead.count(\"page_view\", weeks(6)) == 2", true),
        ("hours_since(lead.last(\"page_view\")) == 2", true),
        ("days_since(lead.last_interaction) == 0", true),
        ("max(lead.employees, 300) == 300 && min(lead.employees, 300) == 250", true),
        ("lead.employees.or(1) == 250", true),
        ("is_known(lead.phone) && lead.phone.is_known()", true),
        ("if lead.employees > 100 { true } else { false }", true),
        ("switch lead.country { \"DE\" => true, _ => false }", true),
        ("(lead.employees - 300).abs() == 50", true),
        ("{ let size = lead.employees; size > 100 && size < 300 }", true),
    ] {
        assert_eq!(holds(condition, &ada, &visits), Ok(expected), "{condition}");
    }
}

#[test]
fn what_is_not_known_is_no_error_and_passes_no_test() {
    let nobody = lead(NewLead::new().name("Kim"));
    for condition in [
        "lead.employees == 5",
        "lead.employees != 5",
        "5 != lead.employees",
        "lead.title != \"CTO\"",
        "lead.employees == lead.value",
        "lead.employees != lead.value",
        "lead.employees < 5",
        "5 < lead.employees",
        "lead.employees * 2 + 1 > 3",
        "-lead.employees < 0",
        "lead.employees in [1, 2]",
        "lead.employees in 1..5",
        "lead.employees.between(1, 5)",
        "7.between(lead.employees, 9)",
        "lead.title.has_any([\"cto\"])",
        "lead.title.starts_with(\"c\")",
        "lead.title.contains(\"c\")",
        "\"c\" in lead.title",
        "lead.title.lower() == \"cto\"",
        "lead.title.length() >= 0",
        "lead.value.round() == 0",
        "max(lead.employees, 3) == 3",
        "lead.cf.budget > 0",
        "lead.cf.newsletter",
        "!lead.cf.newsletter",
        "lead.cf.newsletter && true",
        "lead.cf.newsletter || true",
        "if lead.cf.newsletter { true } else { true }",
        "days_since(lead.last(\"page_view\")) > 3",
        "lead.last_interaction.within(days(3))",
        "lead.utm.source == \"x\"",
        "lead.consent.newsletter == \"granted\"",
        "lead.cf.renewal > date(\"2026-06-01\")",
        "lead.phone.is_known()",
    ] {
        assert_eq!(holds(condition, &nobody, &[]), Ok(false), "{condition}");
    }
    for condition in
        ["lead.employees.or(9) == 9", "!is_known(lead.title)", "!(lead.title == \"x\")"]
    {
        assert_eq!(holds(condition, &nobody, &[]), Ok(true), "{condition}");
    }
    let bare = card("rule(\"it\", 1, |lead| lead.cf.newsletter && true);", &nobody, &[]);
    assert_eq!(bare.silent[0].why, Silence::NotKnown(vec!["cf.newsletter".to_owned()]));
}

#[test]
fn points_can_be_told_by_the_lead_and_lists_have_names() {
    let script = r#"
        let near = ["DE", "AT", "CH"];
        const MANY = 200;
        let month = days(30);
        rule("Near", 5, |lead| lead.country in near);
        rule("Size", |lead| lead.employees / 100.0, |lead| lead.employees > MANY).cap(2);
        rule("Budget", |lead| lead.cf.budget / 1000, |lead| true);
        rule("New", 1, |lead| lead.created_at.within(month));
        signal("Seats asked for", "form_submit", |i| i.seats * 2).cap(10);
    "#;
    let mut ada = known();
    ada.company.employees = Some(250);
    let form = |seats| happened(&ada, "form_submit", 1, serde_json::json!({"seats": seats}));
    let scored = card(script, &ada, &[form(3)]);
    let points: Vec<i64> = scored.lines.iter().map(|line| line.points.0).collect();
    assert_eq!((points, scored.faults), (vec![500, 200, 1250, 100, 600], Vec::new()));
    assert_eq!(scored.lines[1].uncapped, Points(250));
    let nobody = lead(NewLead::new().name("Kim"));
    let silent = card(script, &nobody, &[]);
    assert_eq!(silent.total, Points::whole(1));
    assert_eq!(silent.silent[2].why, Silence::NotKnown(vec!["cf.budget".to_owned()]));
}

#[test]
fn a_script_may_have_functions_of_its_own() {
    let script =
        "fn is_big(size) { size >= 200 }\nrule(\"Big\", 5, |lead| is_big(lead.employees));";
    assert_eq!(card(script, &known(), &[]).total, Points::whole(5));
    assert_eq!(card(script, &lead(NewLead::new().name("Kim")), &[]).total, Points(0));
}

#[test]
fn what_cannot_be_asked_says_so_in_plain_words() {
    let ada = known();
    for (condition, expected) in [
        ("lead.emial == \"x\"", "a lead has no field 'emial': did you mean 'email'?"),
        ("lead.utm.sorce == \"x\"", "lead.utm has no 'sorce': did you mean 'source'?"),
        (
            "lead.employees.has_any(\"x\")",
            "`has_any` holds texts against texts: put them in quotes",
        ),
        (
            "lead.title && lead.email",
            "this has to be yes or no, and it is a text: compare it with something, or ask is_known(...) of it",
        ),
        ("lead.title.between(1, 2)", "`between` needs three numbers, or three moments"),
        ("lead.title - 5 > 0", "`-` cannot be used between a text and a whole number"),
        ("lead.title.hasany(\"x\")", "there is no 'hasany': did you mean 'has_any'?"),
        (
            "days_since(date(\"2026-01-01\")) > 3",
            "how long ago something was can be asked of what a lead has, such as lead.created_at",
        ),
        ("lead.created_at > date(\"soon\")", "'soon' is not a day such as \"2026-03-31\""),
        ("lead.created_at.within(5)", "`within` cannot be used with a moment and a whole number"),
        (
            "lead.created_at.within(days(-5))",
            "a stretch of time is longer than nothing and shorter than a century",
        ),
        ("9223372036854775807 + lead.employees > 0", "this number gets too large"),
    ] {
        assert_eq!(holds(condition, &ada, &[]), Err(expected.to_owned()), "{condition}");
    }
}

#[cfg(feature = "compiled")]
#[test]
fn what_a_word_gives_is_what_scripts_are_checked_against() {
    use crate::scoring::WORDS;
    use crate::scoring::rules::kind::Kind;

    for word in WORDS {
        let of = match word.name.strip_prefix("lead.") {
            Some("cf" | "consent") => continue,
            Some(field) => Kind::of_field(field),
            None => Kind::of_word(&word.name),
        };
        let (_, gives) = word.signature.split_once(" -> ").unwrap_or(("", &word.signature));
        let told: &[&str] = match of {
            Kind::YesOrNo => &["bool"],
            Kind::Text => &["String"],
            // What counts is whole, what weighs is not.
            Kind::Number => &["int", "float", "?"],
            Kind::Stretch => &["Stretch"],
            Kind::Moment => &["Moment"],
            Kind::List => &["Array"],
            _ => &["?", "()", "Rule", "Signal"],
        };
        // These two say something of a moment or a result as well as of a rule set or a signal.
        let is_twofold = matches!(&*word.name, "within" | "category");
        assert!(is_twofold || told.contains(&gives), "{} {of:?}", word.name);
    }
}
