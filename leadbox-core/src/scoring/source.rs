//! A rule set as it is written: its script and the files beside it. Owns what belongs to it and how much that may be; knows nothing of
//! what is in them, but for which files they import.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules::{Mistake, imported, strange_file};

/// A script with the files beside it that it may import, by the names under which it does.
///
/// ```
/// use leadbox_core::scoring::{Loader, RuleSource};
///
/// let script = "import \"lists\" as lists;\n\
///               rule(\"Decides\", 20, |lead| lead.title.has_any(lists::deciders));";
/// let source = RuleSource::from(script).with("lists", "export const deciders = [\"cto\", \"head of\"];");
/// assert!(Loader::default().files(&source.files).load(&source.script).is_ok());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RuleSource {
    /// What is loaded.
    pub script: String,
    /// What it may import: the text of each file by its name, without `.rhai`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl<T: Into<String>> From<T> for RuleSource {
    fn from(script: T) -> Self {
        Self { script: script.into(), files: BTreeMap::new() }
    }
}

impl RuleSource {
    /// The most files beside a script.
    pub const MOST_FILES: usize = 20;
    /// The longest that all files beside a script may be together, in bytes.
    pub const LONGEST_FILES: usize = 256 * 1024;

    /// With a file beside the script.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.insert(name.into(), text.into());
        self
    }

    /// A script with the files that it imports, and that these import, as `read` has them; what it does not have is left out, and
    /// missed when the script is loaded. It is asked for plain names alone, never for a path.
    ///
    /// # Errors
    /// The first of `read`.
    pub fn gathered<E>(
        script: impl Into<String>,
        mut read: impl FnMut(&str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        let mut source = Self::from(script);
        let mut wanted = imported(&source.script);
        while let Some(name) = wanted.pop() {
            if source.files.contains_key(&name) || source.files.len() > Self::MOST_FILES {
                continue;
            }
            if let Some(text) = read(&name)? {
                wanted.extend(imported(&text));
                source.files.insert(name, text);
            }
        }
        Ok(source)
    }

    /// The line of a mistake with a mark under the place, from the file that it is in; empty when it has none.
    pub fn shown(&self, mistake: &Mistake) -> String {
        let text = match &mistake.file {
            Some(file) => self.files.get(file),
            None => Some(&self.script),
        };
        let line = Mistake { file: None, ..mistake.clone() };
        text.map(|text| line.shown(text)).unwrap_or_default()
    }

    /// What is wrong with the files as such, if anything is.
    pub(crate) fn excess(files: &BTreeMap<String, String>) -> Option<String> {
        if let Some(says) = files.keys().find_map(|name| strange_file(name)) {
            return Some(says);
        }
        if files.len() > Self::MOST_FILES {
            return Some(format!("a script has at most {} files beside it", Self::MOST_FILES));
        }
        let length: usize = files.iter().map(|(name, text)| name.len() + text.len()).sum();
        (length > Self::LONGEST_FILES).then(|| {
            let most = Self::LONGEST_FILES / 1024;
            format!("the files beside a script are at most {most} KiB together")
        })
    }
}
