//! Scores that go along with what changes a lead.

use std::sync::Arc;

use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;
use crate::event::EventType;
use crate::interaction::Suspicion;
use crate::lead::{LeadPatch, MergeChoice, NewLead};
use crate::page::PageRequest;
use crate::score::{Freshness, Points};
use crate::scoring::{Line, ScoreCard, ScoreCause, Scorer, Subject};
use crate::service::{BulkAction, LeadBox, NewInteraction, Operation, Selection};
use crate::storage::MemoryStorage;
use crate::testing::Announced;

fn cto() -> NewLead {
    NewLead::new().name("Ada Byron").title("CTO")
}

fn pricing() -> NewInteraction {
    NewInteraction::new("page_view").prop("path", "/pricing/teams")
}

#[tokio::test]
async fn a_lead_is_scored_in_the_commit_that_changes_it() {
    let sandbox = Sandbox::new().unwrap();
    let leads = sandbox.leadbox.leads();
    let early = leads.capture(&cto()).await.unwrap().lead;
    assert_eq!(stored(&sandbox, early.id).await.rule_set, 0);
    publish(&sandbox, "ours", RULES).await;
    assert_eq!(stored(&sandbox, early.id).await.total, Points::whole(33));

    let lead = leads.capture(&cto()).await.unwrap().lead;
    let first = stored(&sandbox, lead.id).await;
    assert_eq!((first.total, first.priority.as_deref()), (Points::whole(33), Some("warm")));
    assert_eq!((first.lead_version, first.rule_set), (lead.version, 1));

    let patch = LeadPatch::new().set("employees", 500);
    leads.update(lead.id, &patch, None).await.unwrap();
    assert_eq!(stored(&sandbox, lead.id).await.total, Points::whole(48));

    leads.record_interaction(lead.id, &pricing()).await.unwrap();
    let hot = stored(&sandbox, lead.id).await;
    assert_eq!((hot.total, hot.priority.as_deref()), (Points::whole(56), Some("hot")));
    assert_eq!(hot.categories.get("engagement"), Some(&Points::whole(8)));

    let history = sandbox.leadbox.rules().history(lead.id, &PageRequest::default()).await.unwrap();
    let told: Vec<_> = history
        .items
        .iter()
        .map(|one| (one.change.cause, one.change.from, one.change.to))
        .collect();
    let whole = Points::whole;
    assert_eq!(
        told,
        [
            (ScoreCause::Happened, whole(48), whole(56)),
            (ScoreCause::Changed, whole(33), whole(48)),
            (ScoreCause::Captured, whole(0), whole(33)),
        ]
    );
    assert!(history.items.iter().all(|one| one.change.sum() == one.change.to));
    let announced = Announced::about(&sandbox.leadbox, lead.id).await.unwrap();
    assert_eq!(announced.previous(&EventType::LEAD_SCORED, "priority"), Some("warm".into()));
}

#[tokio::test]
async fn what_changes_nothing_that_counts_is_not_kept() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let leads = sandbox.leadbox.leads();
    let lead = leads.capture(&cto()).await.unwrap().lead;
    leads.record_interaction(lead.id, &pricing()).await.unwrap();
    sandbox.clock.advance(chrono::TimeDelta::days(3));
    let patch = LeadPatch::new().set("city", "London");
    leads.update(lead.id, &patch, None).await.unwrap();
    let score = stored(&sandbox, lead.id).await;
    assert!(score.total < Points::whole(41), "what fades has faded: {}", score.total);
    let history = sandbox.leadbox.rules().history(lead.id, &PageRequest::default()).await.unwrap();
    assert_eq!(history.items.len(), 2, "it only faded, and it was no news");
}

#[tokio::test]
async fn what_is_suspect_weighs_nothing_and_counts_again_once_it_is_cleared() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let leads = sandbox.leadbox.leads();
    let lead = leads.capture(&cto()).await.unwrap().lead;
    let seen = leads.record_interaction(lead.id, &pricing()).await.unwrap().interaction;
    assert_eq!(stored(&sandbox, lead.id).await.total, Points::whole(41));
    for (suspicion, total) in [(Suspicion::Suspect, 33), (Suspicion::Clear, 41)] {
        leads.mark_interaction(seen.id, suspicion).await.unwrap();
        assert_eq!(stored(&sandbox, lead.id).await.total, Points::whole(total));
    }
    leads.record_interaction(lead.id, &pricing().suspect()).await.unwrap();
    assert_eq!(stored(&sandbox, lead.id).await.total, Points::whole(41));
}

