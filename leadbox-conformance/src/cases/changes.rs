//! What holds for every kind of change alike: it takes effect, it is taken back, it is refused, it is done once. What a
//! change does in particular stands in the other topics.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{Change, Committed};

use crate::fixtures::{Refusal, World};
use crate::samples::{fact, name_of, samples};
use crate::snapshot::Snapshot;

/// Changes of other kinds that would be written with a failing one: if any of it stays, it shows.
fn companions(world: &World) -> Vec<Change> {
    let lead = world.lead();
    vec![
        world.insert(&lead),
        world.append(&lead),
        world.enqueue(&world.work("companion", 5)),
        Change::AppendEvent(Box::new(fact(world))),
    ]
}

pub async fn every_change_takes_effect(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for sample in samples(&world).await {
        let before = Snapshot::of(&world).await;
        world.commit(vec![sample.good.clone()]).await;
        let after = Snapshot::of(&world).await;
        assert!(before != after, "{} had no effect", name_of(&sample.good));
    }
}

pub async fn every_change_is_taken_back_with_its_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let told = fact(&world);
    world.commit(vec![Change::AppendEvent(Box::new(told.clone()))]).await;
    for sample in samples(&world).await {
        let before = Snapshot::of(&world).await;
        let refusal = world
            .refused(vec![sample.good.clone(), Change::AppendEvent(Box::new(told.clone()))])
            .await;
        assert_eq!(refusal, Refusal::AlreadyExists);
        let after = Snapshot::of(&world).await;
        let name = name_of(&sample.good);
        before.assert_same(&after, &format!("{name} outlived its set, which had failed"));
        world.commit(vec![sample.good]).await;
    }
}

pub async fn every_change_is_refused_when_it_conflicts(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for sample in samples(&world).await {
        let (conflicting, expected) = sample.conflicting;
        refused(&world, conflicting, expected, "that conflicts").await;
    }
}

pub async fn every_change_of_something_absent_is_refused(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for sample in samples(&world).await {
        if let Some(absent) = sample.absent {
            refused(&world, absent, Refusal::Conflict, "of something absent").await;
        }
    }
}

pub async fn every_change_of_another_tenants_row_is_refused(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for sample in samples(&world).await {
        if let Some(foreign) = sample.foreign {
            refused(&world, foreign, Refusal::Conflict, "of another tenant's row").await;
        }
    }
}

/// Commits the change alone and in company, and looks whether it is refused and leaves nothing.
async fn refused(world: &World, change: Change, expected: Refusal, why: &str) {
    let name = name_of(&change);
    let before = Snapshot::of(world).await;
    for company in [Vec::new(), companions(world)] {
        let mut changes = company;
        changes.push(change.clone());
        let set = world.set(changes);
        let refusal = match world.storage.commit(&set).await {
            Ok(_) => panic!("{name} {why} was not refused"),
            Err(error) => Refusal::of(&error),
        };
        assert_eq!(refusal, expected, "{name} {why}");
        before.assert_same(&Snapshot::of(world).await, &format!("{name} {why} left something"));
        // A set that failed is not remembered: it fails again rather than counting as done.
        let again = world.storage.commit(&set).await.map_err(|error| Refusal::of(&error));
        assert_eq!(again, Err(expected), "{name} {why}, the same set once more");
    }
}

pub async fn every_change_that_is_repeated_has_no_further_effect(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for sample in samples(&world).await {
        let name = name_of(&sample.good);
        let set = world.set(vec![sample.good]);
        assert_eq!(world.storage.commit(&set).await.unwrap(), Committed::default(), "{name}");
        let once = Snapshot::of(&world).await;
        let again = world.storage.commit(&set).await.unwrap();
        assert_eq!(again, Committed { skipped: Vec::new(), replayed: true }, "{name} repeated");
        once.assert_same(&Snapshot::of(&world).await, &format!("{name} repeated had an effect"));
    }
}

pub async fn all_changes_take_effect_together(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let samples = samples(&world).await;
    let before = Snapshot::of(&world).await;
    let set = world.set(samples.iter().map(|sample| sample.good.clone()).collect());
    assert_eq!(world.storage.commit(&set).await.unwrap(), Committed::default());
    let after = Snapshot::of(&world).await;
    assert!(before != after);
    assert!(world.storage.commit(&set).await.unwrap().replayed);
    after.assert_same(&Snapshot::of(&world).await, "the set had an effect twice");
}
