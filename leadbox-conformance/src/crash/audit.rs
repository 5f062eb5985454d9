//! Following the log and comparing it with the rows. Owns the trail of each lead as the events tell it, and the
//! complaints where chain, versions, interactions, stays or counts disagree with it.

use std::collections::{BTreeSet, HashMap, HashSet};

use leadbox_core::event::{ChainHead, Event, Verdict, verify_chain};
use leadbox_core::rollup::compare;
use leadbox_core::{
    EventType, InteractionId, LeadBox, LeadId, LeadQuery, PageRequest, Stay, StoredLead,
};

use super::capture::Acknowledged;

/// What the log says about one lead.
#[derive(Clone, Debug, Default)]
struct Trail {
    version: i64,
    moves: usize,
    interactions: HashSet<InteractionId>,
}

/// What the log says, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Audit {
    head: ChainHead,
    trails: HashMap<LeadId, Trail>,
}

/// Events read at once.
const BATCH: u32 = 1000;

impl Audit {
    /// How many events were read.
    pub(super) fn length(&self) -> i64 {
        self.head.position.0
    }

    /// Reads on, checks every lead that something happened to, and looks for what was acknowledged.
    ///
    /// A killed process's last commit may still be on its way inside a database server. So what is found wrong counts
    /// only if the log did not move while it was looked at.
    pub(super) async fn follow(&mut self, leadbox: &LeadBox, acknowledged: &Acknowledged) {
        let mut touched: BTreeSet<LeadId> = acknowledged.leads.keys().copied().collect();
        let complaints = loop {
            self.read_on(leadbox, &mut touched).await;
            let mut complaints = self.misses(acknowledged);
            self.compare_rows(leadbox, &touched, &mut complaints).await;
            while leadbox.storage().fold_counts(5000).await.unwrap() > 0 {}
            let counts = leadbox.storage().verify_counts(leadbox.tenant()).await.unwrap();
            for cell in compare(&counts.kept, &counts.counted) {
                complaints.push(format!("a count is wrong: {cell:?}"));
            }
            if !self.read_on(leadbox, &mut touched).await {
                break complaints;
            }
        };
        assert!(complaints.is_empty(), "{} complaints: {complaints:#?}", complaints.len());
    }

    /// Reads to the log's end; says whether there was anything new.
    async fn read_on(&mut self, leadbox: &LeadBox, touched: &mut BTreeSet<LeadId>) -> bool {
        let storage = leadbox.storage();
        let before = self.head.position;
        loop {
            let sequenced = storage.sequence(5000).await.unwrap();
            let events = storage.events_after(self.head.position, BATCH).await.unwrap();
            let verdict = verify_chain(&mut self.head, &events);
            let whole = events.len() as u64;
            assert_eq!(verdict, Verdict::Intact { whole, erased: 0 }, "the log is not whole");
            for event in &events {
                self.note(event);
                touched.extend(event.lead());
            }
            if events.is_empty() && sequenced.count == 0 && !sequenced.more {
                break;
            }
        }
        let head = storage.head().await.unwrap();
        // What comes in between the last read and this one is read the next time.
        if head.position == self.head.position {
            assert_eq!(head, self.head, "the log's head is not where its events lead");
        }
        self.head.position != before
    }

    fn note(&mut self, event: &Event) {
        let Some(lead) = event.lead() else { return };
        let trail = self.trails.entry(lead).or_default();
        if event.kind == EventType::INTERACTION_RECORDED {
            let payload = event.payload().unwrap();
            let id = payload.data["interaction"].as_str().unwrap().parse().unwrap();
            assert!(trail.interactions.insert(id), "{id} is in the log twice");
            return;
        }
        // The processes write so that each version has one event, whose version says which.
        let (found, expected) = (event.version.0, trail.version + 1);
        assert_eq!(found, expected, "{lead} at position {}: {}", event.position, event.kind);
        let begins = event.kind == EventType::LEAD_CAPTURED;
        assert_eq!(begins, found == 1, "{lead} begins with {} at version {found}", event.kind);
        trail.version = found;
        trail.moves += usize::from(event.kind == EventType::LEAD_STAGE_CHANGED);
    }

