//! What follows from the rest of a lead. Owns filling it in, once a lead has its values.

use super::Lead;
use crate::catalog::Catalog;
use crate::identity::Domain;

/// Fills in what follows from the rest: the company's domain, `completeness`.
pub(crate) fn settle(lead: &mut Lead, catalog: &Catalog) {
    if lead.company.domain.is_none() {
        lead.company.domain = lead.person.email.as_ref().and_then(Domain::of_email);
    }
    lead.completeness = lead.completeness_under(&catalog.settings);
}
