//! Kept counts: equal to a scan after every commit, whatever it did.

use std::collections::BTreeMap;
use std::sync::Arc;

use leadbox_core::rollup::{Cell, Sums, compare};
use leadbox_core::storage::Storage;
use leadbox_core::{Days, Lead, OnConflict, Scope, Tenant, Version};

use crate::fixtures::{World, at};
use crate::random::{self, Dice};

/// Fails unless what is kept is what a scan gives, and what readers are shown.
pub async fn counts_hold(world: &World) -> BTreeMap<Cell, i64> {
    let counts = world.storage.verify_counts(world.tenant).await.unwrap();
    assert_eq!(compare(&counts.kept, &counts.counted), [], "kept counts differ from a scan");
    let shown = world.storage.lead_counts(&world.scope()).await.unwrap();
    assert!(shown.values().all(|n| *n != 0), "cells that count 0 are missing");
    assert_eq!(compare(&shown, &counts.counted), [], "readers are shown something else");
    shown
}

fn expected(leads: &[Lead]) -> BTreeMap<Cell, i64> {
    let mut cells = BTreeMap::new();
    for cell in leads.iter().filter_map(Cell::of) {
        *cells.entry(cell).or_default() += 1;
    }
    cells
}

pub async fn an_empty_storage_counts_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    assert!(counts_hold(&world).await.is_empty());
}

pub async fn a_lead_counts_where_it_is_and_moves(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.source.name = Some("web ü".to_owned());
    let mut twin = world.lead();
    twin.source.name.clone_from(&lead.source.name);
    let (mut lead, twin) = (world.stored(lead).await, world.stored(twin).await);
    assert_eq!(counts_hold(&world).await, expected(&[lead.clone(), twin.clone()]));
    type Edit<'a> = Box<dyn Fn(&mut Lead) + Send + Sync + 'a>;
    let owner = random::owner(1);
    let edits: [Edit<'_>; 8] = [
        Box::new(|lead| lead.completeness = 1),
        Box::new(|lead| lead.stage = world.stage(1)),
        Box::new(|lead| lead.owner = Some(owner)),
        Box::new(|lead| lead.source.name = None),
        Box::new(|lead| lead.created_on = at(86_400 * 40).date_naive()),
        Box::new(|lead| lead.deleted_at = Some(at(9))),
        Box::new(|lead| lead.stage = world.stage(2)),
        Box::new(|lead| lead.deleted_at = None),
    ];
    for (step, edit) in edits.iter().enumerate() {
        let after = world.edited(&lead, edit);
        world.commit(vec![world.update(&lead, &after)]).await;
        lead = after;
        let all = [lead.clone(), twin.clone()];
        assert_eq!(counts_hold(&world).await, expected(&all), "after edit {step}");
    }
}

pub async fn a_scope_counts_what_it_sees(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut leads = Vec::new();
    for owner in [Some(0), Some(1), None, Some(0)] {
        let mut lead = world.lead();
        lead.owner = owner.map(random::owner);
        leads.push(world.stored(lead).await);
    }
    let other = world.of_tenant(2);
    let mut foreign = other.lead();
    foreign.owner = Some(random::owner(0));
    other.stored(foreign).await;
    for owners in [vec![], vec![0], vec![1], vec![0, 1], vec![7]] {
        let scope = Scope::owned_by(world.tenant, owners.into_iter().map(random::owner));
        let seen: Vec<Lead> =
            leads.iter().filter(|lead| scope.sees(lead.tenant, lead.owner)).cloned().collect();
        let counts = world.storage.lead_counts(&scope).await.unwrap();
        assert_eq!(counts, expected(&seen), "{scope:?}");
    }
    assert_eq!(counts_hold(&world).await.values().sum::<i64>(), 4);
    assert_eq!(counts_hold(&other).await.values().sum::<i64>(), 1);
    let nobody = Scope::owned_by(world.tenant, [Cell::NOBODY]);
    let counts = world.storage.lead_counts(&nobody).await.unwrap();
    assert!(counts.is_empty(), "leads without an owner are nobody's");
    assert!(world.storage.lead_counts(&Scope::all(Tenant(3))).await.unwrap().is_empty());
}

