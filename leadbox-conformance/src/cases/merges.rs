//! Leads that are merged: what belongs to them moves and comes home, and their keys and facts lead to the lead that is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use leadbox_core::storage::{EventFilter, Storage};
use leadbox_core::{
    Change, IdentityKey, IdentityKind, Interaction, Lead, LeadActivity, LeadId, LeadKeys,
    MemoryStorage, Note, PageRequest, Scope, Stay, Subject, Suspicion, Task,
};

use super::analytics::counts_hold;
use crate::fixtures::{Refusal, World, at};
use crate::full::full_lead;
use crate::random::Dice;
use crate::samples::{moved, note, put_note, put_task, task};

/// What belongs to a lead, whosever name stands in it.
type Belongings = (Vec<Interaction>, Vec<Stay>, Vec<Task>, Vec<Note>, LeadActivity);

async fn belongings(storage: &dyn Storage, scope: &Scope, lead: LeadId) -> Belongings {
    let all = PageRequest::first(PageRequest::MAX);
    (
        storage.interactions(scope, lead, &all).await.unwrap().items,
        storage.stays(scope, &[lead]).await.unwrap(),
        storage.lead_tasks(scope, lead, &all).await.unwrap().items,
        storage.notes(scope, lead, &all).await.unwrap().items,
        storage.lead(scope, lead).await.unwrap().unwrap().activity,
    )
}

/// Stores something of every kind for a lead, beginning at that second.
async fn furnish(world: &World, lead: &Lead, second: i64) {
    let suspect =
        Interaction { suspicion: Suspicion::Suspect, ..world.interaction(lead, second + 90) };
    let stay = world.stay(lead, 0, second);
    world
        .commit(vec![
            world.record(&world.interaction(lead, second)),
            world.record(&world.interaction(lead, second + 5)),
            world.record(&suspect),
            Change::OpenStay(Box::new(stay.clone())),
            put_task(&task(world, lead)),
            put_note(&note(world, lead, second + 2)),
        ])
        .await;
    world.commit(vec![Change::CloseStay(Box::new(world.ended(&stay, second + 9)))]).await;
}

/// The lead as it is once it was merged.
fn gone(world: &World, lead: &Lead, heir: &Lead) -> Lead {
    world.edited(lead, |lead| {
        lead.deleted_at = Some(at(900));
        lead.merged_into = Some(heir.id);
    })
}

pub async fn everything_of_a_lead_moves_and_its_activity_with_it(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (scope, leads) = (world.scope(), world.stored_leads(3).await);
    for (lead, second) in leads.iter().zip([100, 200, 300]) {
        furnish(&world, lead, second).await;
    }
    let before = [0, 1, 2].map(|n: usize| leads[n].id);
    let own = belongings(&*world.storage, &scope, before[1]).await;
    let bystander = belongings(&*world.storage, &scope, before[2]).await;
    world.commit(vec![moved(&leads[1], &leads[0], &[])]).await;
    let (interactions, stays, tasks, notes, activity) =
        belongings(&*world.storage, &scope, before[0]).await;
    assert_eq!((interactions.len(), stays.len(), tasks.len(), notes.len()), (6, 2, 2, 2));
    assert_eq!(activity, LeadActivity { count: 4, last_at: Some(at(205)) });
    assert!(interactions.iter().all(|one| one.lead == before[0]));
    for id in own.0.iter().map(|one| one.id) {
        let found = world.storage.interaction(&scope, id).await.unwrap().unwrap();
        assert_eq!(found.lead, before[0]);
    }
    let left = belongings(&*world.storage, &scope, before[1]).await;
    assert_eq!(left, (vec![], vec![], vec![], vec![], LeadActivity::default()));
    assert_eq!(belongings(&*world.storage, &scope, before[2]).await, bystander);
    // What came counts like its own.
    world.commit(vec![world.record(&world.interaction(&leads[0], 400))]).await;
    let activity = belongings(&*world.storage, &scope, before[0]).await.4;
    assert_eq!(activity, LeadActivity { count: 5, last_at: Some(at(400)) });
}

