//! What comes in. Owns the input of a capture as people and programs write it: plain, untrusted, to be read field by
//! field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::assign::{Input, assign, record_consent};
use super::text::{NAME, SHORT, line};
use super::{Consent, ConsentStatus, IdentityKind, Lead, Utm};
use crate::catalog::Catalog;
use crate::error::Invalid;
use crate::id::UserId;
use crate::identity::Email;
use crate::time::Timestamp;

/// What a person said about being contacted, as it comes in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentInput {
    /// What for.
    pub purpose: String,
    /// What was said.
    pub status: ConsentStatus,
    /// When; now if not given.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Timestamp>,
    /// By what means.
    #[serde(default)]
    pub evidence: Option<String>,
}

/// A lead that comes in. Everything is optional, but something to recognise it by has to be there: a name, e-mail
/// address, phone number, company or external id.
///
/// ```
/// # use leadbox_core::{IdentityKind, NewLead};
/// let lead = NewLead::new()
///     .email("ada@analytical.example")
///     .name("Ada Lovelace")
///     .company("Analytical Engines")
///     .source("webinar")
///     .field("budget", 50_000)
///     .upsert_by(IdentityKind::Email);
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLead {
    /// Full name, up to 200 characters.
    pub name: Option<String>,
    /// What to call the person, up to 200 characters.
    pub first_name: Option<String>,
    /// Job title, up to 200 characters.
    pub title: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number: with `+`, or as written in the tenant's region.
    pub phone: Option<String>,
    /// Company name, up to 200 characters.
    pub company: Option<String>,
    /// The company's domain or address. Taken from the e-mail address when it is a business one.
    pub domain: Option<String>,
    /// Industry: an id or name of the taxonomy or an alias; anything else is kept as text.
    pub industry: Option<String>,
    /// How many people work there, 0 or more.
    pub employees: Option<i64>,
    /// Country: two or three letters, or an English name.
    pub country: Option<String>,
    /// City, up to 200 characters.
    pub city: Option<String>,
    /// The channel, up to 64 characters; kept in lower case.
    pub source: Option<String>,
    /// More about it, up to 200 characters.
    pub source_detail: Option<String>,
    /// Campaign parameters, up to 200 characters each.
    pub utm: Utm,
    /// The page that linked here, up to 2000 characters.
    pub referrer: Option<String>,
    /// The first page seen, up to 2000 characters.
    pub landing_page: Option<String>,
    /// Up to 50 tags of up to 64 characters; kept in lower case.
    pub tags: Vec<String>,
    /// Who works on it.
    pub owner: Option<UserId>,
    /// The key of the stage it begins in; the pipeline's first when not given. Ignored when the lead is known already.
    pub stage: Option<String>,
    /// What it may be worth: a plain number such as `1250.50`, optionally with its currency: `1250.50 EUR`.
    pub value: Option<String>,
    /// The host's own id, up to 200 characters.
    pub external_id: Option<String>,
    /// What was said about being contacted.
    pub consents: Vec<ConsentInput>,
    /// Custom fields by key.
    pub custom: BTreeMap<String, Value>,
    /// When it came in, if not now.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub created_at: Option<Timestamp>,
    /// By what it is recognised: the first of these that is given and known finds the lead to update. None means that
    /// a new lead is made in any case.
    pub upsert_by: Vec<IdentityKind>,
}

macro_rules! text_setters {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.$name = Some($name.into());
            self
        }
    )+};
}

impl NewLead {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    text_setters! {
        /// Sets the full name.
        name;
        /// Sets the job title.
        title;
        /// Sets the e-mail address.
        email;
        /// Sets the phone number.
        phone;
        /// Sets the company name.
        company;
        /// Sets the company's domain.
        domain;
        /// Sets the industry.
        industry;
        /// Sets the country.
        country;
        /// Sets the city.
        city;
        /// Sets the channel.
        source;
        /// Sets more about the source.
        source_detail;
        /// Sets the stage it begins in, by key.
        stage;
        /// Sets what it may be worth, such as `1250.50 EUR`.
        value;
        /// Sets the host's own id.
        external_id;
    }

    /// Sets how many people work at the company.
    #[must_use]
    pub fn employees(mut self, employees: i64) -> Self {
        self.employees = Some(employees);
        self
    }

    /// Sets the owner.
    #[must_use]
    pub fn owner(mut self, owner: UserId) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Sets a custom field.
    #[must_use]
    pub fn field(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.custom.insert(key.into(), value.into());
        self
    }

    /// Notes a given consent.
    #[must_use]
    pub fn consent(mut self, purpose: impl Into<String>) -> Self {
        let (purpose, status) = (purpose.into(), ConsentStatus::Granted);
        self.consents.push(ConsentInput { purpose, status, at: None, evidence: None });
        self
    }

