//! A lead without the fields that somebody may not see, or with those of another. Owns which fields access rules can keep
//! back, and how one field at a time is taken out or over.

use std::collections::{BTreeMap, BTreeSet};

use super::{Company, Lead, Person, Source};

impl Lead {
    /// The fields that a role can hide or protect, by their filter names; beside them every custom field (`cf.budget`).
    /// Owner, stage, source and times are not among them: what somebody sees, and every count, follows from them.
    pub const GUARDED: [&'static str; 21] = [
        "name",
        "first_name",
        "title",
        "email",
        "phone",
        "company",
        "domain",
        "industry",
        "employees",
        "country",
        "city",
        "source_detail",
        "referrer",
        "landing_page",
        "utm.source",
        "utm.medium",
        "utm.campaign",
        "utm.term",
        "utm.content",
        "value",
        "external_id",
    ];

    /// Takes the hidden fields out.
    pub(crate) fn redact(&mut self, hidden: &BTreeSet<String>) {
        if hidden.is_empty() {
            return;
        }
        let blank = Self {
            external_id: None,
            person: Person::default(),
            company: Company::default(),
            source: Source::default(),
            value: None,
            custom: BTreeMap::new(),
            ..self.clone()
        };
        for field in hidden {
            self.take(field, &blank);
        }
    }

    /// Takes a field's value over from another lead, by its filter name; also when there is none.
    pub(crate) fn take(&mut self, field: &str, from: &Self) {
        let (person, company, source) = (&mut self.person, &mut self.company, &mut self.source);
        match field {
            "name" => person.name.clone_from(&from.person.name),
            "first_name" => person.first_name.clone_from(&from.person.first_name),
            "title" => person.title.clone_from(&from.person.title),
            "email" => person.email.clone_from(&from.person.email),
            "phone" => person.phone.clone_from(&from.person.phone),
            "company" => company.name.clone_from(&from.company.name),
            "domain" => company.domain.clone_from(&from.company.domain),
            "industry" => {
                company.industry = from.company.industry;
                company.industry_text.clone_from(&from.company.industry_text);
            }
            "employees" => company.employees = from.company.employees,
            "country" => company.country = from.company.country,
            "city" => company.city.clone_from(&from.company.city),
            "source" => source.name.clone_from(&from.source.name),
            "source_detail" => source.detail.clone_from(&from.source.detail),
            "referrer" => source.referrer.clone_from(&from.source.referrer),
            "landing_page" => source.landing_page.clone_from(&from.source.landing_page),
            "utm.source" => source.utm.source.clone_from(&from.source.utm.source),
            "utm.medium" => source.utm.medium.clone_from(&from.source.utm.medium),
            "utm.campaign" => source.utm.campaign.clone_from(&from.source.utm.campaign),
            "utm.term" => source.utm.term.clone_from(&from.source.utm.term),
            "utm.content" => source.utm.content.clone_from(&from.source.utm.content),
            "value" => self.value = from.value,
            "owner" => self.owner = from.owner,
            "external_id" => self.external_id.clone_from(&from.external_id),
            other => {
                if let Some(name) = other.strip_prefix("cf.") {
                    self.custom.retain(|key, _| key.as_str() != name);
                    let theirs = from.custom.iter().filter(|(key, _)| key.as_str() == name);
                    self.custom.extend(theirs.map(|(key, value)| (key.clone(), value.clone())));
                }
            }
        }
    }
}
