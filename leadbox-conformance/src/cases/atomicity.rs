//! All or nothing, at any size.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{Change, LeadQuery};

use super::analytics::counts_hold;
use super::log::intact;
use crate::fixtures::{Refusal, World};
use crate::samples::fact;
use crate::snapshot::Snapshot;

pub async fn a_large_set_that_fails_at_its_end_leaves_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let told = fact(&world);
    world.commit(vec![Change::AppendEvent(Box::new(told.clone()))]).await;
    let mut changes = Vec::new();
    for _ in 0..1500 {
        let lead = world.lead();
        changes.push(world.insert(&lead));
        changes.push(world.append(&lead));
        changes.push(world.enqueue(&world.work("a", 1)));
    }
    changes.push(Change::AppendEvent(Box::new(told)));
    assert_eq!(world.refused(changes).await, Refusal::AlreadyExists);
    let query = LeadQuery::default();
    assert_eq!(world.storage.count_leads(&world.scope(), &query, 5000).await.unwrap(), 0);
    assert_eq!(intact(&world).await.len(), 1);
    assert!(world.storage.lane_counts(world.tenant).await.unwrap().is_empty());
    assert!(counts_hold(&world).await.is_empty());
}

pub async fn a_set_that_fails_in_its_middle_leaves_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(5).await;
    let before = Snapshot::of(&world).await;
    let mut changes = Vec::new();
    for (n, lead) in leads.iter().enumerate() {
        let mut stored = lead.clone();
        if n == 2 {
            stored.version = leadbox_core::Version(4);
        }
        changes.push(world.update(&stored, &world.edited(&stored, |lead| lead.completeness = 1)));
        changes.push(world.append(lead));
    }
    assert_eq!(world.refused(changes).await, Refusal::Conflict);
    before.assert_same(&Snapshot::of(&world).await, "a failed set left something");
}

pub async fn a_refused_set_leaves_the_storage_usable(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    for _ in 0..20 {
        assert_eq!(world.refused(vec![world.insert(&lead)]).await, Refusal::AlreadyExists);
    }
    world.stored(world.lead()).await;
    assert_eq!(counts_hold(&world).await.values().sum::<i64>(), 2);
}
