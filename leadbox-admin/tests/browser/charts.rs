//! The cursor over a chart, on a page made for it: which keys move it, and which stay the browser's own.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use leadbox_admin::Admin;
use leadbox_core::testing::Sandbox;

use crate::chrome::browse;
use crate::house::serve;
use crate::tab::key;

const PAGE: &str = "<!doctype html><html lang=en><title>Chart</title><body>
<figure data-chart=line data-max=10><div class=plot tabindex=0><svg class=g width=300 height=90></svg></div>
<table class=astable><thead><tr><th>Day<th>Leads</thead>
<tbody><tr><td>Mon<td data-v=2>2<tr><td>Tue<td data-v=5>5<tr><td>Wed<td data-v=9>9</table></figure>
<script>addEventListener('keydown', (event) => { globalThis.keyIsFree = !event.defaultPrevented; });</script>
<script type=module src=/x/assets/0/app.js></script>";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrow_keys_move_the_cursor_unless_another_key_is_held() {
    let sandbox = Sandbox::new().unwrap();
    let host = Router::new().route("/chart", get(async || Html(PAGE)));
    let host = serve(Admin::new(sandbox.leadbox).mount(host, "/x")).await;
    browse(async |tab| {
        tab.open(&format!("{host}/chart")).await;
        tab.until("document.querySelector('.tip')").await;
        tab.press_on(".plot", key::LEFT).await;
        assert_eq!(tab.text("document.querySelector('.tip').textContent").await, "WedLeads9");
        tab.press(key::LEFT).await;
        assert_eq!(tab.text("document.querySelector('.tip').textContent").await, "TueLeads5");
        tab.press_with(key::ALT, key::LEFT).await;
        let shown = tab.text("document.querySelector('.tip').textContent").await;
        assert_eq!(shown, "TueLeads5", "Alt and an arrow is the browser's way back");
        assert_eq!(tab.value("keyIsFree").await, true);
    })
    .await;
}
