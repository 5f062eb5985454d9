//! What a lead consists of. Owns the plain data as it is read back; every value here has been normalised.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::field::FieldValue;
use crate::id::{LeadId, PipelineId, StageId, Tenant, UserId};
use crate::identity::{Country, Domain, Email, Industry, Phone};
use crate::key::FieldKey;
use crate::money::Money;
use crate::revision::Version;
use crate::time::Timestamp;

/// The person one talks to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What to call the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Phone number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// The company behind the person.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Company {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its registrable domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// Its industry, from the closed taxonomy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<Industry>,
    /// An industry as it was given that maps to nothing: listed, not lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry_text: Option<String>,
    /// How many people work there, 0 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employees: Option<i64>,
    /// Its country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Its city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
}

/// Campaign parameters of the first touch, as given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Utm {
    /// `utm_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `utm_medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// `utm_campaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// `utm_term`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// `utm_content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Where a lead came from. A later capture of the same lead fills what is missing and overwrites nothing: the first
/// touch stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// The channel in lower case, such as `website` or `google ads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// More about it, such as the form or the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Campaign parameters.
    pub utm: Utm,
    /// The page that linked here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// The first page seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing_page: Option<String>,
}

/// What a person said about being contacted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ConsentStatus {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Yes once, no longer.
    Withdrawn,
}

/// One purpose and what was said about it last; earlier answers are in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// What for, such as `newsletter`.
    pub purpose: String,
    /// What was said.
    pub status: ConsentStatus,
    /// When.
    pub at: Timestamp,
    /// By what means, such as the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// Somebody who may become a customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub version: Version,
    /// The host's own id, unique in its tenant.
    pub external_id: Option<String>,
    /// The person.
    pub person: Person,
    /// The company.
    pub company: Company,
    /// Where it came from.
    pub source: Source,
    /// Tags in lower case.
    pub tags: BTreeSet<String>,
    /// Who works on it.
    pub owner: Option<UserId>,
    /// The pipeline it is in.
    pub pipeline: PipelineId,
    /// The stage it is in.
    pub stage: StageId,
    /// Since when.
    pub stage_since: Timestamp,
    /// What it may be worth.
    pub value: Option<Money>,
    /// What was said about being contacted, one entry per purpose.
    pub consents: Vec<Consent>,
    /// Custom fields.
    pub custom: BTreeMap<FieldKey, FieldValue>,
    /// How much of what the tenant wants to know is known, 0 to 100.
    pub completeness: u8,
    /// When it came in.
    pub created_at: Timestamp,
    /// The day of that in the tenant's zone, by which reports count it.
    pub created_on: NaiveDate,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was deleted, if it was; a deleted lead is found by its id only.
    pub deleted_at: Option<Timestamp>,
    /// The live lead that it was merged into, if it was; it is then deleted. Never one that was itself merged away.
    pub merged_into: Option<LeadId>,
}

/// The wide part of a lead that storages keep as one JSON document, to be read.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The person.
    pub person: Person,
    /// The company.
    pub company: Company,
    /// Where it came from.
    pub source: Source,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// What was said about being contacted.
    pub consents: Vec<Consent>,
    /// Custom fields.
    pub custom: BTreeMap<FieldKey, FieldValue>,
}

/// The wide part of a lead, to be written.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ProfileRef<'a> {
    person: &'a Person,
    company: &'a Company,
    source: &'a Source,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tags: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "<[Consent]>::is_empty")]
    consents: &'a [Consent],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom: &'a BTreeMap<FieldKey, FieldValue>,
}

impl Lead {
    /// The wide part, to be written; comparing two of them tells whether it has to be.
    pub fn profile(&self) -> ProfileRef<'_> {
        ProfileRef {
            person: &self.person,
            company: &self.company,
            source: &self.source,
            tags: &self.tags,
            consents: &self.consents,
            custom: &self.custom,
        }
    }

    /// What to show where a name is expected: the person's, else the address, else the company's.
    pub fn display_name(&self) -> &str {
        self.person
            .name
            .as_deref()
            .or(self.person.email.as_ref().map(Email::as_str))
            .or(self.company.name.as_deref())
            .unwrap_or("(no name)")
    }

    /// What was said last about a purpose.
    pub fn consent(&self, purpose: &str) -> Option<&Consent> {
        self.consents.iter().find(|consent| consent.purpose == purpose)
    }
}
