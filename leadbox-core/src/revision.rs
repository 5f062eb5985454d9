//! Counters that guard against lost updates. Owns [`Version`] and [`Revision`]; what they count belongs to the rows.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! counter {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// What a new row has.
            pub const FIRST: Self = Self(1);

            /// What the row has after its next change.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

counter! {
    /// How often a lead changed: 1 when new. Scores and interactions do not raise it.
    Version;
    /// How often any other row changed: 1 when new; 0 stands for a row that is not there yet.
    Revision;
}
