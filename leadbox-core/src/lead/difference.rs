//! What changed between two states of a lead. Owns the plain, flat picture of a lead that events, exports and scripts
//! share: field names to JSON.

use serde_json::{Map, Value};

use super::{ConsentStatus, Lead};
use crate::identity::{Country, Domain, Email, Industry, Phone};

impl Lead {
    /// Every known field by its input name, as plain JSON; unknown ones are missing.
    pub fn to_fields(&self) -> Map<String, Value> {
        let mut fields = Fields(Map::new());
        fields.text("external_id", self.external_id.as_deref());
        fields.text("name", self.person.name.as_deref());
        fields.text("first_name", self.person.first_name.as_deref());
        fields.text("title", self.person.title.as_deref());
        fields.text("email", self.person.email.as_ref().map(Email::as_str));
        fields.text("phone", self.person.phone.as_ref().map(Phone::as_str));
        fields.text("company", self.company.name.as_deref());
        fields.text("domain", self.company.domain.as_ref().map(Domain::as_str));
        fields.text(
            "industry",
            self.company.industry.map(Industry::id).or(self.company.industry_text.as_deref()),
        );
        fields.json("employees", self.company.employees.map(Value::from));
        fields.text("country", self.company.country.map(Country::as_str));
        fields.text("city", self.company.city.as_deref());
        let source = &self.source;
        fields.text("source", source.name.as_deref());
        fields.text("source_detail", source.detail.as_deref());
        fields.text("utm.source", source.utm.source.as_deref());
        fields.text("utm.medium", source.utm.medium.as_deref());
        fields.text("utm.campaign", source.utm.campaign.as_deref());
        fields.text("utm.term", source.utm.term.as_deref());
        fields.text("utm.content", source.utm.content.as_deref());
        fields.text("referrer", source.referrer.as_deref());
        fields.text("landing_page", source.landing_page.as_deref());
        fields.json("owner", self.owner.map(|owner| Value::from(owner.to_string())));
        fields.json("value", self.value.map(|value| Value::from(value.to_string())));
        if !self.tags.is_empty() {
            fields.json("tags", Some(self.tags.iter().map(String::as_str).collect()));
        }
        for consent in &self.consents {
            let status = match consent.status {
                ConsentStatus::Granted => "granted",
                ConsentStatus::Denied => "denied",
                ConsentStatus::Withdrawn => "withdrawn",
            };
            fields.text(&format!("consent.{}", consent.purpose), Some(status));
        }
        for (key, value) in &self.custom {
            fields.json(&format!("cf.{key}"), Some(value.to_json()));
        }
        fields.0
    }

    /// The fields that differ from `before`: their values now, and then; null where there is none.
    pub(crate) fn difference(&self, before: &Self) -> (Map<String, Value>, Map<String, Value>) {
        let (mut now, mut then) = (self.to_fields(), before.to_fields());
        let same: Vec<String> = now
            .iter()
            .filter(|(field, value)| then.get(*field) == Some(value))
            .map(|(field, _)| field.clone())
            .collect();
        for field in same {
            now.remove(&field);
            then.remove(&field);
        }
        for field in then.keys() {
            now.entry(field.clone()).or_insert(Value::Null);
        }
        for field in now.keys() {
            then.entry(field.clone()).or_insert(Value::Null);
        }
        (now, then)
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, field: &str, text: Option<&str>) {
        self.json(field, text.map(Value::from));
    }

    fn json(&mut self, field: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), value);
        }
    }
}
