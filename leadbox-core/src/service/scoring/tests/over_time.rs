//! Scores that move as time goes by.

use chrono::TimeDelta;

use super::*;
use crate::lead::NewLead;
use crate::page::PageRequest;
use crate::scoring::ScoreCause;
use crate::service::NewInteraction;

#[tokio::test]
async fn no_priority_is_wrong_for_more_than_a_minute_in_two_years() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let leads = sandbox.leadbox.leads();
    let lead = leads.capture(&NewLead::new().name("Ada").title("CTO")).await.unwrap().lead.id;
    let end = sandbox.leadbox.now() + TimeDelta::days(730);
    let (mut happens_at, mut happened, mut looked, mut woken) = (sandbox.leadbox.now(), 0, 0, 0);
    let mut pause = TimeDelta::hours(200);
    while sandbox.leadbox.now() < end {
        // Now and then something happens; in between only time goes by, from one wake-up to the next.
        if sandbox.leadbox.now() >= happens_at {
            let kind = ["page_view", "demo_request", "email_open", "page_view"][happened % 4];
            let new = NewInteraction::new(kind).prop("path", "/pricing");
            leads.record_interaction(lead, &new).await.unwrap();
            happened += 1;
            pause += TimeDelta::hours(13);
            happens_at += pause;
        }
        let (now, score) = (sandbox.leadbox.now(), stored(&sandbox, lead).await);
        let due = score.next_change_at.unwrap_or(end).min(now + TimeDelta::days(9)).max(now);
        // Up to the wake-up the priority is what is stored.
        woken += u32::from(score.next_change_at.is_some_and(|at| at <= now + TimeDelta::days(9)));
        for part in 0..4 {
            let at = now + (due - now) * part / 4;
            if due - at <= TimeDelta::minutes(1) {
                break;
            }
            sandbox.clock.set(at);
            let card = sandbox.leadbox.rules().explain(lead, None).await.unwrap().card;
            assert_eq!(card.priority, score.priority, "at {at}, due {due}");
            looked += 1;
        }
        sandbox.clock.set(due.max(now + TimeDelta::minutes(1)));
        sandbox.leadbox.renew_due().await.unwrap();
        let renewed = stored(&sandbox, lead).await;
        let card = sandbox.leadbox.rules().explain(lead, None).await.unwrap().card;
        assert_eq!(
            (renewed.total, renewed.priority),
            match score.next_change_at {
                Some(due) if due <= sandbox.leadbox.now() => (card.total, card.priority),
                _ => (score.total, score.priority),
            }
        );
    }
    assert!(looked > 1000 && woken < 2000, "looked {looked} times, woken {woken} times");
}

#[tokio::test]
async fn fading_is_neither_kept_nor_told_until_the_priority_changes() {
    let sandbox = Sandbox::new().unwrap();
    publish(&sandbox, "ours", RULES).await;
    let leads = sandbox.leadbox.leads();
    let lead = leads.capture(&NewLead::new().name("Ada").title("CTO")).await.unwrap().lead.id;
    leads.record_interaction(lead, &NewInteraction::new("demo_request")).await.unwrap();
    let before = sandbox.leadbox.log().head().await.unwrap();
    let mut renewals = 0;
    loop {
        let score = stored(&sandbox, lead).await;
        if score.priority.as_deref() == Some("warm") {
            break;
        }
        sandbox.clock.set(score.next_change_at.unwrap());
        sandbox.leadbox.renew_due().await.unwrap();
        renewals += 1;
    }
    assert!(renewals > 3, "{renewals}");
    let events = sandbox.leadbox.log().head().await.unwrap().position.0 - before.position.0;
    assert_eq!(events, 1, "one for the priority");
    let history = sandbox.leadbox.rules().history(lead, &PageRequest::default()).await.unwrap();
    let causes: Vec<_> = history.items.iter().map(|one| one.change.cause).collect();
    assert_eq!(causes, [ScoreCause::Time, ScoreCause::Happened, ScoreCause::Captured]);
}
