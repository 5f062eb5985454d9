//! How far a permission reaches. Owns the order of levels only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose leads a permission covers; a higher level contains the lower ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Level {
    /// Those that the asker owns.
    Own,
    /// Those of its team and of the teams below.
    Team,
    /// Everybody's, and those that nobody owns.
    All,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 3] = [Self::Own, Self::Team, Self::All];

    /// The level's name, such as `team`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Team => "team",
            Self::All => "all",
        }
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.name() == text);
        found.ok_or_else(|| format!("'{text}' is not a level"))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
