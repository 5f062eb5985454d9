//! Folding: the form in which texts are searched and compared.
//!
//! Owns the one answer to "do these two spellings look alike?". It runs for every imported row, so
//! plain ASCII takes a path without Unicode tables. It must not know what the text stands for:
//! names, companies and notes are folded alike.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// The search and comparison form of a text: `"  Łukasz MÜLLER "` becomes `"lukasz muller"`.
///
/// The text is decomposed (NFKD), accents and points are dropped, letters are lower-cased and those
/// that have no decomposition are spelled in plain Latin (`ß` as `ss`, `ø` as `o`), typographic
/// quotes and dashes become `'`, `"` and `-`, runs of white space and control characters become
/// one space, and what is left is composed again (NFC) and trimmed. Folding a folded text changes
/// nothing.
///
/// Marks that make another letter rather than decorate one stay: Japanese voicing, Indic vowel
/// signs, nukta and virama.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() { fold_ascii(text) } else { fold_unicode(text) }
}

fn fold_ascii(text: &str) -> String {
    let text = text.trim_matches(is_gap);
    let mut previous_gap = false;
    let uneven = text.bytes().any(|byte| {
        let gap = byte <= b' ' || byte == 0x7f;
        let found = gap && (previous_gap || byte != b' ');
        previous_gap = gap;
        found
    });
    if !uneven {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    folded
}

fn fold_unicode(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.nfkd().filter(|letter| !is_dropped(*letter)) {
        if is_gap(letter) {
            gap = true;
            continue;
        }
        if gap && !plain.is_empty() {
            plain.push(' ');
        }
        gap = false;
        push_plain(&mut plain, letter);
    }
    if plain.is_ascii() { plain } else { plain.nfc().collect() }
}

/// Whether a character separates words. Control characters do, since some databases refuse them.
fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}

/// Whether a decomposed character is decoration or invisible.
fn is_dropped(letter: char) -> bool {
    if letter.is_ascii() {
        return false;
    }
    // Combining classes 7, 8 and 9 are nukta, kana voicing and virama; class 0 holds the vowel
    // signs of Indic scripts. They change the letter, so dropping them would merge different words.
    if is_combining_mark(letter) {
        return canonical_combining_class(letter) >= 10;
    }
    // Soft hyphen, zero-width characters, direction marks, byte order mark: pasted along, never
    // seen.
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Appends the lower-case form of a decomposed character, in plain Latin where there is one.
fn push_plain(folded: &mut String, letter: char) {
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
        return;
    }
    // Letter by letter, as `str::to_lowercase` would choose a sigma by its place in the word.
    for lower in letter.to_lowercase() {
        match lower {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' | 'ƚ' => folded.push('l'),
            'đ' | 'ð' | 'ɖ' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' | 'ɨ' => folded.push('i'),
            'ĸ' => folded.push('k'),
            'ŋ' => folded.push('n'),
            'ŧ' => folded.push('t'),
            'ƀ' => folded.push('b'),
            'ǥ' => folded.push('g'),
            'ς' => folded.push('σ'),
            '‘' | '’' | '‚' | '‛' | 'ʼ' | 'ʹ' | '′' => folded.push('\''),
            '“' | '”' | '„' | '‟' | '«' | '»' => folded.push('"'),
            '‐'..='―' | '−' => folded.push('-'),
            // The dot that lower-casing `İ` leaves behind.
            '\u{307}' => {}
            other => folded.push(other),
        }
    }
}

/// The words of a folded text, one space apart: without punctuation, without "and" and "the".
///
/// Names in closed lists (countries, industries) are looked up in this form, so that `Oil & Gas`,
/// `oil_and_gas` and `U.S.A.` need no entries of their own.
pub(crate) fn words(text: &str) -> String {
    let folded = fold(text);
    let mut words = String::with_capacity(folded.len());
    // A dot or apostrophe joins ("u.s." is one word); any other punctuation separates.
    let is_separator = |letter: char| !letter.is_alphanumeric() && !is_joiner(letter);
    for word in folded.split(is_separator) {
        let start = words.len();
        if start > 0 {
            words.push(' ');
        }
        let first = words.len();
        words.extend(word.chars().filter(|letter| !matches!(letter, '.' | '\'')));
        if matches!(&words[first..], "" | "and" | "the") {
            words.truncate(start);
        }
    }
    // Marks that a dropped character kept apart may now compose, so such text is folded again.
    if words.is_ascii() { words } else { fold(&words) }
}

fn is_joiner(letter: char) -> bool {
    matches!(letter, '.' | '\'') || is_combining_mark(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accents_case_and_spacing_do_not_matter() {
        assert_eq!(fold("  Łukasz\t MÜLLER \n"), "lukasz muller");
        assert_eq!(fold("STRAßE ẞ"), "strasse ss");
        assert_eq!(fold("Ærøskøbing Đorđe Þór ĲSSEL"), "aeroskobing dorde thor ijssel");
        assert_eq!(fold("İstanbul ISPARTA ılıca"), "istanbul isparta ilica");
        assert_eq!(fold("O’Brien–Smith “Ltd”"), "o'brien-smith \"ltd\"");
        assert_eq!(fold("Ｆｕｌｌ　Ｗｉｄｔｈ ﬁ"), "full width fi");
        assert_eq!(fold("ΟΔΥΣΣΕΥΣ"), fold("Οδυσσεύς"));
        assert_eq!(fold("Ёлка"), "елка");
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        assert_ne!(fold("か"), fold("が"));
        assert_ne!(fold("की"), fold("का"));
        assert_eq!(fold("김"), "김");
    }

    #[test]
    fn invisible_and_control_characters_vanish_or_separate() {
        assert_eq!(fold("Ac\u{200b}me\u{feff}"), "acme");
        assert_eq!(fold("a\0b"), "a b");
        assert_eq!(fold("\u{a0}a\u{2003}\u{a0}b é"), "a b e");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn folding_any_single_character_twice_changes_nothing() {
        for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let once = fold(letter.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{letter:?} U+{:04X}", u32::from(letter));
        }
    }

    #[test]
    fn words_ignore_punctuation_and_small_words() {
        assert_eq!(words("Oil & Gas"), "oil gas");
        assert_eq!(words("oil_and-gas"), "oil gas");
        assert_eq!(words("The U.S.A."), "usa");
        assert_eq!(words("Côte d’Ivoire"), "cote divoire");
        assert_eq!(words(" & . - "), "");
        assert_eq!(words("\u{16ff0}'\u{16af0}"), "\u{16af0}\u{16ff0}");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn both_paths_agree_on_ascii(text in "[ -~\t\n\0\u{7f}]{0,40}") {
            prop_assert_eq!(fold_ascii(&text), fold_unicode(&text));
        }

        #[test]
        fn folded_text_is_trimmed_and_evenly_spaced(text in any::<String>()) {
            let folded = fold(&text);
            prop_assert_eq!(folded.trim(), &folded);
            prop_assert!(!folded.contains("  "));
            prop_assert!(!folded.chars().any(char::is_control));
        }

        #[test]
        fn words_of_words_are_the_same(text in any::<String>()) {
            let once = words(&text);
            prop_assert_eq!(words(&once), once);
        }
    }
}
