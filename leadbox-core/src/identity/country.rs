//! Countries: ISO 3166-1 codes and the names by which people write them.
//!
//! Owns the closed list and the way from free text into it. It must not know phone prefixes, zones
//! or languages, nor guess a country from anything but its own name or code.

mod aliases;
mod table;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fold::words;
use aliases::ALIASES;
use table::COUNTRIES;

/// Names and aliases as [`words`], and upper-case alpha-3 codes, to the country they mean.
///
/// Codes keep their case, since as words Andorra's `AND` would be nothing.
static BY_NAME: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let mut by_name = HashMap::with_capacity(2 * COUNTRIES.len() + 3 * ALIASES.len());
    for (country, [_, alpha_3, name]) in Country::all().zip(&COUNTRIES) {
        by_name.insert((*alpha_3).to_owned(), country);
        by_name.insert(words(name), country);
    }
    for (code, aliases) in ALIASES {
        let Some(country) = Country::from_code(code) else { continue };
        by_name.extend(aliases.iter().map(|alias| (words(alias), country)));
    }
    by_name
});

/// Forms of state that stand before a name: `Federal Republic of Germany`. "State" itself is
/// missing, as the state of Georgia is not the country.
static FORMS: [&str; 18] = [
    "arab",
    "bolivarian",
    "commonwealth",
    "democratic",
    "duchy",
    "federal",
    "federative",
    "grand",
    "hashemite",
    "islamic",
    "kingdom",
    "peoples",
    "principality",
    "republic",
    "socialist",
    "sultanate",
    "union",
    "united",
];

/// A country of ISO 3166-1, or Kosovo (`XK`). Ordered by alpha-2 code and serialised as it.
///
/// Deserialising accepts exactly the codes; free text goes through [`Country::parse`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(
    /// Position in the table, which is sorted by code and shorter than 256 rows.
    u8,
);

impl Country {
    /// All countries, ordered by alpha-2 code.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        // 0..250 as `u8`: a longer table would not compile.
        const LENGTH: u8 = {
            assert!(COUNTRIES.len() < 256);
            COUNTRIES.len().to_le_bytes()[0]
        };
        (0..LENGTH).map(Self)
    }

    /// The country with this upper-case alpha-2 code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let position = COUNTRIES.binary_search_by(|row| row[0].cmp(code)).ok()?;
        u8::try_from(position).ok().map(Self)
    }

    /// The country that a text means: alpha-2 or alpha-3 code in any case, English name, or one of
    /// the customary other names (`USA`, `U.K.`, `Deutschland`, `Holland`). `None` if it means
    /// none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_any_code(text.trim())
            .or_else(|| {
                let words = words(text);
                Self::from_words(&words).or_else(|| Self::from_any_code(&words))
            })
            .or_else(|| {
                // Official lists sort by the proper name: `Korea, Republic of`, `Korea (South)`.
                let (name, form) = text.split_once([',', '('])?;
                Self::from_words(&words(&format!("{form} {name}")))
            })
    }

    /// The country with this name or alias, also after its form of state.
    fn from_words(words: &str) -> Option<Self> {
        BY_NAME.get(words).copied().or_else(|| {
            let (form, name) = words.split_once(" of ")?;
            let is_form = form.split(' ').all(|word| FORMS.contains(&word));
            if is_form { BY_NAME.get(name).copied() } else { None }
        })
    }

    /// The country with this alpha-2 or alpha-3 code, in any case.
    fn from_any_code(code: &str) -> Option<Self> {
        match code.len() {
            2 => Self::from_code(&code.to_ascii_uppercase()),
            3 => BY_NAME.get(&code.to_ascii_uppercase()).copied(),
            _ => None,
        }
    }

    /// The alpha-2 code: two upper-case letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row()[0]
    }

    /// The alpha-3 code: three upper-case letters.
    #[must_use]
    pub fn alpha_3(self) -> &'static str {
        self.row()[1]
    }

    /// The short English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row()[2]
    }

    fn row(self) -> &'static [&'static str; 3] {
        &COUNTRIES[usize::from(self.0)]
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({})", self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Cow::<str>::deserialize(deserializer)?;
        Self::from_code(&code)
            .ok_or_else(|| D::Error::custom(format_args!("unknown country code {code:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn code(text: &str) -> Option<&'static str> {
        Country::parse(text).map(Country::as_str)
    }

    #[test]
    fn the_table_holds_249_official_codes_and_kosovo() {
        assert_eq!(Country::all().len(), 249 + 1);
        assert!(COUNTRIES.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        for country in Country::all() {
            assert!(country.as_str().bytes().all(|byte| byte.is_ascii_uppercase()));
            assert_eq!((country.as_str().len(), country.alpha_3().len()), (2, 3));
        }
    }

    #[test]
    fn every_code_and_name_means_its_own_country() {
        for country in Country::all() {
            assert_eq!(Country::parse(country.as_str()), Some(country));
            assert_eq!(Country::parse(&country.as_str().to_lowercase()), Some(country));
            assert_eq!(Country::parse(country.alpha_3()), Some(country));
            assert_eq!(Country::parse(country.name()), Some(country), "{}", country.name());
        }
    }

    #[test]
    fn every_alias_means_one_country_and_is_not_listed_twice() {
        let own = |[alpha_2, alpha_3, name]: &[&str; 3]| {
            [alpha_2.to_lowercase(), alpha_3.to_lowercase(), words(name)]
        };
        let mut seen: HashSet<String> = COUNTRIES.iter().flat_map(own).collect();
        assert_eq!(seen.len(), 3 * COUNTRIES.len());
        let mut superfluous = Vec::new();
        for (country, aliases) in ALIASES {
            for alias in *aliases {
                assert_eq!(code(alias), Some(*country), "{alias}");
                if !seen.insert(words(alias)) {
                    superfluous.push(alias);
                }
            }
        }
        assert_eq!(superfluous, Vec::<&&str>::new(), "these are listed twice");
        assert!(ALIASES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn people_write_countries_in_many_ways() {
        for (text, expected) in [
            (" usa ", "US"),
            ("U.S.", "US"),
            ("United States of America", "US"),
            ("uk", "GB"),
            ("Great Britain", "GB"),
            ("deutschland", "DE"),
            ("The Netherlands", "NL"),
            ("BOSNIA & HERZEGOVINA", "BA"),
            ("Cote d'Ivoire", "CI"),
            ("Cote d’Ivoire", "CI"),
            ("Curacao", "CW"),
            ("Korea, Republic of", "KR"),
            ("Federal Republic of Germany", "DE"),
            ("Iran (Islamic Republic of)", "IR"),
            ("Viet-Nam", "VN"),
            ("Россия", "RU"),
            ("한국", "KR"),
            ("and", "AD"),
            ("Kosovo", "XK"),
        ] {
            assert_eq!(code(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "  ",
            "Atlantis",
            "State of Georgia",
            "Republic of ",
            "ZZ",
            "EU",
            "é",
            "the",
            "&",
            "U",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn only_codes_are_read_back_from_storage() {
        let germany = Country::parse("Germany").unwrap();
        assert_eq!(serde_json::to_string(&germany).unwrap(), "\"DE\"");
        assert_eq!(serde_json::from_str::<Country>("\"DE\"").unwrap(), germany);
        let error = serde_json::from_str::<Country>("\"Germany\"").unwrap_err();
        assert!(error.to_string().starts_with("unknown country code \"Germany\""));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Country::parse(&text);
        }
    }
}
