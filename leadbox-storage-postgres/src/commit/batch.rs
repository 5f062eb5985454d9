//! A change set sorted by kind. Owns the one `match` over `Change`, so that a new kind breaks the build here and cannot be
//! dropped.

use std::collections::BTreeMap;

use leadbox_core::event::NewEvent;
use leadbox_core::job::{Attempt, Lane, NewJob};
use leadbox_core::proof::{Credential, Token};
use leadbox_core::storage::{
    Checkpoint, CursorAdvance, DefinitionDrop, DefinitionUpdate, InteractionMark, JobFinish,
    JobReplay, LeadUpdate, NoteDrop, RecordMove, Reply, ScoreSpoil, ScoreUpdate, SkipReason,
    TaskDrop, ViewDrop,
};
use leadbox_core::{
    Change, ChangeSet, Interaction, LeadId, LeadRow, Note, SavedView, Stay, Task, Team, Tenant,
    User,
};

/// The changes of a set, but those of leads that are left out.
#[derive(Default)]
pub(super) struct Batch<'a> {
    pub(super) new_leads: Vec<&'a LeadRow>,
    pub(super) leads: Vec<&'a LeadUpdate>,
    pub(super) scores: Vec<&'a ScoreUpdate>,
    pub(super) spoils: Vec<&'a ScoreSpoil>,
    pub(super) interactions: Vec<&'a Interaction>,
    pub(super) marks: Vec<&'a InteractionMark>,
    pub(super) closed_stays: Vec<&'a Stay>,
    pub(super) open_stays: Vec<&'a Stay>,
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
    pub(super) jobs: Vec<&'a NewJob>,
    pub(super) attempts: Vec<&'a Attempt>,
    pub(super) cursors: Vec<&'a CursorAdvance>,
    pub(super) checkpoints: Vec<&'a Checkpoint>,
    pub(super) replies: Vec<&'a Reply>,
    pub(super) events: Vec<&'a NewEvent>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(set: &'a ChangeSet, left_out: &BTreeMap<LeadId, SkipReason>) -> Self {
        let mut batch = Self::default();
        for change in set.changes() {
            if !left_out.is_empty()
                && change.lead().is_some_and(|lead| left_out.contains_key(&lead))
            {
                continue;
            }
            batch.add(change);
        }
        batch.order();
        batch
    }

    fn add(&mut self, change: &'a Change) {
        match change {
            Change::InsertLead(row) => self.new_leads.push(row),
            Change::UpdateLead(update) => self.leads.push(update),
            Change::SetScore(update) => self.scores.push(update),
            Change::SpoilScore(spoil) => self.spoils.push(spoil),
            Change::InsertInteraction(interaction) => self.interactions.push(interaction),
            Change::MarkInteraction(mark) => self.marks.push(mark),
            Change::CloseStay(stay) => self.closed_stays.push(stay),
            Change::OpenStay(stay) => self.open_stays.push(stay),
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
            Change::EnqueueJob(job) => self.jobs.push(job),
            Change::RecordAttempt(attempt) => self.attempts.push(attempt),
            Change::AdvanceCursor(advance) => self.cursors.push(advance),
            Change::PutCheckpoint(checkpoint) => self.checkpoints.push(checkpoint),
            Change::RememberReply(reply) => self.replies.push(reply),
            Change::AppendEvent(event) => self.events.push(event),
        }
    }

    /// Rows that two commits may both want are taken in one order by all of them, so that none waits for the other in a
    /// circle. New leads meet others only in their identity keys. Jobs keep the order in which they shall run.
    fn order(&mut self) {
        self.new_leads.sort_by(|a, b| {
            let keys = |row: &'a LeadRow| (&row.keys.email, &row.keys.phone, row.lead.id);
            keys(a).cmp(&keys(b))
        });
        self.leads.sort_unstable_by_key(|update| (update.after.lead.tenant, update.after.lead.id));
        self.closed_stays.sort_unstable_by_key(|stay| (stay.tenant, stay.id));
        self.tasks.sort_unstable_by_key(|task| (task.tenant, task.id));
        self.notes.sort_unstable_by_key(|note| (note.tenant, note.id));
        self.definitions.sort_by_key(|update| {
            (update.tenant, update.definition.kind().as_str(), update.definition.key().to_owned())
        });
        self.dropped_definitions.sort_by(|a, b| {
            (a.tenant, a.kind.as_str(), &a.key).cmp(&(b.tenant, b.kind.as_str(), &b.key))
        });
        self.users.sort_unstable_by_key(|user| (user.tenant, user.id));
        self.teams.sort_unstable_by_key(|team| (team.tenant, team.id));
        self.credentials.sort_unstable_by_key(|credential| (credential.tenant, credential.user));
        self.views.sort_unstable_by_key(|view| (view.tenant, view.id));
        self.dropped_views.sort_unstable_by_key(|gone| (gone.tenant, gone.view));
        self.tokens.sort_unstable_by_key(|token| (token.tenant, token.id));
        self.lanes.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.cursors.sort_unstable_by(|a, b| a.consumer.cmp(&b.consumer));
        self.checkpoints.sort_unstable_by(|a, b| (a.tenant, &a.name).cmp(&(b.tenant, &b.name)));
        self.replies.sort_unstable_by(|a, b| (a.tenant, &a.key).cmp(&(b.tenant, &b.key)));
        // What is cut off at the end of a sequencer's round must not come before what it follows.
        self.events.sort_by_key(|event| event.log_order());
    }

    /// The leads of tasks and notes, which have to be live.
    pub(super) fn leads_worked_on(&self) -> impl Iterator<Item = (Tenant, LeadId)> {
        let tasks = self.tasks.iter().map(|task| (task.tenant, task.lead));
        let tasks = tasks.chain(self.dropped_tasks.iter().map(|gone| (gone.tenant, gone.lead)));
        let notes = self.notes.iter().map(|note| (note.tenant, note.lead));
        let notes = notes.chain(self.dropped_notes.iter().map(|gone| (gone.tenant, gone.lead)));
        tasks.chain(notes)
    }

    /// Whether one statement is enough: nothing has to be looked at first.
    pub(super) fn is_single(&self) -> bool {
        self.marks.is_empty()
            && self.moves.is_empty()
            && self.finishes.is_empty()
            && self.replays.is_empty()
            && self.jobs.iter().all(|job| job.fifo_key.is_none())
    }

    /// Whether all of it follows from the log and is done again when it gets lost together with the cursor, so that it
    /// need not wait for the disk.
    pub(super) fn is_derived(&self) -> bool {
        let Self {
            new_leads,
            leads,
            scores,
            spoils,
            interactions,
            marks,
            closed_stays,
            open_stays,
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
            jobs: _,
            attempts,
            cursors,
            checkpoints,
            replies,
            events,
        } = self;
        !cursors.is_empty()
            && new_leads.is_empty()
            && leads.is_empty()
            && scores.is_empty()
            && spoils.is_empty()
            && interactions.is_empty()
            && marks.is_empty()
            && closed_stays.is_empty()
            && open_stays.is_empty()
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
            && attempts.is_empty()
            && checkpoints.is_empty()
            && replies.is_empty()
            && events.is_empty()
    }
}
