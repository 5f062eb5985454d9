//! The tenant's settings: read, change.

use std::collections::BTreeMap;

use axum::Json;
use leadbox_core::{Error, Invalid, Settings};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use crate::serve::Problem;

/// What changes of the settings; null takes the default again, and what is not named stays.
#[expect(dead_code, reason = "it describes what is merged as JSON")]
#[derive(ToSchema)]
#[schema(as = SettingsChange)]
pub(super) struct SettingsChange {
    /// The zone in which days are counted in reports.
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
    /// The currency of amounts given without one, ISO 4217.
    #[schema(example = "EUR")]
    currency: Option<String>,
    /// Where a phone number without `+` is read, ISO 3166-1 alpha-2.
    #[schema(example = "DE")]
    region: Option<String>,
    /// Whose box it is, shown on the dashboard, 1 to 60 characters.
    #[schema(example = "Acme Inc")]
    brand: Option<String>,
    /// The colour of what can be pressed or is chosen there.
    #[schema(example = "#0B6E4F")]
    accent: Option<String>,
    /// How much each field weighs in `completeness`, 0 to 1000.
    completeness: Option<BTreeMap<String, Option<u32>>>,
    /// The tenant's own names for industries.
    industry_aliases: Option<BTreeMap<String, Option<String>>>,
}

/// Read the settings
#[utoipa::path(get, path = "/settings", tag = "setup", responses((status = 200, body = Settings)))]
pub(super) async fn read(Asker(leadbox): Asker) -> Result<Json<Settings>, Problem> {
    Ok(Json(leadbox.definitions().settings().await?))
}

/// Change settings
///
/// A JSON merge patch (RFC 7396): what is not named stays.
#[utoipa::path(patch, path = "/settings", tag = "setup",
    request_body(content = SettingsChange, content_type = "application/merge-patch+json"),
    responses((status = 200, body = Settings)))]
pub(super) async fn change(
    Asker(leadbox): Asker,
    Body(patch): Body<Map<String, Value>>,
) -> Result<Json<Settings>, Problem> {
    // Read once to say what is wrong; then again under the settings as they are when the change is made.
    merged(&leadbox.definitions().settings().await?, &patch)?;
    let change = |settings: &mut Settings| {
        if let Ok(next) = merged(settings, &patch) {
            *settings = next;
        }
    };
    Ok(Json(leadbox.definitions().change_settings(change).await?))
}

/// The settings with a merge patch applied.
fn merged(settings: &Settings, patch: &Map<String, Value>) -> Result<Settings, Error> {
    let mut whole = serde_json::to_value(settings)?;
    merge(&mut whole, &Value::Object(patch.clone()));
    serde_path_to_error::deserialize(whole).map_err(|error| {
        let field = error.path().to_string();
        Invalid::one(field, error.into_inner()).into()
    })
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_merges_as_rfc_7396_says() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"a": [1]}), json!({"a": {"b": {"c": null}}}), json!({"a": {"b": {}}})),
            (json!([1]), json!({"a": "b"}), json!({"a": "b"})),
        ] {
            let mut merged = target;
            merge(&mut merged, &patch);
            assert_eq!(merged, result);
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let patch = |text| match serde_json::from_str(text).unwrap() {
            Value::Object(patch) => patch,
            _ => unreachable!("an object"),
        };
        let settings = Settings::default();
        let changed =
            merged(&settings, &patch(r#"{"currency":"USD","completeness":{"email":9}}"#)).unwrap();
        assert_eq!((changed.currency.as_str(), changed.completeness["email"]), ("USD", 9));
        assert_eq!(changed.completeness["name"], settings.completeness["name"]);
        let error = merged(&settings, &patch(r#"{"zone":"Mars/Olympus"}"#)).unwrap_err();
        assert!(matches!(error, Error::Invalid(invalid) if invalid.issues[0].field == "zone"));
    }
}
