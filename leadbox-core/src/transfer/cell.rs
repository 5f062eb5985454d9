//! From cells and JSON values to one [`NewLead`]. Owns what belongs to the file's form: joining names, splitting lists,
//! numbers that arrive as text. What a value means, and whether it is good, is decided in `lead`.

use std::collections::HashMap;

use serde_json::Value;

use super::field::{Field, Plain};
use crate::catalog::Catalog;
use crate::error::FieldIssue;
use crate::identity::fold;
use crate::lead::{ConsentInput, ConsentStatus, IdentityKind, NewLead, parse_moment};

/// What rows are read with: by which keys they are recognised, and the stages by their folded names.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) upsert_by: Vec<IdentityKind>,
    stages: HashMap<String, String>,
}

impl Terms {
    pub(super) fn new(upsert_by: Vec<IdentityKind>, catalog: &Catalog) -> Self {
        let stages = &catalog.default_pipeline().stages;
        let by_name = stages.iter().map(|stage| (fold(&stage.name), stage.key.clone()));
        let by_key = stages.iter().map(|stage| (fold(&stage.key), stage.key.clone()));
        // Keys come last, since they win over names.
        Self { upsert_by, stages: by_name.chain(by_key).collect() }
    }
}

/// A lead that is being read.
pub(super) struct Filling<'t> {
    terms: &'t Terms,
    lead: NewLead,
    last_name: Option<String>,
    parted_names: bool,
    currency: Option<String>,
    issues: Vec<FieldIssue>,
}

impl<'t> Filling<'t> {
    pub(super) fn new(terms: &'t Terms) -> Self {
        Self {
            terms,
            lead: NewLead::default(),
            last_name: None,
            parted_names: false,
            currency: None,
            issues: Vec::new(),
        }
    }

    /// Notes what is wrong with a field.
    pub(super) fn issue(&mut self, field: impl ToString, message: impl ToString) {
        self.issues.push(FieldIssue { field: field.to_string(), message: message.to_string() });
    }

    /// The file has names in two parts, so that a first name alone is all of a name.
    pub(super) fn name_has_parts(&mut self) {
        self.parted_names = true;
    }

    /// Recognises the lead by these keys instead of the import's.
    pub(super) fn recognise_by(&mut self, keys: Vec<IdentityKind>) {
        self.lead.upsert_by = keys;
    }

    /// Fills a field from text that is not blank.
    pub(super) fn text(&mut self, field: &Field, text: String) {
        match field {
            Field::Plain(plain) => self.plain_text(*plain, text),
            Field::Custom(key) => {
                self.lead.custom.insert(key.clone(), Value::String(text));
            }
            Field::Consent(purpose) => match status(&text) {
                Some(status) => self.consent(purpose, status),
                None => {
                    self.issue(field, format!("'{text}' has to be granted, denied or withdrawn"));
                }
            },
        }
    }

    fn plain_text(&mut self, field: Plain, text: String) {
        let lead = &mut self.lead;
        let slot = match field {
            Plain::Name => &mut lead.name,
            Plain::FirstName => &mut lead.first_name,
            Plain::LastName => &mut self.last_name,
            Plain::Title => &mut lead.title,
            Plain::Email => &mut lead.email,
            Plain::Phone => &mut lead.phone,
            Plain::Company => &mut lead.company,
            Plain::Domain => &mut lead.domain,
            Plain::Industry => &mut lead.industry,
            Plain::Country => &mut lead.country,
            Plain::City => &mut lead.city,
            Plain::Source => &mut lead.source,
            Plain::SourceDetail => &mut lead.source_detail,
            Plain::UtmSource => &mut lead.utm.source,
            Plain::UtmMedium => &mut lead.utm.medium,
            Plain::UtmCampaign => &mut lead.utm.campaign,
            Plain::UtmTerm => &mut lead.utm.term,
            Plain::UtmContent => &mut lead.utm.content,
            Plain::Referrer => &mut lead.referrer,
            Plain::LandingPage => &mut lead.landing_page,
            Plain::Value => &mut lead.value,
            Plain::Currency => &mut self.currency,
            Plain::ExternalId => &mut lead.external_id,
            Plain::Stage => {
                let known = self.terms.stages.get(&fold(&text));
                lead.stage = Some(known.cloned().unwrap_or(text));
                return;
            }
            Plain::Employees => return self.employees(text.trim().parse().ok()),
            Plain::Tags => return self.tags(&text),
            Plain::Owner => {
                match text.trim().parse() {
                    Ok(owner) => lead.owner = Some(owner),
                    Err(_) => self.issue("owner", format!("'{text}' is not the id of a user")),
                }
                return;
            }
            Plain::CreatedAt => {
                match parse_moment(&text) {
                    Some(at) => lead.created_at = Some(at),
                    None => self.issue(
                        "created_at",
                        format!(
                            "'{text}' is not a date such as 2026-03-31 or 2026-03-31T09:30:00Z"
                        ),
                    ),
                }
                return;
            }
            Plain::Consents => {
                match serde_json::from_str(&text) {
                    Ok(value) => self.consents(value),
                    Err(_) => self.issue("consents", CONSENTS),
                }
                return;
            }
        };
        *slot = Some(text);
    }

