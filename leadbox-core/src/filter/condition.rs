//! Filters as callers write them. Owns the JSON form of DESIGN 9 (`COND`), its limits, and how each value is read by
//! its field's type; what comes out is a [`Check`] that storages run.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Check, FieldClass, LeadField, Leaf, Operand, Sense, Test};
use crate::catalog::Catalog;
use crate::field::{FieldDefinition, FieldType, text_key};
use crate::identity::{Country, Domain, Email, Phone, fold};
use crate::lead::{Input, custom_value, parse_moment};
use crate::money::Money;
use crate::pipeline::StageKind;
use crate::scope::Scope;
use crate::time::Timestamp;

/// What a filter asks of a field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Is the value.
    Eq,
    /// Is not the value, or unknown.
    Ne,
    /// Is one of the list.
    In,
    /// Is none of the list, or unknown.
    Nin,
    /// Is less.
    Lt,
    /// Is less or equal.
    Lte,
    /// Is more.
    Gt,
    /// Is more or equal.
    Gte,
    /// Lies between the two of the list, both included.
    Between,
    /// Contains the text.
    Contains,
    /// Starts with the text.
    Starts,
    /// Is unknown.
    IsNull,
    /// Is known.
    NotNull,
    /// Is earlier.
    Before,
    /// Is later.
    After,
    /// Lies within the last `{"last": n, "unit": "hour"|"day"|"week"}`.
    Within,
}

/// Which leads to show. In JSON: `["title", "contains", "cto"]`, `{"and": [..]}`, `{"or": [..]}`, `{"not": ..}`.
///
/// ```
/// # use leadbox_core::{LeadFilter, filter::Op};
/// let filter = LeadFilter::is("stage", Op::Eq, "qualified").and(LeadFilter::is("cf.budget", Op::Gte, 10_000));
/// let same: LeadFilter = serde_json::from_str(
///     r#"{"and": [["stage", "eq", "qualified"], ["cf.budget", "gte", 10000]]}"#,
/// )?;
/// assert_eq!(filter, same);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(into = "Form", from = "Form")]
pub enum LeadFilter {
    /// All of them hold; every lead passes the empty list.
    And(Vec<LeadFilter>),
    /// One of them holds.
    Or(Vec<LeadFilter>),
    /// It does not hold.
    Not(Box<LeadFilter>),
    /// A question to one field.
    Is(String, Op, Value),
}

impl Default for LeadFilter {
    fn default() -> Self {
        Self::And(Vec::new())
    }
}

/// The JSON form.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    And { and: Vec<LeadFilter> },
    Or { or: Vec<LeadFilter> },
    Not { not: Box<LeadFilter> },
    Is(String, Op, Value),
    Bare(String, Op),
}

impl From<Form> for LeadFilter {
    fn from(form: Form) -> Self {
        match form {
            Form::And { and } => Self::And(and),
            Form::Or { or } => Self::Or(or),
            Form::Not { not } => Self::Not(not),
            Form::Is(field, op, value) => Self::Is(field, op, value),
            Form::Bare(field, op) => Self::Is(field, op, Value::Null),
        }
    }
}

impl From<LeadFilter> for Form {
    fn from(filter: LeadFilter) -> Self {
        match filter {
            LeadFilter::And(and) => Self::And { and },
            LeadFilter::Or(or) => Self::Or { or },
            LeadFilter::Not(not) => Self::Not { not },
            LeadFilter::Is(field, op, Value::Null) => Self::Bare(field, op),
            LeadFilter::Is(field, op, value) => Self::Is(field, op, value),
        }
    }
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Nested too deep, too many parts, too long a list or text.
    #[error("the filter is too large: {0}")]
    TooLarge(&'static str),
    /// No such field, or one that the asker may not see.
    #[error("'{0}' is not a field that can be asked for")]
    Field(String),
    /// This question does not fit this field.
    #[error("'{op:?}' cannot be asked of {field}")]
    Op {
        /// The field.
        field: String,
        /// The question.
        op: Op,
    },
    /// The value is none of the field's.
    #[error("{field}: {message}")]
    Value {
        /// The field.
        field: String,
        /// What is wrong, in plain words.
        message: String,
    },
}

/// The deepest nesting.
const MAX_DEPTH: u32 = 5;
/// The most parts.
const MAX_NODES: u32 = 100;
/// The longest list.
const MAX_LIST: usize = 500;
/// The longest text, in characters.
const MAX_TEXT: usize = 256;

impl LeadFilter {
    /// A question to one field.
    pub fn is(field: impl Into<String>, op: Op, value: impl Into<Value>) -> Self {
        Self::Is(field.into(), op, value.into())
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            one => Self::And(vec![one, other]),
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            one => Self::Or(vec![one, other]),
        }
    }

