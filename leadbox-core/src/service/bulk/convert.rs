//! Another type for a field that holds data. Owns what becomes of each value: it converts, or it is put aside or cleared as the
//! caller chose. The definition changes first, so that nothing of the old type comes in any more; values follow, batch by
//! batch.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::super::decision::{Announce, Decision};
use super::super::definitions::bad_choices;
use super::super::{Definitions, LeadBox};
use super::action::gathered;
use super::batch::{Fate, Verdict};
use super::course::BATCH;
use super::note::Work;
use super::plan::RefusalGroup;
use super::progress::BulkProgress;
use crate::access::{Capability, Rights};
use crate::catalog::Catalog;
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Payload, Subject};
use crate::field::{FieldDefinition, FieldStatus, FieldType, FieldValue};
use crate::filter::{Check, LeadField, LeadQuery, LeadSort, Leaf, Operand, Sense, SortKey, Test};
use crate::id::LeadId;
use crate::key::FieldKey;
use crate::lead::{Lead, converted};
use crate::revision::Revision;
use crate::storage::{Definition, DefinitionKind};
use crate::time::Timestamp;

/// What becomes of values that do not convert.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leftover {
    /// They are cleared. The log still tells what they were.
    Clear,
    /// They go as text into a new field of this key.
    KeepIn(FieldKey),
}

/// Another type for a field, or other choices.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retype {
    /// The field.
    pub key: FieldKey,
    /// What it shall hold.
    pub kind: FieldType,
    /// What becomes of values that do not convert.
    pub leftover: Leftover,
}

/// What another type would do to a field's values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct FieldPlan {
    /// Leads that hold a value.
    pub holding: u64,
    /// Leads whose value converts, or is as it should be.
    pub converting: u64,
    /// The values that do not convert: why, how many leads, and some of them; the most frequent first.
    pub leftover: Vec<RefusalGroup>,
}

/// How long after the change of a definition another process may still write by the old one, with some to spare.
const LATE: TimeDelta = TimeDelta::seconds(10);

impl Definitions<'_> {
    /// What [`retype`](Self::retype) would do. Nothing is written; every value is read.
    ///
    /// # Errors
    /// As `retype`.
    pub async fn plan_retype(&self, retype: &Retype) -> Result<FieldPlan> {
        let (_, field) = self.checked(retype).await?;
        let host = self.as_host();
        let leads = host.holders(&retype.key, None).await?;
        let work = Work::Convert(Conversion { field, leftover: retype.leftover.clone() });
        let plan = host.plan_work(&work, &leads, host.now()).await?;
        let unfit: u64 = plan.refusals.iter().map(|group| group.count).sum();
        Ok(FieldPlan {
            holding: plan.counts.selected,
            converting: plan.counts.selected.saturating_sub(unfit),
            leftover: plan.refusals,
        })
    }

    /// Gives a field another type, or other choices: at once for what comes in from now on, and in the background, as
    /// [`Bulk::start`](super::Bulk::start) does, for what leads hold. Until that is done a filter may miss values that have
    /// not been converted yet. Values that do not convert are among the refusals. It concerns all leads, whoever may change
    /// them, and cannot be stopped half-way.
    ///
    /// # Errors
    /// `Denied`; `Invalid` when choices are missing, or leftovers would go into a field that is there already; `NotFound`;
    /// `Contended`; `Storage`.
    pub async fn retype(&self, retype: &Retype) -> Result<BulkProgress> {
        let host = self.as_host();
        self.checked(retype).await?;
        let leads = host.holders(&retype.key, None).await?;
        let started = self
            .leadbox
            .decide("field", &retype.key, || {
                Box::pin(async {
                    let (before, field) = self.checked(retype).await?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    if let Leftover::KeepIn(key) = &retype.leftover {
                        let kept = FieldDefinition {
                            label: format!("{} (before)", field.label).chars().take(200).collect(),
                            sensitivity: field.sensitivity,
                            ..FieldDefinition::of(key.clone(), FieldType::Text)
                        };
                        let (kept, kind) = (Definition::Field(kept), EventType::FIELD_DEFINED);
                        decision.put_definition(Revision(0), kept, kind)?;
                    }
                    let definition = Definition::Field(field.clone());
                    decision.put_definition(before, definition, EventType::FIELD_DEFINED)?;
                    let leftover = retype.leftover.clone();
                    let work = Work::Convert(Conversion { field, leftover });
                    host.bulk().prepare_in_background(decision, work, &leads)
                })
            })
            .await;
        self.leadbox.forget_catalog();
        started
    }

    /// The field as it is to be, and the revision of what is stored.
    async fn checked(&self, retype: &Retype) -> Result<(Revision, FieldDefinition)> {
        self.leadbox.rights().require_capability(Capability::FieldsManage)?;
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let key = retype.key.as_str();
        let known = storage.definition(tenant, DefinitionKind::Field, key).await?;
        let Some((revision, Definition::Field(known))) = known else {
            return Err(Error::not_found("custom field", key));
        };
        let mut invalid = Invalid::default();
        if let Some(message) = bad_choices(&retype.kind) {
            invalid.push(key, message);
        }
        if known.status == FieldStatus::Archived {
            invalid.push(key, "is archived: bring the field back to change it");
        }
        if let Leftover::KeepIn(aside) = &retype.leftover {
            let taken = storage.definition(tenant, DefinitionKind::Field, aside.as_str()).await?;
            match taken {
                Some(_) => invalid.push(aside.as_str(), "is there already: name a new field"),
                None => {
                    let new = FieldDefinition::of(aside.clone(), FieldType::Text);
                    self.check_new(&new).await?;
                }
            }
        }
        Ok(invalid.or((revision, FieldDefinition { kind: retype.kind.clone(), ..known }))?)
    }

    /// The same asker, with all leads in reach: whoever manages fields decides for all of them.
    fn as_host(&self) -> LeadBox {
        self.leadbox.with_rights(self.leadbox.actor().clone(), Rights::host())
    }
}

