//! What a tenant defines: custom fields and settings. Owns which changes of a definition are harmless.

use serde_json::Value;

use super::LeadBox;
use super::decision::{Announce, Decision, data};
use crate::access::Capability;
use crate::error::{Error, Invalid, Result};
use crate::event::EventType;
use crate::field::{FieldDefinition, FieldStatus, FieldType};
use crate::key::FieldKey;
use crate::revision::{Revision, Version};
use crate::settings::Settings;
use crate::storage::{Change, Definition, DefinitionKind, DefinitionUpdate};

/// A tenant's definitions. Made by [`LeadBox::definitions`].
#[derive(Clone, Copy, Debug)]
pub struct Definitions<'a> {
    pub(super) leadbox: &'a LeadBox,
}

/// The most custom fields of a tenant.
const MAX_FIELDS: usize = 200;

impl Definitions<'_> {
    /// The custom fields, by key, archived ones among them.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn fields(&self) -> Result<Vec<FieldDefinition>> {
        Ok(self.leadbox.catalog().await?.fields.values().cloned().collect())
    }

    /// A custom field and its revision, at which [`put_field`](Self::put_field) changes it, as it is stored now; none when there
    /// is no such field.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn field(&self, key: &FieldKey) -> Result<Option<(Revision, FieldDefinition)>> {
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        match storage.definition(tenant, DefinitionKind::Field, key.as_str()).await? {
            Some((revision, Definition::Field(field))) => Ok(Some((revision, field))),
            _ => Ok(None),
        }
    }

    /// Declares a custom field, or changes its label, adds choices, archives it or brings it back. Its type stays: see
    /// [`retype`](Self::retype).
    ///
    /// # Errors
    /// `Denied`; `Invalid` when the field is known with another type, or choices are missing or would go; `Contended`;
    /// `Storage`.
    pub async fn define_field(&self, field: &FieldDefinition) -> Result<()> {
        self.put_as(&field.key, None, |_| Ok(field.clone())).await.map(drop)
    }

    /// The same for a field as it was read at this revision; 0 for one that is to be new.
    ///
    /// # Errors
    /// As [`define_field`](Self::define_field); `Stale` when it changed meanwhile, or is there already.
    pub async fn put_field(&self, field: &FieldDefinition, before: Revision) -> Result<Revision> {
        self.put_as(&field.key, Some(before), |_| Ok(field.clone())).await
    }

    /// Archives a field, or brings it back. Leads keep what they hold; an archived field takes no values, and is neither
    /// asked for nor shown in lists, filters and files.
    ///
    /// # Errors
    /// `NotFound`; as [`define_field`](Self::define_field).
    pub async fn set_field_status(
        &self,
        key: &FieldKey,
        status: FieldStatus,
    ) -> Result<FieldDefinition> {
        let next = |known: Option<&FieldDefinition>| match known {
            Some(field) => Ok(FieldDefinition { status, ..field.clone() }),
            None => Err(Error::not_found("custom field", key)),
        };
        self.put_as(key, None, next).await?;
        let known = self.field(key).await?;
        known.map(|(_, field)| field).ok_or_else(|| Error::not_found("custom field", key))
    }

    /// Makes of a field, as it is stored, what `next` says; gives the revision at which it then is.
    async fn put_as(
        &self,
        key: &FieldKey,
        expected: Option<Revision>,
        next: impl Fn(Option<&FieldDefinition>) -> Result<FieldDefinition> + Sync,
    ) -> Result<Revision> {
        self.leadbox.rights().require_capability(Capability::FieldsManage)?;
        let next = &next;
        let done = self
            .leadbox
            .decide("field", key, || {
                Box::pin(async move {
                    let known = self.field(key).await?;
                    let before = known.as_ref().map_or(Revision(0), |(revision, _)| *revision);
                    Error::unless_at("field", key, expected.map(|expected| expected.0), before.0)?;
                    let old = known.map(|(_, field)| field);
                    let field = next(old.as_ref())?;
                    match &old {
                        Some(old) if *old == field => {
                            return Decision::new(self.leadbox, Announce::Each)
                                .finish(before)
                                .await;
                        }
                        Some(old) => check_change(old, &field)?,
                        None => self.check_new(&field).await?,
                    }
                    let (old, new) = (old.map(Definition::Field), Definition::Field(field));
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    let kind = EventType::FIELD_DEFINED;
                    decision.put_definition(before, old.as_ref(), new, kind)?;
                    decision.finish(before.next()).await
                })
            })
            .await;
        self.leadbox.forget_catalog();
        done
    }

    /// The settings.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn settings(&self) -> Result<Settings> {
        Ok(self.leadbox.catalog().await?.settings.clone())
    }

    /// Changes the settings. A new zone counts for leads that come in from then on; the days of earlier ones stay.
    ///
    /// # Errors
    /// `Denied`; `Invalid` when a weight is over 1000 or of no field, or the brand too long; `Contended`; `Storage`.
    pub async fn change_settings(&self, change: impl Fn(&mut Settings) + Sync) -> Result<Settings> {
        self.leadbox.rights().require_capability(Capability::SettingsManage)?;
        let (storage, tenant, change) = (self.leadbox.storage(), self.leadbox.tenant(), &change);
        let settings = self
            .leadbox
            .decide("settings", tenant, || {
                Box::pin(async move {
                    let known = storage
                        .definition(tenant, DefinitionKind::Settings, Definition::SETTINGS)
                        .await?;
                    let (before, mut settings) = match known {
                        Some((revision, Definition::Settings(settings))) => (revision, settings),
                        _ => (Revision(0), Settings::default()),
                    };
                    let stored = settings.clone();
                    change(&mut settings);
                    settings.check(&stored, &*self.leadbox.catalog().await?)?;
                    let (old, new) =
                        (Definition::Settings(stored), Definition::Settings(settings.clone()));
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    decision.put_definition(
                        before,
                        Some(&old),
                        new,
                        EventType::SETTINGS_CHANGED,
                    )?;
                    decision.finish(settings).await
                })
            })
            .await?;
        self.leadbox.forget_catalog();
        Ok(settings)
    }

    pub(super) async fn check_new(&self, field: &FieldDefinition) -> Result<()> {
        let mut invalid = Invalid::default();
        if let Some(message) = bad_choices(&field.kind) {
            invalid.push("choices", message);
        }
        check_label(&mut invalid, &field.label);
        if self.leadbox.catalog().await?.fields.len() >= MAX_FIELDS {
            invalid.push("key", format!("would be more than {MAX_FIELDS} custom fields"));
        }
        Ok(invalid.or(())?)
    }
}

