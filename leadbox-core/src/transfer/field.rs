//! The fields that a file can fill. Owns their names and the names that other programs' exports give them.

use std::fmt;

/// A field of [`NewLead`](crate::NewLead), or a part of one, that a column can fill.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Field {
    Plain(Plain),
    /// `consent.` and a purpose.
    Consent(String),
    /// `cf.` and the key of a declared custom field.
    Custom(String),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(plain) => f.write_str(plain.name()),
            Self::Consent(purpose) => write!(f, "consent.{purpose}"),
            Self::Custom(key) => write!(f, "cf.{key}"),
        }
    }
}

macro_rules! plain_fields {
    ($($(#[$doc:meta])* $variant:ident $name:literal [$($alias:literal)*];)+) => {
        /// A field that every tenant has.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub(super) enum Plain {
            $($(#[$doc])* $variant,)+
        }

        impl Plain {
            /// Every field with the names it goes by, its own first, in the form of [`normal`].
            pub(super) const NAMES: &'static [(Self, &'static [&'static str])] =
                &[$((Self::$variant, &[$name, $($alias),*])),+];

            /// Its own name.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

plain_fields! {
    Name "name" ["full_name" "contact_name" "lead_name" "contact" "person" "person_name"];
    FirstName "first_name" ["firstname" "given_name" "forename"];
    /// Not a field of a lead: joined to its name.
    LastName "last_name" ["lastname" "surname" "family_name"];
    Title "title" ["job_title" "jobtitle" "position" "role"];
    Email "email" ["e_mail" "email_address" "e_mail_address" "mail" "work_email" "business_email" "primary_email"];
    Phone "phone" ["phone_number" "telephone" "tel" "mobile" "mobile_phone" "mobile_phone_number" "mobile_number"
        "work_phone" "business_phone" "cell" "cell_phone"];
    Company "company" ["company_name" "organization" "organisation" "organization_name" "organisation_name"
        "account" "account_name" "associated_company"];
    Domain "domain" ["company_domain" "company_domain_name" "website" "website_url" "web_site" "company_website"
        "homepage"];
    Industry "industry" ["sector"];
    Employees "employees" ["number_of_employees" "no_of_employees" "num_employees" "employee_count" "company_size"
        "headcount"];
    Country "country" ["country_region" "country_code"];
    City "city" ["town"];
    Source "source" ["lead_source" "channel" "original_source"];
    SourceDetail "source_detail" ["source_details" "lead_source_detail" "original_source_detail"];
    UtmSource "utm.source" ["utm_source"];
    UtmMedium "utm.medium" ["utm_medium"];
    UtmCampaign "utm.campaign" ["utm_campaign"];
    UtmTerm "utm.term" ["utm_term"];
    UtmContent "utm.content" ["utm_content"];
    Referrer "referrer" ["referer" "referring_url" "first_referring_site"];
    LandingPage "landing_page" ["landing_page_url" "first_page_seen"];
    Tags "tags" ["tag" "labels" "label"];
    Owner "owner" ["owner_id" "lead_owner_id"];
    Stage "stage" ["lead_stage" "pipeline_stage" "deal_stage"];
    Value "value" ["amount" "deal_value" "deal_amount" "lead_value" "expected_revenue"];
    /// Not a field of a lead: joined to its value.
    Currency "currency" ["currency_code" "currency_iso_code"];
    ExternalId "external_id" ["externalid" "record_id" "lead_id" "contact_id"];
    Consents "consents" [];
    CreatedAt "created_at" ["created" "create_date" "created_date" "date_created" "created_on" "created_time"
        "creation_date"];
}

/// Columns of our own exports and error files that say nothing about a lead that comes in.
pub(super) const PASSED_OVER: [&str; 9] = [
    ROW_COLUMN,
    ERROR_COLUMN,
    LINE_COLUMN,
    "id",
    "score",
    "priority",
    "completeness",
    "updated_at",
    "last_interaction_at",
];

/// The column of an error file that holds the row's number.
pub(super) const ROW_COLUMN: &str = "import_row";
/// The column of an error file that holds what is wrong.
pub(super) const ERROR_COLUMN: &str = "import_error";
/// The key of an error file that holds a line which is no JSON object.
pub(super) const LINE_COLUMN: &str = "import_line";

/// The form in which column names are compared: folded, with `_` for everything that is neither letter nor digit.
pub(super) fn normal(name: &str) -> String {
    let folded = crate::identity::fold(name);
    let mut normal = String::with_capacity(folded.len());
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !normal.is_empty() {
            normal.push('_');
        }
        normal.push_str(word);
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_stands_for_one_field_and_is_in_its_compared_form() {
        let mut seen = HashSet::new();
        for (field, names) in Plain::NAMES {
            assert_eq!(names[0], field.name());
            for name in *names {
                assert!(seen.insert(*name), "{name}");
                assert_eq!(normal(name), name.replace('.', "_"));
            }
        }
        assert!(PASSED_OVER.iter().all(|name| seen.insert(name)));
        assert_eq!(normal("  E-Mail  Address* "), "e_mail_address");
    }
}
