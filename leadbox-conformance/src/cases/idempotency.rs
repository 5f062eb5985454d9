//! A set whose reply was lost can be repeated: it takes effect once, also when others have gone on.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{ChangeSet, Committed, OnConflict};

use super::log::intact;
use crate::fixtures::{Refusal, World, at};

const REPLAYED: Committed = Committed { skipped: Vec::new(), replayed: true };

pub async fn a_repeated_set_does_not_undo_what_came_after(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = world.stored(world.lead()).await;
    let second = world.edited(&first, |lead| lead.completeness = 2);
    let set = world.set(vec![world.update(&first, &second), world.append(&second)]);
    world.storage.commit(&set).await.unwrap();
    let third = world.edited(&second, |lead| lead.completeness = 3);
    world.commit(vec![world.update(&second, &third)]).await;
    assert_eq!(world.storage.commit(&set).await.unwrap(), REPLAYED);
    let stored = world.storage.lead(&world.scope(), first.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, third);
    assert_eq!(intact(&world).await.len(), 1);
}

pub async fn the_id_alone_tells_that_a_set_is_repeated(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let set = world.set(vec![world.insert(&world.lead())]);
    world.storage.commit(&set).await.unwrap();
    let other = world.lead();
    let changes = vec![world.insert(&other)];
    let same_id = ChangeSet::new(set.id(), at(1001), OnConflict::Fail, changes).unwrap();
    assert_eq!(world.storage.commit(&same_id).await.unwrap(), REPLAYED);
    assert_eq!(world.storage.lead(&world.scope(), other.id).await.unwrap(), None);
}

pub async fn an_empty_set_is_remembered_too(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let set = world.set(Vec::new());
    assert_eq!(world.storage.commit(&set).await.unwrap(), Committed::default());
    assert_eq!(world.storage.commit(&set).await.unwrap(), REPLAYED);
}

pub async fn a_failed_set_can_succeed_later(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.lead();
    let after = world.edited(&lead, |lead| lead.completeness = 2);
    let set = world.set(vec![world.update(&lead, &after)]);
    let refusal = world.storage.commit(&set).await.map_err(|error| Refusal::of(&error));
    assert_eq!(refusal, Err(Refusal::Conflict));
    world.stored(lead).await;
    assert_eq!(world.storage.commit(&set).await.unwrap(), Committed::default());
    let stored = world.storage.lead(&world.scope(), after.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, after);
}
