//! Saved views: by id, for whom they are, guarded by revisions.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{
    Change, LeadFilter, LeadSort, Revision, SavedView, Sharing, SortKey, Tenant, UserId,
};

use crate::fixtures::{Refusal, World};
use crate::samples::{drop_view, put_view, view};

async fn ids(world: &World, of: Option<UserId>) -> Vec<leadbox_core::ViewId> {
    let found = world.storage.views(world.tenant, of).await.unwrap();
    found.iter().map(|view| view.id).collect()
}

pub async fn a_view_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = view(&world);
    world.commit(vec![put_view(&first)]).await;
    let found = world.storage.view(world.tenant, first.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&first));
    let second = SavedView {
        revision: Revision(2),
        name: "x".to_owned(),
        owner: None,
        sharing: Sharing::Team,
        filter: LeadFilter::default(),
        search: String::new(),
        sort: LeadSort::descending(SortKey::Value),
        columns: Vec::new(),
        ..first
    };
    world.commit(vec![put_view(&second)]).await;
    assert_eq!(world.storage.view(world.tenant, second.id).await.unwrap(), Some(second));
    assert_eq!(world.storage.view(world.tenant, world.id()).await.unwrap(), None);
    assert_eq!(world.storage.view(Tenant(2), first.id).await.unwrap(), None);
}

pub async fn a_list_has_what_is_shared_and_what_is_ones_own(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (anna, bert): (UserId, UserId) = (world.id(), world.id());
    let mut all = Vec::new();
    for owner in [Some(anna), Some(bert), None] {
        for sharing in Sharing::ALL {
            all.push(SavedView { owner, sharing, ..view(&world) });
        }
    }
    world.commit(all.iter().rev().map(put_view).collect()).await;
    let other = world.of_tenant(2);
    other.commit(vec![put_view(&SavedView { owner: Some(anna), ..view(&other) })]).await;
    for of in [Some(anna), Some(bert), Some(world.id()), None] {
        let seen = |view: &&SavedView| {
            view.sharing != Sharing::Private || (of.is_some() && view.owner == of)
        };
        let expected: Vec<_> = all.iter().filter(seen).map(|view| view.id).collect();
        assert_eq!(ids(&world, of).await, expected, "by id");
    }
    let found = world.storage.views(world.tenant, Some(anna)).await.unwrap();
    assert_eq!(found[0], all[0], "whole");
    assert!(world.storage.views(Tenant(3), Some(anna)).await.unwrap().is_empty());
}

pub async fn a_view_is_replaced_and_taken_away_at_its_revision(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = view(&world);
    world.commit(vec![put_view(&first)]).await;
    for revision in [1, 3] {
        let stale =
            SavedView { revision: Revision(revision), name: "x".to_owned(), ..first.clone() };
        assert_eq!(world.refused(vec![put_view(&stale)]).await, Refusal::Conflict);
    }
    let second = SavedView { revision: Revision(2), ..first.clone() };
    world.commit(vec![put_view(&second)]).await;
    assert_eq!(world.refused(vec![drop_view(&first)]).await, Refusal::Conflict);
    world.commit(vec![drop_view(&second)]).await;
    assert_eq!(world.storage.view(world.tenant, first.id).await.unwrap(), None);
    assert!(ids(&world, first.owner).await.is_empty());
    let gone: [Change; 2] =
        [drop_view(&second), put_view(&SavedView { revision: Revision(3), ..second })];
    for change in gone {
        assert_eq!(world.refused(vec![change]).await, Refusal::Conflict);
    }
    // Its id is free again, as any that nobody has.
    world.commit(vec![put_view(&first)]).await;
}

pub async fn many_views_are_written_in_one_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let old: Vec<SavedView> = (0..5).map(|_| view(&world)).collect();
    world.commit(old.iter().map(put_view).collect()).await;
    let new: Vec<SavedView> = (0..5).map(|_| view(&world)).collect();
    let renamed = SavedView { revision: Revision(2), name: "renamed".to_owned(), ..old[4].clone() };
    let mut changes: Vec<Change> = new.iter().map(put_view).collect();
    changes.extend(old[..4].iter().map(drop_view));
    changes.push(put_view(&renamed));
    world.commit(changes).await;
    let expected: Vec<_> = std::iter::once(&renamed).chain(&new).map(|view| view.id).collect();
    assert_eq!(ids(&world, None).await, expected);
    // One that conflicts takes the others with it.
    let stale = SavedView { revision: Revision(2), ..new[0].clone() };
    let late = SavedView { revision: Revision(5), ..new[1].clone() };
    assert_eq!(world.refused(vec![put_view(&stale), put_view(&late)]).await, Refusal::Conflict);
    let found = world.storage.view(world.tenant, stale.id).await.unwrap();
    assert_eq!(found.map(|view| view.revision), Some(Revision(1)));
}
