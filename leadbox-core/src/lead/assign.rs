//! Setting one field of a lead by its name. Owns how every kind of input (API, CSV, script, host) becomes a typed,
//! normalised value; there is no second way in.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::text::{LONG, NAME, SHORT, line};
use super::{Consent, ConsentStatus, Lead};
use crate::catalog::Catalog;
use crate::field::{FieldDefinition, FieldType, FieldValue};
use crate::identity::{Country, Domain, Email, Phone};
use crate::money::{Currency, Money};
use crate::time::{Timestamp, to_micros};

/// The most tags of one lead.
pub(crate) const MAX_TAGS: usize = 50;

/// What a field shall hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input<'a> {
    /// Nothing.
    Clear,
    /// Text, as forms and CSV give it.
    Text(&'a str),
    /// JSON, as APIs give it.
    Json(&'a Value),
}

impl<'a> From<&'a Value> for Input<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Clear,
            Value::String(text) => Self::Text(text),
            other => Self::Json(other),
        }
    }
}

/// Sets `field` of `lead`. Setting `company`, `email` and the like to blank text clears them.
///
/// # Errors
/// What is wrong, in plain words.
pub(crate) fn assign(
    lead: &mut Lead,
    field: &str,
    input: Input<'_>,
    catalog: &Catalog,
    now: Timestamp,
) -> Result<(), String> {
    if let Some(key) = field.strip_prefix("cf.") {
        return custom(lead, key, input, catalog);
    }
    if let Some(purpose) = field.strip_prefix("consent.") {
        return consent(lead, purpose, input, now);
    }
    let input = match input {
        Input::Text(text) if text.trim().is_empty() => Input::Clear,
        other => other,
    };
    match field {
        "name" => lead.person.name = line(input, NAME)?,
        "first_name" => lead.person.first_name = line(input, NAME)?,
        "title" => lead.person.title = line(input, NAME)?,
        "email" => lead.person.email = parsed(input, Email::parse)?,
        "phone" => {
            lead.person.phone = parsed(input, |text| Phone::parse(text, catalog.settings.region))?
        }
        "company" => lead.company.name = line(input, NAME)?,
        "domain" | "website" => lead.company.domain = parsed(input, Domain::parse)?,
        "industry" => industry(lead, input, catalog)?,
        "employees" => lead.company.employees = count(input)?,
        "country" => {
            lead.company.country =
                parsed(input, |text| Country::parse(text).ok_or(UnknownCountry))?;
        }
        "city" => lead.company.city = line(input, NAME)?,
        "source" => lead.source.name = line(input, SHORT)?.map(|text| text.to_lowercase()),
        "source_detail" => lead.source.detail = line(input, NAME)?,
        "referrer" => lead.source.referrer = line(input, LONG)?,
        "landing_page" => lead.source.landing_page = line(input, LONG)?,
        "utm.source" => lead.source.utm.source = line(input, NAME)?,
        "utm.medium" => lead.source.utm.medium = line(input, NAME)?,
        "utm.campaign" => lead.source.utm.campaign = line(input, NAME)?,
        "utm.term" => lead.source.utm.term = line(input, NAME)?,
        "utm.content" => lead.source.utm.content = line(input, NAME)?,
        "external_id" => lead.external_id = line(input, NAME)?,
        "owner" => lead.owner = parsed(input, |text| text.parse().map_err(|_| NotAnId))?,
        "tags" => tags(lead, input)?,
        "value" => value(lead, input, catalog)?,
        "currency" => currency(lead, input)?,
        "created_at" => lead.created_at = moment(input)?.ok_or("cannot be cleared")?,
        "stage" => return Err("is changed by moving the lead, not by setting a field".to_owned()),
        _ => return Err("is not a field; custom fields begin with 'cf.'".to_owned()),
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("is not a country: use two letters such as DE, or an English name")]
struct UnknownCountry;

#[derive(Debug, thiserror::Error)]
#[error("is not an id")]
struct NotAnId;

fn text_of<'a>(input: Input<'a>) -> Result<Option<&'a str>, String> {
    match input {
        Input::Clear => Ok(None),
        Input::Text(text) => Ok(Some(text)),
        Input::Json(other) => Err(format!("has to be text, not {}", kind_of(other))),
    }
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn parsed<T, E: std::fmt::Display>(
    input: Input<'_>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    text_of(input)?.map(parse).transpose().map_err(|error| error.to_string())
}

