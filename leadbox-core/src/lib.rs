#![doc = include_str!("../README.md")]

pub mod access;
pub mod catalog;
mod colour;
mod decimal;
mod directory;
mod error;
pub mod event;
mod field;
pub mod filter;
mod hex;
mod id;
mod id_source;
pub mod identity;
mod interaction;
pub mod job;
mod key;
mod lead;
mod money;
mod note;
pub mod overview;
mod page;
mod period;
mod pipeline;
pub mod proof;
mod revision;
pub mod rollup;
mod scope;
mod score;
pub mod scoring;
pub mod service;
mod settings;
pub mod storage;
mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod time;
pub mod transfer;
mod view;
pub mod worker;
mod worklist;

pub use access::{Denied, Grants, Rights, Role};
pub use catalog::Catalog;
pub use colour::{Colour, ColourError};
pub use decimal::{Decimal, DecimalError};
pub use directory::{Team, User, UserStatus};
pub use error::{Error, FieldIssue, Invalid, Result};
pub use event::{
    Actor, ActorKind, Cause, Event, EventType, NewEvent, Payload, Position, Subject, SubjectKind,
};
pub use field::{FieldDefinition, FieldStatus, FieldType, FieldValue, Sensitivity};
pub use filter::{LeadFilter, LeadQuery, LeadSort, SortKey};
pub use id::{
    AttemptId, BulkId, ChangeSetId, EventId, ImportId, InteractionId, JobId, LeadId, NoteId,
    PipelineId, StageId, StayId, TaskId, TeamId, Tenant, TokenId, UserId, ViewId, WorkerId,
};
pub use id_source::{IdSource, RandomIds};
pub use identity::{Country, Domain, Email, Industry, Phone};
pub use interaction::{
    BotDetector, Finding, Interaction, InteractionKind, Judge, LeadActivity, MailBots, Needs,
    Suspicion,
};
pub use job::{Job, Lane, LaneKey, NewJob, Settlement};
pub use key::{FieldKey, KeyError, RoleKey, RuleSetKey};
pub use lead::{
    Company, Consent, ConsentInput, ConsentStatus, Facet, IdentityKey, IdentityKind, KeyedLead,
    Lead, LeadKeys, LeadPatch, LeadRecord, LeadRow, Likeness, Match, MergeChoice, MergeField,
    NewLead, Person, Profile, ProfileRef, SLOT_EXCLUSIVE, SharedKey, Source, Utm,
};
pub use money::{Currency, Money, MoneyError};
pub use note::Note;
pub use overview::Overview;
pub use page::{Cursor, CursorError, Page, PageRequest};
pub use period::{Days, Period, PeriodError, first_moment};
pub use pipeline::{Pipeline, Stage, StageKind, Stay};
pub use revision::{Revision, Version};
pub use scope::{Owners, Scope};
pub use score::{Freshness, LeadScore, Points};
pub use service::{
    Belongings, CaptureOutcome, Captured, LeadBox, LeadBoxBuilder, LeadList, MergePlan, MergeState,
    Merged, NewInteraction, PastMerge, Prepared, Recorded, Unmerged,
};
pub use settings::Settings;
pub use storage::{
    Change, ChangeSet, Committed, MemoryStorage, OnConflict, Storage, StorageError, StoredLead,
};
pub use task::{Assignees, NewTask, Task, TaskFilter, TaskPatch, TaskState};
pub use time::{Clock, SystemClock, Timestamp, from_unix_micros, to_micros};
pub use view::{NewView, SavedView, Sharing, ViewPatch};
pub use worker::Workers;
pub use worklist::{WorkItem, WorkReason};
