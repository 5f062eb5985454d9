//! The storage contract. Owns the change set, the roles a storage plays for its callers, and their errors. Adapters
//! implement it; they store and never decide.
//!
//! Roles are cut by who calls them: [`LeadStore`], [`TaskStore`] and [`ViewStore`] by the services, [`ScoreStore`] by scoring, [`DefinitionStore`] and [`DirectoryStore`] by whoever
//! sets a tenant up, [`LogStore`] by consumers of the log, [`JobStore`] by workers, [`AnalyticsStore`] by reports. The one
//! writing door is [`Storage::commit`]. What an adapter must do is proved by `leadbox-conformance`, and shown by
//! [`MemoryStorage`], the executable specification.

mod change;
mod change_set;
mod committed;
mod definition;
mod error;
mod event_filter;
mod job_store;
mod log_store;
mod memory;
mod roles;
mod sample;
mod score_store;
mod wake;

pub use change::{
    Change, Checkpoint, CursorAdvance, DefinitionDrop, DefinitionUpdate, InteractionMark,
    JobFinish, JobReplay, LeadUpdate, NoteDrop, RecordMove, Reply, ScoreSpoil, ScoreUpdate,
    TaskDrop, ViewDrop,
};
pub use change_set::{ChangeSet, ChangeSetError, OnConflict};
pub use committed::{Committed, SkipReason, Skipped};
pub use definition::{Definition, DefinitionKind};
pub use error::{BoxError, StorageError};
pub use event_filter::EventFilter;
#[cfg(feature = "mocks")]
pub use job_store::MockJobStore;
pub use job_store::{Claim, JobStore};
#[cfg(feature = "mocks")]
pub use log_store::MockLogStore;
pub use log_store::{ConsumerLease, ConsumerStart, ConsumerState, LogStore, Sequenced};
pub use memory::MemoryStorage;
pub use roles::{
    AnalyticsStore, Counts, DefinitionStore, DirectoryStore, LeadStore, ProofStore, Schema,
    Storage, StoredLead, TaskStore, ViewStore,
};
#[cfg(feature = "mocks")]
pub use roles::{
    MockAnalyticsStore, MockDefinitionStore, MockDirectoryStore, MockLeadStore, MockProofStore,
    MockTaskStore, MockViewStore,
};
pub use sample::LeadSample;
#[cfg(feature = "mocks")]
pub use score_store::MockScoreStore;
pub use score_store::{DueScore, ScoreStore};
pub use wake::Wake;
