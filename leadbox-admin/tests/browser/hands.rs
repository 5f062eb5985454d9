//! What a restless visitor does to a page: points at everything, drags what can be dragged, opens every menu, dialog and
//! disclosure by the keyboard, and leaves it again. Owns finding these, and complains when the focus does not come back.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::axe;
use crate::tab::{Tab, key};

/// What opens something that is not open yet, in the order of the page; each gets a mark by which it is found again.
const OPENERS: &str = "const [within] = arguments;
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
const root = within ? document.querySelector(within) : document;
const openers = '[popovertarget], [aria-haspopup], [data-opens], summary, button[data-confirm], form[data-confirm] button';
globalThis.marked ??= 0;
const open = (element) => element.matches('details[open] > summary');
return [...root.querySelectorAll(openers)].filter((one) => seen(one) && !open(one)).map((element) => {
  element.dataset.mark ??= String(++marked);
  return { mark: element.dataset.mark, name: element.outerHTML.slice(0, 120), summary: element.matches('summary') };
});";

/// What is open, the latest last.
const OPEN: &str = "[...document.querySelectorAll('dialog[open], details[open], :popover-open')].filter((one) => one.checkVisibility())";

const FOCUS: &str = "const element = document.querySelector(`[data-mark=\"${arguments[0]}\"]`);
// What a form still lacks is not what is looked at here.
if (element.form) element.form.noValidate = true;
element.scrollIntoView({ block: 'nearest' });
element.focus();";

/// The middle of everything that answers to the pointer.
const PLACES: &str = "const places = [];
for (const element of document.querySelectorAll(arguments[0])) {
  const box = element.getBoundingClientRect();
  const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
  if (box.width && box.height && x > 0 && y > 0 && x < innerWidth && y < innerHeight) places.push([x, y]);
}
return places;";

const ANSWERS: &str = "a, button, input, select, textarea, summary, label, tbody tr, [tabindex]";
const MOVES: &str = "[draggable='true'], [data-drag]";

/// Something that opens something.
#[derive(Debug, Deserialize)]
struct Opener {
    mark: String,
    /// How it begins in the page.
    name: String,
    /// Whether it opens what it belongs to, which Escape does not close.
    summary: bool,
}

/// The most places that are pointed at on one page.
const MOST: usize = 60;

async fn places(tab: &Tab, selector: &str) -> Vec<(i64, i64)> {
    let found = tab.run(PLACES, vec![json!(selector)]).await;
    let mut places: Vec<(i64, i64)> = serde_json::from_value(found).unwrap();
    let step = places.len().div_ceil(MOST).max(1);
    places = places.into_iter().step_by(step).collect();
    places
}

/// Points at everything, over charts along their length, and drags what can be dragged.
pub async fn point_and_drag(tab: &Tab) {
    let size = tab.value("[innerWidth, innerHeight, document.documentElement.scrollHeight]").await;
    let [width, height, full]: [u32; 3] = serde_json::from_value(size).unwrap();
    // In a window as high as the page, all of it can be pointed at.
    tab.resize(width, full.max(height)).await;
    let mut all = places(tab, ANSWERS).await;
    for (x, y) in places(tab, ".plot").await {
        all.extend((-4..=4).map(|step| (x + step * 30, y)));
    }
    all.retain(|(x, _)| *x > 0);
    tab.hover(&all).await;
    let grips = places(tab, MOVES).await;
    for (grip, other) in grips.iter().zip(grips.iter().skip(1)) {
        tab.drag(&[*grip, *other, *grip]).await;
    }
    tab.resize(width, height).await;
}

async fn openers(tab: &Tab, within: Value) -> Vec<Opener> {
    serde_json::from_value(tab.run(OPENERS, vec![within]).await).unwrap()
}

async fn open_now(tab: &Tab) -> u64 {
    tab.value(&format!("{OPEN}.length")).await.as_u64().unwrap()
}

/// Opens and leaves everything that can be opened, also what is inside of it, and says what is wrong with it.
pub async fn open_everything(tab: &Tab) -> Vec<String> {
    let mut said = Vec::new();
    for opener in openers(tab, Value::Null).await {
        if !open(tab, &opener, &mut said).await {
            continue;
        }
        let inside = "[data-opened]";
        tab.run(&format!("{OPEN}.at(-1).dataset.opened = ''"), Vec::new()).await;
        said.extend(axe::violations(tab, Some(inside)).await);
        said.extend(sideways(tab).await);
        for opener in openers(tab, json!(inside)).await.into_iter().filter(|one| !one.summary) {
            if open(tab, &opener, &mut said).await {
                said.extend(sideways(tab).await);
                leave(tab, &opener, &mut said).await;
            }
        }
        let unmark = "document.querySelector('[data-opened]')?.removeAttribute('data-opened')";
        tab.run(unmark, Vec::new()).await;
        leave(tab, &opener, &mut said).await;
    }
    said
}

/// Opens one by the keyboard; whether it is open then.
async fn open(tab: &Tab, opener: &Opener, said: &mut Vec<String>) -> bool {
    let before = open_now(tab).await;
    tab.run(FOCUS, vec![json!(opener.mark)]).await;
    tab.press(key::ENTER).await;
    tab.settle().await;
    let is_open = open_now(tab).await > before;
    if !is_open {
        said.push(format!("the Enter key does not open {}", opener.name));
    }
    is_open
}

/// Leaves it by the keyboard, and looks where the focus went.
async fn leave(tab: &Tab, opener: &Opener, said: &mut Vec<String>) {
    let before = open_now(tab).await;
    let leaves = if opener.summary { key::ENTER } else { key::ESCAPE };
    tab.press(leaves).await;
    tab.settle().await;
    if open_now(tab).await >= before {
        said.push(format!("the Escape key does not leave what {} opened", opener.name));
    }
    let focused = tab.value("document.activeElement?.dataset.mark ?? ''").await;
    if focused != opener.mark {
        said.push(format!("the focus does not return to {}", opener.name));
    }
}

/// Whether the page itself scrolls to the side, and what sticks out.
pub async fn sideways(tab: &Tab) -> Option<String> {
    let body = "const width = document.documentElement.clientWidth;
if (document.scrollingElement.scrollWidth <= width) return null;
const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > width + 0.5);
return `the page is ${document.scrollingElement.scrollWidth} wide in a window of ${width}: ` +
  wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 100)).join(' | ');";
    tab.run(body, Vec::new()).await.as_str().map(str::to_owned)
}
