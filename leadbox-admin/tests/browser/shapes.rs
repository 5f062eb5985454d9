//! A page in one of its shapes: light or dark, wide or narrow, full, empty or wrong. Owns which shapes there are and how a
//! page is brought into one; knows nothing of what is then looked at.

use std::fmt;

use serde_json::json;

use crate::house::{House, Reader};
use crate::pages::{PAGES, Page, Wrong};
use crate::tab::Tab;

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

/// An editor asks by itself what its script would do, and the page is there once it knows.
const TRIED: &str = "!document.querySelector('form[data-editor]')
    || (document.querySelector('.ink') && !document.querySelector('[data-tried][aria-busy]'))";

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
        match path {
            // Where leads are offered there are none.
            _ if path.starts_with("/welcome") => &self.empty,
            _ if path.contains("{first_run}") => &self.fresh,
            _ => &self.populated,
        }
    }

    /// Where a page has its shape.
    pub fn of(&self, cell: &Cell) -> &House {
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
            tab.until(TRIED).await;
            return;
        }
        match cell.page.wrong {
            Wrong::Broken => tab.open(&house.broken_address(cell.page.path)).await,
            Wrong::Denied => {
                house.admit(tab, Reader::Petra).await;
                tab.open(&house.address(cell.page.path)).await;
            }
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
