//! Keys that people choose: short, plain names by which scripts, files and addresses speak of a thing. Owns their one
//! form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A key that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a key: use 1 to 63 characters a-z, 0-9 and _, beginning with a letter")]
pub struct KeyError(pub String);

fn is_key(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts = bytes.next().is_some_and(|first| first.is_ascii_lowercase());
    let goes_on =
        bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    starts && goes_on && text.len() <= 63
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^[a-z][a-z0-9_]{0,62}$"))]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The key as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if is_key(&text) { Ok(Self(text)) } else { Err(KeyError(text)) }
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> Self {
                key.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

keys! {
    /// The key of a custom field: `[a-z][a-z0-9_]{0,62}`.
    FieldKey;
    /// The key of a role: `[a-z][a-z0-9_]{0,62}`.
    RoleKey;
    /// The key of a rule set: `[a-z][a-z0-9_]{0,62}`.
    RuleSetKey;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_strict() {
        for good in ["a", "budget_2026", &"a".repeat(63)] {
            assert!(good.parse::<FieldKey>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "_a", "A", "a-b", "ä", "a b", &"a".repeat(64)] {
            assert!(bad.parse::<FieldKey>().is_err(), "{bad}");
        }
    }
}
