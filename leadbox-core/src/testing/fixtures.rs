//! Leads and interactions to put in. Made-up people at addresses that cannot exist.

use crate::lead::{IdentityKind, NewLead};
use crate::service::NewInteraction;

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

/// The `n`th interaction: a page view with a key of its own.
pub fn some_interaction(n: usize) -> NewInteraction {
    NewInteraction::new("page_view").prop("path", format!("/page/{n}")).key(format!("visit-{n}"))
}
