//! The export. Owns its options and its course: page by page, so that memory stays flat however many leads there are.

use std::fmt;
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::export_row::{Cell, Column, cell, columns, tags_text};
use super::guard::guard;
use super::report::{ExportProgress, ExportReport};
use super::{Delimiter, Format, TransferError};
use crate::access::Permission;
use crate::catalog::Catalog;
use crate::error::Error;
use crate::field::FieldValue;
use crate::filter::LeadFilter;
use crate::page::PageRequest;
use crate::scope::Scope;
use crate::service::{LeadBox, LeadList};
use crate::storage::StoredLead;

type OnProgress<'a> = Box<dyn FnMut(&ExportProgress) + Send + 'a>;

/// Exports leads as CSV or JSON Lines: those of a list that the asker may export, without the fields that are hidden from
/// the asker. What is exported can be imported again.
///
/// Leads that come in or move within the list's order while the export runs may be missing or, when sorted by something
/// that changes, stand in it twice; sorted by creation, which is the default, none that was there before is missed.
pub struct Exporter<'a> {
    leadbox: &'a LeadBox,
    list: LeadList,
    format: Format,
    progress: Option<OnProgress<'a>>,
}

impl fmt::Debug for Exporter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("list", &self.list)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl<'a> Exporter<'a> {
    /// An export of all leads that the asker sees, as CSV.
    pub fn new(leadbox: &'a LeadBox) -> Self {
        Self { leadbox, list: LeadList::default(), format: Format::CSV, progress: None }
    }

    /// Exports these leads, in this order.
    #[must_use]
    pub fn list(mut self, list: LeadList) -> Self {
        self.list = list;
        self
    }

    /// Writes this format.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Calls `tell` after every page.
    #[must_use]
    pub fn progress(mut self, tell: impl FnMut(&ExportProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// What the log says of it.
    fn told(&self) -> Result<Map<String, Value>, TransferError> {
        let format = match self.format {
            Format::Csv { .. } => "csv",
            Format::JsonLines => "jsonl",
        };
        let mut told = Map::from_iter([("format".to_owned(), Value::from(format))]);
        if self.list.filter != LeadFilter::default() {
            told.insert("filter".to_owned(), serde_json::to_value(&self.list.filter)?);
        }
        if !self.list.search.is_empty() {
            told.insert("search".to_owned(), Value::from(self.list.search.as_str()));
        }
        Ok(told)
    }

    /// Writes the leads to `output`. That it begins to is in the log (`leads.exported`) before the first of them leaves.
    ///
    /// # Errors
    /// `Io`, `Delimiter`, `Json`; `Core` with `Denied` when the asker may not export, and from the filter or the storage. What was written until then stays.
    pub async fn run<W: Write + Send>(
        mut self,
        mut output: W,
    ) -> Result<ExportReport, TransferError> {
        let rights = self.leadbox.rights();
        let scope = rights.narrowed(self.leadbox.scope(), Permission::LeadExport);
        let asker = self.leadbox.seeing(scope.map_err(Error::from)?);
        let catalog = asker.catalog().await?;
        let columns = columns(&catalog, asker.scope());
        let names: Vec<String> = columns.iter().map(Column::name).collect();
        let form = Form::of(self.format)?;
        self.leadbox.export_begins(self.told()?).await?;
        let mut rendered = Vec::new();
        form.head(&names, &mut rendered)?;
        let mut done = ExportProgress::default();
        let mut request = PageRequest::first(PageRequest::MAX);
        loop {
            let page = asker.leads().list(&self.list, &request).await?;
            let scope = asker.scope();
            form.rows(&page.items, &columns, &names, &catalog, scope, &mut rendered)?;
            output.write_all(&rendered).map_err(TransferError::writing)?;
            done.rows += page.items.len() as u64;
            done.bytes += rendered.len() as u64;
            rendered.clear();
            if let Some(tell) = &mut self.progress {
                tell(&done);
            }
            match page.next {
                Some(cursor) => request = PageRequest::after(PageRequest::MAX, cursor),
                None => break,
            }
        }
        output.flush().map_err(TransferError::writing)?;
        Ok(ExportReport { rows: done.rows, bytes: done.bytes, columns: names })
    }
}

/// A format with everything decided.
#[derive(Clone, Copy)]
enum Form {
    Csv { delimiter: u8 },
    Json,
}

impl Form {
    fn of(format: Format) -> Result<Self, TransferError> {
        match format {
            Format::JsonLines => Ok(Self::Json),
            Format::Csv { delimiter: Delimiter::Auto } => Ok(Self::Csv { delimiter: b',' }),
            Format::Csv { delimiter } => {
                let (delimiter, _) = super::format::delimiter(delimiter, b"")?;
                Ok(Self::Csv { delimiter })
            }
        }
    }

    fn head(self, names: &[String], into: &mut Vec<u8>) -> Result<(), TransferError> {
        match self {
            Self::Json => Ok(()),
            Self::Csv { delimiter } => {
                let mut writer = csv_writer(delimiter, into);
                write_all(&mut writer, names.iter().map(|name| guard(name.as_bytes())))
            }
        }
    }

    fn rows(
        self,
        rows: &[StoredLead],
        columns: &[Column],
        names: &[String],
        catalog: &Catalog,
        scope: &Scope,
        into: &mut Vec<u8>,
    ) -> Result<(), TransferError> {
        let cells = |row| columns.iter().map(move |column| cell(row, column, catalog, scope));
        match self {
            Self::Csv { delimiter } => {
                let mut writer = csv_writer(delimiter, into);
                for row in rows {
                    write_all(&mut writer, cells(row).map(csv_cell))?;
                }
            }
            Self::Json => {
                for row in rows {
                    let mut serializer = serde_json::Serializer::new(&mut *into);
                    let mut object = serializer.serialize_map(None)?;
                    for (name, cell) in names.iter().zip(cells(row)) {
                        if cell != Cell::Empty {
                            object.serialize_entry(name, &cell)?;
                        }
                    }
                    object.end()?;
                    into.push(b'\n');
                }
            }
        }
        Ok(())
    }
}

fn csv_writer(delimiter: u8, into: &mut Vec<u8>) -> csv::Writer<&mut Vec<u8>> {
    let mut builder = WriterBuilder::new();
    builder.delimiter(delimiter).terminator(Terminator::CRLF).from_writer(into)
}

fn write_all<W: Write, T: AsRef<[u8]>>(
    writer: &mut csv::Writer<W>,
    cells: impl Iterator<Item = T>,
) -> Result<(), TransferError> {
    writer.write_record(cells).map_err(|error| TransferError::writing(io::Error::from(error)))
}

/// A cell as bytes: texts guarded, numbers as they are.
fn csv_cell(cell: Cell<'_>) -> Vec<u8> {
    let guarded = |text: &str| guard(text.as_bytes()).into_owned();
    match cell {
        Cell::Empty => Vec::new(),
        Cell::Text(text) => guarded(text),
        Cell::Owned(text) => guarded(&text),
        Cell::Number(digits) => digits.into_bytes(),
        Cell::Tags(tags) => guarded(&tags_text(tags)),
        Cell::Json(value) => guarded(&value.to_string()),
        Cell::Custom(value @ (FieldValue::Number(_) | FieldValue::Decimal(_))) => {
            value.to_text().into_bytes()
        }
        Cell::Custom(value) => guarded(&value.to_text()),
    }
}
