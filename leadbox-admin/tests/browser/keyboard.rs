//! The keyboard alone: everything can be reached, seen where one is, done and left again.

use std::collections::BTreeSet;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use crate::chrome::browse;
use crate::house::{ANA, Reader, serve};
use crate::pages::PAGES;
use crate::shapes::{Cell, Houses, State, WINDOWS};
use crate::support::PASSWORD;
use crate::tab::{Tab, key};

/// The most stops that a way through a page has.
const MOST: usize = 250;

/// Where the focus is, and whether one sees it.
#[derive(Debug, Deserialize)]
struct Stop {
    /// Which of the page's elements; -1 where nothing has the focus.
    place: i64,
    name: String,
    /// What is wrong with it; empty when nothing is.
    fault: String,
}

const STOP: &str = "const element = document.activeElement;
if (!element || element === document.body) return { place: -1, name: '', fault: '' };
const place = [...document.querySelectorAll('*')].indexOf(element);
const name = element.outerHTML.slice(0, 120);
const style = getComputedStyle(element);
if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) return { place, name, fault: 'has no visible focus' };
const box = element.getClientRects()[0];
const [left, right] = [Math.max(0, box.left), Math.min(innerWidth, box.right)];
const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
if (left >= right || top >= bottom) return { place, name, fault: 'is outside the window' };
const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
const seen = hit && (element.contains(hit) || hit.closest('label')?.control === element);
return { place, name, fault: seen ? '' : `lies under ${hit?.outerHTML.slice(0, 80)}` };";

/// Everything on the page that the Tab key should reach.
const REACHABLE: &str = "const every = [...document.querySelectorAll('*')];
const stops = 'a[href], button, input, select, textarea, summary, [tabindex=\"0\"]';
return every.map((one, place) => [one, place])
  .filter(([one]) => one.matches(stops) && one.tabIndex >= 0 && !one.disabled && one.type !== 'radio')
  .filter(([one]) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0)
  .map(([, place]) => place);";

async fn stop(tab: &Tab) -> Stop {
    serde_json::from_value(tab.run(STOP, Vec::new()).await).unwrap()
}

/// Presses Tab until the focus is on what a selector finds; every stop on the way has to be seen.
async fn tab_to(tab: &Tab, selector: &str) {
    let there = format!("document.activeElement.matches({})", json!(selector));
    let mut before = -1;
    for _ in 0..MOST {
        tab.press(key::TAB).await;
        let stop = stop(tab).await;
        // Within one control the browser shows by itself in which part one is.
        if stop.place != before {
            assert_eq!(stop.fault, "", "{}", stop.name);
        }
        before = stop.place;
        if tab.value(&there).await == true {
            return;
        }
    }
    panic!("the Tab key never reaches {selector} on {}", tab.address().await);
}

