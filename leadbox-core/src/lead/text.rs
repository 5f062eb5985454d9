//! Text as people type it. Owns trimming, the limits and what is refused.

use super::assign::{Input, kind_of};

/// The most characters of names and the like.
pub(crate) const NAME: usize = 200;
/// The most characters of tags, sources and purposes.
pub(crate) const SHORT: usize = 64;
/// The most characters of addresses.
pub(crate) const LONG: usize = 2000;

/// One line: trimmed, runs of white space as one space; blank is none.
///
/// # Errors
/// When it is no text, too long, or has control characters.
pub(crate) fn line(input: Input<'_>, most: usize) -> Result<Option<String>, String> {
    let text = match input {
        Input::Clear => return Ok(None),
        Input::Text(text) => text.trim(),
        Input::Json(other) => return Err(format!("has to be text, not {}", kind_of(other))),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let clean = text.bytes().all(|byte| byte >= b' ' && byte != 0x7f)
        && !text.contains("  ")
        && text.is_ascii();
    let text =
        if clean { text.to_owned() } else { text.split_whitespace().collect::<Vec<_>>().join(" ") };
    if text.chars().any(char::is_control) {
        return Err("contains control characters".to_owned());
    }
    // Bytes bound characters from above, so most texts need no counting.
    if text.len() > most && text.chars().count() > most {
        return Err(format!("is longer than {most} characters"));
    }
    Ok(Some(text))
}

/// A text that keeps its lines; nothing but its length and what no storage keeps is looked at.
///
/// # Errors
/// When it is too long, or has a NUL character.
pub(crate) fn lines(text: &str, most: usize) -> Result<String, String> {
    if text.len() > most && text.chars().count() > most {
        return Err(format!("is longer than {most} characters"));
    }
    // Postgres keeps no NUL in text, so none gets in anywhere.
    if text.contains('\0') {
        Err("contains a NUL character".to_owned())
    } else {
        Ok(text.to_owned())
    }
}
