//! `leadbox rules words`: what can be written in a script.

use std::borrow::Cow;

use leadbox_core::Catalog;
use leadbox_core::scoring::{WORDS, WordKind};
use serde::Serialize;

use crate::output::Outcome;

#[derive(Debug, Serialize)]
pub(super) struct Words {
    words: Vec<Word>,
}

#[derive(Debug, Serialize)]
struct Word {
    kind: WordKind,
    name: Cow<'static, str>,
    written: Cow<'static, str>,
    about: Cow<'static, str>,
}

impl Words {
    /// All words with this in them, and the tenant's own fields.
    pub(super) fn of(catalog: &Catalog, like: &str) -> Self {
        let known = WORDS.iter().map(|word| Word {
            kind: word.kind,
            name: word.name.into(),
            written: word.written.into(),
            about: word.about.into(),
        });
        let own = catalog.active_fields().map(|field| {
            let name = format!("lead.cf.{}", field.key);
            let (written, about) = (name.clone().into(), field.label.clone().into());
            Word { kind: WordKind::Field, name: name.into(), written, about }
        });
        let is_like = |word: &Word| word.name.contains(like.trim());
        let mut words: Vec<Word> = known.chain(own).filter(is_like).collect();
        words.sort_by_key(|word| word.kind);
        Self { words }
    }
}

impl Outcome for Words {
    fn text(&self) -> String {
        if self.words.is_empty() {
            return "there is no such word: `leadbox rules words` shows all".to_owned();
        }
        let group = |kind: WordKind| {
            let of_kind = self.words.iter().filter(|word| word.kind == kind);
            let lines = of_kind.map(|word| format!("  {}\n      {}\n", word.written, word.about));
            let lines = lines.collect::<String>();
            if lines.is_empty() { lines } else { format!("{}\n{lines}", kind.title()) }
        };
        let groups = WordKind::ALL.map(group);
        let groups: Vec<&str> =
            groups.iter().map(String::as_str).filter(|one| !one.is_empty()).collect();
        groups.join("\n").trim_end().to_owned()
    }
}
