//! What a tenant defines: fields, pipelines, settings, roles, rule sets. Owns the envelope under which storages keep them all in one
//! table, whole and with a revision.

use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::event::{Subject, SubjectKind};
use crate::field::FieldDefinition;
use crate::id::{Tenant, derived};
use crate::pipeline::Pipeline;
use crate::scoring::{PublishedRules, RuleBook, RuleSheet};
use crate::settings::Settings;

/// A kind of definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// A custom field.
    Field,
    /// A pipeline.
    Pipeline,
    /// The settings; one per tenant.
    Settings,
    /// A role.
    Role,
    /// Which rule sets are in force; one per tenant.
    RuleBook,
    /// A rule set with its draft.
    RuleSheet,
    /// A version of a rule set, as it was published.
    Rules,
}

impl DefinitionKind {
    /// The name under which storages keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Pipeline => "pipeline",
            Self::Settings => "settings",
            Self::Role => "role",
            Self::RuleBook => "rule_book",
            Self::RuleSheet => "rule_sheet",
            Self::Rules => "rules",
        }
    }
}

/// Something that a tenant defines.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Definition {
    /// A custom field, under its key.
    Field(FieldDefinition),
    /// A pipeline, under its id, or under `default` for the tenant's first.
    Pipeline {
        /// `default`, or the id.
        key: String,
        /// The pipeline.
        pipeline: Pipeline,
    },
    /// The settings, under `settings`.
    Settings(Settings),
    /// A role, under its key.
    Role(Role),
    /// Which rule sets are in force, under `rule_book`.
    RuleBook(RuleBook),
    /// A rule set with its draft, under its key.
    RuleSheet(RuleSheet),
    /// A version of a rule set, under its key and version: `b2b@3`.
    Rules {
        /// The key and the version.
        key: String,
        /// The version.
        rules: PublishedRules,
    },
}

impl Definition {
    /// The key of a tenant's first pipeline.
    pub const DEFAULT_PIPELINE: &'static str = "default";
    /// The key under which it is said which rule sets are in force.
    pub const RULE_BOOK: &'static str = "rule_book";
    /// The key of a tenant's settings.
    pub const SETTINGS: &'static str = "settings";

    /// What kind it is.
    pub fn kind(&self) -> DefinitionKind {
        match self {
            Self::Field(_) => DefinitionKind::Field,
            Self::Pipeline { .. } => DefinitionKind::Pipeline,
            Self::Settings(_) => DefinitionKind::Settings,
            Self::Role(_) => DefinitionKind::Role,
            Self::RuleBook(_) => DefinitionKind::RuleBook,
            Self::RuleSheet(_) => DefinitionKind::RuleSheet,
            Self::Rules { .. } => DefinitionKind::Rules,
        }
    }

    /// What events about it are about: an id that follows from tenant, kind and key, so that its history can be asked for.
    pub fn subject(&self, tenant: Tenant) -> Subject {
        let id = derived(tenant, self.kind().as_str(), self.key());
        Subject { kind: SubjectKind::Definition, id }
    }

    /// Its key, unique per tenant and kind.
    pub fn key(&self) -> &str {
        match self {
            Self::Field(field) => field.key.as_str(),
            Self::Pipeline { key, .. } => key,
            Self::Settings(_) => Self::SETTINGS,
            Self::Role(role) => role.key.as_str(),
            Self::RuleBook(_) => Self::RULE_BOOK,
            Self::RuleSheet(sheet) => sheet.key.as_str(),
            Self::Rules { key, .. } => key,
        }
    }
}
