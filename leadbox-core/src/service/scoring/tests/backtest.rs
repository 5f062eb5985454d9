//! Rules held against what became of leads.

use chrono::TimeDelta;

use super::*;
use crate::error::Error;
use crate::lead::{LeadPatch, NewLead};
use crate::score::Points;
use crate::scoring::ScoreCard;
use crate::service::{Backtest, BacktestPlan, Candidate, NewInteraction, WhatIf};

/// Who leads are tells nothing of what became of them.
const BLIND: &str = r#"
    rule("Is there", 1, |lead| true);
    rule("Has an even name", 10, |lead| lead.name.ends_with("0") || lead.name.ends_with("2"));
    priority("hot", 10);
"#;
/// Leads that came to the prices within a week were won more often.
const SEEING: &str = r#"
    rule("Is there", 1, |lead| true);
    rule("Decision maker", 10, |lead| lead.title.has_any(["cto"]));
    signal("Saw the prices", "page_view", 8).half_life(days(14)).cap(24);
    priority("hot", 15);
"#;
/// What only happens once a lead is won.
const LATE: &str = r#"
    signal("Signed", "contract_signed", 100);
    rule("Is a customer", 100, |lead| "customer" in lead.tags);
    rule("Is won", 100, |lead| lead.stage == "won");
"#;

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A year in which leads come, look at prices, and are won or lost. `hint` says how much of the outcome can be known beforehand, in
/// hundredths.
async fn year(sandbox: &Sandbox, hint: u64) -> Vec<LeadId> {
    let (leads, mut dice, mut all) = (sandbox.leadbox.leads(), Dice(11), Vec::new());
    let begin = sandbox.leadbox.now();
    for at in 0..160_i64 {
        sandbox.clock.set(begin + TimeDelta::days(2 * at));
        let (is_cto, looks) = (dice.roll(3) == 0, dice.roll(4));
        let new = NewLead::new().name(format!("Lead {at}"));
        let new = if is_cto { new.title("CTO") } else { new.title("Clerk") };
        let lead = leads.capture(&new).await.unwrap().lead.id;
        for look in 0..looks {
            sandbox.clock.advance(TimeDelta::hours(5 + i64::try_from(look).unwrap()));
            leads.record_interaction(lead, &NewInteraction::new("page_view")).await.unwrap();
        }
        let promise = u64::from(is_cto) * 2 + looks;
        let won = if dice.roll(100) < hint { promise >= 3 } else { dice.roll(2) == 0 };
        // One in eight is decided within the week.
        let days = if dice.roll(8) == 0 { 3 } else { 10 };
        sandbox.clock.advance(TimeDelta::days(days));
        leads.advance(lead, if won { "won" } else { "lost" }).await.unwrap();
        all.push(lead);
        if won {
            sandbox.clock.advance(TimeDelta::hours(1));
            let signed = NewInteraction::new("contract_signed");
            leads.record_interaction(lead, &signed).await.unwrap();
            let seen =
                NewInteraction::new("page_view").at(sandbox.leadbox.now() - TimeDelta::days(9));
            leads.record_interaction(lead, &seen).await.unwrap();
            let patch = LeadPatch::new().set("tags", serde_json::json!(["customer"]));
            leads.update(lead, &patch, None).await.unwrap();
        }
    }
    all
}

fn script(script: &str) -> Candidate {
    Candidate::Script(key("ours"), script.into())
}

async fn backtest(sandbox: &Sandbox, by: &str) -> Backtest {
    sandbox.leadbox.rules().backtest(&BacktestPlan::new(script(by))).await.unwrap()
}

#[tokio::test]
async fn rules_that_see_what_matters_rank_better_than_those_that_do_not() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", BLIND).await;
    year(&sandbox, 80).await;
    let tried = backtest(&sandbox, SEEING).await;
    let blind = tried.in_force.as_ref().unwrap().auc.unwrap();
    assert!(blind.low < 0.5 && 0.5 < blind.high, "{blind:?}");
    let seeing = tried.tried.auc.unwrap();
    assert!(seeing.low > 0.7, "{seeing:?}");
    assert!(tried.gain.unwrap().low > 0.1, "{:?}", tried.gain);
    assert!(tried.tried.lift.unwrap().value > 1.5);
    assert_eq!(tried.looked_at, 160);
    assert_eq!(tried.looked_at, tried.decided_before + tried.tried.won + tried.tried.lost);
    assert!((10..40).contains(&tried.decided_before), "{}", tried.decided_before);
    let shifted: u64 = tried.shifts.iter().map(|shift| shift.won + shift.lost).sum();
    assert!(shifted > 40 && tried.moved.len() == 20);
    let most = &tried.moved[0].moved;
    assert!(!most.why.is_empty() && most.after.0 - most.before.0 >= 2_000, "{most:?}");

    // What is in force against itself.
    let same =
        sandbox.leadbox.rules().backtest(&BacktestPlan::new(Candidate::InForce)).await.unwrap();
    assert_eq!(same.in_force.as_ref(), Some(&same.tried));
    assert_eq!((same.shifts.len(), same.moved.len(), same.gain.unwrap().value), (0, 0, 0.0));
}