    /// Adds a key by which a known lead is recognised and updated.
    #[must_use]
    pub fn upsert_by(mut self, key: IdentityKind) -> Self {
        self.upsert_by.push(key);
        self
    }

    /// Writes everything that is given into `lead`, which is new or known. Of a known lead, the first touch stays: its
    /// source is filled in, never overwritten; tags and consents are added to.
    ///
    /// # Errors
    /// Everything that is wrong; `lead` is then half-written and must be dropped.
    pub(crate) fn apply(
        &self,
        lead: &mut Lead,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        let mut set = |lead: &mut Lead, field: &str, input: Input<'_>| {
            if let Err(message) = assign(lead, field, input, catalog, now) {
                invalid.push(field, message);
            }
        };
        let address = lead.person.email.clone();
        for (field, text) in self.given_texts() {
            set(lead, field, Input::Text(text));
        }
        keep_spelling(lead, address);
        let first_touch = lead.source.clone();
        for (field, text) in self.given_touch() {
            set(lead, field, Input::Text(text));
        }
        keep_first_touch(lead, first_touch);
        if let Some(employees) = self.employees {
            set(lead, "employees", Input::Json(&Value::from(employees)));
        }
        for (key, value) in &self.custom {
            set(lead, &format!("cf.{key}"), Input::from(value));
        }
        if let Some(owner) = self.owner {
            lead.owner = Some(owner);
        }
        for text in &self.tags {
            if let Err(message) = super::assign::tag(lead, text) {
                invalid.push("tags", message);
            }
        }
        for consent in &self.consents {
            match read_consent(consent, now) {
                Ok(consent) => record_consent(lead, consent),
                Err(message) => invalid.push(format!("consent.{}", consent.purpose), message),
            }
        }
        invalid.or(())
    }

    /// The fields that it says something about, by the names under which roles guard them.
    pub(crate) fn given_fields(&self) -> impl Iterator<Item = String> {
        let texts = self.given_texts().chain(self.given_touch()).map(|(field, _)| field.to_owned());
        let employees = self.employees.map(|_| "employees".to_owned());
        let custom = self.custom.keys().map(|key| format!("cf.{key}"));
        texts.chain(employees).chain(custom)
    }

    fn given_texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("name", &self.name),
            ("first_name", &self.first_name),
            ("title", &self.title),
            ("email", &self.email),
            ("phone", &self.phone),
            ("company", &self.company),
            ("domain", &self.domain),
            ("industry", &self.industry),
            ("country", &self.country),
            ("city", &self.city),
            ("value", &self.value),
            ("external_id", &self.external_id),
        ]
        .into_iter()
        .filter_map(given)
    }

    fn given_touch(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("source", &self.source),
            ("source_detail", &self.source_detail),
            ("referrer", &self.referrer),
            ("landing_page", &self.landing_page),
            ("utm.source", &self.utm.source),
            ("utm.medium", &self.utm.medium),
            ("utm.campaign", &self.utm.campaign),
            ("utm.term", &self.utm.term),
            ("utm.content", &self.utm.content),
        ]
        .into_iter()
        .filter_map(given)
    }
}

/// Blank input says nothing, so it clears nothing either.
fn given<'a>((field, text): (&'static str, &'a Option<String>)) -> Option<(&'static str, &'a str)> {
    text.as_deref().filter(|text| !text.trim().is_empty()).map(|text| (field, text))
}

/// Another spelling of the known address is no news.
fn keep_spelling(lead: &mut Lead, known: Option<Email>) {
    if let (Some(known), Some(given)) = (known, &lead.person.email)
        && known.key() == given.key()
    {
        lead.person.email = Some(known);
    }
}

fn keep_first_touch(lead: &mut Lead, first: super::Source) {
    let now = &mut lead.source;
    for (kept, late) in [
        (first.name, &mut now.name),
        (first.detail, &mut now.detail),
        (first.referrer, &mut now.referrer),
        (first.landing_page, &mut now.landing_page),
        (first.utm.source, &mut now.utm.source),
        (first.utm.medium, &mut now.utm.medium),
        (first.utm.campaign, &mut now.utm.campaign),
        (first.utm.term, &mut now.utm.term),
        (first.utm.content, &mut now.utm.content),
    ] {
        if kept.is_some() {
            *late = kept;
        }
    }
}

fn read_consent(input: &ConsentInput, now: Timestamp) -> Result<Consent, String> {
    let purpose = line(Input::Text(&input.purpose), SHORT)?.ok_or("needs a purpose")?;
    let evidence =
        input.evidence.as_deref().map(|text| line(Input::Text(text), NAME)).transpose()?.flatten();
    Ok(Consent {
        purpose,
        status: input.status,
        at: input.at.map_or(now, crate::time::to_micros),
        evidence,
    })
}
