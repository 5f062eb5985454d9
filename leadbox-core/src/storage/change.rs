//! The kinds of change. Owns [`Change`]: what one commit can do to one row, with its precondition in the value.
//!
//! `Change` is deliberately not `non_exhaustive`: a new kind must break every adapter instead of being dropped by one.

use serde::{Deserialize, Serialize};

use super::{Definition, DefinitionKind};
use crate::directory::{Team, User};
use crate::event::{NewEvent, Position};
use crate::id::{InteractionId, JobId, LeadId, NoteId, TaskId, Tenant, ViewId};
use crate::interaction::{Interaction, Judge, Suspicion};
use crate::job::{Attempt, Lane, NewJob, Settlement};
use crate::lead::LeadRow;
use crate::note::Note;
use crate::pipeline::Stay;
use crate::proof::{Credential, Token};
use crate::revision::Revision;
use crate::score::LeadScore;
use crate::scoring::ScoreRecord;
use crate::task::Task;
use crate::time::Timestamp;
use crate::view::SavedView;

/// One change of one row. The order of the variants is the order in which a commit applies them.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// A new lead, with its score row (unscored) and its activity (none). Fails with `AlreadyExists` when the id, the
    /// external id, or an identity key in the same slot is taken by a live lead of the tenant.
    InsertLead(Box<LeadRow>),
    /// A lead from `before` to `after`. Fails with `Conflict` unless the lead is stored at `before`'s version; with
    /// `AlreadyExists` as above.
    UpdateLead(Box<LeadUpdate>),
    /// A score, and what is kept of how it came about. Fails with `Conflict` unless the lead is at the score's `lead_version`, the
    /// score row at `before`, and its rule set not newer than the given one.
    SetScore(Box<ScoreUpdate>),
    /// A score is not to be trusted from now on, whatever its revision, which is raised by one. Fails with `Conflict` when the
    /// lead is absent.
    SpoilScore(ScoreSpoil),
    /// An interaction of a stored lead; one that is not suspect also counts in the lead's activity. Fails with
    /// `Conflict` when the lead is absent or deleted, with `AlreadyExists` when id or (lead, key) is taken.
    InsertInteraction(Box<Interaction>),
    /// Marks or clears an interaction and takes it out of, or into, the lead's activity. Fails with `Conflict` unless
    /// it is as `before` says, on the word of `judge_before`.
    MarkInteraction(InteractionMark),
    /// A stay begins. Fails with `Conflict` when the lead is absent, with `AlreadyExists` when the id is taken or the
    /// lead has an open stay.
    OpenStay(Box<Stay>),
    /// A stay ends, as its `left_at` and `left_by` say. Fails with `Conflict` unless it is open.
    CloseStay(Box<Stay>),
    /// A task of a live lead is made or replaced. Fails with `Conflict` when the lead is absent or deleted, and unless the
    /// task is stored at the revision before (0: absent) and, if it is, with the same lead.
    PutTask(Box<Task>),
    /// A task is taken away, with all that it says. Fails with `Conflict` when the lead is absent or deleted, and unless the
    /// task is stored with this lead at revision `before`.
    DropTask(TaskDrop),
    /// A note of a live lead is made or replaced. Fails as `PutTask` does.
    PutNote(Box<Note>),
    /// A note is taken away, with its text. Fails as `DropTask` does.
    DropNote(NoteDrop),
    /// What belongs to a lead belongs to another from now on: interactions with the activity they sum up to, stays, tasks and
    /// notes. Storages remember for which lead each was made, so that it can go back. Fails with `Conflict` when one of the
    /// leads is absent, with `AlreadyExists` when both have an open stay.
    MoveRecords(Box<RecordMove>),
    /// A definition is made or replaced. Fails with `Conflict` unless it is stored at revision `before` (0: absent).
    PutDefinition(Box<DefinitionUpdate>),
    /// A definition is taken away. Fails with `Conflict` unless it is stored at revision `before`.
    DropDefinition(Box<DefinitionDrop>),
    /// A user is made or replaced. Fails with `Conflict` unless it is stored at the revision before (0: absent), with
    /// `AlreadyExists` when the folded address is taken.
    PutUser(Box<User>),
    /// A team is made or replaced. Fails with `Conflict` as above.
    PutTeam(Box<Team>),
    /// A saved view is made or replaced. Fails with `Conflict` as above.
    PutView(Box<SavedView>),
    /// A saved view is taken away. Fails with `Conflict` unless it is stored at revision `before`.
    DropView(ViewDrop),
    /// A password is set, missed or met. Fails with `Conflict` as above.
    PutCredential(Box<Credential>),
    /// A token is made or changed. Fails with `Conflict` as above, with `AlreadyExists` when its digest is taken.
    PutToken(Box<Token>),
    /// A lane is set up or changed; its state stays. Fails with `Conflict` as above.
    PutLane(Box<Lane>),
    /// A claimed job ends. Fails with `Conflict` unless the job is leased under this token.
    FinishJob(Box<JobFinish>),
    /// A parked job goes back into the queue, behind the others of its key. Fails with `Conflict` unless it is parked.
    ReplayJob(JobReplay),
    /// A job is queued, or dropped when its `unique_key` is queued already and not being worked on. Fails with
    /// `AlreadyExists` when the id is taken.
    EnqueueJob(Box<NewJob>),
    /// A try is recorded. Fails with `AlreadyExists` when the id is taken.
    RecordAttempt(Box<Attempt>),
    /// A consumer has seen the log up to `to`. Fails with `Conflict` unless it holds the lease under this token and
    /// stands at `from`.
    AdvanceCursor(CursorAdvance),
    /// Progress of long work is noted. Fails with `Conflict` unless it is stored at the revision before (0: absent).
    PutCheckpoint(Box<Checkpoint>),
    /// A reply is kept for repetition. Fails with `AlreadyExists` when the key is taken and not expired.
    RememberReply(Box<Reply>),
    /// A fact enters the log. Fails with `AlreadyExists` when the id is taken.
    AppendEvent(Box<NewEvent>),
}