fn count(input: Input<'_>) -> Result<Option<i64>, String> {
    let number = match input {
        Input::Clear => return Ok(None),
        Input::Text(text) => text.trim().parse().ok(),
        Input::Json(value) => value.as_i64(),
    };
    match number {
        Some(number) if number >= 0 => Ok(Some(number)),
        _ => Err("has to be a whole number, 0 or more".to_owned()),
    }
}

fn industry(lead: &mut Lead, input: Input<'_>, catalog: &Catalog) -> Result<(), String> {
    let text = line(input, NAME)?;
    lead.company.industry = text.as_deref().and_then(|text| catalog.industries.resolve(text));
    lead.company.industry_text = if lead.company.industry.is_some() { None } else { text };
    Ok(())
}

/// A list, or text with `;` or `,` between. Replaces all tags.
fn tags(lead: &mut Lead, input: Input<'_>) -> Result<(), String> {
    lead.tags.clear();
    match input {
        Input::Clear => Ok(()),
        Input::Text(text) => text.split([';', ',']).try_for_each(|one| tag(lead, one)),
        Input::Json(Value::Array(list)) => list.iter().try_for_each(|one| match one {
            Value::String(text) => tag(lead, text),
            other => Err(format!("has to be a list of texts, not {}", kind_of(other))),
        }),
        Input::Json(other) => Err(format!("has to be a list of texts, not {}", kind_of(other))),
    }
}

/// Adds one tag, in lower case; blank ones are left out.
pub(super) fn tag(lead: &mut Lead, text: &str) -> Result<(), String> {
    if let Some(text) = line(Input::Text(text), SHORT)? {
        lead.tags.insert(text.to_lowercase());
    }
    if lead.tags.len() > MAX_TAGS { Err(format!("has more than {MAX_TAGS} tags")) } else { Ok(()) }
}

fn value(lead: &mut Lead, input: Input<'_>, catalog: &Catalog) -> Result<(), String> {
    let text = match input {
        Input::Clear => None,
        Input::Text(text) => Some(text.trim().to_owned()),
        Input::Json(Value::Number(number)) => Some(number.to_string()),
        Input::Json(other) => return Err(format!("has to be a number, not {}", kind_of(other))),
    };
    let Some(text) = text else {
        lead.value = None;
        return Ok(());
    };
    // `1250.50 EUR` carries its currency along.
    let (amount, currency) = match text.rsplit_once(' ') {
        Some((amount, code)) => {
            (amount.to_owned(), code.parse().map_err(|error: crate::MoneyError| error.to_string())?)
        }
        None => (text, lead.value.map_or(catalog.settings.currency, |value| value.currency)),
    };
    lead.value = Some(Money::parse(&amount, currency).map_err(|error| error.to_string())?);
    Ok(())
}

