//! Merging leads. Owns the verb: what happens to the rows of the leads that are merged away, and what is noted so that all
//! of it can be undone (`unmerge`). Which value stays is `lead::merge`'s.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::decision::{Announce, Decision, data};
use super::{Distinction, Leads, Prepared};
use crate::access::Permission;
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Subject};
use crate::id::{EventId, LeadId};
use crate::lead::settle;
use crate::lead::{Candidate, Consent, Lead, MergeChoice, MergeField, merged};
use crate::page::PageRequest;
use crate::scope::Scope;
use crate::storage::{Change, EventFilter, RecordMove};
use crate::time::Timestamp;

/// The most leads that are merged into one at once.
const MOST: usize = 20;
/// How many changes of a lead are looked at to see when its fields changed.
const CHANGES: u32 = 100;
/// The field of an event's data under which a merge is noted.
pub(super) const MERGE: &str = "merge";

/// What merging would do.
#[derive(Clone, PartialEq, Debug)]
pub struct MergePlan {
    /// The lead that stays, as it would be.
    pub lead: Lead,
    /// Where its values come from, by field name. Joined ones (tags, consents) are not among them.
    pub fields: Vec<MergeField>,
    /// What moves to it, for each of the others.
    pub moves: Vec<Belongings>,
}

/// What belongs to a lead, and moves with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Belongings {
    /// The lead.
    pub lead: LeadId,
    /// Interactions that are not suspect.
    pub interactions: i64,
    /// Tasks, done or not; counted up to 1000.
    pub tasks: usize,
    /// Notes, counted up to 1000.
    pub notes: usize,
}

/// A lead that others were merged into.
#[derive(Clone, PartialEq, Debug)]
pub struct Merged {
    /// The lead.
    pub lead: Lead,
    /// The fact that tells of it: by its id the merge can be undone.
    pub event: EventId,
}

/// What is noted of a merge beside the fields that changed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct MergeNote {
    pub(super) leads: Vec<Absorbed>,
    /// Before and after.
    pub(super) created: [(Timestamp, NaiveDate); 2],
    /// Before and after.
    pub(super) consents: [Vec<Consent>; 2],
}

/// A lead that is merged away, with those that had been merged into it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Absorbed {
    pub(super) lead: LeadId,
    pub(super) had: Vec<LeadId>,
}

