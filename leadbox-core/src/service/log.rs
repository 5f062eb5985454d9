//! The log, as an asker sees it. Owns reading and checking it; moving consumers along it belongs to the workers.

use super::LeadBox;
use crate::access::Capability;
use crate::error::Result;
use crate::event::{ChainHead, Event, LogCheck, Position, Subject, SubjectKind, Verdict};
use crate::id::LeadId;
use crate::page::{Page, PageRequest};
use crate::storage::{ConsumerState, EventFilter};

/// Events that a check reads at once.
const READ: u32 = 5000;

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

    /// Checks the whole chain, from the first event on. Returns with the verdict how far the log is as it was written. A long
    /// log takes its time: see [`check`](Self::check).
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn verify(&self) -> Result<(Verdict, ChainHead)> {
        let mut check = LogCheck::default();
        loop {
            check = self.check(check, Self::CHECKED).await?;
            if let Some(verdict) = check.verdict {
                return Ok((verdict, check.head));
            }
        }
    }

    /// The most events of one [`check`](Self::check).
    pub const CHECKED: u32 = 20_000;

    /// Goes on with a check of the chain, by about `most` events (1 to [`CHECKED`](Self::CHECKED)), or begins one. Without a
    /// verdict it is not at the end yet.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn check(&self, so_far: LogCheck, most: u32) -> Result<LogCheck> {
        self.leadbox.rights().require_capability(Capability::AuditRead)?;
        let mut check = so_far;
        if check.end.is_none() {
            // Kept apart from the rows: a log cut off at its end is found by it. Read first, because more may come meanwhile.
            check.end = Some(self.leadbox.storage().head().await?.position);
        }
        let most = most.clamp(1, Self::CHECKED);
        let mut looked_at = 0;
        while check.verdict.is_none() && looked_at < most {
            let limit = READ.min(most - looked_at);
            let events = self.leadbox.storage().events_after(check.head.position, limit).await?;
            looked_at += limit;
            check.take(&events);
        }
        Ok(check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::NewLead;
    use crate::testing::Sandbox;

    #[tokio::test]
    async fn a_check_in_steps_finds_what_a_check_of_the_whole_does() {
        let sandbox = Sandbox::new().unwrap();
        let leadbox = &sandbox.leadbox;
        for n in 0..25 {
            leadbox.leads().capture(&NewLead::new().name(format!("Lead {n}"))).await.unwrap();
        }
        let (whole, head) = leadbox.log().verify().await.unwrap();
        let mut check = LogCheck::default();
        let mut steps = 0;
        let found = loop {
            check = leadbox.log().check(check, 7).await.unwrap();
            steps += 1;
            if let Some(verdict) = check.verdict.clone() {
                break verdict;
            }
            assert_eq!(check.head.position.0, (7 * steps).min(head.position.0));
            check = check.to_string().parse().unwrap();
        };
        assert_eq!((found, check.head), (whole, head));
        // Who makes a place up is told that the chain does not lead there.
        let zeros = "0".repeat(64);
        let made_up = format!("3~{zeros}~3~0~25").parse().unwrap();
        let check = leadbox.log().check(made_up, 10).await.unwrap();
        assert_eq!(check.verdict, Some(Verdict::Broken(Position(4))));
    }
}
