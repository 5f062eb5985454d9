//! Values of custom fields. Owns how text and JSON become a value of the declared type, or what is said when they do not.

use serde_json::Value;

use super::Lead;
use super::assign::{Input, kind_of};
use super::text::{LONG, lines};
use crate::catalog::Catalog;
use crate::error::FieldIssue;
use crate::field::{FieldDefinition, FieldStatus, FieldType, FieldValue};
use crate::identity::{Email, Phone};

/// Sets the custom field `key` of `lead`.
///
/// # Errors
/// What is wrong, in plain words.
pub(super) fn custom(
    lead: &mut Lead,
    key: &str,
    input: Input<'_>,
    catalog: &Catalog,
) -> Result<(), String> {
    let (key, definition) = key
        .parse()
        .ok()
        .and_then(|key| catalog.fields.get_key_value(&key))
        .ok_or("is not a declared custom field")?;
    if definition.status == FieldStatus::Archived {
        return Err("is archived: bring the field back to change it".to_owned());
    }
    match custom_value(definition, input)? {
        Some(value) => lead.custom.insert(key.clone(), value),
        None => lead.custom.remove(key),
    };
    Ok(())
}

/// Reads a custom field's value; blank input is none.
///
/// # Errors
/// What is wrong, in plain words.
pub(crate) fn custom_value(
    definition: &FieldDefinition,
    input: Input<'_>,
) -> Result<Option<FieldValue>, String> {
    let wrong =
        |value: &Value| format!("has to be a {}, not {}", definition.kind.name(), kind_of(value));
    if let (FieldType::MultiChoice(choices), Input::Json(Value::Array(list))) =
        (&definition.kind, input)
    {
        let picked: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
        return several(choices, picked.ok_or("has to be a list of texts")?.into_iter()).map(Some);
    }
    let text = match (input, &definition.kind) {
        (Input::Clear, _) => return Ok(None),
        (Input::Text(text), _) => text.trim().to_owned(),
        (Input::Json(Value::Number(number)), FieldType::Number | FieldType::Decimal) => {
            number.to_string()
        }
        (Input::Json(Value::Bool(value)), FieldType::Bool) => value.to_string(),
        (Input::Json(other), _) => return Err(wrong(other)),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let shown = || -> String { text.chars().take(80).collect() };
    let value = match &definition.kind {
        FieldType::Text => FieldValue::Text(lines(&text, FieldValue::MAX_TEXT)?),
        FieldType::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => FieldValue::Number(number),
            _ => return Err(format!("'{}' is not a number", shown())),
        },
        FieldType::Decimal => FieldValue::Decimal(
            text.parse().map_err(|error: crate::DecimalError| error.to_string())?,
        ),
        FieldType::Bool => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => FieldValue::Bool(true),
            "false" | "no" | "0" => FieldValue::Bool(false),
            _ => return Err(format!("'{}' is neither true nor false", shown())),
        },
        FieldType::Date => match text.parse() {
            Ok(day) => FieldValue::Date(day),
            Err(_) => return Err(format!("'{}' is not a day such as 2026-03-31", shown())),
        },
        FieldType::Choice(choices) => FieldValue::Choice(choice(choices, &text)?),
        FieldType::MultiChoice(choices) => several(choices, text.split(';'))?,
        FieldType::Url => FieldValue::Url(url(&text)?),
        FieldType::Email => {
            FieldValue::Email(Email::parse(&text).map_err(|error| error.to_string())?)
        }
        FieldType::Phone => {
            FieldValue::Phone(Phone::parse(&text, None).map_err(|error| error.to_string())?)
        }
    };
    Ok(Some(value))
}

/// A value as another definition has it; none when nothing is left of it.
///
/// # Errors
/// Why it cannot be, in plain words.
pub(crate) fn converted(
    value: &FieldValue,
    definition: &FieldDefinition,
) -> Result<Option<FieldValue>, String> {
    custom_value(definition, Input::Text(&value.to_text()))
}

/// Reads the custom values of a lead that comes back by the fields as they are now: what is deleted is not converted when a
/// field gets another type. Takes out what does not convert, and gives the reasons.
pub(crate) fn reread(lead: &mut Lead, catalog: &Catalog) -> Vec<FieldIssue> {
    let mut issues = Vec::new();
    for (key, definition) in &catalog.fields {
        let Some(value) = lead.custom.remove(key) else { continue };
        match converted(&value, definition) {
            Ok(Some(now)) => {
                lead.custom.insert(key.clone(), now);
            }
            Ok(None) => {}
            Err(message) => issues.push(FieldIssue { field: format!("cf.{key}"), message }),
        }
    }
    issues
}

