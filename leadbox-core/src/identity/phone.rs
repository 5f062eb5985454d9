//! Phone numbers: E.164, the one spelling under which a number is stored and compared.
//!
//! Owns the contact with `rlibphonenumber` (Google's numbering plans, compiled in). It must not
//! know whether anybody answers, nor guess a region: the caller says which one a national number is
//! from.

use std::fmt;

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region,
    ValidationError,
};
use serde::{Deserialize, Serialize};

use super::country::Country;

/// Longest text that is read at all: a number with any punctuation and an extension is far below.
const MAX_TEXT: usize = 128;
/// How often a number is read again; each round that changes it makes it shorter.
const MAX_ROUNDS: usize = 8;

/// A phone number in E.164 form, such as `+442079460958`. Extensions are not kept.
///
/// Its length fits the numbering plan of its country code; whether the range is in use, which
/// changes monthly, is a separate question: [`Phone::is_assigned`]. Deserialising does not
/// validate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

/// Why a text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// The text is empty or white space.
    #[error("the phone number is empty")]
    Empty,
    /// The text holds no number, or more than one.
    #[error("this is not a phone number")]
    NotANumber,
    /// The number begins with neither `+` nor `00`, and no region was given to read it by.
    #[error("the phone number needs its country code, as in +44 20 7946 0958")]
    NoRegion,
    /// No country has the code after the `+`.
    #[error("no country has the country code of this phone number")]
    CountryCode,
    /// Digits are missing; a local number without its area code counts as such.
    #[error("the phone number is too short for its country")]
    TooShort,
    /// There are too many digits.
    #[error("the phone number is too long for its country")]
    TooLong,
    /// The number lies between the lengths that its country uses.
    #[error("the phone number has a wrong number of digits for its country")]
    Length,
}

