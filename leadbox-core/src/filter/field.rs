//! The fields of a lead that can be asked for. Owns their names and how each compares.

use std::fmt;

use crate::key::FieldKey;
use crate::lead::Lead;

/// A field of a lead, by the name that filters, settings and access rules use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LeadField {
    /// `name`, compared folded.
    Name,
    /// `company`, compared folded.
    Company,
    /// `title`, compared folded.
    Title,
    /// `city`, compared folded.
    City,
    /// `email`, compared by its key.
    Email,
    /// `phone`, compared in E.164.
    Phone,
    /// `external_id`.
    ExternalId,
    /// `first_name`.
    FirstName,
    /// `domain`.
    Domain,
    /// `industry`, by its id.
    Industry,
    /// `industry_text`.
    IndustryText,
    /// `country`, two letters.
    Country,
    /// `source`.
    Source,
    /// `source_detail`.
    SourceDetail,
    /// `referrer`.
    Referrer,
    /// `landing_page`.
    LandingPage,
    /// `utm.source`.
    UtmSource,
    /// `utm.medium`.
    UtmMedium,
    /// `utm.campaign`.
    UtmCampaign,
    /// `utm.term`.
    UtmTerm,
    /// `utm.content`.
    UtmContent,
    /// `currency` of the value.
    Currency,
    /// `priority`, by its name.
    Priority,
    /// `employees`.
    Employees,
    /// `completeness`, 0 to 100.
    Completeness,
    /// `value`, in minor units.
    Value,
    /// `score`, in hundredths of a point.
    Score,
    /// `owner`.
    Owner,
    /// `stage`.
    Stage,
    /// `pipeline`.
    Pipeline,
    /// `created_at`.
    CreatedAt,
    /// `updated_at`.
    UpdatedAt,
    /// `stage_since`.
    StageSince,
    /// `last_interaction_at`.
    LastInteractionAt,
    /// `tag`.
    Tag,
    /// `cf.` and a key: a custom field.
    Custom(FieldKey),
}

/// How a field compares, which is also how a storage keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldClass {
    /// Text, by its bytes.
    Text,
    /// A whole number.
    Integer,
    /// An id.
    Id,
    /// A moment.
    Time,
    /// Rows of the side index, by their bytes.
    Facet,
}

macro_rules! plain_fields {
    ($($variant:ident $name:literal $class:ident;)+) => {
        impl LeadField {
            /// Every field that is not custom.
            pub const PLAIN: &'static [Self] = &[$(Self::$variant),+];

            fn plain(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// How it compares.
            pub fn class(&self) -> FieldClass {
                match self {
                    $(Self::$variant => FieldClass::$class,)+
                    Self::Custom(_) => FieldClass::Facet,
                }
            }
        }

        impl fmt::Display for LeadField {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($name),)+
                    Self::Custom(key) => write!(f, "cf.{key}"),
                }
            }
        }
    };
}

plain_fields! {
    Name "name" Text;
    Company "company" Text;
    Title "title" Text;
    City "city" Text;
    Email "email" Text;
    Phone "phone" Text;
    ExternalId "external_id" Text;
    FirstName "first_name" Text;
    Domain "domain" Text;
    Industry "industry" Text;
    IndustryText "industry_text" Text;
    Country "country" Text;
    Source "source" Text;
    SourceDetail "source_detail" Text;
    Referrer "referrer" Text;
    LandingPage "landing_page" Text;
    UtmSource "utm.source" Text;
    UtmMedium "utm.medium" Text;
    UtmCampaign "utm.campaign" Text;
    UtmTerm "utm.term" Text;
    UtmContent "utm.content" Text;
    Currency "currency" Text;
    Priority "priority" Text;
    Employees "employees" Integer;
    Completeness "completeness" Integer;
    Value "value" Integer;
    Score "score" Integer;
    Owner "owner" Id;
    Stage "stage" Id;
    Pipeline "pipeline" Id;
    CreatedAt "created_at" Time;
    UpdatedAt "updated_at" Time;
    StageSince "stage_since" Time;
    LastInteractionAt "last_interaction_at" Time;
    Tag "tag" Facet;
}

impl LeadField {
    /// The field with this name; `cf.budget` for a custom one, whether or not it is declared.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("cf.") {
            Some(key) => key.parse().ok().map(Self::Custom),
            None => Self::plain(name),
        }
    }
}

impl Lead {
    /// Whether a field of the lead itself is known. Score and interactions lie beside the lead and count as unknown.
    pub fn knows(&self, field: &LeadField) -> bool {
        super::Facts::of_lead(self).test(&super::Leaf {
            field: field.clone(),
            test: super::Test::Known,
            sense: super::Sense::Holds,
        })
    }
}
