//! A tenant's settings. Owns their types, defaults and ranges; who may change them is decided elsewhere.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::colour::Colour;
use crate::error::Invalid;
use crate::field::FieldStatus;
use crate::filter::LeadField;
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
    /// Whose box it is, shown beside LeadBox's name, 1 to 60 characters; nothing by default.
    pub brand: Option<String>,
    /// The colour of what can be pressed or is chosen on the dashboard, such as `#0B6E4F`; LeadBox's own by default.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub accent: Option<Colour>,
    /// How much each field weighs in `completeness`, by filter name (`email`, `cf.budget`); 0 to 1000 each.
    pub completeness: BTreeMap<String, u32>,
    /// The tenant's own names for industries, beside the built-in ones.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    pub industry_aliases: BTreeMap<String, Industry>,
}

/// The heaviest weight of a field.
const MAX_WEIGHT: u32 = 1000;
/// The longest brand, in characters.
const MAX_BRAND: usize = 60;
/// The most own names for industries.
const MAX_ALIASES: usize = 500;

impl Settings {
    /// What is wrong with what differs from `before`. What has been so stays: a field that has been archived since must not
    /// keep anybody from changing the zone.
    pub(crate) fn check(&self, before: &Self, catalog: &Catalog) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        for (name, weight) in &self.completeness {
            if before.completeness.get(name) == Some(weight) {
                continue;
            }
            let field = format!("completeness.{name}");
            if *weight > MAX_WEIGHT {
                invalid.push(&field, format!("has to be 0 to {MAX_WEIGHT}"));
            }
            match LeadField::parse(name) {
                Some(LeadField::Custom(key)) => {
                    let known = catalog.fields.get(&key);
                    if known.is_none_or(|field| field.status != FieldStatus::Active) {
                        invalid.push(&field, "is no custom field");
                    }
                }
                Some(
                    LeadField::Score
                    | LeadField::Priority
                    | LeadField::Completeness
                    | LeadField::LastInteractionAt,
                ) => invalid.push(&field, "is not something that is known of a lead itself"),
                Some(_) => {}
                None => invalid.push(&field, "is no field of a lead"),
            }
        }
        let is_name = |name: &String| !name.trim().is_empty() && name.chars().count() <= MAX_BRAND;
        if !self.brand.as_ref().is_none_or(is_name) {
            invalid.push("brand", format!("needs 1 to {MAX_BRAND} characters"));
        }
        if self.industry_aliases.len() > MAX_ALIASES.max(before.industry_aliases.len()) {
            invalid.push("industry_aliases", format!("are at most {MAX_ALIASES}"));
        }
        invalid.or(())
    }
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
            brand: None,
            accent: None,
            completeness: DEFAULT_WEIGHTS.map(|(field, weight)| (field.to_owned(), weight)).into(),
            industry_aliases: BTreeMap::new(),
        }
    }
}
