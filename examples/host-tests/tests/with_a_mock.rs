//! Tests with a mock of one storage role: for answers that a real storage gives rarely.

use leadbox_core::Scope;
use leadbox_core::storage::{MockLeadStore, StorageError};
use leadbox_host_tests::status_line;

#[tokio::test]
async fn the_status_line_says_when_there_are_too_many_to_count() {
    let mut leads = MockLeadStore::new();
    leads.expect_count_leads().withf(|_, _, cap| *cap == 1_000).returning(|_, _, _| Ok(1_001));
    assert_eq!(
        status_line(&leads, &Scope::default()).await.expect("a line"),
        "more than 1000 leads"
    );
}

#[tokio::test]
async fn a_storage_that_is_away_is_an_error_that_can_be_retried() {
    let mut leads = MockLeadStore::new();
    leads.expect_count_leads().returning(|_, _, _| {
        Err(StorageError::Unavailable { operation: "count", source: "gone".into() })
    });
    let error = status_line(&leads, &Scope::default()).await.expect_err("an error");
    assert!(error.is_retryable());
}