pub async fn what_was_made_for_a_lead_comes_home_over_several_moves(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (scope, leads) = (world.scope(), world.stored_leads(3).await);
    for (lead, second) in leads.iter().zip([100, 200, 300]) {
        furnish(&world, lead, second).await;
    }
    let mut before = Vec::new();
    for lead in &leads {
        before.push(belongings(&*world.storage, &scope, lead.id).await);
    }
    let [a, b, c] = &leads[..] else { unreachable!("three were stored") };
    world.commit(vec![moved(a, b, &[])]).await;
    let both = belongings(&*world.storage, &scope, b.id).await;
    world.commit(vec![moved(b, c, &[])]).await;
    assert_eq!(belongings(&*world.storage, &scope, c.id).await.0.len(), 9);
    world.commit(vec![moved(c, b, &[a, b])]).await;
    assert_eq!(belongings(&*world.storage, &scope, b.id).await, both);
    assert_eq!(belongings(&*world.storage, &scope, c.id).await, before[2]);
    world.commit(vec![moved(b, a, &[a])]).await;
    for (lead, before) in leads.iter().zip(&before) {
        assert_eq!(&belongings(&*world.storage, &scope, lead.id).await, before);
    }
}

pub async fn a_senders_key_is_guarded_for_the_lead_it_was_made_for(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (scope, leads) = (world.scope(), world.stored_leads(2).await);
    let keyed = |lead: &Lead, second, key: &str| Interaction {
        key: Some(key.to_owned()),
        ..world.interaction(lead, second)
    };
    let (own, theirs) = (keyed(&leads[0], 1, "both"), keyed(&leads[1], 2, "both"));
    let only = keyed(&leads[1], 3, "only");
    world.commit(vec![world.record(&own), world.record(&theirs), world.record(&only)]).await;
    world.commit(vec![moved(&leads[1], &leads[0], &[])]).await;
    let by_key = async |lead: &Lead, key: &'static str| {
        let found = world.storage.interaction_by_key(&scope, lead.id, key).await.unwrap();
        found.map(|one| one.id)
    };
    assert_eq!(by_key(&leads[0], "both").await, Some(own.id));
    assert_eq!(by_key(&leads[0], "only").await, Some(only.id));
    assert_eq!(by_key(&leads[1], "only").await, None);
    let again = world.record(&keyed(&leads[0], 4, "both"));
    assert_eq!(world.refused(vec![again]).await, Refusal::AlreadyExists);
    let named_alike = keyed(&leads[0], 5, "only");
    world.commit(vec![world.record(&named_alike)]).await;
    assert_eq!(by_key(&leads[0], "only").await, Some(named_alike.id));
    world.commit(vec![moved(&leads[0], &leads[1], &[&leads[1]])]).await;
    assert_eq!(by_key(&leads[1], "both").await, Some(theirs.id));
    let again = world.record(&keyed(&leads[1], 6, "only"));
    assert_eq!(world.refused(vec![again]).await, Refusal::AlreadyExists);
}

pub async fn two_open_stays_do_not_meet(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let stays = [0, 1].map(|n: usize| world.stay(&leads[n], 0, 10));
    world.commit(stays.iter().map(|stay| Change::OpenStay(Box::new(stay.clone()))).collect()).await;
    let refused = world.refused(vec![moved(&leads[1], &leads[0], &[])]).await;
    assert_eq!(refused, Refusal::AlreadyExists);
    let ended = world.ended(&stays[1], 20);
    let end = Change::CloseStay(Box::new(ended.clone()));
    world.commit(vec![end, moved(&leads[1], &leads[0], &[])]).await;
    let found = world.storage.stays(&world.scope(), &[leads[0].id]).await.unwrap();
    let mut expected = vec![stays[0].clone(), Stay { lead: leads[0].id, ..ended }];
    expected.sort_by_key(|stay| (stay.entered_at, stay.id));
    assert_eq!(found, expected);
}

