//! Changes of leads, scores, interactions and stays. Owns their preconditions and what each does to the rows beside the
//! lead.

use super::commit::Draft;
use super::state::{HeldKey, LeadRecord, State};
use crate::id::{LeadId, Tenant};
use crate::interaction::{Interaction, LeadActivity, Suspicion};
use crate::lead::{IdentityKind, LeadRow};
use crate::pipeline::Stay;
use crate::rollup::deltas;
use crate::score::{Freshness, LeadScore};
use crate::storage::{InteractionMark, LeadUpdate, ScoreSpoil, ScoreUpdate, StorageError};

type Result = std::result::Result<(), StorageError>;

impl State {
    pub(super) fn insert_lead(&mut self, row: &LeadRow, draft: &mut Draft) -> Result {
        let lead = &row.lead;
        let key = (lead.tenant, lead.id);
        if self.leads.contains_key(&key) {
            return Err(StorageError::already_exists("lead", lead.id));
        }
        self.expect_free_keys(row)?;
        self.hold_keys(row);
        draft.count(lead.tenant, deltas(None, Some(lead)));
        let score = LeadScore::unscored(lead.tenant, lead.id, lead.created_at);
        self.leads
            .put(key, LeadRecord { row: row.clone(), score, activity: LeadActivity::default() });
        Ok(())
    }

    pub(super) fn update_lead(&mut self, update: &LeadUpdate, draft: &mut Draft) -> Result {
        let mut after = update.after.clone();
        let key = (after.lead.tenant, after.lead.id);
        let before = match self.leads.get(&key) {
            Some(record) if record.row.lead.version == update.before.lead.version => {
                record.row.clone()
            }
            _ => return Err(StorageError::conflict("lead", after.lead.id)),
        };
        if after.keys.email == before.keys.email {
            after.keys.email_slot = before.keys.email_slot;
        }
        if after.keys.phone == before.keys.phone {
            after.keys.phone_slot = before.keys.phone_slot;
        }
        self.expect_free_keys(&after)?;
        for held in keys_to_hold(&before) {
            self.held_keys.delete(&held);
        }
        self.hold_keys(&after);
        draft.count(after.lead.tenant, deltas(Some(&before.lead), Some(&after.lead)));
        self.leads.change(&key, |record| record.row = after);
        Ok(())
    }

    /// Checks that no other lead holds the keys that this one is to hold.
    fn expect_free_keys(&self, row: &LeadRow) -> Result {
        for held in keys_to_hold(row) {
            if self.held_keys.get(&held).is_some_and(|holder| *holder != row.lead.id) {
                let what = match held.kind {
                    IdentityKind::Email => "lead by email",
                    IdentityKind::Phone => "lead by phone",
                    IdentityKind::ExternalId => "lead by external id",
                };
                return Err(StorageError::already_exists(what, held.key));
            }
        }
        Ok(())
    }

    fn hold_keys(&mut self, row: &LeadRow) {
        for held in keys_to_hold(row) {
            self.held_keys.put(held, row.lead.id);
        }
    }

    pub(super) fn set_score(&mut self, update: &ScoreUpdate) -> Result {
        let score = &update.score;
        let key = (score.tenant, score.lead);
        let as_expected = self.leads.get(&key).is_some_and(|record| {
            record.row.lead.version == score.lead_version
                && record.score.revision == update.before
                && record.score.rule_set <= score.rule_set
        });
        if !as_expected {
            return Err(StorageError::conflict("score of lead", score.lead));
        }
        self.leads.change(&key, |record| record.score = score.clone());
        if let Some(record) = &update.record {
            self.score_records.put((key.0, key.1, record.revision), record.clone());
        }
        Ok(())
    }

    pub(super) fn spoil_score(&mut self, spoil: &ScoreSpoil) -> Result {
        let key = (spoil.tenant, spoil.lead);
        if !self.leads.contains_key(&key) {
            return Err(StorageError::conflict("score of lead", spoil.lead));
        }
        self.leads.change(&key, |record| {
            record.score.revision = record.score.revision.next();
            record.score.freshness = Freshness::Dirty;
        });
        Ok(())
    }