    /// The form that storages run. Fields hidden from `scope` cannot be asked for.
    ///
    /// # Errors
    /// Every variant of [`FilterError`].
    pub fn check(
        &self,
        catalog: &Catalog,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Check, FilterError> {
        let mut reader = Reader { catalog, scope, now, nodes: 0 };
        reader.read(self, Sense::Holds, 1)
    }
}

struct Reader<'a> {
    catalog: &'a Catalog,
    scope: &'a Scope,
    now: Timestamp,
    nodes: u32,
}

impl Reader<'_> {
    fn read(
        &mut self,
        filter: &LeadFilter,
        sense: Sense,
        depth: u32,
    ) -> Result<Check, FilterError> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(FilterError::TooLarge("nested deeper than 5"));
        }
        if self.nodes > MAX_NODES {
            return Err(FilterError::TooLarge("more than 100 parts"));
        }
        let mut all = |parts: &[LeadFilter]| -> Result<Vec<Check>, FilterError> {
            parts.iter().map(|part| self.read(part, sense, depth + 1)).collect()
        };
        // De Morgan: a denied "all" is an "any" of denied parts.
        match (filter, sense) {
            (LeadFilter::And(parts), Sense::Holds) | (LeadFilter::Or(parts), Sense::Fails) => {
                all(parts).map(Check::All)
            }
            (LeadFilter::Or(parts), Sense::Holds) | (LeadFilter::And(parts), Sense::Fails) => {
                all(parts).map(Check::Any)
            }
            (LeadFilter::Not(part), _) => self.read(part, sense.flip(), depth + 1),
            (LeadFilter::Is(field, op, value), _) => self.leaf(field, *op, value, sense),
        }
    }

    fn leaf(&self, name: &str, op: Op, value: &Value, sense: Sense) -> Result<Check, FilterError> {
        let unknown = || FilterError::Field(name.to_owned());
        if name == "stage_kind" {
            return self.stage_kind(op, value, sense);
        }
        let field = LeadField::parse(name).ok_or_else(unknown)?;
        if self.scope.hidden_fields.contains(name) {
            return Err(unknown());
        }
        let definition = match &field {
            LeadField::Custom(key) => Some(self.catalog.fields.get(key).ok_or_else(unknown)?),
            _ => None,
        };
        let reading = Reading { reader: self, field: &field, definition };
        let (test, denied) = reading.test(op, value)?;
        let sense = if denied { sense.flip() } else { sense };
        Ok(Check::Leaf(Leaf { field, test, sense }))
    }

    /// `stage_kind` is no column: it stands for the stages of that kind.
    fn stage_kind(&self, op: Op, value: &Value, sense: Sense) -> Result<Check, FilterError> {
        let wrong = |message: &str| FilterError::Value {
            field: "stage_kind".to_owned(),
            message: message.to_owned(),
        };
        let list = match (op, value) {
            (Op::Eq | Op::Ne, one) => std::slice::from_ref(one),
            (Op::In | Op::Nin, Value::Array(list)) => list.as_slice(),
            _ => return Err(FilterError::Op { field: "stage_kind".to_owned(), op }),
        };
        let mut stages = Vec::new();
        for one in list {
            let kind: StageKind = serde_json::from_value(one.clone())
                .map_err(|_| wrong("has to be open, won or lost"))?;
            stages.extend(
                self.catalog.stages_of_kind(kind).map(|stage| Operand::Id(stage.id.uuid())),
            );
        }
        let sense = if matches!(op, Op::Ne | Op::Nin) { sense.flip() } else { sense };
        if stages.is_empty() {
            // No stage is of that kind: nothing holds, everything fails.
            return Ok(if sense == Sense::Holds {
                Check::Any(Vec::new())
            } else {
                Check::All(Vec::new())
            });
        }
        Ok(Check::Leaf(Leaf { field: LeadField::Stage, test: Test::OneOf(stages), sense }))
    }
}

struct Reading<'a> {
    reader: &'a Reader<'a>,
    field: &'a LeadField,
    definition: Option<&'a FieldDefinition>,
}

