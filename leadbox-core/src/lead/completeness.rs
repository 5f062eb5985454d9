//! How much of a lead is known. Owns the formula; the weights are a tenant's setting.

use super::Lead;
use crate::filter::LeadField;
use crate::settings::Settings;

impl Lead {
    /// The weights of the known fields as a share of all weights, 0 to 100, rounded to the nearest, half up. 100 when
    /// nothing has weight. Weights for names that are no field count as unknown.
    pub fn completeness_under(&self, settings: &Settings) -> u8 {
        let (mut known, mut all) = (0_u64, 0_u64);
        for (name, weight) in &settings.completeness {
            let weight = u64::from(*weight);
            all += weight;
            if LeadField::parse(name).is_some_and(|field| self.knows(&field)) {
                known += weight;
            }
        }
        if all == 0 {
            return 100;
        }
        u8::try_from((200 * known + all) / (2 * all)).unwrap_or(100)
    }
}
