//! One lead as a row. Owns the columns of exports and what stands in them; the same for CSV and JSON Lines but for how
//! lists and amounts are written.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::catalog::Catalog;
use crate::field::FieldValue;
use crate::identity::{Country, Domain, Email, Industry, Phone};
use crate::key::FieldKey;
use crate::lead::Lead;
use crate::scope::Scope;
use crate::storage::StoredLead;
use crate::time::Timestamp;

/// The columns that every export has, with the field by whose name access rules hide them.
const PLAIN: [(&str, &str); 31] = [
    ("id", "id"),
    ("name", "name"),
    ("first_name", "first_name"),
    ("title", "title"),
    ("email", "email"),
    ("phone", "phone"),
    ("company", "company"),
    ("domain", "domain"),
    ("industry", "industry"),
    ("employees", "employees"),
    ("country", "country"),
    ("city", "city"),
    ("source", "source"),
    ("source_detail", "source_detail"),
    ("utm.source", "utm.source"),
    ("utm.medium", "utm.medium"),
    ("utm.campaign", "utm.campaign"),
    ("utm.term", "utm.term"),
    ("utm.content", "utm.content"),
    ("referrer", "referrer"),
    ("landing_page", "landing_page"),
    ("tags", "tag"),
    ("owner", "owner"),
    ("stage", "stage"),
    ("value", "value"),
    ("currency", "currency"),
    ("external_id", "external_id"),
    ("consents", "consents"),
    ("score", "score"),
    ("created_at", "created_at"),
    ("updated_at", "updated_at"),
];

/// A column of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Column {
    Plain(&'static str),
    Custom(FieldKey),
}

impl Column {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Plain(name) => (*name).to_owned(),
            Self::Custom(key) => format!("cf.{key}"),
        }
    }
}

/// The columns that the asker may see.
pub(super) fn columns(catalog: &Catalog, scope: &Scope) -> Vec<Column> {
    let hidden = &scope.hidden_fields;
    let plain = PLAIN
        .iter()
        .filter(|(column, field)| !hidden.contains(*column) && !hidden.contains(*field))
        .map(|(column, _)| Column::Plain(column));
    let custom = catalog.active_fields().map(|field| Column::Custom(field.key.clone()));
    plain.chain(custom.filter(|column| !hidden.contains(&column.name()))).collect()
}

/// What stands in a cell.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    Owned(String),
    /// Digits that stay a number.
    Number(String),
    Tags(&'a BTreeSet<String>),
    /// Anything else, as JSON.
    Json(Value),
    Custom(&'a FieldValue),
}

fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Empty, Cell::Text)
}

/// What stands in a column of a lead's row.
pub(super) fn cell<'a>(
    stored: &'a StoredLead,
    column: &Column,
    catalog: &'a Catalog,
    scope: &Scope,
) -> Cell<'a> {
    let lead = &stored.lead;
    let name = match column {
        Column::Custom(key) => return lead.custom.get(key).map_or(Cell::Empty, Cell::Custom),
        Column::Plain(name) => *name,
    };
    let (person, company, source) = (&lead.person, &lead.company, &lead.source);
    match name {
        "id" => Cell::Owned(lead.id.to_string()),
        "name" => text(person.name.as_deref()),
        "first_name" => text(person.first_name.as_deref()),
        "title" => text(person.title.as_deref()),
        "email" => text(person.email.as_ref().map(Email::as_str)),
        "phone" => text(person.phone.as_ref().map(Phone::as_str)),
        "company" => text(company.name.as_deref()),
        "domain" => text(company.domain.as_ref().map(Domain::as_str)),
        "industry" => text(company.industry.map(Industry::id).or_else(|| {
            let hidden = scope.hidden_fields.contains("industry_text");
            company.industry_text.as_deref().filter(|_| !hidden)
        })),
        "employees" => company.employees.map_or(Cell::Empty, |n| Cell::Number(n.to_string())),
        "country" => text(company.country.map(Country::as_str)),
        "city" => text(company.city.as_deref()),
        "source" => text(source.name.as_deref()),
        "source_detail" => text(source.detail.as_deref()),
        "utm.source" => text(source.utm.source.as_deref()),
        "utm.medium" => text(source.utm.medium.as_deref()),
        "utm.campaign" => text(source.utm.campaign.as_deref()),
        "utm.term" => text(source.utm.term.as_deref()),
        "utm.content" => text(source.utm.content.as_deref()),
        "referrer" => text(source.referrer.as_deref()),
        "landing_page" => text(source.landing_page.as_deref()),
        "tags" if lead.tags.is_empty() => Cell::Empty,
        "tags" => Cell::Tags(&lead.tags),
        "owner" => lead.owner.map_or(Cell::Empty, |owner| Cell::Owned(owner.to_string())),
        "stage" => match catalog.stage(lead.stage) {
            Some((_, stage)) => Cell::Text(&stage.key),
            None => Cell::Owned(lead.stage.to_string()),
        },
        "value" => lead.value.map_or(Cell::Empty, |value| {
            let printed = value.to_string();
            Cell::Number(printed.split(' ').next().unwrap_or_default().to_owned())
        }),
        "currency" => {
            lead.value.map_or(Cell::Empty, |value| Cell::Owned(value.currency.to_string()))
        }
        "external_id" => text(lead.external_id.as_deref()),
        "consents" => consents(lead, scope),
        "score" if stored.score.revision.0 == 0 => Cell::Empty,
        "score" => Cell::Number(stored.score.total.to_string()),
        "created_at" => Cell::Owned(moment(lead.created_at)),
        "updated_at" => Cell::Owned(moment(lead.updated_at)),
        _ => Cell::Empty,
    }
}

/// Purposes are no fixed columns, so the consents stand in one, as JSON, with their moments and evidence.
fn consents(lead: &Lead, scope: &Scope) -> Cell<'static> {
    let shown: Vec<_> = lead
        .consents
        .iter()
        .filter(|one| !scope.hidden_fields.contains(&format!("consent.{}", one.purpose)))
        .collect();
    if shown.is_empty() {
        return Cell::Empty;
    }
    serde_json::to_value(shown).map_or(Cell::Empty, Cell::Json)
}

fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Tags as one text: `;` between, or a JSON list where a tag would be torn apart.
pub(super) fn tags_text(tags: &BTreeSet<String>) -> String {
    let plain = |tag: &String| !tag.contains([';', ',']) && !tag.starts_with('[');
    if tags.iter().all(plain) {
        return tags.iter().map(String::as_str).collect::<Vec<_>>().join(";");
    }
    serde_json::to_string(tags).unwrap_or_default()
}

impl Serialize for Cell<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Owned(text) => serializer.serialize_str(text),
            Self::Number(digits) => match digits.parse::<i64>() {
                Ok(number) => serializer.serialize_i64(number),
                // Amounts are exact, which a JSON number need not be.
                Err(_) => serializer.serialize_str(digits),
            },
            Self::Tags(tags) => serializer.collect_seq(*tags),
            Self::Json(value) => value.serialize(serializer),
            Self::Custom(value) => value.to_json().serialize(serializer),
        }
    }
}
