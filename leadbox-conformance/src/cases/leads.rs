//! Leads by their ids: what is written reads back, versions guard it, scopes hide it.

use std::sync::Arc;

use leadbox_core::event::EventType;
use leadbox_core::filter::{LeadSort, Search};
use leadbox_core::storage::{LeadSample, LeadUpdate, Storage};
use leadbox_core::{
    Change, LeadActivity, LeadQuery, LeadRow, LeadScore, PageRequest, Scope, SortKey, Tenant,
    UserId, Version, from_unix_micros,
};

use crate::fixtures::{Refusal, World, at};
use crate::full::full_lead;

pub async fn a_lead_with_every_field_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(full_lead(&world)).await;
    let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, lead);
}

pub async fn a_lead_with_hardly_any_field_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.person = leadbox_core::Person::default();
    let lead = world.stored(lead).await;
    let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, lead);
}

pub async fn moments_long_ago_and_far_ahead_read_back_and_sort(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut expected = Vec::new();
    for micros in [-2_208_988_800_000_001, -1, 0, 1, 253_402_300_799_999_999] {
        let moment = from_unix_micros(micros).unwrap();
        let mut lead = world.lead();
        (lead.created_at, lead.updated_at, lead.stage_since) = (moment, moment, moment);
        lead.created_on = moment.date_naive();
        expected.push(world.stored(lead).await);
    }
    for by in [SortKey::Created, SortKey::Updated] {
        let query = LeadQuery { sort: LeadSort::ascending(by), ..LeadQuery::default() };
        let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
        for _ in 0..3 {
            let page = world.storage.leads(&world.scope(), &query, &request).await.unwrap();
            seen.extend(page.items.into_iter().map(|stored| stored.lead));
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(2, cursor);
        }
        assert_eq!(seen, expected, "{by:?}");
    }
}

pub async fn a_new_lead_is_unscored_and_has_no_activity(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!(stored.score, LeadScore::unscored(lead.tenant, lead.id, lead.created_at));
    assert_eq!(stored.activity, LeadActivity::default());
}

pub async fn an_update_replaces_every_field(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let before = world.stored(full_lead(&world)).await;
    let bare = world.lead();
    let after = world.edited(&before, |lead| {
        *lead = leadbox_core::Lead { id: lead.id, version: lead.version, ..bare };
    });
    world.commit(vec![world.update(&before, &after)]).await;
    let stored = world.storage.lead(&world.scope(), before.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, after);

    let full = full_lead(&world);
    let again = world.edited(&after, |lead| {
        *lead = leadbox_core::Lead { id: lead.id, version: lead.version, ..full };
    });
    world.commit(vec![world.update(&after, &again)]).await;
    let stored = world.storage.lead(&world.scope(), before.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, again);
}

pub async fn an_update_of_columns_alone_keeps_the_profile(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let before = world.stored(full_lead(&world)).await;
    let after = world.edited(&before, |lead| {
        lead.stage = world.stage(3);
        lead.stage_since = at(77);
        lead.owner = None;
    });
    world.commit(vec![world.update(&before, &after)]).await;
    let stored = world.storage.lead(&world.scope(), before.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, after);
}

pub async fn an_update_of_the_profile_alone_is_kept(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let before = world.stored(full_lead(&world)).await;
    let after = world.edited(&before, |lead| lead.source.utm.term = Some("only this".to_owned()));
    world.commit(vec![world.update(&before, &after)]).await;
    let stored = world.storage.lead(&world.scope(), before.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, after);
}

pub async fn an_update_leaves_score_and_activity_alone(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let before = world.stored(world.lead()).await;
    let score = world.score(&before, 61);
    world
        .commit(vec![world.set_score(&score), world.record(&world.interaction(&before, 60))])
        .await;
    let after = world.edited(&before, |lead| lead.owner = Some(world.id()));
    world.commit(vec![world.update(&before, &after)]).await;
    let stored = world.storage.lead(&world.scope(), before.id).await.unwrap().unwrap();
    assert_eq!(stored.score, score);
    assert_eq!(stored.activity, LeadActivity { count: 1, last_at: Some(at(60)) });
}