pub async fn a_merged_lead_reads_back_and_is_listed_with_its_heir(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let leads = world.stored_leads(4).await;
    other
        .stored(Lead { tenant: other.tenant, merged_into: Some(leads[0].id), ..other.lead() })
        .await;
    let merged = [1, 2].map(|n: usize| gone(&world, &leads[n], &leads[0]));
    world
        .commit(vec![world.update(&leads[1], &merged[0]), world.update(&leads[2], &merged[1])])
        .await;
    let of = async |lead: &Lead| {
        let found = world.storage.leads_merged_into(world.tenant, lead.id).await.unwrap();
        found.into_iter().map(|stored| stored.lead).collect::<Vec<_>>()
    };
    assert_eq!(of(&leads[0]).await, merged);
    assert_eq!(of(&leads[3]).await, []);
    let back = world.edited(&merged[0], |lead| (lead.deleted_at, lead.merged_into) = (None, None));
    world.commit(vec![world.update(&merged[0], &back)]).await;
    let read = world.storage.lead(&world.scope(), back.id).await.unwrap().unwrap();
    assert_eq!(read.lead, back);
    assert_eq!(of(&leads[0]).await, [merged[1].clone()]);
    let new = Lead { merged_into: Some(leads[3].id), deleted_at: Some(at(1)), ..world.lead() };
    world.stored(new.clone()).await;
    assert_eq!(of(&leads[3]).await, [new]);
    counts_hold(&world).await;
}

pub async fn an_heir_is_found_by_the_keys_of_those_merged_into_it(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let (heir, merged) = (full_lead(&world), full_lead(&world));
    let mut twin = world.lead();
    twin.person.email.clone_from(&merged.person.email);
    world.commit(vec![world.insert(&heir), world.insert(&merged)]).await;
    let after = gone(&world, &merged, &heir);
    world.commit(vec![world.update(&merged, &after)]).await;
    let keys = LeadKeys::of(&merged, &[]);
    let key = |kind, key: &Option<String>| IdentityKey { kind, key: key.clone().unwrap() };
    let mut asked = [
        key(IdentityKind::Email, &keys.email),
        key(IdentityKind::Phone, &keys.phone),
        key(IdentityKind::ExternalId, &merged.external_id),
    ];
    asked.sort_unstable();
    let found = async |world: &World, asked: &[IdentityKey]| {
        let found = world.storage.leads_by_identity(world.tenant, asked).await.unwrap();
        found.into_iter().map(|(key, stored)| (key, stored.lead.id)).collect::<Vec<_>>()
    };
    let heirs: Vec<_> = asked.iter().map(|key| (key.clone(), heir.id)).collect();
    assert_eq!(found(&world, &asked).await, heirs);
    assert_eq!(found(&other, &asked).await, []);
    // Whoever holds the key itself comes first, and nobody comes twice.
    world.commit(vec![world.insert(&twin)]).await;
    let email = asked.iter().find(|key| key.kind == IdentityKind::Email).unwrap().clone();
    let both = [(email.clone(), twin.id), (email.clone(), heir.id)];
    assert_eq!(found(&world, std::slice::from_ref(&email)).await, both);
    let named = world.edited(&heir, |lead| lead.person.email.clone_from(&merged.person.email));
    world.commit(vec![world.update(&heir, &named)]).await;
    let mut both = both.to_vec();
    both.sort_unstable_by_key(|(_, id)| *id);
    assert_eq!(found(&world, std::slice::from_ref(&email)).await, both);
    // A lead that is gone leads nowhere.
    let ended = world.edited(&named, |lead| lead.deleted_at = Some(at(950)));
    world.commit(vec![world.update(&named, &ended)]).await;
    assert_eq!(found(&world, &asked).await, [(email, twin.id)]);
}

