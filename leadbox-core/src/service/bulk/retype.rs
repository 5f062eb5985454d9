//! Another type for a field that holds data, as an asker plans, starts and follows it. Owns what has to hold before the
//! definition changes, and what changes with it; what becomes of each value is `convert`'s.

use serde::{Deserialize, Serialize};

use super::super::decision::{Announce, Decision};
use super::super::definitions::bad_choices;
use super::super::{Definitions, LeadBox};
use super::convert::Conversion;
use super::note::{Conversions, Noted, Work};
use super::plan::{BulkPlan, RefusalGroup, extrapolated};
use super::progress::BulkProgress;
use crate::access::{Capability, Rights};
use crate::error::{Error, Invalid, Result};
use crate::event::EventType;
use crate::field::{FieldDefinition, FieldStatus, FieldType};
use crate::key::FieldKey;
use crate::revision::Revision;
use crate::storage::Definition;

/// What becomes of values that do not convert.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Leftover {
    /// They are cleared. The log still tells what they were.
    #[default]
    Clear,
    /// They go as text into a new field of this key. Roles and API keys that keep the field back keep that one back as well;
    /// what a host grants to users of its own is the host's to see to.
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct FieldPlan {
    /// Leads that hold a value.
    pub holding: u64,
    /// How many of them were tried: all, or of more than [`BulkPlan::TRIED`](super::BulkPlan::TRIED) that many, spread evenly.
    pub tried: u64,
    /// Leads whose value converts, or is as it should be, of those that were tried.
    pub converting: u64,
    /// The values that do not convert: why, how many of the leads that were tried, and some of them; the most frequent first.
    pub leftover: Vec<RefusalGroup>,
}

impl FieldPlan {
    /// About how many of all leads it would be, if it was so many of those that were tried; exact when all of them were.
    pub fn estimate(&self, count: u64) -> u64 {
        extrapolated(count, self.tried, self.holding)
    }
}

impl Definitions<'_> {
    /// What [`retype`](Self::retype) would do. Nothing is written.
    ///
    /// # Errors
    /// As `retype`.
    pub async fn plan_retype(&self, retype: &Retype) -> Result<FieldPlan> {
        let (_, known) = self.checked(retype).await?;
        let field = FieldDefinition { kind: retype.kind.clone(), ..known };
        let host = self.as_host();
        let (since, leftover) = (host.now(), retype.leftover.clone());
        let leads = host.some_holders(&retype.key, BulkPlan::TRIED).await?;
        let work = Work::Convert(Conversion { field, leftover, since });
        let plan = host.plan_work(&work, leads, since).await?;
        let unfit: u64 = plan.refusals.iter().map(|group| group.count).sum();
        Ok(FieldPlan {
            holding: plan.counts.selected,
            tried: plan.tried,
            converting: plan.tried.saturating_sub(unfit),
            leftover: plan.refusals,
        })
    }

    /// Gives a field another type, or other choices: at once for what comes in from now on, and in the background, as
    /// [`Bulk::start`](super::Bulk::start) does, for what leads hold. Until that is done a filter may miss values that have
    /// not been converted yet. Values that do not convert are among the refusals. It concerns all leads, whoever may change
    /// them, and cannot be stopped half-way nor undone: the way back is the old type.
    ///
    /// # Errors
    /// `Denied`; `Invalid` when the field has this type already, its type is being changed, the asker's role keeps it back,
    /// choices are missing, or leftovers would go into a field that is there already; `NotFound`; `Contended`; `Storage`.
    pub async fn retype(&self, retype: &Retype) -> Result<BulkProgress> {
        let host = self.as_host();
        self.checked(retype).await?;
        let since = host.now();
        let leads = host.holders(&retype.key).await?;
        let started = self
            .leadbox
            .decide("field", &retype.key, || {
                Box::pin(async {
                    let (before, old) = self.checked(retype).await?;
                    let field = FieldDefinition { kind: retype.kind.clone(), ..old.clone() };
                    let mut decision = Decision::new(&host, Announce::Each);
                    if let Leftover::KeepIn(key) = &retype.leftover {
                        let kept = FieldDefinition {
                            label: format!("{} (before)", field.label).chars().take(200).collect(),
                            sensitivity: field.sensitivity,
                            ..FieldDefinition::of(key.clone(), FieldType::Text)
                        };
                        let (kept, kind) = (Definition::Field(kept), EventType::FIELD_DEFINED);
                        decision.put_definition(Revision(0), None, kept, kind)?;
                        decision.keep_back(&retype.key, key).await?;
                    }
                    let (old, new) = (Definition::Field(old), Definition::Field(field.clone()));
                    decision.put_definition(before, Some(&old), new, EventType::FIELD_DEFINED)?;
                    let leftover = retype.leftover.clone();
                    let work = Work::Convert(Conversion { field, leftover, since });
                    let last = Conversions::load(&host, &retype.key).await?;
                    let started = host.bulk().add_in_background(&mut decision, work, &leads)?;
                    decision.push(last.followed_by(&host, started.id))?;
                    decision.finish(started).await
                })
            })
            .await;
        self.leadbox.forget_catalog();
        started
    }

    /// How far the last change of a field's type is; none when there was none.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn conversion(&self, key: &FieldKey) -> Result<Option<BulkProgress>> {
        self.leadbox.rights().require_capability(Capability::FieldsManage)?;
        let last = Conversions::load(self.leadbox, key).await?;
        Ok(last.noted(self.leadbox).await?.map(|noted| noted.progress()))
    }

    /// The field as it is stored, with its revision, if it may get that type.
    async fn checked(&self, retype: &Retype) -> Result<(Revision, FieldDefinition)> {
        let rights = self.leadbox.rights();
        rights.require_capability(Capability::FieldsManage)?;
        let known = self.field(&retype.key).await?;
        let (revision, known) =
            known.ok_or_else(|| Error::not_found("custom field", &retype.key))?;
        let mut invalid = Invalid::default();
        // Its values would be told, and written.
        rights.check_fields(&mut invalid, [format!("cf.{}", retype.key)]);
        if let Some(message) = bad_choices(&retype.kind) {
            invalid.push("choices", message);
        }
        if known.kind == retype.kind {
            invalid.push("type", "is what it has already");
        }
        if known.status == FieldStatus::Archived {
            invalid.push("type", "is an archived field's: bring the field back to change it");
        }
        let last = Conversions::load(self.leadbox, &retype.key).await?.noted(self.leadbox).await?;
        if let Some(Noted { id, .. }) = last.filter(|noted| !noted.note.state.is_over()) {
            invalid.push("type", format!("is being changed: wait until bulk action {id} is done"));
        }
        if let Leftover::KeepIn(aside) = &retype.leftover {
            match self.field(aside).await? {
                Some(_) => invalid.push("keep_in", "is there already: name a new field"),
                None => {
                    let new = FieldDefinition::of(aside.clone(), FieldType::Text);
                    self.check_new(&new).await?;
                }
            }
        }
        Ok(invalid.or((revision, known))?)
    }

    /// The same asker, with all leads in reach: whoever manages fields decides for all of them.
    fn as_host(&self) -> LeadBox {
        self.leadbox.with_rights(self.leadbox.actor().clone(), Rights::host())
    }
}
