//! The event of a captured lead, written by hand.

use super::row::Row;

/// The payload: every field with its value.
pub fn payload(row: &Row) -> String {
    let fields = crate::data::COLUMNS.iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty());
    let changed: serde_json::Map<String, serde_json::Value> =
        fields.map(|(name, cell)| ((*name).to_owned(), cell.as_str().into())).collect();
    serde_json::json!({ "changed": changed }).to_string()
}
