//! What a transfer tells: progress on the way, a report at the end. Owns the counts that an import also keeps beside
//! its progress.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::Format;
use crate::id::ImportId;
use crate::service::CaptureOutcome;

/// What became of the rows so far. Every row is in exactly one of `created`, `updated`, `unchanged` and `failed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Rows of data that were read; blank ones are not counted.
    pub rows: u64,
    /// Rows that made a lead.
    pub created: u64,
    /// Rows that changed a lead.
    pub updated: u64,
    /// Rows that told nothing new.
    pub unchanged: u64,
    /// Rows that were refused.
    pub failed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: Option<CaptureOutcome>) {
        self.rows += 1;
        *match outcome {
            Some(CaptureOutcome::Created) => &mut self.created,
            Some(CaptureOutcome::Updated) => &mut self.updated,
            Some(CaptureOutcome::Unchanged) => &mut self.unchanged,
            None => &mut self.failed,
        } += 1;
    }
}

/// How far an import is; told after every batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Progress {
    /// What became of the rows, those of earlier runs of this import included.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many bytes of the file are done.
    pub bytes: u64,
    /// How many there are, if the caller said so.
    pub total_bytes: Option<u64>,
}

impl Deref for Progress {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

/// One thing wrong with one row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowError {
    /// The row's number, the first row of data being 1.
    pub row: u64,
    /// The line of the file in which it begins, the first being 1.
    pub line: u64,
    /// The field, such as `email` or `cf.budget`; `row` when it is about the row as a whole.
    pub field: String,
    /// The column's name in the file, where the field comes from one.
    pub column: Option<String>,
    /// What is wrong, in plain words.
    pub message: String,
}

/// What a column of the file was taken for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColumnUse {
    /// The column's name in the file.
    pub column: String,
    /// The field that it fills; none when it is passed over.
    pub field: Option<String>,
}

/// How an import came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ending {
    /// It is done, by this run.
    Finished,
    /// It was done before this run, which did nothing.
    FinishedBefore,
    /// It was only tried: nothing was written.
    DryRun,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ImportReport {
    /// The import.
    pub import: ImportId,
    /// How it came to its end.
    pub ending: Ending,
    /// What became of the rows, those of earlier runs of this import included.
    #[serde(flatten)]
    pub counts: Counts,
    /// The row behind which this run went on, if an earlier one got so far.
    pub resumed_behind: Option<u64>,
    /// The format that the file was found to have.
    pub format: Format,
    /// What the columns were taken for, in their order; empty for JSON Lines.
    pub columns: Vec<ColumnUse>,
    /// What is wrong with the first rows that this run refused, at most [`ImportReport::SHOWN`]; the error file has all.
    pub errors: Vec<RowError>,
}

impl ImportReport {
    /// The most errors of a report.
    pub const SHOWN: usize = 100;
}

impl Deref for ImportReport {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

/// How far an export is; told after every page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ExportProgress {
    /// Leads written.
    pub rows: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// What an export did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct ExportReport {
    /// Leads written.
    pub rows: u64,
    /// Bytes written.
    pub bytes: u64,
    /// The columns, in their order.
    pub columns: Vec<String>,
}
