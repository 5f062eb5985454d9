//! Rows of any format, one after the other. Owns what every row has: its place in the file, its original form for the
//! error file, and what was read from it.

use std::io::Read;

use csv::ByteRecord;

use super::TransferError;
use super::csv_rows::CsvRows;
use super::json_rows::JsonRows;
use crate::error::{FieldIssue, Invalid};
use crate::lead::NewLead;

/// Where a row ends, so that reading can go on behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// How many rows of data there are up to here.
    pub(super) row: u64,
    /// The offset of the first byte behind them.
    pub(super) offset: u64,
    /// The line in which that byte is, the first being 1.
    pub(super) line: u64,
}

impl Place {
    /// The beginning of a file.
    pub(super) const START: Self = Self { row: 0, offset: 0, line: 1 };
}

/// A row as it stood in the file.
#[derive(Debug)]
pub(super) enum Original {
    Record(ByteRecord),
    Line(Vec<u8>),
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// Its number, the first row of data being 1.
    pub(super) number: u64,
    /// The line in which it begins.
    pub(super) line: u64,
    /// Where it ends.
    pub(super) end: Place,
    /// How many bytes of the file it takes.
    pub(super) bytes: u64,
    pub(super) original: Original,
    /// The lead with what is wrong with single fields, or what is wrong with the whole row.
    pub(super) content: Result<(NewLead, Vec<FieldIssue>), Invalid>,
}

/// The rows of a file.
pub(super) enum Rows<R> {
    Csv(CsvRows<R>),
    Json(JsonRows<R>),
}

impl<R: Read> Rows<R> {
    /// The next row; none at the end of the file.
    ///
    /// # Errors
    /// `Io`, `RecordTooLong`, `OpenQuote`, `Csv`: the file cannot be read on.
    pub(super) fn next(&mut self) -> Result<Option<Row>, TransferError> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::Json(rows) => rows.next(),
        }
    }
}
