//! Interactions that machines caused, marked as they come in. Owns what a detector is shown and what becomes of its findings; what
//! somebody decided stays. Knows no signs.

use serde_json::Value;

use super::Leads;
use super::decision::{Announce, Decision, data};
use crate::error::Result;
use crate::event::{EventType, Subject};
use crate::interaction::{Finding, Interaction, Judge, Needs, Suspicion};
use crate::page::PageRequest;
use crate::revision::Version;
use crate::scope::Scope;
use crate::storage::{Change, InteractionMark};

/// How many of a lead's interactions a detector is shown.
const OTHERS: usize = 100;

/// How many of the latest are looked through for those that happened before an interaction that is told late: as many as count.
const LOOKED_THROUGH: usize = 1000;

impl Decision<'_> {
    /// Marks an interaction that is not stored yet as far as the detector finds something, and gives what it finds of others.
    pub(super) async fn judge_bots(&self, new: &mut Interaction) -> Result<Vec<InteractionMark>> {
        let mut marks = self.found(new).await?;
        if let Some(at) = marks.iter().position(|mark| mark.interaction == new.id) {
            let mark = marks.swap_remove(at);
            (new.suspicion, new.reason) = (mark.after, mark.reason);
        }
        Ok(marks)
    }

    /// What the detector finds of an interaction, stored or not, and of others, without what somebody decided.
    async fn found(&self, one: &Interaction) -> Result<Vec<InteractionMark>> {
        let Some(bots) = self.leadbox().bots() else { return Ok(Vec::new()) };
        let others = match bots.needs(&one.kind) {
            Needs::Nothing => return Ok(Vec::new()),
            Needs::Itself => Vec::new(),
            Needs::Others => self.others(one).await?,
        };
        let mark = |Finding { interaction, mut reason }: Finding| {
            let known = std::iter::once(one).chain(&others).find(|one| one.id == interaction)?;
            if (known.suspicion, known.judge) != (Suspicion::Clear, Judge::Detector) {
                return None;
            }
            let end = reason.floor_char_boundary(Interaction::MAX_REASON);
            reason.truncate(end);
            // Postgres keeps no NUL.
            let reason = reason.replace('\0', "");
            Some(InteractionMark {
                tenant: known.tenant,
                lead: known.lead,
                interaction,
                before: Suspicion::Clear,
                judge_before: Judge::Detector,
                after: Suspicion::Suspect,
                judge: Judge::Detector,
                reason: Some(reason),
            })
        };
        Ok(bots.findings(one, &others).into_iter().filter_map(mark).collect())
    }

    /// The latest that happened before it, or a little after, whoever may see them.
    async fn others(&self, one: &Interaction) -> Result<Vec<Interaction>> {
        let (storage, scope) = (self.leadbox().storage(), Scope::all(self.tenant()));
        let until = one.at + Interaction::NEARBY;
        let mut page = PageRequest::first(u32::try_from(OTHERS).unwrap_or(u32::MAX));
        let (mut others, mut seen) = (Vec::new(), 0);
        loop {
            let found = storage.interactions(&scope, one.lead, &page).await?;
            seen += found.items.len();
            others.extend(found.items.into_iter().filter(|it| it.at <= until && it.id != one.id));
            match found.next {
                Some(next) if others.len() < OTHERS && seen < LOOKED_THROUGH => {
                    page.after = Some(next);
                }
                _ => break,
            }
        }
        others.truncate(OTHERS);
        Ok(others)
    }

    /// Marks or clears a stored interaction, and says so.
    pub(super) fn mark(&mut self, mark: InteractionMark, version: Version) -> Result<()> {
        let mut payload = data([
            ("interaction", Value::from(mark.interaction.to_string())),
            ("suspect", Value::from(mark.after == Suspicion::Suspect)),
        ]);
        if let Some(reason) = &mark.reason {
            payload.data.insert("reason".to_owned(), Value::from(reason.as_str()));
        }
        let lead = Subject::lead(mark.lead);
        self.event(lead, EventType::INTERACTION_MARKED, version, &payload)?;
        self.push(Change::MarkInteraction(mark))
    }
}

impl Leads<'_> {
    /// Judges an interaction again that has just been recorded: others may have been at the same moment, which did not see it
    /// either. Whoever comes last sees all of them. That it is recorded holds, whatever becomes of this.
    pub(super) async fn judge_again(&self, recorded: &mut Interaction) {
        let needs = self.leadbox.bots().map(|bots| bots.needs(&recorded.kind));
        if needs != Some(Needs::Others) {
            return;
        }
        let (leadbox, one) = (self.leadbox.besides(), &*recorded);
        let judged = leadbox.decide("interaction", one.id, || {
            Box::pin(async {
                let mut decision = Decision::new(&leadbox, Announce::Each);
                let scope = Scope::all(leadbox.tenant());
                let stored = leadbox.storage().interaction(&scope, one.id).await?;
                let Some(mut stored) = stored else { return decision.finish(one.clone()).await };
                let marks = decision.found(&stored).await?;
                if !marks.is_empty() {
                    // It may have gone into another lead meanwhile.
                    let lead = leadbox.storage().lead(&scope, stored.lead).await?;
                    let Some(lead) = lead.filter(|found| found.lead.deleted_at.is_none()) else {
                        return decision.finish(stored).await;
                    };
                    for mark in marks {
                        if mark.interaction == stored.id {
                            (stored.suspicion, stored.reason) = (mark.after, mark.reason.clone());
                        }
                        decision.mark(mark, lead.lead.version)?;
                    }
                }
                decision.finish(stored).await
            })
        });
        match judged.await {
            Ok(judged) => *recorded = judged,
            Err(error) => {
                tracing::warn!(%error, interaction = %recorded.id, "an interaction was not judged again");
            }
        }
    }
}

#[cfg(test)]
mod tests;
