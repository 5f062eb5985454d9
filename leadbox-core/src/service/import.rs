//! Capture of an import's batch. Owns what [`capture_many`](Leads::capture_many) does not promise: all rows of a batch
//! take effect in one commit together with the note of how far the import is, or none does. So an import that is
//! killed at any moment goes on exactly once. Knows nothing of files.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::capture::Draft;
use super::decision::{Announce, Decision};
use super::{CaptureOutcome, LeadBox, Leads};
use crate::catalog::Catalog;
use crate::error::{Error, FieldIssue, Invalid, Result};
use crate::event::{EventType, Payload, Subject, SubjectKind};
use crate::id::{ImportId, LeadId};
use crate::lead::{IdentityKey, IdentityKind, Lead, NewLead};
use crate::revision::Version;
use crate::storage::{Change, ChangeSet, OnConflict};

/// One row of an import, read against the catalog but not yet against what is stored.
#[derive(Debug)]
pub(crate) struct ImportRow {
    new: NewLead,
    draft: std::result::Result<Option<Draft>, Invalid>,
    /// Every key of the row, so that a later row of the batch can be found to be the same lead.
    keys: Vec<IdentityKey>,
}

/// What became of one row.
pub(crate) type Fate = std::result::Result<CaptureOutcome, Invalid>;

/// A batch that is decided and not committed.
#[derive(Debug)]
pub(crate) struct ImportBatch<'a> {
    decision: Decision<'a>,
    /// What becomes of the first rows. Those behind have to wait for the next batch, because one of the first is the
    /// same lead.
    pub(crate) fates: Vec<Fate>,
}

impl ImportBatch<'_> {
    /// The set that writes the batch and `alongside`, as a whole.
    pub(crate) fn into_changes(mut self, alongside: Change) -> Result<ChangeSet> {
        self.decision.push(alongside);
        Ok(self.decision.finish_as(OnConflict::Fail, ())?.changes)
    }
}

impl ImportRow {
    /// A row that cannot be read at all.
    pub(crate) fn unreadable(invalid: Invalid) -> Self {
        Self { new: NewLead::default(), draft: Err(invalid), keys: Vec::new() }
    }

    /// The keys of this row that are looked up: those that it is recognised by, and the one that no two leads share.
    fn looked_up(&self) -> impl Iterator<Item = &IdentityKey> {
        self.keys.iter().filter(|key| self.depends_on(key))
    }

    /// The keys that this row is recognised by, in the caller's order.
    pub(crate) fn recognised_by(&self) -> impl Iterator<Item = &IdentityKey> {
        self.new.upsert_by.iter().filter_map(|kind| self.key(*kind))
    }

    fn depends_on(&self, key: &IdentityKey) -> bool {
        key.kind == IdentityKind::ExternalId || self.new.upsert_by.contains(&key.kind)
    }

    fn key(&self, kind: IdentityKind) -> Option<&IdentityKey> {
        self.keys.iter().find(|key| key.kind == kind)
    }

    /// The known lead that the row means, if it is one.
    fn meant<'k>(&self, known: &'k HashMap<IdentityKey, Lead>) -> Option<(IdentityKind, &'k Lead)> {
        self.recognised_by().find_map(|key| Some((key.kind, known.get(key)?)))
    }
}

impl LeadBox {
    /// Reads a row; `issues` were found in it before.
    pub(crate) fn read_row(
        &self,
        new: NewLead,
        issues: Vec<FieldIssue>,
        catalog: &Catalog,
    ) -> Result<ImportRow> {
        let draft = match Draft::read(self, &new, catalog) {
            Ok(draft) if issues.is_empty() => draft,
            Ok(_) => return Ok(ImportRow::unreadable(Invalid { issues })),
            Err(Error::Invalid(mut invalid)) => {
                if !issues.is_empty() {
                    // What was refused before may be the very thing that the row would be recognised by.
                    invalid.issues.retain(|issue| issue.field != "lead");
                    invalid.issues.splice(0..0, issues);
                }
                return Ok(ImportRow::unreadable(invalid));
            }
            Err(error) => return Err(error),
        };
        let keys =
            draft.identities(&[IdentityKind::Email, IdentityKind::Phone, IdentityKind::ExternalId]);
        Ok(ImportRow { new, draft: Ok(Some(draft)), keys })
    }

