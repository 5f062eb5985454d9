//! The log: nothing lost, no gaps, the order of every subject true, every byte kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leadbox_core::event::{ChainHead, Event, Verdict, verify_chain};
use leadbox_core::storage::{EventFilter, Sequenced, Storage};
use leadbox_core::{
    Actor, ActorKind, Cause, Change, EventType, Lead, NewEvent, PageRequest, Position, Revision,
    Scope, Subject, SubjectKind, Tenant, Version,
};

use crate::fixtures::{Refusal, World, seal};
use crate::random::Dice;
use crate::samples::fact;

pub fn append(fact: &NewEvent) -> Change {
    Change::AppendEvent(Box::new(fact.clone()))
}

/// Fails unless positions are gapless from 1 and the chain leads from the first event to the head.
pub async fn intact(world: &World) -> Vec<Event> {
    let events = world.log().await;
    let mut head = ChainHead::default();
    let whole = events.len() as u64;
    assert_eq!(verify_chain(&mut head, &events), Verdict::Intact { whole, erased: 0 });
    assert_eq!(world.storage.head().await.unwrap(), head);
    events
}

pub async fn an_empty_log_begins_before_the_first_position(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    assert_eq!(world.storage.head().await.unwrap(), ChainHead::default());
    assert!(world.storage.events_after(Position(0), 10).await.unwrap().is_empty());
    let (filter, request) = (EventFilter::default(), PageRequest::default());
    let page = world.storage.events(&world.scope(), &filter, &request).await.unwrap();
    assert!(page.items.is_empty());
}

pub async fn a_fact_reads_back_byte_for_byte(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.lead();
    let rich = world.fact_about(&lead);
    let mut bare = fact(&world);
    bare.actor = Actor::host();
    bare.cause = Cause::default();
    bare.bulk = true;
    bare.payload = Some("{}".to_owned());
    bare.kind = EventType::named("host.thing ü");
    bare.subject = Subject { kind: SubjectKind::Host, id: uuid::Uuid::nil() };
    (bare.version, bare.revision, bare.ordinal) = (Version(i64::MAX), Revision(7), i32::MAX);
    bare.cause = Cause { event: None, depth: 255 };
    seal(&mut bare);
    world.commit(vec![append(&rich)]).await;
    world.commit(vec![append(&bare)]).await;
    let events = intact(&world).await;
    let facts: Vec<_> = events.into_iter().map(|event| event.fact).collect();
    assert_eq!(facts, [rich, bare]);
}

pub async fn every_kind_of_subject_and_actor_reads_back(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut expected = Vec::new();
    for kind in SubjectKind::ALL {
        let subject = Subject { kind, id: world.id() };
        expected.push(world.fact(subject, EventType::IMPORT_FINISHED, Version(1)));
    }
    for kind in ActorKind::ALL {
        let mut one = fact(&world);
        one.actor = Actor { kind, on_behalf_of: Some(world.id()), ..one.actor };
        seal(&mut one);
        expected.push(one);
    }
    for one in &expected {
        world.commit(vec![append(one)]).await;
        world.caught_up().await;
    }
    let facts: Vec<_> = intact(&world).await.into_iter().map(|event| event.fact).collect();
    assert_eq!(facts, expected);
}

pub async fn positions_are_gapless_over_all_tenants_and_failures(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut expected = 0;
    for round in 0..20 {
        let world = world.of_tenant(1 + round % 3);
        let facts: Vec<NewEvent> = (0..=round % 4).map(|_| fact(&world)).collect();
        world.commit(facts.iter().map(append).collect()).await;
        expected += facts.len();
        let mut failing: Vec<Change> = (0..3).map(|_| append(&fact(&world))).collect();
        failing.push(append(&facts[0]));
        assert_eq!(world.refused(failing).await, Refusal::AlreadyExists);
    }
    assert_eq!(intact(&world).await.len(), expected);
}

pub async fn the_log_is_read_from_any_position(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for _ in 0..4 {
        world.commit((0..5).map(|_| append(&fact(&world))).collect()).await;
    }
    let all = intact(&world).await;
    assert_eq!(all.len(), 20);
    for after in [0_usize, 1, 7, 19, 20, 100] {
        for limit in [1_usize, 6, 100] {
            let position = Position(i64::try_from(after).unwrap());
            let found =
                world.storage.events_after(position, u32::try_from(limit).unwrap()).await.unwrap();
            let expected: Vec<_> = all.iter().skip(after).take(limit).cloned().collect();
            assert_eq!(found, expected, "{limit} behind {after}");
        }
    }
}

