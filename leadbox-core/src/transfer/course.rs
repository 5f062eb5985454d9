//! The course of an import: read a batch, decide it, write the refused rows, commit leads and progress as one, and read the
//! next batch meanwhile. Owns what happens to a row that others get in the way of, and what a dry run counts.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;

use futures_util::future::join;
use serde_json::Value;

use super::TransferError;
use super::batch::Queue;
use super::checkpoint::{Progressed, Standing};
use super::error_file::{ErrorFile, ErrorForm};
use super::report::{ColumnUse, ImportReport, Progress, RowError};
use super::source::digest;
use crate::catalog::Catalog;
use crate::error::Invalid;
use crate::id::ImportId;
use crate::service::{CaptureOutcome, Fate, ImportBatch, Incoming, LeadBox, Touched};

pub(super) type OnProgress<'a> = Box<dyn FnMut(&Progress) + Send + 'a>;

/// How often a batch is decided again before it is made smaller, and a single row before it is given up.
const TRIES: u32 = 5;
/// Rows after which the commit of those before gets its turn.
const TURN: usize = 64;
/// How many keys of new leads a dry run remembers.
const REMEMBERED: usize = 1 << 20;

/// Whether anything is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    Write,
    DryRun,
}

/// Keys of leads that a dry run would have made, as digests.
#[derive(Default)]
pub(super) struct Made {
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
pub(super) struct Course<'a> {
    pub(super) leadbox: LeadBox,
    pub(super) effect: Effect,
    pub(super) batch: usize,
    pub(super) size: Option<u64>,
    pub(super) progress: Option<OnProgress<'a>>,
    pub(super) form: ErrorForm,
    pub(super) columns: Vec<ColumnUse>,
    pub(super) errors: ErrorFile<'a>,
    pub(super) head: Vec<u8>,
    pub(super) noted: Progressed,
    pub(super) standing: Standing,
    pub(super) shown: Vec<RowError>,
    pub(super) made: Made,
}

impl Course<'_> {
    /// Takes all rows of `queue` in.
    ///
    /// # Errors
    /// `RecordTooLong`, `OpenQuote`, `Csv`, `Io`, `RunElsewhere`, `Core`.
    pub(super) async fn go<R: Read + Send>(
        &mut self,
        mut queue: Queue<R>,
    ) -> Result<(), TransferError> {
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
        let (changes, touched) = batch.into_changes(self.noted.note(leadbox, next)?).await?;
        let (committed, ahead) = join(leadbox.commit(&changes), async {
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
    ///
    /// # Errors
    /// `RunElsewhere`, `Core`.
    pub(super) async fn end(&mut self, import: ImportId) -> Result<(), TransferError> {
        self.standing.finished = true;
        self.standing.digest = digest(&self.head, self.standing.place.offset);
        let note = self.noted.note(&self.leadbox, &self.standing)?;
        let Value::Object(data) = serde_json::to_value(self.standing.counts)? else {
            return Ok(());
        };
        let changes = self.leadbox.import_finished(import, data, note).await?;
        match self.leadbox.storage().commit(&changes).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(TransferError::RunElsewhere { import }),
            Err(error) => Err(error.into()),
        }
    }
}
