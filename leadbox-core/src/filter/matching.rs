//! Filters over leads in memory: the oracle that databases have to equal. Owns the meaning of every test.

use uuid::Uuid;

use super::{Check, LeadField, Leaf, Operand, Sense, Test};
use crate::identity::{Country, Domain, Industry};
use crate::lead::{Facet, Lead, LeadKeys};
use crate::time::Timestamp;

/// All that a filter can ask about one lead.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    lead: &'a Lead,
    keys: std::borrow::Cow<'a, LeadKeys>,
    score: Option<i64>,
    priority: Option<&'a str>,
    last_interaction_at: Option<Timestamp>,
}

enum Known<'a> {
    Text(Option<&'a str>),
    Integer(Option<i64>),
    Id(Option<Uuid>),
    Time(Option<Timestamp>),
    Facet,
}

impl<'a> Facts<'a> {
    /// What the lead itself says; score and interactions count as unknown.
    pub fn of_lead(lead: &'a Lead) -> Self {
        let keys = std::borrow::Cow::Owned(LeadKeys::of(lead, &[]));
        Self { lead, keys, score: None, priority: None, last_interaction_at: None }
    }

    /// A lead with its keys and what lies beside it: score in hundredths, priority, last interaction.
    pub fn new(
        lead: &'a Lead,
        keys: &'a LeadKeys,
        score: i64,
        priority: Option<&'a str>,
        last_interaction_at: Option<Timestamp>,
    ) -> Self {
        let keys = std::borrow::Cow::Borrowed(keys);
        Self { lead, keys, score: Some(score), priority, last_interaction_at }
    }

    /// Whether the lead passes.
    pub fn check(&self, check: &Check) -> bool {
        match check {
            Check::All(checks) => checks.iter().all(|check| self.check(check)),
            Check::Any(checks) => checks.iter().any(|check| self.check(check)),
            Check::Leaf(leaf) => self.test(leaf),
        }
    }

    /// Whether one test comes out as asked.
    pub fn test(&self, leaf: &Leaf) -> bool {
        let holds = match self.value(&leaf.field) {
            Known::Facet => self.facet(&leaf.field, &leaf.test),
            Known::Text(value) => value.is_some_and(|value| text(value, &leaf.test)),
            Known::Integer(value) => ordered(value, &leaf.test, |operand| match operand {
                Operand::Integer(value) => Some(*value),
                _ => None,
            }),
            Known::Id(value) => ordered(value, &leaf.test, |operand| match operand {
                Operand::Id(value) => Some(*value),
                _ => None,
            }),
            Known::Time(value) => ordered(value, &leaf.test, |operand| match operand {
                Operand::Time(value) => Some(*value),
                _ => None,
            }),
        };
        holds == (leaf.sense == Sense::Holds)
    }

    fn value(&self, field: &LeadField) -> Known<'_> {
        let (lead, keys) = (self.lead, &*self.keys);
        let (company, source) = (&lead.company, &lead.source);
        let known = |text: &'a Option<String>| Known::Text(text.as_deref());
        match field {
            LeadField::Name => Known::Text((!keys.name.is_empty()).then_some(keys.name.as_str())),
            LeadField::Company => Known::Text(keys.company.as_deref()),
            LeadField::Title => Known::Text(keys.title.as_deref()),
            LeadField::City => Known::Text(keys.city.as_deref()),
            LeadField::Email => Known::Text(keys.email.as_deref()),
            LeadField::Phone => Known::Text(keys.phone.as_deref()),
            LeadField::ExternalId => known(&lead.external_id),
            LeadField::FirstName => known(&lead.person.first_name),
            LeadField::Domain => Known::Text(company.domain.as_ref().map(Domain::as_str)),
            LeadField::Industry => Known::Text(company.industry.map(Industry::id)),
            LeadField::IndustryText => known(&company.industry_text),
            LeadField::Country => Known::Text(company.country.map(Country::as_str)),
            LeadField::Source => known(&source.name),
            LeadField::SourceDetail => known(&source.detail),
            LeadField::Referrer => known(&source.referrer),
            LeadField::LandingPage => known(&source.landing_page),
            LeadField::UtmSource => known(&source.utm.source),
            LeadField::UtmMedium => known(&source.utm.medium),
            LeadField::UtmCampaign => known(&source.utm.campaign),
            LeadField::UtmTerm => known(&source.utm.term),
            LeadField::UtmContent => known(&source.utm.content),
            LeadField::Currency => {
                Known::Text(lead.value.as_ref().map(|value| value.currency.as_str()))
            }
            LeadField::Priority => Known::Text(self.priority),
            LeadField::Employees => Known::Integer(company.employees),
            LeadField::Completeness => Known::Integer(Some(i64::from(lead.completeness))),
            LeadField::Value => Known::Integer(lead.value.map(|value| value.minor)),
            LeadField::Score => Known::Integer(self.score),
            LeadField::Owner => Known::Id(lead.owner.map(crate::id::UserId::uuid)),
            LeadField::Stage => Known::Id(Some(lead.stage.uuid())),
            LeadField::Pipeline => Known::Id(Some(lead.pipeline.uuid())),
            LeadField::CreatedAt => Known::Time(Some(lead.created_at)),
            LeadField::UpdatedAt => Known::Time(Some(lead.updated_at)),
            LeadField::StageSince => Known::Time(Some(lead.stage_since)),
            LeadField::LastInteractionAt => Known::Time(self.last_interaction_at),
            LeadField::Tag | LeadField::Custom(_) => Known::Facet,
        }
    }

    fn facet(&self, field: &LeadField, test: &Test) -> bool {
        let name = field.to_string();
        self.keys.facets.iter().filter(|facet| facet.name == name).any(|facet| bytes(facet, test))
    }
}

fn text(value: &str, test: &Test) -> bool {
    match test {
        Test::Known => true,
        Test::OneOf(operands) => {
            operands.iter().any(|operand| matches!(operand, Operand::Text(text) if text == value))
        }
        Test::Between(..) => false,
        Test::Contains(text) => value.contains(text.as_str()),
        Test::Starts(text) => value.starts_with(text.as_str()),
    }
}

fn ordered<T: Ord>(value: Option<T>, test: &Test, operand: impl Fn(&Operand) -> Option<T>) -> bool {
    let Some(value) = value else { return false };
    match test {
        Test::Known => true,
        Test::OneOf(operands) => operands.iter().any(|one| operand(one).as_ref() == Some(&value)),
        Test::Between(from, to) => {
            from.as_ref().and_then(&operand).is_none_or(|from| from <= value)
                && to.as_ref().and_then(&operand).is_none_or(|to| value <= to)
        }
        Test::Contains(_) | Test::Starts(_) => false,
    }
}

fn bytes(facet: &Facet, test: &Test) -> bool {
    let operand = |operand: &Operand| match operand {
        Operand::Bytes(bytes) => Some(bytes.clone()),
        _ => None,
    };
    match test {
        Test::Contains(text) => {
            facet.key.windows(text.len().max(1)).any(|part| part == text.as_bytes())
        }
        Test::Starts(text) => facet.key.starts_with(text.as_bytes()),
        other => ordered(Some(facet.key.clone()), other, operand),
    }
}