pub async fn facts_of_one_subject_keep_their_order(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(3).await;
    // Several facts of several leads in one set: versions, then revisions, then ordinals.
    let mut changes = Vec::new();
    let mut ordinal = 0;
    for (version, revision) in [(1, 0), (1, 1), (1, 2), (2, 0), (2, 2), (2, 2)] {
        for lead in &leads {
            let mut one = world.fact_about(lead);
            (one.version, one.revision, one.ordinal) =
                (Version(version), Revision(revision), ordinal);
            ordinal += 1;
            seal(&mut one);
            changes.push(append(&one));
        }
    }
    world.commit(changes).await;
    let mut seen: BTreeMap<Subject, Vec<_>> = BTreeMap::new();
    for event in intact(&world).await {
        seen.entry(event.subject).or_default().push((event.version, event.revision, event.ordinal));
    }
    assert_eq!(seen.len(), 3);
    for (subject, order) in seen {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(order.len(), 6);
        assert_eq!(order, sorted, "{subject:?}");
    }
}

pub async fn facts_of_later_commits_of_one_lead_come_later(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    world.commit(vec![world.insert(&lead), world.append(&lead)]).await;
    for _ in 0..10 {
        let after = world.edited(&lead, |_| {});
        world.commit(vec![world.update(&lead, &after), world.append(&after)]).await;
        lead = after;
    }
    let versions: Vec<_> = intact(&world).await.iter().map(|event| event.version.0).collect();
    assert_eq!(versions, (1..=11).collect::<Vec<_>>());
}

/// All events that are asked for, page by page.
async fn listed(world: &World, filter: EventFilter, size: u32) -> Vec<Event> {
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(size));
    loop {
        let page = world.storage.events(&world.scope(), &filter, &request).await.unwrap();
        assert!(page.next.is_none() || page.items.len() == size as usize, "a page is full");
        seen.extend(page.items);
        let Some(cursor) = page.next else { return seen };
        request = PageRequest::after(size, cursor);
    }
}

pub async fn a_timeline_shows_a_tenants_facts_latest_first(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let leads = world.stored_leads(2).await;
    for round in 0..6 {
        let lead = &leads[round % 2];
        let kind = if round < 3 { EventType::LEAD_UPDATED } else { EventType::LEAD_SCORED };
        world.commit(vec![append(&world.fact(Subject::lead(lead.id), kind, Version(1)))]).await;
        other.commit(vec![append(&fact(&other))]).await;
        world.caught_up().await;
    }
    world.commit(vec![append(&fact(&world))]).await;
    let mut all = intact(&world).await;
    all.retain(|event| event.tenant == world.tenant);
    all.reverse();

    let list = |filter: EventFilter, size: u32| listed(&world, filter, size);
    assert_eq!(all.len(), 7);
    assert_eq!(list(EventFilter::default(), 2).await, all);
    assert_eq!(list(EventFilter::default(), 100).await, all);
    let subject = Subject::lead(leads[0].id);
    let of_lead = EventFilter { subject: Some(subject), ..EventFilter::default() };
    let expected: Vec<_> = all.iter().filter(|event| event.subject == subject).cloned().collect();
    assert_eq!(expected.len(), 3);
    assert_eq!(list(of_lead.clone(), 2).await, expected);
    let kinds = vec![EventType::LEAD_SCORED, EventType::TEAM_CHANGED];
    let of_kinds = EventFilter { kinds: kinds.clone(), ..EventFilter::default() };
    let expected: Vec<_> =
        all.iter().filter(|event| kinds.contains(&event.kind)).cloned().collect();
    assert_eq!(expected.len(), 4);
    assert_eq!(list(of_kinds, 3).await, expected);
    let both = EventFilter { kinds: vec![EventType::LEAD_SCORED], ..of_lead };
    assert_eq!(list(both, 3).await.len(), 1);
    let never = EventFilter { kinds: vec![EventType::named("never")], ..EventFilter::default() };
    assert!(list(never, 3).await.is_empty());
}

pub async fn facts_of_any_kinds_are_listed_latest_first(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    // What every capture writes, what is rare, and what a host announces.
    let kinds = [
        EventType::LEAD_CAPTURED,
        EventType::LEAD_UPDATED,
        EventType::SETTINGS_CHANGED,
        EventType::named("invoice.sent"),
        EventType::named("never"),
    ];
    for _ in 0..40 {
        let kind = kinds[dice.below(4)].clone();
        let fact = world.fact(Subject::lead(lead.id), kind, Version(1));
        world.commit(vec![append(&fact)]).await;
    }
    world.caught_up().await;
    let mut all = intact(&world).await;
    all.reverse();
    for _ in 0..40 {
        // Some of them twice.
        let asked: Vec<_> = (0..=dice.below(3)).map(|_| dice.pick(&kinds).clone()).collect();
        let expected: Vec<_> =
            all.iter().filter(|event| asked.contains(&event.kind)).cloned().collect();
        let filter = EventFilter { kinds: asked.clone(), ..EventFilter::default() };
        let size = u32::try_from(1 + dice.below(12)).unwrap();
        assert_eq!(listed(&world, filter, size).await, expected, "{asked:?}, {size} at a time");
    }
}

