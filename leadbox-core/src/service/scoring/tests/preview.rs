//! What rules would do to the leads that are there.

use chrono::TimeDelta;

use super::*;
use crate::access::{Grants, Rights};
use crate::error::Error;
use crate::event::Actor;
use crate::id::UserId;
use crate::lead::NewLead;
use crate::scope::Scope;
use crate::score::Points;
use crate::scoring::{LineMove, Scorers};
use crate::service::{Candidate, NewInteraction, Preview, Previewed};

const OTHERS: &str = r#"
    ruleset("Ours");
    priority("hot", 50);
    priority("cool", 10);
    rule("Decision maker", 60, |lead| lead.title.has_any(["cto", "head of"]));
    signal("Saw the prices", "page_view", 8).half_life(days(14)).cap(24);
"#;

fn others() -> Candidate {
    Candidate::Script(key("ours"), OTHERS.into())
}

async fn preview(leadbox: &LeadBox, by: &Candidate) -> Preview {
    for _ in 0..200 {
        match leadbox.rules().preview(by).await.unwrap() {
            Previewed::Ready(preview) => return *preview,
            Previewed::Reading { .. } => tokio::task::yield_now().await,
        }
    }
    panic!("the leads are never read")
}

async fn filled(sandbox: &Sandbox, count: usize) -> Vec<LeadId> {
    let (leads, mut all) = (sandbox.leadbox.leads(), Vec::new());
    for at in 0..count {
        let title = if at % 3 == 0 { "CTO" } else { "Clerk" };
        let new = NewLead::new().name(format!("Lead {at}")).title(title);
        let lead = leads.capture(&new).await.unwrap().lead.id;
        for _ in 0..at % 4 {
            let seen = NewInteraction::new("page_view").prop("path", "/pricing");
            leads.record_interaction(lead, &seen).await.unwrap();
        }
        sandbox.clock.advance(TimeDelta::hours(3));
        all.push(lead);
    }
    all
}

#[tokio::test]
async fn a_preview_counts_what_each_lead_would_have() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let leads = filled(&sandbox, 70).await;
    let found = preview(&sandbox.leadbox, &others()).await;
    assert_eq!((found.leads, found.of, found.as_of), (70, 70, sandbox.leadbox.now()));

    let rules = sandbox.leadbox.rules();
    let tried = crate::scoring::RuleSet::load(OTHERS).unwrap();
    let tried = Scorers::of_sets(
        1,
        [(
            crate::scoring::RuleSetVersion { set: key("ours"), version: 0 },
            Arc::new(tried) as Arc<dyn crate::scoring::Scorer>,
        )],
    );
    let (mut moved, mut shifted, mut hot, mut sums) = (0, 0, [0, 0], [0, 0]);
    let mut by = Vec::new();
    for lead in &leads {
        let before = rules.explain(*lead, None).await.unwrap().card;
        let after = rules.explain_by(&tried, *lead, None).await.unwrap().card;
        let move_by = after.total.0.abs_diff(before.total.0);
        moved += u64::from(move_by >= 100);
        shifted += u64::from(before.priority != after.priority);
        for (side, card) in [&before, &after].into_iter().enumerate() {
            hot[side] += u64::from(card.priority.as_deref() == Some("hot"));
            sums[side] += u64::from(card.fired("Saw the prices"));
        }
        by.push(move_by);
    }
    assert_eq!((found.moved, found.shifted), (moved, shifted));
    assert!(moved > 30 && shifted > 20 && hot[0] != hot[1], "{moved} {shifted} {hot:?}");
    let share = |shares: &[crate::service::Share], name: Option<&str>| {
        let share = shares.iter().find(|one| one.name.as_deref() == name).unwrap();
        (share.before, share.after)
    };
    assert_eq!(share(&found.priorities, Some("hot")), (Some(hot[0]), Some(hot[1])));
    assert_eq!(share(&found.priorities, Some("warm")).1, None);
    assert_eq!(share(&found.priorities, Some("cool")).0, None);
    assert_eq!(share(&found.rules, Some("Saw the prices")), (Some(sums[0]), Some(sums[1])));
    assert_eq!(found.steps.iter().map(|step| step.after).sum::<u64>(), 70);
    assert_eq!(found.steps.iter().filter_map(|step| step.before).sum::<u64>(), 70);
    by.sort_unstable_by(|one, other| other.cmp(one));
    let most = found.most_moved.iter().map(|one| one.after.0.abs_diff(one.before.0));
    assert_eq!(most.collect::<Vec<_>>(), by[..20]);
    let why = &found.most_moved[0].why[0];
    let expected = LineMove {
        rule: "Decision maker".to_owned(),
        before: Points::whole(30),
        after: Points::whole(60),
    };
    assert_eq!(*why, expected);
}

