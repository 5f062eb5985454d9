//! Forms with fields that occur more than once. Owns reading them by name.

use axum::Form;
use leadbox_core::{Invalid, Revision};

/// What a form sent, in its order.
pub(super) type Fields = Form<Vec<(String, String)>>;

/// The value of a field; empty when it is missing.
pub(super) fn value<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).unwrap_or_default()
}

/// The revision of what a form was made from, hidden in it.
///
/// # Errors
/// It is missing: nobody knows what the form would overwrite.
pub(super) fn revision(fields: &[(String, String)]) -> Result<Revision, Invalid> {
    let revision = value(fields, "revision").parse().map(Revision);
    revision.map_err(|_| Invalid::one("revision", "is missing: open the page again"))
}

/// All values of a field.
pub(super) fn values<'f>(
    fields: &'f [(String, String)],
    name: &'f str,
) -> impl Iterator<Item = &'f str> {
    fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
}
