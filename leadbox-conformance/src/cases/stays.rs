//! The time that leads spend in stages: one open stay at most, ended once.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{Change, LeadId, Scope, Stay, Tenant};

use crate::fixtures::{Refusal, World, at};

fn open(stay: &Stay) -> Change {
    Change::OpenStay(Box::new(stay.clone()))
}

fn close(stay: &Stay) -> Change {
    Change::CloseStay(Box::new(stay.clone()))
}

pub async fn a_stay_reads_back_open_and_ended(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.lead();
    let stay = world.stay(&lead, 0, 10);
    world.commit(vec![world.insert(&lead), open(&stay)]).await;
    let stays = world.storage.stays(&world.scope(), &[lead.id]).await.unwrap();
    assert_eq!(stays, std::slice::from_ref(&stay));
    let ended = world.ended(&stay, 20);
    world.commit(vec![close(&ended)]).await;
    assert_eq!(world.storage.stays(&world.scope(), &[lead.id]).await.unwrap(), [ended]);
}

pub async fn a_lead_moves_on_within_one_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = world.stay(&lead, 0, 10);
    world.commit(vec![open(&first)]).await;
    let (ended, second) = (world.ended(&first, 20), world.stay(&lead, 1, 20));
    // Whatever the order in which they are given, the old stay ends before the new one begins.
    world.commit(vec![open(&second), close(&ended)]).await;
    let stays = world.storage.stays(&world.scope(), &[lead.id]).await.unwrap();
    assert_eq!(stays, [ended, second]);
}

pub async fn stays_come_earliest_first(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let mut expected = Vec::new();
    for (begin, end) in [(50, 60), (10, 20), (10, 15), (30, 40)] {
        let stay = world.stay(&leads[0], 0, begin);
        let ended = world.ended(&stay, end);
        world.commit(vec![open(&stay)]).await;
        world.commit(vec![close(&ended)]).await;
        expected.push(ended);
    }
    let other = world.stay(&leads[1], 0, 1);
    world.commit(vec![open(&other)]).await;
    expected.sort_by_key(|stay| (stay.entered_at, stay.id));
    let found = |leads: Vec<LeadId>| {
        let (storage, scope) = (world.storage.clone(), world.scope());
        async move { storage.stays(&scope, &leads).await.unwrap() }
    };
    assert_eq!(found(vec![leads[0].id]).await, expected);
    // Those of one lead stand together, whoever was asked for first and how often.
    expected.push(other);
    expected.sort_by_key(|stay| (stay.lead, stay.entered_at, stay.id));
    assert_eq!(found(vec![leads[1].id, leads[0].id, leads[1].id]).await, expected);
    assert!(found(Vec::new()).await.is_empty());
}

pub async fn a_lead_has_one_open_stay_at_most(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let first = world.stay(&leads[0], 0, 10);
    world.commit(vec![open(&first), open(&world.stay(&leads[1], 0, 10))]).await;
    let second = world.stay(&leads[0], 1, 20);
    assert_eq!(world.refused(vec![open(&second)]).await, Refusal::AlreadyExists);
    world.commit(vec![close(&world.ended(&first, 20))]).await;
    world.commit(vec![open(&second)]).await;
}

pub async fn an_ended_stay_cannot_end_again(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let stay = world.stay(&lead, 0, 10);
    world.commit(vec![open(&stay)]).await;
    world.commit(vec![close(&world.ended(&stay, 20))]).await;
    let again = vec![close(&world.ended(&stay, 30))];
    assert_eq!(world.refused(again).await, Refusal::Conflict);
    let stays = world.storage.stays(&world.scope(), &[lead.id]).await.unwrap();
    assert_eq!(stays[0].left_at, Some(at(20)));
    assert_eq!(world.refused(vec![open(&stay)]).await, Refusal::AlreadyExists);
}

pub async fn open_stays_of_many_leads_come_at_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut leads = world.stored_leads(3).await;
    let mut owned = world.lead();
    owned.owner = Some(world.id());
    leads.push(world.stored(owned).await);
    let stays: Vec<Stay> = leads.iter().map(|lead| world.stay(lead, 0, 10)).collect();
    world.commit(stays.iter().map(open).collect()).await;
    // One has moved on, one is nowhere any more.
    let moved = world.stay(&leads[0], 1, 20);
    let ended = vec![close(&world.ended(&stays[0], 20)), close(&world.ended(&stays[1], 20))];
    world.commit([ended, vec![open(&moved)]].concat()).await;
    let ids: Vec<_> = leads.iter().map(|lead| lead.id).chain([leads[0].id, world.id()]).collect();
    let found = async |scope: Scope| {
        let mut found = world.storage.open_stays(&scope, &ids).await.unwrap();
        found.sort_by_key(|stay| stay.id);
        found
    };
    let mut expected = vec![moved, stays[2].clone(), stays[3].clone()];
    expected.sort_by_key(|stay| stay.id);
    assert_eq!(found(world.scope()).await, expected);
    let own = Scope::owned_by(world.tenant, leads[3].owner);
    assert_eq!(found(own).await, [stays[3].clone()]);
    assert!(found(Scope::all(Tenant(2))).await.is_empty());
    assert!(world.storage.open_stays(&world.scope(), &[]).await.unwrap().is_empty());
}

pub async fn stays_are_seen_by_who_sees_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.owner = Some(world.id());
    let lead = world.stored(lead).await;
    world.commit(vec![open(&world.stay(&lead, 0, 10))]).await;
    let own = Scope::owned_by(world.tenant, lead.owner);
    assert_eq!(world.storage.stays(&own, &[lead.id]).await.unwrap().len(), 1);
    for blind in [Scope::owned_by(world.tenant, [world.id()]), Scope::all(Tenant(2))] {
        assert!(world.storage.stays(&blind, &[lead.id]).await.unwrap().is_empty());
    }
    assert!(world.storage.stays(&world.scope(), &[world.id()]).await.unwrap().is_empty());
}
