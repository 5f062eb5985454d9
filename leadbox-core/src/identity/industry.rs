//! Industries: a closed taxonomy, and the way from free text into it.
//!
//! Owns the match by id, label, built-in alias and tenant alias. It must not guess: text that maps
//! to nothing yields `None`, so that the caller can list it and a tenant can add an alias for it.

mod taxonomy;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fold::words;

pub use taxonomy::Industry;

/// Ids, labels and aliases as [`words`], to the industry they mean.
static BY_NAME: LazyLock<HashMap<String, Industry>> = LazyLock::new(|| {
    let names = |industry: Industry| {
        let own = [industry.id(), industry.label()];
        own.into_iter().chain(industry.aliases().iter().copied())
    };
    let entries = |industry| names(industry).map(move |name| (words(name), industry));
    Industry::ALL.iter().copied().flat_map(entries).collect()
});

impl Industry {
    /// The industry with exactly this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|industry| industry.id() == id)
    }

    /// The industry that a text means by id, label or built-in alias, whatever its case, accents
    /// and punctuation. `None` if it means none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        BY_NAME.get(&words(text)).copied()
    }
}

impl fmt::Display for Industry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl Serialize for Industry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Industry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Cow::<str>::deserialize(deserializer)?;
        Self::from_id(&id).ok_or_else(|| D::Error::custom(format_args!("unknown industry {id:?}")))
    }
}

/// The taxonomy as one tenant sees it: the built-in names and the tenant's own aliases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Industries {
    /// By the searched form of the alias. Entries read from storage are in that form already.
    aliases: BTreeMap<String, Industry>,
}

impl Industries {
    /// The built-in taxonomy without aliases.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets a text stand for an industry, also against a built-in name; returns what it stood for
    /// among the tenant's aliases before. A text without a letter or digit is ignored.
    pub fn set_alias(&mut self, text: &str, industry: Industry) -> Option<Industry> {
        let alias = words(text);
        if alias.is_empty() { None } else { self.aliases.insert(alias, industry) }
    }

    /// Forgets an alias of the tenant; returns what it stood for.
    pub fn remove_alias(&mut self, text: &str) -> Option<Industry> {
        self.aliases.remove(&words(text))
    }

    /// The tenant's aliases in their searched form (lower-case words), in order.
    pub fn aliases(&self) -> impl ExactSizeIterator<Item = (&str, Industry)> {
        self.aliases.iter().map(|(alias, industry)| (alias.as_str(), *industry))
    }

    /// The industry that a text means, the tenant's aliases before the built-in names. `None` if it
    /// means none; the caller keeps such a text and lists it.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Option<Industry> {
        let words = words(text);
        self.aliases.get(&words).or_else(|| BY_NAME.get(&words)).copied()
    }
}

impl<S: AsRef<str>> FromIterator<(S, Industry)> for Industries {
    fn from_iter<I: IntoIterator<Item = (S, Industry)>>(aliases: I) -> Self {
        let mut industries = Self::new();
        for (alias, industry) in aliases {
            industries.set_alias(alias.as_ref(), industry);
        }
        industries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_stable_identifiers_and_found_again() {
        for industry in Industry::ALL {
            let id = industry.id();
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{id}");
            assert_eq!(Industry::from_id(id), Some(*industry));
            assert_eq!(Industry::parse(id), Some(*industry));
            assert_eq!(Industry::parse(industry.label()), Some(*industry));
        }
    }

    #[test]
    fn no_name_means_two_industries_and_no_alias_is_superfluous() {
        let mut seen = HashMap::new();
        for industry in Industry::ALL {
            for name in [industry.id(), industry.label()] {
                let other = seen.insert(words(name), *industry);
                assert!(other.is_none_or(|other| other == *industry), "{name} is taken");
            }
        }
        let mut taken = Vec::new();
        for industry in Industry::ALL {
            for alias in industry.aliases() {
                let other = seen.insert(words(alias), *industry);
                taken.extend(other.map(|other| (alias, industry, other)));
            }
        }
        assert_eq!(taken, []);
        assert!(!seen.contains_key(""));
    }

    #[test]
    fn people_write_industries_in_many_ways() {
        for (text, id) in [
            ("SaaS", "saas"),
            ("Software as a Service", "saas"),
            ("IT Services", "it_services"),
            ("higher ed", "education"),
            ("Real-Estate", "real_estate"),
            ("E-Commerce", "ecommerce"),
            ("Oil and Gas", "oil_gas"),
            ("Health Care", "healthcare"),
            ("Non-profit", "nonprofit"),
            ("Non Profit", "nonprofit"),
            ("  FINTECH ", "fintech"),
        ] {
            assert_eq!(Industry::parse(text).map(Industry::id), Some(id), "{text}");
        }
        for text in ["", "&", "something else"] {
            assert_eq!(Industry::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_alias_of_the_tenant_comes_before_the_built_in_names() {
        let mut industries: Industries = [("PropTech", Industry::RealEstate)].into_iter().collect();
        assert_eq!(industries.set_alias("saas", Industry::Software), None);
        assert_eq!(industries.set_alias(" - ", Industry::Software), None);
        assert_eq!(industries.resolve("prop.tech"), Some(Industry::RealEstate));
        assert_eq!(industries.resolve("SAAS"), Some(Industry::Software));
        assert_eq!(industries.resolve("Law firm"), Some(Industry::Legal));
        assert_eq!(industries.resolve("unheard of"), None);
        assert_eq!(industries.aliases().len(), 2);
        assert_eq!(industries.remove_alias("SaaS"), Some(Industry::Software));
        assert_eq!(industries.resolve("SAAS"), Some(Industry::Saas));
    }

    #[test]
    fn industries_are_stored_by_id_and_unknown_ids_are_refused() {
        let industries: Industries = [("PropTech", Industry::RealEstate)].into_iter().collect();
        let json = serde_json::to_string(&industries).unwrap();
        assert_eq!(json, r#"{"proptech":"real_estate"}"#);
        assert_eq!(serde_json::from_str::<Industries>(&json).unwrap(), industries);
        let error = serde_json::from_str::<Industry>("\"SaaS\"").unwrap_err();
        assert!(error.to_string().starts_with("unknown industry \"SaaS\""));
    }

    proptest! {
        #[test]
        fn whatever_is_set_is_resolved_and_removed(text in any::<String>()) {
            let _ = Industry::parse(&text);
            let mut industries = Industries::new();
            industries.set_alias(&text, Industry::Other);
            let expected = industries.aliases().next().map(|(_, industry)| industry);
            prop_assert_eq!(industries.resolve(&text), expected);
            prop_assert_eq!(industries.remove_alias(&text), expected);
        }
    }
}
