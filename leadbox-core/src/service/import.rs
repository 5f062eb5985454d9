//! An import's batches. Owns what [`capture_many`](Leads::capture_many) does not promise: all rows of a batch take effect
//! in one commit together with the note of how far the import is, or none does. So an import that is killed at any moment
//! goes on exactly once. Knows nothing of files.

use serde_json::{Map, Value};

use super::batch::{Incoming, Touched};
use super::decision::{Announce, Decision};
use super::{CaptureOutcome, LeadBox, Leads};
use crate::catalog::Catalog;
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Payload, Subject, SubjectKind};
use crate::id::ImportId;
use crate::revision::Version;
use crate::storage::{Change, ChangeSet, OnConflict};

/// Rows after which others of the same task get their turn: they may be feeding a commit to the storage.
const TURN: usize = 64;

/// What became of one row.
pub(crate) type Fate = std::result::Result<CaptureOutcome, Invalid>;

/// A batch that is decided and not committed.
pub(crate) struct ImportBatch<'a> {
    decision: Decision<'a>,
    /// What the batch behind this one has to keep away from until this one is committed.
    pub(crate) touched: Touched,
    /// What becomes of the first rows. Those behind have to wait for the next batch, because one of the first is the
    /// same lead.
    pub(crate) fates: Vec<Fate>,
}

impl ImportBatch<'_> {
    /// The set that writes the batch and `alongside`, as a whole; and what it touches.
    pub(crate) async fn into_changes(mut self, alongside: Change) -> Result<(ChangeSet, Touched)> {
        self.decision.push(alongside)?;
        Ok((self.decision.finish_as(OnConflict::Fail, ()).await?.changes, self.touched))
    }
}

impl LeadBox {
    /// The set that ends an import: the last note and the one event that tells of it.
    pub(crate) async fn import_finished(
        &self,
        import: ImportId,
        data: Map<String, Value>,
        checkpoint: Change,
    ) -> Result<ChangeSet> {
        let mut decision = Decision::new(self, Announce::Each);
        let subject = Subject { kind: SubjectKind::Import, id: import.uuid() };
        let payload = Payload { data, ..Payload::default() };
        decision.event(subject, EventType::IMPORT_FINISHED, Version::FIRST, &payload)?;
        decision.push(checkpoint)?;
        Ok(decision.finish(()).await?.changes)
    }
}

impl<'a> Leads<'a> {
    /// Decides what becomes of `rows`, or of so many of the first as are different leads, and none that the batch
    /// before touches, which is `behind` them and may not be committed yet.
    ///
    /// # Errors
    /// Only from the storage as a whole.
    pub(crate) async fn decide_rows<'r>(
        &self,
        rows: impl Iterator<Item = &'r mut Incoming<'static>> + Send,
        behind: &Touched,
        catalog: &Catalog,
    ) -> Result<ImportBatch<'a>> {
        let rows: Vec<&mut Incoming<'static>> = rows.collect();
        let mut fates = Vec::with_capacity(rows.len());
        let mut batch = self.batch(rows.iter().map(|row| &**row)).await?;
        for row in rows {
            match batch.take(row, behind, catalog) {
                None => break,
                Some(Ok(captured)) => fates.push(Ok(captured.outcome)),
                Some(Err(Error::Invalid(invalid))) => fates.push(Err(invalid)),
                Some(Err(Error::Denied(denied))) => fates.push(Err(Invalid::one("lead", denied))),
                Some(Err(error)) => return Err(error),
            }
            if fates.len().is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
        Ok(ImportBatch { decision: batch.decision, touched: batch.touched, fates })
    }
}
