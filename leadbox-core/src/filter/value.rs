//! What a question asks of one field. Owns how each value is read by its field's type into the form in which the field is
//! kept, and that every comparison becomes a range that includes its ends.

use chrono::{NaiveDate, TimeDelta};
use serde_json::Value;
use uuid::Uuid;

use super::reading::Reader;
use super::{FieldClass, FilterError, LeadField, Op, Operand, Test};
use crate::field::{FieldDefinition, FieldType, text_key};
use crate::identity::{Country, Domain, Email, Phone, fold};
use crate::lead::{Input, custom_value, parse_moment};
use crate::money::Money;
use crate::period::first_moment;
use crate::time::Timestamp;

/// The longest list.
const MAX_LIST: usize = 500;
/// The longest text, in characters.
const MAX_TEXT: usize = 256;

/// A question to one field.
pub(super) struct Reading<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) field: &'a LeadField,
    /// The field's, if it is a custom one.
    pub(super) definition: Option<&'a FieldDefinition>,
}

impl Reading<'_> {
    /// The test, and whether it is denied.
    ///
    /// # Errors
    /// `Op`, `Value`, `TooLarge`.
    pub(super) fn test(&self, op: Op, value: &Value) -> Result<(Test, bool), FilterError> {
        let denied = matches!(op, Op::Ne | Op::Nin | Op::IsNull);
        let test = match op {
            Op::IsNull | Op::NotNull => Test::Known,
            Op::Eq | Op::Ne => Test::OneOf(vec![self.operand(value)?]),
            Op::In | Op::Nin => Test::OneOf(self.list(value)?),
            Op::Contains => Test::Contains(self.part(op, value)?),
            Op::Starts => Test::Starts(self.part(op, value)?),
            Op::Between => {
                let list = self.list(value)?;
                let [from, to] = <[Operand; 2]>::try_from(list)
                    .map_err(|_| self.wrong("needs a list of two values"))?;
                self.range(op, Some(from), Some(to))?
            }
            Op::Gte => self.range(op, Some(self.operand(value)?), None)?,
            Op::Lte => self.range(op, None, Some(self.operand(value)?))?,
            Op::Gt => self.range(op, step(self.operand(value)?, 1), None)?,
            Op::Lt => self.range(op, None, step(self.operand(value)?, -1))?,
            Op::After => self.time_range(op, step(self.operand(value)?, 1), None)?,
            Op::Before => self.time_range(op, None, step(self.operand(value)?, -1))?,
            Op::Within => {
                let from = self.reader.now - self.span(value)?;
                self.time_range(
                    op,
                    Some(Operand::Time(from)),
                    Some(Operand::Time(self.reader.now)),
                )?
            }
        };
        Ok((test, denied))
    }

    fn wrong(&self, message: impl Into<String>) -> FilterError {
        FilterError::Value { field: self.field.to_string(), message: message.into() }
    }

    fn refused(&self, op: Op) -> FilterError {
        FilterError::Op { field: self.field.to_string(), op }
    }

    fn list(&self, value: &Value) -> Result<Vec<Operand>, FilterError> {
        let Value::Array(list) = value else { return Err(self.wrong("needs a list of values")) };
        if list.is_empty() {
            return Err(self.wrong("needs at least one value"));
        }
        if list.len() > MAX_LIST {
            return Err(FilterError::TooLarge("a list of more than 500 values"));
        }
        list.iter().map(|one| self.operand(one)).collect()
    }

    fn is_ordered(&self) -> bool {
        match self.field.class() {
            FieldClass::Integer | FieldClass::Time => true,
            FieldClass::Facet => self.definition.is_some_and(|definition| {
                matches!(definition.kind, FieldType::Number | FieldType::Decimal | FieldType::Date)
            }),
            FieldClass::Text | FieldClass::Id => false,
        }
    }

    fn range(
        &self,
        op: Op,
        from: Option<Operand>,
        to: Option<Operand>,
    ) -> Result<Test, FilterError> {
        if self.is_ordered() && (from.is_some() || to.is_some()) {
            Ok(Test::Between(from, to))
        } else {
            Err(self.refused(op))
        }
    }

    fn time_range(
        &self,
        op: Op,
        from: Option<Operand>,
        to: Option<Operand>,
    ) -> Result<Test, FilterError> {
        let is_day = self.definition.is_some_and(|definition| definition.kind == FieldType::Date)
            && op != Op::Within;
        if self.field.class() == FieldClass::Time || is_day {
            self.range(op, from, to)
        } else {
            Err(self.refused(op))
        }
    }

    fn span(&self, value: &Value) -> Result<TimeDelta, FilterError> {
        let wrong =
            || self.wrong("needs {\"last\": 1 to 1000, \"unit\": \"hour\", \"day\" or \"week\"}");
        let last = value
            .get("last")
            .and_then(Value::as_i64)
            .filter(|last| (1..=1000).contains(last))
            .ok_or_else(wrong)?;
        match value.get("unit").and_then(Value::as_str) {
            Some("hour") => Ok(TimeDelta::hours(last)),
            Some("day") => Ok(TimeDelta::days(last)),
            Some("week") => Ok(TimeDelta::weeks(last)),
            _ => Err(wrong()),
        }
    }

    /// Text to look for inside, in the form that the field is compared in.
    fn part(&self, op: Op, value: &Value) -> Result<String, FilterError> {
        let text = self.text(value)?;
        if text.trim().is_empty() {
            return Err(self.wrong("needs some text"));
        }
        match self.field {
            LeadField::Name
            | LeadField::Company
            | LeadField::Title
            | LeadField::City
            | LeadField::Tag => Ok(fold(text)),
            LeadField::Email | LeadField::Domain | LeadField::Source | LeadField::Industry => {
                Ok(text.to_lowercase())
            }
            LeadField::Custom(_) => match self.definition.map(|definition| &definition.kind) {
                Some(
                    FieldType::Text
                    | FieldType::Choice(_)
                    | FieldType::MultiChoice(_)
                    | FieldType::Url,
                ) => Ok(fold(text)),
                Some(FieldType::Email) => Ok(text.to_lowercase()),
                Some(FieldType::Phone) => Ok(text.to_owned()),
                _ => Err(self.refused(op)),
            },
            field if field.class() == FieldClass::Text => Ok(text.to_owned()),
            _ => Err(self.refused(op)),
        }
    }

    fn text<'v>(&self, value: &'v Value) -> Result<&'v str, FilterError> {
        let Value::String(text) = value else { return Err(self.wrong("needs text")) };
        if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
            return Err(FilterError::TooLarge("a text of more than 256 characters"));
        }
        Ok(text)
    }

    fn operand(&self, value: &Value) -> Result<Operand, FilterError> {
        match self.field.class() {
            FieldClass::Text => self.exact_text(value).map(Operand::Text),
            FieldClass::Integer => self.integer(value).map(Operand::Integer),
            FieldClass::Id => self.id(value).map(Operand::Id),
            FieldClass::Time => self.time(value).map(Operand::Time),
            FieldClass::Facet => self.facet(value).map(Operand::Bytes),
        }
    }

    /// A value in the form in which the field is kept; one that cannot be any lead's is looked for as it stands, and
    /// not found.
    fn exact_text(&self, value: &Value) -> Result<String, FilterError> {
        let text = self.text(value)?;
        let catalog = self.reader.catalog;
        let kept = match self.field {
            LeadField::Name | LeadField::Company | LeadField::Title | LeadField::City => {
                return String::from_utf8(text_key(text)).map_err(|_| self.wrong("is too long"));
            }
            LeadField::Email => Email::parse(text).ok().map(|email| email.key()),
            LeadField::Phone => {
                Phone::parse(text, catalog.settings.region).ok().map(|phone| phone.key().to_owned())
            }
            LeadField::Domain => Domain::parse(text).ok().map(|domain| domain.as_str().to_owned()),
            LeadField::Country => Country::parse(text).map(|country| country.as_str().to_owned()),
            LeadField::Industry => {
                catalog.industries.resolve(text).map(|industry| industry.id().to_owned())
            }
            LeadField::Currency => Some(text.to_uppercase()),
            LeadField::Source => Some(text.trim().to_lowercase()),
            _ => None,
        };
        Ok(kept.unwrap_or_else(|| text.to_owned()))
    }

    fn integer(&self, value: &Value) -> Result<i64, FilterError> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return Err(self.wrong("needs a number")),
        };
        let read = match self.field {
            LeadField::Value => Money::parse(&text, self.reader.catalog.settings.currency)
                .ok()
                .map(|money| money.minor),
            // Hundredths, so two decimals.
            LeadField::Score => {
                Money::parse(&text, crate::money::Currency::EUR).ok().map(|points| points.minor)
            }
            _ => text.parse().ok(),
        };
        read.ok_or_else(|| self.wrong(format!("'{text}' is not a number that fits")))
    }

    fn id(&self, value: &Value) -> Result<Uuid, FilterError> {
        let text = self.text(value)?;
        if *self.field == LeadField::Stage {
            let named = self
                .reader
                .catalog
                .pipelines
                .iter()
                .find_map(|pipeline| pipeline.stage_named(text));
            if let Some(stage) = named {
                return Ok(stage.id.uuid());
            }
        }
        Uuid::parse_str(text).map_err(|_| self.wrong(format!("'{text}' is not known")))
    }

    /// A moment, or a day, which stands for its first moment in the tenant's zone.
    fn time(&self, value: &Value) -> Result<Timestamp, FilterError> {
        let text = self.text(value)?;
        if let Ok(day) = text.trim().parse::<NaiveDate>() {
            return Ok(first_moment(day, self.reader.catalog.settings.zone));
        }
        parse_moment(text)
            .ok_or_else(|| self.wrong(format!("'{text}' is not a date such as 2026-03-31")))
    }

    fn facet(&self, value: &Value) -> Result<Vec<u8>, FilterError> {
        let Some(definition) = self.definition else {
            return Ok(text_key(&self.text(value)?.trim().to_lowercase()));
        };
        // A multi-choice is asked for one choice at a time.
        let single = match &definition.kind {
            FieldType::MultiChoice(choices) => {
                FieldDefinition { kind: FieldType::Choice(choices.clone()), ..definition.clone() }
            }
            _ => definition.clone(),
        };
        let read =
            custom_value(&single, Input::from(value)).map_err(|message| self.wrong(message))?;
        let key = read.and_then(|value| value.sort_keys().into_iter().next());
        key.ok_or_else(|| self.wrong("needs a value; ask is_null for missing ones"))
    }
}

/// The next value up or down, so that every comparison includes its ends; none when there is none.
fn step(operand: Operand, by: i64) -> Option<Operand> {
    match operand {
        Operand::Integer(value) => value.checked_add(by).map(Operand::Integer),
        Operand::Time(value) => {
            value.checked_add_signed(TimeDelta::microseconds(by)).map(Operand::Time)
        }
        Operand::Bytes(bytes) => {
            let key = u64::from_be_bytes(bytes.try_into().ok()?);
            key.checked_add_signed(by).map(|key| Operand::Bytes(key.to_be_bytes().to_vec()))
        }
        other => Some(other),
    }
}
