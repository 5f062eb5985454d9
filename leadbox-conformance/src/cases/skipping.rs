//! Sets that leave out what conflicts: exactly the lead's changes, all of them, and nobody else's.

use std::sync::Arc;

use leadbox_core::storage::{OnConflict, SkipReason, Skipped, Storage};
use leadbox_core::{Change, Committed, IdentityKind, Lead, LeadId, PageRequest, Revision};

use super::analytics::counts_hold;
use super::log::intact;
use crate::fixtures::{Refusal, World, at};
use crate::samples::{checkpoint, fact, name_of, samples};

/// Everything that one set may do with a new lead.
fn whole(world: &World, lead: &Lead) -> Vec<Change> {
    vec![
        world.insert(lead),
        world.set_score(&world.score(lead, 9)),
        world.record(&world.interaction(lead, 8)),
        Change::OpenStay(Box::new(world.stay(lead, 0, 7))),
        world.append(lead),
    ]
}

async fn facts_about(world: &World, lead: LeadId) -> usize {
    intact(world).await.iter().filter(|event| event.lead() == Some(lead)).count()
}

/// Whether nothing of a new lead is there.
async fn is_absent(world: &World, lead: &Lead) -> bool {
    let (storage, scope) = (&world.storage, world.scope());
    let page = PageRequest::default();
    storage.lead(&scope, lead.id).await.unwrap().is_none()
        && storage.stays(&scope, &[lead.id]).await.unwrap().is_empty()
        && storage.interactions(&scope, lead.id, &page).await.unwrap().items.is_empty()
        && facts_about(world, lead.id).await == 0
}

async fn is_whole(world: &World, lead: &Lead) -> bool {
    let (storage, scope) = (&world.storage, world.scope());
    let Some(stored) = storage.lead(&scope, lead.id).await.unwrap() else { return false };
    stored.lead == *lead
        && stored.score.revision == Revision(1)
        && stored.activity.count == 1
        && storage.stays(&scope, &[lead.id]).await.unwrap().len() == 1
        && facts_about(world, lead.id).await == 1
}

pub async fn a_lead_that_conflicts_is_left_out_whole_and_reported(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let holder = world.lead();
    world.commit(vec![world.insert_captured_by(&holder, &[IdentityKind::Email])]).await;
    let (first, mut taken, last) = (world.lead(), world.lead(), world.lead());
    taken.person.email.clone_from(&holder.person.email);
    let mut changes = Vec::new();
    for lead in [&first, &taken, &last] {
        changes.extend(whole(&world, lead));
    }
    changes[5] = world.insert_captured_by(&taken, &[IdentityKind::Email]);
    let committed = world.commit_skipping(changes).await;
    let skipped = Skipped { lead: taken.id, reason: SkipReason::AlreadyExists };
    assert_eq!(committed, Committed { skipped: vec![skipped], replayed: false });
    assert!(is_whole(&world, &first).await && is_whole(&world, &last).await);
    assert!(is_absent(&world, &taken).await);
    counts_hold(&world).await;
}

pub async fn a_conflict_found_late_takes_the_leads_earlier_changes_back(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let told = fact(&world);
    let other = world.stored(world.lead()).await;
    let known = world.interaction(&other, 1);
    world.commit(vec![world.record(&known), Change::AppendEvent(Box::new(told.clone()))]).await;

    let (good, by_interaction, by_fact) = (world.lead(), world.lead(), world.lead());
    let mut changes = whole(&world, &good);
    changes.extend(whole(&world, &by_interaction));
    changes.extend(whole(&world, &by_fact));
    let twin = leadbox_core::Interaction { id: known.id, ..world.interaction(&by_interaction, 2) };
    changes[7] = world.record(&twin);
    let mut again = world.fact_about(&by_fact);
    again.id = told.id;
    crate::fixtures::seal(&mut again);
    changes[14] = Change::AppendEvent(Box::new(again));

    let committed = world.commit_skipping(changes).await;
    let skipped = [by_interaction.id, by_fact.id]
        .map(|lead| Skipped { lead, reason: SkipReason::AlreadyExists });
    assert_eq!(committed.skipped, skipped);
    assert!(is_whole(&world, &good).await);
    assert!(is_absent(&world, &by_interaction).await);
    let (storage, scope) = (&world.storage, world.scope());
    assert_eq!(storage.lead(&scope, by_fact.id).await.unwrap(), None);
    assert!(storage.stays(&scope, &[by_fact.id]).await.unwrap().is_empty());
    assert_eq!(intact(&world).await.len(), 2);
    counts_hold(&world).await;
}

pub async fn an_update_that_conflicts_leaves_the_lead_as_it_was(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(3).await;
    let moved = world.edited(&leads[1], |lead| lead.stage = world.stage(3));
    world.commit(vec![world.update(&leads[1], &moved)]).await;
    let mut changes = Vec::new();
    for lead in &leads {
        let after = world.edited(lead, |lead| lead.owner = Some(world.id()));
        changes.push(world.update(lead, &after));
        changes.push(world.append(&after));
        changes.push(world.record(&world.interaction(lead, 5)));
    }
    let committed = world.commit_skipping(changes).await;
    let skipped = Skipped { lead: leads[1].id, reason: SkipReason::Conflict };
    assert_eq!(committed.skipped, [skipped]);
    let stored = world.storage.lead(&world.scope(), leads[1].id).await.unwrap().unwrap();
    assert_eq!((stored.lead, stored.activity.count), (moved, 0));
    assert_eq!(intact(&world).await.len(), 2);
    counts_hold(&world).await;
}

