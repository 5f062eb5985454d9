//! Records that move from lead to lead. Owns the memory of for which lead each was made; a record that comes home is as if
//! it had never left.

use uuid::Uuid;

use super::state::State;
use crate::id::{LeadId, Tenant};
use crate::interaction::Interaction;
use crate::storage::{RecordMove, StorageError};

type Result = std::result::Result<(), StorageError>;

impl State {
    /// Whether an interaction was made for the lead that has it.
    pub(super) fn is_own(&self, interaction: &Interaction) -> bool {
        !self.origins.contains_key(&(interaction.tenant, interaction.id.uuid()))
    }

    pub(super) fn move_records(&mut self, moved: &RecordMove) -> Result {
        let RecordMove { tenant, from, to, .. } = *moved;
        for lead in [from, to] {
            if !self.leads.contains_key(&(tenant, lead)) {
                return Err(StorageError::conflict("lead", lead));
            }
        }
        let interactions: Vec<_> = self.interactions_of(tenant, from).cloned().collect();
        for mut one in interactions {
            if self.rehome(moved, one.id.uuid()) {
                self.interactions.delete(&(tenant, from, one.id));
                one.lead = to;
                self.interaction_leads.put((tenant, one.id), to);
                self.interactions.put((tenant, to, one.id), one);
            }
        }
        let stays: Vec<_> = self.stays_of(tenant, from).cloned().collect();
        for mut one in stays {
            if self.rehome(moved, one.id.uuid()) {
                self.stays.delete(&(tenant, from, one.id));
                one.lead = to;
                self.stay_leads.put((tenant, one.id), to);
                self.stays.put((tenant, to, one.id), one);
            }
        }
        if self.stays_of(tenant, to).filter(|stay| stay.left_at.is_none()).count() > 1 {
            return Err(StorageError::already_exists("open stay of lead", to));
        }
        let of_lead = |of: Tenant, lead: LeadId| (of, lead) == (tenant, from);
        let tasks = self.tasks.values().filter(|task| of_lead(task.tenant, task.lead));
        for id in tasks.map(|task| task.id).collect::<Vec<_>>() {
            if self.rehome(moved, id.uuid()) {
                self.tasks.change(&(tenant, id), |task| task.lead = to);
            }
        }
        let notes = self.notes.values().filter(|note| of_lead(note.tenant, note.lead));
        for id in notes.map(|note| note.id).collect::<Vec<_>>() {
            if self.rehome(moved, id.uuid()) {
                self.notes.change(&(tenant, id), |note| note.lead = to);
            }
        }
        self.sum_up_activity(tenant, from);
        self.sum_up_activity(tenant, to);
        Ok(())
    }

    /// Notes for which lead a record was made, unless it comes home; says whether it is one of those that move.
    fn rehome(&mut self, moved: &RecordMove, record: Uuid) -> bool {
        let key = (moved.tenant, record);
        let made_for = self.origins.get(&key).copied().unwrap_or(moved.from);
        if !moved.made_for.is_empty() && !moved.made_for.contains(&made_for) {
            return false;
        }
        if made_for == moved.to {
            self.origins.delete(&key);
        } else {
            self.origins.put(key, made_for);
        }
        true
    }
}
