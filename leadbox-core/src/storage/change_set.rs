//! What one commit does. Owns the list of changes in the order that every adapter relies on: by kind, and within a
//! kind as they were added; each row at most once.

use std::collections::HashSet;
use std::sync::Arc;

use super::Change;
use crate::id::ChangeSetId;
use crate::time::Timestamp;

/// What a commit does when one of its changes meets a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnConflict {
    /// Nothing at all is written.
    #[default]
    Fail,
    /// The lead's changes are left out and the lead is reported; changes that belong to no lead still fail the whole.
    Skip,
}

/// An ordered list of changes that takes effect as one, or not at all. Cheap to clone.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangeSet {
    id: ChangeSetId,
    at: Timestamp,
    on_conflict: OnConflict,
    changes: Arc<Vec<Change>>,
}

/// A set that changes a row twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change set changes a row twice ({change})")]
pub struct ChangeSetError {
    /// The second change's name.
    pub change: &'static str,
}

impl ChangeSet {
    /// Puts changes into the fixed order.
    ///
    /// # Errors
    /// [`ChangeSetError`] when two changes of one kind are about one row.
    pub fn new(
        id: ChangeSetId,
        at: Timestamp,
        on_conflict: OnConflict,
        mut changes: Vec<Change>,
    ) -> Result<Self, ChangeSetError> {
        let mut rows = HashSet::with_capacity(changes.len());
        for change in &changes {
            if !rows.insert(row(change)) {
                return Err(ChangeSetError { change: change.name() });
            }
        }
        changes.sort_by_key(Change::rank);
        Ok(Self { id, at, on_conflict, changes: Arc::new(changes) })
    }

    /// Its id: a set that was committed before takes no effect again.
    pub fn id(&self) -> ChangeSetId {
        self.id
    }

    /// When it was decided.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What a conflict does.
    pub fn on_conflict(&self) -> OnConflict {
        self.on_conflict
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Row<'a> {
    Id(u8, uuid::Uuid),
    Pair(u8, uuid::Uuid, uuid::Uuid),
    Name(u8, i64, &'a str, &'a str),
}

/// The row a change is about. Insert and update of a lead are one row; so are the two ends of a stay, of a task, of a view and of a job.
fn row(change: &Change) -> Row<'_> {
    match change {
        Change::InsertLead(row) => Row::Id(0, row.lead.id.uuid()),
        Change::UpdateLead(update) => Row::Id(0, update.after.lead.id.uuid()),
        Change::SetScore(update) => Row::Id(1, update.score.lead.uuid()),
        Change::SpoilScore(spoil) => Row::Id(1, spoil.lead.uuid()),
        Change::InsertInteraction(interaction) => Row::Id(2, interaction.id.uuid()),
        Change::MarkInteraction(mark) => Row::Id(2, mark.interaction.uuid()),
        Change::OpenStay(stay) | Change::CloseStay(stay) => Row::Id(3, stay.id.uuid()),
        Change::PutTask(task) => Row::Id(16, task.id.uuid()),
        Change::DropTask(gone) => Row::Id(16, gone.task.uuid()),
        Change::PutNote(note) => Row::Id(17, note.id.uuid()),
        Change::DropNote(gone) => Row::Id(17, gone.note.uuid()),
        Change::MoveRecords(moved) => Row::Pair(18, moved.from.uuid(), moved.to.uuid()),
        Change::PutDefinition(update) => Row::Name(
            4,
            update.tenant.0,
            update.definition.kind().as_str(),
            update.definition.key(),
        ),
        Change::DropDefinition(gone) => Row::Name(4, gone.tenant.0, gone.kind.as_str(), &gone.key),
        Change::PutUser(user) => Row::Id(5, user.id.uuid()),
        Change::PutTeam(team) => Row::Id(6, team.id.uuid()),
        Change::PutView(view) => Row::Id(19, view.id.uuid()),
        Change::DropView(gone) => Row::Id(19, gone.view.uuid()),
        Change::PutCredential(credential) => Row::Id(14, credential.user.uuid()),
        Change::PutToken(token) => Row::Id(15, token.id.uuid()),
        Change::PutLane(lane) => Row::Name(7, lane.key.tenant.0, &lane.key.queue, &lane.key.name),
        Change::FinishJob(finish) => Row::Id(8, finish.id.uuid()),
        Change::ReplayJob(replay) => Row::Id(8, replay.id.uuid()),
        Change::EnqueueJob(job) => Row::Id(8, job.id.uuid()),
        Change::RecordAttempt(attempt) => Row::Id(9, attempt.id.uuid()),
        Change::AdvanceCursor(advance) => Row::Name(10, 0, &advance.consumer, ""),
        Change::PutCheckpoint(checkpoint) => {
            Row::Name(11, checkpoint.tenant.0, &checkpoint.name, "")
        }
        Change::RememberReply(reply) => Row::Name(12, reply.tenant.0, &reply.key, ""),
        Change::AppendEvent(event) => Row::Id(13, event.id.uuid()),
    }
}
