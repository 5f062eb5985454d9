//! The course of work on many leads: decide a batch, commit it with the note of how far the work is, and go on until all are
//! done or somebody says stop. Owns what happens to a lead that others get in the way of, and how work that ended half-way
//! finds its place again.

use serde_json::{Map, Value};

use super::super::LeadBox;
use super::super::decision::{Announce, Decision, TRIES, TRIES_WITH_SCORES, data};
use super::batch::{Batch, Fate, Verdict};
use super::note::{LastBatch, Note, Noted, Refusals, Work};
use super::progress::{BulkProgress, BulkState, Refusal};
use crate::error::{Error, Result};
use crate::event::{Event, EventType, Subject, SubjectKind};
use crate::id::{BulkId, LeadId};
use crate::page::PageRequest;
use crate::revision::Version;
use crate::scope::Scope;
use crate::storage::{EventFilter, OnConflict, SkipReason, Skipped};

/// Leads of one commit.
pub(super) const BATCH: usize = 250;
/// How often a conversion looks for what it missed; each time it takes up one batch of it.
const SWEEPS: u32 = 1000;
/// How often in a row somebody else may be faster with the note.
const RACES: u32 = 50;

/// A lead that a commit left out.
#[derive(Clone, Copy, Debug)]
struct Left {
    lead: LeadId,
    reason: SkipReason,
    tries: u32,
}

impl Left {
    /// What is said of it, if it is given up.
    fn given_up(&self, work: &Work) -> Option<Verdict> {
        match self.reason {
            SkipReason::AlreadyExists => {
                // An action can take no other key: whoever gets another address shares it.
                let field = if matches!(work, Work::Action(_)) { "external_id" } else { "lead" };
                let message = "would get a key that belongs to another lead";
                Some(Verdict::refused(self.lead, field, message))
            }
            SkipReason::Conflict if self.tries >= TRIES => {
                let message = "is being changed by others: try again";
                Some(Verdict::refused(self.lead, "lead", message))
            }
            SkipReason::Conflict => None,
        }
    }
}

/// Work under way.
pub(super) struct Course {
    /// Acts for the asker, in the work's own name.
    leadbox: LeadBox,
    noted: Noted,
    refusals: Refusals,
    left: Vec<Left>,
}

impl Course {
    /// Takes work up where its note says it is.
    pub(super) async fn take_up(leadbox: LeadBox, id: BulkId) -> Result<Self> {
        let noted = Noted::load(&leadbox, id).await?;
        let refusals = Refusals::load(&leadbox, id).await?;
        let mut course = Self { leadbox, noted, refusals, left: Vec::new() };
        course.recover().await?;
        Ok(course)
    }

    /// Finds out which leads the last commit left out: nobody may have lived to hear it.
    async fn recover(&mut self) -> Result<()> {
        let Some(last) = self.noted.note.last.clone() else { return Ok(()) };
        if self.noted.note.state.is_over() {
            return Ok(());
        }
        self.leadbox.sequence_all().await?;
        let scope = Scope::all(self.leadbox.tenant());
        let mut skipped = Vec::new();
        for lead in last.leads {
            let filter = EventFilter {
                subject: Some(Subject::lead(lead)),
                actor: Some(self.noted.id.uuid()),
                ..EventFilter::default()
            };
            let found =
                self.leadbox.storage().events(&scope, &filter, &PageRequest::first(20)).await?;
            let is_meant =
                |event: &Event| event.lead() == Some(lead) && event.change_set == last.set;
            if !found.items.iter().any(is_meant) {
                skipped.push(Skipped { lead, reason: SkipReason::Conflict });
            }
        }
        self.leave_out(&skipped);
        Ok(())
    }

    /// Leads that were counted as changed and are not: they come again, and with them what is to be said of them.
    fn leave_out(&mut self, skipped: &[Skipped]) {
        let said = self.noted.note.last.as_ref().map(|last| last.refusals.clone());
        let said = said.unwrap_or_default();
        for Skipped { lead, reason } in skipped {
            let tries =
                self.left.iter().find(|left| left.lead == *lead).map_or(0, |left| left.tries);
            self.left.retain(|left| left.lead != *lead);
            self.left.push(Left { lead: *lead, reason: *reason, tries: tries + 1 });
            let note = &mut self.noted.note;
            note.counts.changed = note.counts.changed.saturating_sub(1);
            if let Some(said) = said.get(lead) {
                note.refusals = note.refusals.saturating_sub(*said);
                self.refusals.forget(*lead);
            }
        }
    }

