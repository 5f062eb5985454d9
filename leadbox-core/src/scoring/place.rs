//! What of a lead can be read. Owns the names of its fields and what each holds; knows nothing of who asks, or in which language.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime};

use super::value::Value;
use crate::field::FieldValue;
use crate::lead::{ConsentStatus, Lead};
use crate::pipeline::Stage;
use crate::time::Timestamp;

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($name:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) enum $kind { $($name),+ }

        impl $kind {
            pub(super) const ALL: &[Self] = &[$(Self::$name),+];
            /// Their names, in the same order.
            pub(super) const NAMES: [&str; Self::ALL.len()] = [$($text),+];

            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

names! {
    /// A field, by the name that filters and files use too.
    Field {
        Name = "name",
        FirstName = "first_name",
        Title = "title",
        Email = "email",
        EmailDomain = "email_domain",
        EmailKind = "email_kind",
        IsRoleAddress = "is_role_address",
        Phone = "phone",
        Company = "company",
        Domain = "domain",
        Industry = "industry",
        IndustryText = "industry_text",
        Employees = "employees",
        City = "city",
        Country = "country",
        Value = "value",
        Currency = "currency",
        Source = "source",
        SourceDetail = "source_detail",
        Referrer = "referrer",
        LandingPage = "landing_page",
        Tags = "tags",
        ExternalId = "external_id",
        HasOwner = "has_owner",
        Stage = "stage",
        StageKind = "stage_kind",
        StageSince = "stage_since",
        CreatedAt = "created_at",
        Completeness = "completeness",
        LastInteraction = "last_interaction",
    }
}

names! {
    /// A campaign parameter.
    Parameter {
        Source = "source",
        Medium = "medium",
        Campaign = "campaign",
        Term = "term",
        Content = "content",
    }
}

/// The groups of fields.
pub(super) const GROUPS: [&str; 3] = ["utm", "consent", "cf"];

/// Something of a lead that can be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Place {
    Field(Field),
    Utm(Parameter),
    /// What was said to a purpose.
    Consent(String),
    /// A custom field.
    Custom(String),
}

/// What stands at a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Held<'l> {
    One(Value<'l>),
    Tags(&'l BTreeSet<String>),
    Choices(&'l [String]),
}

/// A whole number of parts as scripts calculate with it.
fn inexact(parts: i64, unit: f64) -> Value<'static> {
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the last digits are rounded")]
    Value::Number(parts as f64 / unit)
}

/// The beginning of a day, in UTC.
pub(super) fn beginning(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
}

impl Place {
    /// A field of a group; none where the group has no such field.
    pub(super) fn grouped(group: &str, key: &str) -> Option<Self> {
        match group {
            "utm" => Parameter::named(key).map(Self::Utm),
            "consent" => Some(Self::Consent(key.to_owned())),
            "cf" => Some(Self::Custom(key.to_owned())),
            _ => None,
        }
    }

    /// How scripts write it behind `lead.`.
    pub(super) fn written(&self) -> Cow<'static, str> {
        match self {
            Self::Field(field) => field.name().into(),
            Self::Utm(parameter) => format!("utm.{}", parameter.name()).into(),
            Self::Consent(purpose) => format!("consent.{purpose}").into(),
            Self::Custom(key) => format!("cf.{key}").into(),
        }
    }

    /// What a lead in a stage has there. When it last did something is not the lead's to know.
    pub(super) fn of<'l>(&self, lead: &'l Lead, stage: Option<&'l Stage>) -> Held<'l> {
        match self {
            Self::Field(Field::Tags) => Held::Tags(&lead.tags),
            Self::Field(field) => Held::One(field.of(lead, stage)),
            Self::Utm(parameter) => Held::One(parameter.of(lead)),
            Self::Consent(purpose) => {
                let said = lead.consent(purpose).map(|consent| answer(consent.status));
                Held::One(Value::text(said))
            }
            Self::Custom(key) => lead.custom_field(key).map_or(Held::One(Value::Unknown), custom),
        }
    }
}

