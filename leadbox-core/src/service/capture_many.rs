//! Capture of many leads at once. Owns the rounds: each commits those that are different leads, and leaves out those that
//! meet a conflict.

use std::borrow::Cow;
use std::collections::HashMap;

use super::batch::{Incoming, Touched};
use super::decision::{TRIES, TRIES_WITH_SCORES};
use super::{Captured, Leads};
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::id::LeadId;
use crate::lead::NewLead;
use crate::storage::{Change, OnConflict};

/// One of many on its way.
struct One<'n> {
    incoming: Incoming<'n>,
    tries: u32,
    outcome: Option<Result<Captured>>,
}

impl Leads<'_> {
    /// Captures many leads with few round trips; their events carry `bulk`. Each succeeds or fails alone, in the
    /// order given. Two that are recognised as the same lead take effect one after the other.
    ///
    /// `alongside` is committed with the first batch, such as an import's checkpoint.
    ///
    /// # Errors
    /// Only from the storage as a whole; what is wrong with one lead is in its place of the list.
    pub async fn capture_many(
        &self,
        new: &[NewLead],
        alongside: Vec<Change>,
    ) -> Result<Vec<Result<Captured>>> {
        let catalog = self.leadbox.catalog().await?;
        let mut all = Vec::with_capacity(new.len());
        for one in new {
            let incoming = self.leadbox.read(Cow::Borrowed(one), Vec::new(), &catalog)?;
            all.push(One { incoming, tries: 0, outcome: None });
        }
        let mut open: Vec<usize> = (0..all.len()).collect();
        let mut alongside = Some(alongside).filter(|changes| !changes.is_empty());
        while !open.is_empty() || alongside.is_some() {
            let changes = alongside.take().unwrap_or_default();
            open = self.round(&mut all, open, changes, &catalog).await?;
        }
        let lost = || Err(Error::Contended { what: "lead", id: "(batch)".to_owned() });
        Ok(all.into_iter().map(|one| one.outcome.unwrap_or_else(lost)).collect())
    }

    /// One look-up and one commit; returns those that have to wait for the next round.
    async fn round(
        &self,
        all: &mut [One<'_>],
        open: Vec<usize>,
        alongside: Vec<Change>,
        catalog: &Catalog,
    ) -> Result<Vec<usize>> {
        let mut batch = self.batch(open.iter().map(|index| &all[*index].incoming)).await?;
        let mut again = Vec::new();
        let mut decided: HashMap<LeadId, usize> = HashMap::with_capacity(open.len());
        for index in open {
            match batch.take(&mut all[index].incoming, &Touched::default(), catalog) {
                None => again.push(index),
                Some(outcome) => {
                    decided.extend(outcome.as_ref().ok().map(|one| (one.lead.id, index)));
                    all[index].outcome = Some(outcome);
                }
            }
        }
        for change in alongside {
            batch.decision.push(change)?;
        }
        let changes = batch.decision.finish_as(OnConflict::Skip, ()).await?.changes;
        if changes.changes().is_empty() {
            return Ok(again);
        }
        let is_contended = |lead| {
            decided.get(&lead).is_some_and(|index: &usize| all[*index].tries >= TRIES_WITH_SCORES)
        };
        let changes = self.leadbox.scored_behind(changes, is_contended)?;
        for skipped in self.leadbox.commit(&changes).await?.skipped {
            let Some(index) = decided.remove(&skipped.lead) else { continue };
            let one = &mut all[index];
            one.tries += 1;
            let id = skipped.lead.to_string();
            one.outcome = Some(Err(Error::Contended { what: "lead", id }));
            if one.tries < TRIES {
                again.push(index);
            }
        }
        again.sort_unstable();
        Ok(again)
    }
}
