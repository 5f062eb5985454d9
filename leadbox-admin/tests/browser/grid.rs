//! Every page in every shape: light and dark, wide and narrow, full, empty and wrong. Owns the grid, which part of it is
//! looked at, and what a page must not do in any shape.
//!
//! Normally it is a random part, whose seed is printed. `LEADBOX_GRID_SEED=N` repeats that part, `LEADBOX_GRID=all` takes
//! everything, and `LEADBOX_GRID=leads` all shapes of the page of that name.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::time::Instant;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;

use crate::axe;
use crate::chrome::browse;
use crate::hands::{open_everything, point_and_drag, sideways};
use crate::house::{House, Reader, serve};
use crate::pages::{PAGES, Page, Wrong};
use crate::tab::Tab;

/// How many cells are looked at when nothing else is asked for.
const SAMPLE: usize = 40;

const SCHEMES: [&str; 2] = ["light", "dark"];

/// Widths in pixels, each with the height of such a window.
pub const WINDOWS: [(u32, u32); 3] = [(1440, 900), (390, 844), (320, 640)];

/// What there is to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Populated,
    Empty,
    Wrong,
}

/// One page in one shape.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub page: Page,
    pub scheme: &'static str,
    pub window: (u32, u32),
    pub state: State,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, scheme, window: (width, _), state } = self;
        write!(f, "{} {state:?} {scheme} {width}", page.name)
    }
}

/// The dashboards that the cells need.
pub struct Houses {
    populated: House,
    empty: House,
    bare: House,
    fresh: House,
}

impl Houses {
    pub async fn new() -> Self {
        Self {
            populated: House::populated().await,
            empty: House::empty().await,
            bare: House::bare().await,
            fresh: House::fresh().await,
        }
    }

    /// Where a page is as it usually is.
    pub fn populated(&self, path: &str) -> &House {
        if path.contains("{first_run}") { &self.fresh } else { &self.populated }
    }

    fn of(&self, cell: &Cell) -> &House {
        match cell.state {
            State::Empty if self.empty.knows(cell.page.path) => &self.empty,
            State::Empty => &self.bare,
            State::Populated | State::Wrong => self.populated(cell.page.path),
        }
    }

    /// Brings a page into its shape.
    pub async fn show(&self, tab: &Tab, cell: &Cell) {
        let (width, height) = cell.window;
        tab.resize(width, height).await;
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": cell.scheme },
            // What still moves has no colour yet.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        tab.cdp("Emulation.setEmulatedMedia", features).await;
        let house = self.of(cell);
        house.admit(tab, cell.page.reader).await;
        if cell.state != State::Wrong {
            tab.open(&house.address(cell.page.path)).await;
            return;
        }
        match cell.page.wrong {
            Wrong::Broken => tab.open(&house.broken_address(cell.page.path)).await,
            Wrong::At(path) => tab.open(&house.address(path)).await,
            Wrong::Sent(values) => {
                tab.open(&house.address(cell.page.path)).await;
                send(tab, values).await;
            }
        }
    }
}

/// Fills a form in and sends it although the browser would not.
async fn send(tab: &Tab, values: &[(&str, &str)]) {
    let body = "const values = arguments[0];
const forms = [...document.querySelectorAll('main form')];
const form = forms.find((one) => values.every(([name]) => one.elements[name]));
for (const [name, value] of values) form.elements[name].value = value;
form.noValidate = true;
globalThis.before = true;
form.requestSubmit();";
    tab.run(body, vec![json!(values)]).await;
    tab.until("document.readyState === 'complete' && !globalThis.before").await;
}

/// Everything that is wrong with a page in a shape.
async fn complaints(tab: &Tab, houses: &Houses, cell: &Cell) -> Vec<String> {
    tab.noted().await;
    houses.show(tab, cell).await;
    let refused = cell.state == State::Wrong;
    let own = houses.of(cell).own();
    faults(tab, &own, if refused { 400..600 } else { 200..300 }).await
}

/// What is wrong with the page in the tab, which may ask what is below `own` and should have answered so.
async fn faults(tab: &Tab, own: &[String], expected: Range<u64>) -> Vec<String> {
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

/// Every page in every shape that it has.
pub fn everything() -> Vec<Cell> {
    let mut cells = Vec::new();
    for page in PAGES {
        for state in [State::Populated, State::Empty, State::Wrong] {
            // What a stranger sees is the same when there is nothing.
            if state == State::Empty && page.reader == Reader::Stranger {
                continue;
            }
            for scheme in SCHEMES {
                cells.extend(WINDOWS.map(|window| Cell { page: *page, scheme, window, state }));
            }
        }
    }
    cells
}

/// A part of the cells: first one of every page and state, then others, all in an order that follows from the seed.
fn sample(mut cells: Vec<Cell>, seed: u64) -> Vec<Cell> {
    let mut state = seed;
    // Knuth's MMIX generator: it need not be good, it has to be the same everywhere.
    let mut below = |count: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % count
    };
    for place in (1..cells.len()).rev() {
        cells.swap(place, below(place + 1));
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    cells.sort_by_cached_key(|cell| {
        let times = seen.entry(cell.page.name).or_default();
        *times += 1;
        *times
    });
    cells.truncate(SAMPLE);
    cells
}

fn chosen() -> Vec<Cell> {
    let named = env::var("LEADBOX_GRID").unwrap_or_default();
    let mut cells = everything();
    match named.as_str() {
        "all" => {}
        "" => {
            let given = env::var("LEADBOX_GRID_SEED").ok();
            let seed = given.map_or_else(
                || RandomState::new().hash_one(0) % 1_000_000,
                |seed| seed.parse().unwrap(),
            );
            eprintln!("LEADBOX_GRID_SEED={seed}");
            cells = sample(cells, seed);
        }
        name => cells.retain(|cell| cell.page.name == name),
    }
    assert!(!cells.is_empty(), "no page is called {named}");
    cells
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_sound_in_every_shape() {
    let cells = chosen();
    browse(async |tab| {
        let houses = Houses::new().await;
        let began = Instant::now();
        let mut pages: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for cell in &cells {
            let said = complaints(tab, &houses, cell).await;
            let (shapes, complaints) = pages.entry(cell.page.name).or_default();
            *shapes += 1;
            *complaints += said.len();
            for one in said {
                println!("- {cell}: {one}");
            }
        }
        for (page, (shapes, complaints)) in &pages {
            println!("- {page}: {shapes} shapes, {complaints} complaints");
        }
        println!("- all: {} shapes in {} s", cells.len(), began.elapsed().as_secs());
        let all: usize = pages.values().map(|(_, complaints)| complaints).sum();
        assert_eq!(all, 0, "see above");
    })
    .await;
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
