//! The log under many writers: true order per lead, and no gaps.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod database;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use database::{connect, fresh_database};
use leadbox_conformance::fixtures::World;
use leadbox_core::event::{ChainHead, Event, Verdict, verify_chain};
use leadbox_core::{Lead, LeadId, Version};
use leadbox_storage_postgres::PostgresStorage;
use sqlx::{Connection, PgConnection};

fn assert_intact(log: &[Event]) {
    let mut head = ChainHead::default();
    let verdict = verify_chain(&mut head, log);
    assert_eq!(verdict, Verdict::Intact { whole: log.len() as u64, erased: 0 });
}

fn assert_versions_rise(log: &[Event]) {
    let mut versions: HashMap<LeadId, Version> = HashMap::new();
    for event in log {
        let lead = event.lead().unwrap();
        let before = versions.insert(lead, event.version);
        assert!(
            before.is_none_or(|before| before < event.version),
            "{lead}: {before:?} before {:?}",
            event.version
        );
    }
}

/// Edits a lead again and again until it has succeeded `times` times, against everybody who does the same.
async fn edit(world: World, lead: LeadId, times: u32) {
    let mut done = 0;
    while done < times {
        let stored = world.storage.lead(&world.scope(), lead).await.unwrap().unwrap().lead;
        let edited =
            world.edited(&stored, |lead| lead.completeness = (lead.completeness + 1) % 100);
        let set = world.set(vec![world.update(&stored, &edited), world.append(&edited)]);
        match world.storage.commit(&set).await {
            Ok(_) => done += 1,
            Err(error) => assert!(error.is_conflict(), "{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_and_two_sequencers_keep_the_order_of_every_lead() {
    let database = fresh_database().await;
    let world = World::new(Arc::new(connect(&database).await));
    let other = World::new(Arc::new(connect(&database).await));
    let leads = world.stored_leads(3).await;
    let writing = Arc::new(AtomicBool::new(true));
    let mut sequencers = Vec::new();
    for world in [&world, &other] {
        let (world, writing) = (world.clone(), Arc::clone(&writing));
        sequencers.push(tokio::spawn(async move {
            while writing.load(Ordering::Relaxed) {
                // A small limit cuts rounds in the middle of sets.
                world.storage.sequence(3).await.unwrap();
            }
        }));
    }
    let mut writers = Vec::new();
    for number in 0..8 {
        // Of one world, so that no id comes twice.
        writers.push(tokio::spawn(edit(world.clone(), leads[number % leads.len()].id, 40)));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    writing.store(false, Ordering::Relaxed);
    for sequencer in sequencers {
        sequencer.await.unwrap();
    }
    let log = world.log().await;
    assert_eq!(log.len(), 8 * 40);
    assert_intact(&log);
    assert_versions_rise(&log);
}

#[tokio::test]
async fn numbers_of_rolled_back_transactions_are_given_up() {
    let database = fresh_database().await;
    let world = World::new(Arc::new(connect(&database).await));
    let lead = world.stored(world.lead()).await;
    let mut host = PgConnection::connect(&database).await.unwrap();
    let mut doomed = host.begin().await.unwrap();
    PostgresStorage::commit_in(&mut doomed, &world.set(vec![world.append(&lead)])).await.unwrap();
    world.commit(vec![world.append(&lead)]).await;
    world.caught_up().await;

    let mut look = PgConnection::connect(&database).await.unwrap();
    assert_eq!(gaps(&mut look).await.len(), 3, "the open transaction's number is one gap");
    doomed.rollback().await.unwrap();
    // Transactions of other tests on this server are older than the gap, too.
    let began = Instant::now();
    loop {
        world.commit(vec![world.append(&lead)]).await;
        world.caught_up().await;
        if gaps(&mut look).await.is_empty() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(400), "the number is still waited for");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_intact(&world.log().await);
}

async fn gaps(connection: &mut PgConnection) -> Vec<i64> {
    sqlx::query_scalar("select gaps from log_head order by position desc limit 1")
        .fetch_one(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_score_waits_for_an_edit_of_its_lead() {
    let database = fresh_database().await;
    let world = World::new(Arc::new(connect(&database).await));
    let lead: Lead = world.stored(world.lead()).await;
    let edited = world.edited(&lead, |lead| lead.completeness = 77);
    let mut host = PgConnection::connect(&database).await.unwrap();
    let mut held = host.begin().await.unwrap();
    let edit = world.set(vec![world.update(&lead, &edited), world.append(&edited)]);
    PostgresStorage::commit_in(&mut held, &edit).await.unwrap();
    // Decided on the version before: were it written first, its event would come behind the edit's.
    let score = world.set_score(&world.score(&lead, 10));
    let waiting = tokio::spawn({
        let (world, set) = (world.clone(), world.set(vec![score]));
        async move { world.storage.commit(&set).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    held.commit().await.unwrap();
    assert!(waiting.await.unwrap().unwrap_err().is_conflict());
}
