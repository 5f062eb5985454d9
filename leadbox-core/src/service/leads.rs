//! Leads: reading, changing, moving, deleting. Owns the verbs and their `prepare_*` twins.

use serde_json::Value;

use super::decision::{Announce, Decision};
use super::{LeadBox, Prepared};
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Payload, Subject};
use crate::filter::{LeadFilter, LeadQuery, LeadSort, Search};
use crate::id::{LeadId, UserId};
use crate::lead::{Lead, LeadPatch, LeadRecord};
use crate::page::{Page, PageRequest};
use crate::pipeline::Stay;
use crate::revision::Version;
use crate::storage::{Change, StoredLead};

/// Leads, as one asker sees them. Made by [`LeadBox::leads`].
#[derive(Clone, Copy, Debug)]
pub struct Leads<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// Which leads to list, and in which order. The default lists all, the latest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LeadList {
    /// Which leads.
    pub filter: LeadFilter,
    /// Text to look for in names, addresses, companies, titles and numbers.
    pub search: String,
    /// In which order.
    pub sort: LeadSort,
}

impl LeadList {
    /// All leads that pass.
    pub fn filtered(filter: LeadFilter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// The same in another order.
    #[must_use]
    pub fn sorted(mut self, sort: LeadSort) -> Self {
        self.sort = sort;
        self
    }

    /// The same, looking for text.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = text.into();
        self
    }
}