/// Presses Tab from the top of the page until everything was reached, and says what was not, or not seen.
async fn walk(tab: &Tab) -> Vec<String> {
    let mut faults = Vec::new();
    let reachable = tab.run(REACHABLE, Vec::new()).await;
    let reachable: BTreeSet<i64> = serde_json::from_value(reachable).unwrap();
    let mut reached = BTreeSet::new();
    for _ in 0..MOST {
        tab.press(key::TAB).await;
        let stop = stop(tab).await;
        // The parts of a date are stops in one and the same element.
        let known = !reached.insert(stop.place);
        if stop.place < 0 || (known && reachable.is_subset(&reached)) {
            break;
        }
        if !known && !stop.fault.is_empty() {
            faults.push(format!("{} {}", stop.name, stop.fault));
        }
    }
    let missed = reachable.difference(&reached).count();
    if missed > 0 {
        faults.push(format!("{missed} of {} are not reached", reachable.len()));
    }
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_key_reaches_everything_and_one_sees_where_one_is() {
    browse(async |tab| {
        let houses = Houses::new().await;
        let mut faults = Vec::new();
        for page in PAGES {
            for window in [WINDOWS[0], WINDOWS[1]] {
                let cell = Cell { page: *page, scheme: "light", window, state: State::Populated };
                houses.show(tab, &cell).await;
                faults.extend(walk(tab).await.iter().map(|fault| format!("{cell}: {fault}")));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hidden_stop_and_a_trap_are_found_out() {
    let page = "<!doctype html><title>x</title><style>.cover { position: fixed; inset: 0 0 50% 0; background: #fff }
        button:focus { outline: 2px solid } a:focus { outline: none }</style><button>Under</button><div class=cover></div>
        <p style='margin-top: 80vh'><a href='/'>Unseen</a> <button onkeydown='event.preventDefault()'>Trap</button>
        <button>Behind</button>";
    let host = serve(Router::new().route("/", get(async move || Html(page)))).await;
    browse(async |tab| {
        tab.open(&host).await;
        let said = walk(tab).await.join("\n");
        for fault in [
            "<button>Under</button> lies under <div class=\"cover\"",
            "<a href=\"/\">Unseen</a> has no visible focus",
            "1 of 4 are not reached",
        ] {
            assert!(said.contains(fault), "{fault} is not among {said}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_days_work_takes_no_pointer() {
    browse(async |tab| {
        tab.resize(1440, 900).await;
        let houses = Houses::new().await;
        let house = houses.populated("");
        tab.open(&house.address("/sign-in")).await;
        tab_to(tab, "#email").await;
        tab.press(ANA).await;
        tab_to(tab, "#password").await;
        tab.press(PASSWORD).await;
        tab.press(key::ENTER).await;
        tab.until("document.querySelector('h1')?.textContent === 'Overview'").await;

        tab_to(tab, ".skip").await;
        tab.press(key::ENTER).await;
        tab.until("document.activeElement.id === 'main'").await;

        tab.press("/").await;
        tab.until("document.activeElement.id === 'q'").await;
        tab.press("montalb").await;
        tab.press(key::ENTER).await;
        tab.until("location.search.includes('q=montalb') && document.querySelector('a.lead')")
            .await;
        tab_to(tab, "a.lead").await;
        let name = tab.text("document.activeElement.textContent").await;
        tab.press(key::ENTER).await;
        tab.until(&format!("document.querySelector('h1').textContent === {}", json!(name))).await;

        let stage = "document.querySelector('#stage').selectedOptions[0].textContent";
        let before = tab.text(stage).await;
        tab_to(tab, "#stage").await;
        tab.press(key::DOWN).await;
        let chosen = tab.text(stage).await;
        assert_ne!(chosen, before);
        tab_to(tab, "#stage + button").await;
        tab.press(key::ENTER).await;
        let moved =
            format!("document.querySelector('.timeline ins')?.textContent === {}", json!(chosen));
        tab.until(&moved).await;

        tab_to(tab, ".side a[href$='/leads']").await;
        tab.press(key::ENTER).await;
        tab.until("document.querySelector('h1').textContent === 'All leads'").await;
        tab_to(tab, "a[href$='/leads/new']").await;
        tab.press(key::ENTER).await;
        tab.until("document.querySelector('#name')").await;
        tab_to(tab, "#name").await;
        tab.press("Ada Byron").await;
        tab_to(tab, "main .btn.primary").await;
        tab.press(key::SPACE).await;
        tab.until("document.querySelector('h1').textContent === 'Ada Byron'").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn menus_are_walked_and_left_by_keys_and_the_focus_returns() {
    browse(async |tab| {
        let houses = Houses::new().await;
        let house = houses.populated("");
        house.admit(tab, Reader::Ana).await;
        tab.resize(1440, 900).await;
        tab.open(&house.address("/keys")).await;
        tab_to(tab, "[popovertarget='me-menu']").await;
        tab.press(key::ENTER).await;
        tab.until("document.querySelector('#me-menu:popover-open')").await;
        tab.press(key::DOWN).await;
        assert_eq!(tab.text("document.activeElement.textContent").await, "Your profile");
        tab.press(key::DOWN).await;
        assert_eq!(tab.text("document.activeElement.textContent").await, "Sign out");
        tab.press(key::ESCAPE).await;
        tab.until("!document.querySelector(':popover-open')").await;
        tab.until("document.activeElement.matches('[popovertarget]')").await;

        // What cannot be undone is asked about first, and No is what one gets without looking.
        tab_to(tab, "button[data-confirm]").await;
        tab.press(key::ENTER).await;
        tab.until("document.querySelector('dialog[open]')").await;
        assert_eq!(tab.text("document.activeElement.textContent").await, "Cancel");
        tab.press(key::ENTER).await;
        tab.until("!document.querySelector('dialog[open]')").await;
        tab.until("document.activeElement.matches('button[data-confirm]')").await;

        tab.resize(390, 844).await;
        tab.open(&house.address("")).await;
        tab_to(tab, "[data-menu]").await;
        tab.press(key::SPACE).await;
        tab.until("document.querySelector('dialog.drawer[open]')").await;
        for _ in 0..20 {
            tab.press(key::TAB).await;
            let outside = "document.activeElement.closest('.col') !== null";
            assert_eq!(tab.value(outside).await, false, "the page behind it takes no focus");
        }
        tab.press_with(key::SHIFT, key::TAB).await;
        tab.press(key::ESCAPE).await;
        tab.until("!document.querySelector('dialog[open]')").await;
        tab.until("document.activeElement.matches('[data-menu]')").await;
    })
    .await;
}
