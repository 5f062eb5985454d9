//! A lead as scripts see it. Owns the names of its fields and what they are there; everything is read, nothing can be changed.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString};

use super::code::Value;
use super::facts::Facts;
use super::fault::refusal;
use super::moments::{Moment, Stretch};
use super::notes::Notes;
use super::spelling::hint;
use super::unknown::Unknown;
use crate::field::FieldValue;
use crate::interaction::Interaction;
use crate::lead::Lead;
use crate::pipeline::Stage;

/// What is known of a lead, shared by all rules that are asked about it.
#[derive(Clone, Debug)]
pub(super) struct LeadValue {
    known: Arc<Known>,
    notes: Notes,
}

#[derive(Debug)]
struct Known {
    lead: Lead,
    stage: Option<Stage>,
    /// What counts, the oldest first.
    interactions: Vec<Interaction>,
}

/// A group of fields, such as `lead.utm`.
#[derive(Clone, Debug)]
struct Group {
    lead: LeadValue,
    name: &'static str,
}

/// Every field, by the name that filters and files use too.
pub(super) const FIELDS: [&str; 30] = [
    "name",
    "first_name",
    "title",
    "email",
    "email_domain",
    "email_kind",
    "is_role_address",
    "phone",
    "company",
    "domain",
    "industry",
    "industry_text",
    "employees",
    "city",
    "country",
    "value",
    "currency",
    "source",
    "source_detail",
    "referrer",
    "landing_page",
    "tags",
    "external_id",
    "has_owner",
    "stage",
    "stage_kind",
    "stage_since",
    "created_at",
    "completeness",
    "last_interaction",
];

/// The groups of fields.
pub(super) const GROUPS: [&str; 3] = ["utm", "consent", "cf"];

pub(super) const UTM: [&str; 5] = ["source", "medium", "campaign", "term", "content"];

impl LeadValue {
    /// Of a lead and what counts of what happened, the oldest first.
    pub(super) fn new(facts: &Facts<'_>) -> Self {
        let (lead, stage) = (facts.lead.clone(), facts.stage.cloned());
        let interactions = facts.interactions.iter().map(|one| (*one).clone()).collect();
        Self { known: Arc::new(Known { lead, stage, interactions }), notes: facts.notes.clone() }
    }

    /// What is made of what is known.
    fn with_facts<T>(&self, make: impl FnOnce(&Facts<'_>) -> T) -> T {
        let Known { lead, stage, interactions } = &*self.known;
        let (stage, notes) = (stage.as_ref(), &self.notes);
        let interactions: Vec<&Interaction> = interactions.iter().collect();
        make(&Facts { lead, stage, interactions: &interactions, interaction: None, notes })
    }

    fn read(&self, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        if let Some(group) = GROUPS.into_iter().find(|group| *group == name) {
            return Ok(Dynamic::from(Group { lead: self.clone(), name: group }));
        }
        if name == "tags" {
            return Ok(list(&self.known.lead.tags));
        }
        let value = |facts: &Facts<'_>| facts.field(name).map(|value| dynamic(value, &self.notes));
        self.with_facts(value).ok_or_else(|| {
            let hint = hint(name, FIELDS.into_iter().chain(GROUPS));
            refusal(format!("a lead has no field '{name}'{hint}"))
        })
    }
}

/// A value as scripts hold it.
pub(super) fn dynamic(value: Value<'_>, notes: &Notes) -> Dynamic {
    match value {
        Value::Unknown => Dynamic::from(Unknown),
        Value::YesOrNo(value) => value.into(),
        Value::Whole(whole) => whole.into(),
        Value::Number(number) => number.into(),
        Value::Text(text) => ImmutableString::from(text).into(),
        Value::Moment(at) => Moment::of(Some(at), notes),
        Value::Stretch(length) => Dynamic::from(Stretch(length)),
    }
}

fn list<'t>(texts: impl IntoIterator<Item = &'t String>) -> Dynamic {
    let texts = texts.into_iter().map(|one| Dynamic::from(ImmutableString::from(one.as_str())));
    Dynamic::from_array(texts.collect::<Array>())
}

impl Group {
    fn read(&self, key: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        if self.name == "utm" && !UTM.contains(&key) {
            return Err(refusal(format!("lead.utm has no '{key}'{}", hint(key, UTM))));
        }
        if self.name == "cf"
            && let Some(FieldValue::Choices(choices)) = self.lead.known.lead.custom_field(key)
        {
            return Ok(list(choices));
        }
        Ok(self.lead.with_facts(|facts| {
            let value = facts.grouped(self.name, key).unwrap_or(Value::Unknown);
            dynamic(value, &self.lead.notes)
        }))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<LeadValue>("a lead");
    engine.register_type_with_name::<Group>("a group of fields");
    engine.register_indexer_get(|lead: &mut LeadValue, name: &str| lead.read(name));
    engine.register_indexer_get(|group: &mut Group, key: &str| group.read(key));
    engine.register_fn("count", |lead: LeadValue, kind: &str| {
        lead.with_facts(|facts| facts.count(kind, None))
    });
    engine.register_fn("count", |lead: LeadValue, kind: &str, length: Stretch| {
        lead.with_facts(|facts| facts.count(kind, Some(length.0)))
    });
    engine.register_fn("last", |lead: LeadValue, kind: &str| {
        Moment::of(lead.with_facts(|facts| facts.last(kind)), &lead.notes)
    });
}
