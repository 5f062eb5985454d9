//! Made-up leads to score: the same facts for everybody. Owns the facts as idiomatic Rust, and the same as leads of LeadBox.

use std::error::Error;

use leadbox_core::{
    Company, Consent, ConsentStatus, Country, Domain, Email, FieldKey, FieldValue, Industry,
    Interaction, InteractionId, InteractionKind, Judge, Lead, LeadId, Person, Phone, PipelineId,
    Source, StageId, Suspicion, Tenant, Timestamp, Version,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

/// What is known of a lead.
#[derive(Clone, Debug)]
pub struct Facts {
    pub name: String,
    pub email: Option<String>,
    pub email_domain: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub employees: Option<i64>,
    pub industry: Option<String>,
    pub country: Option<String>,
    pub title: Option<String>,
    pub source: Option<String>,
    pub opens: f64,
    pub views: f64,
    pub forms: f64,
    pub demos: f64,
    pub idle: f64,
    pub budget: Option<f64>,
    pub is_unsubscribed: bool,
    pub is_not_to_be_called: bool,
    pub visits: Vec<Visit>,
    pub tags: Vec<&'static str>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Visit {
    pub kind: &'static str,
    pub path: &'static str,
    pub seconds: i64,
    pub at: Timestamp,
}

/// The moment as of which everybody is scored.
pub const NOW: &str = "2026-03-02T09:00:00Z";

const FREE: [&str; 4] = ["gmail.com", "yahoo.com", "gmx.de", "outlook.com"];
const TITLES: [&str; 14] = [
    "CTO",
    "CEO",
    "Co-Founder & CTO",
    "Chief Revenue Officer",
    "Founder",
    "VP Marketing",
    "Sales Director",
    "Head of Sales",
    "Software Engineer",
    "Buyer",
    "Analyst",
    "Office Manager",
    "Student",
    "Account Executive",
];
const INDUSTRIES: [&str; 8] = [
    "software",
    "retail",
    "education",
    "healthcare",
    "manufacturing",
    "banking",
    "insurance",
    "real_estate",
];
const COUNTRIES: [&str; 10] = ["DE", "US", "FR", "IT", "PL", "JP", "GB", "NL", "BR", "IN"];
const SOURCES: [&str; 6] =
    ["website", "webinar", "referral", "google ads", "linkedin", "trade show"];
const KINDS: [&str; 5] = ["page_view", "email_open", "form_submit", "call", "email_click"];
const TAGS: [&str; 6] = ["vip", "press", "partner", "trial", "event", "old"];
const PATHS: [&str; 4] = ["/pricing/teams", "/pricing", "/blog/post", "/docs"];

fn pick(rng: &mut StdRng, all: &[&'static str]) -> &'static str {
    all[rng.random_range(0..all.len())]
}

fn maybe<T>(rng: &mut StdRng, percent: u32, make: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    (rng.random_range(0..100) < percent).then(|| make(rng))
}

/// So many leads with so many interactions each, always the same for the same seed.
pub fn made_up(leads: usize, visits: usize, seed: u64, now: Timestamp) -> Vec<Facts> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..leads).map(|number| one(&mut rng, number, visits, now)).collect()
}

fn one(rng: &mut StdRng, number: usize, visits: usize, now: Timestamp) -> Facts {
    let email_domain = maybe(rng, 85, |rng| match rng.random_range(0..10) {
        0..3 => pick(rng, &FREE).to_owned(),
        _ => format!("company{}.example", rng.random_range(0..5_000)),
    });
    let visit = |rng: &mut StdRng| Visit {
        kind: pick(rng, &KINDS),
        path: pick(rng, &PATHS),
        seconds: rng.random_range(0..300),
        at: now - chrono::TimeDelta::minutes(rng.random_range(0..60 * 24 * 90)),
    };
    Facts {
        name: format!("Person {number}"),
        email: email_domain.as_ref().map(|domain| format!("person{number}@{domain}")),
        email_domain,
        phone: maybe(rng, 60, |_| format!("+4930{:07}", number % 10_000_000)),
        company: maybe(rng, 80, |rng| format!("Company {}", rng.random_range(0..50_000))),
        employees: maybe(rng, 75, |rng| {
            10_i64.pow(rng.random_range(0..4)) * rng.random_range(1..10)
        }),
        industry: maybe(rng, 80, |rng| pick(rng, &INDUSTRIES).to_owned()),
        country: maybe(rng, 85, |rng| pick(rng, &COUNTRIES).to_owned()),
        title: maybe(rng, 80, |rng| pick(rng, &TITLES).to_owned()),
        source: maybe(rng, 90, |rng| pick(rng, &SOURCES).to_owned()),
        opens: f64::from(rng.random_range(0..20)),
        views: f64::from(rng.random_range(0..15)),
        forms: f64::from(rng.random_range(0..3)),
        demos: f64::from(rng.random_range(0..2)),
        idle: f64::from(rng.random_range(0..180)),
        budget: maybe(rng, 50, |rng| f64::from(rng.random_range(1..60)) * 500.0),
        is_unsubscribed: rng.random_range(0..10) == 0,
        is_not_to_be_called: rng.random_range(0..12) == 0,
        visits: (0..visits).map(|_| visit(rng)).collect(),
        tags: TAGS.into_iter().filter(|_| rng.random_range(0..2) == 0).collect(),
    }
}

impl Facts {
    /// The same as a lead of LeadBox.
    pub fn lead(&self, number: usize, now: Timestamp) -> Result<Lead, Box<dyn Error>> {
        // Normal form already, so nothing has to be parsed again.
        let normal = |text: &String| serde_json::Value::String(text.clone());
        let email: Option<Email> =
            self.email.as_ref().map(normal).map(serde_json::from_value).transpose()?;
        let phone: Option<Phone> =
            self.phone.as_ref().map(normal).map(serde_json::from_value).transpose()?;
        let domain: Option<Domain> =
            self.email_domain.as_ref().map(normal).map(serde_json::from_value).transpose()?;
        let mut custom = vec![
            ("opens_30d", self.opens),
            ("views_30d", self.views),
            ("forms_30d", self.forms),
            ("demos_30d", self.demos),
            ("idle_days", self.idle),
        ];
        custom.extend(self.budget.map(|budget| ("budget", budget)));
        let custom = custom.into_iter().map(|(key, value)| {
            key.parse::<FieldKey>().map(|key| (key, FieldValue::Number(value)))
        });
        let said = |purpose: &str, status, is_said: bool| {
            let (purpose, at, evidence) = (purpose.to_owned(), now, None);
            is_said.then_some(Consent { purpose, status, at, evidence })
        };
        let consents = [
            said("newsletter", ConsentStatus::Withdrawn, self.is_unsubscribed),
            said("calls", ConsentStatus::Denied, self.is_not_to_be_called),
        ];
        Ok(Lead {
            id: LeadId::from_uuid(Uuid::from_u128(number as u128 + 1)),
            tenant: Tenant::DEFAULT,
            version: Version(1),
            external_id: None,
            person: Person {
                name: Some(self.name.clone()),
                first_name: None,
                title: self.title.clone(),
                email,
                phone,
            },
            company: Company {
                name: self.company.clone(),
                domain,
                industry: self.industry.as_deref().and_then(Industry::from_id),
                industry_text: None,
                employees: self.employees,
                country: self.country.as_deref().and_then(Country::parse),
                city: None,
            },
            source: Source { name: self.source.clone(), ..Source::default() },
            tags: self.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            owner: None,
            pipeline: PipelineId::from_uuid(Uuid::nil()),
            stage: StageId::from_uuid(Uuid::nil()),
            stage_since: now,
            value: None,
            consents: consents.into_iter().flatten().collect(),
            custom: custom.collect::<Result<_, _>>()?,
            completeness: 50,
            created_at: now,
            created_on: now.date_naive(),
            updated_at: now,
            deleted_at: None,
            merged_into: None,
        })
    }

    /// What happened with it, as LeadBox keeps it.
    pub fn interactions(&self, lead: &Lead) -> Vec<Interaction> {
        let interaction = |(number, visit): (usize, &Visit)| {
            let mut props = serde_json::Map::new();
            props.insert("path".to_owned(), visit.path.into());
            props.insert("seconds".to_owned(), visit.seconds.into());
            Some(Interaction {
                id: InteractionId::from_uuid(Uuid::from_u128(number as u128 + 1)),
                tenant: lead.tenant,
                lead: lead.id,
                kind: InteractionKind::parse(visit.kind)?,
                at: visit.at,
                received_at: visit.at,
                key: None,
                suspicion: Suspicion::Clear,
                judge: Judge::default(),
                reason: None,
                props,
            })
        };
        self.visits.iter().enumerate().filter_map(interaction).collect()
    }
}
