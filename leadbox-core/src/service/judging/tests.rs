//! Machines among readers, through the verbs.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;

use super::super::{LeadBox, NewInteraction};
use crate::access::{Grants, Level, Permission, Rights};
use crate::event::{Actor, EventType};
use crate::id::LeadId;
use crate::interaction::{Interaction, InteractionKind, Judge, Suspicion};
use crate::key::RuleSetKey;
use crate::page::PageRequest;
use crate::score::Points;
use crate::storage::MemoryStorage;
use crate::testing::{Sandbox, some_lead};

fn click(link: &str) -> NewInteraction {
    NewInteraction::new(InteractionKind::EMAIL_CLICK).prop("mail", "Welcome").prop("link", link)
}

async fn a_lead(leadbox: &LeadBox) -> LeadId {
    leadbox.leads().capture(&some_lead(1)).await.unwrap().lead.id
}

async fn all(leadbox: &LeadBox, lead: LeadId) -> Vec<Interaction> {
    let mut all = leadbox.leads().interactions(lead, &PageRequest::default()).await.unwrap().items;
    all.reverse();
    all
}

async fn total(leadbox: &LeadBox, lead: LeadId) -> Points {
    leadbox.leads().lead(lead).await.unwrap().unwrap().score.total
}

#[tokio::test]
async fn a_burst_of_a_scanner_moves_no_score_until_it_is_cleared() {
    let Sandbox { leadbox, clock } = Sandbox::new().unwrap();
    let lead = a_lead(&leadbox).await;
    let script = "ruleset(\"Clicks\"); signal(\"Followed a link\", \"email_click\", 5);";
    let key: RuleSetKey = "clicks".parse().unwrap();
    leadbox.rules().save_draft(&key, script, None).await.unwrap();
    leadbox.rules().publish(&key, "", None).await.unwrap();
    let before = total(&leadbox, lead).await;
    let leads = leadbox.leads();
    let mut recorded = Vec::new();
    for link in ["/pricing", "/demo", "/docs", "/unsubscribe"] {
        recorded.push(leads.record_interaction(lead, &click(link)).await.unwrap().interaction);
        clock.advance(TimeDelta::milliseconds(400));
    }
    let kept = all(&leadbox, lead).await;
    assert!(kept.iter().all(|one| one.suspicion == Suspicion::Suspect && one.reason.is_some()));
    assert_eq!(total(&leadbox, lead).await, before);

    let first = recorded[0].id;
    leads.mark_interaction(first, Suspicion::Clear).await.unwrap();
    assert_eq!(total(&leadbox, lead).await, Points::whole(5));
    // A late one of the burst does not take it back.
    leads.record_interaction(lead, &click("/last").at(kept[0].at)).await.unwrap();
    let cleared = leads.interaction(first).await.unwrap().unwrap();
    assert_eq!((cleared.suspicion, cleared.judge), (Suspicion::Clear, Judge::Somebody));
    assert_eq!(cleared.reason, None);
    assert_eq!(total(&leadbox, lead).await, Points::whole(5));
}

#[tokio::test]
async fn the_earlier_ones_of_a_burst_are_marked_in_the_commit_of_the_later() {
    let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
    let lead = a_lead(&leadbox).await;
    let leads = leadbox.leads();
    let first = leads.record_interaction(lead, &click("/pricing")).await.unwrap().interaction;
    assert_eq!(first.suspicion, Suspicion::Clear);
    let second = leads.record_interaction(lead, &click("/demo")).await.unwrap().interaction;
    assert_eq!(second.suspicion, Suspicion::Suspect);
    let timeline = leadbox.log().timeline(lead, &PageRequest::default()).await.unwrap().items;
    assert_eq!(timeline[0].kind, EventType::INTERACTION_MARKED);
    assert_eq!(timeline[0].change_set, timeline[1].change_set);
    let reason = &timeline[0].payload().unwrap().data["reason"];
    assert_eq!(reason, "Other links were followed within 2 s");
    assert_eq!(leads.lead(lead).await.unwrap().unwrap().activity.count, 0);
}

#[tokio::test]
async fn what_the_sender_says_is_not_judged() {
    let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
    let lead = a_lead(&leadbox).await;
    let leads = leadbox.leads();
    let bot = |new: NewInteraction| new.prop("user_agent", "Googlebot/2.1");
    let person = leads.record_interaction(lead, &bot(click("/a")).clear()).await.unwrap();
    assert_eq!(person.interaction.suspicion, Suspicion::Clear);
    let judged = leads.record_interaction(lead, &bot(click("/a"))).await.unwrap().interaction;
    assert_eq!((judged.suspicion, judged.judge), (Suspicion::Suspect, Judge::Detector));
    let said = leads.record_interaction(lead, &click("/a").suspect()).await.unwrap().interaction;
    assert_eq!((said.judge, said.reason), (Judge::Somebody, None));
    let seen = NewInteraction::new(InteractionKind::PAGE_VIEW);
    let seen = leads.record_interaction(lead, &bot(seen)).await.unwrap().interaction;
    assert_eq!(seen.suspicion, Suspicion::Clear, "other kinds are not judged");
}

