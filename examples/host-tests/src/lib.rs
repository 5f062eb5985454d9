//! A small product that embeds LeadBox: a trial signup becomes a lead, and a sales report asks how many are still open.
//! Its tests show the two ways to test such code: a real LeadBox in memory whose clock the test holds, and a mock of the
//! one storage role that the code asks.

use leadbox_core::filter::{LeadQuery, Op};
use leadbox_core::service::LeadList;
use leadbox_core::storage::{LeadStore, StorageError};
use leadbox_core::{
    FieldDefinition, FieldType, FieldValue, IdentityKind, Invalid, Lead, LeadBox, LeadFilter,
    LeadId, LeadRecord, NewInteraction, NewLead, Result, Scope,
};

/// What the product knows of somebody who tries it.
#[derive(Clone, PartialEq, Debug)]
pub struct TrialSignup {
    /// Who.
    pub email: String,
    /// How many seats they asked for.
    pub seats: f64,
}

impl LeadRecord for TrialSignup {
    fn to_new_lead(&self) -> NewLead {
        NewLead::new()
            .email(&self.email)
            .source("trial")
            .field("seats", self.seats)
            .upsert_by(IdentityKind::Email)
    }

    fn from_lead(lead: &Lead) -> std::result::Result<Self, Invalid> {
        let email =
            lead.person.email.as_ref().ok_or_else(|| Invalid::one("email", "is missing"))?;
        match lead.custom_field("seats") {
            Some(FieldValue::Number(seats)) => {
                Ok(Self { email: email.as_str().to_owned(), seats: *seats })
            }
            _ => Err(Invalid::one("cf.seats", "is missing")),
        }
    }
}

/// Declares what the product needs; harmless to repeat.
///
/// # Errors
/// From LeadBox.
pub async fn set_up(leadbox: &LeadBox) -> Result<()> {
    leadbox
        .definitions()
        .define_field(
            &FieldDefinition::new("seats", FieldType::Number)
                .map_err(|error| Invalid::one("seats", error))?,
        )
        .await
}

/// Takes a signup: captures the lead, notes the visit, and qualifies whoever asks for many seats.
///
/// # Errors
/// From LeadBox.
pub async fn sign_up(leadbox: &LeadBox, signup: &TrialSignup) -> Result<LeadId> {
    let leads = leadbox.leads();
    let lead = leads.capture_record(signup).await?.lead;
    let started = NewInteraction::new("trial_start").key(format!("trial:{}", signup.email));
    leads.record_interaction(lead.id, &started).await?;
    if signup.seats >= 50.0 {
        leads.advance(lead.id, "qualified").await?;
    }
    Ok(lead.id)
}

/// How many trials are still open.
///
/// # Errors
/// From LeadBox.
pub async fn open_trials(leadbox: &LeadBox) -> Result<u64> {
    let open =
        LeadFilter::is("source", Op::Eq, "trial").and(LeadFilter::is("stage_kind", Op::Eq, "open"));
    leadbox.leads().count(&LeadList::filtered(open), 10_000).await
}

/// A health line for a status page: asks nothing but one storage role, so a mock will do in tests.
///
/// # Errors
/// From the storage.
pub async fn status_line(
    leads: &dyn LeadStore,
    scope: &Scope,
) -> std::result::Result<String, StorageError> {
    match leads.count_leads(scope, &LeadQuery::default(), 1_000).await? {
        1_001.. => Ok("more than 1000 leads".to_owned()),
        count => Ok(format!("{count} leads")),
    }
}
