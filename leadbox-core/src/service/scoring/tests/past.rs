//! What a lead was worth before.

use chrono::TimeDelta;

use super::*;
use crate::error::Error;
use crate::interaction::Suspicion;
use crate::lead::{LeadPatch, NewLead};
use crate::score::Points;
use crate::service::NewInteraction;

#[tokio::test]
async fn what_a_lead_was_worth_is_known_whatever_became_of_it() {
    let sandbox = Sandbox::new().unwrap();
    let lately = r#"rule("Moved lately", "fit", 7, |lead| lead.stage_since.within(hours(12)));"#;
    publish(&sandbox, "ours", &format!("{RULES}\n{lately}")).await;
    let (leads, rules) = (sandbox.leadbox.leads(), sandbox.leadbox.rules());
    let new = NewLead::new().name("Ada").title("CTO").tag("vip");
    let lead = leads.capture(&new).await.unwrap().lead.id;
    let mut was = vec![(sandbox.leadbox.now(), stored(&sandbox, lead).await.total)];
    let mut note = async || {
        was.push((sandbox.leadbox.now(), stored(&sandbox, lead).await.total));
        sandbox.clock.advance(TimeDelta::hours(7));
    };
    note().await;
    let patch = LeadPatch::new().set("title", "Clerk").set("employees", 400);
    leads.update(lead, &patch, None).await.unwrap();
    note().await;
    let seen = NewInteraction::new("page_view").prop("path", "/pricing");
    let seen = leads.record_interaction(lead, &seen).await.unwrap().interaction;
    note().await;
    leads.advance(lead, "qualified").await.unwrap();
    leads.mark_interaction(seen.id, Suspicion::Suspect).await.unwrap();
    note().await;
    // It happened before, and nobody knew.
    let late = NewInteraction::new("demo_request").at(sandbox.leadbox.now() - TimeDelta::days(1));
    leads.record_interaction(lead, &late).await.unwrap();
    note().await;
    assert!(was.windows(2).skip(1).all(|pair| pair[0].1 != pair[1].1), "{was:?}");
    for (at, total) in &was {
        let then = rules.explain(lead, Some(*at)).await.unwrap();
        assert_eq!(then.card.total, *total, "at {at}");
    }
    let (first, _) = was[0];
    let before = rules.explain(lead, Some(first - TimeDelta::seconds(1))).await;
    assert!(matches!(before, Err(Error::NotFound { .. })));
    let ahead = sandbox.leadbox.now() + TimeDelta::days(59);
    let left = rules.explain(lead, Some(ahead)).await.unwrap().card;
    assert!(left.fired("Asked for a demo") && left.total < stored(&sandbox, lead).await.total);
    assert!(was[0].1 > Points(0));
}
