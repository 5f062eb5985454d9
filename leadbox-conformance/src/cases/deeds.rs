//! Who did what: facts by their actor, and the leads that one changed, all of them or some.

use std::sync::Arc;

use leadbox_core::storage::{EventFilter, LeadSample, Storage};
use leadbox_core::{
    Actor, ActorKind, Change, Event, EventType, Lead, LeadId, NewEvent, PageRequest, Scope,
    Subject, SubjectKind, UserId, Version,
};
use uuid::Uuid;

use super::log::append;
use crate::fixtures::{World, seal};
use crate::random::Dice;

/// The same fact, by somebody.
fn by(mut fact: NewEvent, actor: Actor) -> NewEvent {
    fact.actor = actor;
    seal(&mut fact);
    fact
}

fn import(id: Option<Uuid>) -> Actor {
    Actor { kind: ActorKind::Import, id, ..Actor::host() }
}

/// A fact about a lead by somebody.
fn done_by(world: &World, actor: Uuid, lead: &Lead) -> Change {
    let fact = NewEvent { tenant: world.tenant, ..world.fact_about(lead) };
    append(&by(fact, import(Some(actor))))
}

/// A fact about the one who did it.
fn about_itself(world: &World, actor: Uuid) -> Change {
    let subject = Subject { kind: SubjectKind::Import, id: actor };
    let fact = world.fact(subject, EventType::IMPORT_FINISHED, Version(1));
    append(&by(fact, import(Some(actor))))
}

pub async fn facts_are_found_by_who_did_it(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let (one, another) = (world.id::<Uuid>(), world.id::<Uuid>());
    let told = |world: &World, id: Option<Uuid>| {
        let fact = NewEvent { tenant: world.tenant, ..world.fact_about(&lead) };
        // Whom it was done for is not who did it.
        by(fact, Actor { on_behalf_of: Some(UserId::from_uuid(another)), ..import(id) })
    };
    let (mine, nobodys) = ([told(&world, Some(one)), told(&world, Some(one))], told(&world, None));
    let elsewhere = world.of_tenant(2);
    let theirs = told(&elsewhere, Some(one));
    for fact in [&mine[0], &nobodys, &mine[1]] {
        world.commit(vec![append(fact)]).await;
        world.caught_up().await;
    }
    elsewhere.commit(vec![append(&theirs)]).await;
    world.caught_up().await;
    let found = |filter: EventFilter, size: u32| {
        let world = world.clone();
        async move {
            let request = PageRequest::first(size);
            let page = world.storage.events(&world.scope(), &filter, &request).await.unwrap();
            page.items.into_iter().map(|event| event.fact).collect::<Vec<_>>()
        }
    };
    let by_one = EventFilter::by(one);
    assert_eq!(found(by_one.clone(), 10).await, [mine[1].clone(), mine[0].clone()]);
    assert_eq!(found(by_one.clone(), 1).await, [mine[1].clone()]);
    let by_another = EventFilter::by(another);
    assert!(found(by_another, 10).await.is_empty());
    let of_lead = EventFilter { subject: Some(Subject::lead(lead.id)), ..by_one.clone() };
    assert_eq!(found(of_lead, 10).await.len(), 2);
    let of_other = EventFilter { subject: Some(Subject::lead(world.id())), ..by_one };
    assert!(found(of_other, 10).await.is_empty());
}

pub async fn leads_are_found_by_who_changed_them(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut dice = Dice::new();
    let owners = [world.id(), world.id()];
    let leads: Vec<Lead> =
        (0..9).map(|n| Lead { owner: owners.get(n % 3).copied(), ..world.lead() }).collect();
    world.commit(leads.iter().map(|lead| world.insert(lead)).collect()).await;
    let elsewhere = world.of_tenant(2);
    let foreign = elsewhere.stored(elsewhere.lead()).await;
    let actors: [Uuid; 3] = [world.id(), world.id(), world.id()];
    // The third does nothing.
    for _ in 0..40 {
        let (actor, lead) = (actors[dice.below(2)], &leads[dice.below(leads.len())]);
        world.commit(vec![done_by(&world, actor, lead)]).await;
        world.caught_up().await;
    }
    world.commit(actors[..2].iter().map(|actor| about_itself(&world, *actor)).collect()).await;
    elsewhere.commit(vec![done_by(&elsewhere, actors[0], &foreign)]).await;
    world.caught_up().await;
    let log = world.log().await;
    for actor in actors {
        for owner in [None, Some(owners[0]), Some(owners[1])] {
            let scope = owner.map_or(world.scope(), |one| Scope::owned_by(world.tenant, [one]));
            let mut expected: Vec<LeadId> = Vec::new();
            for event in log.iter().rev().filter(|event| event.tenant == world.tenant) {
                let lead = event.lead().filter(|_| event.actor.id == Some(actor));
                let Some(lead) = lead.and_then(|id| leads.iter().find(|lead| lead.id == id)) else {
                    continue;
                };
                if (owner.is_none() || lead.owner == owner) && !expected.contains(&lead.id) {
                    expected.push(lead.id);
                }
            }
            let found = world.storage.leads_of_actor(&scope, actor).await.unwrap();
            assert_eq!(found, expected, "{owner:?}");
        }
    }
}