pub async fn counts_equal_a_scan_after_random_changes(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let world = World::new(storage);
    let mut leads: Vec<Lead> = Vec::new();
    for round in 0..40 {
        let mut changes = Vec::new();
        let mut touched = Vec::new();
        for _ in 0..dice.below(6) {
            let lead = random::lead(&world, &mut dice);
            changes.push(world.insert(&lead));
            touched.push((None, lead));
        }
        let mut free: Vec<usize> = (0..leads.len()).collect();
        for _ in 0..dice.below(6).min(free.len()) {
            let index = free.swap_remove(dice.below(free.len()));
            let before = leads[index].clone();
            let other = random::lead(&world, &mut dice);
            let after = world.edited(&before, |lead| {
                *lead = Lead { id: lead.id, version: lead.version, ..other };
                lead.deleted_at = dice.percent(25).then(|| at(60));
            });
            let mut expects = before.clone();
            if dice.percent(30) {
                expects.version = Version(1000);
            }
            changes.push(world.update(&expects, &after));
            touched.push((Some(index), after));
        }
        let on_conflict = if dice.percent(50) { OnConflict::Skip } else { OnConflict::Fail };
        let set = world.set_with(on_conflict, changes);
        if let Ok(committed) = world.storage.commit(&set).await {
            for (index, after) in touched {
                if committed.skipped.iter().any(|skipped| skipped.lead == after.id) {
                    continue;
                }
                match index {
                    Some(index) => leads[index] = after,
                    None => leads.push(after),
                }
            }
        }
        match dice.below(6) {
            0 => world.caught_up().await,
            1 => world.storage.rebuild_counts(world.tenant).await.unwrap(),
            2 => {
                let folded = world.storage.fold_counts(2).await.unwrap();
                assert!(folded <= 2, "{folded} folded at once");
            }
            _ => {}
        }
        assert_eq!(counts_hold(&world).await, expected(&leads), "after round {round}");
    }
    world.caught_up().await;
    assert_eq!(counts_hold(&world).await, expected(&leads));
}

pub async fn sums_are_those_of_the_cells_of_their_days(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let world = World::new(storage);
    let mut changes = Vec::new();
    for world in [&world, &world.of_tenant(2)] {
        for _ in 0..120 {
            let mut lead = random::lead(world, &mut dice);
            lead.created_on = day(dice.below(12));
            changes.push(world.insert(&lead));
        }
    }
    world.commit(changes).await;
    let mut found = 0;
    for round in 0..60 {
        if round == 30 {
            world.caught_up().await;
        }
        let scope = random::scope(&world, &mut dice);
        // Also the other way round, which is no day at all.
        let days = Days { first: day(dice.below(14)), last: day(dice.below(14)) };
        let mut expected = Sums::default();
        for (cell, n) in world.storage.lead_counts(&scope).await.unwrap() {
            if days.contains(cell.day) {
                expected.add(cell, n);
            }
        }
        let sums = world.storage.lead_sums(&scope, days).await.unwrap();
        assert_eq!(sums, expected, "{days:?} in {scope:?}");
        found += sums.by_day.len();
    }
    assert!(found > 60, "the questions have answers");
    let days = Days { first: day(0), last: day(20) };
    let foreign = world.storage.lead_sums(&Scope::all(Tenant(3)), days).await.unwrap();
    assert_eq!(foreign, Sums::default());
}

fn day(n: usize) -> chrono::NaiveDate {
    at(86_400 * i64::try_from(n).unwrap()).date_naive()
}

pub async fn sums_leave_out_what_came_to_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let days = Days { first: lead.created_on, last: lead.created_on };
    let sums = async || world.storage.lead_sums(&world.scope(), days).await.unwrap();
    assert_eq!(sums().await.by_day.into_values().collect::<Vec<_>>(), [1]);
    let gone = world.edited(&lead, |lead| lead.deleted_at = Some(at(9)));
    world.commit(vec![world.update(&lead, &gone)]).await;
    assert_eq!(sums().await, Sums::default());
    world.caught_up().await;
    assert_eq!(sums().await, Sums::default());
}

pub async fn rebuilding_changes_nothing_where_nothing_is_wrong(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let world = World::new(storage);
    let other = world.of_tenant(2);
    for world in [&world, &other] {
        let leads: Vec<Lead> = (0..30).map(|_| random::lead(world, &mut dice)).collect();
        world.commit(leads.iter().map(|lead| world.insert(lead)).collect()).await;
    }
    let (mine, theirs) = (counts_hold(&world).await, counts_hold(&other).await);
    world.storage.rebuild_counts(world.tenant).await.unwrap();
    assert_eq!(counts_hold(&world).await, mine);
    assert_eq!(counts_hold(&other).await, theirs);
    // Once more where nothing is waiting to be folded.
    world.caught_up().await;
    assert_eq!(counts_hold(&world).await, mine);
    assert_eq!(counts_hold(&other).await, theirs);
    other.storage.rebuild_counts(other.tenant).await.unwrap();
    assert_eq!(counts_hold(&world).await, mine);
    assert_eq!(counts_hold(&other).await, theirs);
}