impl LeadBox {
    /// The leads that hold a value of a field; only those that were written when the work began, if that moment is given.
    async fn holders(&self, key: &FieldKey, began: Option<Timestamp>) -> Result<Vec<LeadId>> {
        let leaf = |field, test| Check::Leaf(Leaf { field, test, sense: Sense::Holds });
        let mut checks = vec![leaf(LeadField::Custom(key.clone()), Test::Known)];
        if let Some(began) = began {
            let (from, to) = (Operand::Time(began - LATE), Operand::Time(began + LATE));
            checks.push(leaf(LeadField::UpdatedAt, Test::Between(Some(from), Some(to))));
        }
        let sort = LeadSort::descending(SortKey::Created);
        let query = LeadQuery { check: Check::All(checks), sort, ..LeadQuery::default() };
        gathered(self, &query, None).await
    }
}

/// A field that has another type by now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Conversion {
    /// As it is from now on.
    pub(super) field: FieldDefinition,
    pub(super) leftover: Leftover,
}

impl Conversion {
    /// Leads that were given a value of the old type while the work began: what another process knew of the field was up
    /// to a second old.
    pub(super) async fn late(&self, leadbox: &LeadBox, began: Timestamp) -> Result<Vec<LeadId>> {
        let written = leadbox.holders(&self.field.key, Some(began)).await?;
        let mut late = Vec::new();
        for ids in written.chunks(BATCH) {
            let found = leadbox.storage().leads_by_id(leadbox.scope(), ids).await?;
            let is_due = |lead: &Lead| {
                let value = lead.custom.get(&self.field.key);
                value.is_some_and(|value| {
                    converted(value, &self.field).ok().flatten().as_ref() != Some(value)
                })
            };
            late.extend(
                found.iter().filter(|stored| is_due(&stored.lead)).map(|stored| stored.lead.id),
            );
        }
        Ok(late)
    }

    /// Adds what becomes of a lead's value.
    pub(super) fn decide(
        &self,
        decision: &mut Decision<'_>,
        before: &Lead,
        catalog: &Catalog,
    ) -> Result<Verdict> {
        let Some(value) = before.custom.get(&self.field.key) else {
            return Verdict::of(before.id, Ok(false));
        };
        let mut after = before.clone();
        let mut invalid = Invalid::default();
        match converted(value, &self.field) {
            Ok(Some(now)) => {
                after.custom.insert(self.field.key.clone(), now);
            }
            Ok(None) => {
                after.custom.remove(&self.field.key);
            }
            Err(message) => {
                invalid.push(format!("cf.{}", self.field.key), message);
                after.custom.remove(&self.field.key);
                if let Leftover::KeepIn(key) = &self.leftover {
                    let text: String = value.to_text().chars().take(FieldValue::MAX_TEXT).collect();
                    after.custom.insert(key.clone(), FieldValue::Text(text));
                }
            }
        }
        let changed = decision.change_lead(before, &mut after, None, catalog);
        let verdict = Verdict::of(before.id, changed)?;
        if verdict.fate != Fate::Changed {
            return Ok(verdict);
        }
        if after.difference(before).0.is_empty() {
            // A text and a number may look the same; that the lead changed is told all the same.
            let field = format!("cf.{}", self.field.key);
            let mut payload = Payload::default();
            payload.previous.insert(field.clone(), value.to_json());
            payload.changed.insert(field, value.to_json());
            let (subject, kind) = (Subject::lead(before.id), EventType::LEAD_UPDATED);
            decision.event(subject, kind, after.version, &payload)?;
        }
        Ok(Verdict { issues: invalid.issues, ..verdict })
    }
}
