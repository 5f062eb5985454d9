//! A host's rows and ours in one transaction: both or neither, and a conflict leaves the host's part alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod database;

use std::sync::Arc;

use database::{connect, fresh_database};
use leadbox_conformance::fixtures::World;
use leadbox_core::storage::{SkipReason, Skipped, StorageError};
use leadbox_core::{IdentityKind, OnConflict};
use leadbox_storage_postgres::PostgresStorage;
use sqlx::{Connection, Executor, PgConnection};

/// A tenant, and a host's connection to the same database with a table of its own.
async fn host() -> (World, PgConnection) {
    let database = fresh_database().await;
    let world = World::new(Arc::new(connect(&database).await));
    let mut host = PgConnection::connect(&database).await.unwrap();
    host.execute("create table invoice (id int primary key)").await.unwrap();
    (world, host)
}

async fn invoices(host: &mut PgConnection) -> Vec<i32> {
    sqlx::query_scalar("select id from invoice order by id").fetch_all(host).await.unwrap()
}

#[tokio::test]
async fn both_rows_come_with_the_hosts_commit() {
    let (world, mut host) = host().await;
    let lead = world.lead();
    let set = world.set(vec![world.insert(&lead), world.append(&lead)]);

    let mut transaction = host.begin().await.unwrap();
    transaction.execute("insert into invoice values (1)").await.unwrap();
    PostgresStorage::commit_in(&mut transaction, &set).await.unwrap();
    assert!(
        world.storage.lead(&world.scope(), lead.id).await.unwrap().is_none(),
        "seen before the commit"
    );
    transaction.commit().await.unwrap();

    assert!(world.storage.lead(&world.scope(), lead.id).await.unwrap().is_some());
    assert_eq!(world.log().await.len(), 1);
    assert_eq!(invoices(&mut host).await, [1]);
}

#[tokio::test]
async fn neither_row_stays_when_the_host_rolls_back() {
    let (world, mut host) = host().await;
    let lead = world.lead();
    let set = world.set(vec![world.insert(&lead), world.append(&lead)]);

    let mut transaction = host.begin().await.unwrap();
    transaction.execute("insert into invoice values (1)").await.unwrap();
    PostgresStorage::commit_in(&mut transaction, &set).await.unwrap();
    transaction.rollback().await.unwrap();

    assert!(world.storage.lead(&world.scope(), lead.id).await.unwrap().is_none());
    assert!(world.log().await.is_empty());
    assert!(invoices(&mut host).await.is_empty());
    // The set was not committed, so it can be.
    assert!(!world.storage.commit(&set).await.unwrap().replayed);
}

#[tokio::test]
async fn a_conflict_leaves_the_hosts_transaction_usable() {
    let (world, mut host) = host().await;
    let lead = world.stored(world.lead()).await;
    let edited = world.edited(&lead, |lead| lead.completeness = 50);
    world.commit(vec![world.update(&lead, &edited)]).await;
    let other = world.lead();
    let late = world.set(vec![world.insert(&other), world.update(&lead, &edited)]);
    let taken = world.set(vec![world.insert(&lead)]);

    let mut transaction = host.begin().await.unwrap();
    transaction.execute("insert into invoice values (1)").await.unwrap();
    let error = PostgresStorage::commit_in(&mut transaction, &late).await.unwrap_err();
    assert!(matches!(error, StorageError::Conflict { what: "lead", .. }), "{error:?}");
    transaction.execute("insert into invoice values (2)").await.unwrap();
    let error = PostgresStorage::commit_in(&mut transaction, &taken).await.unwrap_err();
    assert!(matches!(error, StorageError::AlreadyExists { what: "lead", .. }), "{error:?}");
    transaction.execute("insert into invoice values (3)").await.unwrap();
    transaction.commit().await.unwrap();

    assert_eq!(invoices(&mut host).await, [1, 2, 3]);
    assert!(world.storage.lead(&world.scope(), other.id).await.unwrap().is_none());
}

#[tokio::test]
async fn conflicting_leads_are_left_out_inside_a_hosts_transaction_too() {
    let (world, mut host) = host().await;
    let mut lead = world.lead();
    world.commit(vec![world.insert_captured_by(&lead, &[IdentityKind::Email])]).await;
    lead.id = world.id();
    let other = world.lead();
    let changes =
        vec![world.insert_captured_by(&lead, &[IdentityKind::Email]), world.insert(&other)];
    let set = world.set_with(OnConflict::Skip, changes);

    let mut transaction = host.begin().await.unwrap();
    let committed = PostgresStorage::commit_in(&mut transaction, &set).await.unwrap();
    transaction.commit().await.unwrap();

    assert_eq!(committed.skipped, [Skipped { lead: lead.id, reason: SkipReason::AlreadyExists }]);
    assert!(world.storage.lead(&world.scope(), lead.id).await.unwrap().is_none());
    assert!(world.storage.lead(&world.scope(), other.id).await.unwrap().is_some());
}

#[tokio::test]
async fn two_sets_of_one_transaction_see_each_other() {
    let (world, mut host) = host().await;
    let lead = world.lead();
    let edited = world.edited(&lead, |lead| lead.completeness = 90);
    let first = world.set(vec![world.insert(&lead)]);
    let second = world.set(vec![world.update(&lead, &edited)]);

    let mut transaction = host.begin().await.unwrap();
    PostgresStorage::commit_in(&mut transaction, &first).await.unwrap();
    PostgresStorage::commit_in(&mut transaction, &second).await.unwrap();
    assert!(PostgresStorage::commit_in(&mut transaction, &first).await.unwrap().replayed);
    transaction.commit().await.unwrap();

    let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!(stored.lead, edited);
}

#[tokio::test]
async fn a_connection_without_a_transaction_commits_the_set_alone() {
    let (world, mut host) = host().await;
    let lead = world.lead();
    let set = world.set(vec![world.insert(&lead)]);
    PostgresStorage::commit_in(&mut host, &set).await.unwrap();
    assert!(world.storage.lead(&world.scope(), lead.id).await.unwrap().is_some());
    assert!(PostgresStorage::commit_in(&mut host, &set).await.unwrap().replayed);
}

#[tokio::test]
async fn other_processes_are_woken_by_commits_and_announcements() {
    let database = fresh_database().await;
    let (writer, listener) = (Arc::new(connect(&database).await), connect(&database).await);
    let world = World::new(Arc::clone(&writer) as Arc<_>);
    let wake = leadbox_core::storage::Storage::wake(&listener);
    // Both have to listen first.
    let patience = std::time::Duration::from_secs(20);
    while wake.seen() == 0 {
        wake.after(0, patience).await;
    }
    let seen = wake.seen();
    world.stored(world.lead()).await;
    wake.after(seen, patience).await;
    assert_ne!(wake.seen(), seen, "a commit of another process was not heard");
    let seen = wake.seen();
    writer.announce();
    wake.after(seen, patience).await;
    assert_ne!(wake.seen(), seen, "an announcement of another process was not heard");
}

#[tokio::test]
async fn a_set_is_committed_in_a_task_of_the_host() {
    let (world, mut host) = host().await;
    let lead = world.lead();
    let set = world.set(vec![world.insert(&lead)]);
    tokio::spawn(async move {
        let mut transaction = host.begin().await.unwrap();
        PostgresStorage::commit_in(&mut transaction, &set).await.unwrap();
        transaction.commit().await.unwrap();
    })
    .await
    .unwrap();
    assert!(world.storage.lead(&world.scope(), lead.id).await.unwrap().is_some());
}