    /// Fills a field from JSON.
    pub(super) fn json(&mut self, field: &Field, value: Value) {
        match (field, value) {
            (_, Value::Null) => {}
            (Field::Custom(key), value) => {
                self.lead.custom.insert(key.clone(), value);
            }
            (_, Value::String(text)) if text.trim().is_empty() => {}
            (field, Value::String(text)) => self.text(field, text),
            (Field::Consent(purpose), Value::Bool(yes)) => {
                let status = if yes { ConsentStatus::Granted } else { ConsentStatus::Denied };
                self.consent(purpose, status);
            }
            (Field::Plain(Plain::Employees), value) => self.employees(value.as_i64()),
            (Field::Plain(Plain::Value), Value::Number(number)) => {
                self.lead.value = Some(number.to_string());
            }
            (Field::Plain(Plain::Consents), value) => self.consents(value),
            (Field::Plain(Plain::Tags), value) => match serde_json::from_value(value) {
                Ok(tags) => self.lead.tags = tags,
                Err(_) => self.issue("tags", "has to be a list of texts"),
            },
            (field, other) => {
                self.issue(field, format!("has to be text, not {}", kind_of(&other)));
            }
        }
    }

    fn employees(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.lead.employees = Some(number),
            None => self.issue("employees", "has to be a whole number, 0 or more"),
        }
    }

    /// A JSON list, or texts with `;` or `,` between.
    fn tags(&mut self, text: &str) {
        if text.trim_start().starts_with('[')
            && let Ok(tags) = serde_json::from_str(text)
        {
            self.lead.tags = tags;
            return;
        }
        self.lead.tags = text.split([';', ',']).map(str::to_owned).collect();
    }

    fn consents(&mut self, value: Value) {
        match serde_json::from_value::<Vec<ConsentInput>>(value) {
            Ok(consents) => self.lead.consents.extend(consents),
            Err(_) => self.issue("consents", CONSENTS),
        }
    }

    fn consent(&mut self, purpose: &str, status: ConsentStatus) {
        let purpose = purpose.to_owned();
        self.lead.consents.push(ConsentInput { purpose, status, at: None, evidence: None });
    }

    /// The lead, and what is wrong with it so far.
    pub(super) fn finish(mut self) -> (NewLead, Vec<FieldIssue>) {
        let lead = &mut self.lead;
        if let (None, Some(last)) = (&lead.name, self.last_name) {
            lead.name = Some(match lead.first_name.as_deref().map(str::trim) {
                Some(first) => format!("{first} {}", last.trim()),
                None => last,
            });
        } else if lead.name.is_none() && self.parted_names {
            lead.name.clone_from(&lead.first_name);
        }
        if let (Some(value), Some(currency)) = (&mut lead.value, self.currency)
            && !value.trim().contains(' ')
        {
            *value = format!("{} {}", value.trim(), currency.trim());
        }
        if lead.upsert_by.is_empty() {
            lead.upsert_by.clone_from(&self.terms.upsert_by);
        }
        (self.lead, self.issues)
    }
}

const CONSENTS: &str = r#"has to be a list such as [{"purpose":"newsletter","status":"granted","at":"2026-03-31T09:30:00Z"}]"#;

fn status(text: &str) -> Option<ConsentStatus> {
    match text.trim().to_lowercase().as_str() {
        "granted" | "yes" | "true" | "1" => Some(ConsentStatus::Granted),
        "denied" | "no" | "false" | "0" => Some(ConsentStatus::Denied),
        "withdrawn" => Some(ConsentStatus::Withdrawn),
        _ => None,
    }
}

/// What a JSON value is, in plain words.
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
