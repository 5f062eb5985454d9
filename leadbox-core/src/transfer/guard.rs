//! The guard against formulas: a text that a spreadsheet would take for one gets a `'` in front. Owns both directions,
//! which are exact opposites, so that what is exported comes back as it was.

use std::borrow::Cow;

/// Whether a spreadsheet would calculate the text, or would after a guard was taken off.
fn is_risky(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| **byte != b'\'');
    matches!(first, Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// The text as a cell. Texts that begin with guards of their own get one more.
pub(super) fn guard(text: &[u8]) -> Cow<'_, [u8]> {
    if !is_risky(text) {
        return Cow::Borrowed(text);
    }
    let mut guarded = Vec::with_capacity(text.len() + 1);
    guarded.push(b'\'');
    guarded.extend_from_slice(text);
    Cow::Owned(guarded)
}

/// The cell as a text: without exactly the one guard that [`guard`] puts there.
pub(super) fn unguard(cell: &[u8]) -> &[u8] {
    match cell {
        [b'\'', text @ ..] if is_risky(text) => text,
        other => other,
    }
}

/// Whether the cell is a plain number, which needs no guard: `-5` is to stay one.
pub(super) fn is_number(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_and_phone_numbers_are_guarded_and_the_rest_is_left_alone() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+4930901820", "'+4930901820"),
            ("-5", "'-5"),
            ("@a", "'@a"),
            ("\tx", "'\tx"),
            ("'=1", "''=1"),
            ("'tis", "'tis"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(&*guard(text.as_bytes()), cell.as_bytes());
            assert_eq!(unguard(cell.as_bytes()), text.as_bytes());
        }
        assert!(is_number(b"-5.25") && is_number(b"7") && !is_number(b"-") && !is_number(b"+5"));
    }

    proptest! {
        #[test]
        fn taking_the_guard_off_gives_the_text_back(text in "['=+@\t\r-]{0,5}[a-z']{0,3}") {
            let cell = guard(text.as_bytes());
            prop_assert_eq!(unguard(&cell), text.as_bytes());
            prop_assert!(!matches!(cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r')));
        }
    }
}