impl Phone {
    /// Reads a number in any customary spelling; without `+` or `00` it is read as dialled in
    /// `default_region`.
    ///
    /// # Errors
    ///
    /// [`PhoneError::Empty`] and [`PhoneError::NotANumber`] if there is no number;
    /// [`PhoneError::NoRegion`] if it is a national one and no region was given;
    /// [`PhoneError::CountryCode`] if its country code does not exist; [`PhoneError::TooShort`],
    /// [`PhoneError::TooLong`] and [`PhoneError::Length`] if the plan of its country refuses its
    /// length.
    pub fn parse(text: &str, default_region: Option<Country>) -> Result<Self, PhoneError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PhoneError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(PhoneError::NotANumber);
        }
        // Uninhabited places have no numbering plan, so they are no region to read a number by.
        let region = default_region
            .and_then(|country| Region::from_code(country.as_str()).ok())
            .filter(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(*region).is_some());
        let Some(rest) = text.strip_prefix("00") else {
            return Self::read(text, region).map(|(phone, _)| phone);
        };
        // `00` means "international" in most countries, but some dial `00` and a carrier first. So
        // the region's own rules win where they yield a number in use.
        let international = || Self::read(&format!("+{rest}"), None).map(|(phone, _)| phone);
        match region.map(|region| Self::read(text, Some(region))) {
            Some(Ok((phone, number))) if number.is_valid() => Ok(phone),
            Some(Ok((phone, _))) => Ok(international().unwrap_or(phone)),
            Some(Err(_)) | None => international(),
        }
    }

    /// The number in E.164: `+`, country code and national number, digits only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identity key: two spellings of one number have the same. It is the E.164 form.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0
    }

    /// The country whose plan the number belongs to, where its digits decide that; `None` for
    /// international services such as `+800`. Derived from the digits at each call.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        match self.number()?.get_region_code()?.as_region_str().as_str() {
            // ISO 3166 lists both islands under Saint Helena.
            "AC" | "TA" => Country::from_code("SH"),
            code => Country::from_code(code),
        }
    }

    /// The number with spaces as its country writes it abroad: `+44 20 7946 0958`.
    #[must_use]
    pub fn international(&self) -> String {
        self.number().map_or_else(
            || self.0.clone(),
            |number| number.format_as(PhoneNumberFormat::International).into_owned(),
        )
    }

    /// Whether the number lies in a range that its country has put to use, by the compiled-in
    /// plans.
    #[must_use]
    pub fn is_assigned(&self) -> bool {
        self.number().is_some_and(|number| number.is_valid())
    }

    fn number(&self) -> Option<PhoneNumber> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }

    /// Reads a number until its E.164 form reads as itself.
    ///
    /// The library drops one trunk prefix at a time, so `+61 00 2999` yields `+61 0 2999` at first;
    /// a lead that is read and written back would change its key.
    fn read(text: &str, region: Option<Region>) -> Result<(Self, PhoneNumber), PhoneError> {
        let mut number = Self::read_once(text, region)?;
        let mut e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        if e164 == text {
            return Ok((Self(e164), number));
        }
        for _ in 0..MAX_ROUNDS {
            number = Self::read_once(&e164, None)?;
            let again = number.format_as(PhoneNumberFormat::E164).into_owned();
            if again == e164 {
                return Ok((Self(e164), number));
            }
            e164 = again;
        }
        Err(PhoneError::NotANumber)
    }

    fn read_once(text: &str, region: Option<Region>) -> Result<PhoneNumber, PhoneError> {
        let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|error| match error {
            ParseError::InvalidCountryCode if region.is_none() && !has_plus(text) => {
                PhoneError::NoRegion
            }
            ParseError::InvalidCountryCode => PhoneError::CountryCode,
            ParseError::NotANumber(_) => PhoneError::NotANumber,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneError::TooShort,
            ParseError::TooLongNsn => PhoneError::TooLong,
        })?;
        match number.is_possible_with_reason() {
            Ok(NumberLengthType::IsPossible) => Ok(number),
            Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
                Err(PhoneError::TooShort)
            }
            Err(ValidationError::InvalidCountryCode) => Err(PhoneError::CountryCode),
            Err(ValidationError::InvalidLength) => Err(PhoneError::Length),
            Err(ValidationError::TooLong) => Err(PhoneError::TooLong),
        }
    }
}

/// Whether the number itself, after any words and brackets, begins with a plus sign.
fn has_plus(text: &str) -> bool {
    let first = text.chars().find(|letter| letter.is_numeric() || matches!(letter, '+' | '＋'));
    matches!(first, Some('+' | '＋'))
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Phone").field(&self.0).finish()
    }
}

impl AsRef<str> for Phone {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rlibphonenumber::PhoneNumberType;

    fn parse(text: &str, region: &str) -> Result<String, PhoneError> {
        Phone::parse(text, Country::parse(region)).map(|phone| phone.0)
    }

    #[test]
    fn any_spelling_becomes_e164() {
        for (text, region, e164) in [
            ("+44 20 7946 0958", "", "+442079460958"),
            (" +44 (0)20 7946-0958 ", "", "+442079460958"),
            ("0044 20 7946 0958", "", "+442079460958"),
            ("0044 20 7946 0958", "US", "+442079460958"),
            ("020 7946 0958", "GB", "+442079460958"),
            ("(415) 555-2671", "US", "+14155552671"),
            ("1-800-FLOWERS", "US", "+18003569377"),
            ("011 49 30 123456", "US", "+4930123456"),
            ("00 21 44 20 7946 0958", "BR", "+442079460958"),
            ("tel:+1-415-555-2671;ext=12", "", "+14155552671"),
            ("+1 415 555 2671 ext. 12", "", "+14155552671"),
            ("+39 06 698 12345", "", "+390669812345"),
            ("＋４９ ３０ １２３４５６", "", "+4930123456"),
            ("+800 1234 5678", "", "+80012345678"),
        ] {
            assert_eq!(parse(text, region).as_deref(), Ok(e164), "{text} in {region:?}");
        }
    }