impl Leads<'_> {
    /// A lead with its score and activity; none when there is none or the asker may not see it. Deleted ones come
    /// too. Hidden fields are not taken out here: [`Lead::to_fields`] and its users do that.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn lead(&self, id: LeadId) -> Result<Option<StoredLead>> {
        Ok(self.leadbox.storage().lead(self.leadbox.scope(), id).await?)
    }

    /// A lead as a host's own struct.
    ///
    /// # Errors
    /// `Invalid` with what the lead lacks; `Storage`.
    pub async fn record<R: LeadRecord>(&self, id: LeadId) -> Result<Option<R>> {
        match self.lead(id).await? {
            Some(stored) => Ok(Some(R::from_lead(&stored.lead)?)),
            None => Ok(None),
        }
    }

    /// A page of leads.
    ///
    /// # Errors
    /// `Filter`; `Storage` with `BadCursor` for a cursor of another order.
    pub async fn list(&self, list: &LeadList, page: &PageRequest) -> Result<Page<StoredLead>> {
        let query = self.query(list).await?;
        Ok(self.leadbox.storage().leads(self.leadbox.scope(), &query, page).await?)
    }

    /// How many leads pass, counted up to `cap`: `cap + 1` means more.
    ///
    /// # Errors
    /// `Filter`, `Storage`.
    pub async fn count(&self, list: &LeadList, cap: u64) -> Result<u64> {
        let query = self.query(list).await?;
        Ok(self.leadbox.storage().count_leads(self.leadbox.scope(), &query, cap).await?)
    }

    async fn query(&self, list: &LeadList) -> Result<LeadQuery> {
        let catalog = self.leadbox.catalog().await?;
        let check = list.filter.check(&catalog, self.leadbox.scope(), self.leadbox.now())?;
        Ok(LeadQuery { check, search: Search::parse(&list.search), sort: list.sort })
    }

    /// The stages that a lead has been in, the earliest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn stays(&self, id: LeadId) -> Result<Vec<Stay>> {
        Ok(self.leadbox.storage().stays(self.leadbox.scope(), id).await?)
    }

    /// Changes fields. With `expected`, only a lead at that version.
    ///
    /// # Errors
    /// `Invalid` with every problem; `NotFound`; `Stale`; `Contended`; `Storage`.
    pub async fn update(&self, id: LeadId, patch: &LeadPatch, expected: Option<Version>) -> Result<Lead> {
        self.leadbox.decide("lead", id, async || self.prepare_update(id, patch, expected).await).await
    }

    /// What [`update`](Self::update) would commit.
    ///
    /// # Errors
    /// As `update`.
    pub async fn prepare_update(
        &self,
        id: LeadId,
        patch: &LeadPatch,
        expected: Option<Version>,
    ) -> Result<Prepared<Lead>> {
        let catalog = self.leadbox.catalog().await?;
        let before = self.load(id, expected).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let mut after = before.clone();
        patch.apply(&mut after, &catalog, decision.at())?;
        decision.update_lead(&before, &mut after, &catalog)?;
        decision.finish(after)
    }

    /// Gives a lead to somebody, or to nobody.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn assign(&self, id: LeadId, owner: Option<UserId>) -> Result<Lead> {
        let owner = owner.map_or(Value::Null, |owner| Value::from(owner.to_string()));
        self.update(id, &LeadPatch::new().set("owner", owner), None).await
    }

    /// Moves a lead to a stage of its pipeline, by the stage's key or id. Moving it to where it is does nothing.
    ///
    /// # Errors
    /// `Invalid` when there is no such stage; `NotFound`; `Contended`; `Storage`.
    pub async fn advance(&self, id: LeadId, stage: &str) -> Result<Lead> {
        self.leadbox.decide("lead", id, async || self.prepare_advance(id, stage).await).await
    }

    /// What [`advance`](Self::advance) would commit.
    ///
    /// # Errors
    /// As `advance`.
    pub async fn prepare_advance(&self, id: LeadId, stage: &str) -> Result<Prepared<Lead>> {
        let catalog = self.leadbox.catalog().await?;
        let before = self.load(id, None).await?;
        let Some(target) = catalog.stage_named(before.pipeline, stage) else {
            return Err(Invalid::one("stage", format!("'{stage}' is not a stage of the lead's pipeline")).into());
        };
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if target.id == before.stage {
            return decision.finish(before);
        }
        let mut after = before.clone();
        after.stage = target.id;
        after.stage_since = decision.at();
        after.version = before.version.next();
        after.updated_at = decision.at();
        let from = catalog.stage(before.stage).map(|(_, stage)| stage);
        let mut payload = Payload::default();
        payload.changed.insert("stage".to_owned(), Value::from(target.key.as_str()));
        payload.changed.insert("stage_kind".to_owned(), Value::from(target.kind.as_str()));
        payload.previous.insert("stage".to_owned(), from.map_or(Value::Null, |stage| Value::from(stage.key.as_str())));
        payload
            .previous
            .insert("stage_kind".to_owned(), from.map_or(Value::Null, |stage| Value::from(stage.kind.as_str())));
        decision.event(Subject::lead(id), EventType::LEAD_STAGE_CHANGED, after.version, &payload)?;
        decision.push_update(&before, &after);
        self.leave_stage(&mut decision, &before).await?;
        decision.push(Change::OpenStay(Box::new(Stay {
            id: decision.id(),
            tenant: after.tenant,
            lead: id,
            pipeline: after.pipeline,
            stage: after.stage,
            entered_at: after.stage_since,
            entered_by: self.leadbox.actor().clone(),
            left_at: None,
            left_by: None,
        })));
        decision.finish(after)
    }

    /// Deletes a lead. It vanishes from lists and counts; its id keeps resolving, and the log keeps what happened.
    /// Deleting it again does nothing.
    ///
    /// # Errors
    /// `NotFound`, `Contended`, `Storage`.
    pub async fn delete(&self, id: LeadId) -> Result<Lead> {
        self.leadbox.decide("lead", id, async || self.prepare_delete(id).await).await
    }

    /// What [`delete`](Self::delete) would commit.
    ///
    /// # Errors
    /// As `delete`.
    pub async fn prepare_delete(&self, id: LeadId) -> Result<Prepared<Lead>> {
        let stored = self.lead(id).await?.ok_or_else(|| Error::not_found("lead", id))?;
        let before = stored.lead;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if before.deleted_at.is_some() {
            return decision.finish(before);
        }
        let mut after = before.clone();
        after.deleted_at = Some(decision.at());
        after.version = before.version.next();
        after.updated_at = decision.at();
        decision.event(Subject::lead(id), EventType::LEAD_DELETED, after.version, &Payload::default())?;
        decision.push_update(&before, &after);
        self.leave_stage(&mut decision, &before).await?;
        decision.finish(after)
    }

    /// Ends the lead's open stay.
    async fn leave_stage(&self, decision: &mut Decision<'_>, lead: &Lead) -> Result<()> {
        let stays = self.leadbox.storage().stays(self.leadbox.scope(), lead.id).await?;
        if let Some(open) = stays.into_iter().find(|stay| stay.left_at.is_none()) {
            // A clock that went back must not make a stay of negative length.
            let left_at = Some(decision.at().max(open.entered_at));
            let left_by = Some(self.leadbox.actor().clone());
            decision.push(Change::CloseStay(Box::new(Stay { left_at, left_by, ..open })));
        }
        Ok(())
    }

    /// A live lead, at the expected version if one is expected.
    pub(super) async fn load(&self, id: LeadId, expected: Option<Version>) -> Result<Lead> {
        let stored = self.lead(id).await?;
        let lead = stored.map(|stored| stored.lead).filter(|lead| lead.deleted_at.is_none());
        let lead = lead.ok_or_else(|| Error::not_found("lead", id))?;
        match expected {
            Some(expected) if expected != lead.version => Err(Error::Stale {
                what: "lead",
                id: id.to_string(),
                expected: expected.0,
                actual: lead.version.0,
            }),
            _ => Ok(lead),
        }
    }
}
