//! A lead without the fields that somebody may not see. Owns which fields access rules can keep back, and taking them out.

use std::collections::BTreeSet;

use super::Lead;
use crate::money::Money;

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
        for field in hidden {
            self.clear(field);
        }
    }

    fn clear(&mut self, field: &str) {
        let (person, company, source) = (&mut self.person, &mut self.company, &mut self.source);
        match field {
            "name" => person.name = None,
            "first_name" => person.first_name = None,
            "title" => person.title = None,
            "email" => person.email = None,
            "phone" => person.phone = None,
            "company" => company.name = None,
            "domain" => company.domain = None,
            "industry" => (company.industry, company.industry_text) = (None, None),
            "employees" => company.employees = None,
            "country" => company.country = None,
            "city" => company.city = None,
            "source_detail" => source.detail = None,
            "referrer" => source.referrer = None,
            "landing_page" => source.landing_page = None,
            "utm.source" => source.utm.source = None,
            "utm.medium" => source.utm.medium = None,
            "utm.campaign" => source.utm.campaign = None,
            "utm.term" => source.utm.term = None,
            "utm.content" => source.utm.content = None,
            "value" => self.value = None::<Money>,
            "external_id" => self.external_id = None,
            other => {
                if let Some(hidden) = other.strip_prefix("cf.") {
                    self.custom.retain(|key, _| key.as_str() != hidden);
                }
            }
        }
    }
}
