//! Scoring as a host sees it, on the memory storage.

mod backtest;
mod commits;
mod metrics;
mod over_time;
mod past;
mod preview;
mod publishing;

use std::sync::Arc;

use crate::id::LeadId;
use crate::key::RuleSetKey;
use crate::score::LeadScore;
use crate::service::LeadBox;
use crate::storage::MemoryStorage;
use crate::testing::{ManualClock, MeddlingIds, Sandbox};
use crate::worker::Workers;

/// Rules with everything in them that moves.
const RULES: &str = r#"
    ruleset("Ours");
    category("fit", 60);
    category("engagement", 40);
    priority("hot", 50);
    priority("warm", 20);
    rule("Decision maker", "fit", 30, |lead| lead.title.has_any(["cto", "head of"]));
    rule("Mid-size company", "fit", 15, |lead| lead.employees.between(250, 1000));
    rule("Came in lately", "fit", 3, |lead| days_since(lead.created_at) < 20);
    signal("Saw the prices", "engagement", "page_view", 8)
        .when(|i| i.path.starts_with("/pricing")).half_life(days(14)).cap(24);
    signal("Asked for a demo", "engagement", "demo_request", 25).linear(days(60));
    signal("Opened an e-mail", "engagement", "email_open", 1).within(days(30)).cap(5);
"#;

fn key(text: &str) -> RuleSetKey {
    text.parse().unwrap()
}

/// A sandbox in which somebody can come between.
fn meddled_with() -> (Sandbox, Arc<MeddlingIds>) {
    let (ids, clock) = (Arc::new(MeddlingIds::seeded(4)), Arc::new(ManualClock::default()));
    let builder = LeadBox::builder(Arc::new(MemoryStorage::new()));
    let leadbox = builder.clock(clock.clone()).ids(ids.clone()).build().unwrap();
    (Sandbox { leadbox, clock }, ids)
}

/// Publishes a script, and waits until every lead is scored by it.
async fn publish(sandbox: &Sandbox, set: &str, script: &str) {
    let rules = sandbox.leadbox.rules();
    rules.save_draft(&key(set), script, None).await.unwrap();
    rules.publish(&key(set), "", None).await.unwrap();
    settle(sandbox).await;
}

/// Has the workers do all there is to do.
async fn settle(sandbox: &Sandbox) {
    Workers::new(&sandbox.leadbox).run_until_idle().await.unwrap();
    sandbox.clock.advance(chrono::TimeDelta::seconds(3));
    Workers::new(&sandbox.leadbox).run_until_idle().await.unwrap();
}

async fn stored(sandbox: &Sandbox, lead: LeadId) -> LeadScore {
    sandbox.leadbox.leads().lead(lead).await.unwrap().unwrap().score
}