    /// The set that ends an import: the last note and the one event that tells of it.
    pub(crate) fn import_finished(
        &self,
        import: ImportId,
        data: Map<String, Value>,
        checkpoint: Change,
    ) -> Result<ChangeSet> {
        let mut decision = Decision::new(self, Announce::Each);
        let subject = Subject { kind: SubjectKind::Import, id: import.uuid() };
        let payload = Payload { data, ..Payload::default() };
        decision.event(subject, EventType::IMPORT_FINISHED, Version::FIRST, &payload)?;
        decision.push(checkpoint);
        Ok(decision.finish(())?.changes)
    }
}

impl<'a> Leads<'a> {
    /// Decides what becomes of `rows`, or of so many of the first as are different leads; always at least of one.
    ///
    /// # Errors
    /// Only from the storage as a whole.
    pub(crate) async fn decide_rows<'r>(
        &self,
        rows: impl Iterator<Item = &'r mut ImportRow> + Send,
        catalog: &Catalog,
    ) -> Result<ImportBatch<'a>> {
        let rows: Vec<&mut ImportRow> = rows.collect();
        let known = self.known_to(&rows).await?;
        let mut batch = ImportBatch {
            decision: Decision::new(self.leadbox, Announce::Bulk),
            fates: Vec::with_capacity(rows.len()),
        };
        let mut taken: HashSet<&IdentityKey> = HashSet::with_capacity(rows.len());
        let mut touched: HashSet<LeadId> = HashSet::with_capacity(rows.len());
        for row in rows {
            let meant = row.meant(&known);
            let waits = row.keys.iter().any(|key| taken.contains(key) && row.depends_on(key))
                || meant.is_some_and(|(_, lead)| touched.contains(&lead.id));
            if waits {
                break;
            }
            let fate = match self.refusal(row, meant, &known) {
                Some(invalid) => Err(invalid),
                None => {
                    // An earlier try may have used it up.
                    let draft = match row.draft.as_mut().ok().and_then(Option::take) {
                        Some(draft) => draft,
                        None => Draft::read(self.leadbox, &row.new, catalog)?,
                    };
                    let before = meant.map(|(_, lead)| lead.clone());
                    match draft.decide(&mut batch.decision, before, &row.new, catalog) {
                        Ok(captured) => {
                            touched.insert(captured.lead.id);
                            Ok(captured.outcome)
                        }
                        Err(Error::Invalid(invalid)) => Err(invalid),
                        Err(error) => return Err(error),
                    }
                }
            };
            taken.extend(&row.keys);
            batch.fates.push(fate);
        }
        Ok(batch)
    }

    /// What speaks against a row, before anything is decided.
    fn refusal(
        &self,
        row: &ImportRow,
        meant: Option<(IdentityKind, &Lead)>,
        known: &HashMap<IdentityKey, Lead>,
    ) -> Option<Invalid> {
        if let Err(invalid) = &row.draft {
            return Some(invalid.clone());
        }
        if let Some((kind, lead)) = meant
            && !self.leadbox.scope().sees(lead.tenant, lead.owner)
        {
            let message = "belongs to a lead of somebody else, which you may not see";
            return Some(Invalid::one(kind.as_str(), message));
        }
        // Refused here, since the storage would refuse the batch as a whole.
        let holder = row.key(IdentityKind::ExternalId).and_then(|key| known.get(key));
        let other = holder.is_some_and(|holder| Some(holder.id) != meant.map(|(_, lead)| lead.id));
        other.then(|| Invalid::one("external_id", "belongs to another lead"))
    }

    async fn known_to(&self, rows: &[&mut ImportRow]) -> Result<HashMap<IdentityKey, Lead>> {
        let mut keys: Vec<IdentityKey> =
            rows.iter().flat_map(|row| row.looked_up()).cloned().collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        keys.sort_unstable();
        keys.dedup();
        let found = self.leadbox.storage().leads_by_identity(self.leadbox.tenant(), &keys).await?;
        let mut known = HashMap::with_capacity(found.len());
        for (key, stored) in found {
            // The first is the one that holds the key alone, or the oldest.
            known.entry(key).or_insert(stored.lead);
        }
        Ok(known)
    }
}
