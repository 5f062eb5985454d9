//! One input of a form, with its label, what stands in it and what is wrong with it. Owns that something that was refused
//! stays as it was typed; knows nothing of what it means.

use leadbox_core::FieldIssue;

use super::fields::value;
use super::words::Names;

/// An input. Its name is its id in the page too.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) label: String,
    /// A type of HTML's, or `textarea`.
    pub(super) kind: &'static str,
    pub(super) value: String,
    /// A list to choose from: what is sent, and in words. Empty for whatever is typed.
    pub(super) choices: Vec<(String, String)>,
    pub(super) read_only: bool,
    pub(super) error: String,
    pub(super) hint: &'static str,
    /// Whether it takes a line of the form for itself.
    pub(super) wide: bool,
}

impl Input {
    pub(super) fn new(name: &str, label: &str, kind: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind,
            value: String::new(),
            choices: Vec::new(),
            read_only: false,
            error: String::new(),
            hint: "",
            wide: false,
        }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    pub(super) fn choices(self, choices: Vec<(String, String)>) -> Self {
        Self { choices, ..self }
    }

    /// With what was typed, and the first thing that is wrong with it.
    pub(super) fn with(self, given: &[(String, String)], issues: &[FieldIssue]) -> Self {
        let issue = issues.iter().find(|issue| issue.field == self.name);
        let error = issue.map(|issue| issue.message.clone()).unwrap_or_default();
        Self { value: value(given, &self.name).to_owned(), error, ..self }
    }
}

/// People to choose from, by name, with nobody first.
pub(super) fn people(names: &Names, nobody: &str) -> Vec<(String, String)> {
    let mut people: Vec<_> =
        names.iter().map(|(id, name)| (id.to_string(), name.clone())).collect();
    people.sort_by(|a, b| a.1.cmp(&b.1));
    people.insert(0, (String::new(), nobody.to_owned()));
    people
}