pub async fn an_update_asks_for_the_version_and_nothing_else(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = world.stored(world.lead()).await;
    let second = world.edited(&first, |lead| lead.completeness = 50);
    world.commit(vec![world.update(&first, &second)]).await;
    let late = world.edited(&first, |lead| lead.completeness = 60);
    assert_eq!(world.refused(vec![world.update(&first, &late)]).await, Refusal::Conflict);
    let mut early = second.clone();
    early.version = Version(9);
    let from_the_future = world.edited(&early, |lead| lead.completeness = 70);
    assert_eq!(
        world.refused(vec![world.update(&early, &from_the_future)]).await,
        Refusal::Conflict
    );
    let stored = world.storage.lead(&world.scope(), first.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, second);
}

pub async fn an_id_is_taken_for_ever(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let mut twin = world.lead();
    twin.id = lead.id;
    assert_eq!(world.refused(vec![world.insert(&twin)]).await, Refusal::AlreadyExists);
    let deleted = world.edited(&lead, |lead| lead.deleted_at = Some(at(50)));
    world.commit(vec![world.update(&lead, &deleted)]).await;
    assert_eq!(world.refused(vec![world.insert(&twin)]).await, Refusal::AlreadyExists);
}

pub async fn a_deleted_lead_is_found_by_its_id_only(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(full_lead(&world)).await;
    let deleted = world.edited(&lead, |lead| lead.deleted_at = Some(at(50)));
    world.commit(vec![world.update(&lead, &deleted)]).await;

    let (storage, scope) = (&world.storage, world.scope());
    assert_eq!(storage.lead(&scope, lead.id).await.unwrap().unwrap().lead, deleted);
    assert_eq!(storage.leads_by_id(&scope, &[lead.id]).await.unwrap()[0].lead, deleted);
    let query = LeadQuery::default();
    let page = storage.leads(&scope, &query, &PageRequest::first(10)).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
    assert_eq!(storage.count_leads(&scope, &query, 10).await.unwrap(), 0);
    assert_eq!(storage.lead_ids(&scope, &query, 10).await.unwrap(), []);
    assert_eq!(storage.lead_sample(&scope, &query, 10).await.unwrap(), LeadSample::default());
    let search = LeadQuery { search: Search::parse("zoe o'neill"), ..LeadQuery::default() };
    assert_eq!(storage.count_leads(&scope, &search, 10).await.unwrap(), 0);
}

pub async fn a_deleted_lead_can_come_back(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(full_lead(&world)).await;
    let deleted = world.edited(&lead, |lead| lead.deleted_at = Some(at(50)));
    world.commit(vec![world.update(&lead, &deleted)]).await;
    let restored = world.edited(&deleted, |lead| lead.deleted_at = None);
    world.commit(vec![world.update(&deleted, &restored)]).await;
    let query = LeadQuery { search: Search::parse("zoe o'neill"), ..LeadQuery::default() };
    let page = world.storage.leads(&world.scope(), &query, &PageRequest::first(10)).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].lead, restored);
}

pub async fn an_absent_lead_is_none(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.stored(world.lead()).await;
    assert_eq!(world.storage.lead(&world.scope(), world.id()).await.unwrap(), None);
    assert!(world.storage.leads_by_id(&world.scope(), &[world.id()]).await.unwrap().is_empty());
    assert!(world.storage.leads_by_id(&world.scope(), &[]).await.unwrap().is_empty());
}

pub async fn leads_by_id_gives_those_that_are_there_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(5).await;
    let ids = [leads[3].id, world.id(), leads[1].id, leads[3].id];
    let mut found = world.storage.leads_by_id(&world.scope(), &ids).await.unwrap();
    found.sort_by_key(|stored| stored.lead.id);
    let found: Vec<_> = found.into_iter().map(|stored| stored.lead).collect();
    assert_eq!(found, [leads[1].clone(), leads[3].clone()]);
}

pub async fn leads_by_id_takes_many_ids(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(1200).await;
    let ids: Vec<_> = leads.iter().map(|lead| lead.id).collect();
    assert_eq!(world.storage.leads_by_id(&world.scope(), &ids).await.unwrap().len(), 1200);
}

pub async fn another_tenant_sees_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = full_lead(&world);
    lead.owner = Some(world.id());
    let lead = world.stored(lead).await;
    let (storage, query) = (&world.storage, LeadQuery::default());
    for scope in [Scope::all(Tenant(2)), Scope::owned_by(Tenant(2), lead.owner)] {
        assert_eq!(storage.lead(&scope, lead.id).await.unwrap(), None);
        assert!(storage.leads_by_id(&scope, &[lead.id]).await.unwrap().is_empty());
        let page = storage.leads(&scope, &query, &PageRequest::first(10)).await.unwrap();
        assert!(page.items.is_empty());
        assert_eq!(storage.count_leads(&scope, &query, 10).await.unwrap(), 0);
    }
}

