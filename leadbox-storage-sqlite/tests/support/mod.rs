//! What the tests of this crate share: a file, and the smallest changes.

#![allow(dead_code, reason = "every test program uses its own part")]
#![allow(
    clippy::allow_attributes,
    reason = "an expectation would fail in the programs that use all"
)]

use leadbox_core::storage::{ChangeSet, OnConflict};
use leadbox_core::{
    Change, ChangeSetId, IdSource, Lead, LeadId, LeadRow, PipelineId, RandomIds, StageId, Tenant,
    Timestamp, Version, from_unix_micros,
};
use leadbox_storage_sqlite::{SqliteConfig, SqliteStorage};
use tempfile::TempDir;
use uuid::Uuid;

/// A folder for one database, deleted with it.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The database in a folder, not migrated.
pub fn config(folder: &TempDir) -> SqliteConfig {
    SqliteConfig::at(folder.path().join("leads.db"))
}

/// A migrated storage in a folder.
pub async fn storage(folder: &TempDir) -> SqliteStorage {
    use leadbox_core::Storage;
    let storage = SqliteStorage::open(config(folder)).await.unwrap();
    storage.migrate().await.unwrap();
    storage
}

/// The one moment of all tests.
pub fn now() -> Timestamp {
    from_unix_micros(1_768_435_200_000_000).unwrap()
}

/// A lead with nothing but an external id.
pub fn lead(ids: &RandomIds, external_id: &str) -> Lead {
    Lead {
        id: LeadId::from_uuid(ids.uuid(now())),
        tenant: Tenant::DEFAULT,
        version: Version::FIRST,
        external_id: Some(external_id.to_owned()),
        person: leadbox_core::Person::default(),
        company: leadbox_core::Company::default(),
        source: leadbox_core::Source::default(),
        tags: std::collections::BTreeSet::new(),
        owner: None,
        pipeline: PipelineId::from_uuid(Uuid::from_u128(1)),
        stage: StageId::from_uuid(Uuid::from_u128(2)),
        stage_since: now(),
        value: None,
        consents: Vec::new(),
        custom: std::collections::BTreeMap::new(),
        completeness: 0,
        created_at: now(),
        created_on: now().date_naive(),
        updated_at: now(),
        deleted_at: None,
        merged_into: None,
    }
}

/// The change that stores a lead.
pub fn insert(lead: &Lead) -> Change {
    Change::InsertLead(Box::new(LeadRow::of(lead.clone(), &[])))
}

/// A set with a new id that fails on conflict.
pub fn set(ids: &RandomIds, changes: Vec<Change>) -> ChangeSet {
    ChangeSet::new(ChangeSetId::from_uuid(ids.uuid(now())), now(), OnConflict::Fail, changes)
        .unwrap()
}
