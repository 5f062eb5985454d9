//! Scripts as authors write them, held against what they mean. Owns the leads and the days that the cases share.

mod added;
#[cfg(feature = "compiled")]
mod definitions;
#[cfg(feature = "compiled")]
mod executors;
mod files;
#[cfg(feature = "compiled")]
mod fuzz;
mod limits;
#[cfg(feature = "compiled")]
mod made_up;
#[cfg(feature = "compiled")]
mod mistakes;
mod over_time;
mod steps;
mod trials;
mod vocabulary;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::RuleSet;
use crate::scoring::{ScoreCard, Scorer, Silence, Subject};
use crate::testing::Sandbox;
use crate::{
    FieldDefinition, FieldType, Interaction, InteractionId, InteractionKind, Judge, Lead, NewLead,
    Points, Stage, StageKind, Suspicion, Timestamp,
};

/// The script of the design, whole.
const SAAS: &str = r#"
ruleset("B2B SaaS");
applies_to(|lead| lead.industry in ["software", "saas"]);

category("fit", 60);  category("engagement", 40);
priority("hot", 75);  priority("warm", 40);

rule("Complete record",  "fit",  10, |lead| lead.completeness >= 80);
rule("Business e-mail",  "fit",  15, |lead| lead.email_kind == "business");
rule("Free mailbox",     "fit", -10, |lead| lead.email_kind == "free");
rule("Decision maker",   "fit",  20, |lead| lead.title.has_any(["cto", "vp", "head of"]));
rule("Mid-size company", "fit",  15, |lead| lead.employees.between(250, 1000)).for_industry("education", 5);

signal("Visited pricing",  "engagement", "page_view",  8).when(|i| i.path.starts_with("/pricing"))
    .half_life(days(14)).cap(24);
signal("Opened an e-mail", "engagement", "email_open", 1).within(days(30)).cap(5);

test("a free mailbox is never hot", #{ email: "kim@gmail.com", employees: 5000 },
    |r| r.priority != "hot" && r.fired("Free mailbox"));
"#;

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// A lead as it is captured.
fn lead(new: NewLead) -> Lead {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let leadbox = Sandbox::new().unwrap().leadbox;
        for (key, kind) in [
            ("budget", FieldType::Decimal),
            ("newsletter", FieldType::Bool),
            ("renewal", FieldType::Date),
            ("uses", FieldType::MultiChoice(vec!["crm".to_owned(), "mail".to_owned()])),
        ] {
            let field = FieldDefinition::new(key, kind).unwrap();
            leadbox.definitions().define_field(&field).await.unwrap();
        }
        leadbox.leads().capture(&new).await.unwrap().lead
    })
}

/// Something that happened so many hours ago.
fn happened(lead: &Lead, kind: &str, hours_ago: i64, details: Value) -> Interaction {
    let at = now() - TimeDelta::hours(hours_ago);
    let Value::Object(props) = details else {
        return happened(lead, kind, hours_ago, Map::new().into());
    };
    Interaction {
        id: InteractionId::from_uuid(uuid::Uuid::from_u128(hours_ago.unsigned_abs().into())),
        tenant: lead.tenant,
        lead: lead.id,
        kind: InteractionKind::parse(kind).unwrap(),
        at,
        received_at: at,
        key: None,
        suspicion: Suspicion::Clear,
        judge: Judge::default(),
        reason: None,
        props,
    }
}

fn card_at(script: &str, lead: &Lead, interactions: &[Interaction], as_of: Timestamp) -> ScoreCard {
    let rules = RuleSet::load(script).unwrap();
    let stage = stage();
    rules.score(&Subject { lead, stage: Some(&stage), interactions, as_of })
}

fn card(script: &str, lead: &Lead, interactions: &[Interaction]) -> ScoreCard {
    card_at(script, lead, interactions, now())
}

fn stage() -> Stage {
    Stage {
        id: crate::StageId::from_uuid(uuid::Uuid::nil()),
        key: "qualified".to_owned(),
        name: "Qualified".to_owned(),
        kind: StageKind::Open,
    }
}

