//! Which leads a set leaves out. Owns trying its changes in their order on a small picture of the stored rows that they could
//! meet (`picture`); the commit that follows decides, this only saves it from trying lead by lead.

use std::collections::{BTreeMap, BTreeSet};

use leadbox_core::storage::{InteractionMark, LeadUpdate, ScoreUpdate, SkipReason};
use leadbox_core::{Change, ChangeSet, IdentityKind, Interaction, LeadId, LeadRow, Stay, Tenant};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::picture::{HeldKey, Picture, Stored};
use crate::error::Failure;

type LeftOut = BTreeMap<LeadId, SkipReason>;
type Outcome = Result<(), SkipReason>;

/// Finds the leads whose changes conflict, beside those that are known to.
pub(super) async fn leads_to_leave_out(
    connection: &mut PgConnection,
    set: &ChangeSet,
    mut left_out: LeftOut,
) -> Result<LeftOut, Failure> {
    let picture = Picture::load(connection, set).await?;
    // As in the specification: a lead that conflicts after some of its changes took effect is taken back with all that
    // was built on them.
    while picture.clone().pass(set, &mut left_out) {}
    Ok(left_out)
}

impl Picture {
    /// Tries all changes but those of leads left out; whether it has to be done again.
    fn pass(mut self, set: &ChangeSet, left_out: &mut LeftOut) -> bool {
        let (mut touched, mut again) = (BTreeSet::new(), false);
        for change in set.changes() {
            let Some(lead) = change.lead() else { continue };
            if left_out.contains_key(&lead) {
                continue;
            }
            match self.apply(change) {
                Ok(()) => {
                    touched.insert(lead);
                }
                Err(reason) => {
                    left_out.insert(lead, reason);
                    again |= touched.contains(&lead);
                }
            }
        }
        again
    }

    fn apply(&mut self, change: &Change) -> Outcome {
        match change {
            Change::InsertLead(row) => self.insert_lead(row),
            Change::UpdateLead(update) => self.update_lead(update),
            Change::SetScore(update) => self.set_score(update),
            Change::SpoilScore(spoil) => {
                expected(self.leads.get_mut(&(spoil.tenant, spoil.lead)))?.revision += 1;
                Ok(())
            }
            Change::InsertInteraction(interaction) => self.insert_interaction(interaction),
            Change::MarkInteraction(mark) => self.mark_interaction(mark),
            Change::CloseStay(stay) => self.close_stay(stay),
            Change::OpenStay(stay) => self.open_stay(stay),
            Change::PutTask(task) => {
                self.put_paper((task.tenant, task.id.uuid()), task.lead, task.revision.0)
            }
            Change::PutNote(note) => {
                self.put_paper((note.tenant, note.id.uuid()), note.lead, note.revision.0)
            }
            Change::DropTask(gone) => {
                self.drop_paper((gone.tenant, gone.task.uuid()), gone.lead, gone.before.0)
            }
            Change::DropNote(gone) => {
                self.drop_paper((gone.tenant, gone.note.uuid()), gone.lead, gone.before.0)
            }
            Change::MoveRecords(moved) => {
                expected(self.leads.get(&(moved.tenant, moved.from)))?;
                expected(self.leads.get(&(moved.tenant, moved.to))).map(|_| ())
            }
            Change::AppendEvent(event) => fresh(self.events.insert(event.id)),
            // They belong to no lead.
            Change::PutDefinition(_)
            | Change::DropDefinition(_)
            | Change::PutUser(_)
            | Change::PutTeam(_)
            | Change::PutView(_)
            | Change::DropView(_)
            | Change::PutCredential(_)
            | Change::PutToken(_)
            | Change::PutLane(_)
            | Change::FinishJob(_)
            | Change::ReplayJob(_)
            | Change::EnqueueJob(_)
            | Change::RecordAttempt(_)
            | Change::AdvanceCursor(_)
            | Change::PutCheckpoint(_)
            | Change::RememberReply(_) => Ok(()),
        }
    }

    fn insert_lead(&mut self, row: &LeadRow) -> Outcome {
        let key = (row.lead.tenant, row.lead.id);
        fresh(!self.leads.contains_key(&key))?;
        let held = keys_to_hold(row, &[]);
        self.hold(row.lead.id, &held)?;
        let live = row.lead.deleted_at.is_none();
        self.leads.insert(
            key,
            Stored { version: row.lead.version.0, live, held, revision: 0, rule_set: 0 },
        );
        Ok(())
    }

