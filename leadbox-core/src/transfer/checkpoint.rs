//! How far an import is. Owns the note that is committed with every batch, so that the note and the leads are always of
//! the same moment: whenever the process ends, the next run finds the first row that is not in.

use serde::{Deserialize, Serialize};

use super::report::Counts;
use super::rows::Place;
use super::{Format, TransferError};
use crate::access::Capability;
use crate::error::Error;
use crate::id::{ImportId, Tenant};
use crate::revision::Revision;
use crate::service::LeadBox;
use crate::storage::{Change, Checkpoint};

/// What is noted of an import.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    /// The form of this note.
    v: u8,
    /// Whether the end of the file was reached.
    finished: bool,
    format: Format,
    /// Digest of the beginning of what was done.
    digest: String,
    row: u64,
    offset: u64,
    line: u64,
    counts: Counts,
    /// The length of the error file.
    errors: u64,
}

const FORM: u8 = 1;

/// How far an import is.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) finished: bool,
    pub(super) format: Format,
    pub(super) digest: String,
    pub(super) place: Place,
    pub(super) counts: Counts,
    pub(super) errors: u64,
}

fn name(import: ImportId) -> String {
    format!("import:{import}")
}

/// How far an import is, as whoever asks for it reads it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ImportState {
    /// The import.
    pub import: ImportId,
    /// Whether the end of the file was reached. One that is not finished and does not move goes on when it is run again
    /// under its id with the same file.
    pub finished: bool,
    /// The format that the file was found to have.
    pub format: Format,
    /// What became of the rows so far.
    #[serde(flatten)]
    pub counts: Counts,
    /// How many bytes of the file are done.
    pub bytes: u64,
}

impl ImportState {
    /// How far an import is; none when none of its rows is in.
    ///
    /// # Errors
    /// `Checkpoint`; `Core` with `Denied` when the asker may not import, and from the storage.
    pub async fn of(leadbox: &LeadBox, import: ImportId) -> Result<Option<Self>, TransferError> {
        let rights = leadbox.rights();
        rights.require_capability(Capability::LeadsImport).map_err(Error::from)?;
        let (_, standing) = Progressed::load(leadbox, import).await?;
        Ok(standing.map(|standing| Self {
            import,
            finished: standing.finished,
            format: standing.format,
            counts: standing.counts,
            bytes: standing.place.offset,
        }))
    }
}

/// The note of one import, as it is stored.
#[derive(Debug)]
pub(super) struct Progressed {
    import: ImportId,
    tenant: Tenant,
    revision: Revision,
}

impl Progressed {
    /// An import of which nothing is noted.
    pub(super) fn new(leadbox: &LeadBox, import: ImportId) -> Self {
        Self { import, tenant: leadbox.tenant(), revision: Revision(0) }
    }

    /// Reads what is noted.
    ///
    /// # Errors
    /// `Checkpoint`, `Core`.
    pub(super) async fn load(
        leadbox: &LeadBox,
        import: ImportId,
    ) -> Result<(Self, Option<Standing>), TransferError> {
        let mut this = Self::new(leadbox, import);
        let stored = leadbox.storage().checkpoint(this.tenant, &name(import)).await?;
        let Some(stored) = stored else { return Ok((this, None)) };
        this.revision = stored.revision;
        let note: Note = serde_json::from_value(stored.body)
            .map_err(|_| TransferError::Checkpoint { import })?;
        if note.v != FORM {
            return Err(TransferError::Checkpoint { import });
        }
        let standing = Standing {
            finished: note.finished,
            format: note.format,
            digest: note.digest,
            place: Place { row: note.row, offset: note.offset, line: note.line },
            counts: note.counts,
            errors: note.errors,
        };
        Ok((this, Some(standing)))
    }

    /// The change that notes `standing`; it conflicts when somebody else noted something meanwhile.
    ///
    /// # Errors
    /// `Json`.
    pub(super) fn note(
        &self,
        leadbox: &LeadBox,
        standing: &Standing,
    ) -> Result<Change, TransferError> {
        let note = Note {
            v: FORM,
            finished: standing.finished,
            format: standing.format,
            digest: standing.digest.clone(),
            row: standing.place.row,
            offset: standing.place.offset,
            line: standing.place.line,
            counts: standing.counts,
            errors: standing.errors,
        };
        Ok(Change::PutCheckpoint(Box::new(Checkpoint {
            tenant: self.tenant,
            name: name(self.import),
            revision: self.revision.next(),
            body: serde_json::to_value(note)?,
            at: leadbox.now(),
        })))
    }

    /// The change was committed.
    pub(super) fn noted(&mut self) {
        self.revision = self.revision.next();
    }

    /// After a conflict: whether nobody else noted anything, so that the conflict is about a lead.
    ///
    /// # Errors
    /// `RunElsewhere`, `Core`.
    pub(super) async fn check(&self, leadbox: &LeadBox) -> Result<(), TransferError> {
        let stored = leadbox.storage().checkpoint(self.tenant, &name(self.import)).await?;
        if stored.map_or(Revision(0), |stored| stored.revision) == self.revision {
            Ok(())
        } else {
            Err(TransferError::RunElsewhere { import: self.import })
        }
    }
}