#[tokio::test]
async fn what_is_in_force_changes_nothing_and_mistakes_are_told() {
    let sandbox = Sandbox::new().unwrap();
    filled(&sandbox, 5).await;
    let first = preview(&sandbox.leadbox, &others()).await;
    assert!(first.steps.iter().all(|step| step.before.is_none()) && first.most_moved.is_empty());
    publish(&sandbox, "ours", RULES).await;
    let same = preview(&sandbox.leadbox, &Candidate::InForce).await;
    assert_eq!((same.moved, same.shifted, same.most_moved.len()), (0, 0, 0));
    let wrong = Candidate::Script(key("ours"), "rule(1".into());
    let wrong = sandbox.leadbox.rules().preview(&wrong).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))));
    // Two that are for all leads: one of them would never be asked.
    let second = Candidate::Script(key("second"), OTHERS.into());
    let wrong = sandbox.leadbox.rules().preview(&second).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))));
    let guest = Rights::granted(None, [], Grants::default());
    let denied = sandbox.leadbox.with_rights(Actor::system(), guest);
    assert!(matches!(denied.rules().preview(&others()).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn leads_at_hand_are_the_askers_and_read_again_and_let_go() {
    let sandbox = Sandbox::new().unwrap();
    filled(&sandbox, 3).await;
    assert_eq!(preview(&sandbox.leadbox, &others()).await.leads, 3);
    filled(&sandbox, 1).await;
    sandbox.clock.advance(TimeDelta::hours(-3));
    assert_eq!(preview(&sandbox.leadbox, &others()).await.leads, 3, "they are at hand");
    sandbox.clock.advance(TimeDelta::minutes(6));
    assert_eq!(preview(&sandbox.leadbox, &others()).await.leads, 3, "they are being read again");
    while preview(&sandbox.leadbox, &others()).await.leads != 4 {
        tokio::task::yield_now().await;
    }
    let nobodys = UserId::from_uuid(uuid::Uuid::from_u128(7));
    let other = sandbox.leadbox.seeing(Scope::owned_by(sandbox.leadbox.tenant(), [nobodys]));
    assert_eq!(preview(&other, &others()).await.of, 0);
    assert_eq!(preview(&sandbox.leadbox, &others()).await.of, 4);
    sandbox.clock.advance(TimeDelta::minutes(16));
    settle(&sandbox).await;
    let first = sandbox.leadbox.rules().preview(&others()).await.unwrap();
    let at = sandbox.leadbox.now();
    assert!(matches!(first, Previewed::Ready(preview) if preview.as_of == at));
}

#[tokio::test]
async fn where_there_is_no_room_for_all_the_youngest_are_scored() {
    let clock = Arc::new(ManualClock::default());
    let builder = LeadBox::builder(Arc::new(MemoryStorage::new()));
    let leadbox = builder.clock(clock.clone()).preview_memory(48 * 1024).build().unwrap();
    let sandbox = Sandbox { leadbox, clock };
    filled(&sandbox, 600).await;
    let found = preview(&sandbox.leadbox, &others()).await;
    assert!(found.leads < 600 && found.leads > 20 && found.of == 600, "{}", found.leads);
}