impl Decision<'_> {
    /// Adds a definition behind the stored revision, and the event that tells of it and of what was there before.
    pub(super) fn put_definition(
        &mut self,
        before: Revision,
        old: Option<&Definition>,
        definition: Definition,
        kind: EventType,
    ) -> Result<()> {
        let tenant = self.tenant();
        let payload = data([
            ("key", Value::from(definition.key())),
            ("definition", serde_json::to_value(&definition)?),
            ("previous", serde_json::to_value(old)?),
        ]);
        self.event(definition.subject(tenant), kind, Version(before.next().0), &payload)?;
        self.push(Change::PutDefinition(Box::new(DefinitionUpdate { tenant, before, definition })))
    }
}

pub(super) fn bad_choices(kind: &FieldType) -> Option<&'static str> {
    let (FieldType::Choice(choices) | FieldType::MultiChoice(choices)) = kind else { return None };
    let mut folded: Vec<String> =
        choices.iter().map(|choice| crate::identity::fold(choice)).collect();
    folded.sort_unstable();
    let good = !folded.is_empty()
        && folded.len() <= 500
        && folded
            .iter()
            .all(|choice| !choice.is_empty() && !choice.contains(';') && choice.len() <= 150)
        && folded.windows(2).all(|pair| pair[0] != pair[1]);
    (!good).then_some("needs 1 to 500 different choices of up to 150 bytes, without ';'")
}

fn check_label(invalid: &mut Invalid, label: &str) {
    if label.trim().is_empty() || label.chars().count() > 200 {
        invalid.push("label", "needs 1 to 200 characters");
    }
}

