//! What is asked too much at once or takes too long, and that answers are packed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod support;

use std::time::Duration;

use axum::Router;
use axum::http::request::Parts;
use leadbox_admin::{Access, Admin, Limits, Principal, Refusal};
use leadbox_core::LeadBox;
use leadbox_core::testing::Sandbox;
use support::Browser;

/// Never finds out who asks.
#[derive(Debug)]
struct Slow;

#[async_trait::async_trait]
impl Access for Slow {
    async fn principal(&self, _: &LeadBox, _: &Parts) -> Result<Principal, Refusal> {
        std::future::pending().await
    }
}

fn app(limits: Limits) -> Router {
    let admin = Admin::new(Sandbox::new().unwrap().leadbox).access(Slow).limits(limits);
    admin.mount(Router::new(), "/ops")
}

#[tokio::test]
async fn what_takes_too_long_is_ended_and_said() {
    let app = app(Limits { time: Duration::from_millis(20), ..Limits::default() });
    let answer = Browser::new(&app).get("/ops/leads").await;
    assert_eq!(answer.status.as_u16(), 504);
    assert!(answer.body.contains("It took too long"), "{}", answer.body);
}

#[tokio::test]
async fn those_who_find_no_place_are_told_to_come_back() {
    let app = app(Limits { at_once: 1, ..Limits::default() });
    let waiting = tokio::spawn({
        let mut browser = Browser::new(&app);
        async move { browser.get("/ops/leads").await }
    });
    tokio::task::yield_now().await;
    let answer = Browser::new(&app).get("/ops/leads").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"));
    waiting.abort();
    let _ = waiting.await;
    let after = Browser::new(&app).get("/ops/assets/0/icon.svg").await;
    assert_eq!(after.status.as_u16(), 200, "whoever went left a place");
}

#[tokio::test]
async fn pages_are_packed_for_those_who_can_unpack() {
    let app = Admin::new(Sandbox::new().unwrap().leadbox).mount(Router::new(), "/ops");
    let packed = Browser::new(&app).with("accept-encoding", "gzip").get("/ops/sign-in").await;
    assert_eq!((packed.status.as_u16(), packed.header("content-encoding")), (200, "gzip"));
    assert!(packed.header("vary").contains("accept-encoding"));
    let plain = Browser::new(&app).get("/ops/sign-in").await;
    assert_eq!(plain.header("content-encoding"), "");
    assert!(plain.body.contains("Sign in"));
}
