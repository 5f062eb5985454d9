//! The import. Owns its options, and where a file is taken up: from its beginning, or behind what an earlier run did. What
//! then happens to its rows is `course`'s.

use std::fmt;
use std::io::Read;

use super::batch::Queue;
use super::cell::Terms;
use super::checkpoint::{Progressed, Standing};
use super::course::{Course, Effect, Made, OnProgress};
use super::csv_rows::{CsvRows, Header};
use super::error_file::{ErrorFile, ErrorForm, ErrorSink};
use super::format::{delimiter, mark_length, refuse_others};
use super::json_rows::JsonRows;
use super::mapping::{Mapping, Meanings};
use super::report::{Counts, Ending, ImportReport, Progress};
use super::rows::{Place, Rows};
use super::source::{Source, digest};
use super::{Delimiter, Format, TransferError};
use crate::access::Capability;
use crate::catalog::Catalog;
use crate::error::Error;
use crate::event::{Actor, ActorKind};
use crate::id::ImportId;
use crate::lead::IdentityKind;
use crate::service::LeadBox;

/// Imports leads from CSV or JSON Lines.
///
/// Every row is imported or refused alone, and every batch takes effect as a whole together with the note of how far
/// the import is. So an import that was interrupted, at any moment and by anything, goes on exactly behind the last row
/// that is in when it is run again with the same [`id`](Self::id) and the same file.
pub struct Importer<'a> {
    leadbox: &'a LeadBox,
    format: Option<Format>,
    mapping: Mapping,
    upsert_by: Vec<IdentityKind>,
    effect: Effect,
    batch: usize,
    id: Option<ImportId>,
    size: Option<u64>,
    progress: Option<OnProgress<'a>>,
    errors: Option<Box<dyn ErrorSink + 'a>>,
}

