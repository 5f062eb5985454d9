//! A tenant's settings. Owns their types, defaults and ranges; who may change them is decided elsewhere.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::identity::{Country, Industry};
use crate::money::Currency;

/// What a tenant can set. Unknown keys are refused, missing ones take their default.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    /// The zone in which days are counted in reports; `UTC` by default.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub zone: Tz,
    /// The currency of amounts given without one; EUR by default.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub currency: Currency,
    /// Where a phone number without `+` is read; none by default, and such a number is then refused.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub region: Option<Country>,
    /// How much each field weighs in `completeness`, by filter name (`email`, `cf.budget`); 0 to 1000 each.
    pub completeness: BTreeMap<String, u32>,
    /// The tenant's own names for industries, beside the built-in ones.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub industry_aliases: BTreeMap<String, Industry>,
}

/// The weights of a tenant that has not set its own.
const DEFAULT_WEIGHTS: [(&str, u32); 8] = [
    ("name", 15),
    ("email", 25),
    ("phone", 15),
    ("title", 10),
    ("company", 15),
    ("industry", 10),
    ("employees", 5),
    ("country", 5),
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            currency: Currency::EUR,
            region: None,
            completeness: DEFAULT_WEIGHTS.map(|(field, weight)| (field.to_owned(), weight)).into(),
            industry_aliases: BTreeMap::new(),
        }
    }
}
