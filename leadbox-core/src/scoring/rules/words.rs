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

/// Whether the words of `phrase` stand side by side in `text`.
pub(super) fn has_phrase(text: &str, phrase: &str) -> bool {
    let phrase = words_of(phrase);
    !phrase.is_empty() && format!(" {} ", words_of(text)).contains(&format!(" {phrase} "))
}

/// How one text is held against another.
pub(super) type Test = fn(&str, &str) -> bool;

pub(super) const TESTS: [(&str, Test); 4] = [
    ("has_any", has_phrase),
    ("starts_with", |text, start| fold(text).starts_with(&fold(start))),
    ("ends_with", |text, end| fold(text).ends_with(&fold(end))),
    ("equals", |text, other| fold(text) == fold(other)),
];

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
            Ok(texts.iter().any(|text| against.iter().any(|one| test(text, one))))
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
        fold(&text).contains(&fold(&part))
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
            assert_eq!(has_phrase(text, phrase), found, "{text:?} {phrase:?}");
        }
    }
}
