//! What makes a lead a good one, brand by brand. Owns which script is whose: they lie in `rules`, beside the program, and test themselves.

use leadbox_core::{Invalid, LeadBox, RuleSetKey};

use crate::Brand;

/// Puts each brand's rules into force, unless they are already.
///
/// # Errors
/// What is wrong with a script, a test of one that fails among it; from the storage.
pub async fn publish_rules(leadbox: &LeadBox) -> leadbox_core::Result<()> {
    for brand in Brand::ALL {
        let leadbox = leadbox.for_tenant(brand.tenant);
        let set: RuleSetKey = "house".parse().map_err(|error| Invalid::one("key", error))?;
        leadbox.rules().publish_script(&set, brand.rules, "as they lie beside the program").await?;
    }
    Ok(())
}
