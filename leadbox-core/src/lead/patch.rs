//! What changes. Owns a change to some fields of a known lead, as people and programs write it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Lead;
use super::assign::{Input, assign, tag};
use crate::catalog::Catalog;
use crate::error::Invalid;
use crate::time::Timestamp;

/// A change to some fields of a lead, by their names (`title`, `utm.campaign`, `cf.budget`, `consent.newsletter`).
/// Fields that are not named stay as they are; null clears one.
///
/// ```
/// # use leadbox_core::LeadPatch;
/// let patch = LeadPatch::new().set("title", "CTO").set("cf.budget", 20_000).clear("phone").add_tag("vip");
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadPatch {
    /// New values by field name; null clears.
    pub set: BTreeMap<String, Value>,
    /// Tags to add.
    pub add_tags: Vec<String>,
    /// Tags to take away; absent ones do no harm.
    pub remove_tags: Vec<String>,
}

impl LeadPatch {
    /// A patch that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field.
    #[must_use]
    pub fn set(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set.insert(field.into(), value.into());
        self
    }

    /// Clears a field.
    #[must_use]
    pub fn clear(mut self, field: impl Into<String>) -> Self {
        self.set.insert(field.into(), Value::Null);
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn add_tag(mut self, tag: impl Into<String>) -> Self {
        self.add_tags.push(tag.into());
        self
    }

    /// Takes a tag away.
    #[must_use]
    pub fn remove_tag(mut self, tag: impl Into<String>) -> Self {
        self.remove_tags.push(tag.into());
        self
    }

    /// The fields that it changes, by the names under which roles guard them.
    pub(crate) fn given_fields(&self) -> impl Iterator<Item = String> {
        self.set.keys().map(|field| match field.as_str() {
            "website" => "domain".to_owned(),
            "currency" => "value".to_owned(),
            other => other.to_owned(),
        })
    }

    /// Writes the patch into `lead`.
    ///
    /// # Errors
    /// Everything that is wrong; `lead` is then half-written and must be dropped.
    pub(crate) fn apply(
        &self,
        lead: &mut Lead,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        // The currency last: it re-reads the amount that this patch may set.
        let (late, first): (Vec<_>, Vec<_>) =
            self.set.iter().partition(|(field, _)| *field == "currency");
        for (field, value) in first.into_iter().chain(late) {
            if field == "created_at" {
                invalid.push(field, "cannot be changed");
            } else if let Err(message) = assign(lead, field, Input::from(value), catalog, now) {
                invalid.push(field, message);
            }
        }
        for text in &self.remove_tags {
            lead.tags.remove(&text.trim().to_lowercase());
        }
        for text in &self.add_tags {
            if let Err(message) = tag(lead, text) {
                invalid.push("tags", message);
            }
        }
        invalid.or(())
    }
}