pub async fn a_timeline_tells_of_those_merged_into_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (mut heir, mut merged) = (world.lead(), world.lead());
    (heir.owner, merged.owner) = (Some(world.id()), Some(world.id()));
    let other = world.stored(world.lead()).await;
    let after = gone(&world, &merged, &heir);
    let facts = [world.fact_about(&heir), world.fact_about(&merged), world.fact_about(&other)];
    let append = |n: usize| Change::AppendEvent(Box::new(facts[n].clone()));
    world.commit(vec![world.insert(&heir), world.insert(&merged)]).await;
    for n in 0..3 {
        world.commit(vec![append(n)]).await;
    }
    let told = async |scope: &Scope, lead: Option<&Lead>| {
        world.caught_up().await;
        let subject = lead.map(|lead| Subject::lead(lead.id));
        let filter = EventFilter { subject, ..EventFilter::default() };
        let (mut seen, mut request) = (Vec::new(), PageRequest::first(1));
        loop {
            let page = world.storage.events(scope, &filter, &request).await.unwrap();
            seen.extend(page.items.into_iter().map(|event| event.id));
            let Some(cursor) = page.next else { return seen };
            request = PageRequest::after(1, cursor);
        }
    };
    let (all, ids) = (world.scope(), [0, 1, 2].map(|n: usize| facts[n].id));
    assert_eq!(told(&all, Some(&heir)).await, [ids[0]]);
    world.commit(vec![world.update(&merged, &after)]).await;
    let heirs = Scope::owned_by(world.tenant, heir.owner);
    for scope in [&all, &heirs] {
        assert_eq!(told(scope, Some(&heir)).await, [ids[1], ids[0]]);
        assert_eq!(told(scope, Some(&merged)).await, [ids[1]]);
    }
    assert_eq!(told(&heirs, None).await, [ids[1], ids[0]]);
    // Who had the lead that is gone has nothing of its heir.
    let formers = Scope::owned_by(world.tenant, merged.owner);
    for lead in [None, Some(&heir), Some(&merged)] {
        assert_eq!(told(&formers, lead).await, []);
    }
}

pub async fn random_moves_are_the_oracles(storage: Arc<dyn Storage>) {
    let (world, memory, mut dice) = (World::new(storage), MemoryStorage::new(), Dice::new());
    let scope = world.scope();
    let commit = async |changes: Vec<Change>| {
        let set = world.set(changes);
        memory.commit(&set).await.unwrap();
        world.storage.commit(&set).await.unwrap();
    };
    let leads: Vec<Lead> = (0..6).map(|_| world.lead()).collect();
    commit(leads.iter().map(|lead| world.insert(lead)).collect()).await;
    for turn in 0..40 {
        let (from, to) = (dice.pick(&leads).clone(), dice.pick(&leads).clone());
        let mut changes = Vec::new();
        for _ in 0..dice.below(3) {
            let lead = dice.pick(&leads).clone();
            let mut one = world.interaction(&lead, i64::try_from(dice.below(50)).unwrap());
            one.suspicion = if dice.percent(30) { Suspicion::Suspect } else { Suspicion::Clear };
            changes.push(world.record(&one));
            changes.push(put_task(&task(&world, &lead)));
            changes.push(put_note(&note(&world, &lead, 5)));
        }
        if from.id != to.id {
            let made_for: Vec<&Lead> = leads.iter().filter(|_| dice.percent(30)).collect();
            changes.push(moved(&from, &to, &made_for));
        }
        commit(changes).await;
        let mut differing = BTreeMap::new();
        for lead in &leads {
            let expected = belongings(&memory, &scope, lead.id).await;
            let found = belongings(&*world.storage, &scope, lead.id).await;
            if expected != found {
                differing.insert(lead.id, (expected, found));
            }
        }
        assert!(differing.is_empty(), "turn {turn}: {differing:#?}");
    }
    counts_hold(&world).await;
}
