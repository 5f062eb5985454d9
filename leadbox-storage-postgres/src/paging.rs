//! Places in lists. Owns how a cursor's key is written and read; knows nothing of the lists.

use leadbox_core::{PageRequest, StorageError, Timestamp, from_unix_micros};
use uuid::Uuid;

/// The key and id behind which a page of this list begins; none for its beginning.
pub(crate) fn after<'p>(
    page: &'p PageRequest,
    list: &str,
) -> Result<Option<(&'p [u8], Uuid)>, StorageError> {
    let Some(cursor) = &page.after else { return Ok(None) };
    let (key, id) = cursor.of(list).map_err(|_| StorageError::BadCursor)?;
    Ok(Some((key.ok_or(StorageError::BadCursor)?, Uuid::from_bytes(id))))
}

/// The same of a list in the order of its ids.
pub(crate) fn id_after(page: &PageRequest, list: &str) -> Result<Option<Uuid>, StorageError> {
    Ok(after(page, list)?.map(|(_, id)| id))
}

/// The same of a list in the order of moments.
pub(crate) fn moment_after(
    page: &PageRequest,
    list: &str,
) -> Result<Option<(Timestamp, Uuid)>, StorageError> {
    let Some((key, id)) = after(page, list)? else { return Ok(None) };
    let at = from_unix_micros(number(key)?).ok_or(StorageError::BadCursor)?;
    Ok(Some((at, id)))
}

/// A number as a key.
pub(crate) fn number_key(number: i64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// A moment as a key.
pub(crate) fn moment_key(at: Timestamp) -> Vec<u8> {
    number_key(at.timestamp_micros())
}

/// The number of a key.
pub(crate) fn number(key: &[u8]) -> Result<i64, StorageError> {
    key.try_into().map(i64::from_be_bytes).map_err(|_| StorageError::BadCursor)
}
