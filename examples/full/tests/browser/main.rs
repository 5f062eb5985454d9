//! The host and its dashboards in a real browser, which holds each page to its policy.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../../../leadbox-admin/tests/browser/chrome.rs"]
mod chrome;
#[expect(dead_code, reason = "it belongs to the dashboard's own tests")]
#[path = "../../../../leadbox-admin/tests/browser/tab.rs"]
mod tab;

use std::net::SocketAddr;

use leadbox_core::testing::Sandbox;
use leadbox_full::{Host, Staff, app};
use serde_json::json;
use tokio::net::TcpListener;

use crate::chrome::browse;
use crate::tab::Tab;

/// Nothing was refused, and nobody complained.
async fn is_calm(tab: &Tab) {
    let page = tab.address().await;
    assert_eq!(tab.refused_by_policy().await, json!([]), "{page}");
    assert_eq!(tab.console().await, Vec::<String>::new(), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_contact_form_to_the_dashboard_nothing_is_refused() {
    let sandbox = Sandbox::new().unwrap();
    let mut staff = Staff::default();
    let [director, ..] = Staff::example();
    let code = staff.admit(director, sandbox.leadbox.new_secret());
    let service = app(Host::new(sandbox.leadbox.clone(), staff));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });

    browse(async |tab| {
        tab.open(&host).await;
        is_calm(tab).await;
        tab.click("main a[href='/tideline']").await;
        is_calm(tab).await;
        tab.give("name", "Ada Byron").await;
        tab.give("email", "ada@boats.example").await;
        tab.give("message", "A ketch, please").await;
        tab.click("main button").await;
        tab.until("document.querySelector('[role=status]')").await;
        is_calm(tab).await;

        tab.open(&format!("{host}/tideline/desk")).await;
        assert_eq!(tab.address().await, format!("{host}/sign-in?to=/tideline/desk"));
        is_calm(tab).await;
        tab.give("code", &code).await;
        tab.click("main button").await;
        tab.until("document.querySelector('h1')?.textContent === 'Overview'").await;
        assert_eq!(tab.address().await, format!("{host}/tideline/desk"));
        is_calm(tab).await;
        tab.click("#latest-leads a.lead").await;
        tab.until("document.querySelector('h1')?.textContent === 'Ada Byron'").await;
        is_calm(tab).await;
        tab.open(&format!("{host}/fernwood/desk/leads")).await;
        assert!(tab.text("document.body.textContent").await.contains("Fernwood Saunas"));
        is_calm(tab).await;
        tab.open(&host).await;
        tab.click("header button").await;
        tab.until("document.querySelector(\"header a[href='/sign-in']\")").await;
        is_calm(tab).await;
    })
    .await;
}
