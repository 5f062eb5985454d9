//! What is known of a lead while it is scored. Owns the one answer to what a field holds, for both ways in which questions are run.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::Value as Json;

use super::code::Value;
use super::moments;
use super::notes::Notes;
use crate::field::FieldValue;
use crate::interaction::Interaction;
use crate::lead::{ConsentStatus, Lead};
use crate::pipeline::Stage;

/// What a question is about: a lead, and within a signal something that happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'f> {
    pub(super) lead: &'f Lead,
    pub(super) stage: Option<&'f Stage>,
    /// What counts, the oldest first.
    pub(super) interactions: &'f [&'f Interaction],
    /// What is asked about, if that is not the lead.
    pub(super) interaction: Option<&'f Interaction>,
    pub(super) notes: &'f Notes,
}

fn text(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unknown, Value::Text)
}

/// An amount or an exact number as scripts calculate with it.
fn inexact(whole: i64, unit: f64) -> Value<'static> {
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the last digits are rounded")]
    Value::Number(whole as f64 / unit)
}

impl<'f> Facts<'f> {
    pub(super) fn notes(&self) -> &'f Notes {
        self.notes
    }

    pub(super) fn tags(&self) -> &'f BTreeSet<String> {
        &self.lead.tags
    }

    /// The value of a field by its name; none when there is no such field, or it is a list. What is not known is noted.
    pub(super) fn field(&self, name: &str) -> Option<Value<'f>> {
        let value = self.value(name)?;
        if value == Value::Unknown {
            self.notes.unknown(name);
        }
        Some(value)
    }

    fn value(&self, name: &str) -> Option<Value<'f>> {
        let lead = self.lead;
        let (person, company, source) = (&lead.person, &lead.company, &lead.source);
        let email = person.email.as_ref();
        Some(match name {
            "name" => text(person.name.as_deref()),
            "first_name" => text(person.first_name.as_deref()),
            "title" => text(person.title.as_deref()),
            "email" => text(email.map(|email| email.as_str())),
            "email_domain" => text(email.map(|email| email.domain())),
            "email_kind" => text(email.map(|email| email.kind().as_str())),
            "is_role_address" => {
                email.map_or(Value::Unknown, |email| Value::YesOrNo(email.is_role()))
            }
            "phone" => text(person.phone.as_ref().map(|phone| phone.as_str())),
            "company" => text(company.name.as_deref()),
            "domain" => text(company.domain.as_ref().map(|domain| domain.as_str())),
            "industry" => text(company.industry.map(|industry| industry.id())),
            "industry_text" => text(company.industry_text.as_deref()),
            "employees" => company.employees.map_or(Value::Unknown, Value::Whole),
            "city" => text(company.city.as_deref()),
            "country" => text(company.country.as_ref().map(|country| country.as_str())),
            "value" => lead.value.map_or(Value::Unknown, |value| {
                inexact(value.minor, 10_f64.powi(value.currency.decimals().cast_signed()))
            }),
            "currency" => text(lead.value.as_ref().map(|value| value.currency.as_str())),
            "source" => text(source.name.as_deref()),
            "source_detail" => text(source.detail.as_deref()),
            "referrer" => text(source.referrer.as_deref()),
            "landing_page" => text(source.landing_page.as_deref()),
            "external_id" => text(lead.external_id.as_deref()),
            "has_owner" => Value::YesOrNo(lead.owner.is_some()),
            "stage" => text(self.stage.map(|stage| &*stage.key)),
            "stage_kind" => text(self.stage.map(|stage| stage.kind.as_str())),
            "stage_since" => Value::Moment(lead.stage_since),
            "created_at" => Value::Moment(lead.created_at),
            "completeness" => Value::Whole(lead.completeness.into()),
            "last_interaction" => {
                self.interactions.last().map_or(Value::Unknown, |one| Value::Moment(one.at))
            }
            _ => return None,
        })
    }

    /// The value of a field of a group; none when it is a list, or the group has no such field.
    pub(super) fn grouped(&self, group: &str, key: &str) -> Option<Value<'f>> {
        let utm = &self.lead.source.utm;
        let value = match (group, key) {
            ("utm", "source") => text(utm.source.as_deref()),
            ("utm", "medium") => text(utm.medium.as_deref()),
            ("utm", "campaign") => text(utm.campaign.as_deref()),
            ("utm", "term") => text(utm.term.as_deref()),
            ("utm", "content") => text(utm.content.as_deref()),
            ("consent", purpose) => {
                text(self.lead.consent(purpose).map(|said| match said.status {
                    ConsentStatus::Granted => "granted",
                    ConsentStatus::Denied => "denied",
                    ConsentStatus::Withdrawn => "withdrawn",
                }))
            }
            ("cf", key) => self.lead.custom_field(key).map_or(Some(Value::Unknown), custom)?,
            _ => return None,
        };
        if value == Value::Unknown {
            self.notes.unknown(&format!("{group}.{key}"));
        }
        Some(value)
    }

    /// A detail of what is asked about; none when it is a list or a group.
    pub(super) fn detail(&self, name: &str) -> Option<Value<'f>> {
        detail(self.interaction?, name)
    }

    /// How often something of a kind happened, or how often within a stretch of time before now.
    pub(super) fn count(&self, kind: &str, length: Option<TimeDelta>) -> i64 {
        let of_kind = self.interactions.iter().filter(|one| one.kind.as_str() == kind);
        let found = match length {
            None => of_kind.count(),
            Some(length) => {
                let since = self.notes.now().checked_sub_signed(length);
                let counted = of_kind.filter(|one| since.is_none_or(|since| one.at >= since));
                let mut counted = counted.peekable();
                if let Some(first) = counted.peek() {
                    moments::note_end(first.at, length, self.notes);
                }
                counted.count()
            }
        };
        i64::try_from(found).unwrap_or(i64::MAX)
    }

    /// When something of a kind happened last.
    pub(super) fn last(&self, kind: &str) -> Option<crate::time::Timestamp> {
        let mut of_kind = self.interactions.iter().rev().filter(|one| one.kind.as_str() == kind);
        of_kind.next().map(|one| one.at)
    }
}

