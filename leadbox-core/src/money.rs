//! Amounts of money. Owns minor units and currency codes; never converts between currencies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code, three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Currency([u8; 3]);

/// An amount in a currency's minor unit (cents for EUR). Amounts of different currencies never add up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Money {
    /// The amount in minor units; negative amounts are allowed.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why a text is no amount or currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Not three letters.
    #[error("'{0}' is not a currency code of three letters, such as EUR")]
    Currency(String),
    /// Not a number with at most the currency's decimals.
    #[error("'{text}' is not an amount in {currency} (use a plain number such as 1250.50)")]
    Amount {
        /// What was given.
        text: String,
        /// The currency it was read in.
        currency: Currency,
    },
}

impl Currency {
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// The code, such as `EUR`.
    pub fn as_str(&self) -> &str {
        // Only ASCII capitals get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals the currency's minor unit has (ISO 4217): 2 for most.
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: [u8; 3] =
            text.trim().as_bytes().try_into().map_err(|_| MoneyError::Currency(text.to_owned()))?;
        if !code.iter().all(u8::is_ascii_alphabetic) {
            return Err(MoneyError::Currency(text.to_owned()));
        }
        Ok(Self(code.map(|letter| letter.to_ascii_uppercase())))
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Money {
    /// An amount in minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a plain decimal number such as `1250.5` or `-3` in `currency`.
    ///
    /// # Errors
    /// [`MoneyError::Amount`] when it is no number, has more decimals than the currency, or is out of range.
    ///
    /// ```
    /// # use leadbox_core::{Currency, Money};
    /// assert_eq!(Money::parse("1250.5", Currency::EUR)?.minor, 125_050);
    /// # Ok::<(), leadbox_core::MoneyError>(())
    /// ```
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        minor_units(text.trim(), currency.decimals())
            .map(|minor| Self { minor, currency })
            .ok_or_else(|| MoneyError::Amount { text: text.to_owned(), currency })
    }
}

fn minor_units(text: &str, decimals: u32) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let missing = decimals.checked_sub(u32::try_from(part.len()).ok()?)?;
    let part: i64 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let minor = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(10_i64.checked_pow(decimals)?)?
        .checked_add(part.checked_mul(10_i64.checked_pow(missing)?)?)?;
    Some(if negative { -minor } else { minor })
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        if decimals == 0 {
            write!(f, "{sign}{minor} {}", self.currency)
        } else {
            let width = decimals as usize;
            write!(f, "{sign}{}.{:0width$} {}", minor / unit, minor % unit, self.currency)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_with_too_many_decimals_are_refused_not_rounded() {
        assert!(Money::parse("1.005", Currency::EUR).is_err());
        assert_eq!(Money::parse("1.500", Currency::EUR).unwrap().minor, 150);
        assert!(Money::parse("1.5", "JPY".parse().unwrap()).is_err());
        for text in ["", "-", ".5", "1e3", "1,5", "99999999999999999999"] {
            assert!(Money::parse(text, Currency::EUR).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(minor in -(1_i64 << 53)..(1_i64 << 53), code in "[A-Z]{3}") {
            let money = Money::new(minor, code.parse().unwrap());
            let printed = money.to_string();
            let (amount, _) = printed.split_once(' ').unwrap();
            prop_assert_eq!(Money::parse(amount, money.currency).unwrap(), money);
        }
    }
}
