//! Scripts that test themselves.

use super::*;
use crate::{Catalog, Tenant};

fn failures(script: &str) -> Vec<(String, Option<String>)> {
    let mut catalog = Catalog::new(Tenant::default());
    let budget = FieldDefinition::new("budget", FieldType::Decimal).unwrap();
    catalog.fields.insert(budget.key.clone(), budget);
    let results = RuleSet::load(script).unwrap().test(&catalog);
    results.into_iter().map(|one| (one.name, one.failure.map(|it| it.to_string()))).collect()
}

#[test]
fn the_design_tests_itself() {
    assert_eq!(failures(SAAS), [("a free mailbox is never hot".to_owned(), None)]);
}

#[test]
fn a_test_makes_a_lead_up_with_what_happened_and_asks_for_its_card() {
    let script = r#"
category("fit", 50);
priority("warm", 20);
rule("Budget", "fit", 30, |lead| lead.cf.budget >= 1000 && lead.utm.medium == "cpc");
rule("Old", -5, |lead| days_since(lead.created_at) >= 9);
rule("Won", 1, |lead| lead.stage == "won" && lead.completeness == 70);
rule("Said yes", 2, |lead| lead.consent.newsletter == "granted");
signal("Views", "page_view", 8).when(|i| i.path == "/pricing").half_life(days(14));

let paid = #{ cf: #{ budget: 1000.5 }, utm: #{ medium: "cpc" }, days_old: 10, stage: "won", completeness: 70 };
test("all of it", paid, |r| r.score == 26.0 && r.priority == "warm" && r.category("fit") == 30);
test("views", #{ interactions: [
    #{ kind: "page_view", path: "/pricing", days_ago: 14 },
    #{ kind: "page_view", path: "/pricing", hours_ago: 24, suspect: true },
    #{ kind: "page_view", path: "/about" },
] }, |r| r.points("Views") == 4.0 && !r.fired("Budget"));
test("yes", #{ "consent.newsletter": "granted" }, |r| r.score == 2);
"#;
    let names = ["all of it", "views", "yes"].map(|name| (name.to_owned(), None));
    assert_eq!(failures(script), names);
}

#[test]
fn a_test_that_fails_says_what_came_out_instead() {
    let script = r#"
priority("hot", 10);
rule("Size", 10.5, |lead| lead.employees > 5);
rule("Ratio", 1, |lead| lead.employees / 0 > 5);
test("too much", #{ employees: 6 }, |r| r.score > 20);
test("nothing", #{}, |r| r.priority == "hot");
test("no lead", #{ employees: "many" }, |r| true);
test("no field", #{ emial: "a@b.example" }, |r| true);
test("no rule", #{ employees: 6 }, |r| r.fired("Sise"));
test("too old", #{ today: "+262142-01-01", days_old: -1000000 }, |r| true);
test("no stage", #{ stage: "nirvana" }, |r| true);
"#;
    let told: Vec<String> =
        failures(script).into_iter().map(|(_, failure)| failure.unwrap_or_default()).collect();
    assert_eq!(
        told,
        [
            "line 5, character 1: it came out as 10.50 points, \"hot\": 10.50 \"Size\"; \"Ratio\": this divides by zero",
            "line 6, character 1: it came out as 0 points, no priority: no rule fired",
            "line 7, character 1: employees: has to be a whole number, 0 or more",
            "line 8, character 1: emial: is not a field; custom fields begin with 'cf.'",
            "line 9, character 42: there is no rule 'Sise': did you mean 'Size'?",
            "line 10, character 1: days_old: is further away than there are years",
            "line 11, character 1: stage: there is no stage 'nirvana'",
        ]
    );
}
