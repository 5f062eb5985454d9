//! Scoring leads anew without anything about them having changed. Owns which of the differences show; who asks for it, and why, is
//! others' business.

use std::collections::BTreeMap;
use std::ops::Add;

use super::super::LeadBox;
use super::super::decision::{Announce, Decision};
use super::happened::at_once;
use super::kept::score;
use crate::error::Result;
use crate::event::Actor;
use crate::id::{LeadId, Tenant};
use crate::scope::Scope;
use crate::score::{Freshness, LeadScore};
use crate::scoring::{ScoreCause, Scored};
use crate::storage::OnConflict;

/// Leads of one commit.
pub(super) const BATCH: usize = 500;

/// What became of leads that were scored anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Renewed {
    /// Leads that were scored.
    pub(super) scored: u64,
    /// Of these, leads whose total moved by a whole point or more.
    pub(super) moved: u64,
    /// Of these, leads with another priority.
    pub(super) priorities: u64,
}

impl Renewed {
    fn of(stored: &LeadScore, now: &Scored) -> Self {
        Self {
            scored: 1,
            moved: has_moved(stored, now).into(),
            priorities: (stored.priority != now.card.priority).into(),
        }
    }
}

impl Add for Renewed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            scored: self.scored + other.scored,
            moved: self.moved + other.moved,
            priorities: self.priorities + other.priorities,
        }
    }
}

/// Whether a score that differs is kept in the lead's history.
fn is_kept(stored: &LeadScore, now: &Scored, cause: ScoreCause) -> bool {
    let is_other = stored.total != now.card.total;
    stored.priority != now.card.priority
        || match cause {
            // Whatever fades changes all the time.
            ScoreCause::Time => false,
            ScoreCause::Rules => has_moved(stored, now),
            _ => is_other,
        }
}

fn has_moved(stored: &LeadScore, now: &Scored) -> bool {
    stored.total.0.abs_diff(now.card.total.0) >= 100
}

impl LeadBox {
    /// Scores what may have moved by itself, of all tenants. For the host: its workers call this.
    pub(crate) async fn renew_due(&self) -> Result<()> {
        let (now, mut after) = (self.now(), None);
        self.resident().let_go(now);
        loop {
            let most = u32::try_from(BATCH).unwrap_or(u32::MAX);
            let due = self.storage().due_scores(now, after, most).await?;
            let mut tenants: BTreeMap<Tenant, Vec<LeadId>> = BTreeMap::new();
            for one in &due {
                tenants.entry(one.tenant).or_default().push(one.lead);
            }
            for (tenant, leads) in tenants {
                let system = self.for_tenant(tenant).by(Actor::system());
                system.renew(&leads, ScoreCause::Time).await?;
            }
            if due.len() < BATCH {
                return Ok(());
            }
            after = due.last().copied();
        }
    }

    /// Scores live leads by the rules that are in force, in one commit, which leaves out those that others are changing: they score
    /// them. Without rules it does nothing.
    pub(super) async fn renew(&self, leads: &[LeadId], cause: ScoreCause) -> Result<Renewed> {
        let scorers = self.scorers().await?;
        if scorers.edition() == 0 || scorers.is_unreadable() {
            return Ok(Renewed::default());
        }
        let (storage, tenant) = (self.storage(), self.tenant());
        let catalog = self.catalog().await?;
        let mut stored = storage.leads_by_id(&Scope::all(tenant), leads).await?;
        let announce = match cause {
            ScoreCause::Rules => Announce::Bulk,
            _ => Announce::Each,
        };
        let mut decision = Decision::new(self, announce);
        let mut renewed: BTreeMap<LeadId, Renewed> = BTreeMap::new();
        // Another worker may have been faster.
        let is_done = |score: &LeadScore| {
            cause == ScoreCause::Rules
                && score.rule_set >= scorers.edition()
                && score.freshness == Freshness::Fresh
        };
        stored.retain(|stored| stored.lead.deleted_at.is_none() && !is_done(&stored.score));
        for group in at_once(&stored) {
            let ids: Vec<LeadId> = group.iter().map(|stored| stored.lead.id).collect();
            let happened = self.happened(&ids).await?;
            for stored in group {
                let of_lead = happened.get(&stored.lead.id);
                let of_lead = of_lead.map(Vec::as_slice).unwrap_or_default();
                let now = score(&scorers, &catalog, &stored.lead, of_lead, decision.at());
                let cause = match stored.score.freshness {
                    // Something had happened.
                    Freshness::Dirty => ScoreCause::Happened,
                    Freshness::Fresh => cause,
                };
                let is_kept = is_kept(&stored.score, &now, cause);
                renewed.insert(stored.lead.id, Renewed::of(&stored.score, &now));
                let (version, edition) = (stored.lead.version, scorers.edition());
                decision.set_score(&stored.score, version, edition, cause, now, is_kept)?;
            }
        }
        if decision.is_empty() {
            return Ok(Renewed::default());
        }
        let changes = decision.finish_as(OnConflict::Skip, ()).await?.changes;
        for skipped in self.commit(&changes).await?.skipped {
            renewed.remove(&skipped.lead);
        }
        Ok(renewed.into_values().fold(Renewed::default(), Renewed::add))
    }
}