pub async fn every_change_of_a_lead_can_be_left_out(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let samples = samples(&world).await;
    let log = intact(&world).await.len();
    let (mut changes, mut expected) = (Vec::new(), Vec::new());
    for sample in &samples {
        let (conflicting, refusal) = &sample.conflicting;
        let Some(lead) = conflicting.lead() else { continue };
        changes.push(conflicting.clone());
        expected.push((name_of(conflicting), lead, refusal.as_skip().unwrap()));
    }
    assert_eq!(expected.len(), 13);
    let bystander = world.lead();
    changes.extend(whole(&world, &bystander));
    let set = world.set_with(OnConflict::Skip, changes);
    let committed = world.storage.commit(&set).await.unwrap();
    for (name, lead, reason) in &expected {
        let skipped = committed.skipped.iter().find(|skipped| skipped.lead == *lead);
        assert_eq!(skipped.map(|skipped| skipped.reason), Some(*reason), "{name}");
    }
    assert_eq!(committed.skipped.len(), expected.len());
    assert!(is_whole(&world, &bystander).await);
    assert_eq!(intact(&world).await.len(), log + 1);
}

pub async fn leads_are_reported_in_the_order_of_their_first_change(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(4).await;
    let mut changes = Vec::new();
    for n in [2, 0, 3, 1] {
        let stale = world.edited(&leads[n], |_| {});
        let after = world.edited(&stale, |_| {});
        changes.push(world.update(&stale, &after));
    }
    let committed = world.commit_skipping(changes).await;
    let order: Vec<_> = committed.skipped.iter().map(|skipped| skipped.lead).collect();
    assert_eq!(order, [2, 0, 3, 1].map(|n: usize| leads[n].id));
}

pub async fn of_two_new_leads_with_one_key_the_first_is_kept(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (first, mut second) = (world.lead(), world.lead());
    second.person.email.clone_from(&first.person.email);
    let changes = [&first, &second]
        .map(|lead| world.insert_captured_by(lead, &[IdentityKind::Email]))
        .to_vec();
    let committed = world.commit_skipping(changes).await;
    let skipped = Skipped { lead: second.id, reason: SkipReason::AlreadyExists };
    assert_eq!(committed.skipped, [skipped]);
    assert!(world.storage.lead(&world.scope(), first.id).await.unwrap().is_some());
    assert!(is_absent(&world, &second).await);
}

pub async fn what_belongs_to_no_lead_is_written_all_the_same(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let work = world.work("a", 1);
    let progress = checkpoint(&world, "import:1");
    let changes = vec![
        world.insert(&lead),
        world.enqueue(&work),
        Change::PutCheckpoint(Box::new(progress.clone())),
        Change::AppendEvent(Box::new(fact(&world))),
    ];
    let committed = world.commit_skipping(changes).await;
    assert_eq!(committed.skipped.len(), 1);
    assert!(world.storage.job(world.tenant, work.id).await.unwrap().is_some());
    let stored = world.storage.checkpoint(world.tenant, "import:1").await.unwrap();
    assert_eq!(stored, Some(progress));
    assert_eq!(intact(&world).await.len(), 1);
}

pub async fn a_conflict_of_no_lead_fails_the_whole(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for sample in samples(&world).await {
        let (conflicting, expected) = sample.conflicting;
        if conflicting.lead().is_some() {
            continue;
        }
        let lead = world.lead();
        let mut changes = whole(&world, &lead);
        changes.push(conflicting.clone());
        let set = world.set_with(OnConflict::Skip, changes);
        let refusal = world.storage.commit(&set).await.map_err(|error| Refusal::of(&error));
        assert_eq!(refusal, Err(expected), "{}", name_of(&conflicting));
        assert!(is_absent(&world, &lead).await, "{}", name_of(&conflicting));
    }
    counts_hold(&world).await;
}

pub async fn a_set_that_left_something_out_is_replayed_as_done(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let new = world.lead();
    let mut changes = whole(&world, &new);
    changes.push(world.insert(&lead));
    let set = world.set_with(OnConflict::Skip, changes);
    assert_eq!(world.storage.commit(&set).await.unwrap().skipped.len(), 1);
    let again = world.storage.commit(&set).await.unwrap();
    assert_eq!(again, Committed { skipped: Vec::new(), replayed: true });
    assert!(is_whole(&world, &new).await);
}

pub async fn a_large_set_leaves_out_every_third(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(600).await;
    let third: Vec<&Lead> = leads.iter().step_by(3).collect();
    let deleted = third
        .iter()
        .map(|lead| world.update(lead, &world.edited(lead, |lead| lead.deleted_at = Some(at(5)))));
    world.commit(deleted.collect()).await;
    let mut changes = Vec::new();
    for lead in &leads {
        let after = world.edited(lead, |lead| lead.stage = world.stage(1));
        changes.push(world.update(lead, &after));
        changes.push(world.append(&after));
    }
    let committed = world.commit_skipping(changes).await;
    let skipped: Vec<_> = committed.skipped.iter().map(|skipped| skipped.lead).collect();
    assert_eq!(skipped, third.iter().map(|lead| lead.id).collect::<Vec<_>>());
    assert_eq!(intact(&world).await.len(), 400);
    assert_eq!(counts_hold(&world).await.values().sum::<i64>(), 400);
}