pub async fn one_owner_sees_only_what_it_owns(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let owners: [UserId; 3] = [world.id(), world.id(), world.id()];
    let mut leads = Vec::new();
    for owner in [Some(owners[0]), Some(owners[1]), None, Some(owners[0]), Some(owners[2])] {
        let mut lead = world.lead();
        lead.owner = owner;
        leads.push(world.stored(lead).await);
    }
    let all: Vec<_> = leads.iter().map(|lead| lead.id).collect();
    for seen_owners in [&owners[..0], &owners[..1], &owners[..2]] {
        let scope = Scope::owned_by(world.tenant, seen_owners.iter().copied());
        let seen = |lead: &leadbox_core::Lead| scope.sees(lead.tenant, lead.owner);
        let expected: Vec<_> = leads.iter().filter(|lead| seen(lead)).map(|lead| lead.id).collect();
        for lead in &leads {
            let found = world.storage.lead(&scope, lead.id).await.unwrap();
            assert_eq!(found.is_some(), seen(lead));
        }
        let mut by_id: Vec<_> = world.storage.leads_by_id(&scope, &all).await.unwrap();
        by_id.sort_by_key(|stored| stored.lead.id);
        assert_eq!(by_id.iter().map(|stored| stored.lead.id).collect::<Vec<_>>(), expected);
        let query = LeadQuery::default();
        let page = world.storage.leads(&scope, &query, &PageRequest::first(10)).await.unwrap();
        let mut listed: Vec<_> = page.items.iter().map(|stored| stored.lead.id).collect();
        listed.sort_unstable();
        assert_eq!(listed, expected);
        let count = world.storage.count_leads(&scope, &query, 10).await.unwrap();
        assert_eq!(count, expected.len() as u64);
    }
}

pub async fn tenants_may_have_the_same_people(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let mut lead = full_lead(&world);
    world.commit(vec![world.insert_captured_by(&lead, &exclusive_kinds())]).await;
    (lead.id, lead.tenant) = (world.id(), other.tenant);
    other.commit(vec![other.insert_captured_by(&lead, &exclusive_kinds())]).await;
    let found = world.storage.lead(&other.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!(found.lead, lead);
    assert_eq!(world.storage.lead(&world.scope(), lead.id).await.unwrap(), None);
}

fn exclusive_kinds() -> [leadbox_core::IdentityKind; 2] {
    [leadbox_core::IdentityKind::Email, leadbox_core::IdentityKind::Phone]
}

pub async fn many_leads_enter_in_one_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads: Vec<_> = (0..2500).map(|_| world.lead()).collect();
    let mut changes = Vec::new();
    for lead in &leads {
        changes.push(world.insert(lead));
        changes.push(Change::OpenStay(Box::new(world.stay(lead, 0, 5))));
        let kind = EventType::LEAD_CAPTURED;
        let subject = leadbox_core::Subject::lead(lead.id);
        changes.push(Change::AppendEvent(Box::new(world.fact(subject, kind, lead.version))));
    }
    world.commit(changes).await;
    let query = LeadQuery::default();
    assert_eq!(world.storage.count_leads(&world.scope(), &query, 5000).await.unwrap(), 2500);
    let mut ids = world.storage.lead_ids(&world.scope(), &query, 5000).await.unwrap();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2500, "each once");
    let sample = world.storage.lead_sample(&world.scope(), &query, 100).await.unwrap();
    assert_eq!((sample.count, sample.some.len()), (2500, 100));
    let in_half = |from: usize| {
        let half = &ids[from..from + 1250];
        sample.some.iter().filter(|id| half.contains(id)).count()
    };
    assert!(in_half(0).min(in_half(1250)) > 30, "it is drawn from all of them");
    assert_eq!(world.log().await.len(), 2500);

    let mut updates = Vec::new();
    for lead in &leads {
        let after = world.edited(lead, |lead| lead.stage = world.stage(1));
        updates.push(Change::UpdateLead(Box::new(LeadUpdate {
            before: LeadRow::of(lead.clone(), &[]),
            after: LeadRow::of(after, &[]),
        })));
    }
    world.commit(updates).await;
    let last = leads.last().unwrap();
    let stored = world.storage.lead(&world.scope(), last.id).await.unwrap().unwrap();
    assert_eq!((stored.lead.version, stored.lead.stage), (Version(2), world.stage(1)));
}