pub async fn some_leads_of_an_actor_come_from_all_that_it_did(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(120).await;
    let (actor, other) = (world.id(), world.id());
    for (at, lead) in leads.iter().enumerate() {
        let by = if at % 4 == 0 { other } else { actor };
        world.commit(vec![done_by(&world, by, lead)]).await;
        world.caught_up().await;
    }
    world.commit(vec![about_itself(&world, actor)]).await;
    let elsewhere = world.of_tenant(2);
    let foreign = elsewhere.stored(elsewhere.lead()).await;
    elsewhere.commit(vec![done_by(&elsewhere, actor, &foreign)]).await;
    world.caught_up().await;
    let all: Vec<LeadId> = world.storage.leads_of_actor(&world.scope(), actor).await.unwrap();
    assert_eq!(all.len(), 90);
    for most in [0, 1, 12, 1_000] {
        let sample = world.storage.sample_of_actor(world.tenant, actor, most).await.unwrap();
        assert_eq!(sample.count, 90, "what it did to itself is not counted");
        assert!(sample.some.iter().all(|lead| all.contains(lead)), "{most}");
        assert!(sample.some.windows(2).all(|pair| pair[0] > pair[1]), "each once, the last first");
        // Where nothing lies at a place, the next one may be there already.
        assert!(
            (most.min(90) / 2..=most).contains(&sample.some.len()),
            "{} of {most}",
            sample.some.len()
        );
        if most >= 12 {
            let halves = leads.iter().map(|lead| lead.id).collect::<Vec<_>>();
            let early = sample.some.iter().filter(|lead| halves[..60].contains(lead)).count();
            assert!(early.abs_diff(sample.some.len() / 2) <= 2, "{early} of {}", sample.some.len());
        }
    }
    let nobody = world.storage.sample_of_actor(world.tenant, world.id(), 10).await.unwrap();
    assert_eq!(nobody, LeadSample::default());
}

pub async fn the_latest_of_each_of_many_leads_come_together(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut dice = Dice::new();
    let leads = world.stored_leads(6).await;
    let gone = world.edited(&leads[1], |lead| lead.merged_into = Some(leads[0].id));
    world.commit(vec![world.update(&leads[1], &gone)]).await;
    let actor = world.id();
    // The last one has none.
    for _ in 0..60 {
        let lead = dice.pick(&leads[..5]);
        world.commit(vec![done_by(&world, actor, lead), about_itself(&world, actor)]).await;
        world.caught_up().await;
    }
    // A lead of another tenant may have the same id.
    let elsewhere = world.of_tenant(2);
    elsewhere.commit(vec![done_by(&elsewhere, actor, &leads[0])]).await;
    world.caught_up().await;
    let log = world.log().await;
    let mut ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
    for most in [1, 3, 100] {
        let mut expected = Vec::new();
        ids.sort_unstable();
        for id in &ids {
            let mine = |event: &&Event| event.tenant == world.tenant && event.lead() == Some(*id);
            expected.extend(log.iter().rev().filter(mine).take(most as usize).cloned());
        }
        // In any order, and some of them twice.
        ids.reverse();
        ids.push(ids[0]);
        ids.push(world.id());
        let found = world.storage.latest_events(world.tenant, &ids, most).await.unwrap();
        assert_eq!(found, expected, "{most} of each");
        ids.truncate(leads.len());
    }
    assert!(world.storage.latest_events(world.tenant, &[], 10).await.unwrap().is_empty());
}
