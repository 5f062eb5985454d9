//! A lead as scripts see it. Owns the names of its fields and what they are there; everything is read, nothing can be changed.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString};

use super::fault::refusal;
use super::interaction_value::counts;
use super::moments::{Moment, Stretch};
use super::notes::Notes;
use super::spelling::hint;
use super::unknown::known;
use super::words::text;
use crate::field::FieldValue;
use crate::interaction::Interaction;
use crate::lead::{ConsentStatus, Lead};
use crate::pipeline::Stage;
use crate::scoring::Subject;

/// What is known of a lead, shared by all rules that are asked about it.
#[derive(Clone, Debug)]
pub(super) struct LeadValue {
    facts: Arc<Facts>,
    notes: Notes,
}

#[derive(Debug)]
struct Facts {
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

/// An amount or an exact number as scripts calculate with it.
fn inexact(whole: i64, unit: f64) -> Dynamic {
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the last digits are rounded")]
    Dynamic::from(whole as f64 / unit)
}

impl LeadValue {
    pub(super) fn new(subject: &Subject<'_>, notes: &Notes) -> Self {
        let mut interactions: Vec<Interaction> = counts(subject, notes).cloned().collect();
        interactions.sort_by_key(|one| (one.at, one.id));
        let (lead, stage) = (subject.lead.clone(), subject.stage.cloned());
        Self { facts: Arc::new(Facts { lead, stage, interactions }), notes: notes.clone() }
    }

    pub(super) fn interactions(&self) -> &[Interaction] {
        &self.facts.interactions
    }

    /// The value of a field by its name; none when there is no such field.
    fn field(&self, name: &str) -> Option<Dynamic> {
        let Facts { lead, stage, .. } = &*self.facts;
        let (person, company, source) = (&lead.person, &lead.company, &lead.source);
        let email = person.email.as_ref();
        Some(match name {
            "name" => text(person.name.as_deref()),
            "first_name" => text(person.first_name.as_deref()),
            "title" => text(person.title.as_deref()),
            "email" => text(email.map(|email| email.as_str())),
            "email_domain" => text(email.map(|email| email.domain())),
            "email_kind" => text(email.map(|email| email.kind().as_str())),
            "is_role_address" => known(email, |email| email.is_role().into()),
            "phone" => text(person.phone.as_ref().map(|phone| phone.as_str())),
            "company" => text(company.name.as_deref()),
            "domain" => text(company.domain.as_ref().map(|domain| domain.as_str())),
            "industry" => text(company.industry.map(|industry| industry.id())),
            "industry_text" => text(company.industry_text.as_deref()),
            "employees" => known(company.employees, Dynamic::from),
            "city" => text(company.city.as_deref()),
            "country" => text(company.country.as_ref().map(|country| country.as_str())),
            "value" => known(lead.value, |value| {
                inexact(value.minor, 10_f64.powi(value.currency.decimals().cast_signed()))
            }),
            "currency" => text(lead.value.as_ref().map(|value| value.currency.as_str())),
            "source" => text(source.name.as_deref()),
            "source_detail" => text(source.detail.as_deref()),
            "referrer" => text(source.referrer.as_deref()),
            "landing_page" => text(source.landing_page.as_deref()),
            "tags" => list(&lead.tags),
            "external_id" => text(lead.external_id.as_deref()),
            "has_owner" => lead.owner.is_some().into(),
            "stage" => text(stage.as_ref().map(|stage| &*stage.key)),
            "stage_kind" => text(stage.as_ref().map(|stage| stage.kind.as_str())),
            "stage_since" => Moment::of(Some(lead.stage_since), &self.notes),
            "created_at" => Moment::of(Some(lead.created_at), &self.notes),
            "completeness" => INT::from(lead.completeness).into(),
            "last_interaction" => {
                Moment::of(self.facts.interactions.last().map(|one| one.at), &self.notes)
            }
            _ => return None,
        })
    }

    fn read(&self, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        if let Some(group) = GROUPS.into_iter().find(|group| *group == name) {
            return Ok(Dynamic::from(Group { lead: self.clone(), name: group }));
        }
        let value = self.field(name).ok_or_else(|| {
            let hint = hint(name, FIELDS.into_iter().chain(GROUPS));
            refusal(format!("a lead has no field '{name}'{hint}"))
        })?;
        Ok(self.noted(name, value))
    }