impl Parameter {
    pub(super) fn of(self, lead: &Lead) -> Value<'_> {
        let utm = &lead.source.utm;
        let value = match self {
            Self::Source => &utm.source,
            Self::Medium => &utm.medium,
            Self::Campaign => &utm.campaign,
            Self::Term => &utm.term,
            Self::Content => &utm.content,
        };
        Value::text(value.as_deref())
    }
}

impl Field {
    pub(super) fn of<'l>(self, lead: &'l Lead, stage: Option<&'l Stage>) -> Value<'l> {
        let (person, company, source) = (&lead.person, &lead.company, &lead.source);
        let email = person.email.as_ref();
        let text = Value::text;
        match self {
            Self::Name => text(person.name.as_deref()),
            Self::FirstName => text(person.first_name.as_deref()),
            Self::Title => text(person.title.as_deref()),
            Self::Email => text(email.map(|email| email.as_str())),
            Self::EmailDomain => text(email.map(|email| email.domain())),
            Self::EmailKind => text(email.map(|email| email.kind().as_str())),
            Self::IsRoleAddress => {
                email.map_or(Value::Unknown, |email| Value::YesOrNo(email.is_role()))
            }
            Self::Phone => text(person.phone.as_ref().map(|phone| phone.as_str())),
            Self::Company => text(company.name.as_deref()),
            Self::Domain => text(company.domain.as_ref().map(|domain| domain.as_str())),
            Self::Industry => text(company.industry.map(|industry| industry.id())),
            Self::IndustryText => text(company.industry_text.as_deref()),
            Self::Employees => company.employees.map_or(Value::Unknown, Value::Whole),
            Self::City => text(company.city.as_deref()),
            Self::Country => text(company.country.as_ref().map(|country| country.as_str())),
            Self::Value => lead.value.map_or(Value::Unknown, |value| {
                inexact(value.minor, 10_f64.powi(value.currency.decimals().cast_signed()))
            }),
            Self::Currency => text(lead.value.as_ref().map(|value| value.currency.as_str())),
            Self::Source => text(source.name.as_deref()),
            Self::SourceDetail => text(source.detail.as_deref()),
            Self::Referrer => text(source.referrer.as_deref()),
            Self::LandingPage => text(source.landing_page.as_deref()),
            Self::ExternalId => text(lead.external_id.as_deref()),
            Self::HasOwner => Value::YesOrNo(lead.owner.is_some()),
            Self::Stage => text(stage.map(|stage| &*stage.key)),
            Self::StageKind => text(stage.map(|stage| stage.kind.as_str())),
            Self::StageSince => Value::Moment(lead.stage_since),
            Self::CreatedAt => Value::Moment(lead.created_at),
            Self::Completeness => Value::Whole(lead.completeness.into()),
            Self::Tags | Self::LastInteraction => Value::Unknown,
        }
    }
}

/// What was said, in the words of scripts.
pub(super) fn answer(status: ConsentStatus) -> &'static str {
    match status {
        ConsentStatus::Granted => "granted",
        ConsentStatus::Denied => "denied",
        ConsentStatus::Withdrawn => "withdrawn",
    }
}

/// A custom field's value.
pub(super) fn custom(value: &FieldValue) -> Held<'_> {
    Held::One(match value {
        FieldValue::Text(value) | FieldValue::Choice(value) | FieldValue::Url(value) => {
            Value::Text(value)
        }
        FieldValue::Number(number) => Value::Number(*number),
        FieldValue::Decimal(decimal) => inexact(decimal.millionths(), 1e6),
        FieldValue::Bool(value) => Value::YesOrNo(*value),
        FieldValue::Date(day) => Value::Moment(beginning(*day)),
        FieldValue::Choices(choices) => return Held::Choices(choices),
        FieldValue::Email(email) => Value::Text(email.as_str()),
        FieldValue::Phone(phone) => Value::Text(phone.as_str()),
    })
}