#[tokio::test]
async fn a_merged_lead_has_the_points_of_both_and_gives_them_back() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let leads = sandbox.leadbox.leads();
    let one = leads.capture(&cto()).await.unwrap().lead;
    let other = leads.capture(&cto()).await.unwrap().lead;
    leads.record_interaction(one.id, &pricing()).await.unwrap();
    leads.record_interaction(other.id, &pricing()).await.unwrap();
    let merged = leads.merge(one.id, &[other.id], &MergeChoice::default()).await.unwrap();
    assert_eq!(stored(&sandbox, one.id).await.total, Points::whole(49));
    leads.unmerge(one.id, merged.event).await.unwrap();
    let kept = stored(&sandbox, one.id).await;
    assert_eq!(kept.freshness, Freshness::Dirty);
    settle(&sandbox).await;
    for lead in [one.id, other.id] {
        let score = stored(&sandbox, lead).await;
        assert_eq!((score.total, score.freshness), (Points::whole(41), Freshness::Fresh));
    }
}

#[tokio::test]
async fn work_on_many_leads_scores_them_and_is_undone_with_their_scores() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let (leads, bulk) = (sandbox.leadbox.leads(), sandbox.leadbox.bulk());
    let lead = leads.capture(&NewLead::new().name("Bo").title("Clerk")).await.unwrap().lead.id;
    let action = BulkAction::Change(LeadPatch::new().set("title", "Head of Sales"));
    let done = bulk.run(&action, &Selection::Ids(vec![lead])).await.unwrap();
    let scored = stored(&sandbox, lead).await;
    assert_eq!((scored.total, scored.priority.as_deref()), (Points::whole(33), Some("warm")));
    let undone = bulk.undo_now(Operation::Bulk(done.id)).await.unwrap();
    assert_eq!((undone.counts.changed, undone.refusals), (1, 0));
    let scored = stored(&sandbox, lead).await;
    assert_eq!((scored.total, scored.priority), (Points::whole(3), None));
}

#[tokio::test]
async fn a_lead_that_things_keep_happening_with_is_changed_and_scored_behind_it() {
    for by_bulk in [false, true] {
        let (sandbox, ids) = meddled_with();
        publish(&sandbox, "ours", RULES).await;
        let leads = sandbox.leadbox.leads();
        let lead = leads.capture(&cto()).await.unwrap().lead.id;
        leads.record_interaction(lead, &pricing()).await.unwrap();
        let others = sandbox.leadbox.clone();
        ids.meddle(move || {
            let opened = NewInteraction::new("email_open");
            let leads = others.leads();
            leads.record_interaction(lead, &opened).now_or_never().unwrap().unwrap();
            true
        });
        let patch = LeadPatch::new().set("employees", 500);
        if by_bulk {
            let action = BulkAction::Change(patch);
            let done = sandbox.leadbox.bulk().run(&action, &Selection::Ids(vec![lead])).await;
            assert_eq!(done.unwrap().counts.changed, 1);
        } else {
            leads.update(lead, &patch, None).await.unwrap();
        }
        ids.meddle(|| false);
        let employees = leads.lead(lead).await.unwrap().unwrap().lead.company.employees;
        assert!(employees.is_some(), "by bulk: {by_bulk}");
        settle(&sandbox).await;
        let score = stored(&sandbox, lead).await;
        assert_eq!(score.freshness, Freshness::Fresh);
        let why = sandbox.leadbox.rules().explain(lead, None).await.unwrap();
        assert_eq!((score.total, score.priority.as_deref()), (why.card.total, Some("hot")));
        let announced = Announced::about(&sandbox.leadbox, lead).await.unwrap();
        assert_eq!(announced.previous(&EventType::LEAD_SCORED, "priority"), Some("warm".into()));
    }
}

