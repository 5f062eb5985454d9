//! The rows that were refused, as a file that can be mended and imported again: each as it stood in the source, with
//! its number and what is wrong. Owns that file's form, and that a crash neither loses a row of it nor doubles one.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use csv::{ByteRecord, Terminator, WriterBuilder};
use serde_json::{Map, Value};

use super::TransferError;
use super::field::{ERROR_COLUMN, LINE_COLUMN, ROW_COLUMN};
use super::guard::{guard, is_number, unguard};
use super::json_rows::is_own;
use super::rows::Original;

/// Where refused rows go. The import cuts it back to where its last committed batch ended before it goes on, so the
/// file of an earlier run is continued, not overwritten, and no row stands in it twice.
///
/// Implemented by [`File`] (opened for writing, not for appending), `Vec<u8>`, and references to either.
pub trait ErrorSink: Write + Send {
    /// Drops all bytes behind the first `length`, and writes behind those from now on. Returns how many there are:
    /// fewer than `length` when the sink was shorter.
    ///
    /// # Errors
    /// From the medium.
    fn cut(&mut self, length: u64) -> io::Result<u64>;

    /// Makes what was written survive a crash of the machine.
    ///
    /// # Errors
    /// From the medium.
    fn settle(&mut self) -> io::Result<()>;
}

impl ErrorSink for File {
    fn cut(&mut self, length: u64) -> io::Result<u64> {
        let left = self.metadata()?.len().min(length);
        self.set_len(left)?;
        self.seek(SeekFrom::Start(left))
    }

    fn settle(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl ErrorSink for Vec<u8> {
    fn cut(&mut self, length: u64) -> io::Result<u64> {
        self.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(self.len() as u64)
    }

    fn settle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: ErrorSink + ?Sized> ErrorSink for &mut T {
    fn cut(&mut self, length: u64) -> io::Result<u64> {
        (**self).cut(length)
    }

    fn settle(&mut self) -> io::Result<()> {
        (**self).settle()
    }
}

/// The form of refused rows: the source's.
#[derive(Debug)]
pub(super) enum ErrorForm {
    Csv { header: ByteRecord, repeated: Vec<bool>, delimiter: u8 },
    Json,
}

impl ErrorForm {
    /// What stands before the first row.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn head(&self, into: &mut Vec<u8>) -> Result<(), TransferError> {
        if let Self::Csv { header, repeated, delimiter } = self {
            // Our columns stand first, where a row that has too many or too few cells does not move them.
            write_record(into, *delimiter, [ROW_COLUMN, ERROR_COLUMN], header, repeated)?;
        }
        Ok(())
    }

    /// One refused row.
    ///
    /// # Errors
    /// `Io`, `Json`.
    pub(super) fn row(
        &self,
        number: u64,
        message: &str,
        original: &Original,
        into: &mut Vec<u8>,
    ) -> Result<(), TransferError> {
        match (self, original) {
            (Self::Csv { repeated, delimiter, .. }, Original::Record(record)) => {
                write_record(into, *delimiter, [&number.to_string(), message], record, repeated)
            }
            (_, Original::Line(line)) => {
                let mut object = Map::new();
                object.insert(ROW_COLUMN.to_owned(), Value::from(number));
                object.insert(ERROR_COLUMN.to_owned(), Value::from(message));
                match serde_json::from_slice::<Map<String, Value>>(line) {
                    Ok(given) => object.extend(given.into_iter().filter(|(key, _)| !is_own(key))),
                    Err(_) => {
                        let text = String::from_utf8_lossy(line);
                        object.insert(LINE_COLUMN.to_owned(), Value::from(text));
                    }
                }
                serde_json::to_writer(&mut *into, &object)?;
                into.push(b'\n');
                Ok(())
            }
            // A file has one format, so this does not happen; without its cells the row is still named.
            (Self::Json, Original::Record(_)) => Ok(()),
        }
    }
}

fn write_record(
    into: &mut Vec<u8>,
    delimiter: u8,
    own: [&str; 2],
    record: &ByteRecord,
    repeated: &[bool],
) -> Result<(), TransferError> {
    let mut cells = ByteRecord::new();
    for text in own {
        cells.push_field(&guard(text.as_bytes()));
    }
    for (index, cell) in record.iter().enumerate() {
        if repeated.get(index).copied().unwrap_or(true) {
            // Guarded like an export, since it is opened in the same spreadsheets.
            let text = unguard(cell);
            cells.push_field(&if is_number(text) { Cow::Borrowed(text) } else { guard(text) });
        }
    }
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(Terminator::CRLF)
        .buffer_capacity(512)
        .from_writer(into);
    writer
        .write_byte_record(&cells)
        .and_then(|()| Ok(writer.flush()?))
        .map_err(|error| TransferError::writing_errors(error.into()))
}

/// The sink with how far it was written.
pub(super) struct ErrorFile<'a> {
    sink: Option<Box<dyn ErrorSink + 'a>>,
    /// Bytes up to the end of the last committed batch.
    kept: u64,
    /// Bytes of the present batch.
    fresh: u64,
}

impl<'a> ErrorFile<'a> {
    /// The file as it was when `length` bytes were written.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn new(
        mut sink: Option<Box<dyn ErrorSink + 'a>>,
        length: u64,
    ) -> Result<Self, TransferError> {
        let kept = match &mut sink {
            Some(sink) => sink.cut(length).map_err(TransferError::writing_errors)?,
            None => 0,
        };
        Ok(Self { sink, kept, fresh: 0 })
    }

    /// Whether anybody wants the rows.
    pub(super) fn is_wanted(&self) -> bool {
        self.sink.is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept == 0
    }

    /// How long it is once the present batch is committed.
    pub(super) fn length(&self) -> u64 {
        self.kept + self.fresh
    }

    /// Writes the refused rows of a batch, before it is committed: a crash in between leaves rows that the next run
    /// cuts off, and never a row too few.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn write(&mut self, rows: &[u8]) -> Result<(), TransferError> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        if self.fresh > 0 {
            // The batch was decided before and met a conflict.
            self.kept = sink.cut(self.kept).map_err(TransferError::writing_errors)?;
            self.fresh = 0;
        }
        if !rows.is_empty() {
            sink.write_all(rows)
                .and_then(|()| sink.flush())
                .and_then(|()| sink.settle())
                .map_err(TransferError::writing_errors)?;
        }
        self.fresh = rows.len() as u64;
        Ok(())
    }

    /// The batch is committed.
    pub(super) fn keep(&mut self) {
        self.kept += std::mem::take(&mut self.fresh);
    }
}
