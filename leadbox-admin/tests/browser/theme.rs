//! The colour theme: the system's until somebody chooses, and then kept for this dashboard alone.

use serde_json::json;

use crate::chrome::browse;
use crate::house::{House, PREFIX, Reader};
use crate::tab::{Tab, key};

async fn shown(tab: &Tab) -> (String, String) {
    let theme = tab.text("document.documentElement.dataset.theme").await;
    (theme, tab.text("getComputedStyle(document.documentElement).backgroundColor").await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chosen_theme_stays_and_differs_from_the_systems() {
    browse(async |tab| {
        let house = House::empty().await;
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": "light" }] });
        tab.cdp("Emulation.setEmulatedMedia", scheme).await;
        tab.resize(1440, 900).await;
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("")).await;
        let (theme, light) = shown(tab).await;
        assert_eq!(theme, "auto");
        tab.click("[data-theme-toggle]").await;
        let (theme, dark) = shown(tab).await;
        assert_eq!(theme, "dark", "the first step is one that is seen");
        assert_ne!(light, dark);
        // The server knows it before anything is drawn.
        tab.without_scripts().await;
        tab.open(&house.address("/leads")).await;
        assert_eq!(shown(tab).await, ("dark".to_owned(), dark));
        let cookies = tab.cdp("Network.getCookies", json!({ "urls": [house.address("")] })).await;
        let cookies = cookies["cookies"].as_array().unwrap();
        let kept = cookies.iter().find(|cookie| cookie["name"] == "lb_theme").unwrap();
        assert_eq!(kept["path"], PREFIX);
        tab.with_scripts().await;
        tab.reload().await;
        tab.click("[data-theme-toggle]").await;
        assert_eq!(shown(tab).await, ("light".to_owned(), light.clone()));
        // One's own page says which it is, and takes another.
        tab.open(&house.address("/profile")).await;
        let checked = "document.querySelector('[data-theme-choice]:checked').value";
        assert_eq!(tab.text(checked).await, "light");
        tab.press_on("[data-theme-choice]:checked", key::LEFT).await;
        assert_eq!(shown(tab).await, ("auto".to_owned(), light));
    })
    .await;
}
