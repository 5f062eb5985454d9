//! What a tenant's input is read against. Owns settings, custom fields, pipelines and roles as one value that is loaded once
//! and handed around; knows nothing of where they are stored.

use std::collections::BTreeMap;

use crate::access::Role;
use crate::directory::User;
use crate::error::Invalid;
use crate::field::{FieldDefinition, FieldStatus};
use crate::id::{PipelineId, StageId, Tenant, derived};
use crate::identity::Industries;
use crate::key::{FieldKey, RoleKey};
use crate::lead::Lead;
use crate::pipeline::{Pipeline, Stage, StageKind};
use crate::settings::Settings;

/// A tenant's settings, fields, pipelines and roles.
#[derive(Clone, PartialEq, Debug)]
pub struct Catalog {
    /// Whose.
    pub tenant: Tenant,
    /// The settings.
    pub settings: Settings,
    /// The custom fields by key, archived ones among them.
    pub fields: BTreeMap<FieldKey, FieldDefinition>,
    /// The pipelines, the default one first. Never empty.
    pub pipelines: Vec<Pipeline>,
    /// The roles by key, the built-in ones among them.
    pub roles: BTreeMap<RoleKey, Role>,
    /// The industry taxonomy with the tenant's aliases.
    pub industries: Industries,
}

impl Catalog {
    /// The catalog of a tenant that has set nothing up.
    pub fn new(tenant: Tenant) -> Self {
        Self::of(tenant, Settings::default(), BTreeMap::new(), Vec::new(), Vec::new())
    }

    /// A catalog from its parts; without a pipeline it has the default one, and the built-in roles always.
    pub fn of(
        tenant: Tenant,
        settings: Settings,
        fields: BTreeMap<FieldKey, FieldDefinition>,
        mut pipelines: Vec<Pipeline>,
        roles: Vec<Role>,
    ) -> Self {
        if pipelines.is_empty() {
            pipelines.push(default_pipeline(tenant));
        }
        let industries =
            settings.industry_aliases.iter().map(|(alias, industry)| (alias, *industry)).collect();
        let roles = roles.into_iter().chain(Role::built_in());
        let roles = roles.map(|role| (role.key.clone(), role)).collect();
        Self { tenant, settings, fields, pipelines, roles, industries }
    }

    /// The custom fields in use, by key.
    pub fn active_fields(&self) -> impl Iterator<Item = &FieldDefinition> {
        self.fields.values().filter(|field| field.status == FieldStatus::Active)
    }

    /// The pipeline that new leads enter.
    pub fn default_pipeline(&self) -> &Pipeline {
        // `of` never leaves the list empty.
        &self.pipelines[0]
    }

    /// A stage of any pipeline by its id.
    pub fn stage(&self, id: StageId) -> Option<(&Pipeline, &Stage)> {
        self.pipelines.iter().find_map(|pipeline| pipeline.stage(id).map(|stage| (pipeline, stage)))
    }

    /// A stage by its key in `pipeline`, or by its id written as text.
    pub fn stage_named(&self, pipeline: PipelineId, name: &str) -> Option<&Stage> {
        let own = self.pipelines.iter().find(|one| one.id == pipeline)?;
        own.stage_named(name).or_else(|| own.stage(name.parse().ok()?))
    }

    /// The stage that `name` means for a lead.
    ///
    /// # Errors
    /// What is wrong, by the field `stage`.
    pub(crate) fn stage_of(&self, lead: &Lead, name: &str) -> Result<StageId, Invalid> {
        let found = self.stage_named(lead.pipeline, name).map(|stage| stage.id);
        found.ok_or_else(|| {
            Invalid::one("stage", format!("'{name}' is not a stage of the lead's pipeline"))
        })
    }

    /// Whether roles can guard a field of this name: [`Lead::GUARDED`] or a declared `cf.` key.
    pub fn guards(&self, field: &str) -> bool {
        match field.strip_prefix("cf.") {
            Some(key) => self.fields.keys().any(|known| known.as_str() == key),
            None => Lead::GUARDED.contains(&field),
        }
    }

    /// The roles of a user, as far as they are there.
    pub fn roles_of(&self, user: &User) -> Vec<Role> {
        user.roles.iter().filter_map(|key| self.roles.get(key).cloned()).collect()
    }

    /// The stages of all pipelines whose kind is `kind`.
    pub fn stages_of_kind(&self, kind: StageKind) -> impl Iterator<Item = &Stage> {
        self.pipelines
            .iter()
            .flat_map(|pipeline| &pipeline.stages)
            .filter(move |stage| stage.kind == kind)
    }
}

/// The pipeline of a tenant that has made none. Its ids follow from the tenant, so that every process knows the same
/// one without having written it.
fn default_pipeline(tenant: Tenant) -> Pipeline {
    let stages = Pipeline::DEFAULT_STAGES
        .map(|(key, name, kind)| Stage {
            id: StageId::from_uuid(derived(tenant, "stage", key)),
            key: key.to_owned(),
            name: name.to_owned(),
            kind,
        })
        .to_vec();
    Pipeline {
        id: PipelineId::from_uuid(derived(tenant, "pipeline", "default")),
        name: "Sales".to_owned(),
        stages,
    }
}
