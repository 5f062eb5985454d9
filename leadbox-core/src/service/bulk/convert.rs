//! The values of a field that has another type by now. Owns what becomes of each: it converts, or it is put aside or cleared
//! as the caller chose; and what is looked at once more in the end. Knows nothing of how the definition changes, which is first,
//! so that nothing of the old type comes in any more.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::super::LeadBox;
use super::super::decision::Decision;
use super::action::ids;
use super::batch::{Fate, Verdict};
use super::course::BATCH;
use super::retype::Leftover;
use crate::catalog::Catalog;
use crate::error::{Invalid, Result};
use crate::event::{EventType, Payload, Subject};
use crate::field::{FieldDefinition, FieldValue};
use crate::filter::{Check, LeadField, LeadQuery, LeadSort, Leaf, Operand, Sense, SortKey, Test};
use crate::id::LeadId;
use crate::key::FieldKey;
use crate::lead::{Lead, converted};
use crate::page::PageRequest;
use crate::storage::LeadSample;
use crate::time::Timestamp;

/// How long after the change of a definition another process may still write by the old one, with some to spare.
const LATE: TimeDelta = TimeDelta::seconds(10);

impl LeadBox {
    /// The leads that hold a value of a field.
    pub(super) async fn holders(&self, key: &FieldKey) -> Result<Vec<LeadId>> {
        ids(self, &holding(key, None, LeadSort::default()), u64::MAX).await
    }

    /// How many these are, and some of them.
    pub(super) async fn some_holders(&self, key: &FieldKey, most: usize) -> Result<LeadSample> {
        let query = holding(key, None, LeadSort::default());
        Ok(self.storage().lead_sample(self.scope(), &query, most).await?)
    }
}

/// The question for the leads that hold a value of a field; of those that changed since `since`, if it is given.
fn holding(key: &FieldKey, since: Option<Timestamp>, sort: LeadSort) -> LeadQuery {
    let leaf = |field, test| Check::Leaf(Leaf { field, test, sense: Sense::Holds });
    let mut checks = vec![leaf(LeadField::Custom(key.clone()), Test::Known)];
    if let Some(since) = since {
        checks.push(leaf(LeadField::UpdatedAt, Test::Between(Some(Operand::Time(since)), None)));
    }
    LeadQuery { check: Check::All(checks), sort, ..LeadQuery::default() }
}

/// A field that has another type by now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Conversion {
    /// As it is from now on.
    pub(super) field: FieldDefinition,
    pub(super) leftover: Leftover,
    /// When it was found out which leads hold a value; who changed since is looked at once more.
    pub(super) since: Timestamp,
}

impl Conversion {
    /// Takes the field as it is now: choices may have been added meanwhile, and values of them taken.
    pub(super) async fn look_up(&mut self, leadbox: &LeadBox) -> Result<()> {
        if let Some((_, field)) = leadbox.definitions().field(&self.field.key).await? {
            self.field = field;
        }
        Ok(())
    }

    /// Leads that have a value of another type than the field has, though the work has been through: what another process
    /// knew of the field when the work began was up to a second old, and a merge takes a value from a lead that was not
    /// converted yet to one that was. At most a batch of them.
    pub(super) async fn missed(&self, leadbox: &LeadBox) -> Result<Vec<LeadId>> {
        let field = &self.field;
        // By when they changed: what changes while this looks comes at the end, and is seen once more.
        let query =
            holding(&field.key, Some(self.since - LATE), LeadSort::ascending(SortKey::Updated));
        let (mut missed, mut request) = (Vec::new(), PageRequest::first(PageRequest::MAX));
        loop {
            let page = leadbox.storage().leads(leadbox.scope(), &query, &request).await?;
            let is_of_another = |lead: &Lead| {
                let value = lead.custom.get(&field.key);
                value.is_some_and(|value| {
                    converted(value, field).ok().flatten().as_ref() != Some(value)
                })
            };
            let found = page.items.iter().filter(|stored| is_of_another(&stored.lead));
            missed.extend(found.map(|stored| stored.lead.id));
            match page.next {
                Some(next) if missed.len() < BATCH => {
                    request = PageRequest::after(PageRequest::MAX, next);
                }
                _ => break,
            }
        }
        missed.sort_unstable();
        missed.dedup();
        missed.truncate(BATCH);
        Ok(missed)
    }

    /// Adds what becomes of a lead's value.
    pub(super) fn decide(
        &self,
        decision: &mut Decision<'_>,
        before: &Lead,
        catalog: &Catalog,
    ) -> Result<Verdict> {
        let field = &self.field;
        let Some(value) = before.custom.get(&field.key) else {
            return Verdict::of(before.id, Ok(false));
        };
        let mut after = before.clone();
        let mut invalid = Invalid::default();
        match converted(value, field) {
            Ok(Some(now)) => {
                after.custom.insert(field.key.clone(), now);
            }
            Ok(None) => {
                after.custom.remove(&field.key);
            }
            Err(message) => {
                invalid.push(format!("cf.{}", field.key), message);
                after.custom.remove(&field.key);
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
            let name = format!("cf.{}", field.key);
            let mut payload = Payload::default();
            payload.previous.insert(name.clone(), value.to_json());
            payload.changed.insert(name, value.to_json());
            let (subject, kind) = (Subject::lead(before.id), EventType::LEAD_UPDATED);
            decision.event(subject, kind, after.version, &payload)?;
        }
        Ok(Verdict { issues: invalid.issues, ..verdict })
    }
}