    #[test]
    fn each_refusal_names_its_reason() {
        for (text, region, error) in [
            ("  ", "US", PhoneError::Empty),
            ("call me", "US", PhoneError::NotANumber),
            ("020 7946 0958", "", PhoneError::NoRegion),
            ("(020) 7946 0958", "", PhoneError::NoRegion),
            ("020 7946 0958", "Antarctica", PhoneError::NoRegion),
            ("+999 123 456 789", "", PhoneError::CountryCode),
            ("000 123 456 789", "", PhoneError::CountryCode),
            ("555-2671", "US", PhoneError::TooShort),
            ("+1 415 555", "", PhoneError::TooShort),
            ("+1 415 555 2671 99", "", PhoneError::TooLong),
            (&"1".repeat(MAX_TEXT + 1), "US", PhoneError::NotANumber),
        ] {
            assert_eq!(parse(text, region), Err(error), "{text} in {region:?}");
        }
    }

    #[test]
    fn a_number_knows_its_country_and_display_form() {
        let phone = Phone::parse("020 7946 0958", Country::parse("UK")).unwrap();
        assert_eq!(phone.country().map(Country::as_str), Some("GB"));
        assert_eq!(phone.international(), "+44 20 7946 0958");
        assert!(phone.is_assigned());
        let country = |text| Phone::parse(text, None).unwrap().country().map(Country::as_str);
        assert_eq!(country("+1 416 555 0123"), Some("CA"));
        assert_eq!(country("+383 44 123 456"), Some("XK"));
        assert_eq!(country("+247 40123"), Some("SH"));
        assert_eq!(country("+800 1234 5678"), None);
    }

    #[test]
    fn a_range_not_in_use_is_a_number_all_the_same() {
        let phone = Phone::parse("+1 555 123 4567", None).unwrap();
        assert!(!phone.is_assigned());
        assert_eq!(phone.country(), None);
    }

    #[test]
    fn repeated_trunk_prefixes_leave_a_stable_number() {
        assert_eq!(parse("002999", "AU").as_deref(), Ok("+6102999"));
    }

    #[test]
    fn stored_text_is_readable_without_validation() {
        let stored: Phone = serde_json::from_str("\"call me\"").unwrap();
        assert_eq!(stored.international(), "call me");
        assert_eq!((stored.country(), stored.is_assigned()), (None, false));
    }

    #[test]
    fn every_example_number_of_every_region_survives() {
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            for kind in [PhoneNumberType::FixedLine, PhoneNumberType::Mobile] {
                let Ok(number) =
                    PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind)
                else {
                    continue;
                };
                let e164 = number.format_as(PhoneNumberFormat::E164);
                let phone = Phone::parse(&e164, None).unwrap();
                assert_eq!(phone.as_str(), e164);
                assert!(phone.country().is_some(), "{phone} of {region}");
                let national = number.format_as(PhoneNumberFormat::National);
                if let Some(country) = Country::from_code(region.as_region_str().as_str()) {
                    assert_eq!(Phone::parse(&national, Some(country)), Ok(phone), "{national}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), region in 0..Country::all().len()) {
            let stored = Phone(text.clone());
            let _ = (stored.country(), stored.international(), stored.is_assigned());
            let _ = Phone::parse(&text, None);
            let _ = Phone::parse(&text, Country::all().nth(region));
        }

        #[test]
        fn a_normal_form_is_its_own_normal_form(
            text in "(\\+|00|0|)[0-9]{1,3}[0-9 ().x/-]{2,16}",
            region in 0..Country::all().len(),
        ) {
            if let Ok(phone) = Phone::parse(&text, Country::all().nth(region)) {
                prop_assert_eq!(Phone::parse(phone.as_str(), None), Ok(phone));
            }
        }
    }
}
