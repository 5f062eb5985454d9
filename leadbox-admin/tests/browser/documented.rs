//! `docs/pages.md` says the same as the program: every address has its row, every row its test, every page its line in
//! the grid, and everything that can be done is done by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use leadbox_core::EventType;

use crate::actions::ACTIONS;
use crate::pages::PAGES;
use crate::routes::{plain, routes};

/// What is a file or a socket, and no page to be looked at.
const NO_PAGES: &[&str] = &["GET /leads/export", "GET /import/{}/refused", "GET /live"];

fn text_of(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A row of the table, and what of it programs read.
struct Row {
    line: String,
    requests: Vec<String>,
    logged: Vec<String>,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let table = text_of("../docs/pages.md");
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "{line}");
        let texts = |cell: &str| quoted(cell).map(str::to_owned).collect::<Vec<_>>();
        Row {
            line: line.to_owned(),
            requests: texts(cells[2]).iter().map(|request| plain(request)).collect(),
            logged: texts(cells[4]),
            tests: texts(cells[5]),
        }
    };
    rows.map(row).collect()
}

#[test]
fn every_address_has_its_row_and_every_row_its_address() {
    let mut documented = BTreeSet::new();
    for row in rows() {
        assert!(!row.requests.is_empty(), "no request in {}", row.line);
        documented.extend(row.requests);
    }
    assert_eq!(documented, routes());
}

#[test]
fn every_row_names_tests_that_there_are() {
    for Row { line: row, tests, .. } in rows() {
        assert!(!tests.is_empty(), "no test in {row}");
        for test in tests {
            let (file, name) = test.rsplit_once("::").unwrap_or_else(|| panic!("{test} in {row}"));
            let program = if file.starts_with("browser") { "tests" } else { "tests/dashboard" };
            let text = text_of(&format!("{program}/{}.rs", file.replace("::", "/")));
            let (begins, ends) = match name.strip_suffix("...") {
                Some(begins) => (begins, ""),
                None => (name, "("),
            };
            let found = text.matches(&format!("fn {begins}{ends}")).count();
            assert_eq!(found, 1, "{found} tests are called {test} in {row}");
        }
    }
}

#[test]
fn every_page_is_looked_at_and_every_action_is_done() {
    let looked = PAGES.iter().map(|page| match page.path {
        "" => "GET /".to_owned(),
        path => plain(&format!("GET {path}")),
    });
    let done = ACTIONS.iter().map(|action| plain(action.request));
    let others = NO_PAGES.iter().map(|request| (*request).to_owned());
    let known: BTreeSet<String> = looked.chain(done).chain(others).collect();
    assert_eq!(known, routes());
}

#[test]
fn what_an_action_logs_is_in_its_row() {
    let rows = rows();
    for action in ACTIONS {
        let request = plain(action.request);
        let known = rows.iter().filter(|row| row.requests.contains(&request));
        let known: BTreeSet<&str> = known.flat_map(|row| &row.logged).map(String::as_str).collect();
        for kind in action.logged {
            assert!(known.contains(kind.as_str()), "{kind} is not in the row of {request}");
        }
    }
    let every: BTreeSet<&str> = EventType::CORE.iter().map(EventType::as_str).collect();
    for row in &rows {
        let unknown: Vec<_> =
            row.logged.iter().filter(|one| !every.contains(one.as_str())).collect();
        assert!(unknown.is_empty(), "no event is called {unknown:?}: {}", row.line);
    }
}
