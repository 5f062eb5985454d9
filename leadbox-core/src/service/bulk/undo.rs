//! Taking back what an import or a bulk action did. Owns what of it can still be taken back: lead by lead and field by
//! field, whatever nobody has changed since.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::LeadBox;
use super::super::capture::identity;
use super::super::decision::Decision;
use super::batch::{Fate, Verdict};
use super::note::{Noted, Work};
use super::plan::BulkPlan;
use super::progress::{BulkKind, BulkProgress};
use super::verbs::Bulk;
use crate::access::{Capability, Permission};
use crate::catalog::Catalog;
use crate::error::{Error, Invalid, Result};
use crate::event::{Event, EventType};
use crate::id::{BulkId, ImportId, LeadId};
use crate::lead::{IdentityKey, IdentityKind, Lead, LeadPatch, reread};
use crate::page::PageRequest;
use crate::pipeline::Stay;
use crate::revision::Version;
use crate::scope::{Owners, Scope};
use crate::storage::{EventFilter, LeadSample, StoredLead};
use crate::time::Timestamp;

/// Something that was done to many leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Operation {
    /// A bulk action, or an undo.
    Bulk(BulkId),
    /// An import.
    Import(ImportId),
}

impl Operation {
    /// Its id as an actor.
    pub(super) fn actor(self) -> Uuid {
        match self {
            Self::Bulk(id) => id.uuid(),
            Self::Import(id) => id.uuid(),
        }
    }
}

/// What was done is taken back with the permissions that it was done with: who has none of them takes nothing back.
const TAKING_BACK: [Permission; 3] =
    [Permission::LeadEdit, Permission::LeadAssign, Permission::LeadDelete];

/// So many events of each lead are read at first: most leads have fewer.
const LATEST: u32 = 20;

/// Of what touched no more leads, a plan knows each.
pub(super) const READ_WHOLE: u64 = 10_000;

impl Bulk<'_> {
    /// What undoing would do. Nothing is written. Of what touched more than 10,000 leads, the plan counts the changes: several
    /// of one lead are several.
    ///
    /// # Errors
    /// As [`undo`](Self::undo).
    pub async fn plan_undo(&self, operation: Operation) -> Result<BulkPlan> {
        let leads = self.some_touched(operation).await?;
        self.leadbox.plan_work(&Work::Undo(operation), leads, self.leadbox.now()).await
    }

    /// Takes back what an import or a bulk action did, in the background as [`start`](Self::start) does. What has been
    /// changed since stays as it is and is among the refusals. A lead that was created is deleted, if nothing has happened to
    /// it since; one that was deleted comes back. An undo can be undone.
    ///
    /// # Errors
    /// `Denied` when it is neither the asker's nor may the asker read the activity log, or import, and when the asker may
    /// change no lead at all; `Invalid` while it is
    /// still under way; `NotFound`; `Storage`.
    pub async fn undo(&self, operation: Operation) -> Result<BulkProgress> {
        let leads = self.touched(operation).await?;
        self.begin_in_background(Work::Undo(operation), &leads).await
    }

    /// The same at once, in the caller's task, as [`run`](Self::run) does.
    ///
    /// # Errors
    /// As `undo`, and `Invalid` for more than [`DIRECT`](Self::DIRECT) leads; `Contended`.
    pub async fn undo_now(&self, operation: Operation) -> Result<BulkProgress> {
        let leads = self.touched(operation).await?;
        self.run_now(Work::Undo(operation), &leads).await
    }

    /// The same, few leads at once and many in the background, as [`begin`](Self::begin) does.
    ///
    /// # Errors
    /// As `undo`; `Contended`.
    pub async fn begin_undo(&self, operation: Operation) -> Result<BulkProgress> {
        let leads = self.touched(operation).await?;
        self.begin_work(Work::Undo(operation), &leads).await
    }

    /// The leads that an operation changed and that the asker sees.
    async fn touched(&self, operation: Operation) -> Result<Vec<LeadId>> {
        self.require_undoable(operation).await?;
        self.all_touched(operation).await
    }

    async fn all_touched(&self, operation: Operation) -> Result<Vec<LeadId>> {
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        let leads = storage.leads_of_actor(scope, operation.actor()).await?;
        if leads.is_empty() { Err(self.nothing_of(operation)) } else { Ok(leads) }
    }

    /// Some of them, where they are so many that reading them all takes long.
    async fn some_touched(&self, operation: Operation) -> Result<LeadSample> {
        self.require_undoable(operation).await?;
        if self.leadbox.scope().owners == Owners::All {
            let (storage, actor) = (self.leadbox.storage(), operation.actor());
            let sample =
                storage.sample_of_actor(self.leadbox.tenant(), actor, BulkPlan::TRIED).await?;
            if sample.count > READ_WHOLE {
                return Ok(sample);
            }
        }
        Ok(LeadSample::among(&self.all_touched(operation).await?, BulkPlan::TRIED))
    }

    /// Fails when the operation is not the asker's to undo, or cannot be undone now.
    async fn require_undoable(&self, operation: Operation) -> Result<()> {
        match operation {
            Operation::Bulk(id) => {
                let Noted { note, .. } = self.noted(id).await?;
                if note.work.kind() == BulkKind::Convert {
                    let message = "gave a field another type: give it the old type again instead";
                    return Err(Invalid::one("operation", message).into());
                }
                if !note.state.is_over() {
                    let message = "is still under way: stop it first";
                    return Err(Invalid::one("operation", message).into());
                }
            }
            Operation::Import(_) => {
                self.leadbox.rights().require_capability(Capability::LeadsImport)?;
            }
        }
        self.leadbox.rights().require_some_of(&TAKING_BACK)?;
        self.leadbox.sequence_all().await
    }

    fn nothing_of(&self, operation: Operation) -> Error {
        match operation {
            Operation::Bulk(id) => Error::not_found("change by bulk action", id),
            Operation::Import(id) => Error::not_found("change by import", id),
        }
    }
}