#[tokio::test]
async fn a_host_can_score_in_its_own_way() {
    #[derive(Debug)]
    struct Named;
    impl Scorer for Named {
        fn score(&self, subject: &Subject<'_>) -> ScoreCard {
            let line = subject.lead.person.name.as_ref().map(|_| Line {
                rule: "Has a name".to_owned(),
                category: String::new(),
                points: Points::whole(7),
                uncapped: Points::whole(7),
                interactions: 0,
            });
            ScoreCard::of_lines(subject.as_of, line.into_iter().collect(), &[], &[])
        }
    }
    let leadbox =
        LeadBox::builder(Arc::new(MemoryStorage::new())).scorer(Arc::new(Named)).build().unwrap();
    let lead = leadbox.leads().capture(&cto()).await.unwrap().lead;
    let score = leadbox.leads().lead(lead.id).await.unwrap().unwrap().score;
    assert_eq!((score.total, score.rule_set), (Points::whole(7), 1));
    leadbox.rules().save_draft(&key("ours"), RULES, None).await.unwrap();
    let refused = leadbox.rules().publish(&key("ours"), "", None).await.unwrap_err();
    assert!(refused.to_string().contains("in its own way"), "{refused}");
}

/// Something that is done with a lead.
#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Happens(&'static str, i64),
    Title(bool),
    Employees(u32),
    Mark(prop::sample::Index),
    Renew,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..40_000_i64).prop_map(Step::Wait),
        (
            prop::sample::select(vec!["page_view", "demo_request", "email_open", "call"]),
            0..5_000_i64
        )
            .prop_map(|(kind, ago)| Step::Happens(kind, ago)),
        any::<bool>().prop_map(Step::Title),
        (0..2_000_u32).prop_map(Step::Employees),
        any::<prop::sample::Index>().prop_map(Step::Mark),
        Just(Step::Renew),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn a_score_that_came_about_step_by_step_is_the_one_from_scratch(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::new().unwrap();
            publish(&sandbox, "ours", RULES).await;
            let leads = sandbox.leadbox.leads();
            let lead = leads.capture(&cto()).await.unwrap().lead.id;
            let mut happened = Vec::new();
            for step in steps {
                let now = sandbox.leadbox.now();
                match step {
                    Step::Wait(minutes) => sandbox.clock.advance(chrono::TimeDelta::minutes(minutes)),
                    Step::Happens(kind, ago) => {
                        let at = now - chrono::TimeDelta::minutes(ago);
                        let new = NewInteraction::new(kind).at(at).prop("path", "/pricing");
                        happened.push(leads.record_interaction(lead, &new).await.unwrap().interaction.id);
                    }
                    Step::Title(leads_people) => {
                        let title = if leads_people { "Head of Sales" } else { "Clerk" };
                        leads.update(lead, &LeadPatch::new().set("title", title), None).await.unwrap();
                    }
                    Step::Employees(count) => {
                        let patch = LeadPatch::new().set("employees", count);
                        leads.update(lead, &patch, None).await.unwrap();
                    }
                    Step::Mark(which) if !happened.is_empty() => {
                        let id = *which.get(&happened);
                        let one = leads.interaction(id).await.unwrap().unwrap();
                        let other = match one.suspicion {
                            Suspicion::Clear => Suspicion::Suspect,
                            Suspicion::Suspect => Suspicion::Clear,
                        };
                        leads.mark_interaction(id, other).await.unwrap();
                    }
                    Step::Mark(_) => {}
                    Step::Renew => sandbox.leadbox.renew_due().await.unwrap(),
                }
                let score = stored(&sandbox, lead).await;
                let then = sandbox.leadbox.rules().explain(lead, Some(score.as_of)).await.unwrap();
                assert_eq!(score.total, then.card.total);
                assert_eq!(score.priority, then.card.priority);
                assert_eq!(score.next_change_at, then.card.next_change_at);
            }
            let history =
                sandbox.leadbox.rules().history(lead, &PageRequest::first(500)).await.unwrap().items;
            assert!(history.iter().all(|one| one.change.sum() == one.change.to));
        });
    }
}
