//! What is said of users, teams, roles, keys, custom fields and settings. Owns these words alone; the frame of an entry is
//! `words`'s.

use leadbox_core::{EventType, FieldDefinition, FieldStatus, Payload};
use serde_json::Value;

use super::field_kind;
use super::words::{Change, Said, Words, said};

impl Words<'_> {
    /// What is said of users, roles, keys and settings.
    pub(super) fn administered(&self, kind: &EventType, payload: &Payload) -> Said {
        if *kind == EventType::FIELD_DEFINED
            && let Some(field) = field_of(payload, "definition")
        {
            return self.defined(&field, field_of(payload, "previous").as_ref());
        }
        let plain = [
            (EventType::USER_CHANGED, "user", "A user was made or changed"),
            (EventType::TEAM_CHANGED, "users", "A team was made or changed"),
            (EventType::USER_INVITED, "mail", "A user was invited"),
            (EventType::PASSWORD_SET, "key", "A password was set"),
            (EventType::PASSWORD_RESET_ASKED, "key", "A link for a new password was made"),
            (EventType::SESSION_STARTED, "user", "Signed in"),
            (EventType::SESSION_ENDED, "sign-out", "A session ended"),
            (EventType::SIGN_IN_FAILED, "warning", "A password was missed"),
            (EventType::ROLE_CHANGED, "lock", "A role was made or changed"),
            (EventType::ROLE_REMOVED, "lock", "A role was removed"),
            (EventType::KEY_MADE, "key", "An API key was made"),
            (EventType::KEY_ROTATED, "key", "An API key got another secret"),
            (EventType::KEY_CHANGED, "key", "An API key may do something else"),
            (EventType::KEY_REVOKED, "key", "An API key was revoked"),
            (EventType::SETTINGS_CHANGED, "cog", "The settings were changed"),
            (EventType::RULES_DRAFTED, "score", "A draft of scoring rules was changed"),
            (EventType::RULES_PUBLISHED, "score", "Other scoring rules came into force"),
            (EventType::RULES_APPLIED, "score", "All leads are scored by the rules in force"),
            (EventType::PIPELINE_CHANGED, "stages", "A pipeline was made or changed"),
            (EventType::IMPORT_FINISHED, "import", "An import ended"),
            (EventType::VIEW_SAVED, "filter", "A view was saved"),
            (EventType::VIEW_CHANGED, "filter", "A view was changed"),
            (EventType::VIEW_DELETED, "filter", "A view was deleted"),
            (EventType::LEADS_EXPORTED, "download", "Leads were taken out as a file"),
            (EventType::BULK_FINISHED, "list", "Work on many leads ended"),
        ];
        let known = plain.into_iter().find(|(one, ..)| one == kind);
        let (icon, says) = known
            .map_or_else(|| ("info", kind.to_string()), |(_, icon, says)| (icon, says.to_owned()));
        let short = payload
            .data
            .iter()
            .filter(|(name, value)| *name != "session" && !value.is_object() && !value.is_null());
        let details =
            short.map(|(name, value)| format!("{}: {}", self.label(name), self.value(name, value)));
        let details = details.collect();
        Said { details, changes: self.changes(payload), ..said(icon, "", says) }
    }

    /// What is said of a custom field that was declared, or changed from what it was.
    fn defined(&self, field: &FieldDefinition, before: Option<&FieldDefinition>) -> Said {
        let name = &field.label;
        let kind = |field: &FieldDefinition| field_kind::in_words(field.kind.name()).to_owned();
        let Some(before) = before else {
            let says = format!("The custom field {name} was declared");
            let details = vec![format!("Type: {}", kind(field))];
            return Said { details, ..said("list", "", says) };
        };
        let choices = |field: &FieldDefinition| field.kind.choices().join(", ");
        let parts = [
            ("Label", before.label.clone(), name.clone()),
            ("Type", kind(before), kind(field)),
            ("Choices", choices(before), choices(field)),
        ];
        let changed = parts.into_iter().filter(|(_, then, now)| then != now);
        let change = |(part, then, now): (&str, String, String)| Change {
            field: part.to_owned(),
            then,
            now,
        };
        let changes = changed.map(change).collect();
        let says = match (before.status, field.status) {
            (FieldStatus::Active, FieldStatus::Archived) => {
                format!("The custom field {name} was archived")
            }
            (FieldStatus::Archived, FieldStatus::Active) => {
                format!("The custom field {name} was brought back")
            }
            _ => format!("The custom field {name} was changed"),
        };
        Said { changes, ..said("list", "", says) }
    }
}

/// A field as an event tells of it.
fn field_of(payload: &Payload, name: &str) -> Option<FieldDefinition> {
    let told: &Value = payload.data.get(name)?.get("field")?;
    serde_json::from_value(told.clone()).ok()
}
