//! Texts and lists of texts in scripts. Owns the vocabulary; everything but `==` and `in` compares without case and accents, and
//! what looks for words finds whole ones.

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString};

use super::fault::refusal;
use super::unknown::{Unknown, is_unknown, known};
use crate::identity::{fold, words as words_of};

/// A text, or each text of a list.
fn texts(value: &Dynamic) -> Option<Vec<ImmutableString>> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Some(vec![(*text).clone()]);
    }
    let list = value.read_lock::<Array>()?;
    list.iter().map(|one| one.as_immutable_string_ref().ok().map(|text| (*text).clone())).collect()
}

/// How one text is held against another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Test {
    /// The other's words stand side by side in it.
    Words,
    Starts,
    Ends,
    Same,
    /// The other is a part of it.
    Part,
}

pub(super) const TESTS: [(&str, Test); 4] = [
    ("has_any", Test::Words),
    ("starts_with", Test::Starts),
    ("ends_with", Test::Ends),
    ("equals", Test::Same),
];

impl Test {
    /// A text as it is compared: without case and accents, and for words without what stands between them.
    pub(super) fn prepared(self, text: &str) -> String {
        match self {
            Self::Words => {
                let mut words = words_of(text);
                words.insert(0, ' ');
                words.push(' ');
                words
            }
            _ => fold(text),
        }
    }

    /// Whether a text passes against another, both prepared.
    pub(super) fn passes(self, text: &str, other: &str) -> bool {
        match self {
            Self::Words => !other.trim().is_empty() && text.contains(other),
            Self::Starts => text.starts_with(other),
            Self::Ends => text.ends_with(other),
            Self::Same => text == other,
            Self::Part => text.contains(other),
        }
    }
}

/// Whether any text of the one passes against any of the other; nothing passes that is not known.
fn any(
    name: &str,
    value: &Dynamic,
    against: &Dynamic,
    test: Test,
) -> Result<bool, Box<EvalAltResult>> {
    if is_unknown(value) || is_unknown(against) {
        return Ok(false);
    }
    match (texts(value), texts(against)) {
        (Some(texts), Some(against)) => {
            let against: Vec<String> = against.iter().map(|one| test.prepared(one)).collect();
            Ok(texts.iter().any(|text| {
                let text = test.prepared(text);
                against.iter().any(|one| test.passes(&text, one))
            }))
        }
        _ => Err(refusal(format!("`{name}` holds texts against texts: put them in quotes"))),
    }
}

/// How long a text or a list is.
fn length(value: &Dynamic) -> Result<Dynamic, Box<EvalAltResult>> {
    let whole = |length: usize| Dynamic::from(INT::try_from(length).unwrap_or(INT::MAX));
    if is_unknown(value) {
        return Ok(Dynamic::from(Unknown));
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(whole(text.chars().count()));
    }
    let list = value.read_lock::<Array>().map(|list| list.len());
    list.map(whole).ok_or_else(|| refusal("only a text or a list has a length"))
}

pub(super) fn register(engine: &mut Engine) {
    for (name, test) in TESTS {
        engine.register_fn(name, move |value: Dynamic, against: Dynamic| {
            any(name, &value, &against, test)
        });
    }
    engine.register_fn("contains", |text: ImmutableString, part: ImmutableString| {
        Test::Part.passes(&Test::Part.prepared(&text), &Test::Part.prepared(&part))
    });
    engine.register_fn("contains", |_: ImmutableString, _: Unknown| false);
    engine.register_fn("contains", |_: Unknown, _: Dynamic| false);
    engine.register_fn("lower", |text: ImmutableString| text.to_lowercase());
    engine.register_fn("upper", |text: ImmutableString| text.to_uppercase());
    for name in ["lower", "upper"] {
        engine.register_fn(name, |_: Unknown| Unknown);
    }
    engine.register_fn("length", |value: Dynamic| length(&value));
}

/// A text as scripts see it.
pub(super) fn text(value: Option<&str>) -> Dynamic {
    known(value, |text| Dynamic::from(ImmutableString::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_without_case_and_accents() {
        for (text, phrase, found) in [
            ("CTO", "cto", true),
            ("Director of Sales", "cto", false),
            ("Co-Founder & CTO", "cto", true),
            ("Head of Marketing", "head of", true),
            ("Ahead of time", "head of", false),
            ("Geschäftsführerin", "geschaftsfuhrerin", true),
            ("VP, Engineering", "vp engineering", true),
            ("anything", "", false),
            ("", "cto", false),
        ] {
            let passes =
                Test::Words.passes(&Test::Words.prepared(text), &Test::Words.prepared(phrase));
            assert_eq!(passes, found, "{text:?} {phrase:?}");
        }
    }
}
