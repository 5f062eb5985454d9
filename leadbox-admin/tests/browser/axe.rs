//! Accessibility as axe-core sees it. Owns bringing it into a page, past the page's own policy, and which rules hold: WCAG
//! 2.2 A and AA, and what axe calls best practice.

use serde_json::{Value, json};

use crate::tab::Tab;

const AXE: &str = include_str!("vendor/axe-core/axe.min.js");

const RUN: &str = "const [within, tags, done] = arguments;
axe.run(within ?? document, { runOnly: tags, resultTypes: ['violations'], preload: false })
  .then((result) => done(result.violations), (error) => done(String(error)));";

const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// What is wrong in the page, or within what a selector finds.
pub async fn violations(tab: &Tab, within: Option<&str>) -> Vec<String> {
    if tab.value("typeof axe").await == "undefined" {
        tab.run(AXE, Vec::new()).await;
    }
    let found = tab.run_async(RUN, vec![json!(within), json!(TAGS)]).await;
    let Value::Array(found) = found else { panic!("axe: {found}") };
    let mut said = Vec::new();
    for violation in &found {
        for node in violation["nodes"].as_array().unwrap() {
            let (rule, at) = (&violation["id"], &node["target"]);
            said.push(format!("axe {rule} at {at}: {}", node["failureSummary"]));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use crate::chrome::browse;
    use crate::house::serve;

    use super::*;
    use axum::Router;
    use axum::response::Html;
    use axum::routing::get;

    #[tokio::test]
    async fn a_page_that_nobody_can_use_is_not_passed() {
        let page = "<!doctype html><title>x</title><img src='data:,'><input>";
        let host = serve(Router::new().route("/", get(async move || Html(page)))).await;
        browse(async |tab| {
            tab.open(&host).await;
            let said = violations(tab, None).await.join("\n");
            for rule in ["image-alt", "label", "html-has-lang", "landmark-one-main"] {
                assert!(said.contains(rule), "{rule} is not among {said}");
            }
        })
        .await;
    }
}
