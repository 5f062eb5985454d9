//! What is wrong with a form. Owns finding what belongs beside which input.

use std::ops::Deref;

use leadbox_core::{FieldIssue, Invalid};

/// Everything that is wrong with a form, in the order of its inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct Issues(Vec<FieldIssue>);

impl From<Invalid> for Issues {
    fn from(invalid: Invalid) -> Self {
        Self(invalid.issues)
    }
}

impl Deref for Issues {
    type Target = [FieldIssue];

    fn deref(&self) -> &[FieldIssue] {
        &self.0
    }
}

impl Issues {
    /// What is wrong with an input; empty when nothing is.
    pub(super) fn of(&self, input: &str) -> &str {
        self.0.iter().find(|issue| issue.field == input).map_or("", |issue| &issue.message)
    }

    /// Whether anything is wrong with an input.
    pub(super) fn has(&self, input: &str) -> bool {
        !self.of(input).is_empty()
    }
}
