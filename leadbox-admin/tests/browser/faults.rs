//! What a page must not do, in any shape: what axe finds, ask others, meet its own policy, scroll to the side, complain in
//! the console, open what cannot be left. Owns gathering all that; knows nothing of which page it is.

use std::ops::Range;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::axe;
use crate::chrome::browse;
use crate::hands::{open_everything, point_and_drag, sideways};
use crate::house::serve;
use crate::tab::Tab;

/// What is wrong with the page in the tab, which may ask what is below `own` and should have answered so.
pub async fn faults(tab: &Tab, own: &[String], expected: Range<u64>) -> Vec<String> {
    let page = tab.address().await;
    let mut said = axe::violations(tab, None).await;
    said.extend(sideways(tab).await);
    point_and_drag(tab).await;
    said.extend(open_everything(tab).await);
    said.extend(sideways(tab).await);

    let refused = tab.refused_by_policy().await;
    said.extend(refused.as_array().unwrap().iter().map(|one| format!("policy: {one}")));
    let noted = tab.noted().await;
    // Pictures of the browser's own controls and its own first page have no host.
    let builtin = |url: &str| url.starts_with("data:") || url.starts_with("chrome:");
    let below = |url: &str, base: &str| url.strip_prefix(base).is_some_and(is_path);
    let inside = |url: &str| builtin(url) || own.iter().any(|base| below(url, base));
    let outside = noted.asked.iter().filter(|one| !inside(&one.url));
    said.extend(outside.map(|one| format!("it asks {}", one.url)));
    let mut status = 0;
    for (url, answer) in &noted.answered {
        if *url == page {
            status = *answer;
        } else if *answer >= 400 && url.contains("/assets/") {
            said.push(format!("{url} answers {answer}"));
        }
    }
    if !expected.contains(&status) {
        said.push(format!("{page} answers {status}"));
    }
    // That a page answers with an error was asked for; that the page before it had unsaved input, is that page's matter.
    let known = |line: &String| {
        (expected.contains(&400) && line.contains("status of "))
            || (line.starts_with("\"intervention\"") && line.contains("'beforeunload'"))
    };
    let console = tab.console().await.into_iter().filter(|line| !known(line));
    said.extend(console.map(|line| format!("console {line}")));
    said
}

/// Whether it goes on below what was cut off in front of it.
fn is_path(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '?'])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_misbehaves_is_found_out() {
    let wide = "W".repeat(400);
    let page = format!(
        "<!doctype html><html lang='en'><title>x</title><main><h1 style='color: red'>{wide}</h1>\
         <img src='http://127.0.0.1:9/pixel.png' alt='x'><script>1</script>\
         <button popovertarget='none'>Open</button><button aria-haspopup='dialog' disabled>No</button></main></html>"
    );
    let policy = [("content-security-policy", "default-src 'self'; img-src *")];
    let answer = get(async move || (policy, Html(page)));
    let host = serve(Router::new().route("/own", answer)).await;
    browse(async |tab| {
        tab.resize(390, 844).await;
        tab.open(&format!("{host}/own")).await;
        let said = faults(tab, &[format!("{host}/own")], 400..600).await.join("\n");
        for fault in [
            "style-src-attr refused",
            "script-src-elem refused",
            "it asks http://127.0.0.1:9/pixel.png",
            "/favicon.ico",
            "wide in a window of 390",
            "does not open <button popovertarget",
            "answers 200",
            "console \"security\"",
        ] {
            assert!(said.contains(fault), "{fault} is not among {said}");
        }
    })
    .await;
}
