//! A batch of leads, decided. Owns what becomes of each lead under some work; the same for a plan, which writes nothing, and
//! for the work itself.

use std::collections::HashMap;

use super::super::LeadBox;
use super::super::decision::{Announce, Decision};
use super::action::BulkAction;
use super::note::Work;
use super::progress::{BulkCounts, Refusal};
use super::undo::{Deed, taken};
use crate::access::Permission;
use crate::catalog::Catalog;
use crate::error::{Error, FieldIssue, Invalid, Result};
use crate::id::LeadId;
use crate::lead::{IdentityKind, Lead};
use crate::pipeline::Stay;
use crate::storage::StoredLead;

/// What becomes of one lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Changed,
    Unchanged,
    Refused,
    Denied,
    Missing,
}

/// What becomes of one lead, and what stays as it was.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Verdict {
    pub(super) lead: LeadId,
    pub(super) fate: Fate,
    pub(super) issues: Vec<FieldIssue>,
}

impl Verdict {
    pub(super) fn of(lead: LeadId, outcome: Result<bool>) -> Result<Self> {
        let (fate, issues) = match outcome {
            Ok(true) => (Fate::Changed, Vec::new()),
            Ok(false) => (Fate::Unchanged, Vec::new()),
            Err(Error::Invalid(invalid)) => (Fate::Refused, invalid.issues),
            Err(Error::Denied(denied)) => (Fate::Denied, Invalid::one("lead", denied).issues),
            Err(error) => return Err(error),
        };
        Ok(Self { lead, fate, issues })
    }

    fn missing(lead: LeadId) -> Self {
        let message = "is deleted, or there is none that you may see";
        Self { lead, fate: Fate::Missing, issues: Invalid::one("lead", message).issues }
    }

    /// A lead that is given up.
    pub(super) fn refused(lead: LeadId, field: &str, message: &str) -> Self {
        Self { lead, fate: Fate::Refused, issues: Invalid::one(field, message).issues }
    }

    /// What is told of it.
    pub(super) fn refusals(&self) -> impl Iterator<Item = Refusal> {
        self.issues.iter().map(|issue| Refusal {
            lead: self.lead,
            field: issue.field.clone(),
            reason: issue.message.clone(),
        })
    }
}

impl BulkCounts {
    pub(super) fn add(&mut self, fate: Fate) {
        *match fate {
            Fate::Changed => &mut self.changed,
            Fate::Unchanged => &mut self.unchanged,
            Fate::Refused => &mut self.refused,
            Fate::Denied => &mut self.denied,
            Fate::Missing => &mut self.missing,
        } += 1;
    }
}

/// A batch that is decided and not committed.
pub(super) struct Batch<'a> {
    pub(super) decision: Decision<'a>,
    /// One for each lead, in the order given.
    pub(super) verdicts: Vec<Verdict>,
}

/// What is known of a batch's leads before anything is decided.
#[derive(Default)]
struct Loaded {
    leads: HashMap<LeadId, StoredLead>,
    stays: HashMap<LeadId, Stay>,
    /// For an undo: what was done to each lead, and which keys of it are taken.
    deeds: HashMap<LeadId, Deed>,
    taken: HashMap<LeadId, Vec<IdentityKind>>,
}

impl Loaded {
    async fn of(leadbox: &LeadBox, work: &Work, ids: &[LeadId]) -> Result<Self> {
        let (storage, scope) = (leadbox.storage(), leadbox.scope());
        let leads = storage.leads_by_id(scope, ids).await?;
        let leads: HashMap<LeadId, StoredLead> =
            leads.into_iter().map(|stored| (stored.lead.id, stored)).collect();
        let stays = match work.moves() {
            true => storage.open_stays(scope, ids).await?,
            false => Vec::new(),
        };
        let stays = stays.into_iter().map(|stay| (stay.lead, stay)).collect();
        let mut loaded = Self { leads, stays, ..Self::default() };
        if let Work::Undo(operation) = work {
            leadbox.sequence_all().await?;
            let ids: Vec<LeadId> = loaded.leads.keys().copied().collect();
            loaded.deeds = leadbox.deeds(*operation, &ids).await?;
            let leads = loaded.leads.values().map(|stored| &stored.lead);
            loaded.taken = taken(leadbox, leads).await?;
        }
        Ok(loaded)
    }
}

impl Loaded {
    fn decide(
        &mut self,
        work: &Work,
        decision: &mut Decision<'_>,
        stored: &StoredLead,
        catalog: &Catalog,
    ) -> Result<Verdict> {
        let (lead, open) = (&stored.lead, self.stays.remove(&stored.lead.id));
        match work {
            Work::Action(_) | Work::Convert(_) if lead.deleted_at.is_some() => {
                Ok(Verdict::missing(lead.id))
            }
            Work::Convert(conversion) => conversion.decide(decision, lead, catalog),
            Work::Action(action) => {
                Verdict::of(lead.id, action.decide(decision, lead, open, catalog))
            }
            Work::Undo(_) => {
                let deed = self.deeds.remove(&lead.id).unwrap_or_default();
                let taken = self.taken.remove(&lead.id).unwrap_or_default();
                deed.undo(decision, stored, open, &taken, catalog)
            }
        }
    }
}

impl LeadBox {
    /// Decides some work on these leads.
    ///
    /// # Errors
    /// Only from the storage as a whole.
    pub(super) async fn decide_work(&self, work: &Work, ids: &[LeadId]) -> Result<Batch<'_>> {
        let catalog = self.catalog().await?;
        let mut loaded = Loaded::of(self, work, ids).await?;
        let mut decision = Decision::new(self, Announce::Bulk);
        let mut verdicts = Vec::with_capacity(ids.len());
        for id in ids {
            verdicts.push(match loaded.leads.remove(id) {
                None => Verdict::missing(*id),
                Some(stored) => loaded.decide(work, &mut decision, &stored, &catalog)?,
            });
        }
        Ok(Batch { decision, verdicts })
    }
}

impl Work {
    /// Whether stays may end or begin.
    fn moves(&self) -> bool {
        match self {
            Self::Action(action) => matches!(action, BulkAction::Advance(_) | BulkAction::Delete),
            Self::Undo(_) => true,
            Self::Convert(_) => false,
        }
    }
}

impl BulkAction {
    /// Adds what the action makes of a live lead; says whether it changes anything.
    fn decide(
        &self,
        decision: &mut Decision<'_>,
        before: &Lead,
        open: Option<Stay>,
        catalog: &Catalog,
    ) -> Result<bool> {
        let rights = decision.leadbox().rights();
        let mut after = before.clone();
        match self {
            Self::Change(patch) => {
                // Also where nothing turns out to change.
                rights.require(Permission::LeadEdit, before.owner)?;
                patch.apply(&mut after, catalog, decision.at())?;
            }
            Self::Assign(owner) => {
                rights.require(Permission::LeadEdit, before.owner)?;
                after.owner = *owner;
            }
            Self::Advance(stage) => {
                rights.require(Permission::LeadEdit, before.owner)?;
                after.stage = catalog.stage_of(before, stage)?;
            }
            Self::Delete => after.deleted_at = Some(decision.at()),
        }
        decision.change_lead(before, &mut after, open, catalog)
    }
}
