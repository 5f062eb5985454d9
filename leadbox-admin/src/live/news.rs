//! What was found in the log in one go, as all sockets are handed it. Owns that whose leads they are is looked up once, and
//! only if somebody needs it who does not see all.

use std::collections::{BTreeMap, HashMap};

use leadbox_core::{Error, Event, LeadBox, LeadId, Position, Tenant, UserId};
use tokio::sync::OnceCell;

use super::fact::Fact;

/// The owner of each lead, as it is by now.
type Owned = HashMap<(Tenant, LeadId), Option<UserId>>;

/// What was found in the log.
#[derive(Debug)]
pub(super) enum News {
    /// Events, in their order.
    Found(Found),
    /// So much, up to here, that it was passed over.
    Missed(Position),
}

/// Events, in their order.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) facts: Vec<Fact>,
    owned: OnceCell<Owned>,
}

impl News {
    /// The most events that are told one by one.
    pub(super) const MOST: u32 = 1000;

    pub(super) fn of(events: &[Event]) -> Self {
        let facts = events.iter().map(Fact::of).collect();
        Self::Found(Found { facts, owned: OnceCell::new() })
    }

    /// What is in the log behind `after`; none when nothing is.
    ///
    /// # Errors
    /// From the storage.
    pub(super) async fn behind(host: &LeadBox, after: Position) -> Result<Option<Self>, Error> {
        let events = host.log().after(after, Self::MOST).await?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(None) };
        if events.len() < Self::MOST as usize {
            return Ok(Some(Self::of(&events)));
        }
        let head = host.log().head().await?.position;
        Ok(Some(if head == last { Self::of(&events) } else { Self::Missed(head.max(last)) }))
    }

    /// How far it goes.
    pub(super) fn until(&self) -> Position {
        match self {
            Self::Found(found) => {
                found.facts.last().map_or_else(Position::default, |fact| fact.position)
            }
            Self::Missed(until) => *until,
        }
    }

    /// Whether somebody of this tenant may do more or less since.
    pub(super) fn turns_rights(&self, tenant: Tenant) -> bool {
        match self {
            Self::Found(found) => {
                found.facts.iter().any(|fact| fact.turns_rights && fact.tenant == tenant)
            }
            Self::Missed(_) => true,
        }
    }
}

impl Found {
    /// Whose the lead of a fact is by now; none when there is no such lead.
    ///
    /// # Errors
    /// From the storage.
    pub(super) async fn owner(
        &self,
        host: &LeadBox,
        tenant: Tenant,
        lead: LeadId,
    ) -> Result<Option<Option<UserId>>, Error> {
        let owned = self.owned.get_or_try_init(|| self.look_up(host)).await?;
        Ok(owned.get(&(tenant, lead)).copied())
    }

    async fn look_up(&self, host: &LeadBox) -> Result<Owned, Error> {
        let mut leads: BTreeMap<Tenant, Vec<LeadId>> = BTreeMap::new();
        for fact in &self.facts {
            leads.entry(fact.tenant).or_default().extend(fact.lead);
        }
        let mut owned = Owned::new();
        for (tenant, leads) in leads {
            let found = host.for_tenant(tenant).leads().leads(&leads).await?;
            owned.extend(found.into_iter().map(|one| ((tenant, one.lead.id), one.lead.owner)));
        }
        Ok(owned)
    }
}
