//! Every page in every shape. Owns which of them are looked at, and what is reported.
//!
//! Normally it is a random part, whose seed is printed. `LEADBOX_GRID_SEED=N` repeats that part, `LEADBOX_GRID=all` takes
//! everything, and `LEADBOX_GRID=leads` all shapes of the page of that name.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use crate::chrome::browse;
use crate::faults::faults;
use crate::pages::PAGES;
use crate::shapes::{Cell, Houses, State, everything};
use crate::tab::Tab;

/// How many cells are looked at when nothing else is asked for.
const SAMPLE: usize = 40;

/// A part of the cells: each page as often as any other, in an order that follows from the seed.
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
    let mut rounds: Vec<(usize, Cell)> = Vec::with_capacity(cells.len());
    for cell in cells {
        let round = seen.entry(cell.page.name).or_default();
        rounds.push((*round, cell));
        *round += 1;
    }
    rounds.sort_by_key(|(round, _)| *round);
    rounds.into_iter().map(|(_, cell)| cell).take(SAMPLE).collect()
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

/// Everything that is wrong with a page in a shape.
async fn complaints(tab: &Tab, houses: &Houses, cell: &Cell) -> Vec<String> {
    tab.noted().await;
    houses.show(tab, cell).await;
    let refused = cell.state == State::Wrong;
    let own = houses.of(cell).own();
    faults(tab, &own, if refused { 400..600 } else { 200..300 }).await
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

#[test]
fn a_part_has_every_page_and_follows_from_its_seed() {
    let names =
        |seed| sample(everything(), seed).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(7), names(7));
    assert_ne!(names(7), names(8));
    let pages: BTreeSet<&str> = sample(everything(), 7).iter().map(|cell| cell.page.name).collect();
    assert_eq!(pages.len(), PAGES.len().min(SAMPLE));
}
