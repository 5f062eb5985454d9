//! What is noted of work on many leads. Owns the note that is committed with every batch, so that note and leads are always
//! of the same moment, and beside it the selection and the refusals, which are too long to be written every time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::super::LeadBox;
use super::super::decision::Decision;
use super::action::BulkAction;
use super::asker::Asker;
use super::convert::Conversion;
use super::progress::{BulkCounts, BulkKind, BulkProgress, BulkState, Refusal};
use super::undo::Operation;
use crate::error::{Error, Result};
use crate::hex;
use crate::id::{BulkId, ChangeSetId, LeadId};
use crate::key::FieldKey;
use crate::revision::Revision;
use crate::storage::{Change, Checkpoint, StorageError};
use crate::time::Timestamp;

/// How many leads of a selection stand in one row.
const PART: usize = 2000;

/// What is done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    Action(BulkAction),
    Undo(Operation),
    Convert(Conversion),
}

impl Work {
    pub(super) fn kind(&self) -> BulkKind {
        match self {
            Self::Action(BulkAction::Change(_)) => BulkKind::Change,
            Self::Action(BulkAction::Assign(_)) => BulkKind::Assign,
            Self::Action(BulkAction::Advance(_)) => BulkKind::Advance,
            Self::Action(BulkAction::Delete) => BulkKind::Delete,
            Self::Undo(_) => BulkKind::Undo,
            Self::Convert(_) => BulkKind::Convert,
        }
    }
}

/// The batch that was committed last. Which of its leads were left out is known only afterwards.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct LastBatch {
    pub(super) set: ChangeSetId,
    /// The leads that it was to change.
    pub(super) leads: Vec<LeadId>,
    /// How many refusals were counted of those that it was to change all the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) refusals: BTreeMap<LeadId, u64>,
}

/// How far the work is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) work: Work,
    pub(super) asker: Asker,
    pub(super) asked_at: Timestamp,
    pub(super) state: BulkState,
    pub(super) counts: BulkCounts,
    pub(super) refusals: u64,
    /// How many leads the selection beside the note has.
    pub(super) listed: u64,
    /// How many of them were taken up.
    pub(super) taken: u64,
    pub(super) last: Option<LastBatch>,
    /// How often what was missed was looked for.
    pub(super) sweeps: u32,
    /// Whether nothing was found in the end.
    pub(super) swept: bool,
}

/// A note with its place.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub(super) id: BulkId,
    pub(super) revision: Revision,
    pub(super) moved_at: Timestamp,
    pub(super) note: Note,
}

fn name(id: BulkId) -> String {
    format!("bulk:{id}")
}

fn part_name(id: BulkId, part: usize) -> String {
    format!("bulk:{id}:leads:{part}")
}

fn refused_name(id: BulkId) -> String {
    format!("bulk:{id}:refused")
}

fn corrupt(id: BulkId) -> Error {
    StorageError::corrupt("checkpoint", "body", name(id)).into()
}

fn checkpoint(
    leadbox: &LeadBox,
    name: String,
    revision: Revision,
    body: serde_json::Value,
) -> Change {
    let (tenant, at) = (leadbox.tenant(), leadbox.now());
    Change::PutCheckpoint(Box::new(Checkpoint { tenant, name, revision, body, at }))
}

impl Noted {
    /// Work that begins.
    pub(super) fn new(id: BulkId, leadbox: &LeadBox, work: Work, selected: usize) -> Self {
        let counts = BulkCounts { selected: selected as u64, ..BulkCounts::default() };
        let (asked_at, asker) = (leadbox.now(), Asker::of(leadbox));
        let note = Note {
            work,
            asker,
            asked_at,
            state: BulkState::Waiting,
            counts,
            refusals: 0,
            listed: counts.selected,
            taken: 0,
            last: None,
            sweeps: 0,
            swept: false,
        };
        Self { id, revision: Revision(0), moved_at: asked_at, note }
    }

    /// Reads what is noted.
    pub(super) async fn load(leadbox: &LeadBox, id: BulkId) -> Result<Self> {
        let stored = leadbox.storage().checkpoint(leadbox.tenant(), &name(id)).await?;
        let stored = stored.ok_or_else(|| Error::not_found("bulk action", id))?;
        let note = serde_json::from_value(stored.body).map_err(|_| corrupt(id))?;
        Ok(Self { id, revision: stored.revision, moved_at: stored.at, note })
    }

    /// The change that notes it; it conflicts when somebody else noted something meanwhile.
    pub(super) fn change(&self, leadbox: &LeadBox) -> Result<Change> {
        let body = serde_json::to_value(&self.note)?;
        Ok(checkpoint(leadbox, name(self.id), self.revision.next(), body))
    }

    /// Where the work stands, as it is told.
    pub(super) fn progress(&self) -> BulkProgress {
        BulkProgress {
            id: self.id,
            kind: self.note.work.kind(),
            state: self.note.state.clone(),
            counts: self.note.counts,
            refusals: self.note.refusals,
            asked_by: self.note.asker.actor.clone(),
            asked_at: self.note.asked_at,
            moved_at: self.moved_at,
        }
    }

