//! Pages: no row twice, none missed, no cursor of another list.

use std::collections::BTreeSet;
use std::sync::Arc;

use leadbox_core::filter::{Direction, LeadSort};
use leadbox_core::job::JobFilter;
use leadbox_core::storage::{EventFilter, Storage};
use leadbox_core::{Change, Cursor, LeadId, LeadQuery, PageRequest, SortKey};

use crate::fixtures::{Refusal, World, at};
use crate::samples::{attempt, user};

pub async fn rows_inserted_while_paging_are_not_seen_twice_and_push_none_out(
    storage: Arc<dyn Storage>,
) {
    let world = World::new(storage);
    let before: BTreeSet<LeadId> =
        world.stored_leads(60).await.into_iter().map(|lead| lead.id).collect();
    for by in SortKey::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            let query = LeadQuery { sort: LeadSort { by, direction }, ..LeadQuery::default() };
            let (mut seen, mut request) = (Vec::new(), PageRequest::first(7));
            let mut number = 0;
            loop {
                let page = world.storage.leads(&world.scope(), &query, &request).await.unwrap();
                seen.extend(page.items.iter().map(|stored| stored.lead.id));
                let Some(cursor) = page.next else { break };
                request = PageRequest::after(7, cursor);
                // One that sorts before all others and one that sorts behind.
                number += 1;
                assert!(number < 200, "the pages never end");
                if number > 4 {
                    continue;
                }
                for (second, name) in [(-number, " "), (100_000 + number, "zzz")] {
                    let mut lead = world.lead();
                    lead.person.name = Some(name.to_owned());
                    (lead.created_at, lead.updated_at) = (at(second), at(second));
                    lead.value =
                        Some(leadbox_core::Money::new(second, leadbox_core::Currency::EUR));
                    world.stored(lead).await;
                }
            }
            let once: BTreeSet<LeadId> = seen.iter().copied().collect();
            assert_eq!(once.len(), seen.len(), "{by:?} {direction:?}: a row came twice");
            assert!(once.is_superset(&before), "{by:?} {direction:?}: a row was missed");
        }
    }
}

pub async fn equal_keys_are_told_apart_by_id(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut expected = Vec::new();
    for _ in 0..10 {
        let mut lead = world.lead();
        lead.person.name = Some("Same".to_owned());
        (lead.created_at, lead.updated_at) = (at(1), at(1));
        expected.push(world.stored(lead).await.id);
    }
    for by in SortKey::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            let query = LeadQuery { sort: LeadSort { by, direction }, ..LeadQuery::default() };
            let (mut seen, mut request) = (Vec::new(), PageRequest::first(3));
            for _ in 0..10 {
                let page = world.storage.leads(&world.scope(), &query, &request).await.unwrap();
                seen.extend(page.items.iter().map(|stored| stored.lead.id));
                let Some(cursor) = page.next else { break };
                request = PageRequest::after(3, cursor);
            }
            if direction == Direction::Descending {
                seen.reverse();
            }
            assert_eq!(seen, expected, "{by:?} {direction:?}");
        }
    }
}

pub async fn the_last_page_has_no_next(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.stored_leads(6).await;
    let query = LeadQuery::default();
    for (size, more) in [(5, true), (6, false), (7, false)] {
        let page =
            world.storage.leads(&world.scope(), &query, &PageRequest::first(size)).await.unwrap();
        assert_eq!(page.next.is_some(), more, "a page of {size}");
        assert_eq!(page.items.len(), 6.min(size as usize));
    }
}

pub async fn sizes_out_of_range_are_cut(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.stored_leads(1001).await;
    let query = LeadQuery::default();
    for (size, expected) in [(0, 1), (u32::MAX, 1000)] {
        let page =
            world.storage.leads(&world.scope(), &query, &PageRequest::first(size)).await.unwrap();
        assert_eq!(page.items.len(), expected);
        assert!(page.next.is_some());
    }
}

pub async fn a_cursor_survives_its_text_form(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.stored_leads(4).await;
    for by in SortKey::ALL {
        let query = LeadQuery { sort: LeadSort::ascending(by), ..LeadQuery::default() };
        let first =
            world.storage.leads(&world.scope(), &query, &PageRequest::first(3)).await.unwrap();
        let cursor: Cursor = first.next.unwrap().to_string().parse().unwrap();
        let request = PageRequest::after(3, cursor);
        let rest = world.storage.leads(&world.scope(), &query, &request).await.unwrap();
        assert_eq!(rest.items.len(), 1);
    }
}

pub async fn a_cursor_of_another_list_is_refused(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(3).await;
    let bert = user(&world, "bert");
    world
        .commit(vec![
            Change::PutUser(Box::new(user(&world, "anna"))),
            Change::PutUser(Box::new(bert)),
            world.record(&world.interaction(&leads[0], 1)),
            world.record(&world.interaction(&leads[0], 2)),
            world.append(&leads[0]),
            world.append(&leads[1]),
            world.enqueue(&world.work("a", 1)),
            world.enqueue(&world.work("a", 2)),
            Change::RecordAttempt(Box::new(attempt(&world, "a", 1, 1))),
            Change::RecordAttempt(Box::new(attempt(&world, "a", 2, 2))),
        ])
        .await;
    world.caught_up().await;
    let one = PageRequest::first(1);
    let (storage, scope) = (&world.storage, world.scope());
    let query = LeadQuery::default();
    let of_leads = storage.leads(&scope, &query, &one).await.unwrap().next.unwrap();
    let of_users = storage.users(world.tenant, &one).await.unwrap().next.unwrap();

    let stray = PageRequest::after(1, of_leads.clone());
    let refused = |error: leadbox_core::StorageError| Refusal::of(&error);
    let opposite = LeadQuery {
        sort: LeadSort { by: query.sort.by, direction: Direction::Ascending },
        ..query.clone()
    };
    let by_name = LeadQuery { sort: LeadSort::descending(SortKey::Name), ..query.clone() };
    for other in [&opposite, &by_name] {
        let page = storage.leads(&scope, other, &stray).await.map_err(refused);
        assert_eq!(page.err(), Some(Refusal::BadCursor));
    }
    let page = storage.leads(&scope, &query, &PageRequest::after(1, of_users)).await;
    assert_eq!(page.map_err(refused).err(), Some(Refusal::BadCursor));
    let forged = Cursor::new(query.sort.list_name(), None, [0; 16]);
    let page = storage.leads(&scope, &query, &PageRequest::after(1, forged)).await;
    assert_eq!(page.map_err(refused).err(), Some(Refusal::BadCursor));

    let page = storage.interactions(&scope, leads[0].id, &stray).await.map_err(refused);
    assert_eq!(page.err(), Some(Refusal::BadCursor), "interactions");
    let page = storage.users(world.tenant, &stray).await.map_err(refused);
    assert_eq!(page.err(), Some(Refusal::BadCursor), "users");
    let page = storage.events(&scope, &EventFilter::default(), &stray).await.map_err(refused);
    assert_eq!(page.err(), Some(Refusal::BadCursor), "events");
    let page = storage.jobs(world.tenant, &JobFilter::default(), &stray).await.map_err(refused);
    assert_eq!(page.err(), Some(Refusal::BadCursor), "jobs");
    let page = storage.lane_attempts(&world.lane("a"), &stray).await.map_err(refused);
    assert_eq!(page.err(), Some(Refusal::BadCursor), "attempts");
}
