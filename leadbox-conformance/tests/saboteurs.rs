//! The suite tests itself: every saboteur is noticed by some case, and the honest storage by none. Also: every case that is
//! written is in the list.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use leadbox_conformance::saboteurs::{Fault, Saboteur};
use leadbox_conformance::{Case, cases};
use leadbox_core::MemoryStorage;
use leadbox_core::storage::Storage;

/// Whether the storage keeps the promise of this case.
fn holds(case: &Case, storage: Arc<dyn Storage>) -> bool {
    catch_unwind(AssertUnwindSafe(|| case.run(|| async { storage }))).is_ok()
}

/// The first case that notices the fault; those that look through everything come first.
fn noticed_by(fault: Fault) -> Option<Case> {
    let mut cases = cases();
    cases.sort_by_key(|case| case.topic != "changes");
    cases.into_iter().find(|case| !holds(case, Arc::new(Saboteur::new(fault))))
}

#[test]
fn every_saboteur_is_noticed() {
    // Their panics are expected; only what is missing shall be read.
    std::panic::set_hook(Box::new(|_| {}));
    let faults = Fault::all();
    let halves = faults.len().div_ceil(2);
    let noticed: Vec<(Fault, Option<Case>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = faults
            .chunks(halves)
            .map(|faults| {
                let look = |fault: &Fault| (*fault, noticed_by(*fault));
                scope.spawn(move || faults.iter().map(look).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let _ = std::panic::take_hook();
    let mut missed = Vec::new();
    for (fault, case) in &noticed {
        match case {
            Some(case) => println!("{fault}: {}::{}", case.topic, case.name),
            None => missed.push(fault.to_string()),
        }
    }
    assert!(missed.is_empty(), "no case notices these: {missed:#?}");
}

#[test]
fn the_honest_storage_passes_every_case() {
    for case in cases() {
        let honest: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        case.run(|| async { honest });
    }
}

#[test]
fn every_case_that_is_written_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cases");
    let mut written = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let topic = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        for (begin, _) in source.match_indices("\npub async fn ") {
            let rest = &source[begin + "\npub async fn ".len()..];
            let (name, rest) = rest.split_once('(').unwrap();
            if rest.trim_start().starts_with("storage:") {
                written.insert(format!("{topic}::{name}"));
            }
        }
    }
    let listed: BTreeSet<String> =
        cases().iter().map(|case| format!("{}::{}", case.topic, case.name)).collect();
    assert_eq!(written, listed);
}