#[tokio::test]
async fn what_came_after_the_outcome_changes_no_figure() {
    let sandbox = Sandbox::new().unwrap();
    year(&sandbox, 80).await;
    let honest = backtest(&sandbox, SEEING).await;
    let planted = backtest(&sandbox, &format!("{SEEING}\n{LATE}")).await;
    assert_eq!((planted.tried, planted.in_force), (honest.tried, None));
    // By what is known today the same rules would seem to know everything.
    let plan = BacktestPlan { after: TimeDelta::days(9), ..BacktestPlan::new(script(LATE)) };
    let blind = sandbox.leadbox.rules().backtest(&plan).await.unwrap();
    assert_eq!(blind.tried.auc.unwrap().value, 0.5);
}

#[tokio::test]
async fn outcomes_that_nobody_could_know_are_not_known() {
    let sandbox = Sandbox::new().unwrap();
    year(&sandbox, 0).await;
    let auc = backtest(&sandbox, SEEING).await.tried.auc.unwrap();
    assert!(auc.low < 0.5 && 0.5 < auc.high, "{auc:?}");
}

#[tokio::test]
async fn no_score_up_to_a_moment_depends_on_what_was_told_later() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", &format!("{SEEING}\n{LATE}")).await;
    let leads = year(&sandbox, 80).await;
    let rules = sandbox.leadbox.rules();
    let at = sandbox.leadbox.now();
    let mut then: Vec<ScoreCard> = Vec::new();
    for lead in &leads {
        then.push(rules.explain(*lead, None).await.unwrap().card);
    }
    // Everything goes on, with the same leads.
    sandbox.clock.advance(TimeDelta::days(1));
    for (place, lead) in leads.iter().enumerate() {
        let host = sandbox.leadbox.leads();
        let late = NewInteraction::new("page_view").at(at - TimeDelta::days(2));
        host.record_interaction(*lead, &late).await.unwrap();
        host.advance(*lead, ["new", "won", "lost"][place % 3]).await.unwrap();
        let patch = LeadPatch::new().set("title", "CTO").set("name", "Another 2");
        host.update(*lead, &patch, None).await.unwrap();
    }
    for (lead, then) in leads.iter().zip(&then) {
        assert_eq!(rules.explain(*lead, Some(at)).await.unwrap().card, *then);
    }
}

#[tokio::test]
async fn a_plan_has_bounds_and_its_rules_have_to_be_sound() {
    let sandbox = Sandbox::new().unwrap();
    year(&sandbox, 80).await;
    let rules = sandbox.leadbox.rules();
    let plan = BacktestPlan { most: 10, ..BacktestPlan::new(script(SEEING)) };
    let few = rules.backtest(&plan).await.unwrap();
    assert_eq!((few.looked_at, few.has_more), (10, true));
    let wrong = [
        BacktestPlan { most: 0, ..plan.clone() },
        BacktestPlan { most: BacktestPlan::MOST + 1, ..plan.clone() },
        BacktestPlan { after: TimeDelta::seconds(-1), ..plan.clone() },
        BacktestPlan { by: script("rule(\"Nothing\""), ..plan.clone() },
    ];
    for plan in wrong {
        assert!(matches!(rules.backtest(&plan).await, Err(Error::Invalid(_))), "{plan:?}");
    }
    let unknown = BacktestPlan { by: Candidate::Draft(key("nobodys")), ..plan };
    assert!(matches!(rules.backtest(&unknown).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_a_lead_would_be_worth_is_told_and_nothing_is_written() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", SEEING).await;
    let leads = sandbox.leadbox.leads();
    let lead = leads.capture(&NewLead::new().name("Ada").title("Clerk")).await.unwrap().lead.id;
    let before = leads.lead(lead).await.unwrap();
    let rules = sandbox.leadbox.rules();
    let what_if = WhatIf {
        patch: LeadPatch::new().set("title", "CTO"),
        happened: vec![NewInteraction::new("page_view"), NewInteraction::new("page_view")],
        ..WhatIf::default()
    };
    let supposed = rules.what_if(lead, &what_if).await.unwrap();
    assert_eq!(supposed.before.card.total, Points::whole(1));
    assert_eq!(supposed.after.card.total, Points::whole(1 + 10 + 16));
    assert_eq!(supposed.after.card.priority.as_deref(), Some("hot"));
    let by_others = WhatIf { by: script(BLIND), ..WhatIf::default() };
    let supposed = rules.what_if(lead, &by_others).await.unwrap();
    assert!(supposed.after.card.fired("Is there") && !supposed.after.card.fired("Decision maker"));
    let alone = WhatIf { by: Candidate::Alone(BLIND.into()), ..WhatIf::default() };
    assert_eq!(rules.what_if(lead, &alone).await.unwrap().after.card.total, Points::whole(1));
    let wrong = WhatIf {
        patch: LeadPatch::new().set("employees", "many"),
        happened: vec![NewInteraction::new("Page View")],
        ..WhatIf::default()
    };
    let Err(Error::Invalid(invalid)) = rules.what_if(lead, &wrong).await else { panic!() };
    let fields: Vec<&str> = invalid.issues.iter().map(|issue| issue.field.as_str()).collect();
    assert_eq!(fields, ["patch.set.employees", "happened.0.kind"]);
    assert_eq!(leads.lead(lead).await.unwrap(), before);
}
