//! The log, as an asker sees it. Owns reading and checking it; moving consumers along it belongs to the workers.

use super::LeadBox;
use crate::access::Capability;
use crate::error::Result;
use crate::event::{ChainHead, Event, Position, Subject, SubjectKind, Verdict, verify_chain};
use crate::id::LeadId;
use crate::page::{Page, PageRequest};
use crate::storage::{ConsumerState, EventFilter};

/// The log. Made by [`LeadBox::log`].
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl Log<'_> {
    /// Where the log ends.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn head(&self) -> Result<ChainHead> {
        Ok(self.leadbox.storage().head().await?)
    }

    /// Events of all tenants behind `after`, in order, at most `limit` (1 to 10,000). For the host alone: it is not scoped.
    ///
    /// # Errors
    /// `Denied` for anybody but the host; `Storage`.
    pub async fn after(&self, after: Position, limit: u32) -> Result<Vec<Event>> {
        self.leadbox.rights().require_host()?;
        self.leadbox.storage().sequence(limit.clamp(1, 10_000)).await?;
        Ok(self.leadbox.storage().events_after(after, limit.clamp(1, 10_000)).await?)
    }

    /// Those who follow the log, and how far they are.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn consumers(&self) -> Result<Vec<ConsumerState>> {
        self.leadbox.rights().require_capability(Capability::SystemRead)?;
        Ok(self.leadbox.storage().consumers().await?)
    }

    /// The tenant's events, the latest first. Those about one lead are for everybody who sees it, all others for those
    /// who may read the activity log; whoever does not see all leads finds only those about its own. Fields that are hidden from the asker are missing in what they say.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn events(&self, filter: &EventFilter, page: &PageRequest) -> Result<Page<Event>> {
        if filter.subject.is_none_or(|subject| subject.kind != SubjectKind::Lead) {
            self.leadbox.rights().require_capability(Capability::AuditRead)?;
        }
        let scope = self.leadbox.scope();
        self.leadbox.storage().sequence(1000).await?;
        let mut page = self.leadbox.storage().events(scope, filter, page).await?;
        for event in &mut page.items {
            event.fact.redact(&scope.hidden_fields)?;
        }
        Ok(page)
    }

    /// What happened with a lead, the latest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn timeline(&self, lead: LeadId, page: &PageRequest) -> Result<Page<Event>> {
        let filter = EventFilter { subject: Some(Subject::lead(lead)), ..EventFilter::default() };
        self.events(&filter, page).await
    }

    /// Checks the whole chain, from the first event on. Returns with the verdict how far the log is as it was written.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn verify(&self) -> Result<(Verdict, ChainHead)> {
        self.leadbox.rights().require_capability(Capability::AuditRead)?;
        // Kept apart from the rows: a log cut off at its end is found by it. Read first, because more may come meanwhile.
        let kept = self.leadbox.storage().head().await?;
        let mut head = ChainHead::default();
        let (mut whole, mut erased) = (0, 0);
        loop {
            let events = self.leadbox.storage().events_after(head.position, 5000).await?;
            if events.is_empty() {
                break;
            }
            match verify_chain(&mut head, &events) {
                Verdict::Intact { whole: more, erased: gone } => {
                    whole += more;
                    erased += gone;
                }
                broken => return Ok((broken, head)),
            }
        }
        let verdict = match kept.position > head.position {
            true => Verdict::Missing(Position(head.position.0 + 1)),
            false => Verdict::Intact { whole, erased },
        };
        Ok((verdict, head))
    }
}
