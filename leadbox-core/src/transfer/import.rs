//! The import. Owns its options and its course: read a batch, decide it, write the refused rows, commit leads and
//! progress as one, and read the next batch meanwhile.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;

use futures_util::future::join;
use serde_json::Value;

use super::batch::Queue;
use super::cell::Terms;
use super::checkpoint::{Progressed, Standing};
use super::csv_rows::{CsvRows, Header};
use super::error_file::{ErrorFile, ErrorForm, ErrorSink};
use super::format::{delimiter, mark_length, refuse_others};
use super::json_rows::JsonRows;
use super::mapping::{Mapping, Meanings};
use super::report::{ColumnUse, Counts, Ending, ImportReport, Progress, RowError};
use super::rows::{Place, Rows};
use super::source::{Source, digest};
use super::{Delimiter, Format, TransferError};
use crate::catalog::Catalog;
use crate::error::Invalid;
use crate::event::{Actor, ActorKind};
use crate::id::{ImportId, UserId};
use crate::lead::IdentityKind;
use crate::service::{CaptureOutcome, Fate, ImportBatch, Incoming, LeadBox, Touched};

type OnProgress<'a> = Box<dyn FnMut(&Progress) + Send + 'a>;

/// How often a batch is decided again before it is made smaller, and a single row before it is given up.
const TRIES: u32 = 5;
/// Rows after which the commit of those before gets its turn.
const TURN: usize = 64;
/// How many keys of new leads a dry run remembers.
const REMEMBERED: usize = 1 << 20;