fn check_change(old: &FieldDefinition, new: &FieldDefinition) -> std::result::Result<(), Invalid> {
    let mut invalid = Invalid::default();
    check_label(&mut invalid, &new.label);
    let message = match (&old.kind, &new.kind) {
        (FieldType::Choice(old), FieldType::Choice(now))
        | (FieldType::MultiChoice(old), FieldType::MultiChoice(now)) => {
            let message = match old.iter().find(|choice| !now.contains(choice)) {
                Some(gone) => {
                    Some(format!("'{gone}' can only be taken away by a change of the type"))
                }
                None => bad_choices(&new.kind).map(str::to_owned),
            };
            message.map(|message| ("choices", message))
        }
        (old, new) if old == new => None,
        (old, new) => Some(("type", format!("is {} and cannot become {}", old.name(), new.name()))),
    };
    if let Some((field, message)) = message {
        invalid.push(field, message);
    }
    invalid.or(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sandbox;

    #[tokio::test]
    async fn what_is_wrong_with_a_field_is_said_of_its_part() {
        let sandbox = Sandbox::new().unwrap();
        let definitions = sandbox.leadbox.definitions();
        let choice = |choices: &[&str]| {
            FieldType::Choice(choices.iter().map(|choice| (*choice).to_owned()).collect())
        };
        let plan = FieldDefinition::new("plan", choice(&["Free", "Paid"])).unwrap();
        definitions.define_field(&plan).await.unwrap();
        let named = FieldDefinition { label: " ".to_owned(), ..plan.clone() };
        let new = |kind| FieldDefinition::new("other", kind).unwrap();
        for (field, wrong) in [
            ("choices", new(choice(&[]))),
            ("label", FieldDefinition { key: "other".parse().unwrap(), ..named }),
            ("choices", FieldDefinition { kind: choice(&["Free"]), ..plan.clone() }),
            ("type", FieldDefinition { kind: FieldType::Date, ..plan.clone() }),
            ("label", FieldDefinition { label: String::new(), ..plan.clone() }),
        ] {
            match definitions.define_field(&wrong).await {
                Err(Error::Invalid(invalid)) => assert_eq!(invalid.issues[0].field, field),
                other => panic!("{field}: {other:?}"),
            }
        }
        assert_eq!(definitions.fields().await.unwrap(), [plan]);
    }

    #[tokio::test]
    async fn only_what_is_known_of_a_lead_has_weight_and_what_had_it_keeps_it() {
        let sandbox = Sandbox::new().unwrap();
        let definitions = sandbox.leadbox.definitions();
        let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
        definitions.define_field(&budget).await.unwrap();
        let weigh = |name: &'static str, weight| {
            definitions.change_settings(move |settings| {
                settings.completeness.insert(name.to_owned(), weight);
            })
        };
        for (name, weight) in
            [("email", 1001), ("shoe_size", 1), ("cf.none", 1), ("score", 1), ("completeness", 1)]
        {
            match weigh(name, weight).await {
                Err(Error::Invalid(invalid)) => {
                    assert_eq!(invalid.issues[0].field, format!("completeness.{name}"));
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        weigh("cf.budget", 1000).await.unwrap();
        definitions.set_field_status(&budget.key, FieldStatus::Archived).await.unwrap();
        weigh("email", 0).await.unwrap();
        assert!(weigh("cf.budget", 2).await.is_err());
    }

    #[tokio::test]
    async fn a_field_changes_only_as_it_was_read() {
        let sandbox = Sandbox::new().unwrap();
        let definitions = sandbox.leadbox.definitions();
        let field = FieldDefinition::new("budget", FieldType::Number).unwrap();
        let first = definitions.put_field(&field, Revision(0)).await.unwrap();
        let stale = definitions.put_field(&field, Revision(0)).await;
        assert!(matches!(stale, Err(Error::Stale { .. })), "it is there already");
        let named = FieldDefinition { label: "Budget a year".to_owned(), ..field.clone() };
        let second = definitions.put_field(&named, first).await.unwrap();
        assert!(second > first);
        let stale = definitions.put_field(&field, first).await;
        assert!(matches!(stale, Err(Error::Stale { .. })), "somebody else named it");
        assert_eq!(definitions.put_field(&named, second).await.unwrap(), second, "as it is");
        let archived = definitions.set_field_status(&field.key, FieldStatus::Archived).await;
        assert_eq!(archived.unwrap(), FieldDefinition { status: FieldStatus::Archived, ..named });
    }
}
