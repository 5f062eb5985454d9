//! Texts as the interpreter holds them. Owns that a short one, such as a tag or a country, is not made anew for each lead that has it;
//! knows nothing of what they say.

use std::cell::RefCell;

use rhai::ImmutableString;

/// The longest text that is kept, in bytes: what the interpreter holds without a place of its own for the letters.
const LONGEST: usize = 23;
/// How many texts a thread keeps.
const PLACES: usize = 256;

thread_local! {
    /// The text that came last to each place. The interpreter could share texts itself, under a lock that all threads wait for.
    static KEPT: RefCell<[Option<ImmutableString>; PLACES]> =
        const { RefCell::new([const { None }; PLACES]) };
}

/// Where a text is kept.
fn place(text: &[u8]) -> usize {
    let letter = |n: usize| usize::from(text.get(n).copied().unwrap_or_default());
    let ends = [letter(0), letter(text.len() / 2), letter(text.len().saturating_sub(1))];
    ends.into_iter().fold(text.len(), |sum, letter| sum.wrapping_mul(31).wrapping_add(letter))
        % PLACES
}

/// A text as the interpreter holds it.
pub(super) fn held(text: &str) -> ImmutableString {
    if text.len() > LONGEST {
        return text.into();
    }
    let kept = KEPT.try_with(|kept| {
        let mut kept = kept.try_borrow_mut().ok()?;
        let kept = kept.get_mut(place(text.as_bytes()))?;
        match kept {
            Some(known) if known.as_str() == text => Some(known.clone()),
            _ => Some(kept.insert(text.into()).clone()),
        }
    });
    kept.ok().flatten().unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_stays_what_it_is_whatever_was_kept_in_its_place(
            texts in proptest::collection::vec("[a-c]{0,4}|\\PC{0,40}", 1..200),
        ) {
            for text in texts {
                let held = held(&text);
                prop_assert_eq!(held.as_str(), text);
            }
        }
    }

    #[test]
    fn a_short_text_is_made_once() {
        assert!(held("partner").ptr_eq(&held("partner")));
        let long = "a text that is longer than what is kept";
        assert!(!held(long).ptr_eq(&held(long)));
    }
}
