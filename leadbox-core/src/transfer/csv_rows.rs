//! The rows of a CSV file. Owns finding the header, places and lines of records, and the two ways in which a quote that
//! never closes shows itself: too long a record, or an end of the file inside quotes.

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::TransferError;
use super::cell::Terms;
use super::columns::Columns;
use super::error_file::ErrorForm;
use super::mapping::Meanings;
use super::rows::{Original, Place, Row};
use super::source::{Feed, MAX_RECORD, Source, TooLong};

/// A last record of our own, which a quote that is still open swallows.
const END: &str = "\u{1f}end of the file\u{1f}";
const LF_ENDING: &[u8] = b"\n\x1fend of the file\x1f\n";
const CRLF_ENDING: &[u8] = b"\r\n\x1fend of the file\x1f\r\n";

/// The header of a CSV file.
#[derive(Debug)]
pub(super) struct Header {
    record: ByteRecord,
    pub(super) columns: Columns,
    delimiter: u8,
    /// Where the data begins.
    end: Place,
    lines: Lines,
}

/// How lines end. The reader takes the `\n` of `\r\n` for the beginning of the next record, which shifts its count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lines {
    Lf,
    CrLf,
}

fn reader<R: Read>(delimiter: u8, from: R) -> Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(64 << 10)
        .from_reader(from)
}

impl Header {
    /// Reads the header, which begins at `start`.
    ///
    /// # Errors
    /// `Empty`, `OpenQuote`, `Columns`.
    pub(super) fn read<R: Read>(
        source: &Source<R>,
        start: usize,
        delimiter: u8,
        meanings: &Meanings,
    ) -> Result<Self, TransferError> {
        let head = &source.head[start..];
        let ending = if source.is_short() { LF_ENDING } else { b"" };
        let mut reader = reader(delimiter, head.chain(ending));
        let mut record = ByteRecord::new();
        let found = reader.read_byte_record(&mut record);
        let found = found.map_err(|error| failure(error, 0, 1))?;
        if !found || record.iter().eq([END.as_bytes()]) {
            return Err(TransferError::Empty);
        }
        if swallowed_end(&record) {
            return Err(TransferError::OpenQuote { row: 0, line: 1 });
        }
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(head.len());
        if end == head.len() && !source.is_short() {
            return Err(TransferError::column("header", "is longer than 64 KiB"));
        }
        let lines = if head[..end].last() == Some(&b'\r') { Lines::CrLf } else { Lines::Lf };
        let before = source.head[..start].iter().filter(|byte| **byte == b'\n').count() as u64;
        let end =
            Place { row: 0, offset: (start + end) as u64, line: before + reader.position().line() };
        let columns = Columns::read(&record, meanings)?;
        Ok(Self { record, columns, delimiter, end, lines })
    }
}

impl Header {
    /// How an error file repeats this file's rows.
    pub(super) fn error_form(&self) -> ErrorForm {
        let repeated = self.columns.repeated();
        ErrorForm::Csv { header: self.record.clone(), repeated, delimiter: self.delimiter }
    }
}

fn swallowed_end(record: &ByteRecord) -> bool {
    let ends = |cell: &[u8]| cell.trim_ascii_end().ends_with(END.as_bytes());
    record.iter().next_back().is_some_and(ends)
}

/// The rows of a CSV file.
pub(super) struct CsvRows<R> {
    reader: Reader<Feed<R>>,
    header: Header,
    terms: Terms,
    /// Where the reader began; its own positions count from there.
    base: Place,
    row: u64,
}

impl<R: Read> CsvRows<R> {
    /// The rows behind `done`, or all of them.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn new(
        source: Source<R>,
        header: Header,
        terms: Terms,
        done: Option<Place>,
    ) -> Result<Self, TransferError> {
        let base = done.unwrap_or(header.end);
        let ending = if header.lines == Lines::CrLf { CRLF_ENDING } else { LF_ENDING };
        let feed = source.from(base.offset, ending)?;
        let reader = reader(header.delimiter, feed);
        Ok(Self { reader, header, terms, base, row: base.row })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    fn offset(&self) -> u64 {
        self.base.offset + self.reader.position().byte()
    }

    pub(super) fn next(&mut self) -> Result<Option<Row>, TransferError> {
        loop {
            let begin = self.offset();
            let line = self.base.line + self.reader.position().line() - 1;
            self.reader.get_mut().begin_record(begin);
            let mut record = ByteRecord::with_capacity(256, self.header.columns.width());
            let row = self.row + 1;
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(failure(error, row, line)),
            }
            if record.iter().eq([END.as_bytes()]) {
                return Ok(None);
            }
            let (after, end) = (self.base.line + self.reader.position().line() - 1, self.offset());
            let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
            let closed = u64::from(self.header.lines == Lines::Lf);
            let line = after.saturating_sub(inside + closed).max(line);
            if swallowed_end(&record) {
                return Err(TransferError::OpenQuote { row, line });
            }
            if end - begin > MAX_RECORD as u64 {
                return Err(TransferError::RecordTooLong { row, line, limit: MAX_RECORD });
            }
            // Spreadsheets leave rows of nothing but delimiters behind.
            if record.as_slice().iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.row = row;
            let offset = end.min(self.reader.get_ref().handed());
            return Ok(Some(Row {
                number: row,
                line,
                end: Place { row, offset, line: after },
                bytes: end - begin,
                content: self.header.columns.fill(&record, &self.terms),
                original: Original::Record(record),
            }));
        }
    }
}

fn failure(error: csv::Error, row: u64, line: u64) -> TransferError {
    match error.kind() {
        csv::ErrorKind::Io(inner) if inner.get_ref().is_some_and(|inner| inner.is::<TooLong>()) => {
            TransferError::RecordTooLong { row, line, limit: MAX_RECORD }
        }
        csv::ErrorKind::Io(_) => TransferError::reading(error.into()),
        _ => TransferError::Csv { row, line, source: error },
    }
}
