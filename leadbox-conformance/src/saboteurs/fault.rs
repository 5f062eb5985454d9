//! The faults. Owns their names and the complete list; what each does stands where it is done.

use std::fmt;

/// How a storage misbehaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Changes of this kind are dropped.
    Swallows(&'static str),
    /// Changes of this kind that conflict are dropped instead of being refused.
    Unguarded(&'static str),
    /// Changes of this kind reach other tenants' rows.
    WritesAcross(&'static str),
    /// This method shows other tenants' rows.
    ReadsAcross(&'static str),
    /// This method shows everybody's leads to everybody.
    IgnoresOwners(&'static str),
    /// One promise is broken.
    Breaks(Promise),
}

macro_rules! promises {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        /// A promise that a saboteur can break.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Promise {
            $($(#[$doc])* $name,)+
        }

        impl Promise {
            /// Every promise.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

promises! {
    /// A failed set leaves its first changes behind.
    Rollback;
    /// A commit is acknowledged before it can be seen.
    Visibility;
    /// Now and then a fact is lost.
    EveryEvent;
    /// A repeated set takes effect again.
    Replay;
    /// A set that failed counts as done when it is tried again.
    FailureForgotten;
    /// Facts about leads that were left out enter the log.
    SkipTakesEvents;
    /// A lead that follows one that conflicts is left out too.
    SkipSparesOthers;
    /// Leads that were left out are not reported.
    SkipReports;
    /// A conflict that belongs to no lead is left out too.
    SkipOnlyLeads;
    /// Jobs of one key overtake each other.
    Fifo;
    /// A second job with a unique key is queued.
    UniqueKey;
    /// A job is given to two workers.
    SingleClaim;
    /// A lost claim can still finish its job.
    FinishFence;
    /// A lost claim can prolong its lease.
    ExtendFence;
    /// A job whose lease ran out is never given to another.
    LeaseEnd;
    /// A release counts as an attempt.
    ReleaseUncounts;
    /// Limits of lanes do not hold.
    LaneLimits;
    /// One full lane starves the others.
    FairShare;
    /// A claim takes more than it was asked.
    ClaimLimit;
    /// A claim takes from queues that were not asked for.
    ClaimQueues;
    /// Neighbours in the log change places.
    LogOrder;
    /// The log has a hole.
    GaplessLog;
    /// The payload of a fact is written in another form.
    PayloadBytes;
    /// A sequenced event shows a different chain than was hashed.
    Chain;
    /// Times lose what is below a millisecond.
    Microseconds;
    /// A test that fails on a missing value counts as missing too.
    UnknownFails;
    /// Search looks for the first word only.
    EveryWord;
    /// Search and filters show deleted leads.
    DeletedHidden;
    /// Pages are counted off instead of continued behind a row.
    KeysetPages;
    /// Rows that are equal to the last one of a page are missed.
    EqualKeys;
    /// A cursor of another list is taken for the beginning.
    CursorOfList;
    /// A capped count is exact.
    CountCap;
    /// Two live leads hold one exclusive key.
    ExclusiveKey;
    /// Kept counts miss moves of leads.
    CountsMove;
    /// Kept counts keep deleted leads.
    CountsForget;
    /// Suspect interactions count.
    SuspectWeightless;
    /// The last interaction is the one that came last.
    LatestByTime;
    /// The history of scores is lost.
    ScoreRecords;
    /// Scores are due before their time.
    DueByTime;
    /// Scores by newer rules count as older ones.
    OlderRules;
    /// A consumer that lost its lease can move on.
    CursorFence;
    /// A consumer can move on from where it does not stand.
    CursorFrom;
    /// Two workers hold one consumer.
    ConsumerHeld;
    /// A renewed lease has another token.
    RenewalToken;
    /// A released consumer stays held.
    Release;
    /// What has not expired is pruned.
    PruneAge;
    /// Pruning is not bounded.
    PruneLimit;
    /// Nobody is nudged.
    Wake;
    /// Expired replies are shown.
    ReplyExpiry;
    /// Addresses are compared as they are.
    FoldedEmail;
    /// Views that a team shares are not found by others than their owner.
    SharedViews;
    /// Keys are ordered as people would.
    ByteOrder;
}

impl Fault {
    /// Every fault.
    pub fn all() -> Vec<Self> {
        let kinds = |kinds: &'static [&'static str], fault: fn(&'static str) -> Self| {
            kinds.iter().map(move |kind| fault(kind))
        };
        let mut all: Vec<Self> = kinds(CHANGES, Self::Swallows).collect();
        all.extend(kinds(CHANGES, Self::Unguarded));
        all.extend(kinds(TENANT_CHANGES, Self::WritesAcross));
        all.extend(kinds(READS, Self::ReadsAcross));
        all.extend(kinds(SCOPED_READS, Self::IgnoresOwners));
        all.extend(Promise::ALL.iter().map(|promise| Self::Breaks(*promise)));
        all
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Swallows(kind) => write!(f, "swallows {kind}"),
            Self::Unguarded(kind) => write!(f, "does not guard {kind}"),
            Self::WritesAcross(kind) => write!(f, "{kind} without tenant"),
            Self::ReadsAcross(method) => write!(f, "{method}() without tenant"),
            Self::IgnoresOwners(method) => write!(f, "{method}() without owners"),
            Self::Breaks(promise) => write!(f, "breaks {promise:?}"),
        }
    }
}

/// Every kind of change.
const CHANGES: &[&str] = &[
    "InsertLead",
    "UpdateLead",
    "SetScore",
    "SpoilScore",
    "InsertInteraction",
    "MarkInteraction",
    "OpenStay",
    "CloseStay",
    "PutTask",
    "DropTask",
    "PutNote",
    "DropNote",
    "MoveRecords",
    "PutDefinition",
    "DropDefinition",
    "PutUser",
    "PutTeam",
    "PutView",
    "DropView",
    "PutCredential",
    "PutToken",
    "PutLane",
    "FinishJob",
    "ReplayJob",
    "EnqueueJob",
    "RecordAttempt",
    "AdvanceCursor",
    "PutCheckpoint",
    "RememberReply",
    "AppendEvent",
];

/// Those that change a row which is there, so that it can be another tenant's.
const TENANT_CHANGES: &[&str] = &[
    "UpdateLead",
    "SetScore",
    "SpoilScore",
    "InsertInteraction",
    "MarkInteraction",
    "OpenStay",
    "CloseStay",
    "PutTask",
    "DropTask",
    "PutNote",
    "DropNote",
    "MoveRecords",
    "PutDefinition",
    "DropDefinition",
    "PutUser",
    "PutTeam",
    "PutView",
    "DropView",
    "PutCredential",
    "PutToken",
    "PutLane",
    "FinishJob",
    "ReplayJob",
    "PutCheckpoint",
];

/// Every read of one tenant.
const READS: &[&str] = &[
    "lead",
    "leads_by_id",
    "leads_by_identity",
    "leads_merged_into",
    "leads",
    "count_leads",
    "lead_ids",
    "lead_sample",
    "interactions",
    "interaction",
    "interaction_by_key",
    "recent_interactions",
    "score_records",
    "latest_score_records",
    "leads_scored_before",
    "stays",
    "task",
    "lead_tasks",
    "tasks",
    "count_tasks",
    "note",
    "notes",
    "open_stays",
    "leads_by_key",
    "definitions",
    "definition",
    "checkpoint",
    "reply",
    "users",
    "user",
    "user_by_email",
    "teams",
    "team",
    "views",
    "view",
    "credential",
    "token",
    "token_by_digest",
    "tokens",
    "events",
    "latest_events",
    "leads_of_actor",
    "sample_of_actor",
    "job",
    "jobs",
    "attempts",
    "lane_attempts",
    "lane",
    "lane_counts",
    "lead_counts",
    "lead_sums",
];

/// Every read that depends on who owns the lead.
const SCOPED_READS: &[&str] = &[
    "lead",
    "leads_by_id",
    "leads",
    "count_leads",
    "lead_ids",
    "lead_sample",
    "interactions",
    "interaction",
    "interaction_by_key",
    "score_records",
    "stays",
    "task",
    "lead_tasks",
    "tasks",
    "count_tasks",
    "note",
    "notes",
    "open_stays",
    "leads_by_key",
    "events",
    "leads_of_actor",
    "lead_counts",
    "lead_sums",
];
