//! Rule sets as a tenant keeps them. Owns the work sheet of each (draft and versions), the versions themselves, and the book that
//! says which of them are in force; knows nothing of what a script says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::RuleSetVersion;
use super::source::RuleSource;
use crate::event::Actor;
use crate::key::RuleSetKey;
use crate::time::Timestamp;

/// Which rule sets are in force, the first that is for a lead before the others. One per tenant.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleBook {
    /// Raised by one whenever other rules come into force; 0 while there were never any.
    pub edition: i64,
    /// The rule sets in their order, those for all leads last.
    pub in_force: Vec<RuleSetVersion>,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl RuleBook {
    /// The version of a rule set that is in force, if it is.
    pub fn version_of(&self, set: &RuleSetKey) -> Option<i64> {
        self.in_force.iter().find(|one| one.set == *set).map(|one| one.version)
    }
}

/// What there is of one rule set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RuleSheet {
    /// Its key.
    pub key: RuleSetKey,
    /// The name that its newest script gives itself; its key when it gives none.
    pub name: String,
    /// What somebody works on, whether or not it can be read.
    pub draft: Option<Draft>,
    /// What was published, the newest last; at most [`RuleSheet::MOST_VERSIONS`].
    pub versions: Vec<Publication>,
}

/// A script that is not in force.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// What it says.
    pub script: String,
    /// What stands in the files beside it, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// Who wrote it last.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The version that it began with.
    pub since_version: Option<i64>,
}

impl Draft {
    /// The script with the files beside it.
    pub fn source(&self) -> RuleSource {
        RuleSource { script: self.script.clone(), files: self.files.clone() }
    }
}

/// That a version was published.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Publication {
    /// The version, from 1.
    pub version: i64,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What they said of it.
    pub note: String,
}

impl RuleSheet {
    /// The most versions of a rule set; the oldest are forgotten beyond that.
    pub const MOST_VERSIONS: usize = 1000;
    /// The most rule sets of a tenant.
    pub const MOST: usize = 100;
    /// The most characters of a note.
    pub const LONGEST_NOTE: usize = 500;

    /// The newest version; 0 when none was published.
    pub fn newest(&self) -> i64 {
        self.versions.last().map_or(0, |publication| publication.version)
    }
}

/// A version of a rule set, as it was published. It never changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PublishedRules {
    /// Which one.
    pub id: RuleSetVersion,
    /// What it says.
    pub script: String,
    /// What stands in the files beside it, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl PublishedRules {
    /// The script with the files beside it.
    pub fn source(&self) -> RuleSource {
        RuleSource { script: self.script.clone(), files: self.files.clone() }
    }

    /// The key under which storages keep a version.
    pub fn key_of(set: &RuleSetKey, version: i64) -> String {
        format!("{set}@{version}")
    }
}
