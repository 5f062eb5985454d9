//! Lists go by the index that was made for them: seen from outside, by what the server counts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod database;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use database::{connect, fresh_database};
use leadbox_conformance::fixtures::{World, at};
use leadbox_conformance::samples::{put_task, task};
use leadbox_core::filter::{Check, LeadField, Leaf, Operand, Search, Sense, Test};
use leadbox_core::storage::{EventFilter, LeadStore, LogStore, Storage, TaskStore};
use leadbox_core::{
    Assignees, EventType, IdentityKey, IdentityKind, LeadId, LeadQuery, LeadSort, MemoryStorage,
    Page, PageRequest, Scope, SortKey, StoredLead, Task, TaskFilter, TaskState, Tenant, UserId,
};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

/// Enough that reading everything is never the best plan.
const LEADS: u64 = 6_000;

fn owner(number: u64) -> UserId {
    UserId::from_uuid(Uuid::from_u128(0x5000 + u128::from(number)))
}

/// A database with leads of 40 owners in 6 stages, half of them tagged `common`, 6 of them `rare`; and the same in memory.
async fn filled() -> (World, MemoryStorage, String) {
    let (memory, database) = (MemoryStorage::new(), fresh_database().await);
    let world = World::new(Arc::new(connect(&database).await));
    for batch in 0..LEADS / 1000 {
        let mut changes = Vec::new();
        for number in batch * 1000..(batch + 1) * 1000 {
            let mut lead = world.lead();
            lead.created_at = at(i64::try_from(number * 7919 % LEADS).unwrap());
            lead.owner = Some(owner(number % 40));
            lead.stage = world.stage(u8::try_from(number % 6).unwrap());
            if number % 2 == 0 {
                lead.tags.insert("common".to_owned());
            }
            if number % 1000 == 0 {
                lead.tags.insert("rare".to_owned());
            }
            changes.push(world.insert(&lead));
            changes
                .push(world.set_score(&world.score(&lead, i64::try_from(number % 100).unwrap())));
        }
        let set = world.set(changes);
        world.storage.commit(&set).await.unwrap();
        memory.commit(&set).await.unwrap();
    }
    let mut connection = PgConnection::connect(&database).await.unwrap();
    connection.execute("vacuum analyze").await.unwrap();
    (world, memory, database)
}

