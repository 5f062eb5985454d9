//! Types of custom fields in forms. Owns their names in words, and reading one from what a form sends.

use leadbox_core::{FieldType, Invalid};

use super::fields::value;

/// The types, by name and in words.
pub(super) const KINDS: [(&str, &str); 10] = [
    ("text", "Text"),
    ("number", "Number"),
    ("decimal", "Exact number"),
    ("bool", "Yes or no"),
    ("date", "Date"),
    ("choice", "One of several choices"),
    ("multi_choice", "Several choices"),
    ("url", "Web address"),
    ("email", "E-mail address"),
    ("phone", "Phone number"),
];

/// A type in words, by its name.
pub(super) fn in_words(name: &str) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == name).map_or("", |(_, words)| words)
}

/// The choices that a form sends, one per line.
pub(super) fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// The type that a form sends in `type` and `choices`.
///
/// # Errors
/// It is none, by the input `type`.
pub(super) fn read(fields: &[(String, String)]) -> Result<FieldType, Invalid> {
    let (name, choices) = (value(fields, "type"), lines(value(fields, "choices")));
    let kind = FieldType::named(name, choices);
    kind.ok_or_else(|| Invalid::one("type", format!("'{name}' is not a type")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_words() {
        assert_eq!(KINDS.map(|(name, _)| name), FieldType::NAMES);
    }
}