/// What an operation did to one lead, all of it as one step.
#[derive(Clone, Debug, Default)]
pub(super) struct Deed {
    created: bool,
    deleted: bool,
    restored: bool,
    /// A payload is gone: what was there before cannot be told.
    erased: bool,
    changed: Map<String, Value>,
    previous: Map<String, Value>,
    version: Version,
    /// Whether anything else was told of the lead afterwards, by anybody.
    followed: bool,
}

impl Deed {
    /// Reads a lead's events, the latest first.
    fn of(events: &[Event], actor: Uuid) -> Result<Self> {
        let mut deed = Self::default();
        let mut own = false;
        // A score follows from what is known: it is nobody's deed, and goes back by itself.
        for event in events.iter().rev().filter(|event| event.kind != EventType::LEAD_SCORED) {
            if event.actor.id != Some(actor) {
                deed.followed |= own;
                continue;
            }
            (own, deed.followed) = (true, false);
            deed.version = deed.version.max(event.version);
            deed.erased |= event.fact.payload.is_none();
            match &event.kind {
                kind if *kind == EventType::LEAD_CAPTURED => deed.created = true,
                kind if *kind == EventType::LEAD_DELETED => deed.deleted = true,
                kind if *kind == EventType::LEAD_RESTORED => deed.restored = true,
                _ => {}
            }
            let payload = event.payload()?;
            for (field, then) in payload.previous {
                deed.previous.entry(field).or_insert(then);
            }
            deed.changed.extend(payload.changed);
        }
        // What follows from the stage is told beside it.
        deed.changed.remove("stage_kind");
        Ok(deed)
    }
}

impl LeadBox {
    /// What an operation did to each of these leads.
    pub(super) async fn deeds(
        &self,
        operation: Operation,
        leads: &[LeadId],
    ) -> Result<HashMap<LeadId, Deed>> {
        let latest = self.storage().latest_events(self.tenant(), leads, LATEST).await?;
        let mut deeds = HashMap::with_capacity(leads.len());
        for events in latest.chunk_by(|one, next| one.subject == next.subject) {
            let Some(lead) = events.first().and_then(|event| event.lead()) else { continue };
            let deed = if events.len() < LATEST as usize {
                Deed::of(events, operation.actor())?
            } else {
                self.deed(operation, lead).await?
            };
            deeds.insert(lead, deed);
        }
        Ok(deeds)
    }

