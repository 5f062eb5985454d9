//! A lead as JSON. Owns its representation: the names are those with which a lead is captured, so that what is read can be
//! written back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use leadbox_core::{
    Catalog, Consent, ConsentStatus, Freshness, Lead, LeadId, LeadScore, PipelineId, StoredLead,
    UserId, Utm, Version,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A lead. Fields without a value are missing, and so are those that are hidden from whoever asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lead)]
pub(super) struct LeadBody {
    /// Its id.
    id: LeadId,
    /// Raised by one at every change; 1 when new. Also its `ETag`.
    version: Version,
    /// The host's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// What to call the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ada@analytical.example")]
    email: Option<String>,
    /// Phone number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+442079460018")]
    phone: Option<String>,
    /// Company name.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// The company's registrable domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// Industry: an id of the taxonomy, or the text that maps to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    industry: Option<String>,
    /// How many people work there.
    #[serde(skip_serializing_if = "Option::is_none")]
    employees: Option<i64>,
    /// Country, ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "GB")]
    country: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_detail: Option<String>,
    /// Campaign parameters.
    utm: Utm,
    /// The page that linked here.
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<String>,
    /// The first page seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    landing_page: Option<String>,
    /// Tags.
    tags: Vec<String>,
    /// Who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<UserId>,
    /// The pipeline that it is in.
    pipeline: PipelineId,
    /// The key of the stage that it is in.
    #[schema(example = "qualified")]
    stage: String,
    /// Since when.
    stage_since: DateTime<Utc>,
    /// What it may be worth, with its currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1250.50 EUR")]
    value: Option<String>,
    /// What was said about being contacted.
    consents: Vec<ConsentBody>,
    /// Custom fields by key.
    custom: BTreeMap<String, Value>,
    /// How much of what the tenant wants to know is known, 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    completeness: u8,
    /// Its score, once a rule has looked at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<ScoreBody>,
    /// How many interactions there are that are not suspect.
    interactions: i64,
    /// When the last of them happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_interaction_at: Option<DateTime<Utc>>,
    /// When it came in.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
    /// When it was deleted, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<DateTime<Utc>>,
}

/// What was said about one purpose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
pub(super) struct ConsentBody {
    /// What for.
    purpose: String,
    /// What was said.
    status: ConsentStatus,
    /// When.
    at: DateTime<Utc>,
    /// By what means.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
}

/// A score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Score)]
pub(super) struct ScoreBody {
    /// The sum, with up to two decimals.
    #[schema(example = "62.5")]
    total: String,
    /// The priority's name, such as `hot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    /// The sum per category.
    categories: BTreeMap<String, String>,
    /// The moment for which it is true.
    as_of: DateTime<Utc>,
    /// Whether something happened that is not counted yet.
    dirty: bool,
}

impl LeadBody {
    pub(super) fn of(stored: &StoredLead, catalog: &Catalog) -> Self {
        let score = (stored.score.revision.0 > 0).then(|| ScoreBody::of(&stored.score));
        Self {
            score,
            interactions: stored.activity.count,
            last_interaction_at: stored.activity.last_at,
            ..Self::alone(&stored.lead, catalog)
        }
    }

    /// Without what lies beside the lead.
    fn alone(lead: &Lead, catalog: &Catalog) -> Self {
        let (person, company, source) = (&lead.person, &lead.company, &lead.source);
        let industry = company.industry.map(|industry| industry.id().to_owned());
        let stage = catalog.stage(lead.stage).map(|(_, stage)| stage.key.clone());
        let custom = lead.custom.iter().map(|(key, value)| (key.to_string(), value.to_json()));
        Self {
            id: lead.id,
            version: lead.version,
            external_id: lead.external_id.clone(),
            name: person.name.clone(),
            first_name: person.first_name.clone(),
            title: person.title.clone(),
            email: person.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            company: company.name.clone(),
            domain: company.domain.as_ref().map(|domain| domain.as_str().to_owned()),
            industry: industry.or_else(|| company.industry_text.clone()),
            employees: company.employees,
            country: company.country.map(|country| country.as_str().to_owned()),
            city: company.city.clone(),
            source: source.name.clone(),
            source_detail: source.detail.clone(),
            utm: source.utm.clone(),
            referrer: source.referrer.clone(),
            landing_page: source.landing_page.clone(),
            tags: lead.tags.iter().cloned().collect(),
            owner: lead.owner,
            pipeline: lead.pipeline,
            stage: stage.unwrap_or_else(|| lead.stage.to_string()),
            stage_since: lead.stage_since,
            value: lead.value.as_ref().map(ToString::to_string),
            consents: lead.consents.iter().map(ConsentBody::of).collect(),
            custom: custom.collect(),
            completeness: lead.completeness,
            score: None,
            interactions: 0,
            last_interaction_at: None,
            created_at: lead.created_at,
            updated_at: lead.updated_at,
            deleted_at: lead.deleted_at,
        }
    }
}

impl ConsentBody {
    fn of(consent: &Consent) -> Self {
        Self {
            purpose: consent.purpose.clone(),
            status: consent.status,
            at: consent.at,
            evidence: consent.evidence.clone(),
        }
    }
}

impl ScoreBody {
    fn of(score: &LeadScore) -> Self {
        let categories =
            score.categories.iter().map(|(name, points)| (name.clone(), points.to_string()));
        Self {
            total: score.total.to_string(),
            priority: score.priority.clone(),
            categories: categories.collect(),
            as_of: score.as_of,
            dirty: score.freshness == Freshness::Dirty,
        }
    }
}

/// Where a field stands in the body of a capture.
pub(super) fn captured(field: &str) -> String {
    match field.split_once('.') {
        Some(("cf", key)) => format!("/custom/{key}"),
        Some(("utm", name)) => format!("/utm/{name}"),
        Some(("consent", _)) => "/consents".to_owned(),
        _ => format!("/{field}"),
    }
}

/// Where a field stands in the body of a change.
pub(super) fn patched(field: &str) -> String {
    format!("/set/{field}")
}
