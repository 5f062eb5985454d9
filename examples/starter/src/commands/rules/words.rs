//! `leadbox rules words`: what can be written in a script.

use leadbox_core::Catalog;
use leadbox_core::scoring::{Word, WordKind};
use serde::Serialize;

use crate::output::Outcome;

#[derive(Debug, Serialize)]
pub(super) struct Words {
    words: Vec<Word>,
}

impl Words {
    /// All words with this in them, and the tenant's own fields.
    pub(super) fn of(catalog: &Catalog, like: &str) -> Self {
        let mut words = Word::all(catalog);
        words.retain(|word| word.name.contains(like.trim()));
        Self { words }
    }
}

impl Outcome for Words {
    fn text(&self) -> String {
        if self.words.is_empty() {
            return "there is no such word: `leadbox rules words` shows all".to_owned();
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