impl fmt::Debug for Importer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Importer")
            .field("format", &self.format)
            .field("mapping", &self.mapping)
            .field("upsert_by", &self.upsert_by)
            .field("effect", &self.effect)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<'a> Importer<'a> {
    /// An import into `leadbox`, which recognises known leads by external id, else by e-mail address, in batches of
    /// 1000 rows. What it may change is what the asker sees.
    pub fn new(leadbox: &'a LeadBox) -> Self {
        Self {
            leadbox,
            format: None,
            mapping: Mapping::new(),
            upsert_by: vec![IdentityKind::ExternalId, IdentityKind::Email],
            effect: Effect::Write,
            batch: 1000,
            id: None,
            size: None,
            progress: None,
            errors: None,
        }
    }

    /// Takes the file for this format instead of looking at its first bytes.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Says what columns mean, where their names do not.
    #[must_use]
    pub fn mapping(mut self, mapping: Mapping) -> Self {
        self.mapping = mapping;
        self
    }

    /// Recognises known leads by these keys, the first that fits; by none, every row makes a new lead. A line of JSON
    /// may have an `upsert_by` of its own.
    #[must_use]
    pub fn upsert_by(mut self, keys: impl IntoIterator<Item = IdentityKind>) -> Self {
        self.upsert_by = keys.into_iter().collect();
        self
    }

    /// Only tries: reads, checks and counts everything, and writes nothing but refused rows. Two new rows for one lead
    /// count as a creation and an update, as far as a million keys are remembered.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.effect = Effect::DryRun;
        self
    }

    /// Commits this many rows at once, 1 to 5000.
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch = rows.clamp(1, 5000);
        self
    }

    /// Names the import, so that it can be run again to go on after an interruption. Without, it has a new id.
    #[must_use]
    pub fn id(mut self, id: ImportId) -> Self {
        self.id = Some(id);
        self
    }

    /// Tells how many bytes the file has, which progress then says too.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Calls `tell` after every batch.
    #[must_use]
    pub fn progress(mut self, tell: impl FnMut(&Progress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Writes the rows that are refused to `sink`, each with its number and what is wrong: a file to be mended and
    /// imported again.
    #[must_use]
    pub fn errors_to(mut self, sink: impl ErrorSink + 'a) -> Self {
        self.errors = Some(Box::new(sink));
        self
    }

    /// Imports what `input` gives, from its beginning, even when an earlier run got part of it in.
    ///
    /// # Errors
    /// `Io`, `Empty`, `Encoding`, `Format`, `Delimiter`, `Columns` before anything is written; `RecordTooLong`,
    /// `OpenQuote`, `Csv` behind the rows before; `AnotherFile`, `RunElsewhere`, `Checkpoint` when the id does not fit;
    /// `Core` with `Denied` when the asker may not import, and from the storage.
    pub async fn run<R: Read + Send>(self, input: R) -> Result<ImportReport, TransferError> {
        let rights = self.leadbox.rights();
        rights.require_capability(Capability::LeadsImport).map_err(Error::from)?;
        let import = self.id.unwrap_or_else(|| self.leadbox.new_id());
        let leadbox = self.leadbox.by(Actor::working_for(
            self.leadbox.actor(),
            ActorKind::Import,
            import.uuid(),
        ));
        let catalog = leadbox.catalog().await?;
        let (noted, standing) = match self.effect {
            Effect::Write => Progressed::load(&leadbox, import).await?,
            Effect::DryRun => (Progressed::new(&leadbox, import), None),
        };
        let source = Source::open(input)?;
        let head = source.head.clone();
        if let Some(standing) = &standing
            && standing.digest != digest(&head, standing.place.offset)
        {
            return Err(TransferError::AnotherFile { import });
        }
        let format = standing.as_ref().map(|standing| standing.format).or(self.format);
        let terms = Terms::new(self.upsert_by, &catalog);
        let done = standing.as_ref().map(|standing| standing.place);
        let (rows, format) = open(source, format, &self.mapping, terms, &catalog, done)?;
        let (form, columns) = match &rows {
            Rows::Csv(rows) => (rows.header().error_form(), rows.header().columns.uses()),
            Rows::Json(_) => (ErrorForm::Json, Vec::new()),
        };
        let resumed_behind = standing.as_ref().map(|standing| standing.place.row);
        let standing = standing.unwrap_or_else(|| Standing {
            finished: false,
            format,
            digest: String::new(),
            place: Place::START,
            counts: Counts::default(),
            errors: 0,
        });
        let mut report = ImportReport {
            import,
            ending: Ending::FinishedBefore,
            counts: standing.counts,
            resumed_behind,
            format,
            columns: columns.clone(),
            errors: Vec::new(),
        };
        if standing.finished {
            return Ok(report);
        }
        let mut course = Course {
            leadbox,
            effect: self.effect,
            batch: self.batch,
            size: self.size,
            progress: self.progress,
            form,
            columns,
            errors: ErrorFile::new(self.errors, standing.errors)?,
            head,
            noted,
            standing,
            shown: Vec::new(),
            made: Made::default(),
        };
        course.go(Queue::new(rows)).await?;
        report.ending = match self.effect {
            Effect::Write => {
                course.end(import).await?;
                Ending::Finished
            }
            Effect::DryRun => Ending::DryRun,
        };
        (report.counts, report.errors) = (course.standing.counts, course.shown);
        Ok(report)
    }
}

/// The rows of a file behind `done`, and the format it turned out to have.
fn open<R: Read>(
    source: Source<R>,
    format: Option<Format>,
    mapping: &Mapping,
    terms: Terms,
    catalog: &Catalog,
    done: Option<Place>,
) -> Result<(Rows<R>, Format), TransferError> {
    let mark = mark_length(&source.head)?;
    let head = &source.head[mark..];
    refuse_others(head)?;
    let meanings = Meanings::new(mapping, catalog)?;
    match format.unwrap_or_else(|| Format::detect(head)) {
        Format::Csv { delimiter: chosen } => {
            let (delimiter, start) = delimiter(chosen, head)?;
            let header = Header::read(&source, mark + start, delimiter, &meanings)?;
            let format = Format::Csv { delimiter: Delimiter::Byte(delimiter) };
            Ok((Rows::Csv(CsvRows::new(source, header, terms, done)?), format))
        }
        Format::JsonLines => {
            let rows = JsonRows::new(source, mark as u64, meanings, terms, done)?;
            Ok((Rows::Json(rows), Format::JsonLines))
        }
    }
}

#[cfg(test)]
mod tests;