impl Leads<'_> {
    /// What [`merge`](Self::merge) would make of these leads. Fields that are hidden from the asker are missing.
    ///
    /// # Errors
    /// As `merge`.
    pub async fn merge_plan(
        &self,
        keep: LeadId,
        others: &[LeadId],
        choice: &MergeChoice,
    ) -> Result<MergePlan> {
        let (leads, lead, mut fields) = self.merging(keep, others, choice).await?;
        fields.retain(|field| !self.leadbox.scope().hidden_fields.contains(&field.field));
        let mut moves = Vec::with_capacity(others.len());
        for gone in &leads[1..] {
            moves.push(self.belongings(gone.lead.id).await?);
        }
        Ok(MergePlan { lead: self.leadbox.shown(lead), fields, moves })
    }

    async fn belongings(&self, lead: LeadId) -> Result<Belongings> {
        let all = PageRequest::first(PageRequest::MAX);
        let stored = self.lead(lead).await?.ok_or_else(|| Error::not_found("lead", lead))?;
        Ok(Belongings {
            lead,
            interactions: stored.activity.count,
            tasks: self.leadbox.tasks().of_lead(lead, &all).await?.items.len(),
            notes: self.leadbox.notes().of_lead(lead, &all).await?.items.len(),
        })
    }

    /// Merges other leads into one. They are deleted, their ids and keys lead to the one that is kept, and all that belongs
    /// to them belongs to it: interactions, stays, tasks, notes, and what the log tells of them.
    ///
    /// Of each field the value that changed last stays, by what the log tells (the lead's last hundred changes; before those,
    /// its oldest known one); where `choice` names a lead, that lead's. But for:
    /// - owner, e-mail and phone: the kept lead keeps its own, if it has one;
    /// - source, UTM parameters, referrer and landing page: those of the lead that came in first stay, field by field;
    /// - tags are joined, of consents the last word per purpose stays;
    /// - stage and external id are the kept lead's; it is the age of the oldest.
    ///
    /// Fields that are hidden from the asker follow the same rules without being shown. That two of them were told apart
    /// ([`tell_apart`](Self::tell_apart)) is forgotten: this is the later word.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use leadbox_core::{LeadBox, MemoryStorage, MergeChoice, NewLead};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
    /// let leads = leadbox.leads();
    /// let ada = leads.capture(&NewLead::new().name("Ada").email("ada@one.example")).await?.lead;
    /// let twin = leads.capture(&NewLead::new().name("Ada Byron").title("CTO")).await?.lead;
    ///
    /// let merged = leads.merge(ada.id, &[twin.id], &MergeChoice::default()).await?;
    /// assert_eq!(merged.lead.person.title.as_deref(), Some("CTO"));
    /// assert_eq!(leads.lead(twin.id).await?.map(|stored| stored.lead.id), Some(ada.id));
    ///
    /// let undone = leads.unmerge(ada.id, merged.event).await?;
    /// assert_eq!(undone.restored[0].id, twin.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Invalid` when there is nothing to merge, more than 20 leads, or a choice that names no value; `Stale` when a lead is
    /// not at the version at which it was [seen](MergeChoice::seen); `Denied` unless the asker may edit all of them, delete
    /// the others, and assign the one that stays if it gets an owner; `NotFound`; `Contended`; `Storage`.
    pub async fn merge(
        &self,
        keep: LeadId,
        others: &[LeadId],
        choice: &MergeChoice,
    ) -> Result<Merged> {
        self.leadbox
            .decide("lead", keep, || Box::pin(self.prepare_merge(keep, others, choice)))
            .await
    }

    /// What [`merge`](Self::merge) would commit.
    ///
    /// # Errors
    /// As `merge`.
    pub async fn prepare_merge(
        &self,
        keep: LeadId,
        others: &[LeadId],
        choice: &MergeChoice,
    ) -> Result<Prepared<Merged>> {
        let catalog = self.leadbox.catalog().await?;
        let (leads, mut after, _) = self.merging(keep, others, choice).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let Some((kept, gone)) = leads.split_first() else {
            return Err(Error::not_found("lead", keep));
        };
        let before = &kept.lead;
        let mut absorbed = Vec::new();
        for lead in gone.iter().map(|one| &one.lead) {
            let mut heir = decision.next(lead);
            heir.deleted_at = Some(decision.at());
            heir.merged_into = Some(before.id);
            decision.push_update(lead, &heir)?;
            let open = self.open_stay(lead.id).await?;
            decision.end_stay(open)?;
            let storage = self.leadbox.storage();
            let mut had = Vec::new();
            // They lead straight to the one that is left, so that nobody has to follow a chain.
            for earlier in storage.leads_merged_into(lead.tenant, lead.id).await? {
                let mut heir = decision.next(&earlier.lead);
                heir.merged_into = Some(before.id);
                decision.push_update(&earlier.lead, &heir)?;
                had.push(heir.id);
            }
            decision.push(Change::MoveRecords(Box::new(RecordMove {
                tenant: lead.tenant,
                from: lead.id,
                to: before.id,
                made_for: Vec::new(),
            })))?;
            absorbed.push(Absorbed { lead: lead.id, had });
        }
        for (n, one) in leads.iter().enumerate() {
            for other in &leads[n + 1..] {
                let pair = (one.lead.id, other.lead.id);
                self.distinguish(&mut decision, pair, Distinction::Unknown).await?;
            }
        }
        settle(&mut after, &catalog);
        after.version = before.version.next();
        after.updated_at = decision.at();
        decision.push_update(before, &after)?;
        let created = |lead: &Lead| (lead.created_at, lead.created_on);
        let note = MergeNote {
            leads: absorbed,
            created: [created(before), created(&after)],
            consents: [before.consents.clone(), after.consents.clone()],
        };
        let mut payload = data([(MERGE, serde_json::to_value(note)?)]);
        (payload.changed, payload.previous) = after.difference(before);
        let subject = Subject::lead(before.id);
        let event = decision.event(subject, EventType::LEAD_MERGED, after.version, &payload)?;
        decision.makes(event.uuid());
        decision.finish(Merged { lead: self.leadbox.shown(after), event }).await
    }

    /// The leads to be merged, the kept one first, and what becomes of it.
    async fn merging(
        &self,
        keep: LeadId,
        others: &[LeadId],
        choice: &MergeChoice,
    ) -> Result<(Vec<Candidate>, Lead, Vec<MergeField>)> {
        if others.is_empty() || others.len() > MOST {
            return Err(Invalid::one("others", format!("have to be 1 to {MOST} leads")).into());
        }
        let rights = self.leadbox.rights();
        let mut invalid = Invalid::default();
        rights.check_fields(&mut invalid, choice.winners.keys().cloned());
        self.leadbox.storage().sequence(1000).await?;
        let mut leads: Vec<Candidate> = Vec::with_capacity(others.len() + 1);
        for id in std::iter::once(&keep).chain(others) {
            let lead = self.load(*id, choice.seen.get(id).copied()).await?;
            let is_meant = leads.is_empty() && !choice.seen.contains_key(id);
            if lead.id != *id && !is_meant {
                // It went elsewhere meanwhile, and nobody asked for that lead to go, or looked at it.
                return Err(Error::not_found("lead", id));
            }
            rights.require(Permission::LeadEdit, lead.owner)?;
            if leads.iter().any(|other| other.lead.id == lead.id) {
                invalid.push("others", format!("lead {id} is among them twice"));
                continue;
            }
            if !leads.is_empty() {
                rights.require(Permission::LeadDelete, lead.owner)?;
            }
            leads.push(self.candidate(lead).await?);
        }
        invalid.or(())?;
        let (lead, fields) = merged(&leads, choice)?;
        if leads.first().is_some_and(|kept| kept.lead.owner != lead.owner) {
            rights.require(Permission::LeadAssign, lead.owner)?;
        }
        Ok((leads, lead, fields))
    }

    /// A lead with what the log tells of when its fields last changed.
    async fn candidate(&self, lead: Lead) -> Result<Candidate> {
        let filter = EventFilter {
            subject: Some(Subject::lead(lead.id)),
            kinds: vec![EventType::LEAD_CAPTURED, EventType::LEAD_UPDATED],
            ..EventFilter::default()
        };
        let (all, page) = (Scope::all(lead.tenant), PageRequest::first(CHANGES));
        let events = self.leadbox.storage().events(&all, &filter, &page).await?.items;
        let mut changed_at = BTreeMap::new();
        for event in &events {
            for field in event.payload()?.changed.into_iter().map(|(field, _)| field) {
                changed_at.entry(field).or_insert(event.at);
            }
        }
        let otherwise = events.last().map_or(lead.updated_at, |oldest| oldest.at);
        Ok(Candidate { lead, changed_at, otherwise })
    }
}

impl Decision<'_> {
    /// A lead at its next version, changed now.
    pub(super) fn next(&self, lead: &Lead) -> Lead {
        Lead { version: lead.version.next(), updated_at: self.at(), ..lead.clone() }
    }
}

#[cfg(test)]
mod tests;