    /// What an operation did to a lead with a long history.
    async fn deed(&self, operation: Operation, lead: LeadId) -> Result<Deed> {
        let subject = Some(crate::event::Subject::lead(lead));
        let filter = EventFilter { subject, ..EventFilter::default() };
        let scope = Scope::all(self.tenant());
        let (mut events, mut request) = (Vec::new(), PageRequest::first(200));
        // What came before the operation is of no interest.
        loop {
            let mut page = self.storage().events(&scope, &filter, &request).await?;
            // A timeline also tells of the leads that were merged into this one.
            page.items.retain(|event| event.lead() == Some(lead));
            let own = |event: &Event| event.actor.id == Some(operation.actor());
            let (seen, more) = (events.iter().any(own), page.items.iter().any(own));
            events.extend(page.items);
            match page.next {
                Some(next) if more || !seen => request = PageRequest::after(200, next),
                _ => return Deed::of(&events, operation.actor()),
            }
        }
    }
}

impl Deed {
    /// Adds what takes it back.
    pub(super) fn undo(
        &self,
        decision: &mut Decision<'_>,
        stored: &StoredLead,
        open: Option<Stay>,
        taken: &[IdentityKind],
        catalog: &Catalog,
    ) -> Result<Verdict> {
        let before = &stored.lead;
        if before.merged_into.is_some() {
            let message = "has been merged into another lead: undo that first";
            return Ok(Verdict::refused(before.id, "lead", message));
        }
        if self.erased {
            return Ok(Verdict::refused(before.id, "lead", "what it was before has been erased"));
        }
        let mut after = before.clone();
        let mut invalid = Invalid::default();
        if self.created {
            if before.deleted_at.is_some() {
                return Verdict::of(before.id, Ok(false));
            }
            if before.version != self.version || self.followed || stored.activity.count > 0 {
                let message = "was created, and something has happened to it since";
                return Ok(Verdict::refused(before.id, "lead", message));
            }
            after.deleted_at = Some(decision.at());
        } else if self.deleted {
            if before.deleted_at.is_none() {
                return Verdict::of(before.id, Ok(false));
            }
            if before.version != self.version {
                let message = "was deleted once more since";
                return Ok(Verdict::refused(before.id, "lead", message));
            }
            for kind in taken {
                invalid.push(kind.as_str(), "belongs to another lead by now");
            }
            if !invalid.issues.is_empty() {
                return Verdict::of(before.id, Err(invalid.into()));
            }
            after.deleted_at = None;
            self.put_back(decision, before, &mut after, &mut invalid, catalog);
            invalid.issues.extend(reread(&mut after, catalog));
        } else if before.deleted_at.is_some() {
            return Ok(Verdict::refused(before.id, "lead", "has been deleted since"));
        } else {
            if self.restored {
                if before.version != self.version || self.followed {
                    let message = "was brought back, and something has happened to it since";
                    return Ok(Verdict::refused(before.id, "lead", message));
                }
                after.deleted_at = Some(decision.at());
            }
            let rights = decision.leadbox().rights();
            if let Err(denied) = rights.require(Permission::LeadEdit, before.owner) {
                return Verdict::of(before.id, Err(denied.into()));
            }
            self.put_back(decision, before, &mut after, &mut invalid, catalog);
        }
        let verdict =
            Verdict::of(before.id, decision.change_lead(before, &mut after, open, catalog))?;
        match verdict.fate {
            Fate::Unchanged if !invalid.issues.is_empty() => {
                Verdict::of(before.id, Err(invalid.into()))
            }
            Fate::Changed => Ok(Verdict { issues: invalid.issues, ..verdict }),
            _ => Ok(verdict),
        }
    }