    /// What was acknowledged and is not in the log.
    fn misses(&self, acknowledged: &Acknowledged) -> Vec<String> {
        let mut complaints = Vec::new();
        for (lead, version) in &acknowledged.leads {
            let found = self.trails.get(lead).map_or(0, |trail| trail.version);
            if found < *version {
                complaints.push(format!("lost: {lead} was at version {version}, log has {found}"));
            }
        }
        for (interaction, lead) in &acknowledged.interactions {
            let trail = self.trails.get(lead);
            if !trail.is_some_and(|trail| trail.interactions.contains(interaction)) {
                complaints.push(format!("lost: interaction {interaction} of {lead}"));
            }
        }
        complaints
    }

    /// Compares the rows of these leads with their trails.
    async fn compare_rows(
        &self,
        leadbox: &LeadBox,
        touched: &BTreeSet<LeadId>,
        complaints: &mut Vec<String>,
    ) {
        let (storage, scope) = (leadbox.storage(), leadbox.scope());
        let touched: Vec<LeadId> = touched.iter().copied().collect();
        for ids in touched.chunks(500) {
            let stored = storage.leads_by_id(scope, ids).await.unwrap();
            let stored: HashMap<LeadId, StoredLead> =
                stored.into_iter().map(|stored| (stored.lead.id, stored)).collect();
            for id in ids {
                let trail = self.trails.get(id).cloned().unwrap_or_default();
                let Some(stored) = stored.get(id) else {
                    complaints.push(format!("{id} is not stored, log has {}", trail.version));
                    continue;
                };
                let version = stored.lead.version.0;
                if version != trail.version {
                    complaints.push(format!("{id} is at {version}, log at {}", trail.version));
                }
                let stays = storage.stays(scope, &[*id]).await.unwrap();
                complaints.extend(wrong_stays(stored, &stays, &trail));
                if stored.activity.count > 0 || !trail.interactions.is_empty() {
                    let found = interactions(leadbox, *id).await;
                    let counted = usize::try_from(stored.activity.count).unwrap();
                    if found != trail.interactions || counted != found.len() {
                        complaints.push(format!(
                            "{id} has {} interactions, counts {counted}, log has {}",
                            found.len(),
                            trail.interactions.len()
                        ));
                    }
                }
            }
        }
    }

    /// Compares the list of all leads with the rows; returns how many are live.
    pub(super) async fn check_lists(&self, leadbox: &LeadBox) -> usize {
        let (storage, scope) = (leadbox.storage(), leadbox.scope());
        let mut listed = HashSet::new();
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let found = storage.leads(scope, &LeadQuery::default(), &page).await.unwrap();
            for stored in found.items {
                assert!(listed.insert(stored.lead.id), "{} is listed twice", stored.lead.id);
            }
            match found.next {
                Some(next) => page = PageRequest::after(PageRequest::MAX, next),
                None => break,
            }
        }
        let ids: Vec<LeadId> = self.trails.keys().copied().collect();
        for ids in ids.chunks(500) {
            for stored in storage.leads_by_id(scope, ids).await.unwrap() {
                let is_live = stored.lead.deleted_at.is_none();
                assert_eq!(listed.contains(&stored.lead.id), is_live, "{}", stored.lead.id);
            }
        }
        let most = ids.len() as u64;
        let counted = storage.count_leads(scope, &LeadQuery::default(), most).await.unwrap();
        assert_eq!(counted, listed.len() as u64, "the number of live leads");
        listed.len()
    }
}

fn wrong_stays(stored: &StoredLead, stays: &[Stay], trail: &Trail) -> Option<String> {
    let open: Vec<&Stay> = stays.iter().filter(|stay| stay.left_at.is_none()).collect();
    let is_right = match open[..] {
        [] => stored.lead.deleted_at.is_some(),
        [stay] => stored.lead.deleted_at.is_none() && stay.stage == stored.lead.stage,
        _ => false,
    };
    let is_complete = stays.len() == trail.moves + 1;
    (!is_right || !is_complete).then(|| {
        let (id, moves) = (stored.lead.id, trail.moves);
        format!("{id} moved {moves} times and has {} stays, {} open", stays.len(), open.len())
    })
}

async fn interactions(leadbox: &LeadBox, lead: LeadId) -> HashSet<InteractionId> {
    let mut found = HashSet::new();
    let mut page = PageRequest::first(PageRequest::MAX);
    loop {
        let next = leadbox.leads().interactions(lead, &page).await.unwrap();
        found.extend(next.items.iter().map(|interaction| interaction.id));
        match next.next {
            Some(next) => page = PageRequest::after(PageRequest::MAX, next),
            None => return found,
        }
    }
}
