//! `leadbox rules words`: what can be written in a script.

use leadbox_core::Catalog;
use leadbox_core::scoring::{Vocabulary, Word, WordKind};
use serde::Serialize;

use crate::output::Outcome;

#[derive(Debug, Serialize)]
pub(super) struct Words {
    words: Vec<Word>,
    /// Whether they are told as a definition file.
    #[serde(skip)]
    defined: bool,
}

impl Words {
    /// All words with this in them, and the tenant's own fields.
    pub(super) fn of(catalog: &Catalog, like: &str, defined: bool) -> Self {
        let mut words = Word::all(catalog, &Vocabulary::default());
        words.retain(|word| word.name.contains(like.trim()));
        Self { words, defined }
    }
}

impl Outcome for Words {
    fn text(&self) -> String {
        if self.words.is_empty() {
            return "there is no such word: `leadbox rules words` shows all".to_owned();
        }
        if self.defined {
            return Word::definitions(&self.words).trim_end().to_owned();
        }
        let groups = self.words.chunk_by(|one, next| one.kind == next.kind).map(|words| {
            let line = |word: &Word| format!("  {}\n      {}", word.written, word.about);
            let lines: Vec<String> = words.iter().map(line).collect();
            let title = words.first().map_or("", |word| WordKind::title(word.kind));
            format!("{title}\n{}", lines.join("\n"))
        });
        groups.collect::<Vec<_>>().join("\n\n")
    }
}
