//! Kinds of values, as far as they are known before anything is asked. Owns what fields and words are; what is wrong with a kind is
//! `check`'s to say.

use rhai::Dynamic;

use super::added::Sort;
use super::check::About;
use crate::field::FieldType;

/// What kind of value a part has, as far as that is known before anything is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    About(About),
    Group(&'static str),
    Text,
    Number,
    YesOrNo,
    Moment,
    Stretch,
    List,
    Nothing,
    Any,
}

impl Kind {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::About(About::Lead) => "a lead",
            Self::About(About::Interaction) => "an interaction",
            Self::About(About::Card) => "a result",
            Self::Group(_) => "a group of fields",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::YesOrNo => "yes or no",
            Self::Moment => "a moment",
            Self::Stretch => "a stretch of time",
            Self::List => "a list",
            Self::Nothing => "nothing",
            Self::Any => "anything",
        }
    }

    pub(super) fn of(value: &Dynamic) -> Self {
        if value.is_string() || value.is_char() {
            Self::Text
        } else if value.is_int() || value.is_float() {
            Self::Number
        } else if value.is_bool() {
            Self::YesOrNo
        } else if value.is_array() {
            Self::List
        } else if value.is_unit() {
            Self::Nothing
        } else {
            Self::Any
        }
    }

    pub(super) fn of_field(name: &str) -> Self {
        match name {
            "employees" | "value" | "completeness" => Self::Number,
            "is_role_address" | "has_owner" => Self::YesOrNo,
            "created_at" | "stage_since" | "last_interaction" => Self::Moment,
            "tags" => Self::List,
            _ => Self::Text,
        }
    }

    pub(super) fn of_sort(sort: Sort) -> Self {
        match sort {
            Sort::Text => Self::Text,
            Sort::Number => Self::Number,
            Sort::YesOrNo => Self::YesOrNo,
            Sort::Texts => Self::List,
        }
    }

    pub(super) fn of_custom(field: &FieldType) -> Self {
        match field {
            FieldType::Number | FieldType::Decimal => Self::Number,
            FieldType::Bool => Self::YesOrNo,
            FieldType::Date => Self::Moment,
            FieldType::MultiChoice(_) => Self::List,
            FieldType::Text
            | FieldType::Choice(_)
            | FieldType::Url
            | FieldType::Email
            | FieldType::Phone => Self::Text,
        }
    }

    /// What a word of the vocabulary answers with.
    pub(super) fn of_word(name: &str) -> Self {
        match name {
            "is_known" | "has_any" | "starts_with" | "ends_with" | "equals" | "contains"
            | "between" | "within" | "fired" => Self::YesOrNo,
            "lower" | "upper" => Self::Text,
            "length" | "min" | "max" | "abs" | "floor" | "ceiling" | "round" | "days_since"
            | "hours_since" | "count" | "points" | "category" => Self::Number,
            "minutes" | "hours" | "days" | "weeks" => Self::Stretch,
            "date" | "last" => Self::Moment,
            _ => Self::Any,
        }
    }
}
