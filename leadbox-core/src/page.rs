//! Pages of long lists. Owns keyset paging: a cursor names the last row seen, so a page costs the same wherever it
//! lies and no row is seen twice because another was inserted. Never counts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hex;

/// An opaque place in a list: give it back to go on. Its text form is stable within one version of LeadBox.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor {
    /// The list and order it belongs to; a cursor of another list is refused.
    pub(crate) list: String,
    /// The sort key of the last row, as the storage compares it; none where the value is missing.
    pub(crate) key: Option<Vec<u8>>,
    /// The id of the last row.
    pub(crate) id: [u8; 16],
}

/// A text that is no cursor of this list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cursor does not belong to this list: begin again without it")]
pub struct CursorError;

impl Cursor {
    /// A cursor behind the row with this sort key and id. For storage adapters.
    pub fn new(list: impl Into<String>, key: Option<Vec<u8>>, id: [u8; 16]) -> Self {
        Self { list: list.into(), key, id }
    }

    /// The sort key and id of the last row seen, if the cursor is of `list`. For storage adapters.
    ///
    /// # Errors
    /// [`CursorError`] when it is another list's.
    pub fn of(&self, list: &str) -> Result<(Option<&[u8]>, [u8; 16]), CursorError> {
        if self.list == list { Ok((self.key.as_deref(), self.id)) } else { Err(CursorError) }
    }
}

const VERSION: &str = "1";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}~{}~", self.list)?;
        match &self.key {
            None => f.write_str("-")?,
            Some(key) => hex::write(key, f)?,
        }
        f.write_str("~")?;
        hex::write(&self.id, f)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('~');
        let (Some(VERSION), Some(list), Some(key), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CursorError);
        };
        let key = if key == "-" { None } else { Some(hex::read(key).ok_or(CursorError)?) };
        let id = hex::read(id).and_then(|id| id.try_into().ok()).ok_or(CursorError)?;
        Ok(Self { list: list.to_owned(), key, id })
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// Which part of a list to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// How many rows, 1 to [`PageRequest::MAX`]; more is cut to that.
    pub size: u32,
    /// Behind which row; none for the beginning.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The most rows of one page.
    pub const MAX: u32 = 1000;

    /// The first `size` rows.
    pub fn first(size: u32) -> Self {
        Self { size, after: None }
    }

    /// `size` rows behind `cursor`.
    pub fn after(size: u32, cursor: Cursor) -> Self {
        Self { size, after: Some(cursor) }
    }

    /// The size, within its range.
    pub fn limit(&self) -> u32 {
        self.size.clamp(1, Self::MAX)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(50)
    }
}

/// A part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where to go on; none at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows: the one too many only tells that there is more. For storage adapters.
    pub fn cut(mut items: Vec<T>, limit: u32, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let limit = limit as usize;
        let next = (items.len() > limit).then(|| {
            items.truncate(limit);
            items.last().map(cursor)
        });
        Self { items, next: next.flatten() }
    }

    /// The same page of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_survives_its_text_form(list in "[a-z:_]{0,20}", key in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)), id in any::<[u8; 16]>()) {
            let cursor = Cursor::new(list, key, id);
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }

        #[test]
        fn any_other_text_is_refused_without_panic(text in ".{0,80}") {
            let _ = text.parse::<Cursor>();
        }
    }
}
