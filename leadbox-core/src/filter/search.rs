//! Text search. Owns how what a person types becomes terms; storages only look terms up.

use crate::identity::fold;

/// One thing to look for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SearchTerm {
    /// At least three characters that occur in the lead's search text. A word of two letters becomes one with the
    /// space before it, so it finds beginnings of words.
    Contains(String),
    /// A single character with which the lead's folded name begins.
    NameStarts(String),
}

/// What a person typed: every word has to be found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// The terms; none means that nothing is looked for.
    pub terms: Vec<SearchTerm>,
}

/// Words beyond these are ignored: nobody types them, and each costs a look-up.
const MAX_WORDS: usize = 8;

impl Search {
    /// Takes a text apart into folded words, at most eight of at most 64 characters.
    pub fn parse(text: &str) -> Self {
        let terms = fold(text)
            .split(' ')
            .filter(|word| !word.is_empty())
            .take(MAX_WORDS)
            .map(|word| {
                let word: String = word.chars().take(64).collect();
                match word.chars().count() {
                    1 => SearchTerm::NameStarts(word),
                    2 => SearchTerm::Contains(format!(" {word}")),
                    _ => SearchTerm::Contains(word),
                }
            })
            .collect();
        Self { terms }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a lead with this search text and folded name is found: what storages have to equal.
    pub fn finds(&self, search_text: &str, name: &str) -> bool {
        self.terms.iter().all(|term| match term {
            SearchTerm::Contains(text) => search_text.contains(text.as_str()),
            SearchTerm::NameStarts(text) => name.starts_with(text.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_match_beginnings_and_long_ones_anything() {
        let search = Search::parse("  Jo MÜLL ");
        assert!(search.finds(" john muller acme", "john muller"));
        assert!(!search.finds(" banjo muller", "banjo muller"));
        assert!(Search::parse("j").finds(" john", "john"));
        assert!(!Search::parse("o").finds(" john", "john"));
        assert!(Search::parse(" ").is_empty());
    }
}
