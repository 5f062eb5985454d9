//! Keyset paging over rows in memory. Owns the order and the cursor; knows nothing of what the rows are.

use crate::filter::Direction;
use crate::page::{Cursor, Page, PageRequest};
use crate::storage::StorageError;

/// A row with what it is ordered by: a key as bytes that compare as values do, then an id.
pub(super) struct Ordered<T> {
    pub(super) key: Vec<u8>,
    pub(super) id: [u8; 16],
    pub(super) row: T,
}

/// A number as bytes that compare as numbers do.
pub(super) fn number_key(number: i64) -> Vec<u8> {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec()
}

/// Sorts the rows and takes the page that was asked for.
pub(super) fn page<T>(
    mut rows: Vec<Ordered<T>>,
    list: &str,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<T>, StorageError> {
    rows.sort_by(|a, b| {
        let order = (&a.key, a.id).cmp(&(&b.key, b.id));
        if direction == Direction::Ascending { order } else { order.reverse() }
    });
    if let Some(cursor) = &request.after {
        let (key, id) = cursor.of(list).map_err(|_| StorageError::BadCursor)?;
        let last = (key.ok_or(StorageError::BadCursor)?, id);
        rows.retain(|row| {
            let here = (row.key.as_slice(), row.id);
            if direction == Direction::Ascending { here > last } else { here < last }
        });
    }
    let limit = request.limit();
    rows.truncate(limit as usize + 1);
    let page = Page::cut(rows, limit, |row| Cursor::new(list, Some(row.key.clone()), row.id));
    Ok(page.map(|row| row.row))
}