    fn update_lead(&mut self, update: &LeadUpdate) -> Outcome {
        let after = &update.after;
        let key = (after.lead.tenant, after.lead.id);
        let stored =
            self.leads.get(&key).filter(|stored| stored.version == update.before.lead.version.0);
        let before = expected(stored)?.held.clone();
        let held = keys_to_hold(after, &before);
        let own: Vec<HeldKey> = before
            .iter()
            .filter(|key| self.held.get(key) == Some(&after.lead.id))
            .cloned()
            .collect();
        for key in &own {
            self.held.remove(key);
        }
        if let Err(reason) = self.hold(after.lead.id, &held) {
            self.held.extend(own.into_iter().map(|key| (key, after.lead.id)));
            return Err(reason);
        }
        if let Some(stored) = self.leads.get_mut(&key) {
            stored.version = after.lead.version.0;
            stored.live = after.lead.deleted_at.is_none();
            stored.held = held;
        }
        Ok(())
    }

    fn hold(&mut self, lead: LeadId, keys: &[HeldKey]) -> Outcome {
        fresh(keys.iter().all(|key| self.held.get(key).is_none_or(|holder| *holder == lead)))?;
        self.held.extend(keys.iter().map(|key| (key.clone(), lead)));
        Ok(())
    }

    fn set_score(&mut self, update: &ScoreUpdate) -> Outcome {
        let score = &update.score;
        let stored = self.leads.get_mut(&(score.tenant, score.lead)).filter(|stored| {
            stored.version == score.lead_version.0
                && stored.revision == update.before.0
                && stored.rule_set <= score.rule_set
        });
        let stored = expected(stored)?;
        stored.revision = score.revision.0;
        stored.rule_set = score.rule_set;
        Ok(())
    }

    fn insert_interaction(&mut self, interaction: &Interaction) -> Outcome {
        let (tenant, lead) = (interaction.tenant, interaction.lead);
        expected(self.leads.get(&(tenant, lead)).filter(|stored| stored.live))?;
        fresh(!self.interactions.contains_key(&(tenant, interaction.id)))?;
        if let Some(key) = &interaction.key {
            fresh(self.sender_keys.insert((tenant, lead, key.clone())))?;
        }
        let word = (lead, interaction.suspicion, interaction.judge);
        self.interactions.insert((tenant, interaction.id), word);
        Ok(())
    }

    fn mark_interaction(&mut self, mark: &InteractionMark) -> Outcome {
        let stored = self.interactions.get_mut(&(mark.tenant, mark.interaction));
        let before = (mark.lead, mark.before, mark.judge_before);
        *expected(stored.filter(|stored| **stored == before))? =
            (mark.lead, mark.after, mark.judge);
        Ok(())
    }

    fn close_stay(&mut self, stay: &Stay) -> Outcome {
        let stored = self.stays.get_mut(&(stay.tenant, stay.id));
        let stored = expected(stored.filter(|stored| **stored == (stay.lead, true)))?;
        stored.1 = stay.left_at.is_none();
        if !stored.1 {
            self.open_stays.remove(&(stay.tenant, stay.lead));
        }
        Ok(())
    }

    fn open_stay(&mut self, stay: &Stay) -> Outcome {
        let (tenant, lead) = (stay.tenant, stay.lead);
        expected(self.leads.get(&(tenant, lead)))?;
        fresh(!self.stays.contains_key(&(tenant, stay.id)))?;
        fresh(!self.open_stays.contains(&(tenant, lead)))?;
        let open = stay.left_at.is_none();
        self.stays.insert((tenant, stay.id), (lead, open));
        if open {
            self.open_stays.insert((tenant, lead));
        }
        Ok(())
    }

    fn put_paper(&mut self, key: (Tenant, Uuid), lead: LeadId, revision: i64) -> Outcome {
        expected(self.leads.get(&(key.0, lead)).filter(|stored| stored.live))?;
        let before = self.papers.get(&key).map(|(of, before)| (*of == lead).then_some(*before));
        expected(before.unwrap_or(Some(0)).filter(|before| before + 1 == revision))?;
        self.papers.insert(key, (lead, revision));
        Ok(())
    }

    fn drop_paper(&mut self, key: (Tenant, Uuid), lead: LeadId, before: i64) -> Outcome {
        expected(self.leads.get(&(key.0, lead)).filter(|stored| stored.live))?;
        expected(self.papers.get(&key).filter(|stored| **stored == (lead, before)))?;
        self.papers.remove(&key);
        Ok(())
    }
}

/// The keys that a lead holds alone; a key that it held before keeps its slot.
pub(super) fn keys_to_hold(row: &LeadRow, before: &[HeldKey]) -> Vec<HeldKey> {
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
            let key = key.clone()?;
            let kept =
                before.iter().find(|held| held.1 == kind && held.2 == key).map(|held| held.3);
            Some((row.lead.tenant, kind, key, kept.unwrap_or(slot)))
        })
        .collect()
}

fn fresh(is: bool) -> Outcome {
    if is { Ok(()) } else { Err(SkipReason::AlreadyExists) }
}

fn expected<T>(row: Option<T>) -> Result<T, SkipReason> {
    row.ok_or(SkipReason::Conflict)
}