    /// Puts back every field that is as the operation left it; notes the others.
    fn put_back(
        &self,
        decision: &Decision<'_>,
        before: &Lead,
        after: &mut Lead,
        invalid: &mut Invalid,
        catalog: &Catalog,
    ) {
        let now = before.to_fields();
        let stage = catalog.stage(before.stage).map(|(_, stage)| stage.key.as_str());
        let rights = decision.leadbox().rights();
        for (field, left) in &self.changed {
            let Some(then) = self.previous.get(field) else { continue };
            if field == "tags" {
                put_back_tags(after, left, then);
                continue;
            }
            let here = match field.as_str() {
                "stage" => stage.map_or(Value::Null, Value::from),
                field => now.get(field).cloned().unwrap_or(Value::Null),
            };
            if here == *then {
                continue;
            }
            if here != *left {
                invalid.push(field, "has been changed since");
                continue;
            }
            if field == "stage" {
                match catalog.stage_of(before, then.as_str().unwrap_or_default()) {
                    Ok(stage) => after.stage = stage,
                    Err(gone) => invalid.issues.extend(gone.issues),
                }
                continue;
            }
            // One at a time: what cannot be put back must not keep the others.
            let patch = LeadPatch::new().set(field.as_str(), then.clone());
            let mut refused = Invalid::default();
            rights.check_fields(&mut refused, patch.given_fields());
            let mut changed = after.clone();
            match refused.or(()).and_then(|()| patch.apply(&mut changed, catalog, decision.at())) {
                Ok(()) => *after = changed,
                Err(refused) => invalid.issues.extend(refused.issues),
            }
        }
    }
}

/// Takes away what was added and is still there, and adds what was taken away: each tag stands for itself.
fn put_back_tags(lead: &mut Lead, left: &Value, then: &Value) {
    let tags = |value: &Value| -> BTreeSet<String> {
        let tags = value.as_array().into_iter().flatten();
        tags.filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
    };
    let (left, then) = (tags(left), tags(then));
    lead.tags.retain(|tag| !left.contains(tag) || then.contains(tag));
    lead.tags.extend(then.difference(&left).cloned());
}

/// The keys of deleted leads that a lead holds which came in afterwards.
pub(super) async fn taken(
    leadbox: &LeadBox,
    leads: impl Iterator<Item = &Lead> + Send,
) -> Result<HashMap<LeadId, Vec<IdentityKind>>> {
    let kinds = [IdentityKind::Email, IdentityKind::Phone, IdentityKind::ExternalId];
    let mut keys: Vec<(IdentityKey, LeadId, Timestamp)> = Vec::new();
    for lead in leads {
        let Some(deleted_at) = lead.deleted_at else { continue };
        let own = kinds.iter().filter_map(|kind| identity(lead, *kind));
        keys.extend(own.map(|key| (key, lead.id, deleted_at)));
    }
    let wanted: Vec<IdentityKey> = keys.iter().map(|(key, ..)| key.clone()).collect();
    let mut taken: HashMap<LeadId, Vec<IdentityKind>> = HashMap::new();
    if wanted.is_empty() {
        return Ok(taken);
    }
    let held = leadbox.storage().leads_by_identity(leadbox.tenant(), &wanted).await?;
    for (key, lead, deleted_at) in keys {
        // Leads that shared a key before go on sharing it.
        let is_newer = |holder: &Lead| {
            key.kind == IdentityKind::ExternalId
                || made_at(holder).is_none_or(|at| at >= deleted_at)
        };
        if held.iter().any(|(found, holder)| *found == key && is_newer(&holder.lead)) {
            taken.entry(lead).or_default().push(key.kind);
        }
    }
    Ok(taken)
}

/// When a lead was made, by its id: when it came in may be told otherwise. To the millisecond.
fn made_at(lead: &Lead) -> Option<Timestamp> {
    let (seconds, nanos) = lead.id.uuid().get_timestamp()?.to_unix();
    Timestamp::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}
