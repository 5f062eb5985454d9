//! Leads, interactions and tasks to put in. Made-up people at addresses that cannot exist.

use crate::lead::{IdentityKind, NewLead};
use crate::service::NewInteraction;
use crate::task::NewTask;

const NAMES: [&str; 8] = [
    "Ada Byron",
    "Bruno Okafor",
    "Chiara Neri",
    "Dmitri Volk",
    "Elif Demir",
    "Farah Aziz",
    "Goro Ito",
    "Hanne Lund",
];
const SOURCES: [&str; 4] = ["website", "webinar", "referral", "google ads"];

/// The `n`th lead: always the same for the same `n`, another person for another; recognised by its address.
pub fn some_lead(n: usize) -> NewLead {
    NewLead::new()
        .name(NAMES[n % NAMES.len()])
        .email(format!("person{n}@company{}.example", n / 3))
        .company(format!("Company {}", n / 3))
        .source(SOURCES[n % SOURCES.len()])
        .upsert_by(IdentityKind::Email)
}

/// A lead of which everything is known that is no custom field.
pub fn full_lead() -> NewLead {
    let mut new = NewLead::new()
        .name("Ada Byron")
        .title("CTO")
        .email("ada@analytical.example")
        .phone("+49 30 901820")
        .company("Analytical Engines")
        .domain("analytical.example")
        .industry("SaaS")
        .country("DE")
        .city("Berlin")
        .source("webinar")
        .value("1250.50 EUR")
        .external_id("crm-1")
        .tag("vip");
    new.first_name = Some("Ada".to_owned());
    new.employees = Some(250);
    new.source_detail = Some("spring".to_owned());
    new.referrer = Some("https://search.example/".to_owned());
    new.landing_page = Some("https://leads.example/".to_owned());
    new.utm = crate::lead::Utm {
        source: Some("search".to_owned()),
        medium: Some("cpc".to_owned()),
        campaign: Some("spring".to_owned()),
        term: Some("engine".to_owned()),
        content: Some("blue".to_owned()),
    };
    new
}

/// The `n`th interaction: a page view with a key of its own.
pub fn some_interaction(n: usize) -> NewInteraction {
    NewInteraction::new("page_view").prop("path", format!("/page/{n}")).key(format!("visit-{n}"))
}

/// The `n`th task: to do something without a date.
pub fn some_task(n: usize) -> NewTask {
    const TITLES: [&str; 4] =
        ["Call back", "Send the offer", "Ask for the budget", "Book the demo"];
    NewTask::new(format!("{} {n}", TITLES[n % TITLES.len()]))
}
