//! One commit: all or nothing, or all but the leads that conflict. Owns replay, skipping and the end of a commit; what
//! each change does stands in the `change_*` files.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use crate::event::{Event, NewEvent};
use crate::id::{LeadId, Tenant};
use crate::rollup::{Cell, Tally};
use crate::storage::{Change, ChangeSet, Committed, OnConflict, SkipReason, Skipped, StorageError};

/// What a commit does at its end, once nothing can fail any more.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) events: Vec<NewEvent>,
    pub(super) counts: BTreeMap<Tenant, Tally>,
}

impl Draft {
    /// Notes how counts move.
    pub(super) fn count(&mut self, tenant: Tenant, deltas: Vec<(Cell, i64)>) {
        self.counts.entry(tenant).or_default().add(deltas);
    }
}

impl State {
    /// Applies a set as one.
    pub(super) fn commit(&mut self, set: &ChangeSet) -> Result<Committed, StorageError> {
        if self.change_sets.contains_key(&set.id()) {
            return Ok(Committed { skipped: Vec::new(), replayed: true });
        }
        let result = self.apply_set(set);
        if result.is_ok() {
            self.keep();
        } else {
            self.undo();
        }
        result
    }

    fn apply_set(&mut self, set: &ChangeSet) -> Result<Committed, StorageError> {
        let mut left_out = BTreeMap::new();
        // A lead may turn out to conflict after some of its changes took effect, and others may have built on those: then
        // all is taken back and done again without it. The list of leads left out only grows, so this ends.
        let draft = loop {
            match self.pass(set, &mut left_out)? {
                Some(draft) => break draft,
                None => self.undo(),
            }
        };
        self.change_sets.put(set.id(), set.at());
        self.finish(draft);
        let skipped = first_changes(set)
            .filter_map(|lead| left_out.get(&lead).map(|reason| Skipped { lead, reason: *reason }))
            .collect();
        Ok(Committed { skipped, replayed: false })
    }

    /// Applies all changes but those of the leads left out, and leaves out more where the set allows it; none when the
    /// pass has to be repeated.
    fn pass(
        &mut self,
        set: &ChangeSet,
        left_out: &mut BTreeMap<LeadId, SkipReason>,
    ) -> Result<Option<Draft>, StorageError> {
        let mut draft = Draft::default();
        let (mut touched, mut again) = (BTreeSet::new(), false);
        for change in set.changes() {
            let lead = change.lead();
            if lead.is_some_and(|lead| left_out.contains_key(&lead)) {
                continue;
            }
            match (self.apply(change, &mut draft), lead, set.on_conflict()) {
                (Ok(()), lead, _) => touched.extend(lead),
                (Err(error), Some(lead), OnConflict::Skip) => {
                    left_out.insert(lead, skip_reason(error)?);
                    again |= touched.contains(&lead);
                }
                (Err(error), ..) => return Err(error),
            }
        }
        Ok((!again).then_some(draft))
    }

    fn apply(&mut self, change: &Change, draft: &mut Draft) -> Result<(), StorageError> {
        match change {
            Change::InsertLead(row) => self.insert_lead(row, draft),
            Change::UpdateLead(update) => self.update_lead(update, draft),
            Change::SetScore(update) => self.set_score(update),
            Change::SpoilScore(spoil) => self.spoil_score(spoil),
            Change::InsertInteraction(interaction) => self.insert_interaction(interaction),
            Change::MarkInteraction(mark) => self.mark_interaction(mark),
            Change::OpenStay(stay) => self.open_stay(stay),
            Change::CloseStay(stay) => self.close_stay(stay),
            Change::PutTask(task) => self.put_task(task),
            Change::DropTask(gone) => self.drop_task(gone),
            Change::PutNote(note) => self.put_note(note),
            Change::DropNote(gone) => self.drop_note(gone),
            Change::MoveRecords(moved) => self.move_records(moved),
            Change::PutDefinition(update) => self.put_definition(update),
            Change::DropDefinition(gone) => self.drop_definition(gone),
            Change::PutUser(user) => self.put_user(user),
            Change::PutTeam(team) => self.put_team(team),
            Change::PutView(view) => self.put_view(view),
            Change::DropView(gone) => self.drop_view(gone),
            Change::PutCredential(credential) => self.put_credential(credential),
            Change::PutToken(token) => self.put_token(token),
            Change::PutLane(lane) => self.put_lane(lane),
            Change::FinishJob(finish) => self.finish_job(finish),
            Change::ReplayJob(replay) => self.replay_job(replay),
            Change::EnqueueJob(job) => self.enqueue_job(job),
            Change::RecordAttempt(attempt) => self.record_attempt(attempt),
            Change::AdvanceCursor(advance) => self.advance_cursor(advance),
            Change::PutCheckpoint(checkpoint) => self.put_checkpoint(checkpoint),
            Change::RememberReply(reply) => self.remember_reply(reply),
            Change::AppendEvent(event) => self.append_event(event, draft),
        }
    }

    fn finish(&mut self, draft: Draft) {
        for (tenant, tally) in draft.counts {
            for (cell, n) in tally.into_cells() {
                self.add_count(tenant, cell, n);
            }
        }
        let mut events = draft.events;
        events.sort_by_key(NewEvent::log_order);
        for fact in events {
            self.head = self.head.extend(&fact.commitment);
            self.log.push(Event { position: self.head.position, fact, chain: self.head.chain });
        }
    }
}

fn skip_reason(error: StorageError) -> Result<SkipReason, StorageError> {
    match error {
        StorageError::Conflict { .. } => Ok(SkipReason::Conflict),
        StorageError::AlreadyExists { .. } => Ok(SkipReason::AlreadyExists),
        other => Err(other),
    }
}

/// The leads of a set, each once, in the order of their first change.
fn first_changes(set: &ChangeSet) -> impl Iterator<Item = LeadId> {
    let mut seen = BTreeSet::new();
    set.changes().iter().filter_map(Change::lead).filter(move |lead| seen.insert(*lead))
}
