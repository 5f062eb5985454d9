//! Several leads made one. Owns which lead each value comes from, and what it beats; knows nothing of what lies beside a
//! lead.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::assign::MAX_TAGS;
use super::{Consent, Lead};
use crate::error::Invalid;
use crate::id::LeadId;
use crate::revision::Version;
use crate::time::Timestamp;

/// From which lead a field shall take its value, instead of what the rules say.
///
/// ```
/// # use leadbox_core::{LeadId, MergeChoice};
/// # fn choose(older: LeadId) -> MergeChoice {
/// MergeChoice::default().take("title", older)
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MergeChoice {
    /// Leads by field name, such as `title` or `cf.budget`.
    pub winners: BTreeMap<String, LeadId>,
    /// The versions of the leads that were looked at when this was chosen. Those that are not named may be at any.
    #[serde(skip)]
    pub seen: BTreeMap<LeadId, Version>,
}

impl MergeChoice {
    /// The same, with a field from this lead.
    #[must_use]
    pub fn take(mut self, field: impl Into<String>, from: LeadId) -> Self {
        self.winners.insert(field.into(), from);
        self
    }

    /// The same, chosen when this lead was at this version: at another the merge is refused.
    #[must_use]
    pub fn seen(mut self, lead: LeadId, version: Version) -> Self {
        self.seen.insert(lead, version);
        self
    }
}

/// Where a field's value comes from when leads are merged.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MergeField {
    /// The field by its name.
    pub field: String,
    /// What it will be.
    pub value: Value,
    /// The lead whose value that is.
    pub from: LeadId,
    /// The other values that there are, each with its lead.
    pub beats: Vec<(LeadId, Value)>,
}

/// One of the leads to be merged, with what is known of when its fields last changed.
pub(crate) struct Candidate {
    pub(crate) lead: Lead,
    /// By field name.
    pub(crate) changed_at: BTreeMap<String, Timestamp>,
    /// When all other fields changed, at the latest.
    pub(crate) otherwise: Timestamp,
}

impl Candidate {
    fn at(&self, field: &str) -> Timestamp {
        self.changed_at.get(field).copied().unwrap_or(self.otherwise)
    }
}

/// Whose value stays.
enum Rule {
    /// The kept lead's own, if it has one; else the newest. What the lead is known by outside must not change under it.
    Own,
    /// That of the lead that came in first: the first touch stays, as when the same person comes in twice.
    First,
    /// The one that changed last.
    Newest,
}

fn rule(field: &str) -> Rule {
    match field {
        "owner" | "email" | "phone" => Rule::Own,
        "source" | "source_detail" | "referrer" | "landing_page" => Rule::First,
        utm if utm.starts_with("utm.") => Rule::First,
        _ => Rule::Newest,
    }
}

/// Whether a field is not a matter of one lead's value: tags and consents are joined, and an external id stays with the
/// lead that has it, which is found by it all the same.
fn is_joined(field: &str) -> bool {
    field == "tags" || field == "external_id" || field.starts_with("consent.")
}

/// The first of these leads as it is once the others are merged into it, and where its values come from. A lead without a
/// value never beats one that has it.
///
/// # Errors
/// Every choice that names no field, no lead among these, or one without a value.
pub(crate) fn merged(
    leads: &[Candidate],
    choice: &MergeChoice,
) -> Result<(Lead, Vec<MergeField>), Invalid> {
    let values: Vec<Map<String, Value>> = leads.iter().map(|one| one.lead.to_fields()).collect();
    let names: BTreeSet<&String> =
        values.iter().flat_map(Map::keys).filter(|field| !is_joined(field)).collect();
    let mut invalid = Invalid::default();
    for (field, from) in &choice.winners {
        let place = leads.iter().position(|one| one.lead.id == *from);
        if is_joined(field) {
            invalid.push(field, "cannot be chosen: nothing of it is lost");
        } else if place.is_none_or(|place| !values[place].contains_key(field)) {
            invalid.push(field, format!("lead {from} has no such value"));
        }
    }
    let Some(kept) = leads.first() else { return Err(Invalid::one("others", "are missing")) };
    let (mut lead, mut fields) = (kept.lead.clone(), Vec::new());
    for field in names {
        let having = || (0..leads.len()).filter(|place| values[*place].contains_key(field));
        let newest = || having().max_by_key(|place| (leads[*place].at(field), Reverse(*place)));
        let chosen = choice.winners.get(field);
        let chosen = chosen.and_then(|id| having().find(|place| leads[*place].lead.id == *id));
        let by_rule = || match rule(field) {
            Rule::Own => having().find(|place| *place == 0).or_else(newest),
            Rule::First => having().min_by_key(|place| (leads[*place].lead.created_at, *place)),
            Rule::Newest => newest(),
        };
        let Some(winner) = chosen.or_else(by_rule) else { continue };
        lead.take(field, &leads[winner].lead);
        let value = |place: usize| values[place].get(field).cloned().unwrap_or_default();
        let beaten = having().filter(|place| *place != winner);
        let beats = beaten.map(|place| (leads[place].lead.id, value(place))).collect();
        let (field, from) = (field.clone(), leads[winner].lead.id);
        fields.push(MergeField { field, value: value(winner), from, beats });
    }
    for other in leads.iter().skip(1).map(|one| &one.lead) {
        let room = MAX_TAGS.saturating_sub(lead.tags.len());
        let new: Vec<String> = other.tags.difference(&lead.tags).take(room).cloned().collect();
        lead.tags.extend(new);
        join_consents(&mut lead.consents, &other.consents);
        if other.created_at < lead.created_at {
            (lead.created_at, lead.created_on) = (other.created_at, other.created_on);
        }
    }
    invalid.or((lead, fields))
}

/// Of each purpose, what was said last.
fn join_consents(own: &mut Vec<Consent>, others: &[Consent]) {
    for theirs in others {
        match own.iter_mut().find(|consent| consent.purpose == theirs.purpose) {
            Some(consent) if consent.at >= theirs.at => {}
            Some(consent) => *consent = theirs.clone(),
            None => own.push(theirs.clone()),
        }
    }
}
