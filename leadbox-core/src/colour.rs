//! A colour, as people write it. Owns its form and how well one is read on another; what is coloured is decided elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An opaque colour: `#3B5BDB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// It is no colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("has to be # and six digits from 0 to F, such as #3B5BDB")]
pub struct ColourError;

impl Colour {
    /// Black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self::rgb(255, 255, 255);

    /// From its parts.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    fn parts(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    /// How bright it is, 0 to 1 (WCAG 2.2, relative luminance).
    fn luminance(self) -> f64 {
        let linear = |part: u8| match f64::from(part) / 255.0 {
            dark if dark <= 0.04045 => dark / 12.92,
            light => ((light + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = self.parts().map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// How well one is read on the other, 1 to 21 (WCAG 2.2, contrast ratio). Text needs 4.5.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This one with so many 256ths of another, at most 256.
    #[must_use]
    pub fn mixed(self, other: Self, share: u16) -> Self {
        let share = u32::from(share.min(256));
        let mix = |(own, other): (u8, u8)| {
            let sum = u32::from(own) * (256 - share) + u32::from(other) * share;
            u8::try_from((sum + 128) / 256).unwrap_or(u8::MAX)
        };
        let [own, others] = [self.parts(), other.parts()];
        let [red, green, blue] = [0, 1, 2].map(|part| mix((own[part], others[part])));
        Self { red, green, blue }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, ColourError> {
        let digits = text.trim().strip_prefix('#').ok_or(ColourError)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(ColourError);
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| ColourError);
        Ok(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = ColourError;

    fn try_from(text: String) -> Result<Self, ColourError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn contrast_is_the_one_that_was_measured() {
        let colour = |text: &str| text.parse::<Colour>().unwrap();
        assert_eq!((Colour::BLACK.contrast(Colour::WHITE) * 10.0).round(), 210.0);
        for (text, on, ratio) in
            [("#FFFFFF", "#3B5BDB", 5.7), ("#E7EBF1", "#151A21", 14.6), ("#9DB0FF", "#151A21", 8.4)]
        {
            let found = colour(text).contrast(colour(on));
            assert!((found - ratio).abs() < 0.06, "{text} on {on}: {found}");
        }
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "#12345", "#1234567", "123456", "#12345G", "#ééé", "red", "#+12345"] {
            assert_eq!(text.parse::<Colour>(), Err(ColourError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_colour_reads_back_and_mixes_from_one_to_the_other(one: [u8; 3], two: [u8; 3], share in 0_u16..300) {
            let colour = |[red, green, blue]: [u8; 3]| Colour::rgb(red, green, blue);
            let (one, two) = (colour(one), colour(two));
            prop_assert_eq!(one.to_string().parse(), Ok(one));
            prop_assert_eq!(one.to_string().to_lowercase().parse(), Ok(one));
            prop_assert_eq!((one.mixed(two, 0), one.mixed(two, 256)), (one, two));
            let mixed = one.mixed(two, share);
            for ((own, other), part) in one.parts().into_iter().zip(two.parts()).zip(mixed.parts()) {
                prop_assert!((own.min(other)..=own.max(other)).contains(&part));
            }
            prop_assert!((1.0..=21.01).contains(&one.contrast(two)));
        }
    }
}