/// Reads the amount again in another currency: `10.00` EUR becomes `10` JPY, not `1000`.
fn currency(lead: &mut Lead, input: Input<'_>) -> Result<(), String> {
    let Some(code) = text_of(input)? else { return Ok(()) };
    let code: Currency = code.parse().map_err(|error: crate::MoneyError| error.to_string())?;
    if let Some(value) = lead.value {
        let amount = value.to_string();
        let amount = amount.split(' ').next().unwrap_or_default();
        lead.value = Some(Money::parse(amount, code).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn moment(input: Input<'_>) -> Result<Option<Timestamp>, String> {
    let Some(text) = text_of(input)? else { return Ok(None) };
    parse_moment(text)
        .map(Some)
        .ok_or_else(|| format!("'{text}' is not a date such as 2026-03-31 or 2026-03-31T09:30:00Z"))
}

/// RFC 3339, or a day, which stands for its first moment in UTC. Years 1900 to 9999.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.with_timezone(&Utc),
        Err(_) => text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc(),
    };
    let year = chrono::Datelike::year(&at);
    (1900..=9999).contains(&year).then(|| to_micros(at))
}

fn consent(lead: &mut Lead, purpose: &str, input: Input<'_>, now: Timestamp) -> Result<(), String> {
    let purpose = line(Input::Text(purpose), SHORT)?.ok_or("needs a purpose")?;
    let status = match input {
        Input::Clear => {
            lead.consents.retain(|consent| consent.purpose != purpose);
            return Ok(());
        }
        Input::Json(Value::Bool(true)) => ConsentStatus::Granted,
        Input::Json(Value::Bool(false)) => ConsentStatus::Denied,
        Input::Text(text) => match text.trim().to_lowercase().as_str() {
            "granted" | "yes" | "true" | "1" => ConsentStatus::Granted,
            "denied" | "no" | "false" | "0" => ConsentStatus::Denied,
            "withdrawn" => ConsentStatus::Withdrawn,
            other => return Err(format!("'{other}' has to be granted, denied or withdrawn")),
        },
        Input::Json(other) => {
            return Err(format!("has to be granted, denied or withdrawn, not {}", kind_of(other)));
        }
    };
    record_consent(lead, Consent { purpose, status, at: now, evidence: None });
    Ok(())
}

/// Keeps what was said last about the purpose; saying the same again keeps the first moment and evidence.
pub(super) fn record_consent(lead: &mut Lead, consent: Consent) {
    match lead.consents.iter_mut().find(|known| known.purpose == consent.purpose) {
        Some(known) if known.at > consent.at => {}
        Some(known) if known.status == consent.status => {}
        Some(known) => *known = consent,
        None => lead.consents.push(consent),
    }
}

fn custom(lead: &mut Lead, key: &str, input: Input<'_>, catalog: &Catalog) -> Result<(), String> {
    let (key, definition) = key
        .parse()
        .ok()
        .and_then(|key| catalog.fields.get_key_value(&key))
        .ok_or("is not a declared custom field")?;
    match custom_value(definition, input)? {
        Some(value) => lead.custom.insert(key.clone(), value),
        None => lead.custom.remove(key),
    };
    Ok(())
}

/// Reads a custom field's value; blank input is none.
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
        FieldType::Text => FieldValue::Text(long_text(&text)?),
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

fn long_text(text: &str) -> Result<String, String> {
    if text.chars().count() > FieldValue::MAX_TEXT {
        return Err(format!("is longer than {} characters", FieldValue::MAX_TEXT));
    }
    // Postgres keeps no NUL in text, so none gets in anywhere.
    if text.contains('\0') {
        Err("contains a NUL character".to_owned())
    } else {
        Ok(text.to_owned())
    }
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
    use crate::field::FieldKey;
    use crate::id::Tenant;
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
        let now = lead.created_at;
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
            assign(&mut lead, &format!("cf.{key}"), Input::from(&given), &catalog, now).unwrap();
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
                assign(&mut lead, &format!("cf.{key}"), Input::from(&given), &catalog, now)
                    .is_err(),
                "{key} {given}"
            );
            assert_eq!(lead, before);
        }
        assign(&mut lead, "cf.note", Input::Clear, &catalog, now).unwrap();
        assert_eq!(lead.custom_field("note"), None);
    }

    #[tokio::test]
    async fn plain_fields_are_normalised_or_refused() {
        let (catalog, mut lead) = (catalog(), blank().await);
        let now = lead.created_at;
        let mut set = |field: &str, value: Value| {
            assign(&mut lead, field, Input::from(&value), &catalog, now)
        };
        for (field, value) in [
            ("name", json!("  Ada   Lovelace ")),
            ("email", json!("Ada@EXAMPLE.com")),
            ("phone", json!("+49 30 901820")),
            ("industry", json!("SaaS")),
            ("country", json!("Germany")),
            ("employees", json!("250")),
            ("value", json!("99.90 usd")),
            ("currency", json!("EUR")),
            ("tags", json!(["A", "b ", ""])),
            ("consent.newsletter", json!(true)),
            ("utm.campaign", json!("Spring")),
        ] {
            set(field, value).unwrap_or_else(|message| panic!("{field} {message}"));
        }
        for (field, value) in [
            ("email", json!("ada@")),
            ("phone", json!("030 901820")),
            ("country", json!("Atlantis")),
            ("employees", json!(-1)),
            ("employees", json!(1.5)),
            ("value", json!("12,50")),
            ("tags", json!((0..60).map(|n| n.to_string()).collect::<Vec<_>>())),
            ("consent.newsletter", json!("maybe")),
            ("name", json!("a\u{7}b")),
            ("title", json!("x".repeat(201))),
            ("stage", json!("won")),
            ("colour", json!("red")),
        ] {
            assert!(set(field, value.clone()).is_err(), "{field} {value}");
        }
        assert_eq!(lead.person.name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(lead.person.phone.as_ref().map(Phone::as_str), Some("+4930901820"));
        assert_eq!(lead.value.map(|value| value.to_string()).as_deref(), Some("99.90 EUR"));
        assert_eq!(lead.company.industry.map(crate::identity::Industry::id), Some("saas"));
        assert_eq!(
            lead.consent("newsletter").map(|consent| consent.status),
            Some(ConsentStatus::Granted)
        );
    }
}
