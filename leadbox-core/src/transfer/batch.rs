//! The rows of an import that are read and not committed yet. Owns how many are held at once, which is what keeps
//! memory flat.

use std::collections::VecDeque;
use std::io::Read;

use super::TransferError;
use super::rows::{Original, Place, Rows};
use crate::catalog::Catalog;
use crate::service::{ImportRow, LeadBox};

/// The most bytes of rows that are held for one batch.
const MAX_BYTES: u64 = 4 << 20;

/// A row on its way.
pub(super) struct Pending {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) end: Place,
    pub(super) original: Original,
    pub(super) read: ImportRow,
}

/// The rows on their way, in the order of the file.
pub(super) struct Queue<R> {
    rows: Rows<R>,
    pub(super) pending: VecDeque<Pending>,
    /// Why nothing more can be read, once the rows before are done.
    stop: Option<TransferError>,
    at_end: bool,
}

impl<R: Read> Queue<R> {
    pub(super) fn new(rows: Rows<R>) -> Self {
        Self { rows, pending: VecDeque::new(), stop: None, at_end: false }
    }

    pub(super) fn rows(&self) -> &Rows<R> {
        &self.rows
    }

    /// Reads until there are `count` rows behind the first `busy`, or enough bytes.
    ///
    /// # Errors
    /// `Core`; trouble with the file is kept for [`finish`](Self::finish).
    pub(super) fn fill(
        &mut self,
        leadbox: &LeadBox,
        catalog: &Catalog,
        busy: usize,
        count: usize,
    ) -> Result<(), TransferError> {
        let mut from = match self.pending.get(busy.saturating_sub(1)) {
            Some(last) if busy > 0 => last.end.offset,
            _ => self.pending.front().map_or(0, |first| first.end.offset),
        };
        if let (Some(last), true) = (self.pending.back(), self.pending.len() > busy) {
            if last.end.offset - from >= MAX_BYTES {
                return Ok(());
            }
        }
        let mut begun = !self.pending.is_empty();
        while !self.at_end && self.pending.len() < busy + count {
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
                Ok((new, issues)) => leadbox.read_row(new, issues, catalog)?,
                Err(invalid) => ImportRow::unreadable(invalid),
            };
            let end = row.end;
            let (number, line, original) = (row.number, row.line, row.original);
            self.pending.push_back(Pending { number, line, end, original, read });
            if !begun {
                (from, begun) = (end.offset, true);
            }
            if end.offset - from >= MAX_BYTES {
                break;
            }
        }
        Ok(())
    }

    /// What stopped the reading, if it was not the end of the file.
    ///
    /// # Errors
    /// That.
    pub(super) fn finish(&mut self) -> Result<(), TransferError> {
        self.stop.take().map_or(Ok(()), Err)
    }
}
