//! The one task that writes: what waits is committed together, and nobody suffers for a neighbour.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use leadbox_core::storage::{AnalyticsStore, LeadStore};
use leadbox_core::{RandomIds, Scope, Storage, StorageError, Tenant};
use leadbox_storage_sqlite::SqliteStorage;
use sqlx::{ConnectOptions, Connection};

/// Keeps the writer waiting until the returned transaction ends, so that what comes meanwhile is one group.
async fn held_up(folder: &tempfile::TempDir) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(support::config(folder).path);
    let mut other = options.connect().await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    other
}

async fn let_go(mut other: sqlx::SqliteConnection) {
    // Long enough for everybody to stand in line.
    tokio::time::sleep(Duration::from_millis(300)).await;
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
}

async fn count(storage: &SqliteStorage) -> usize {
    let all = Scope::all(Tenant::DEFAULT);
    storage
        .leads(&all, &Default::default(), &leadbox_core::PageRequest::first(1000))
        .await
        .unwrap()
        .items
        .len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_fails_its_own_set_and_no_neighbour() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(1));
    let storage = support::storage(&folder).await;
    let taken = support::lead(&ids, "taken");
    storage.commit(&support::set(&ids, vec![support::insert(&taken)])).await.unwrap();

    let other = held_up(&folder).await;
    let calls: Vec<_> = (0..100)
        .map(|n| {
            let name = if n % 10 == 3 { "taken".to_owned() } else { format!("lead {n}") };
            let (good, named) =
                (support::lead(&ids, &format!("beside {n}")), support::lead(&ids, &name));
            let set = support::set(&ids, vec![support::insert(&good), support::insert(&named)]);
            let storage = storage.clone();
            tokio::spawn(async move { storage.commit(&set).await })
        })
        .collect();
    let_go(other).await;
    for (n, call) in calls.into_iter().enumerate() {
        match call.await.unwrap() {
            Ok(committed) => assert!(n % 10 != 3 && !committed.replayed, "{n}"),
            Err(StorageError::AlreadyExists { .. }) => assert_eq!(n % 10, 3),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    assert_eq!(count(&storage).await, 1 + 2 * 90);
    let counts = storage.verify_counts(Tenant::DEFAULT).await.unwrap();
    assert_eq!(counts.kept, counts.counted);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_in_one_group_that_take_one_key_the_first_wins() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(2));
    let storage = support::storage(&folder).await;
    let other = held_up(&folder).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let set = support::set(&ids, vec![support::insert(&support::lead(&ids, "one key"))]);
            let storage = storage.clone();
            tokio::spawn(async move { storage.commit(&set).await })
        })
        .collect();
    let_go(other).await;
    let mut won = 0;
    for call in calls {
        won += usize::from(call.await.unwrap().is_ok());
    }
    assert_eq!(won, 1);
    assert_eq!(count(&storage).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_set_twice_in_one_group_takes_effect_once() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(3));
    let storage = support::storage(&folder).await;
    let set = support::set(&ids, vec![support::insert(&support::lead(&ids, "one"))]);
    let other = held_up(&folder).await;
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let (storage, set) = (storage.clone(), set.clone());
            tokio::spawn(async move { storage.commit(&set).await })
        })
        .collect();
    let_go(other).await;
    let mut first = 0;
    for call in calls {
        first += usize::from(!call.await.unwrap().unwrap().replayed);
    }
    assert_eq!(first, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_its_commit_whole() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(4));
    let storage = support::storage(&folder).await;
    let other = held_up(&folder).await;
    let leads: Vec<_> = (0..50).map(|n| support::lead(&ids, &format!("lead {n}"))).collect();
    let set = support::set(&ids, leads.iter().map(support::insert).collect());
    {
        let mut commit = std::pin::pin!(storage.commit(&set));
        let mut context = Context::from_waker(Waker::noop());
        assert!(commit.as_mut().poll(&mut context).is_pending());
    }
    let_go(other).await;
    // Whoever asks next stands behind it.
    storage
        .commit(&support::set(&ids, vec![support::insert(&support::lead(&ids, "next"))]))
        .await
        .unwrap();
    assert_eq!(count(&storage).await, 51);
    assert!(storage.commit(&set).await.unwrap().replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_stays_locked_is_reported_as_not_available_now() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(5));
    let mut config = support::config(&folder);
    config.busy_timeout = Duration::from_millis(50);
    let storage = SqliteStorage::open(config).await.unwrap();
    storage.migrate().await.unwrap();
    let other = held_up(&folder).await;
    let set = support::set(&ids, vec![support::insert(&support::lead(&ids, "one"))]);
    let refused = storage.commit(&set).await.unwrap_err();
    assert!(refused.is_retryable(), "{refused:?}");
    let_go(other).await;
    assert!(!storage.commit(&set).await.unwrap().replayed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_closed_once_the_last_handle_is_dropped() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(6));
    let storage = support::storage(&folder).await;
    storage
        .commit(&support::set(&ids, vec![support::insert(&support::lead(&ids, "one"))]))
        .await
        .unwrap();
    let log = folder.path().join("leads.db-wal");
    assert!(log.exists());
    drop(storage);
    for _ in 0..100 {
        if !log.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the write-ahead log was never folded into the file");
}
