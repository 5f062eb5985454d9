//! Closed sets of names. Owns the one macro that makes such a set: an enum whose values are written as `lead.read`.

/// Makes an enum whose values have names, as they stand in stored roles, files and messages.
macro_rules! named {
    (
        $(#[$meta:meta])*
        $name:ident, $what:literal {
            $($(#[$doc:meta])* $variant:ident = $text:tt, $says:literal;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every one, in the order of their matrix.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in stored roles, files and messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// What it lets people do, for people: completes "may".
            pub fn says(self) -> &'static str {
                match self {
                    $(Self::$variant => $says,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|one| one.name() == text);
                found.copied().ok_or_else(|| format!("'{text}' is not a {}", $what))
            }
        }
    };
}

pub(super) use named;
