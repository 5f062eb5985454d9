//! Setting one field of a lead by its name. Owns how every kind of input (API, CSV, script, host) becomes a typed,
//! normalised value; there is no second
//! way in. Values of custom fields are `custom`'s.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::custom::custom;
use super::text::{LONG, NAME, SHORT, line};
use super::{Consent, ConsentStatus, Lead};
use crate::catalog::Catalog;
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
        // Any three letters look like a currency, also those of a text that is no amount at all.
        Some((amount, _)) if !amount.contains(|letter: char| letter.is_ascii_digit()) => {
            return Err(format!("'{text}' is not an amount, such as 1250.50 or 1250.50 EUR"));
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::Tenant;
    use crate::lead::NewLead;
    use crate::service::LeadBox;
    use crate::storage::MemoryStorage;

    async fn blank() -> Lead {
        let leadbox = LeadBox::builder(std::sync::Arc::new(MemoryStorage::new())).build().unwrap();
        leadbox.leads().capture(&NewLead::new().name("Someone")).await.unwrap().lead
    }

    #[tokio::test]
    async fn plain_fields_are_normalised_or_refused() {
        let (catalog, mut lead) = (Catalog::new(Tenant::DEFAULT), blank().await);
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
        let message = set("value", json!("a lot")).unwrap_err();
        assert!(message.starts_with("'a lot' is not an amount"), "{message}");
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
