//! Places in lists. Owns how a cursor's key is written and read; knows nothing of the lists.

use leadbox_core::PageRequest;
use leadbox_core::storage::StorageError;

use crate::error::Result;

/// The number and id behind which a page of this list begins; none for its beginning.
pub(crate) fn after(page: &PageRequest, list: &str) -> Result<Option<(i64, Vec<u8>)>> {
    let Some(cursor) = &page.after else { return Ok(None) };
    let (key, id) = cursor.of(list).map_err(|_| StorageError::BadCursor)?;
    Ok(Some((number_of(key)?, id.to_vec())))
}

/// The same of a list with the latest first, whose beginning is behind all that can be.
pub(crate) fn latest_after(page: &PageRequest, list: &str) -> Result<(i64, Vec<u8>)> {
    Ok(after(page, list)?.unwrap_or_else(|| (i64::MAX, vec![0xff; 17])))
}

/// A number as a cursor carries it: bytes that compare as numbers do.
pub(crate) fn number_key(number: i64) -> Vec<u8> {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes().to_vec()
}

/// The number that a cursor carries.
pub(crate) fn number_of(key: Option<&[u8]>) -> Result<i64> {
    let bytes: [u8; 8] = key.and_then(|key| key.try_into().ok()).ok_or(StorageError::BadCursor)?;
    Ok((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}
