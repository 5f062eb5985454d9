//! The changes of a pass, sorted by kind. Owns the one `match` over [`Change`]: a new kind does not compile until it has
//! a place here and in `apply`.

use leadbox_core::job::{Attempt, Lane};
use leadbox_core::proof::{Credential, Token};
use leadbox_core::storage::{
    Checkpoint, CursorAdvance, DefinitionDrop, DefinitionUpdate, InteractionMark, JobFinish,
    JobReplay, LeadUpdate, NoteDrop, RecordMove, Reply, ScoreSpoil, ScoreUpdate, TaskDrop,
    ViewDrop,
};
use leadbox_core::{
    Change, Interaction, LeadRow, NewEvent, NewJob, Note, SavedView, Stay, Task, Team, User,
};

/// References to changes, by kind, in the order of their sets.
#[derive(Default)]
pub(super) struct Runs<'a> {
    pub(super) new_leads: Vec<&'a LeadRow>,
    pub(super) lead_updates: Vec<&'a LeadUpdate>,
    pub(super) scores: Vec<&'a ScoreUpdate>,
    pub(super) spoils: Vec<&'a ScoreSpoil>,
    pub(super) interactions: Vec<&'a Interaction>,
    pub(super) marks: Vec<&'a InteractionMark>,
    pub(super) ended_stays: Vec<&'a Stay>,
    pub(super) begun_stays: Vec<&'a Stay>,
    pub(super) tasks: Vec<&'a Task>,
    pub(super) dropped_tasks: Vec<&'a TaskDrop>,
    pub(super) notes: Vec<&'a Note>,
    pub(super) dropped_notes: Vec<&'a NoteDrop>,
    pub(super) moves: Vec<&'a RecordMove>,
    pub(super) definitions: Vec<&'a DefinitionUpdate>,
    pub(super) dropped_definitions: Vec<&'a DefinitionDrop>,
    pub(super) users: Vec<&'a User>,
    pub(super) teams: Vec<&'a Team>,
    pub(super) views: Vec<&'a SavedView>,
    pub(super) dropped_views: Vec<&'a ViewDrop>,
    pub(super) credentials: Vec<&'a Credential>,
    pub(super) tokens: Vec<&'a Token>,
    pub(super) lanes: Vec<&'a Lane>,
    pub(super) finishes: Vec<&'a JobFinish>,
    pub(super) replays: Vec<&'a JobReplay>,
    pub(super) new_jobs: Vec<&'a NewJob>,
    pub(super) attempts: Vec<&'a Attempt>,
    pub(super) cursors: Vec<&'a CursorAdvance>,
    pub(super) checkpoints: Vec<&'a Checkpoint>,
    pub(super) replies: Vec<&'a Reply>,
    pub(super) events: Vec<&'a NewEvent>,
}

impl<'a> Runs<'a> {
    /// Adds the changes of one set.
    pub(super) fn add_set(&mut self, changes: impl Iterator<Item = &'a Change>) {
        let first_event = self.events.len();
        for change in changes {
            self.add(change);
        }
        // Within a commit, per-lead order is version order.
        self.events[first_event..].sort_by_key(|event| event.log_order());
    }

    /// Whether there are new leads, with the stays, scores and facts that they begin with, and nothing else; the scores may be those of
    /// other leads.
    pub(super) fn only_new_leads(&self) -> bool {
        let Self {
            new_leads,
            lead_updates,
            scores: _,
            spoils,
            interactions,
            marks,
            ended_stays,
            begun_stays: _,
            tasks,
            dropped_tasks,
            notes,
            dropped_notes,
            moves,
            definitions,
            dropped_definitions,
            users,
            teams,
            views,
            dropped_views,
            credentials,
            tokens,
            lanes,
            finishes,
            replays,
            new_jobs,
            attempts,
            cursors,
            checkpoints,
            replies,
            events: _,
        } = self;
        !new_leads.is_empty()
            && lead_updates.is_empty()
            && spoils.is_empty()
            && interactions.is_empty()
            && marks.is_empty()
            && ended_stays.is_empty()
            && tasks.is_empty()
            && dropped_tasks.is_empty()
            && notes.is_empty()
            && dropped_notes.is_empty()
            && moves.is_empty()
            && definitions.is_empty()
            && dropped_definitions.is_empty()
            && users.is_empty()
            && teams.is_empty()
            && views.is_empty()
            && dropped_views.is_empty()
            && credentials.is_empty()
            && tokens.is_empty()
            && lanes.is_empty()
            && finishes.is_empty()
            && replays.is_empty()
            && new_jobs.is_empty()
            && attempts.is_empty()
            && cursors.is_empty()
            && checkpoints.is_empty()
            && replies.is_empty()
    }

    fn add(&mut self, change: &'a Change) {
        match change {
            Change::InsertLead(row) => self.new_leads.push(row),
            Change::UpdateLead(update) => self.lead_updates.push(update),
            Change::SetScore(update) => self.scores.push(update),
            Change::SpoilScore(spoil) => self.spoils.push(spoil),
            Change::InsertInteraction(interaction) => self.interactions.push(interaction),
            Change::MarkInteraction(mark) => self.marks.push(mark),
            Change::CloseStay(stay) => self.ended_stays.push(stay),
            Change::OpenStay(stay) => self.begun_stays.push(stay),
            Change::PutTask(task) => self.tasks.push(task),
            Change::DropTask(gone) => self.dropped_tasks.push(gone),
            Change::PutNote(note) => self.notes.push(note),
            Change::DropNote(gone) => self.dropped_notes.push(gone),
            Change::MoveRecords(moved) => self.moves.push(moved),
            Change::PutDefinition(update) => self.definitions.push(update),
            Change::DropDefinition(gone) => self.dropped_definitions.push(gone),
            Change::PutUser(user) => self.users.push(user),
            Change::PutTeam(team) => self.teams.push(team),
            Change::PutView(view) => self.views.push(view),
            Change::DropView(gone) => self.dropped_views.push(gone),
            Change::PutCredential(credential) => self.credentials.push(credential),
            Change::PutToken(token) => self.tokens.push(token),
            Change::PutLane(lane) => self.lanes.push(lane),
            Change::FinishJob(finish) => self.finishes.push(finish),
            Change::ReplayJob(replay) => self.replays.push(replay),
            Change::EnqueueJob(job) => self.new_jobs.push(job),
            Change::RecordAttempt(attempt) => self.attempts.push(attempt),
            Change::AdvanceCursor(advance) => self.cursors.push(advance),
            Change::PutCheckpoint(checkpoint) => self.checkpoints.push(checkpoint),
            Change::RememberReply(reply) => self.replies.push(reply),
            Change::AppendEvent(event) => self.events.push(event),
        }
    }
}
