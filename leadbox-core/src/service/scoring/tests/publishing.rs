//! Rules that come into force and go.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt;

use super::super::renew::Renewed;
use super::*;
use crate::access::{Grants, Rights};
use crate::error::Error;
use crate::event::{Actor, EventType};
use crate::field::{FieldDefinition, FieldStatus, FieldType};
use crate::lead::NewLead;
use crate::revision::Revision;
use crate::score::Points;
use crate::scoring::{RuleSetVersion, RuleSource, ScoreCause, Vocabulary};
use crate::service::RescoreState;
use crate::testing::Announced;

const SAAS: &str = r#"
    applies_to(|lead| lead.industry in ["software"]);
    rule("Is one of them", 11, |lead| true);
"#;
const ALL: &str = r#"rule("Is there", 5, |lead| true);"#;

async fn capture(sandbox: &Sandbox, industry: &str) -> LeadId {
    let mut new = NewLead::new().name("Ada");
    new.industry = Some(industry.to_owned());
    sandbox.leadbox.leads().capture(&new).await.unwrap().lead.id
}

#[tokio::test]
async fn the_first_rule_set_that_is_for_a_lead_scores_it_and_the_one_for_all_comes_last() {
    let sandbox = Sandbox::new().unwrap();
    let rules = sandbox.leadbox.rules();
    publish(&sandbox, "all", ALL).await;
    publish(&sandbox, "saas", SAAS).await;
    let book = rules.book().await.unwrap();
    assert_eq!(book.edition, 2);
    let order: Vec<&str> = book.in_force.iter().map(|one| one.set.as_str()).collect();
    assert_eq!(order, ["saas", "all"]);
    let software = capture(&sandbox, "software").await;
    let other = capture(&sandbox, "education").await;
    assert_eq!(stored(&sandbox, software).await.total, Points::whole(11));
    assert_eq!(stored(&sandbox, other).await.total, Points::whole(5));
    let why = rules.explain(software, None).await.unwrap();
    assert_eq!(why.set, Some(RuleSetVersion { set: key("saas"), version: 1 }));

    rules.save_draft(&key("more"), ALL, None).await.unwrap();
    let refused = rules.publish(&key("more"), "", None).await.unwrap_err();
    assert!(refused.to_string().contains("'all' and 'more' are both for all leads"), "{refused}");

    rules.withdraw(&key("saas")).await.unwrap();
    settle(&sandbox).await;
    assert_eq!(stored(&sandbox, software).await.total, Points::whole(5));
    assert!(matches!(rules.withdraw(&key("saas")).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_program_publishes_its_own_script_whenever_it_starts_but_once() {
    let sandbox = Sandbox::new().unwrap();
    let (rules, ours) = (sandbox.leadbox.rules(), key("ours"));
    let published = rules.publish_script(&ours, ALL, "1.0").await.unwrap().unwrap();
    assert_eq!(published.in_force, [RuleSetVersion { set: ours.clone(), version: 1 }]);
    assert_eq!(rules.publish_script(&ours, ALL, "1.0").await.unwrap(), None);

    // Somebody works on a draft meanwhile, which stays; what they publish is overridden.
    let revision = rules.save_draft(&ours, SAAS, None).await.unwrap();
    assert_eq!(rules.publish_script(&ours, ALL, "1.0").await.unwrap(), None);
    rules.publish(&ours, "", Some(revision)).await.unwrap();
    rules.save_draft(&ours, "half a rule", None).await.unwrap();
    let published = rules.publish_script(&ours, ALL, "1.0").await.unwrap().unwrap();
    assert_eq!((published.edition, published.in_force[0].version), (3, 3));
    let (_, sheet) = rules.sheet(&ours).await.unwrap().unwrap();
    assert_eq!(sheet.draft.unwrap().script, "half a rule");

    let refused = rules.publish_script(&ours, "rul(1)", "").await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "{refused}");
    assert_eq!(rules.book().await.unwrap().edition, 3);
}

#[tokio::test]
async fn two_programs_that_start_at_once_publish_a_script_once() {
    let sandbox = Sandbox::new().unwrap();
    let (rules, ours) = (sandbox.leadbox.rules(), key("ours"));
    let start = || rules.publish_script(&ours, ALL, "1.0");
    let (one, other) = tokio::join!(start(), start());
    let published = [one.unwrap(), other.unwrap()].into_iter().flatten().count();
    assert_eq!((published, rules.book().await.unwrap().edition), (1, 1));
}

#[tokio::test]
async fn publishing_scores_everything_again_and_one_step_back_is_the_version_before() {
    let sandbox = Sandbox::new().unwrap();
    let rules = sandbox.leadbox.rules();
    publish(&sandbox, "all", ALL).await;
    let mut leads = Vec::new();
    for _ in 0..30 {
        leads.push(capture(&sandbox, "software").await);
    }
    publish(&sandbox, "all", r#"rule("Is there", 50, |lead| true); priority("hot", 50);"#).await;
    for lead in &leads {
        assert_eq!(stored(&sandbox, *lead).await.total, Points::whole(50));
    }
    let progress = rules.rescore_progress().await.unwrap().unwrap();
    assert_eq!((progress.edition, progress.state), (2, RescoreState::Finished));
    assert_eq!((progress.scored, progress.moved, progress.priorities), (30, 30, 30));
    let announced = Announced::all(&sandbox.leadbox).await.unwrap();
    let scored = announced.0.iter().filter(|event| event.kind == EventType::LEAD_SCORED);
    assert_eq!(scored.clone().count(), 30);
    assert!(scored.into_iter().all(|event| event.bulk));
    let applied = announced.0.iter().filter(|event| event.kind == EventType::RULES_APPLIED);
    assert_eq!(applied.count(), 2);

    rules.put_in_force(&RuleSetVersion { set: key("all"), version: 1 }).await.unwrap();
    settle(&sandbox).await;
    let score = stored(&sandbox, leads[0]).await;
    assert_eq!((score.total, score.rule_set, score.priority), (Points::whole(5), 3, None));
    let (_, sheet) = rules.sheet(&key("all")).await.unwrap().unwrap();
    assert_eq!((sheet.newest(), sheet.draft), (2, None));
    let unknown = RuleSetVersion { set: key("all"), version: 9 };
    assert!(matches!(rules.put_in_force(&unknown).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn leads_that_another_worker_scored_first_are_counted_by_that_one() {
    let (sandbox, ids) = meddled_with();
    let mut leads = Vec::new();
    for _ in 0..3 {
        leads.push(capture(&sandbox, "software").await);
    }
    let rules = sandbox.leadbox.rules();
    let script = r#"rule("Is there", 50, |lead| true); priority("hot", 50);"#;
    rules.save_draft(&key("all"), script, None).await.unwrap();
    rules.publish(&key("all"), "", None).await.unwrap();

    let (other, same) = (sandbox.leadbox.clone(), leads.clone());
    let by_other = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&by_other);
    ids.meddle(move || {
        let renewed = other.renew(&same, ScoreCause::Rules).now_or_never().unwrap();
        *noted.lock().unwrap() = Some(renewed.unwrap());
        false
    });
    let by_one = sandbox.leadbox.renew(&leads, ScoreCause::Rules).await.unwrap();
    let by_other = by_other.lock().unwrap().unwrap();
    assert_eq!(by_one, Renewed::default());
    assert_eq!(by_other, Renewed { scored: 3, moved: 3, priorities: 3 });
}

#[tokio::test]
async fn a_draft_keeps_its_mistakes_and_is_not_published_with_them() {
    let sandbox = Sandbox::new().unwrap();
    let rules = sandbox.leadbox.rules();
    let wrong = "rule(\"Has a phone\", 5, |lead| is_known(lead.phon));";
    let first = rules.save_draft(&key("ours"), wrong, Some(Revision(0))).await.unwrap();
    let stale = rules.save_draft(&key("ours"), ALL, Some(Revision(0))).await;
    assert!(matches!(stale, Err(Error::Stale { .. })));
    let refused = rules.publish(&key("ours"), "", None).await.unwrap_err().to_string();
    assert!(refused.contains("script: line 1") && refused.contains("phone"), "{refused}");
    let failing = format!("{ALL} test(\"nobody\", #{{}}, |card| card.score == 6);");
    rules.save_draft(&key("ours"), &failing, Some(first)).await.unwrap();
    let refused = rules.publish(&key("ours"), "", None).await.unwrap_err().to_string();
    assert!(refused.contains("the test 'nobody' fails"), "{refused}");
    assert_eq!(rules.book().await.unwrap().edition, 0);
    rules.drop_draft(&key("ours")).await.unwrap();
    assert!(rules.sheets().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_published_names_fields_that_there_are_and_stays_in_force_when_they_go() {
    let sandbox = Sandbox::new().unwrap();
    let (rules, script) =
        (sandbox.leadbox.rules(), "rule(\"Large\", 5, |lead| lead.cf.budget > 5);");
    assert_eq!(rules.check(script).await.unwrap().mistakes.len(), 1);
    rules.save_draft(&key("ours"), script, None).await.unwrap();
    assert!(rules.publish(&key("ours"), "", None).await.is_err());
    let field = FieldDefinition::new("budget", FieldType::Number).unwrap();
    sandbox.leadbox.definitions().define_field(&field).await.unwrap();
    assert_eq!(rules.check(script).await.unwrap().mistakes, []);
    rules.publish(&key("ours"), "", None).await.unwrap();
    sandbox
        .leadbox
        .definitions()
        .set_field_status(&field.key, FieldStatus::Archived)
        .await
        .unwrap();
    assert_eq!(rules.check(script).await.unwrap().mistakes, []);
}

#[tokio::test]
async fn files_go_along_with_a_script_and_stay_as_they_were_published() {
    let sandbox = Sandbox::new().unwrap();
    let rules = sandbox.leadbox.rules();
    let script =
        "import \"lists\" as lists;\nrule(\"Near\", 5, |lead| lead.industry in lists::near);";
    let source = RuleSource::from(script).with("lists", "export const near = [\"software\"];");
    let first = rules.save_draft(&key("ours"), source.clone(), None).await.unwrap();
    assert_eq!(rules.save_draft(&key("ours"), source.clone(), None).await.unwrap(), first);
    rules.publish(&key("ours"), "", None).await.unwrap();
    // The draft's files are its own.
    rules.save_draft(&key("ours"), source.clone().with("lists", ""), None).await.unwrap();
    assert_eq!(rules.check(source.clone().with("lists", "")).await.unwrap().mistakes.len(), 1);
    let kept = RuleSetVersion { set: key("ours"), version: 1 };
    assert_eq!(rules.version(&kept).await.unwrap().unwrap().source(), source);
    let near = capture(&sandbox, "software").await;
    assert_eq!(stored(&sandbox, near).await.total, Points::whole(5));
    let outside = source.with("../lists", "");
    let refused = rules.save_draft(&key("ours"), outside, None).await.unwrap_err().to_string();
    assert!(refused.contains("files: '../lists' cannot be imported"), "{refused}");
}

#[tokio::test]
async fn the_scoring_of_all_leads_can_wait_and_goes_on_where_it_was() {
    let sandbox = Sandbox::new().unwrap();
    let rules = sandbox.leadbox.rules();
    for _ in 0..20 {
        capture(&sandbox, "software").await;
    }
    rules.save_draft(&key("all"), ALL, None).await.unwrap();
    rules.publish(&key("all"), "", None).await.unwrap();
    rules.pause_rescore().await.unwrap();
    settle(&sandbox).await;
    let waiting = rules.rescore_progress().await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.scored), (RescoreState::Paused, 0));
    // Whatever changes meanwhile is scored by the new rules.
    let new = capture(&sandbox, "software").await;
    assert_eq!(stored(&sandbox, new).await.total, Points::whole(5));
    rules.resume_rescore().await.unwrap();
    settle(&sandbox).await;
    let done = rules.rescore_progress().await.unwrap().unwrap();
    assert_eq!((done.state, done.scored, done.leads), (RescoreState::Finished, 20, Some(20)));
}

#[tokio::test]
async fn rules_are_for_those_who_may_manage_them() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "all", ALL).await;
    let nobody =
        sandbox.leadbox.with_rights(Actor::host(), Rights::granted(None, [], Grants::default()));
    let (rules, ours) = (nobody.rules(), key("all"));
    assert!(matches!(rules.sheets().await, Err(Error::Denied(_))));
    assert!(matches!(rules.save_draft(&ours, ALL, None).await, Err(Error::Denied(_))));
    assert!(matches!(rules.publish(&ours, "", None).await, Err(Error::Denied(_))));
    assert!(matches!(rules.withdraw(&ours).await, Err(Error::Denied(_))));
    assert!(matches!(rules.rescore_all().await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn a_hosts_own_functions_are_in_force_where_they_are_and_where_not_scores_stay() {
    let storage = Arc::new(MemoryStorage::new());
    let add = |added: Vocabulary| added.function("is_dear", |name: String| name == "software");
    let vocabulary = add(Vocabulary::default()).unwrap();
    let with = LeadBox::builder(storage.clone()).vocabulary(vocabulary).build().unwrap();
    let script = "rule(\"Dear\", 5, |lead| is_dear(lead.industry));";
    let words = with.rules().words().await.unwrap();
    assert!(words.iter().any(|word| word.written == "is_dear(a text)"));
    assert_eq!(with.rules().check(script).await.unwrap().mistakes, []);
    with.rules().save_draft(&key("ours"), script, None).await.unwrap();
    with.rules().publish(&key("ours"), "", None).await.unwrap();
    let new = NewLead::new().name("Ada").industry("software");
    let ada = with.leads().capture(&new).await.unwrap().lead;
    let total =
        async |leadbox: &LeadBox| leadbox.leads().lead(ada.id).await.unwrap().unwrap().score.total;
    assert_eq!(total(&with).await, Points::whole(5));
    let without = LeadBox::builder(storage).build().unwrap();
    assert_eq!(without.rules().check(script).await.unwrap().mistakes.len(), 1);
    without.leads().capture(&new.name("Kim")).await.unwrap();
    assert_eq!(total(&without).await, Points::whole(5));
}
