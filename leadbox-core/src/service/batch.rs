//! Many leads in one commit. Owns which of them can be decided together: none twice, and none that a commit under way may
//! be changing. Knows nothing of files, nor of what happens to those that have to wait.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::capture::Draft;
use super::decision::{Announce, Decision};
use super::{Captured, LeadBox, Leads};
use crate::catalog::Catalog;
use crate::error::{Error, FieldIssue, Invalid, Result};
use crate::id::LeadId;
use crate::lead::{IdentityKey, IdentityKind, Lead, NewLead};

/// One of many, read against the catalog but not yet against what is stored.
#[derive(Debug)]
pub(crate) struct Incoming<'n> {
    new: Cow<'n, NewLead>,
    draft: std::result::Result<Option<Draft>, Invalid>,
    /// Every key that it has, so that another one can be found to be the same lead.
    keys: Vec<IdentityKey>,
}

impl Incoming<'_> {
    /// One that cannot be read at all.
    pub(crate) fn unreadable(invalid: Invalid) -> Self {
        Self { new: Cow::Owned(NewLead::default()), draft: Err(invalid), keys: Vec::new() }
    }

    /// The keys that it is recognised by, in the caller's order.
    pub(crate) fn recognised_by(&self) -> impl Iterator<Item = &IdentityKey> {
        self.new.upsert_by.iter().filter_map(|kind| self.key(*kind))
    }

    /// The keys that decide on it: those that it is recognised by, and the one that no two leads share.
    fn depends_on(&self) -> impl Iterator<Item = &IdentityKey> {
        self.keys.iter().filter(|key| {
            key.kind == IdentityKind::ExternalId || self.new.upsert_by.contains(&key.kind)
        })
    }

    fn key(&self, kind: IdentityKind) -> Option<&IdentityKey> {
        self.keys.iter().find(|key| key.kind == kind)
    }
}

impl LeadBox {
    /// Reads one; `issues` were found in it before.
    pub(crate) fn read<'n>(
        &self,
        new: Cow<'n, NewLead>,
        issues: Vec<FieldIssue>,
        catalog: &Catalog,
    ) -> Result<Incoming<'n>> {
        let draft = match Draft::read(self, &new, catalog) {
            Ok(draft) if issues.is_empty() => draft,
            Ok(_) => return Ok(Incoming::unreadable(Invalid { issues })),
            Err(Error::Invalid(mut invalid)) => {
                if !issues.is_empty() {
                    // What was refused before may be the very thing that it would be recognised by.
                    invalid.issues.retain(|issue| issue.field != "lead");
                    invalid.issues.splice(0..0, issues);
                }
                return Ok(Incoming::unreadable(invalid));
            }
            Err(error) => return Err(error),
        };
        let keys =
            draft.identities(&[IdentityKind::Email, IdentityKind::Phone, IdentityKind::ExternalId]);
        Ok(Incoming { new, draft: Ok(Some(draft)), keys })
    }
}

/// What a batch has to do with, so that others keep away from it.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    keys: HashSet<IdentityKey>,
    leads: HashSet<LeadId>,
}

impl Touched {
    fn concerns(&self, one: &Incoming<'_>, known: &HashMap<IdentityKey, Lead>) -> bool {
        one.depends_on().any(|key| {
            self.keys.contains(key)
                || known.get(key).is_some_and(|lead| self.leads.contains(&lead.id))
        })
    }
}

/// A batch being decided, against what is stored.
pub(crate) struct Batch<'a> {
    leadbox: &'a LeadBox,
    known: HashMap<IdentityKey, Lead>,
    pub(super) decision: Decision<'a>,
    pub(super) touched: Touched,
}

impl<'a> Leads<'a> {
    /// A batch for these, with one look-up for all of them.
    pub(super) async fn batch<'i, 'n: 'i>(
        &self,
        incoming: impl Iterator<Item = &'i Incoming<'n>> + Send,
    ) -> Result<Batch<'a>> {
        let mut keys: Vec<IdentityKey> = Vec::new();
        for one in incoming {
            keys.extend(one.depends_on().cloned());
        }
        keys.sort_unstable();
        keys.dedup();
        let mut known = HashMap::with_capacity(keys.len());
        if !keys.is_empty() {
            let tenant = self.leadbox.tenant();
            for (key, stored) in self.leadbox.storage().leads_by_identity(tenant, &keys).await? {
                // The first is the one that holds the key alone, or the oldest.
                known.entry(key).or_insert(stored.lead);
            }
        }
        let decision = Decision::new(self.leadbox, Announce::Bulk);
        Ok(Batch { leadbox: self.leadbox, known, decision, touched: Touched::default() })
    }
}

impl Batch<'_> {
    /// Decides what becomes of one, unless it has to wait: for another of this batch, or for one `behind` which this
    /// batch is.
    pub(super) fn take(
        &mut self,
        one: &mut Incoming<'_>,
        behind: &Touched,
        catalog: &Catalog,
    ) -> Option<Result<Captured>> {
        if self.touched.concerns(one, &self.known) || behind.concerns(one, &self.known) {
            return None;
        }
        self.touched.keys.extend(one.keys.iter().cloned());
        let outcome = self.decide(one, catalog);
        if let Ok(captured) = &outcome {
            self.touched.leads.insert(captured.lead.id);
        }
        Some(outcome)
    }

    fn decide(&mut self, one: &mut Incoming<'_>, catalog: &Catalog) -> Result<Captured> {
        let draft = match &mut one.draft {
            Err(invalid) => return Err(invalid.clone().into()),
            Ok(draft) => draft.take(),
        };
        let meant = one.recognised_by().find_map(|key| Some((key.kind, self.known.get(key)?)));
        if let Some((kind, lead)) = meant
            && !self.leadbox.scope().sees(lead.tenant, lead.owner)
        {
            let message = "belongs to a lead of somebody else, which you may not see";
            return Err(Invalid::one(kind.as_str(), message).into());
        }
        // Refused here, since the storage would refuse the batch as a whole.
        let holder = one.key(IdentityKind::ExternalId).and_then(|key| {
            self.known.get(key).filter(|lead| lead.external_id.as_ref() == Some(&key.key))
        });
        if holder.is_some_and(|holder| Some(holder.id) != meant.map(|(_, lead)| lead.id)) {
            return Err(Invalid::one("external_id", "belongs to another lead").into());
        }
        let draft = match draft {
            Some(draft) => draft,
            // An earlier try has used it up.
            None => Draft::read(self.leadbox, &one.new, catalog)?,
        };
        let before = meant.map(|(by, lead)| (by, lead.clone()));
        draft.decide(&mut self.decision, before, &one.new, catalog)
    }
}
