//! Custom fields. Owns types, typed values and the order of values as bytes, which is the same in every storage;
//! knows nothing of which lead has which value.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::decimal::Decimal;
use crate::identity::{Email, Phone, fold};
use crate::key::{FieldKey, KeyError};

/// What a custom field holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "choices")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FieldType {
    /// Text of up to [`FieldValue::MAX_TEXT`] characters.
    Text,
    /// A finite number (IEEE 754 double).
    Number,
    /// An exact number with up to six decimals.
    Decimal,
    /// Yes or no.
    Bool,
    /// A calendar day.
    Date,
    /// One of the listed choices.
    Choice(Vec<String>),
    /// Any of the listed choices.
    MultiChoice(Vec<String>),
    /// An absolute `http` or `https` address.
    Url,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

impl FieldType {
    /// The names of all types.
    pub const NAMES: [&str; 10] = [
        "text",
        "number",
        "decimal",
        "bool",
        "date",
        "choice",
        "multi_choice",
        "url",
        "email",
        "phone",
    ];

    /// The type of this name, with these choices if it has some; none when there is no such type.
    pub fn named(name: &str, choices: Vec<String>) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "number" => Self::Number,
            "decimal" => Self::Decimal,
            "bool" => Self::Bool,
            "date" => Self::Date,
            "choice" => Self::Choice(choices),
            "multi_choice" => Self::MultiChoice(choices),
            "url" => Self::Url,
            "email" => Self::Email,
            "phone" => Self::Phone,
            _ => return None,
        })
    }

    /// Its choices; none for a type without.
    pub fn choices(&self) -> &[String] {
        match self {
            Self::Choice(choices) | Self::MultiChoice(choices) => choices,
            _ => &[],
        }
    }

    /// The type's name in files and messages, such as `multi_choice`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Decimal => "decimal",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Choice(_) => "choice",
            Self::MultiChoice(_) => "multi_choice",
            Self::Url => "url",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// Whether a field's values are personal data that encryption at rest must seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Sensitivity {
    /// Kept as it is.
    #[default]
    Plain,
    /// Sealed when encryption at rest is on.
    Sensitive,
}

/// Whether a field is in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FieldStatus {
    /// It is asked for, shown and filtered by.
    #[default]
    Active,
    /// It takes no values and is not asked for. What leads hold stays, and is there again when the field is brought back.
    Archived,
}

impl FieldStatus {
    fn is_active(&self) -> bool {
        *self == Self::Active
    }
}

/// A custom field that leads of a tenant may carry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldDefinition {
    /// The key, unique in its tenant.
    pub key: FieldKey,
    /// What people read.
    pub label: String,
    /// What it holds.
    #[serde(flatten)]
    pub kind: FieldType,
    /// Whether it is sealed at rest.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// Whether it is in use.
    #[serde(default, skip_serializing_if = "FieldStatus::is_active")]
    pub status: FieldStatus,
}

impl FieldDefinition {
    /// A plain field labelled like its key.
    ///
    /// # Errors
    /// [`KeyError`] when `key` is none.
    pub fn new(key: &str, kind: FieldType) -> Result<Self, KeyError> {
        Ok(Self::of(key.parse()?, kind))
    }

    /// The same of a key that is one.
    pub fn of(key: FieldKey, kind: FieldType) -> Self {
        let label = key.as_str().replace('_', " ");
        let (sensitivity, status) = (Sensitivity::Plain, FieldStatus::Active);
        Self { key, label, kind, sensitivity, status }
    }
}

/// A typed value of a custom field. Stored with a one-letter tag, so that it reads back as what it was even after the
/// definition is gone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FieldValue {
    /// Text.
    #[serde(rename = "t")]
    Text(String),
    /// A finite number.
    #[serde(rename = "n")]
    Number(f64),
    /// An exact number.
    #[serde(rename = "x")]
    Decimal(Decimal),
    /// Yes or no.
    #[serde(rename = "b")]
    Bool(bool),
    /// A day.
    #[serde(rename = "d")]
    Date(NaiveDate),
    /// One choice.
    #[serde(rename = "c")]
    Choice(String),
    /// Several choices, sorted and without repetition.
    #[serde(rename = "m")]
    Choices(Vec<String>),
    /// An address.
    #[serde(rename = "u")]
    Url(String),
    /// An e-mail address.
    #[serde(rename = "e")]
    Email(Email),
    /// A phone number.
    #[serde(rename = "p")]
    Phone(Phone),
}

