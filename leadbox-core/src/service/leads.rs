//! Leads: reading, changing, moving, deleting. Owns the verbs and their `prepare_*` twins.

use serde_json::Value;

use super::decision::{Announce, Decision};
use super::{LeadBox, Prepared};
use crate::access::Permission;
use crate::error::{Error, Invalid, Result};
use crate::filter::{LeadFilter, LeadQuery, LeadSort, Search};
use crate::id::{LeadId, UserId};
use crate::lead::{Lead, LeadPatch, LeadRecord};
use crate::page::{Page, PageRequest};
use crate::pipeline::Stay;
use crate::revision::Version;
use crate::scope::Scope;
use crate::storage::StoredLead;
use crate::time::Timestamp;

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
    /// too; for one that was merged into another comes the other. Fields that are hidden from the asker are missing.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn lead(&self, id: LeadId) -> Result<Option<StoredLead>> {
        Ok(self.stored(id).await?.map(|stored| self.shown(stored)))
    }

    /// A lead as it is stored, or the one that it was merged into.
    pub(super) async fn stored(&self, id: LeadId) -> Result<Option<StoredLead>> {
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        let found = storage.lead(scope, id).await?;
        if found.as_ref().is_some_and(|stored| stored.lead.merged_into.is_none()) {
            return Ok(found);
        }
        // Whose the lead was that is gone says nothing about who sees the one that is left.
        let gone = match found {
            Some(gone) => Some(gone),
            None => storage.lead(&Scope::all(scope.tenant), id).await?,
        };
        match gone.and_then(|gone| gone.lead.merged_into) {
            Some(kept) => Ok(storage.lead(scope, kept).await?),
            None => Ok(None),
        }
    }

    /// What the asker may see of a lead.
    pub(super) fn shown(&self, stored: StoredLead) -> StoredLead {
        StoredLead { lead: self.leadbox.shown(stored.lead), ..stored }
    }

    /// Leads by their ids, in no certain order, those that were merged into others as they were then; those that the asker may
    /// not see are missing.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn leads(&self, ids: &[LeadId]) -> Result<Vec<StoredLead>> {
        let found = self.leadbox.storage().leads_by_id(self.leadbox.scope(), ids).await?;
        Ok(found.into_iter().map(|stored| self.shown(stored)).collect())
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
        let page = self.leadbox.storage().leads(self.leadbox.scope(), &query, page).await?;
        Ok(page.map(|stored| self.shown(stored)))
    }

    /// How many leads pass, counted up to `cap`: `cap + 1` means more.
    ///
    /// # Errors
    /// `Filter`, `Storage`.
    pub async fn count(&self, list: &LeadList, cap: u64) -> Result<u64> {
        let query = self.query(list).await?;
        Ok(self.leadbox.storage().count_leads(self.leadbox.scope(), &query, cap).await?)
    }

    pub(super) async fn query(&self, list: &LeadList) -> Result<LeadQuery> {
        self.query_at(list, self.leadbox.now()).await
    }

    /// The question behind a list, with relative days as of `now`.
    pub(super) async fn query_at(&self, list: &LeadList, now: Timestamp) -> Result<LeadQuery> {
        let catalog = self.leadbox.catalog().await?;
        let scope = self.leadbox.scope();
        let check = list.filter.check(&catalog, scope, now)?;
        let query = LeadQuery { check, search: Search::parse(&list.search), sort: list.sort };
        Ok(query.within(scope)?)
    }

    /// The stages that a lead has been in, the earliest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn stays(&self, id: LeadId) -> Result<Vec<Stay>> {
        Ok(self.leadbox.storage().stays(self.leadbox.scope(), &[id]).await?)
    }

    /// Changes fields. With `expected`, only a lead at that version.
    ///
    /// # Errors
    /// `Invalid` with every problem; `NotFound`; `Stale`; `Contended`; `Storage`.
    pub async fn update(
        &self,
        id: LeadId,
        patch: &LeadPatch,
        expected: Option<Version>,
    ) -> Result<Lead> {
        self.leadbox.decide("lead", id, || Box::pin(self.prepare_update(id, patch, expected))).await
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
        // Also where nothing turns out to change.
        self.leadbox.rights().require(Permission::LeadEdit, before.owner)?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let mut after = before.clone();
        let mut invalid = Invalid::default();
        self.leadbox.rights().check_fields(&mut invalid, patch.given_fields());
        invalid.or(())?;
        patch.apply(&mut after, &catalog, decision.at())?;
        decision.update_lead(&before, &mut after, &catalog)?;
        decision.finish(self.leadbox.shown(after)).await
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
        self.leadbox.decide("lead", id, || Box::pin(self.prepare_advance(id, stage))).await
    }

    /// What [`advance`](Self::advance) would commit.
    ///
    /// # Errors
    /// As `advance`.
    pub async fn prepare_advance(&self, id: LeadId, stage: &str) -> Result<Prepared<Lead>> {
        let catalog = self.leadbox.catalog().await?;
        let before = self.load(id, None).await?;
        self.leadbox.rights().require(Permission::LeadEdit, before.owner)?;
        let target = catalog.stage_of(&before, stage)?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if target == before.stage {
            return decision.finish(self.leadbox.shown(before)).await;
        }
        let mut after = before.clone();
        after.stage = target;
        let open = self.open_stay(before.id).await?;
        decision.change_lead(&before, &mut after, open, &catalog)?;
        decision.finish(self.leadbox.shown(after)).await
    }

    /// Deletes a lead. It vanishes from lists and counts; its id keeps resolving, and the log keeps what happened.
    /// Deleting it again does nothing, nor does deleting one that was merged into another: the other stays.
    ///
    /// # Errors
    /// `NotFound`, `Contended`, `Storage`.
    pub async fn delete(&self, id: LeadId) -> Result<Lead> {
        self.leadbox.decide("lead", id, || Box::pin(self.prepare_delete(id))).await
    }

    /// What [`delete`](Self::delete) would commit.
    ///
    /// # Errors
    /// As `delete`.
    pub async fn prepare_delete(&self, id: LeadId) -> Result<Prepared<Lead>> {
        let stored = self.leadbox.storage().lead(self.leadbox.scope(), id).await?;
        let before = stored.ok_or_else(|| Error::not_found("lead", id))?.lead;
        let catalog = self.leadbox.catalog().await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        if before.deleted_at.is_some() {
            return decision.finish(self.leadbox.shown(before)).await;
        }
        let mut after = before.clone();
        after.deleted_at = Some(decision.at());
        let open = self.open_stay(id).await?;
        decision.change_lead(&before, &mut after, open, &catalog)?;
        decision.finish(self.leadbox.shown(after)).await
    }

    /// The lead's open stay.
    pub(super) async fn open_stay(&self, lead: LeadId) -> Result<Option<Stay>> {
        Ok(self.leadbox.storage().open_stays(self.leadbox.scope(), &[lead]).await?.pop())
    }

    /// A live lead, or the one that it was merged into, at the expected version if one is expected.
    pub(super) async fn load(&self, id: LeadId, expected: Option<Version>) -> Result<Lead> {
        // As it is stored: what is hidden from the asker has to stay when it changes the rest.
        let stored = self.stored(id).await?;
        let lead = stored.map(|stored| stored.lead).filter(|lead| lead.deleted_at.is_none());
        let lead = lead.ok_or_else(|| Error::not_found("lead", id))?;
        Error::unless_at("lead", id, expected.map(|expected| expected.0), lead.version.0)?;
        Ok(lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventType, Verdict};
    use crate::filter::Op;
    use crate::id::UserId;
    use crate::testing::{Announced, Sandbox, some_interaction, some_lead};

    #[tokio::test]
    async fn a_move_ends_one_stay_begins_the_next_and_tells_from_where() {
        let sandbox = Sandbox::new().unwrap();
        let leads = sandbox.leadbox.leads();
        let lead = leads.capture(&some_lead(1)).await.unwrap().lead;
        sandbox.clock.advance(chrono::TimeDelta::hours(5));
        let moved = leads.advance(lead.id, "qualified").await.unwrap();
        leads.advance(lead.id, "qualified").await.unwrap();
        assert_eq!(moved.version, Version(2));
        let stays = leads.stays(lead.id).await.unwrap();
        assert_eq!(stays.len(), 2);
        assert_eq!(stays[0].left_at, Some(stays[1].entered_at));
        assert_eq!(stays[1].left_at, None);
        let announced = Announced::about(&sandbox.leadbox, lead.id).await.unwrap();
        announced.assert_types(&[EventType::LEAD_CAPTURED, EventType::LEAD_STAGE_CHANGED]);
        assert_eq!(announced.previous(&EventType::LEAD_STAGE_CHANGED, "stage"), Some("new".into()));
        assert!(matches!(leads.advance(lead.id, "nowhere").await, Err(Error::Invalid(_))));
    }

    #[tokio::test]
    async fn an_expected_version_guards_an_update() {
        let sandbox = Sandbox::new().unwrap();
        let leads = sandbox.leadbox.leads();
        let lead = leads.capture(&some_lead(1)).await.unwrap().lead;
        let patch = LeadPatch::new().set("title", "CTO").set("value", 12.5).clear("company");
        let changed = leads.update(lead.id, &patch, Some(Version(1))).await.unwrap();
        assert_eq!(changed.value.unwrap().minor, 1250);
        assert_eq!(changed.company.name, None);
        let stale = leads.update(lead.id, &patch, Some(Version(1))).await;
        assert!(matches!(stale, Err(Error::Stale { expected: 1, actual: 2, .. })));
        let unknown = leads.update(lead.id, &LeadPatch::new().set("colour", "red"), None).await;
        assert!(matches!(unknown, Err(Error::Invalid(_))));
    }

    #[tokio::test]
    async fn an_agent_sees_only_its_own_and_a_deleted_lead_leaves_the_lists() {
        let sandbox = Sandbox::new().unwrap();
        let owner: UserId = sandbox.leadbox.new_id();
        let all = sandbox.leadbox.leads();
        let mine = all.capture(&some_lead(1)).await.unwrap().lead;
        let other = all.capture(&some_lead(2)).await.unwrap().lead;
        all.assign(mine.id, Some(owner)).await.unwrap();
        let agent = sandbox.leadbox.seeing(Scope::owned_by(sandbox.leadbox.tenant(), [owner]));
        let page = agent.leads().list(&LeadList::default(), &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.iter().map(|row| row.lead.id).collect::<Vec<_>>(), [mine.id]);
        assert!(agent.leads().lead(other.id).await.unwrap().is_none());
        assert!(matches!(
            agent.leads().advance(other.id, "won").await,
            Err(Error::NotFound { .. })
        ));

        all.delete(mine.id).await.unwrap();
        all.delete(mine.id).await.unwrap();
        assert_eq!(all.count(&LeadList::default(), 10).await.unwrap(), 1);
        assert!(all.lead(mine.id).await.unwrap().unwrap().lead.deleted_at.is_some());
        assert!(sandbox.leadbox.analytics().verify().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn lists_filter_search_and_sort() {
        let sandbox = Sandbox::new().unwrap();
        let leads = sandbox.leadbox.leads();
        for n in 0..8 {
            leads.capture(&some_lead(n)).await.unwrap();
            sandbox.clock.advance(chrono::TimeDelta::minutes(1));
        }
        let named = |list: LeadList| async move {
            let page = leads.list(&list, &PageRequest::default()).await.unwrap();
            page.items.iter().map(|row| row.lead.display_name().to_owned()).collect::<Vec<_>>()
        };
        let webinar = LeadFilter::is("source", Op::Eq, "Webinar");
        assert_eq!(named(LeadList::filtered(webinar)).await, ["Farah Aziz", "Bruno Okafor"]);
        assert_eq!(named(LeadList::default().search("okAFor")).await, ["Bruno Okafor"]);
        let by_name = LeadSort::ascending(crate::filter::SortKey::Name);
        assert_eq!(named(LeadList::default().sorted(by_name)).await[0], "Ada Byron");
    }

    #[tokio::test]
    async fn a_repeated_interaction_is_recognised_and_the_chain_stays_whole() {
        let sandbox = Sandbox::new().unwrap();
        let leads = sandbox.leadbox.leads();
        let lead = leads.capture(&some_lead(1)).await.unwrap().lead;
        let first = leads.record_interaction(lead.id, &some_interaction(1)).await.unwrap();
        let again = leads.record_interaction(lead.id, &some_interaction(1)).await.unwrap();
        assert!(!first.repeated && again.repeated);
        assert_eq!(first.interaction, again.interaction);
        let stored = leads.lead(lead.id).await.unwrap().unwrap();
        assert_eq!((stored.activity.count, stored.lead.version), (1, Version(1)));
        let suspect = crate::interaction::Suspicion::Suspect;
        leads.mark_interaction(first.interaction.id, suspect).await.unwrap();
        assert_eq!(leads.lead(lead.id).await.unwrap().unwrap().activity.count, 0);
        assert_eq!(
            sandbox.leadbox.log().verify().await.unwrap().0,
            Verdict::Intact { whole: 3, erased: 0 }
        );
    }
}
