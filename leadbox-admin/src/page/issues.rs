//! What is wrong with a form. Owns finding what belongs beside which input, and what is said above them all.

use std::ops::Deref;

use leadbox_core::{FieldIssue, Invalid};

use super::input::Input;
use super::words::spelled;

/// Everything that is wrong with a form, in the order in which it was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Issues {
    found: Vec<FieldIssue>,
    /// Fields and what the form calls them, as far as it calls them differently from their keys.
    labels: Vec<(String, String)>,
    /// The inputs to which one can be led.
    inputs: Vec<String>,
}

/// What is said above a form of one thing that is wrong.
pub(super) struct Told<'i> {
    /// The input; empty when the form has none for it.
    pub(super) at: &'i str,
    pub(super) label: String,
    pub(super) message: &'i str,
}

impl From<Invalid> for Issues {
    fn from(invalid: Invalid) -> Self {
        invalid.issues.into()
    }
}

impl From<Vec<FieldIssue>> for Issues {
    fn from(found: Vec<FieldIssue>) -> Self {
        Self { found, ..Self::default() }
    }
}

impl Deref for Issues {
    type Target = [FieldIssue];

    fn deref(&self) -> &[FieldIssue] {
        &self.found
    }
}

impl Issues {
    /// Of a form with these inputs: what is said above it bears their labels and leads to them.
    pub(super) fn above<'i>(mut self, inputs: impl IntoIterator<Item = &'i Input>) -> Self {
        for input in inputs {
            self.inputs.push(input.name.clone());
            self.labels.push((input.name.clone(), input.label.clone()));
        }
        self
    }

    /// Of a form that calls these fields so. The first that names a field counts.
    pub(super) fn calling(mut self, field: &str, label: &str) -> Self {
        self.labels.push((field.to_owned(), label.to_owned()));
        self
    }

    /// What is wrong with an input; empty when nothing is.
    pub(super) fn of(&self, input: &str) -> &str {
        self.found.iter().find(|issue| issue.field == input).map_or("", |issue| &issue.message)
    }

    /// Whether anything is wrong with an input.
    pub(super) fn has(&self, input: &str) -> bool {
        !self.of(input).is_empty()
    }

    /// Everything that is wrong, as it is said above the form.
    pub(super) fn told(&self) -> impl Iterator<Item = Told<'_>> {
        self.found.iter().map(|issue| {
            let label = self.labels.iter().find(|(field, _)| *field == issue.field);
            Told {
                at: self.inputs.iter().find(|one| **one == issue.field).map_or("", |one| one),
                label: label.map_or_else(|| spelled(&issue.field), |(_, label)| label.clone()),
                message: &issue.message,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_under_the_labels_of_its_inputs() {
        let mut invalid = Invalid::default();
        invalid.push("title", "is missing");
        invalid.push("due_at", "is no day");
        invalid.push("accent", "is no colour");
        let title = Input::new("title", "What to do", "text");
        let issues = Issues::from(invalid).above([&title]).calling("accent", "Colour");
        let told = issues.told().map(|told| format!("{}|{}|{}", told.at, told.label, told.message));
        let told: Vec<String> = told.collect();
        assert_eq!(
            told,
            ["title|What to do|is missing", "|Due at|is no day", "|Colour|is no colour"]
        );
    }
}