/// How long a text's key may be before it is cut and completed by a digest.
const KEY_BYTES: usize = 160;

impl FieldValue {
    /// The longest text of a custom field, in characters.
    pub const MAX_TEXT: usize = 4000;

    /// The value as plain text, the form in which CSV carries it; several choices are joined with `;`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Text(text) | Self::Choice(text) | Self::Url(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Decimal(decimal) => decimal.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Date(day) => day.to_string(),
            Self::Choices(choices) => choices.join(";"),
            Self::Email(email) => email.as_str().to_owned(),
            Self::Phone(phone) => phone.as_str().to_owned(),
        }
    }

    /// The value as plain JSON, the form in which APIs and events carry it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Number(number) => serde_json::Value::from(*number),
            Self::Bool(value) => serde_json::Value::from(*value),
            Self::Choices(choices) => serde_json::Value::from(choices.clone()),
            other => serde_json::Value::from(other.to_text()),
        }
    }

    /// The value's keys: byte strings that compare as the values do, texts without case and accents. Several choices
    /// have one key each; every other value has exactly one.
    pub fn sort_keys(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Choices(choices) => choices.iter().map(|choice| text_key(choice)).collect(),
            Self::Text(text) | Self::Choice(text) | Self::Url(text) => vec![text_key(text)],
            Self::Number(number) => vec![number_key(*number).to_vec()],
            Self::Decimal(decimal) => vec![integer_key(decimal.millionths()).to_vec()],
            Self::Bool(value) => vec![vec![u8::from(*value)]],
            Self::Date(day) => vec![integer_key(i64::from(day.to_epoch_days())).to_vec()],
            Self::Email(email) => vec![email.key().into_bytes()],
            Self::Phone(phone) => vec![phone.key().as_bytes().to_vec()],
        }
    }
}

/// Text compares folded. A long one is cut and ends in a digest, so equal keys still mean equal folded texts; order
/// and `contains` look at the first 160 bytes only.
pub(crate) fn text_key(text: &str) -> Vec<u8> {
    let folded = fold(text);
    if folded.len() <= KEY_BYTES {
        return folded.into_bytes();
    }
    let mut cut = KEY_BYTES;
    while !folded.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut key = folded.as_bytes()[..cut].to_vec();
    key.extend_from_slice(&Sha256::digest(folded.as_bytes())[..8]);
    key
}

/// IEEE 754 doubles in an order-preserving form: flip the sign bit of positive ones, every bit of negative ones.
fn number_key(number: f64) -> [u8; 8] {
    // -0 and 0 are one value.
    let bits = (number + 0.0).to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    ordered.to_be_bytes()
}

/// Two's complement in an order-preserving form.
fn integer_key(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        let choices = vec!["One".to_owned()];
        for name in FieldType::NAMES {
            let kind = FieldType::named(name, choices.clone()).unwrap();
            assert_eq!(kind.name(), name);
            assert!(kind.choices().is_empty() || kind.choices() == choices);
        }
        assert_eq!(FieldType::named("magic", choices), None);
    }

    proptest! {
        #[test]
        fn numbers_and_their_keys_compare_alike(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(a.is_finite() && b.is_finite());
            prop_assert_eq!(a.partial_cmp(&b).unwrap(), number_key(a).cmp(&number_key(b)));
        }

        #[test]
        fn decimals_and_their_keys_compare_alike(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(a.cmp(&b), integer_key(a).cmp(&integer_key(b)));
        }

        #[test]
        fn values_survive_their_stored_form(text in ".{0,300}", number in any::<f64>()) {
            prop_assume!(number.is_finite());
            for value in [FieldValue::Text(text), FieldValue::Number(number)] {
                let stored = serde_json::to_string(&value).unwrap();
                prop_assert_eq!(serde_json::from_str::<FieldValue>(&stored).unwrap(), value);
            }
        }
    }
}
