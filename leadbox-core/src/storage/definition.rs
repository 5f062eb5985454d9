//! What a tenant defines: fields, pipelines, settings. Owns the envelope under which storages keep them all in one
//! table, whole and with a revision.

use serde::{Deserialize, Serialize};

use crate::field::FieldDefinition;
use crate::pipeline::Pipeline;
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
}

impl DefinitionKind {
    /// The name under which storages keep it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Pipeline => "pipeline",
            Self::Settings => "settings",
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
}

impl Definition {
    /// The key of a tenant's first pipeline.
    pub const DEFAULT_PIPELINE: &'static str = "default";
    /// The key of a tenant's settings.
    pub const SETTINGS: &'static str = "settings";

    /// What kind it is.
    pub fn kind(&self) -> DefinitionKind {
        match self {
            Self::Field(_) => DefinitionKind::Field,
            Self::Pipeline { .. } => DefinitionKind::Pipeline,
            Self::Settings(_) => DefinitionKind::Settings,
        }
    }

    /// Its key, unique per tenant and kind.
    pub fn key(&self) -> &str {
        match self {
            Self::Field(field) => field.key.as_str(),
            Self::Pipeline { key, .. } => key,
            Self::Settings(_) => Self::SETTINGS,
        }
    }
}
