//! What somebody should look at: late tasks, leads that are nobody's or that nobody has been in touch with, work that was given
//! up. Owns what counts as such; every count stops at a thousand, so that none costs more the more there is.

use chrono::TimeDelta;
use chrono_tz::Tz;
use futures_util::future::try_join4;

use super::{Analytics, LeadList};
use crate::access::Capability;
use crate::error::Result;
use crate::filter::{LeadFilter, Op};
use crate::scope::Owners;
use crate::task::TaskFilter;

/// A count that stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// How many, at most [`Counted::CAP`].
    pub count: u64,
    /// Whether there are more.
    pub more: bool,
}

impl Counted {
    /// Where a count stops.
    pub const CAP: u64 = 1000;

    /// From a count that went one further, to know whether there are more.
    fn of(count: u64) -> Self {
        Self { count: count.min(Self::CAP), more: count > Self::CAP }
    }
}

/// What somebody should look at, as far as it is theirs to see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attention {
    /// Open tasks whose date has passed.
    pub overdue: Counted,
    /// Open tasks that are due later today.
    pub due_today: Counted,
    /// Open leads without an owner; none for an asker who sees those of certain owners only.
    pub unowned: Option<Counted>,
    /// Open leads that nobody has been in touch with for [`Attention::IDLE_DAYS`].
    pub idle: Counted,
    /// Jobs that were given up; none for an asker who may not see the system.
    pub parked_jobs: Option<Counted>,
}

impl Attention {
    /// After so many days without an interaction a lead counts as idle.
    pub const IDLE_DAYS: i64 = 14;

    /// Open leads.
    pub fn open() -> LeadFilter {
        LeadFilter::is("stage_kind", Op::Eq, "open")
    }
}

impl Analytics<'_> {
    /// What the asker should look at, where a day ends as it does in `zone`.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn attention(&self, zone: Tz) -> Result<Attention> {
        let now = self.leadbox.now();
        let (overdue, due_today) = (TaskFilter::overdue(now), TaskFilter::due_today(now, zone));
        let nobodys = LeadFilter::is("owner", Op::IsNull, serde_json::Value::Null);
        let idle = LeadFilter::idle_since(now - TimeDelta::days(Attention::IDLE_DAYS));
        let sees_nobodys = self.leadbox.scope().owners == Owners::All;
        let unowned = async {
            match sees_nobodys {
                true => self.leads(nobodys).await.map(Some),
                false => Ok(None),
            }
        };
        let (overdue, due_today) = (self.tasks(&overdue), self.tasks(&due_today));
        let (overdue, due_today, unowned, idle) =
            try_join4(overdue, due_today, unowned, self.leads(idle)).await?;
        Ok(Attention { overdue, due_today, unowned, idle, parked_jobs: self.parked().await? })
    }

    async fn tasks(&self, filter: &TaskFilter) -> Result<Counted> {
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        Ok(Counted::of(storage.count_tasks(scope, filter, Counted::CAP).await?))
    }

    /// Open leads that also pass this.
    async fn leads(&self, filter: LeadFilter) -> Result<Counted> {
        let list = LeadList::filtered(Attention::open().and(filter));
        Ok(Counted::of(self.leadbox.leads().count(&list, Counted::CAP).await?))
    }

    async fn parked(&self) -> Result<Option<Counted>> {
        if !self.leadbox.rights().can(Capability::SystemRead) {
            return Ok(None);
        }
        let lanes = self.leadbox.jobs().lanes().await?;
        let parked: i64 = lanes.iter().map(|lane| lane.parked).sum();
        Ok(Some(Counted::of(parked.unsigned_abs())))
    }
}
