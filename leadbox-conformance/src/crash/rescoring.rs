//! Two processes score all leads by rules that came into force, and one is killed in the middle. Owns what has to hold when the other
//! is done: every score is what it would be from scratch, nothing was announced or kept twice, and the work knows that it is over.

use std::collections::HashMap;

use leadbox_core::service::{RescoreProgress, RescoreState};
use leadbox_core::{EventType, LeadBox, LeadId, NewInteraction, NewLead, PageRequest, Position};
use rand::RngExt;
use tokio::task::JoinSet;

use super::suite::Stand;
use super::worker::{start, until};

/// So many leads are looked at side by side: it is mostly waiting for answers.
const AT_ONCE: usize = 16;
/// Titles of leads: what the rules tell them apart by.
const TITLES: [&str; 4] = ["CTO", "Head of sales", "Clerk", "Gardener"];

/// Rules of which every version scores almost every lead otherwise, and moves some between priorities.
fn rules(version: u64) -> String {
    format!(
        r#"ruleset("Version {version}"); priority("hot", 20);
        rule("Decides", {}, |lead| lead.title.has_any(["cto", "head of"]));
        rule("Clerk", {}, |lead| lead.title == "Clerk");
        signal("Rang", "call", {});"#,
        16 + version,
        15 + 10 * (version % 2),
        3 + version,
    )
}

/// The case.
pub(super) async fn prove(stand: Stand) {
    stand.budget.tell_seed();
    let (leadbox, mut rng) = (&stand.leadbox, stand.budget.rng());
    let rounds: u64 = stand.budget.choose(1, 10);
    let count: usize = stand.budget.choose(3_000, 30_000);
    let mut leads = Vec::with_capacity(count);
    for first in (0..count).step_by(1_000) {
        let new: Vec<NewLead> = (first..count.min(first + 1_000))
            .map(|n| NewLead::new().name(format!("Lead {n}")).title(TITLES[n % TITLES.len()]))
            .collect();
        for captured in leadbox.leads().capture_many(&new, Vec::new()).await.unwrap() {
            leads.push(captured.unwrap().lead.id);
        }
    }
    for lead in leads.iter().step_by(20) {
        leadbox.leads().record_interaction(*lead, &NewInteraction::new("call")).await.unwrap();
    }

    let key = "ours".parse().unwrap();
    let (mut announced, mut seen) = (0, Position(0));
    for version in 1..=rounds {
        let before = priorities(&stand, &leads).await;
        leadbox.rules().publish_script(&key, &rules(version), "").await.unwrap();
        let mut processes = vec![start(&stand, ""), start(&stand, "")];
        let middle = rng.random_range(1..=count as u64 / 2);
        until(leadbox, "scores are made", || async { progress(&stand).await.scored >= middle })
            .await;
        processes.remove(rng.random_range(0..2)).kill();
        let alive = progress(&stand).await;
        assert_eq!(alive.state, RescoreState::Running, "it was killed too late");
        until(leadbox, "all are scored", || async {
            progress(&stand).await.state == RescoreState::Finished
        })
        .await;
        for process in processes {
            process.stop();
        }
        let done = progress(&stand).await;
        assert_eq!(
            (done.edition, done.leads),
            (i64::try_from(version).unwrap(), Some(count as u64))
        );
        assert!(done.ended_at.is_some() && done.scored <= count as u64, "{done:?}");

        let after = priorities(&stand, &leads).await;
        let mut events = scored_events(&stand, &mut seen).await;
        for (n, lead) in leads.iter().enumerate() {
            let expected = u32::from(before[n] != after[n]);
            let found = events.remove(lead).unwrap_or_default();
            assert_eq!(found, expected, "lead {n} of version {version}");
            announced += found;
        }
        let mut looking = JoinSet::new();
        for some in leads.chunks(count.div_ceil(AT_ONCE)) {
            let (leadbox, some) = (leadbox.clone(), some.to_vec());
            looking.spawn(async move {
                for lead in some {
                    look_at(&leadbox, lead, version).await;
                }
            });
        }
        looking.join_all().await;
        assert!(events.is_empty(), "{events:?}");
    }
    stand.check_integrity().await;
    stand.budget.tell(format_args!(
        "scoring all leads ({}): {count} leads by 2 processes, {rounds} times with one killed in the middle, 0 scored otherwise than from \
         scratch, {announced} priorities announced once each",
        stand.kind(),
    ));
}

async fn progress(stand: &Stand) -> RescoreProgress {
    stand.leadbox.rules().rescore_progress().await.unwrap().unwrap()
}

/// The stored priorities of leads, in their order.
async fn priorities(stand: &Stand, leads: &[LeadId]) -> Vec<Option<String>> {
    let mut stored = HashMap::new();
    for some in leads.chunks(1_000) {
        for lead in stand.leadbox.leads().leads(some).await.unwrap() {
            stored.insert(lead.lead.id, lead.score.priority);
        }
    }
    leads.iter().map(|lead| stored.remove(lead).unwrap()).collect()
}

/// A lead's score is what it would be from scratch, and its way there is kept once.
async fn look_at(leadbox: &LeadBox, lead: LeadId, version: u64) {
    let stored = leadbox.leads().lead(lead).await.unwrap().unwrap().score;
    let explained = leadbox.rules().explain(lead, Some(stored.as_of)).await.unwrap();
    assert_eq!(explained.card.total, stored.total, "{lead}");
    assert_eq!(explained.card.priority, stored.priority, "{lead}");
    assert_eq!(stored.rule_set, i64::try_from(version).unwrap(), "{lead}");
    let history = leadbox.rules().history(lead, &PageRequest::first(100)).await.unwrap();
    let mut editions: Vec<i64> = history.items.iter().map(|kept| kept.change.edition).collect();
    let kept = editions.len();
    editions.dedup();
    assert_eq!(editions.len(), kept, "{lead}: a version scored it twice");
}

/// How often it was announced of each lead that it has another priority.
async fn scored_events(stand: &Stand, seen: &mut Position) -> HashMap<LeadId, u32> {
    let mut events = HashMap::new();
    while stand.leadbox.storage().sequence(1_000).await.unwrap().more {}
    loop {
        let some = stand.leadbox.log().after(*seen, 1_000).await.unwrap();
        let Some(last) = some.last() else { return events };
        *seen = last.position;
        for event in some.iter().filter(|event| event.kind == EventType::LEAD_SCORED) {
            *events.entry(event.lead().unwrap()).or_default() += 1;
        }
    }
}
