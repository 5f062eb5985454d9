//! Tests with a real LeadBox in memory: the test holds the clock and looks at what was announced.

#![expect(clippy::expect_used, reason = "a test may stop where it cannot go on")]

use chrono::TimeDelta;
use leadbox_core::EventType;
use leadbox_core::testing::{Announced, Sandbox};
use leadbox_host_tests::{TrialSignup, open_trials, set_up, sign_up};

async fn product() -> Sandbox {
    let sandbox = Sandbox::new().expect("a sandbox");
    set_up(&sandbox.leadbox).await.expect("set up");
    sandbox
}

#[tokio::test]
async fn a_large_trial_is_qualified_at_once() {
    let sandbox = product().await;
    let signup = TrialSignup { email: "ops@bigcorp.example".into(), seats: 80.0 };
    let lead = sign_up(&sandbox.leadbox, &signup).await.expect("signed up");

    let announced = Announced::about(&sandbox.leadbox, lead).await.expect("events");
    announced.assert_types(&[
        EventType::LEAD_CAPTURED,
        EventType::INTERACTION_RECORDED,
        EventType::LEAD_STAGE_CHANGED,
    ]);
    assert_eq!(
        announced.changed(&EventType::LEAD_STAGE_CHANGED, "stage"),
        Some("qualified".into())
    );
    let read: Option<TrialSignup> = sandbox.leadbox.leads().record(lead).await.expect("read back");
    assert_eq!(read, Some(signup));
}

#[tokio::test]
async fn signing_up_twice_is_one_lead_and_one_interaction() {
    let sandbox = product().await;
    let signup = TrialSignup { email: "kim@small.example".into(), seats: 3.0 };
    let first = sign_up(&sandbox.leadbox, &signup).await.expect("signed up");
    sandbox.clock.advance(TimeDelta::days(1));
    let again = sign_up(&sandbox.leadbox, &signup).await.expect("signed up");
    assert_eq!(first, again);
    let stored = sandbox.leadbox.leads().lead(first).await.expect("read").expect("there");
    assert_eq!(stored.activity.count, 1);
    assert_eq!(open_trials(&sandbox.leadbox).await.expect("counted"), 1);
}

#[tokio::test]
async fn a_lost_trial_is_no_longer_open() {
    let sandbox = product().await;
    let signup = TrialSignup { email: "kim@small.example".into(), seats: 3.0 };
    let lead = sign_up(&sandbox.leadbox, &signup).await.expect("signed up");
    sandbox.leadbox.leads().advance(lead, "lost").await.expect("moved");
    assert_eq!(open_trials(&sandbox.leadbox).await.expect("counted"), 0);
}