pub async fn a_narrow_scope_sees_facts_of_leads_that_it_sees_now(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    let (old, new) = (world.id(), world.id());
    lead.owner = Some(old);
    let nobodys = world.lead();
    world
        .commit(vec![
            world.insert(&lead),
            world.insert(&nobodys),
            world.append(&lead),
            world.append(&nobodys),
            append(&fact(&world)),
        ])
        .await;
    world.caught_up().await;
    let count = |scope: Scope| {
        let world = world.clone();
        async move {
            let request = PageRequest::default();
            let page = world.storage.events(&scope, &EventFilter::default(), &request).await;
            page.unwrap().items.len()
        }
    };
    let owned = |owner| Scope::owned_by(world.tenant, [owner]);
    assert_eq!(count(world.scope()).await, 3);
    assert_eq!((count(owned(old)).await, count(owned(new)).await), (1, 0));
    assert_eq!(count(Scope::owned_by(Tenant(2), [old])).await, 0);
    assert_eq!(count(Scope::owned_by(world.tenant, [])).await, 0);
    let after = world.edited(&lead, |lead| lead.owner = Some(new));
    world.commit(vec![world.update(&lead, &after), world.append(&after)]).await;
    world.caught_up().await;
    assert_eq!((count(owned(old)).await, count(owned(new)).await), (0, 2));
}

pub async fn an_owner_of_many_leads_sees_their_facts_and_no_others(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (busy, calm) = (world.id(), world.id());
    let many = EventFilter::FEW_LEADS as usize + 1;
    let leads: Vec<Lead> = (0..many)
        .map(|_| Lead { owner: Some(busy), ..world.lead() })
        .chain((0..2).map(|_| Lead { owner: Some(calm), ..world.lead() }))
        .collect();
    for some in leads.chunks(500) {
        world.commit(some.iter().map(|lead| world.insert(lead)).collect()).await;
    }
    let told: Vec<&Lead> = leads.iter().skip(many - 3).collect();
    world.commit(told.iter().map(|lead| world.append(lead)).collect()).await;
    world.caught_up().await;
    for (owner, expected) in [(busy, &told[..3]), (calm, &told[3..])] {
        let scope = Scope::owned_by(world.tenant, [owner]);
        let (filter, request) = (EventFilter::default(), PageRequest::default());
        let page = world.storage.events(&scope, &filter, &request).await.unwrap();
        let seen: BTreeSet<_> = page.items.iter().map(|event| event.subject).collect();
        let expected: BTreeSet<_> = expected.iter().map(|lead| Subject::lead(lead.id)).collect();
        assert_eq!(seen, expected);
    }
}

pub async fn facts_of_deleted_leads_are_seen_by_their_owner(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let owner = world.id();
    let lead = Lead { owner: Some(owner), ..world.lead() };
    let gone = world.edited(&lead, |lead| lead.deleted_at = Some(lead.updated_at));
    world.commit(vec![world.insert(&lead), world.append(&lead)]).await;
    world.commit(vec![world.update(&lead, &gone), world.append(&gone)]).await;
    world.caught_up().await;
    let scope = Scope::owned_by(world.tenant, [owner]);
    let (filter, request) = (EventFilter::default(), PageRequest::default());
    assert_eq!(world.storage.events(&scope, &filter, &request).await.unwrap().items.len(), 2);
}

pub async fn sequencing_is_bounded_and_ends(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for _ in 0..3 {
        world.commit((0..4).map(|_| append(&fact(&world))).collect()).await;
    }
    let mut total = 0;
    for _ in 0..20 {
        let Sequenced { count, more } = world.storage.sequence(5).await.unwrap();
        assert!(count <= 5, "{count} at once");
        total += count;
        if count == 0 && !more {
            break;
        }
    }
    assert!(total == 0 || total == 12, "all get their position here, or got it in the commit");
    assert_eq!(world.storage.head().await.unwrap().position, Position(12));
    assert_eq!(world.storage.sequence(5).await.unwrap(), Sequenced::default());
    assert_eq!(intact(&world).await.len(), 12);
}