/// A lead before and after.
#[derive(Clone, PartialEq, Debug)]
pub struct LeadUpdate {
    /// As it was loaded.
    pub before: LeadRow,
    /// As it shall be, at the next version.
    pub after: LeadRow,
}

/// A score and what it replaces.
#[derive(Clone, PartialEq, Debug)]
pub struct ScoreUpdate {
    /// The revision of the stored row.
    pub before: Revision,
    /// The new row, at the next revision.
    pub score: LeadScore,
    /// What goes into the lead's history of scores; it bears the new row's tenant, lead and revision.
    pub record: Option<ScoreRecord>,
}

/// A score that is not to be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScoreSpoil {
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
}

/// An interaction's suspicion before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InteractionMark {
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// The interaction.
    pub interaction: InteractionId,
    /// As it was loaded.
    pub before: Suspicion,
    /// On whose word it was that.
    pub judge_before: Judge,
    /// As it shall be.
    pub after: Suspicion,
    /// On whose word.
    pub judge: Judge,
    /// Why it is suspect.
    pub reason: Option<String>,
}

/// A task that is taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaskDrop {
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// The task.
    pub task: TaskId,
    /// The stored revision.
    pub before: Revision,
}

/// A note that is taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoteDrop {
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// The note.
    pub note: NoteId,
    /// The stored revision.
    pub before: Revision,
}

/// From which lead to which other what belongs to a lead moves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordMove {
    /// Whose they are.
    pub tenant: Tenant,
    /// The lead that has it.
    pub from: LeadId,
    /// The lead that shall have it; another one.
    pub to: LeadId,
    /// Only what was made for these leads; everything when empty.
    pub made_for: Vec<LeadId>,
}

/// A definition and what it replaces.
#[derive(Clone, PartialEq, Debug)]
pub struct DefinitionUpdate {
    /// Whose it is.
    pub tenant: Tenant,
    /// The stored revision; 0 when there is none.
    pub before: Revision,
    /// The new definition.
    pub definition: Definition,
}

/// A definition that is taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DefinitionDrop {
    /// Whose it is.
    pub tenant: Tenant,
    /// The kind.
    pub kind: DefinitionKind,
    /// Its key.
    pub key: String,
    /// The stored revision.
    pub before: Revision,
}

/// A saved view that is taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ViewDrop {
    /// Whose it is.
    pub tenant: Tenant,
    /// The view.
    pub view: ViewId,
    /// The stored revision.
    pub before: Revision,
}

/// How a claimed job ends.
#[derive(Clone, PartialEq, Debug)]
pub struct JobFinish {
    /// Whose it is.
    pub tenant: Tenant,
    /// The job.
    pub id: JobId,
    /// The token of the claim.
    pub token: i64,
    /// How it ends.
    pub settlement: Settlement,
    /// When, for the lane's breaker.
    pub at: Timestamp,
}

/// A parked job to be tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobReplay {
    /// Whose it is.
    pub tenant: Tenant,
    /// The job.
    pub id: JobId,
    /// Not before.
    pub due_at: Timestamp,
}

/// A consumer's progress.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CursorAdvance {
    /// The consumer.
    pub consumer: String,
    /// The token of its lease.
    pub token: i64,
    /// Where it stands.
    pub from: Position,
    /// Where it shall stand; not before `from`.
    pub to: Position,
}