#[test]
fn the_script_of_the_design_scores_with_reasons() {
    let new = NewLead {
        name: Some("Ada Byron".to_owned()),
        email: Some("ada@analytical.example".to_owned()),
        title: Some("Co-Founder & CTO".to_owned()),
        industry: Some("SaaS".to_owned()),
        ..NewLead::default()
    };
    let ada = lead(new);
    let visits = [
        happened(&ada, "page_view", 0, serde_json::json!({"path": "/pricing/teams"})),
        happened(&ada, "page_view", 14 * 24, serde_json::json!({"path": "/pricing"})),
        happened(&ada, "page_view", 28 * 24, serde_json::json!({"path": "/blog"})),
        happened(&ada, "email_open", 31 * 24, serde_json::json!({})),
        Interaction {
            suspicion: Suspicion::Suspect,
            ..happened(&ada, "email_open", 1, serde_json::json!({}))
        },
    ];
    let rules = RuleSet::load(SAAS).unwrap();
    let subject = Subject { lead: &ada, stage: None, interactions: &visits, as_of: now() };
    assert_eq!((rules.name(), rules.applies_to(&subject)), ("B2B SaaS", Ok(true)));
    let card = rules.score(&subject);
    let lines: Vec<_> = card
        .lines
        .iter()
        .map(|line| (line.rule.as_str(), line.points, line.interactions))
        .collect();
    let whole = Points::whole;
    assert_eq!(
        lines,
        [
            ("Business e-mail", whole(15), 0),
            ("Decision maker", whole(20), 0),
            ("Visited pricing", whole(12), 2),
        ]
    );
    assert_eq!((card.total, card.priority.as_deref()), (whole(47), Some("warm")));
    let silent: Vec<_> = card.silent.iter().map(|one| (one.rule.as_str(), &one.why)).collect();
    assert_eq!(
        silent,
        [
            ("Complete record", &Silence::NotSo),
            ("Free mailbox", &Silence::NotSo),
            ("Mid-size company", &Silence::NotKnown(vec!["employees".to_owned()])),
            ("Opened an e-mail", &Silence::Nothing),
        ]
    );
    assert_eq!((card.missing, card.faults), (vec!["employees".to_owned()], Vec::new()));
    let next = card.next_change_at.unwrap();
    assert!(next > now() && next < now() + TimeDelta::days(3), "a point has faded by then: {next}");
}

#[test]
fn an_industry_has_its_own_worth_and_a_set_is_for_those_it_names() {
    let school = lead(NewLead::new().name("Kim").industry("education"));
    let with = |employees| Lead {
        company: crate::Company { employees: Some(employees), ..school.company.clone() },
        ..school.clone()
    };
    assert_eq!(card(SAAS, &with(250), &[]).total, Points::whole(5));
    assert_eq!(card(SAAS, &with(249), &[]).total, Points(0));
    let rules = RuleSet::load(SAAS).unwrap();
    let subject = |lead| Subject { lead, stage: None, interactions: &[], as_of: now() };
    assert_eq!(rules.applies_to(&subject(&school)), Ok(false));
    let nobody = lead(NewLead::new().name("Kim"));
    assert_eq!(rules.applies_to(&subject(&nobody)), Ok(false), "what is not known is not so");
}

#[test]
fn a_rule_that_goes_wrong_is_worth_nothing_and_stops_no_other() {
    let script = "rule(\"Ratio\", 5, |lead| lead.employees / 0 > 3);\n\
                  rule(\"Known\", 5, |lead| is_known(lead.name));\n\
                  rule(\"Not yes or no\", 5, |lead| lead.cf.budget);";
    let mut kim = lead(NewLead::new().name("Kim").field("budget", "5"));
    kim.company.employees = Some(4);
    let card = card(script, &kim, &[]);
    assert_eq!(card.total, Points::whole(5));
    let faults: Vec<_> = card
        .faults
        .iter()
        .map(|fault| (fault.rule.as_str(), fault.line, fault.message.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            ("Ratio", Some(1), "this divides by zero"),
            (
                "Not yes or no",
                Some(3),
                "the condition has to be yes or no, such as lead.employees > 100"
            ),
        ]
    );
    assert!(card.silent.iter().all(|one| one.why == Silence::Faulty));
}