/// A custom field's value; none when it is a list.
fn custom(value: &FieldValue) -> Option<Value<'_>> {
    Some(match value {
        FieldValue::Text(value) | FieldValue::Choice(value) | FieldValue::Url(value) => {
            Value::Text(value)
        }
        FieldValue::Number(number) => Value::Number(*number),
        FieldValue::Decimal(decimal) => inexact(decimal.millionths(), 1e6),
        FieldValue::Bool(value) => Value::YesOrNo(*value),
        FieldValue::Date(day) => Value::Moment(moments::beginning(*day)),
        FieldValue::Choices(_) => return None,
        FieldValue::Email(email) => Value::Text(email.as_str()),
        FieldValue::Phone(phone) => Value::Text(phone.as_str()),
    })
}

/// A detail of what happened; none when it is a list or a group.
pub(super) fn detail<'i>(interaction: &'i Interaction, name: &str) -> Option<Value<'i>> {
    match name {
        "kind" => Some(Value::Text(interaction.kind.as_str())),
        "at" => Some(Value::Moment(interaction.at)),
        detail => interaction.props.get(detail).map_or(Some(Value::Unknown), plain),
    }
}

/// A detail that is neither a list nor a group. Numbers with a fraction and those that do not fit are inexact.
pub(super) fn plain(detail: &Json) -> Option<Value<'_>> {
    Some(match detail {
        Json::Null => Value::Unknown,
        Json::Bool(value) => Value::YesOrNo(*value),
        Json::String(text) => Value::Text(text),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Whole(whole),
            (None, Some(number)) => Value::Number(number),
            (None, None) => Value::Unknown,
        },
        Json::Array(_) | Json::Object(_) => return None,
    })
}