    /// Goes on to the end.
    ///
    /// # Errors
    /// `Contended` when somebody else keeps noting progress; `Storage`.
    pub(super) async fn go(mut self) -> Result<BulkProgress> {
        let mut races = 0;
        loop {
            let done = match &self.noted.note.state {
                state if state.is_over() => return Ok(self.noted.progress()),
                BulkState::Cancelling => self.end(BulkState::Cancelled).await,
                _ => self.step().await,
            };
            match done {
                Ok(()) => races = 0,
                Err(Error::Storage(error)) if error.is_conflict() => {
                    races += 1;
                    if races > RACES {
                        let id = self.noted.id.to_string();
                        return Err(Error::Contended { what: "bulk action", id });
                    }
                    // Somebody said stop, or goes on with the same work.
                    self = Self::take_up(self.leadbox, self.noted.id).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Decides and commits the next batch, or the end.
    pub(super) async fn step(&mut self) -> Result<()> {
        if let Work::Convert(conversion) = &mut self.noted.note.work {
            conversion.look_up(&self.leadbox).await?;
        }
        self.sweep().await?;
        let again: Vec<LeadId> = self.left.iter().map(|left| left.lead).collect();
        let given_up: Vec<Verdict> = {
            let work = &self.noted.note.work;
            self.left.iter().filter_map(|left| left.given_up(work)).collect()
        };
        let fresh = self.noted.next(&self.leadbox, BATCH.saturating_sub(again.len())).await?;
        if again.is_empty() && fresh.is_empty() {
            return self.end(BulkState::Finished).await;
        }
        let open: Vec<LeadId> = again
            .into_iter()
            .filter(|lead| !given_up.iter().any(|verdict| verdict.lead == *lead))
            .chain(fresh.iter().copied())
            .collect();
        let leadbox = self.leadbox.clone();
        let Batch { mut decision, mut verdicts } =
            leadbox.decide_work(&self.noted.note.work, &open).await?;
        verdicts.extend(given_up);
        let mut next = Noted { note: self.noted.note.clone(), ..self.noted };
        let note: &mut Note = &mut next.note;
        note.state = BulkState::Running;
        note.taken += fresh.len() as u64;
        let mut refused: Vec<Refusal> = Vec::new();
        for verdict in &verdicts {
            note.counts.add(verdict.fate);
            refused.extend(verdict.refusals());
        }
        note.refusals += refused.len() as u64;
        let changed = || verdicts.iter().filter(|verdict| verdict.fate == Fate::Changed);
        let leads = changed().map(|verdict| verdict.lead).collect();
        let said = changed().map(|verdict| (verdict.lead, verdict.issues.len() as u64));
        let refusals = said.filter(|(_, said)| *said > 0).collect();
        note.last = Some(LastBatch { set: decision.change_set(), leads, refusals });
        decision.push(next.change(&self.leadbox)?)?;
        let refusals = self.refusals.with(&self.leadbox, next.id, &refused)?;
        let (refusals, change) = refusals.unzip();
        if let Some(change) = change {
            decision.push(change)?;
        }
        let changes = decision.finish_as(OnConflict::Skip, ()).await?.changes;
        let contended: Vec<LeadId> = self
            .left
            .iter()
            .filter(|left| left.tries >= TRIES_WITH_SCORES)
            .map(|left| left.lead)
            .collect();
        let changes = leadbox.scored_behind(changes, |lead| contended.contains(&lead))?;
        let skipped = leadbox.commit(&changes).await?.skipped;
        next.revision = next.revision.next();
        next.moved_at = changes.at();
        self.noted = next;
        if let Some(refusals) = refusals {
            self.refusals = refusals;
        }
        self.left.retain(|left| skipped.iter().any(|skipped| skipped.lead == left.lead));
        self.leave_out(&skipped);
        tokio::task::yield_now().await;
        Ok(())
    }

    /// At the end of a conversion, takes up what it missed.
    async fn sweep(&mut self) -> Result<()> {
        let note = &self.noted.note;
        let Work::Convert(conversion) = &note.work else { return Ok(()) };
        if note.swept || !self.left.is_empty() || note.taken < note.listed {
            return Ok(());
        }
        let missed = conversion.missed(&self.leadbox).await?;
        let note = &mut self.noted.note;
        note.sweeps += 1;
        note.swept = missed.is_empty() || note.sweeps >= SWEEPS;
        note.counts.selected += missed.len() as u64;
        let (reason, tries) = (SkipReason::Conflict, 0);
        self.left.extend(missed.into_iter().map(|lead| Left { lead, reason, tries }));
        Ok(())
    }

    /// Notes the end, and tells of it.
    pub(super) async fn end(&mut self, state: BulkState) -> Result<()> {
        let mut next = Noted { note: self.noted.note.clone(), ..self.noted };
        next.note.state = state;
        next.note.last = None;
        let leadbox = self.leadbox.clone();
        let mut decision = Decision::new(&leadbox, Announce::Each);
        let subject = Subject { kind: SubjectKind::Bulk, id: next.id.uuid() };
        let Value::Object(mut told) = serde_json::to_value(next.note.counts)? else {
            return Ok(());
        };
        told.append(&mut ending(&next.note)?);
        let payload = crate::event::Payload { data: told, ..data([]) };
        decision.event(subject, EventType::BULK_FINISHED, Version::FIRST, &payload)?;
        decision.push(next.change(&leadbox)?)?;
        for change in next.without_selection(&leadbox) {
            decision.push(change)?;
        }
        let changes = decision.finish(()).await?.changes;
        leadbox.storage().commit(&changes).await?;
        next.revision = next.revision.next();
        next.moved_at = changes.at();
        self.noted = next;
        Ok(())
    }
}

/// What kind of work it was, and how it ended.
fn ending(note: &Note) -> Result<Map<String, Value>> {
    let mut told = Map::new();
    told.insert("kind".to_owned(), Value::from(note.work.kind().as_str()));
    match &note.state {
        BulkState::Failed { reason } => {
            told.insert("ending".to_owned(), Value::from("failed"));
            told.insert("reason".to_owned(), Value::from(reason.as_str()));
        }
        state => {
            told.insert("ending".to_owned(), serde_json::to_value(state)?);
        }
    }
    Ok(told)
}

impl LeadBox {
    /// Gives every committed event its position, so that what was done is found.
    pub(super) async fn sequence_all(&self) -> Result<()> {
        while self.storage().sequence(5000).await?.more {}
        Ok(())
    }
}
