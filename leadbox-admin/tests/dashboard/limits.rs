//! What is asked too much at once or takes too long, and that answers are packed.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use futures_util::{StreamExt, stream};
use leadbox_admin::{Access, Admin, Limits, Principal, Refusal};
use leadbox_core::LeadBox;
use leadbox_core::testing::Sandbox;
use tower::ServiceExt;

use crate::support::Browser;

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

/// Lets everybody in at once.
#[derive(Debug)]
struct Open;

#[async_trait::async_trait]
impl Access for Open {
    async fn principal(&self, leadbox: &LeadBox, _: &Parts) -> Result<Principal, Refusal> {
        Ok(Principal::of_host(leadbox.clone(), "Kim"))
    }
}

#[tokio::test]
async fn routes_that_take_files_in_have_longer() {
    const FORM: &str = "multipart/form-data; boundary=lb";
    const PART: &str =
        "--lb\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
    let leadbox = Sandbox::new().unwrap().leadbox;
    let app = |import_time| {
        let limits = Limits { time: Duration::from_millis(20), import_time, ..Limits::default() };
        Admin::new(leadbox.clone()).access(Open).limits(limits).mount(Router::new(), "/ops")
    };
    let (patient, hasty) = (app(Duration::from_secs(60)), app(Duration::from_millis(40)));
    for (path, kind, beginning, end, status) in [
        ("/ops/import", FORM, PART, "Name\r\nAda\r\n--lb--\r\n", 303),
        ("/ops/api/v1/imports", "text/csv", "Name\r\n", "Ada\r\n", 200),
        ("/ops/leads/new", "application/x-www-form-urlencoded", "name=", "Ada", 504),
        ("/ops/api/v1/leads", "application/json", "{\"name\":", "\"Ada\"}", 504),
    ] {
        for (app, status) in [(&patient, status), (&hasty, 504)] {
            let rest = stream::once(async move {
                match status {
                    // It never comes: on a busy machine it might be there as soon as the time is up.
                    504 => std::future::pending::<()>().await,
                    _ => tokio::time::sleep(Duration::from_millis(200)).await,
                }
                end
            });
            let chunks = stream::iter([beginning]).chain(rest).map(Ok::<_, std::io::Error>);
            let request = Request::post(path)
                .header(CONTENT_TYPE, kind)
                .header("sec-fetch-site", "same-origin");
            let request = request.body(Body::from_stream(chunks)).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            let got = answer.status().as_u16();
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            assert_eq!(got, status, "{path}: {}", String::from_utf8_lossy(&body));
        }
    }
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
