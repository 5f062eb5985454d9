//! The page cache of connections that read, whatever the one that writes has done before. Alone in its program, because it
//! counts what the whole process reads.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use leadbox_core::filter::SortKey;
use leadbox_core::storage::LeadStore;
use leadbox_core::{LeadBox, LeadQuery, LeadSort, NewLead, PageRequest, Scope, Storage};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};

/// Bytes that this process has read so far, from files and from their copies in memory.
fn bytes_read() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_list_stays_at_hand_whatever_was_written_and_read_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = SqliteConfig::at(folder.path().join("leads.db"));
    config.cache_mib = 1;
    let storage = Arc::new(SqliteStorage::open(config).await.unwrap());
    storage.migrate().await.unwrap();
    let leadbox = LeadBox::builder(storage.clone()).build().unwrap();
    let scope = Scope::all(leadbox.tenant());
    let list = async |by: SortKey, page: PageRequest| {
        let query = LeadQuery { sort: LeadSort::descending(by), ..LeadQuery::default() };
        storage.leads(&scope, &query, &page).await.unwrap()
    };
    // What is read in between is older than what is written then, which takes its place.
    for batch in 0..10 {
        let lead =
            |n: u32| NewLead::new().name(format!("{n}")).email(format!("{n}@{batch}.example"));
        let leads: Vec<NewLead> = (0..1000).map(lead).collect();
        leadbox.leads().capture_many(&leads, Vec::new()).await.unwrap();
        list(SortKey::Created, PageRequest::first(200)).await;
    }
    // More than fits.
    let mut page = list(SortKey::Created, PageRequest::first(1000)).await;
    while let Some(cursor) = page.next {
        page = list(SortKey::Created, PageRequest::after(1000, cursor)).await;
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let few =
        async || assert_eq!(list(SortKey::Name, PageRequest::first(20)).await.items.len(), 20);
    few().await;
    let before = bytes_read();
    for _ in 0..10 {
        few().await;
    }
    let each = (bytes_read() - before) / 10;
    assert!(each < 4096, "each list reads {each} bytes");
}