/// How often each index, and each table as a whole, was read so far.
async fn reads(connection: &mut PgConnection) -> BTreeMap<String, i64> {
    // The server counts a session's reads when it ends.
    loop {
        let others: i64 =
            sqlx::query_scalar("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
                .fetch_one(&mut *connection)
                .await
                .unwrap();
        if others == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select indexrelname::text, idx_scan from pg_stat_user_indexes
         union all
         select 'all of ' || relname, seq_scan
         from pg_stat_user_tables
         where relname like 'lead%' or relname = 'task'",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    rows.into_iter().collect()
}

#[tokio::test]
async fn a_look_up_that_was_planned_for_an_empty_table_goes_by_its_keys() {
    let database = fresh_database().await;
    let storage = connect(&database).await;
    let tenant = Tenant::DEFAULT;
    let keys = [
        IdentityKey { kind: IdentityKind::Email, key: "ada@analytical.example".to_owned() },
        IdentityKey { kind: IdentityKind::Phone, key: "+442079460018".to_owned() },
        IdentityKey { kind: IdentityKind::ExternalId, key: "crm-1".to_owned() },
    ];
    assert!(storage.leads_by_identity(tenant, &keys).await.unwrap().is_empty());
    storage.close().await;
    let mut look = PgConnection::connect(&database).await.unwrap();
    let read = reads(&mut look).await;
    for index in ["lead_merged_email", "lead_merged_phone", "lead_merged_external_id"] {
        assert!(read[index] > 0, "{index} was not read: {read:?}");
    }
    // All that were ever merged.
    assert_eq!(read["lead_merged"], 0);
}

#[tokio::test]
async fn facts_of_rare_kinds_go_by_their_index() {
    let database = fresh_database().await;
    let storage = connect(&database).await;
    let kinds = vec![EventType::FIELD_DEFINED, EventType::SETTINGS_CHANGED];
    let filter = EventFilter { kinds, ..EventFilter::default() };
    let all = Scope::all(Tenant::DEFAULT);
    let page = storage.events(&all, &filter, &PageRequest::default()).await.unwrap();
    assert!(page.items.is_empty());
    storage.close().await;
    let mut look = PgConnection::connect(&database).await.unwrap();
    let read = reads(&mut look).await;
    assert!(read.get("event_kind").is_some_and(|read| *read > 0), "{read:?}");
}

#[tokio::test]
async fn every_list_goes_by_its_index() {
    let (world, memory, database) = filled().await;
    let stage = is(LeadField::Stage, Operand::Id(world.stage(2).uuid()));
    let owned = is(LeadField::Owner, Operand::Id(owner(2).uuid()));
    let scores = Check::Leaf(Leaf {
        field: LeadField::Score,
        test: Test::Between(Some(Operand::Integer(2000)), Some(Operand::Integer(6000))),
        sense: Sense::Holds,
    });
    let tag = |value: &str| is(LeadField::Tag, Operand::Bytes(value.into()));
    let all = Check::default;
    let both = |a: &Check, b: &Check| Check::All(vec![a.clone(), b.clone()]);
    let everybody = world.scope();
    let team = Scope::owned_by(world.tenant, (0..5).map(owner));
    let one = Scope::owned_by(world.tenant, (0..1).map(owner));
    let down = LeadSort::descending;
    let lists = [
        ("lead_created", &everybody, all(), "", down(SortKey::Created)),
        ("lead_name", &everybody, all(), "", LeadSort::ascending(SortKey::Name)),
        ("lead_value", &everybody, all(), "", down(SortKey::Value)),
        ("lead_pulse_updated", &everybody, all(), "", down(SortKey::Updated)),
        ("lead_pulse_last", &everybody, all(), "", down(SortKey::LastInteraction)),
        ("lead_pulse_total", &everybody, all(), "", down(SortKey::Score)),
        ("lead_pulse_stage_total", &everybody, stage.clone(), "", down(SortKey::Score)),
        ("lead_stage_created", &everybody, stage.clone(), "", down(SortKey::Created)),
        (
            "lead_pulse_owner_total",
            &everybody,
            both(&owned, &both(&stage, &scores)),
            "",
            down(SortKey::Score),
        ),
        ("lead_owner_created", &everybody, owned.clone(), "", down(SortKey::Created)),
        ("lead_owner_created", &team, all(), "", down(SortKey::Created)),
        ("lead_pulse_owner_total", &team, all(), "", down(SortKey::Score)),
        ("lead_facet_value", &everybody, tag("rare"), "", down(SortKey::Score)),
        ("lead_profile_search", &everybody, all(), "person4711", down(SortKey::Created)),
        // Too many to fetch each: met on the way.
        ("lead_pulse_total", &everybody, tag("common"), "", down(SortKey::Score)),
        ("lead_created", &everybody, tag("common"), "", down(SortKey::Created)),
        ("lead_pulse_owner_total", &one, tag("common"), "", down(SortKey::Score)),
        ("lead_created", &everybody, all(), "person", down(SortKey::Created)),
    ];
    drop(world);
    let mut look = PgConnection::connect(&database).await.unwrap();
    for (index, scope, check, text, sort) in lists {
        let before = reads(&mut look).await;
        let storage = connect(&database).await;
        let query = LeadQuery { check, search: Search::parse(text), sort };
        let page = storage.leads(scope, &query, &PageRequest::first(20)).await.unwrap();
        let expected = memory.leads(scope, &query, &PageRequest::first(20)).await.unwrap();
        assert!(!page.items.is_empty(), "{index}: nothing found");
        assert_eq!(ids(&page), ids(&expected), "{query:?}");
        storage.close().await;
        let after = reads(&mut look).await;
        let read: Vec<&String> = after
            .iter()
            .filter(|(name, count)| before.get(*name) != Some(*count))
            .map(|(name, _)| name)
            .collect();
        assert!(
            read.iter().any(|name| *name == index),
            "{query:?} read {read:?} instead of {index}"
        );
        assert!(!read.iter().any(|name| name.starts_with("all of")), "{query:?} read {read:?}");
    }
}

#[tokio::test]
async fn work_lists_go_by_their_index() {
    let (world, memory, database) = filled().await;
    let (scope, all) = (world.scope(), LeadQuery::default());
    let leads = world.storage.leads(&scope, &all, &PageRequest::first(1000)).await.unwrap().items;
    for (batch, stored) in leads.chunks(250).enumerate() {
        let mut changes = Vec::new();
        for (number, stored) in (batch as u64 * 250..).zip(stored) {
            for turn in 0..5_u64 {
                let number = number * 5 + turn;
                changes.push(put_task(&Task {
                    due_at: (number % 9 != 0)
                        .then(|| at(i64::try_from(number * 7919 % 5000).unwrap())),
                    assignee: (number % 7 != 0).then(|| owner(number % 50)),
                    done_at: (number % 3 == 0).then(|| at(1)),
                    ..task(&world, &stored.lead)
                }));
            }
        }
        let set = world.set(changes);
        world.storage.commit(&set).await.unwrap();
    }
    drop(memory);
    let mut look = PgConnection::connect(&database).await.unwrap();
    look.execute("vacuum analyze").await.unwrap();
    let one = Assignees::Only([owner(3)].into());
    let everybody = world.scope();
    let team = Scope::owned_by(world.tenant, (0..5).map(owner));
    drop(world);
    let (open, done) = (TaskState::Open, TaskState::Done);
    for (index, scope, state, assignees) in [
        ("task_open", &everybody, open, Assignees::All),
        ("task_open", &team, open, Assignees::All),
        ("task_open_assignee", &everybody, open, one.clone()),
        ("task_open_assignee", &team, open, one.clone()),
        ("task_done", &everybody, done, Assignees::All),
        ("task_done_assignee", &everybody, done, one),
    ] {
        let before = reads(&mut look).await;
        let storage = connect(&database).await;
        let filter = TaskFilter { state, assignees, ..TaskFilter::default() };
        let page = storage.tasks(scope, &filter, &PageRequest::first(20)).await.unwrap();
        assert!(!page.items.is_empty(), "{index}: nothing found");
        storage.close().await;
        let after = reads(&mut look).await;
        let read: Vec<&String> = after
            .iter()
            .filter(|(name, count)| before.get(*name) != Some(*count))
            .map(|(name, _)| name)
            .collect();
        assert!(read.iter().any(|name| *name == index), "{filter:?} read {read:?}");
        assert!(!read.iter().any(|name| *name == "all of task"), "{filter:?} read {read:?}");
    }
}

fn ids(page: &Page<StoredLead>) -> Vec<LeadId> {
    page.items.iter().map(|stored| stored.lead.id).collect()
}

fn is(field: LeadField, operand: Operand) -> Check {
    Check::Leaf(Leaf { field, test: Test::OneOf(vec![operand]), sense: Sense::Holds })
}
