//! Pages in a browser that runs nothing of them: they read the same, and show no control that would do nothing. What is
//! done on them without scripts is in `actions.rs`.

use crate::chrome::browse;
use crate::house::Reader;
use crate::pages::PAGES;
use crate::shapes::{Cell, Houses, State, WINDOWS};
use crate::tab::Tab;

/// Controls that scripts alone answer to, and that are to be seen all the same.
const DEAD: &str = "const dead = '.js-only, [data-theme-toggle], [data-copy], [data-close], [data-dismiss], button[type=button]:not([popovertarget])';
return [...document.querySelectorAll(dead)].filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 120));";

async fn heading(tab: &Tab) -> String {
    tab.text("document.querySelector('main h1').textContent").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_reads_the_same_without_scripts() {
    browse(async |tab| {
        let houses = Houses::new().await;
        // What scripts alone do is gone, and what they ask for by themselves, and nothing else.
        let read = "document.querySelectorAll('.js-only, [data-tried]').forEach((one) => one.remove()) ?? \
                    document.querySelector('main').innerText";
        for window in [WINDOWS[0], WINDOWS[1]] {
            for page in PAGES {
                let cell = Cell { page: *page, scheme: "light", window, state: State::Populated };
                tab.with_scripts().await;
                houses.show(tab, &cell).await;
                let (expected, text) = (heading(tab).await, tab.text(read).await);
                tab.without_scripts().await;
                tab.reload().await;
                assert!(!expected.is_empty(), "{cell}");
                assert_eq!(heading(tab).await, expected, "{cell}");
                let dead = tab.run(DEAD, Vec::new()).await;
                assert_eq!(dead, serde_json::json!([]), "{cell}");
                // Nothing but the box that ticks all rows is gone.
                let text = text.replace("Select all on this page\n", "");
                assert_eq!(tab.text(read).await, text, "{cell}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_the_menu_is_a_page() {
    browse(async |tab| {
        let houses = Houses::new().await;
        let house = houses.populated("");
        house.admit(tab, Reader::Ana).await;
        tab.without_scripts().await;
        tab.resize(390, 844).await;
        tab.open(&house.address("/leads")).await;
        tab.click("[data-menu]").await;
        assert_eq!(heading(tab).await, "Menu");
        tab.click("main a[href$='/system']").await;
        assert_eq!(heading(tab).await, "System");
        // The browser opens it by itself.
        tab.resize(1440, 900).await;
        tab.click("[popovertarget='me-menu']").await;
        tab.click("#me-menu a[href$='/profile']").await;
        assert_eq!(heading(tab).await, "Your profile");
    })
    .await;
}
