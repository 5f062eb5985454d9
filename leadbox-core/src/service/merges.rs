//! What was merged into a lead. Owns reading it from the log, and whether it still stands; merging and undoing are
//! `merge`'s and `unmerge`'s.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Leads;
use super::merge::{MERGE, MergeNote};
use crate::error::{Error, Result};
use crate::event::{Actor, Event, EventType, Subject};
use crate::id::{EventId, LeadId};
use crate::lead::Lead;
use crate::page::PageRequest;
use crate::scope::Scope;
use crate::storage::EventFilter;
use crate::time::Timestamp;

/// Whether what was merged is still so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MergeState {
    /// The leads are part of the one that was kept.
    Standing,
    /// They are leads of their own again.
    Undone,
}

/// A merge that the log tells of.
#[derive(Clone, PartialEq, Debug)]
pub struct PastMerge {
    /// The fact: by its id the merge can be undone.
    pub event: EventId,
    /// When it was.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// The leads that were merged away, as they are stored; those that the asker may not see are missing.
    pub leads: Vec<Lead>,
    /// How many were merged away, seen or not.
    pub count: usize,
    /// Whether they still are.
    pub state: MergeState,
}

/// How many merges of one lead are told of; the latest.
const MOST: u32 = 100;

impl Leads<'_> {
    /// The leads that were merged into this one, the latest merge first; at most a hundred merges. What had been merged into
    /// those before is not told again; merges whose payload was erased are missing, and cannot be undone either.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub async fn merges(&self, id: LeadId) -> Result<Vec<PastMerge>> {
        let kept = self.stored(id).await?.ok_or_else(|| Error::not_found("lead", id))?.lead;
        let (storage, all) = (self.leadbox.storage(), Scope::all(kept.tenant));
        let subject = Subject::lead(kept.id);
        let filter = EventFilter {
            subject: Some(subject),
            kinds: vec![EventType::LEAD_MERGED],
            ..EventFilter::default()
        };
        storage.sequence(1000).await?;
        let events = storage.events(&all, &filter, &PageRequest::first(MOST)).await?.items;
        let mut told = Vec::with_capacity(events.len());
        // The log tells of those that were merged in as well.
        for event in events.into_iter().filter(|event| event.subject == subject) {
            let note = event.payload()?.data.get(MERGE).cloned().unwrap_or_default();
            let Ok(note) = serde_json::from_value::<MergeNote>(note) else { continue };
            let gone: Vec<LeadId> = note.leads.into_iter().map(|one| one.lead).collect();
            told.push((event, gone));
        }
        let ids: Vec<LeadId> = told.iter().flat_map(|(_, gone)| gone.iter().copied()).collect();
        let found = storage.leads_by_id(&all, &ids).await?;
        let found: HashMap<LeadId, Lead> =
            found.into_iter().map(|stored| (stored.lead.id, stored.lead)).collect();
        let mut latest: HashMap<LeadId, EventId> = HashMap::new();
        for (event, gone) in &told {
            for lead in gone {
                latest.entry(*lead).or_insert(event.id);
            }
        }
        let past = |(event, gone): (Event, Vec<LeadId>)| {
            // A lead that came back and went again went by the later merge.
            let stands = gone.iter().any(|lead| {
                latest.get(lead) == Some(&event.id)
                    && found.get(lead).is_some_and(|lead| lead.merged_into == Some(kept.id))
            });
            let scope = self.leadbox.scope();
            let seen = gone.iter().filter_map(|lead| found.get(lead));
            let seen = seen.filter(|lead| scope.sees(lead.tenant, lead.owner));
            PastMerge {
                event: event.id,
                at: event.at,
                by: event.actor.clone(),
                leads: seen.map(|lead| self.leadbox.shown(lead.clone())).collect(),
                count: gone.len(),
                state: if stands { MergeState::Standing } else { MergeState::Undone },
            }
        };
        Ok(told.into_iter().map(past).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Grants, Level, Permission, Rights};
    use crate::id::UserId;
    use crate::lead::{MergeChoice, NewLead};
    use crate::testing::Sandbox;

    #[tokio::test]
    async fn merges_are_told_with_who_did_them_and_whether_they_stand() {
        let sandbox = Sandbox::new().unwrap();
        let (host, none) = (sandbox.leadbox.leads(), MergeChoice::default());
        let mut ids = Vec::new();
        for name in ["Ada", "Bea", "Cyd", "Dee"] {
            ids.push(host.capture(&NewLead::new().name(name)).await.unwrap().lead.id);
        }
        let [ada, bea, cyd, dee] = ids[..] else { unreachable!("four were captured") };
        assert_eq!(host.merges(ada).await.unwrap(), []);
        // Cyd goes into Bea, and both into Ada with Dee: Ada's own history names Bea and Dee.
        host.merge(bea, &[cyd], &none).await.unwrap();
        let first = host.merge(ada, &[bea, dee], &none).await.unwrap();
        let told = |merges: Vec<PastMerge>| -> Vec<(EventId, Vec<LeadId>, MergeState)> {
            let ids = |one: &PastMerge| one.leads.iter().map(|lead| lead.id).collect();
            merges.iter().map(|one| (one.event, ids(one), one.state)).collect()
        };
        let (standing, undone) = (MergeState::Standing, MergeState::Undone);
        let merges = host.merges(ada).await.unwrap();
        assert_eq!(merges[0].by, *sandbox.leadbox.actor());
        assert_eq!(merges[0].at, sandbox.leadbox.now());
        assert_eq!(told(merges), [(first.event, vec![bea, dee], standing)]);
        // By an id that leads here, the lead that is left is meant.
        assert_eq!(told(host.merges(dee).await.unwrap())[0].0, first.event);

        host.unmerge(ada, first.event).await.unwrap();
        assert_eq!(told(host.merges(ada).await.unwrap())[0].2, undone);
        assert_eq!(told(host.merges(bea).await.unwrap())[0].2, standing);
        let again = host.merge(ada, &[bea], &none).await.unwrap();
        let (now, then) =
            ((again.event, vec![bea], standing), (first.event, vec![bea, dee], undone));
        assert_eq!(told(host.merges(ada).await.unwrap()), [now, then]);
        let absent = host.merges(sandbox.leadbox.new_id()).await;
        assert!(matches!(absent, Err(Error::NotFound { .. })));
    }

    #[tokio::test]
    async fn leads_of_others_are_counted_and_not_shown() {
        let sandbox = Sandbox::new().unwrap();
        let host = &sandbox.leadbox;
        let kim: UserId = host.new_id();
        let mine = NewLead::new().name("Mine").owner(kim);
        let mine = host.leads().capture(&mine).await.unwrap().lead.id;
        let other = NewLead::new().name("Other");
        let other = host.leads().capture(&other).await.unwrap().lead.id;
        host.leads().merge(mine, &[other], &MergeChoice::default()).await.unwrap();
        let grants = Grants::default().allow(Permission::LeadRead, Level::Own);
        let own = host.with_rights(Actor::user(kim), Rights::granted(Some(kim), [], grants));
        let seen = own.leads().merges(mine).await.unwrap();
        assert_eq!((seen[0].leads.len(), seen[0].count), (0, 1));
        assert_eq!(seen[0].state, MergeState::Standing);
    }
}
