//! Undoing merges. Owns what comes back and what has to stay, and why; what a merge notes for it is `merge`'s.

use serde_json::Value;

use super::capture::identity;
use super::decision::{Announce, Decision, data};
use super::merge::{Absorbed, MERGE, MergeNote};
use super::{Leads, Prepared};
use crate::access::Permission;
use crate::catalog::Catalog;
use crate::error::{Error, Invalid, Result};
use crate::event::{Event, EventType, Payload, Subject};
use crate::id::{EventId, LeadId};
use crate::lead::settle;
use crate::lead::{Consent, IdentityKind, Input, Lead, assign, reread};
use crate::page::PageRequest;
use crate::scope::Scope;
use crate::storage::{Change, EventFilter, RecordMove};

/// A merge that was undone.
#[derive(Clone, PartialEq, Debug)]
pub struct Unmerged {
    /// The lead that others had been merged into.
    pub lead: Lead,
    /// Those that are back.
    pub restored: Vec<Lead>,
    /// What could not be restored, and why.
    pub left: Invalid,
}

impl Leads<'_> {
    /// Undoes a merge, given by the lead that was kept and the fact that tells of it ([`Merged::event`](super::Merged::event)). The others are
    /// back with all that was theirs, in their stages from now on; fields of the kept lead that have not changed since are
    /// as they were before.
    ///
    /// # Errors
    /// `Invalid` when it was undone before, or the kept lead was itself merged into another; `Denied` unless the asker may
    /// edit all of them and delete the others; `NotFound`; `Contended`; `Storage`.
    pub async fn unmerge(&self, keep: LeadId, merge: EventId) -> Result<Unmerged> {
        self.leadbox.decide("lead", keep, || Box::pin(self.prepare_unmerge(keep, merge))).await
    }

    /// What [`unmerge`](Self::unmerge) would bring back, and what not. Writes nothing.
    ///
    /// # Errors
    /// As `unmerge`.
    pub async fn unmerge_plan(&self, keep: LeadId, merge: EventId) -> Result<Unmerged> {
        Ok(self.prepare_unmerge(keep, merge).await?.outcome)
    }

    /// What [`unmerge`](Self::unmerge) would commit.
    ///
    /// # Errors
    /// As `unmerge`.
    pub async fn prepare_unmerge(
        &self,
        keep: LeadId,
        merge: EventId,
    ) -> Result<Prepared<Unmerged>> {
        let before = self.load(keep, None).await?;
        if before.id != keep {
            let message = "belongs to a lead that was itself merged: undo that first";
            return Err(Invalid::one("merge", message).into());
        }
        self.leadbox.rights().require(Permission::LeadEdit, before.owner)?;
        let event = self.merge_event(keep, merge).await?;
        let payload = event.payload()?;
        let note = payload.data.get(MERGE).cloned().unwrap_or_default();
        let Ok(note) = serde_json::from_value::<MergeNote>(note) else {
            return Err(Invalid::one("merge", "is no longer told by the log").into());
        };
        let catalog = self.leadbox.catalog().await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        decision.makes(keep.uuid());
        let (mut left, mut restored) = (Invalid::default(), Vec::new());
        for absorbed in &note.leads {
            if let Some(lead) =
                self.restore(&mut decision, keep, absorbed, &catalog, &mut left).await?
            {
                restored.push(lead);
            }
        }
        if restored.is_empty() {
            return Err(Invalid::one("merge", "was undone already").into());
        }
        let after = self.as_before(&decision, &before, (&payload, &note), &catalog, &mut left);
        decision.push_update(&before, &after)?;
        let told = data([(MERGE, Value::from(merge.to_string()))]);
        let (changed, previous) = after.difference(&before);
        let told = Payload { changed, previous, ..told };
        let subject = Subject::lead(keep);
        decision.event(subject, EventType::LEAD_UNMERGED, after.version, &told)?;
        left.issues.retain(|issue| !self.leadbox.scope().hidden_fields.contains(&issue.field));
        let restored = restored.into_iter().map(|lead| self.leadbox.shown(lead)).collect();
        decision.finish(Unmerged { lead: self.leadbox.shown(after), restored, left }).await
    }

    async fn merge_event(&self, keep: LeadId, merge: EventId) -> Result<Event> {
        let storage = self.leadbox.storage();
        storage.sequence(1000).await?;
        let subject = Subject::lead(keep);
        let filter = EventFilter {
            subject: Some(subject),
            kinds: vec![EventType::LEAD_MERGED],
            ..EventFilter::default()
        };
        let (all, mut page) = (Scope::all(self.leadbox.tenant()), PageRequest::first(100));
        loop {
            let found = storage.events(&all, &filter, &page).await?;
            let is_meant = |event: &Event| event.id == merge && event.subject == subject;
            if let Some(event) = found.items.into_iter().find(is_meant) {
                return Ok(event);
            }
            let next = found.next.ok_or_else(|| Error::not_found("merge", merge))?;
            page = PageRequest::after(100, next);
        }
    }

    /// Brings one lead back, with those that had been merged into it and all that is theirs.
    async fn restore(
        &self,
        decision: &mut Decision<'_>,
        keep: LeadId,
        absorbed: &Absorbed,
        catalog: &Catalog,
        left: &mut Invalid,
    ) -> Result<Option<Lead>> {
        let (storage, all) = (self.leadbox.storage(), Scope::all(self.leadbox.tenant()));
        let found = storage.lead(&all, absorbed.lead).await?.map(|stored| stored.lead);
        let Some(gone) = found.filter(|lead| lead.merged_into == Some(keep)) else {
            left.push("merge", format!("lead {} is no longer merged into it", absorbed.lead));
            return Ok(None);
        };
        self.leadbox.rights().require(Permission::LeadDelete, gone.owner)?;
        let mut back = decision.next(&gone);
        (back.deleted_at, back.merged_into) = (None, None);
        back.stage_since = decision.at();
        if let Some(key) = identity(&back, IdentityKind::ExternalId) {
            let held = storage.leads_by_identity(back.tenant, &[key]).await?;
            if held.iter().any(|(_, holder)| holder.lead.external_id == back.external_id) {
                left.push("external_id", format!("of lead {} is another lead's now", back.id));
                back.external_id = None;
            }
        }
        for issue in reread(&mut back, catalog) {
            let message = format!("of lead {} went: {}", back.id, issue.message);
            left.push(issue.field, message);
        }
        settle(&mut back, catalog);
        decision.push_update(&gone, &back)?;
        decision.tell_fields(&gone, &back)?;
        let mut made_for = vec![back.id];
        for earlier in storage.leads_by_id(&all, &absorbed.had).await? {
            if earlier.lead.merged_into == Some(keep) {
                let mut heir = decision.next(&earlier.lead);
                heir.merged_into = Some(back.id);
                decision.push_update(&earlier.lead, &heir)?;
                made_for.push(heir.id);
            }
        }
        let (tenant, to) = (back.tenant, back.id);
        let moved = RecordMove { tenant, from: keep, to, made_for };
        decision.push(Change::MoveRecords(Box::new(moved)))?;
        decision.begin_stay(&back)?;
        Ok(Some(back))
    }

    /// The kept lead as it was before, but for what has changed since.
    fn as_before(
        &self,
        decision: &Decision<'_>,
        now: &Lead,
        (payload, note): (&Payload, &MergeNote),
        catalog: &Catalog,
        left: &mut Invalid,
    ) -> Lead {
        const CHANGED: &str = "was changed since";
        let (mut after, fields) = (decision.next(now), now.to_fields());
        let previous = payload.previous.iter().filter(|(field, _)| !field.starts_with("consent."));
        for (field, then) in previous {
            let merged = payload.changed.get(field).unwrap_or(&Value::Null);
            if field == "tags" {
                // Those that came with the merge go, whatever else happened to them.
                let tags = |value: &Value| -> Vec<String> {
                    let list = value.as_array().into_iter().flatten();
                    list.filter_map(Value::as_str).map(str::to_owned).collect()
                };
                let own = tags(then);
                let came = tags(merged).into_iter().filter(|tag| !own.contains(tag));
                came.for_each(|tag| {
                    after.tags.remove(&tag);
                });
            } else if fields.get(field).unwrap_or(&Value::Null) != merged {
                left.push(field, CHANGED);
            } else if let Err(message) =
                assign(&mut after, field, Input::from(then), catalog, decision.at())
            {
                left.push(field, message);
            }
        }
        let [own, joined] = &note.consents;
        for consent in joined {
            let of =
                |list: &[Consent]| list.iter().find(|one| one.purpose == consent.purpose).cloned();
            let then = of(own);
            if then.as_ref() == Some(consent) {
                continue;
            }
            if of(&now.consents).as_ref() != Some(consent) {
                left.push(format!("consent.{}", consent.purpose), CHANGED);
                continue;
            }
            match (after.consents.iter().position(|one| one == consent), then) {
                (Some(place), Some(then)) => after.consents[place] = then,
                (Some(place), None) => {
                    after.consents.remove(place);
                }
                (None, _) => {}
            }
        }
        let [then, merged] = note.created;
        if (now.created_at, now.created_on) == merged {
            (after.created_at, after.created_on) = then;
        } else if then != merged {
            left.push("created_at", CHANGED);
        }
        settle(&mut after, catalog);
        after
    }
}