    /// Adds the note and which leads are meant.
    pub(super) fn begin(&self, decision: &mut Decision<'_>, leads: &[LeadId]) -> Result<()> {
        decision.makes(self.id.uuid());
        let leadbox = decision.leadbox();
        for change in self.selection(leadbox, leads) {
            decision.push(change)?;
        }
        decision.push(self.change(leadbox)?)
    }

    /// The changes that note which leads are meant.
    fn selection(&self, leadbox: &LeadBox, leads: &[LeadId]) -> Vec<Change> {
        let parts = leads.chunks(PART).enumerate();
        let part = |(part, leads): (usize, &[LeadId])| {
            let ids: String = leads.iter().map(|lead| hex::text(lead.uuid().as_bytes())).collect();
            checkpoint(leadbox, part_name(self.id, part), Revision::FIRST, json!(ids))
        };
        parts.map(part).collect()
    }

    /// The changes that forget them, once they are done.
    pub(super) fn without_selection(&self, leadbox: &LeadBox) -> Vec<Change> {
        let parts = usize::try_from(self.note.listed).unwrap_or(0).div_ceil(PART);
        let part =
            |part| checkpoint(leadbox, part_name(self.id, part), Revision::FIRST.next(), json!(""));
        (0..parts).map(part).collect()
    }

    /// The next leads of the selection, at most `limit`; fewer at the end of a row.
    pub(super) async fn next(&self, leadbox: &LeadBox, limit: usize) -> Result<Vec<LeadId>> {
        if self.note.taken >= self.note.listed || limit == 0 {
            return Ok(Vec::new());
        }
        let taken = usize::try_from(self.note.taken).map_err(|_| corrupt(self.id))?;
        let name = part_name(self.id, taken / PART);
        let part = leadbox.storage().checkpoint(leadbox.tenant(), &name).await?;
        let bytes = part.and_then(|part| hex::read(part.body.as_str()?));
        let bytes = bytes.ok_or_else(|| corrupt(self.id))?;
        let ids = bytes.chunks_exact(16).skip(taken % PART).take(limit);
        let leads: Vec<LeadId> =
            ids.filter_map(|id| Uuid::from_slice(id).ok()).map(LeadId::from_uuid).collect();
        if leads.is_empty() { Err(corrupt(self.id)) } else { Ok(leads) }
    }
}

/// Which work last changed the type of a field, with the place where that is noted: of two that begin at once, one is late.
#[derive(Debug)]
pub(super) struct Conversions {
    name: String,
    revision: Revision,
    last: Option<BulkId>,
}

impl Conversions {
    pub(super) async fn load(leadbox: &LeadBox, key: &FieldKey) -> Result<Self> {
        let name = format!("field:{key}:conversion");
        match leadbox.storage().checkpoint(leadbox.tenant(), &name).await? {
            None => Ok(Self { name, revision: Revision(0), last: None }),
            Some(Checkpoint { revision, body, .. }) => {
                let last = body.as_str().and_then(|id| id.parse().ok());
                Ok(Self { name, revision, last })
            }
        }
    }

    /// The change that notes other work.
    pub(super) fn followed_by(self, leadbox: &LeadBox, id: BulkId) -> Change {
        checkpoint(leadbox, self.name, self.revision.next(), json!(id))
    }

    /// How far the last one is; none when there was none.
    pub(super) async fn noted(&self, leadbox: &LeadBox) -> Result<Option<Noted>> {
        match self.last {
            Some(id) => Noted::load(leadbox, id).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The refusals that are kept, with their place.
#[derive(Debug)]
pub(super) struct Refusals {
    revision: Revision,
    pub(super) kept: Vec<Refusal>,
    /// Whether some were taken back that are still noted.
    outdated: bool,
}

impl Refusals {
    pub(super) async fn load(leadbox: &LeadBox, id: BulkId) -> Result<Self> {
        match leadbox.storage().checkpoint(leadbox.tenant(), &refused_name(id)).await? {
            None => Ok(Self { revision: Revision(0), kept: Vec::new(), outdated: false }),
            Some(stored) => {
                let kept = serde_json::from_value(stored.body).map_err(|_| corrupt(id))?;
                Ok(Self { revision: stored.revision, kept, outdated: false })
            }
        }
    }

    /// Takes back what was said of a lead that comes again.
    pub(super) fn forget(&mut self, lead: LeadId) {
        let known = self.kept.len();
        self.kept.retain(|refusal| refusal.lead != lead);
        self.outdated |= self.kept.len() < known;
    }

    /// Those with `more`, and the change that notes them; none when nothing else is kept than before.
    pub(super) fn with(
        &self,
        leadbox: &LeadBox,
        id: BulkId,
        more: &[Refusal],
    ) -> Result<Option<(Self, Change)>> {
        let room = Refusal::KEPT.saturating_sub(self.kept.len());
        if !self.outdated && (more.is_empty() || room == 0) {
            return Ok(None);
        }
        let kept: Vec<Refusal> = self.kept.iter().chain(more.iter().take(room)).cloned().collect();
        let (revision, body) = (self.revision.next(), serde_json::to_value(&kept)?);
        let change = checkpoint(leadbox, refused_name(id), revision, body);
        Ok(Some((Self { revision, kept, outdated: false }, change)))
    }
}