    pub(super) fn insert_interaction(&mut self, interaction: &Interaction) -> Result {
        let (tenant, lead) = (interaction.tenant, interaction.lead);
        if !self.leads.get(&(tenant, lead)).is_some_and(LeadRecord::is_live) {
            return Err(StorageError::conflict("lead", lead));
        }
        if self.interaction_leads.contains_key(&(tenant, interaction.id)) {
            return Err(StorageError::already_exists("interaction", interaction.id));
        }
        if let Some(key) = &interaction.key
            && self
                .interactions_of(tenant, lead)
                .any(|other| other.key.as_ref() == Some(key) && self.is_own(other))
        {
            return Err(StorageError::already_exists("interaction by key", key));
        }
        self.interaction_leads.put((tenant, interaction.id), lead);
        self.interactions.put((tenant, lead, interaction.id), interaction.clone());
        self.sum_up_activity(tenant, lead);
        Ok(())
    }

    pub(super) fn mark_interaction(&mut self, mark: &InteractionMark) -> Result {
        let key = (mark.tenant, mark.lead, mark.interaction);
        let stored = self.interactions.get(&key);
        let before = (mark.before, mark.judge_before);
        if stored.is_none_or(|interaction| (interaction.suspicion, interaction.judge) != before) {
            return Err(StorageError::conflict("interaction", mark.interaction));
        }
        self.interactions.change(&key, |interaction| {
            (interaction.suspicion, interaction.judge) = (mark.after, mark.judge);
            interaction.reason.clone_from(&mark.reason);
        });
        self.sum_up_activity(mark.tenant, mark.lead);
        Ok(())
    }

    pub(super) fn sum_up_activity(&mut self, tenant: Tenant, lead: LeadId) {
        let mut activity = LeadActivity::default();
        for interaction in self.interactions_of(tenant, lead) {
            if interaction.suspicion == Suspicion::Clear {
                activity.count += 1;
                activity.last_at = activity.last_at.max(Some(interaction.at));
            }
        }
        self.leads.change(&(tenant, lead), |record| record.activity = activity);
    }

    pub(super) fn open_stay(&mut self, stay: &Stay) -> Result {
        let (tenant, lead) = (stay.tenant, stay.lead);
        if !self.leads.contains_key(&(tenant, lead)) {
            return Err(StorageError::conflict("lead", lead));
        }
        if self.stay_leads.contains_key(&(tenant, stay.id)) {
            return Err(StorageError::already_exists("stay", stay.id));
        }
        if self.stays_of(tenant, lead).any(|other| other.left_at.is_none()) {
            return Err(StorageError::already_exists("open stay of lead", lead));
        }
        self.stay_leads.put((tenant, stay.id), lead);
        self.stays.put((tenant, lead, stay.id), stay.clone());
        Ok(())
    }

    pub(super) fn close_stay(&mut self, stay: &Stay) -> Result {
        let key = (stay.tenant, stay.lead, stay.id);
        if self.stays.get(&key).is_none_or(|stored| stored.left_at.is_some()) {
            return Err(StorageError::conflict("stay", stay.id));
        }
        self.stays.change(&key, |stored| {
            stored.left_at = stay.left_at;
            stored.left_by.clone_from(&stay.left_by);
        });
        Ok(())
    }
}

/// The keys that a lead holds alone; none once it is deleted. An external id has only one slot.
fn keys_to_hold(row: &LeadRow) -> Vec<HeldKey> {
    if row.lead.deleted_at.is_some() {
        return Vec::new();
    }
    let keys = [
        (IdentityKind::Email, &row.keys.email, row.keys.email_slot),
        (IdentityKind::Phone, &row.keys.phone, row.keys.phone_slot),
        (IdentityKind::ExternalId, &row.lead.external_id, 0),
    ];
    keys.into_iter()
        .filter_map(|(kind, key, slot)| {
            key.clone().map(|key| HeldKey { tenant: row.lead.tenant, kind, key, slot })
        })
        .collect()
}