impl Reading<'_> {
    /// The test, and whether it is denied.
    fn test(&self, op: Op, value: &Value) -> Result<(Test, bool), FilterError> {
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

/// Midnight, or the first moment after it where a clock change skips it.
fn first_moment(day: NaiveDate, zone: Tz) -> Timestamp {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=48)
        .find_map(|half_hours| {
            (midnight + TimeDelta::minutes(30 * half_hours)).and_local_timezone(zone).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::field::{FieldKey, FieldValue};
    use crate::id::Tenant;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::new(Tenant::DEFAULT);
        for (key, kind) in
            [("size", FieldType::Number), ("note", FieldType::Text), ("due", FieldType::Date)]
        {
            let definition = FieldDefinition::new(key, kind).unwrap();
            catalog.fields.insert(key.parse::<FieldKey>().unwrap(), definition);
        }
        catalog
    }

    fn check(filter: &Value) -> Result<Check, FilterError> {
        let filter: LeadFilter = serde_json::from_value(filter.clone()).unwrap();
        let now = crate::time::from_unix_micros(1_772_442_000_000_000).unwrap();
        filter.check(&catalog(), &Scope::all(Tenant::DEFAULT), now)
    }

    #[test]
    fn negations_are_pushed_down_to_the_leaves() {
        let denied =
            check(&json!({"not": {"and": [["title", "eq", "CTO"], {"not": ["city", "is_null"]}]}}))
                .unwrap();
        let Check::Any(parts) = denied else { panic!("{denied:?}") };
        let senses: Vec<Sense> = parts
            .iter()
            .map(|part| if let Check::Leaf(leaf) = part { leaf.sense } else { panic!() })
            .collect();
        assert_eq!(senses, [Sense::Fails, Sense::Fails]);
    }

    #[test]
    fn comparisons_become_ranges_that_include_their_ends() {
        let leaf = |filter: Value| match check(&filter) {
            Ok(Check::Leaf(leaf)) => leaf.test,
            other => panic!("{filter} {other:?}"),
        };
        assert_eq!(
            leaf(json!(["employees", "gt", 5])),
            Test::Between(Some(Operand::Integer(6)), None)
        );
        assert_eq!(
            leaf(json!(["value", "lte", "12.5"])),
            Test::Between(None, Some(Operand::Integer(1250)))
        );
        assert_eq!(
            leaf(json!(["score", "gte", 75])),
            Test::Between(Some(Operand::Integer(7500)), None)
        );
        assert_eq!(leaf(json!(["title", "contains", "CtÓ"])), Test::Contains("cto".to_owned()));
        let keys = |number: f64| FieldValue::Number(number).sort_keys().remove(0);
        let Test::Between(Some(Operand::Bytes(from)), None) = leaf(json!(["cf.size", "gt", 5]))
        else {
            panic!()
        };
        assert!(from > keys(5.0) && from < keys(5.000_001));
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name() {
        for (filter, needle) in [
            (json!(["colour", "eq", "red"]), "colour"),
            (json!(["cf.unknown", "eq", 1]), "cf.unknown"),
            (json!(["title", "gt", "a"]), "title"),
            (json!(["employees", "contains", "5"]), "employees"),
            (json!(["employees", "eq", "many"]), "employees"),
            (json!(["owner", "eq", "kim"]), "owner"),
            (json!(["created_at", "before", "yesterday"]), "created_at"),
            (json!(["created_at", "within", {"last": 0, "unit": "day"}]), "created_at"),
            (json!(["source", "in", []]), "source"),
            (json!(["cf.size", "between", [1]]), "cf.size"),
            (json!(["stage_kind", "eq", "maybe"]), "stage_kind"),
            (json!(["title", "contains", "x".repeat(257)]), "too large"),
            (json!({"not": {"not": {"not": {"not": {"not": ["title", "is_null"]}}}}}), "too large"),
        ] {
            let error = check(&filter).expect_err(&filter.to_string()).to_string();
            assert!(error.contains(needle), "{filter}: {error}");
        }
    }

    #[test]
    fn hidden_fields_cannot_be_asked_for() {
        let mut scope = Scope::all(Tenant::DEFAULT);
        scope.hidden_fields.insert("phone".to_owned());
        let now = crate::time::from_unix_micros(0).unwrap();
        let filter = LeadFilter::is("phone", Op::Starts, "+49");
        assert_eq!(
            filter.check(&catalog(), &scope, now),
            Err(FilterError::Field("phone".to_owned()))
        );
    }

    #[test]
    fn a_day_begins_at_its_first_moment_in_the_tenants_zone() {
        let day = |text: &str, zone: Tz| first_moment(text.parse().unwrap(), zone).to_rfc3339();
        assert_eq!(day("2026-03-29", Tz::Europe__Berlin), "2026-03-28T23:00:00+00:00");
        // Midnight is skipped here.
        assert_eq!(day("2018-11-04", Tz::America__Sao_Paulo), "2018-11-04T03:00:00+00:00");
    }
}