    /// The same value; if it is not known, the card learns that.
    fn noted(&self, name: &str, value: Dynamic) -> Dynamic {
        if super::unknown::is_unknown(&value) {
            self.notes.unknown(name);
        }
        value
    }

    /// How often something of a kind happened.
    fn count(&self, kind: &str) -> INT {
        let found = self.facts.interactions.iter().filter(|one| one.kind.as_str() == kind).count();
        INT::try_from(found).unwrap_or(INT::MAX)
    }

    /// The same, within a stretch of time before now.
    fn count_within(&self, kind: &str, length: Stretch) -> INT {
        let since = self.notes.now().checked_sub_signed(length.0);
        let of_kind = self.facts.interactions.iter().filter(|one| one.kind.as_str() == kind);
        let mut counted =
            of_kind.filter(|one| since.is_none_or(|since| one.at >= since)).peekable();
        if let Some(first) = counted.peek() {
            let last = first.at.checked_add_signed(length.0);
            let over =
                last.and_then(|at| at.checked_add_signed(chrono::TimeDelta::microseconds(1)));
            if let Some(over) = over {
                self.notes.step(over);
            }
        }
        INT::try_from(counted.count()).unwrap_or(INT::MAX)
    }

    /// When something of a kind happened last.
    fn last(&self, kind: &str) -> Dynamic {
        let last = self.facts.interactions.iter().rev().find(|one| one.kind.as_str() == kind);
        Moment::of(last.map(|one| one.at), &self.notes)
    }
}

fn list<'t>(texts: impl IntoIterator<Item = &'t String>) -> Dynamic {
    let texts = texts.into_iter().map(|one| Dynamic::from(ImmutableString::from(one.as_str())));
    Dynamic::from_array(texts.collect::<Array>())
}

/// A custom field's value as scripts see it.
fn custom(value: &FieldValue, notes: &Notes) -> Dynamic {
    match value {
        FieldValue::Text(value) | FieldValue::Choice(value) | FieldValue::Url(value) => {
            text(Some(value))
        }
        FieldValue::Number(number) => (*number).into(),
        FieldValue::Decimal(decimal) => inexact(decimal.millionths(), 1e6),
        FieldValue::Bool(value) => (*value).into(),
        FieldValue::Date(day) => Dynamic::from(Moment::of_day(*day, Some(notes))),
        FieldValue::Choices(choices) => list(choices),
        FieldValue::Email(email) => text(Some(email.as_str())),
        FieldValue::Phone(phone) => text(Some(phone.as_str())),
    }
}

impl Group {
    fn read(&self, key: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        let lead = &self.lead.facts.lead;
        let utm = &lead.source.utm;
        let value = match (self.name, key) {
            ("utm", "source") => text(utm.source.as_deref()),
            ("utm", "medium") => text(utm.medium.as_deref()),
            ("utm", "campaign") => text(utm.campaign.as_deref()),
            ("utm", "term") => text(utm.term.as_deref()),
            ("utm", "content") => text(utm.content.as_deref()),
            ("utm", other) => {
                return Err(refusal(format!("lead.utm has no '{other}'{}", hint(other, UTM))));
            }
            ("consent", purpose) => text(lead.consent(purpose).map(|said| match said.status {
                ConsentStatus::Granted => "granted",
                ConsentStatus::Denied => "denied",
                ConsentStatus::Withdrawn => "withdrawn",
            })),
            (_, key) => known(lead.custom_field(key), |value| custom(value, &self.lead.notes)),
        };
        Ok(self.lead.noted(&format!("{}.{key}", self.name), value))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<LeadValue>("a lead");
    engine.register_type_with_name::<Group>("a group of fields");
    engine.register_indexer_get(|lead: &mut LeadValue, name: &str| lead.read(name));
    engine.register_indexer_get(|group: &mut Group, key: &str| group.read(key));
    engine.register_fn("count", |lead: LeadValue, kind: &str| lead.count(kind));
    engine.register_fn("count", |lead: LeadValue, kind: &str, length: Stretch| {
        lead.count_within(kind, length)
    });
    engine.register_fn("last", |lead: LeadValue, kind: &str| lead.last(kind));
}