#[tokio::test]
async fn two_of_a_burst_that_do_not_see_each_other_are_both_marked() {
    for once in [false, true] {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let lead = a_lead(&leadbox).await;
        let leads = leadbox.leads();
        // Both are decided before either is committed.
        let first = leads.prepare_interaction(lead, &click("/pricing")).await.unwrap();
        assert_eq!(first.outcome.interaction.suspicion, Suspicion::Clear);
        let asked = if once { leadbox.once("k", b"").unwrap() } else { leadbox.clone() };
        leadbox.storage().commit(&first.changes).await.unwrap();
        let second = asked.leads().record_interaction(lead, &click("/demo")).await.unwrap();
        assert_eq!(second.interaction.suspicion, Suspicion::Suspect);

        let many: Vec<NewInteraction> = (0..8).map(|n| click(&format!("/{n}"))).collect();
        let many = many.iter().map(|new| leads.record_interaction(lead, new));
        for recorded in join_all(many).await {
            recorded.unwrap();
        }
        let kept = all(&leadbox, lead).await;
        assert_eq!(kept.len(), 10);
        assert!(kept.iter().all(|one| one.suspicion == Suspicion::Suspect));
    }
}

#[tokio::test]
async fn one_that_was_judged_without_the_other_is_judged_again() {
    let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
    let lead = a_lead(&leadbox).await;
    let leads = leadbox.leads();
    let (first, second) = (click("/pricing"), click("/demo"));
    let first = leads.prepare_interaction(lead, &first).await.unwrap();
    let second = leads.prepare_interaction(lead, &second).await.unwrap();
    for changes in [&first.changes, &second.changes] {
        leadbox.storage().commit(changes).await.unwrap();
    }
    assert_eq!(leads.lead(lead).await.unwrap().unwrap().activity.count, 2);
    let mut last = second.outcome.interaction;
    leads.judge_again(&mut last).await;
    assert_eq!(last.suspicion, Suspicion::Suspect);
    let kept = all(&leadbox, lead).await;
    assert!(kept.iter().all(|one| one.suspicion == Suspicion::Suspect));
}

#[tokio::test]
async fn who_may_only_record_may_record_a_burst() {
    let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
    let lead = a_lead(&leadbox).await;
    let mut grants = Grants::default();
    for permission in [Permission::LeadRead, Permission::InteractionCreate] {
        grants.permissions.insert(permission, Level::All);
    }
    let sender = leadbox.with_rights(Actor::host(), Rights::granted(None, [], grants));
    for link in ["/pricing", "/demo"] {
        sender.leads().record_interaction(lead, &click(link)).await.unwrap();
    }
    assert!(all(&leadbox, lead).await.iter().all(|one| one.suspicion == Suspicion::Suspect));
    let id = all(&leadbox, lead).await[0].id;
    assert!(sender.leads().mark_interaction(id, Suspicion::Clear).await.is_err());
}

#[tokio::test]
async fn a_host_does_without_a_detector() {
    let storage = Arc::new(MemoryStorage::new());
    let leadbox = LeadBox::builder(storage).bot_detector(None).build().unwrap();
    let lead = a_lead(&leadbox).await;
    for link in ["/pricing", "/demo"] {
        let new = click(link).prop("method", "HEAD");
        let recorded = leadbox.leads().record_interaction(lead, &new).await.unwrap();
        assert_eq!(recorded.interaction.suspicion, Suspicion::Clear);
    }
}

#[tokio::test]
async fn what_is_told_late_is_judged_by_what_happened_then() {
    let Sandbox { leadbox, clock } = Sandbox::new().unwrap();
    let lead = a_lead(&leadbox).await;
    let leads = leadbox.leads();
    let first = leads.record_interaction(lead, &click("/pricing")).await.unwrap().interaction;
    clock.advance(TimeDelta::hours(1));
    for _ in 0..150 {
        clock.advance(TimeDelta::minutes(1));
        leads.record_interaction(lead, &NewInteraction::new("page_view")).await.unwrap();
    }
    let late = leads.record_interaction(lead, &click("/demo").at(first.at)).await.unwrap();
    assert_eq!(late.interaction.suspicion, Suspicion::Suspect);
    let first = leads.interaction(first.id).await.unwrap().unwrap();
    assert_eq!(first.suspicion, Suspicion::Suspect);
}
