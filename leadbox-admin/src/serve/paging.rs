//! Places in long lists, as addresses carry them. Owns reading one.

use leadbox_core::{Cursor, Error, PageRequest, StorageError};

use super::Problem;

/// `size` rows behind the place that `after` names; the first ones when it is empty.
pub(crate) fn page_after(size: u32, after: &str) -> Result<PageRequest, Problem> {
    if after.is_empty() {
        return Ok(PageRequest::first(size));
    }
    let cursor: Cursor = after.parse().map_err(|_| Error::from(StorageError::BadCursor))?;
    Ok(PageRequest::after(size, cursor))
}
