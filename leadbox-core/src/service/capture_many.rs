//! Capture of many leads at once, as imports do. Owns the batching: one look-up and one commit for all of them, as
//! long as no two are the same lead.

use std::collections::HashMap;

use super::capture::{Draft, identity};
use super::decision::{Announce, Decision, TRIES};
use super::{Captured, Leads};
use crate::catalog::Catalog;
use crate::error::{Error, Invalid, Result};
use crate::id::LeadId;
use crate::lead::{IdentityKey, IdentityKind, Lead, NewLead};
use crate::storage::{Change, OnConflict};

/// The outcome of one lead of many.
type One = Result<Captured>;

impl Leads<'_> {
    /// Captures many leads with few round trips; their events carry `bulk`. Each succeeds or fails alone, in the
    /// order given. Two that are recognised as the same lead take effect one after the other.
    ///
    /// `alongside` is committed with the first batch, such as an import's checkpoint.
    ///
    /// # Errors
    /// Only from the storage as a whole; what is wrong with one lead is in its place of the list.
    pub async fn capture_many(&self, new: &[NewLead], alongside: Vec<Change>) -> Result<Vec<One>> {
        let catalog = self.leadbox.catalog().await?;
        let mut outcomes: Vec<Option<One>> = Vec::with_capacity(new.len());
        let mut open: Vec<(usize, Draft)> = Vec::with_capacity(new.len());
        for (index, one) in new.iter().enumerate() {
            match Draft::read(self.leadbox, one, &catalog) {
                Ok(draft) => {
                    outcomes.push(None);
                    open.push((index, draft));
                }
                Err(error) => outcomes.push(Some(Err(error))),
            }
        }
        let mut alongside = Some(alongside).filter(|changes| !changes.is_empty());
        let mut tries = vec![0; new.len()];
        while !open.is_empty() || alongside.is_some() {
            open = self
                .round(new, open, &mut outcomes, &mut tries, alongside.take(), &catalog)
                .await?;
        }
        let lost = || Err(Error::Contended { what: "lead", id: "(batch)".to_owned() });
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect())
    }

    /// One look-up and one commit; returns those that have to wait for the next round.
    async fn round(
        &self,
        new: &[NewLead],
        open: Vec<(usize, Draft)>,
        outcomes: &mut [Option<One>],
        tries: &mut [u32],
        alongside: Option<Vec<Change>>,
        catalog: &Catalog,
    ) -> Result<Vec<(usize, Draft)>> {
        let mut known = self.known(new, &open).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Bulk);
        let mut later = Vec::new();
        let mut done: HashMap<LeadId, (usize, Draft)> = HashMap::with_capacity(open.len());
        let mut taken: HashMap<IdentityKey, ()> = HashMap::with_capacity(open.len());
        for (index, draft) in open {
            // The same key twice in a round: the second waits, and then finds the first.
            let keys = draft.identities(&[
                IdentityKind::Email,
                IdentityKind::Phone,
                IdentityKind::ExternalId,
            ]);
            let named = draft.identities(&new[index].upsert_by);
            let clash = keys.iter().any(|key| {
                taken.contains_key(key)
                    && (named.contains(key) || key.kind == IdentityKind::ExternalId)
            });
            if clash {
                later.push((index, draft));
                continue;
            }
            let lead = named.iter().find_map(|key| known.get(key)).cloned();
            if let Some(lead) = &lead
                && done.contains_key(&lead.id)
            {
                later.push((index, draft));
                continue;
            }
            if let Some(lead) = &lead
                && !self.leadbox.scope().sees(lead.tenant, lead.owner)
            {
                let message = "belongs to a lead of somebody else, which you may not see";
                outcomes[index] = Some(Err(Invalid::one(named[0].kind.as_str(), message).into()));
                continue;
            }
            taken.extend(keys.into_iter().map(|key| (key, ())));
            match draft.clone().decide(&mut decision, lead, &new[index], catalog) {
                Ok(captured) => {
                    done.insert(captured.lead.id, (index, draft));
                    outcomes[index] = Some(Ok(captured));
                }
                Err(error) => outcomes[index] = Some(Err(error)),
            }
        }
        known.clear();
        for change in alongside.into_iter().flatten() {
            decision.push(change);
        }
        let prepared = decision.finish_as(OnConflict::Skip, ())?;
        if prepared.changes.changes().is_empty() {
            return Ok(later);
        }
        let committed = self.leadbox.storage().commit(&prepared.changes).await?;
        let mut again = Vec::new();
        for skipped in committed.skipped {
            if let Some((index, draft)) = done.remove(&skipped.lead) {
                tries[index] += 1;
                let what = Error::Contended { what: "lead", id: skipped.lead.to_string() };
                outcomes[index] = Some(Err(what));
                if tries[index] < TRIES {
                    again.push((index, draft));
                }
            }
        }
        again.extend(later);
        again.sort_by_key(|(index, _)| *index);
        Ok(again)
    }

    /// The known leads by the keys that the open ones name.
    async fn known(
        &self,
        new: &[NewLead],
        open: &[(usize, Draft)],
    ) -> Result<HashMap<IdentityKey, Lead>> {
        let mut keys: Vec<IdentityKey> = open
            .iter()
            .flat_map(|(index, draft)| draft.identities(&new[*index].upsert_by))
            .collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        keys.sort_unstable();
        keys.dedup();
        let found = self.leadbox.storage().leads_by_identity(self.leadbox.tenant(), &keys).await?;
        let mut known = HashMap::with_capacity(found.len());
        for (key, stored) in found {
            debug_assert!(identity(&stored.lead, key.kind).is_some());
            known.entry(key).or_insert(stored.lead);
        }
        Ok(known)
    }
}