fn choice(choices: &[String], text: &str) -> Result<String, String> {
    let wanted = crate::identity::fold(text);
    choices
        .iter()
        .find(|choice| crate::identity::fold(choice) == wanted)
        .cloned()
        .ok_or_else(|| format!("'{text}' is not one of: {}", choices.join(", ")))
}

fn several<'a>(
    choices: &[String],
    picked: impl Iterator<Item = &'a str>,
) -> Result<FieldValue, String> {
    let mut picked: Vec<String> = picked
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| choice(choices, text))
        .collect::<Result<_, _>>()?;
    picked.sort_unstable();
    picked.dedup();
    Ok(FieldValue::Choices(picked))
}

fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let good = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && text.len() <= LONG
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if good {
        Ok(text.to_owned())
    } else {
        Err("has to be an address that begins with http:// or https://".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::Tenant;
    use crate::key::FieldKey;
    use crate::lead::NewLead;
    use crate::service::LeadBox;
    use crate::storage::MemoryStorage;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::new(Tenant::DEFAULT);
        let choices = || vec!["Basic".to_owned(), "Pro Plus".to_owned()];
        for (key, kind) in [
            ("note", FieldType::Text),
            ("size", FieldType::Number),
            ("price", FieldType::Decimal),
            ("open", FieldType::Bool),
            ("due", FieldType::Date),
            ("plan", FieldType::Choice(choices())),
            ("plans", FieldType::MultiChoice(choices())),
            ("site", FieldType::Url),
        ] {
            let definition = FieldDefinition::new(key, kind).unwrap();
            catalog.fields.insert(definition.key.clone(), definition);
        }
        catalog
    }

    async fn blank() -> Lead {
        let leadbox = LeadBox::builder(std::sync::Arc::new(MemoryStorage::new())).build().unwrap();
        leadbox.leads().capture(&NewLead::new().name("Someone")).await.unwrap().lead
    }

    #[tokio::test]
    async fn custom_fields_take_text_and_json_alike_and_refuse_what_is_of_another_type() {
        let (catalog, mut lead) = (catalog(), blank().await);
        let good = [
            ("note", json!("hello"), json!("hello")),
            ("size", json!(5), json!(5.0)),
            ("size", json!("5.5"), json!(5.5)),
            ("price", json!(19.99), json!("19.99")),
            ("open", json!(true), json!(true)),
            ("open", json!("No"), json!(false)),
            ("due", json!("2026-03-31"), json!("2026-03-31")),
            ("plan", json!(" pro  plus "), json!("Pro Plus")),
            ("plans", json!(["basic", "Basic"]), json!(["Basic"])),
            ("plans", json!("pro plus;basic"), json!(["Basic", "Pro Plus"])),
            ("site", json!("https://a.example/x"), json!("https://a.example/x")),
        ];
        for (key, given, kept) in good {
            custom(&mut lead, key, Input::from(&given), &catalog).unwrap();
            assert_eq!(
                lead.custom[&key.parse::<FieldKey>().unwrap()].to_json(),
                kept,
                "{key} {given}"
            );
        }
        let long = "x".repeat(FieldValue::MAX_TEXT + 1);
        let bad = [
            ("note", json!(5)),
            ("note", json!(long)),
            ("note", json!("a\u{0}b")),
            ("size", json!("many")),
            ("size", json!("inf")),
            ("size", json!(true)),
            ("price", json!("1.1234567")),
            ("open", json!("perhaps")),
            ("due", json!("31.03.2026")),
            ("plan", json!("Enterprise")),
            ("plans", json!(["Basic", 5])),
            ("site", json!("javascript:alert(1)")),
            ("unknown", json!(1)),
            ("Bad Key", json!(1)),
        ];
        for (key, given) in bad {
            let before = lead.clone();
            assert!(
                custom(&mut lead, key, Input::from(&given), &catalog).is_err(),
                "{key} {given}"
            );
            assert_eq!(lead, before);
        }
        custom(&mut lead, "note", Input::Clear, &catalog).unwrap();
        assert_eq!(lead.custom_field("note"), None);
    }
}
