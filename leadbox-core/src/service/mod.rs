//! What a host asks LeadBox to do. Owns the verbs: each loads, decides (pure), and commits one change set; none holds a
//! transaction while it decides.

mod access;
mod analytics;
mod attention;
mod batch;
mod bulk;
mod capture;
mod capture_many;
mod change_lead;
mod decision;
mod definitions;
mod directory;
mod duplicates;
mod export;
mod founding;
mod import;
mod interactions;
mod jobs;
mod judging;
mod keys;
mod leadbox;
mod leads;
mod log;
mod merge;
mod merges;
mod notes;
mod once;
mod passwords;
mod people;
mod remembered;
mod scoring;
mod sessions;
mod tasks;
mod unmerge;
mod views;
mod worklist;

pub use access::Access;
pub use analytics::Analytics;
pub use attention::{Attention, Counted};
pub(crate) use batch::{Incoming, Touched};
pub use bulk::{
    Bulk, BulkAction, BulkCounts, BulkKind, BulkPlan, BulkProgress, BulkState, FieldPlan, Leftover,
    Operation, Refusal, RefusalGroup, Retype, Selection,
};
pub use capture::{CaptureOutcome, Captured};
pub use decision::Prepared;
pub use definitions::Definitions;
pub use directory::{Directory, NewTeam, NewUser};
pub use duplicates::{Distinction, DuplicateCandidate, DuplicatePair};
pub use founding::Founding;
pub(crate) use import::{Fate, ImportBatch};
pub use interactions::{NewInteraction, Recorded};
pub use jobs::Jobs;
pub use keys::{Keys, MadeKey, NewKey};
pub use leadbox::{LeadBox, LeadBoxBuilder};
pub use leads::{LeadList, Leads};
pub use log::Log;
pub use merge::{Belongings, MergePlan, Merged};
pub use merges::{MergeState, PastMerge};
pub use notes::Notes;
pub use passwords::Passwords;
pub use scoring::{
    Backtest, BacktestPlan, Candidate, Explanation, MovedLead, Preview, Previewed, Published,
    RescoreProgress, RescoreState, RuleCheck, Rules, Share, Shift, Supposed, TriedLead, WhatIf,
};
pub(crate) use scoring::{SCORES, ScoreJob};
pub use sessions::{Session, SessionPolicy, Sessions};
pub use tasks::Tasks;
pub(crate) use tasks::{REMINDERS, Reminder};
pub use unmerge::Unmerged;
pub use views::Views;