/// Whether anything is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Effect {
    Write,
    DryRun,
}

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
    /// `Core` from the storage.
    pub async fn run<R: Read + Send>(self, input: R) -> Result<ImportReport, TransferError> {
        let import = self.id.unwrap_or_else(|| self.leadbox.new_id());
        let leadbox = self.leadbox.by(acting(import, self.leadbox.actor()));
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

/// The import as the one who acts, for whoever asked for it.
fn acting(import: ImportId, asker: &Actor) -> Actor {
    let user = (asker.kind == ActorKind::User).then_some(asker.id).flatten();
    Actor {
        kind: ActorKind::Import,
        id: Some(import.uuid()),
        on_behalf_of: asker.on_behalf_of.or(user.map(UserId::from_uuid)),
        origin: asker.origin.clone(),
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

/// Keys of leads that a dry run would have made, as digests.
#[derive(Default)]
struct Made {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Made {
    /// What would become of a row that makes a lead as far as the storage knows.
    fn outcome(&mut self, row: &Incoming<'_>) -> CaptureOutcome {
        let keys: Vec<u64> = row.recognised_by().map(|key| self.hasher.hash_one(key)).collect();
        if keys.iter().any(|key| self.seen.contains(key)) {
            return CaptureOutcome::Updated;
        }
        if self.seen.len() < REMEMBERED {
            self.seen.extend(keys);
        }
        CaptureOutcome::Created
    }
}

/// An import under way.
struct Course<'a> {
    leadbox: LeadBox,
    effect: Effect,
    batch: usize,
    size: Option<u64>,
    progress: Option<OnProgress<'a>>,
    form: ErrorForm,
    columns: Vec<ColumnUse>,
    errors: ErrorFile<'a>,
    head: Vec<u8>,
    noted: Progressed,
    standing: Standing,
    shown: Vec<RowError>,
    made: Made,
}

impl Course<'_> {
    async fn go<R: Read + Send>(&mut self, mut queue: Queue<R>) -> Result<(), TransferError> {
        // A handle of its own, as batches borrow from it while the course moves on.
        let leadbox = self.leadbox.clone();
        let (mut count, mut tries) = (self.batch, 0);
        let mut ahead: Option<ImportBatch<'_>> = None;
        loop {
            let catalog = leadbox.catalog().await?;
            queue.fill(&leadbox, &catalog, 0, self.batch)?;
            if queue.pending.is_empty() {
                return queue.finish();
            }
            let batch = match ahead.take().filter(|batch| !batch.fates.is_empty()) {
                Some(batch) => batch,
                None => {
                    let rows = queue.pending.iter_mut().take(count).map(|row| &mut row.read);
                    leadbox.leads().decide_rows(rows, &Touched::default(), &catalog).await?
                }
            };
            let decided = batch.fates.len();
            let (next, shown) = self.settle(&batch.fates, &queue)?;
            if self.effect == Effect::Write {
                ahead = self.commit(&leadbox, batch, &next, &mut queue, &catalog).await?;
            }
            if self.effect == Effect::Write && ahead.is_none() {
                tries += 1;
                if tries >= TRIES && decided > 1 {
                    // Somebody keeps changing one of these leads: the others need not wait for it.
                    (count, tries) = (decided.div_ceil(2), 0);
                } else if tries >= TRIES {
                    let busy = Invalid::one("row", "is a lead that others are changing: try again");
                    queue.pending[0].read = Incoming::unreadable(busy);
                }
                continue;
            }
            (count, tries) = (self.batch, 0);
            self.errors.keep();
            self.standing = next;
            self.shown.extend(shown);
            queue.pass(decided);
            self.tell();
        }
    }

    /// Counts a batch's outcomes and writes its refused rows; says where the import stands once it is committed.
    fn settle<R>(
        &mut self,
        fates: &[Fate],
        queue: &Queue<R>,
    ) -> Result<(Standing, Vec<RowError>), TransferError> {
        let mut next = self.standing.clone();
        let (mut shown, mut refused) = (Vec::new(), Vec::new());
        for (fate, row) in fates.iter().zip(&queue.pending) {
            next.place = row.end;
            let invalid = match fate {
                Ok(CaptureOutcome::Created) if self.effect == Effect::DryRun => {
                    next.counts.add(Some(self.made.outcome(&row.read)));
                    continue;
                }
                Ok(outcome) => {
                    next.counts.add(Some(*outcome));
                    continue;
                }
                Err(invalid) => invalid,
            };
            next.counts.add(None);
            for issue in &invalid.issues {
                if self.shown.len() + shown.len() < ImportReport::SHOWN {
                    let column = self.column_of(&issue.field).map(str::to_owned);
                    let (field, message) = (issue.field.clone(), issue.message.clone());
                    let (row, line) = (row.number, row.line);
                    shown.push(RowError { row, line, field, column, message });
                }
            }
            if self.errors.is_wanted() {
                if self.errors.is_empty() && refused.is_empty() {
                    self.form.head(&mut refused)?;
                }
                self.form.row(row.number, &self.sentence(invalid), &row.original, &mut refused)?;
            }
        }
        self.errors.write(&refused)?;
        next.errors = self.errors.length();
        // Behind the head, nothing more goes into it.
        if self.standing.place.offset < self.head.len() as u64 {
            next.digest = digest(&self.head, next.place.offset);
        }
        Ok((next, shown))
    }

    fn column_of(&self, field: &str) -> Option<&str> {
        let fills = |one: &&ColumnUse| one.field.as_deref() == Some(field);
        self.columns.iter().find(fills).map(|one| one.column.as_str())
    }

    /// Everything that is wrong with a row, by the names that stand in its file.
    fn sentence(&self, invalid: &Invalid) -> String {
        let mut sentence = String::new();
        for issue in &invalid.issues {
            if !sentence.is_empty() {
                sentence.push_str("; ");
            }
            let name = self.column_of(&issue.field).unwrap_or(&issue.field);
            sentence.push_str(name);
            sentence.push_str(": ");
            sentence.push_str(&issue.message);
        }
        sentence
    }

    /// Commits a batch with its note while the next one is read and decided, which is returned; none when there was a
    /// conflict.
    async fn commit<'l, R: Read + Send>(
        &mut self,
        leadbox: &'l LeadBox,
        batch: ImportBatch<'_>,
        next: &Standing,
        queue: &mut Queue<R>,
        catalog: &Catalog,
    ) -> Result<Option<ImportBatch<'l>>, TransferError> {
        let (busy, count) = (batch.fates.len(), self.batch);
        let (changes, touched) = batch.into_changes(self.noted.note(leadbox, next)?)?;
        let (committed, ahead) = join(leadbox.storage().commit(&changes), async {
            for part in (TURN..count).step_by(TURN).chain([count]) {
                queue.fill(leadbox, catalog, busy, part)?;
                tokio::task::yield_now().await;
            }
            let rows = queue.pending.iter_mut().skip(busy).take(count).map(|row| &mut row.read);
            Ok(leadbox.leads().decide_rows(rows, &touched, catalog).await?)
        })
        .await;
        match committed {
            Ok(_) => self.noted.noted(),
            Err(error) if error.is_conflict() => {
                self.noted.check(&self.leadbox).await?;
                tracing::debug!(%error, "deciding a batch again");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        ahead.map(Some)
    }

    fn tell(&mut self) {
        if let Some(tell) = &mut self.progress {
            tell(&Progress {
                counts: self.standing.counts,
                bytes: self.standing.place.offset,
                total_bytes: self.size,
            });
        }
    }

    /// Notes the end, and tells everybody.
    async fn end(&mut self, import: ImportId) -> Result<(), TransferError> {
        self.standing.finished = true;
        self.standing.digest = digest(&self.head, self.standing.place.offset);
        let note = self.noted.note(&self.leadbox, &self.standing)?;
        let Value::Object(data) = serde_json::to_value(self.standing.counts)? else {
            return Ok(());
        };
        let changes = self.leadbox.import_finished(import, data, note)?;
        match self.leadbox.storage().commit(&changes).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(TransferError::RunElsewhere { import }),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
