//! A host's own struct as a lead. Owns the two-way mapping; what the struct means is the host's business.

use super::{Lead, NewLead};
use crate::error::Invalid;

/// A host's own type that is captured as a lead and read back from one, with its extras as typed custom fields.
///
/// The keys of the extras have to be declared as custom fields, like any other.
///
/// ```
/// use leadbox_core::{FieldValue, IdentityKind, Invalid, Lead, LeadRecord, NewLead};
///
/// struct TrialSignup {
///     email: String,
///     seats: f64,
/// }
///
/// impl LeadRecord for TrialSignup {
///     fn to_new_lead(&self) -> NewLead {
///         NewLead::new().email(&self.email).field("seats", self.seats).upsert_by(IdentityKind::Email)
///     }
///
///     fn from_lead(lead: &Lead) -> Result<Self, Invalid> {
///         let email = lead.person.email.as_ref().ok_or_else(|| Invalid::one("email", "is missing"))?;
///         let seats = match lead.custom_field("seats") {
///             Some(FieldValue::Number(seats)) => *seats,
///             _ => return Err(Invalid::one("cf.seats", "is missing")),
///         };
///         Ok(Self { email: email.as_str().to_owned(), seats })
///     }
/// }
/// ```
pub trait LeadRecord: Sized {
    /// What is captured.
    fn to_new_lead(&self) -> NewLead;

    /// What is read back.
    ///
    /// # Errors
    /// What the lead lacks.
    fn from_lead(lead: &Lead) -> Result<Self, Invalid>;
}

impl Lead {
    /// The value of a custom field by its key.
    pub fn custom_field(&self, key: &str) -> Option<&crate::field::FieldValue> {
        self.custom.iter().find(|(known, _)| known.as_str() == key).map(|(_, value)| value)
    }
}