/// Progress of long work such as an import, so that it can go on after a crash.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Whose it is.
    pub tenant: Tenant,
    /// The work's name, such as `import:` and an id; at most 200 bytes.
    pub name: String,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// Where the work stands.
    pub body: serde_json::Value,
    /// When it was noted.
    pub at: Timestamp,
}

/// A reply kept under the caller's idempotency key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// Whose it is.
    pub tenant: Tenant,
    /// The caller's key; at most 200 bytes.
    pub key: String,
    /// Digest of the request, so that the same key with another request is refused.
    pub request: Vec<u8>,
    /// What was answered.
    pub body: serde_json::Value,
    /// When it was answered.
    pub at: Timestamp,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

impl Change {
    /// The change's name in errors, logs and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Self::InsertLead(_) => "InsertLead",
            Self::UpdateLead(_) => "UpdateLead",
            Self::SetScore(_) => "SetScore",
            Self::SpoilScore(_) => "SpoilScore",
            Self::InsertInteraction(_) => "InsertInteraction",
            Self::MarkInteraction(_) => "MarkInteraction",
            Self::OpenStay(_) => "OpenStay",
            Self::CloseStay(_) => "CloseStay",
            Self::PutTask(_) => "PutTask",
            Self::DropTask(_) => "DropTask",
            Self::PutNote(_) => "PutNote",
            Self::DropNote(_) => "DropNote",
            Self::MoveRecords(_) => "MoveRecords",
            Self::PutDefinition(_) => "PutDefinition",
            Self::DropDefinition(_) => "DropDefinition",
            Self::PutUser(_) => "PutUser",
            Self::PutTeam(_) => "PutTeam",
            Self::PutView(_) => "PutView",
            Self::DropView(_) => "DropView",
            Self::PutCredential(_) => "PutCredential",
            Self::PutToken(_) => "PutToken",
            Self::PutLane(_) => "PutLane",
            Self::FinishJob(_) => "FinishJob",
            Self::ReplayJob(_) => "ReplayJob",
            Self::EnqueueJob(_) => "EnqueueJob",
            Self::RecordAttempt(_) => "RecordAttempt",
            Self::AdvanceCursor(_) => "AdvanceCursor",
            Self::PutCheckpoint(_) => "PutCheckpoint",
            Self::RememberReply(_) => "RememberReply",
            Self::AppendEvent(_) => "AppendEvent",
        }
    }

    /// The place of the change's table in the fixed order of a commit.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::InsertLead(_) => 0,
            Self::UpdateLead(_) => 1,
            Self::SetScore(_) => 2,
            Self::SpoilScore(_) => 3,
            Self::InsertInteraction(_) => 4,
            Self::MarkInteraction(_) => 5,
            // A stay ends before the next begins.
            Self::CloseStay(_) => 6,
            Self::OpenStay(_) => 7,
            Self::PutTask(_) => 8,
            Self::DropTask(_) => 9,
            Self::PutNote(_) => 10,
            Self::DropNote(_) => 11,
            // Also what the set itself has added.
            Self::MoveRecords(_) => 12,
            Self::PutDefinition(_) => 13,
            Self::DropDefinition(_) => 14,
            Self::PutUser(_) => 15,
            Self::PutTeam(_) => 16,
            Self::PutView(_) => 17,
            Self::DropView(_) => 18,
            Self::PutCredential(_) => 19,
            Self::PutToken(_) => 20,
            Self::PutLane(_) => 21,
            // A finished job frees its unique key for the next.
            Self::FinishJob(_) => 22,
            Self::ReplayJob(_) => 23,
            Self::EnqueueJob(_) => 24,
            Self::RecordAttempt(_) => 25,
            Self::AdvanceCursor(_) => 26,
            Self::PutCheckpoint(_) => 27,
            Self::RememberReply(_) => 28,
            Self::AppendEvent(_) => 29,
        }
    }

    /// The lead that the change stands or falls with, when a set skips conflicts.
    pub fn lead(&self) -> Option<LeadId> {
        match self {
            Self::InsertLead(row) => Some(row.lead.id),
            Self::UpdateLead(update) => Some(update.after.lead.id),
            Self::SetScore(update) => Some(update.score.lead),
            Self::SpoilScore(spoil) => Some(spoil.lead),
            Self::InsertInteraction(interaction) => Some(interaction.lead),
            Self::MarkInteraction(mark) => Some(mark.lead),
            Self::OpenStay(stay) | Self::CloseStay(stay) => Some(stay.lead),
            Self::PutTask(task) => Some(task.lead),
            Self::DropTask(gone) => Some(gone.lead),
            Self::PutNote(note) => Some(note.lead),
            Self::DropNote(gone) => Some(gone.lead),
            Self::MoveRecords(moved) => Some(moved.from),
            Self::AppendEvent(event) => event.lead(),
            _ => None,
        }
    }
}
