//! Filters as callers write them. Owns the JSON form of DESIGN 9 (`COND`) and what can be wrong with one; `reading` makes
//! a [`Check`] of it, which storages run.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reading::Reader;
use super::{Check, Sense};
use crate::catalog::Catalog;
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

    /// Leads that nobody has been in touch with for so many days, 1 to 1000, whenever they are asked for: they came in before,
    /// and have no interaction since. Where the moment is known, [`idle_since`](Self::idle_since) finds them sooner.
    pub fn idle(days: impl Into<Value>) -> Self {
        let span = serde_json::json!({ "last": days.into(), "unit": "day" });
        let lately = |field: &str| Self::is(field, Op::Within, span.clone());
        Self::Not(Box::new(lately("created_at").or(lately("last_interaction_at"))))
    }

    /// Leads that nobody has been in touch with since a moment: they came in before it, and have no interaction from then on.
    pub fn idle_since(moment: Timestamp) -> Self {
        let moment = moment.to_rfc3339();
        let touched = Self::is("last_interaction_at", Op::Gte, moment.clone());
        Self::is("created_at", Op::Lt, moment).and(Self::Not(Box::new(touched)))
    }

    /// The fields that it asks for, by their names as written.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(part) => part.fields(),
            Self::Is(field, ..) => vec![field],
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
        Reader::new(catalog, scope, now).read(self, Sense::Holds, 1)
    }
}
