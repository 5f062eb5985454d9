//! A host's rows and LeadBox's in one transaction of the host's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use leadbox_core::storage::LeadStore;
use leadbox_core::{RandomIds, Scope, Storage, StorageError, Tenant};
use leadbox_storage_sqlite::SqliteStorage;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

async fn host(folder: &TempDir) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(support::config(folder).path);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("create table customer (name text not null)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

async fn customers(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("select count(*) from customer").fetch_one(connection).await.unwrap()
}

async fn is_stored(storage: &SqliteStorage, lead: &leadbox_core::Lead) -> bool {
    storage.lead(&Scope::all(Tenant::DEFAULT), lead.id).await.unwrap().is_some()
}

#[tokio::test]
async fn both_are_there_after_the_host_commits() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(1));
    let storage = support::storage(&folder).await;
    let mut host = host(&folder).await;
    let lead = support::lead(&ids, "one");

    let mut transaction = host.begin_with("begin immediate").await.unwrap();
    sqlx::query("insert into customer values ('Kim')").execute(&mut *transaction).await.unwrap();
    storage
        .commit_in(&mut transaction, &support::set(&ids, vec![support::insert(&lead)]))
        .await
        .unwrap();
    assert!(!is_stored(&storage, &lead).await, "nobody sees it before the host commits");
    transaction.commit().await.unwrap();

    assert!(is_stored(&storage, &lead).await);
    assert_eq!(customers(&mut host).await, 1);
}

#[tokio::test]
async fn neither_is_there_after_the_host_takes_its_transaction_back() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(2));
    let storage = support::storage(&folder).await;
    let mut host = host(&folder).await;
    let lead = support::lead(&ids, "one");
    let set = support::set(&ids, vec![support::insert(&lead)]);

    let mut transaction = host.begin_with("begin immediate").await.unwrap();
    sqlx::query("insert into customer values ('Kim')").execute(&mut *transaction).await.unwrap();
    storage.commit_in(&mut transaction, &set).await.unwrap();
    transaction.rollback().await.unwrap();
    assert!(!is_stored(&storage, &lead).await);
    assert_eq!(customers(&mut host).await, 0);

    let committed = storage.commit(&set).await.unwrap();
    assert!(!committed.replayed, "the set was never committed");
    assert!(is_stored(&storage, &lead).await);
}

#[tokio::test]
async fn a_conflict_leaves_the_hosts_transaction_usable() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(3));
    let storage = support::storage(&folder).await;
    let mut host = host(&folder).await;
    let (first, same, other) =
        (support::lead(&ids, "one"), support::lead(&ids, "one"), support::lead(&ids, "two"));
    storage.commit(&support::set(&ids, vec![support::insert(&first)])).await.unwrap();

    let mut transaction = host.begin_with("begin immediate").await.unwrap();
    sqlx::query("insert into customer values ('Kim')").execute(&mut *transaction).await.unwrap();
    let unlucky = support::set(&ids, vec![support::insert(&other), support::insert(&same)]);
    let refused = storage.commit_in(&mut transaction, &unlucky).await;
    assert!(matches!(refused, Err(StorageError::AlreadyExists { .. })), "{refused:?}");
    sqlx::query("insert into customer values ('Lee')").execute(&mut *transaction).await.unwrap();
    let third = support::lead(&ids, "three");
    storage
        .commit_in(&mut transaction, &support::set(&ids, vec![support::insert(&third)]))
        .await
        .unwrap();
    transaction.commit().await.unwrap();

    assert_eq!(customers(&mut host).await, 2);
    assert!(is_stored(&storage, &third).await);
    assert!(!is_stored(&storage, &other).await, "of the refused set nothing stays");
}

#[tokio::test]
async fn a_connection_without_a_transaction_gets_one() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(4));
    let storage = support::storage(&folder).await;
    let mut host = host(&folder).await;
    let lead = support::lead(&ids, "one");
    storage.commit_in(&mut host, &support::set(&ids, vec![support::insert(&lead)])).await.unwrap();
    assert!(is_stored(&storage, &lead).await);
    assert!(!host.is_in_transaction());
}

#[tokio::test]
async fn a_set_is_committed_in_a_task_of_the_host() {
    let (folder, ids) = (support::folder(), RandomIds::seeded(5));
    let storage = support::storage(&folder).await;
    let mut host = host(&folder).await;
    let lead = support::lead(&ids, "one");
    let set = support::set(&ids, vec![support::insert(&lead)]);
    let ours = storage.clone();
    tokio::spawn(async move {
        let mut transaction = host.begin_with("begin immediate").await.unwrap();
        ours.commit_in(&mut transaction, &set).await.unwrap();
        transaction.commit().await.unwrap();
    })
    .await
    .unwrap();
    assert!(is_stored(&storage, &lead).await);
}
