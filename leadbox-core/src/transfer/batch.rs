//! The rows of an import that are read and not committed yet. Owns how many are held at once, which is what keeps
//! memory flat.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::Read;

use super::TransferError;
use super::rows::{Original, Place, Rows};
use crate::catalog::Catalog;
use crate::service::{Incoming, LeadBox};

/// The most bytes of rows that are held for one batch; twice that while one is being committed.
const MAX_BYTES: u64 = 4 << 20;

/// A row on its way.
pub(super) struct Pending {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) end: Place,
    pub(super) original: Original,
    pub(super) read: Incoming<'static>,
    bytes: u64,
}

/// The rows on their way, in the order of the file.
pub(super) struct Queue<R> {
    rows: Rows<R>,
    pub(super) pending: VecDeque<Pending>,
    bytes: u64,
    at_end: bool,
    /// Why nothing more can be read.
    stop: Option<TransferError>,
}

impl<R: Read> Queue<R> {
    pub(super) fn new(rows: Rows<R>) -> Self {
        Self { rows, pending: VecDeque::new(), bytes: 0, at_end: false, stop: None }
    }

    /// Reads until there are `count` rows behind the first `busy`, or enough bytes. Trouble with the file is kept for
    /// [`finish`](Self::finish), so that the rows before it are imported.
    ///
    /// # Errors
    /// `Core`.
    pub(super) fn fill(
        &mut self,
        leadbox: &LeadBox,
        catalog: &Catalog,
        busy: usize,
        count: usize,
    ) -> Result<(), TransferError> {
        let most = if busy == 0 { MAX_BYTES } else { 2 * MAX_BYTES };
        while !self.at_end && self.pending.len() < busy + count && self.bytes < most {
            let row = match self.rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => {
                    self.at_end = true;
                    break;
                }
                Err(error) => {
                    (self.at_end, self.stop) = (true, Some(error));
                    break;
                }
            };
            let read = match row.content {
                Ok((new, issues)) => leadbox.read(Cow::Owned(new), issues, catalog)?,
                Err(invalid) => Incoming::unreadable(invalid),
            };
            let (number, line, end, bytes) = (row.number, row.line, row.end, row.bytes);
            self.bytes += bytes;
            let original = row.original;
            self.pending.push_back(Pending { number, line, end, original, read, bytes });
        }
        Ok(())
    }

    /// Lets go of the first `count` rows, which are committed.
    pub(super) fn pass(&mut self, count: usize) {
        let passed = self.pending.drain(..count);
        self.bytes -= passed.map(|row| row.bytes).sum::<u64>();
    }

    /// Nothing is left.
    ///
    /// # Errors
    /// What stopped the reading, if it was not the end of the file.
    pub(super) fn finish(&mut self) -> Result<(), TransferError> {
        self.stop.take().map_or(Ok(()), Err)
    }
}
