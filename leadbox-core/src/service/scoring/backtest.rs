//! Rules held against what is recorded: how they would have ranked leads that were won over leads that were lost. Owns at which moment of its
//! life a lead is scored, and that nothing that came later has a part in it.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use serde::Serialize;

use super::candidate::Candidate;
use super::happened::at_once;
use super::kept::score;
use super::past::Known;
use super::preview::{MOST_MOVED, MovedLead};
use super::verbs::Rules;
use crate::access::Capability;
use crate::error::{Invalid, Result};
use crate::filter::{LeadFilter, LeadSort, Op, SortKey};
use crate::id::LeadId;
use crate::lead::Lead;
use crate::page::PageRequest;
use crate::pipeline::{StageKind, Stay};
use crate::scoring::{Estimate, Outcome, Ranking, Scored, auc_gain};
use crate::service::LeadList;
use crate::time::Timestamp;

/// Leads that are gone back for at once.
const BATCH: u32 = 500;
/// What is to be tried, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BacktestPlan {
    /// The rules; what is in force is tried beside them.
    pub by: Candidate,
    /// The age at which each lead is scored, as it was known then: a week, unless another is named; at most ten years. Leads
    /// that were decided before they were so old say nothing.
    pub after: TimeDelta,
    /// The most leads that are looked at, of those that were decided, the youngest: 5,000, unless another number is named; at most
    /// [`BacktestPlan::MOST`].
    pub most: u32,
}

impl BacktestPlan {
    /// The most leads that are looked at.
    pub const MOST: u32 = 50_000;

    /// A week after each lead came in, for the youngest 5,000 leads that were decided.
    pub fn new(by: Candidate) -> Self {
        Self { by, after: TimeDelta::days(7), most: 5_000 }
    }

    fn check(&self) -> Result<()> {
        let mut invalid = Invalid::default();
        if self.after < TimeDelta::zero() || self.after > TimeDelta::days(3_653) {
            invalid.push("after", "is between nothing and ten years");
        }
        if !(1..=Self::MOST).contains(&self.most) {
            invalid.push("most", format!("is between 1 and {}", Self::MOST));
        }
        Ok(invalid.or(())?)
    }
}

/// How rules would have ranked leads.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backtest {
    /// The age at which each lead was scored, in seconds.
    pub after_seconds: i64,
    /// How many leads were looked at: those that are won or lost now.
    pub looked_at: u64,
    /// Whether there are more.
    pub has_more: bool,
    /// How many of them were decided before they were old enough; they are in no figure.
    pub decided_before: u64,
    /// How many of them LeadBox had not heard of at that age, as they were imported later; they are in no figure either.
    pub not_known: u64,
    /// How the rules that were tried rank the others.
    pub tried: Ranking,
    /// How what is in force ranks them; none while nothing is.
    pub in_force: Option<Ranking>,
    /// By how much the chance to rank rightly grows from what is in force to what was tried.
    pub gain: Option<Estimate>,
    /// How many leads have another priority by the rules that were tried.
    pub shifts: Vec<Shift>,
    /// Those that move most, at most 20.
    pub moved: Vec<TriedLead>,
}

/// How many leads go from one priority to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shift {
    /// The priority by what is in force; none below all of them.
    pub from: Option<String>,
    /// The priority by what was tried.
    pub to: Option<String>,
    /// How many of them were won.
    pub won: u64,
    /// How many were lost.
    pub lost: u64,
}

/// A lead as it would have been scored.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriedLead {
    /// The lead and its scores.
    #[serde(flatten)]
    pub moved: MovedLead,
    /// The moment at which it is scored.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Whether it was won later; else it was lost.
    pub won: bool,
}

/// What is found out, lead by lead.
#[derive(Debug, Default)]
struct Found {
    looked_at: u64,
    decided_before: u64,
    not_known: u64,
    tried: Vec<Outcome>,
    in_force: Vec<Outcome>,
    shifts: BTreeMap<(Option<String>, Option<String>), (u64, u64)>,
    moved: Vec<TriedLead>,
}

impl Rules<'_> {
    /// How rules would have ranked the leads that were won or lost since, beside those in force. Each lead is scored once, as it was
    /// known at a certain age: what was told later, or marked later, has no part in it. Only leads that the asker sees. Nothing is
    /// written.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there are no such rules; `Invalid` when the plan is out of bounds, or the rules have mistakes;
    /// `Storage`.
    pub async fn backtest(&self, plan: &BacktestPlan) -> Result<Backtest> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        plan.check()?;
        let tried = self.leadbox.scorers_by(&plan.by).await?;
        let in_force = self.leadbox.scorers().await?;
        let catalog = self.leadbox.catalog().await?;
        self.leadbox.tell_all().await?;
        let mut found = Found::default();
        let decided = [StageKind::Won, StageKind::Lost].into_iter();
        let stages = decided.flat_map(|kind| catalog.stages_of_kind(kind));
        let stages: Vec<&str> = stages.map(|stage| stage.key.as_str()).collect();
        let list = LeadList::filtered(LeadFilter::is("stage", Op::In, stages))
            .sorted(LeadSort::descending(SortKey::Created));
        let query = self.leadbox.leads().query(&list).await?;
        let mut page = PageRequest::first(BATCH.min(plan.most));
        let has_more = loop {
            let some = self.leadbox.storage().leads(self.leadbox.scope(), &query, &page).await?;
            found.looked_at += some.items.len() as u64;
            for group in at_once(&some.items) {
                let leads = group.iter().map(|stored| stored.lead.clone()).collect();
                for (Known { at, lead, interactions }, won) in
                    self.observed(leads, plan, &mut found).await?
                {
                    let by = |scorers| score(scorers, &catalog, &lead, &interactions, at);
                    found.add((lead.id, at, won), &by(&in_force), &by(&tried));
                }
            }
            let left = u64::from(plan.most).saturating_sub(found.looked_at);
            page = match some.next {
                None => break false,
                Some(_) if left == 0 => break true,
                Some(next) => PageRequest {
                    after: Some(next),
                    ..PageRequest::first(BATCH.min(u32::try_from(left).unwrap_or(BATCH)))
                },
            };
            // Scoring waits for nothing; others want to get on.
            tokio::task::yield_now().await;
        };
        Ok(found.told(plan, has_more, in_force.edition() > 0))
    }

    /// Leads as they were known at the age of the plan, and whether they were won later.
    async fn observed(
        &self,
        leads: Vec<Lead>,
        plan: &BacktestPlan,
        found: &mut Found,
    ) -> Result<Vec<(Known, bool)>> {
        let catalog = self.leadbox.catalog().await?;
        let ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
        let kind = |stage| catalog.stage(stage).map(|(_, stage)| stage.kind);
        let stays = self.leadbox.stays_by_lead(&ids).await?;
        let is_end = |stay: &&Stay| kind(stay.stage).is_some_and(|kind| kind != StageKind::Open);
        let decided = |lead| stays.get(&lead)?.iter().filter(is_end).map(|it| it.entered_at).min();
        let (mut wanted, mut won) = (Vec::with_capacity(leads.len()), HashMap::new());
        for lead in leads {
            let at = lead.created_at + plan.after;
            if decided(lead.id).is_some_and(|decided| at < decided) {
                won.insert(lead.id, kind(lead.stage) == Some(StageKind::Won));
                wanted.push((lead, at));
            } else {
                found.decided_before += 1;
            }
        }
        let known = self.leadbox.known(wanted, stays).await?;
        found.not_known += (won.len() - known.len()) as u64;
        let with_outcome = |known: Known| {
            let won = won.get(&known.lead.id) == Some(&true);
            (known, won)
        };
        Ok(known.into_iter().map(with_outcome).collect())
    }
}

impl Found {
    fn add(&mut self, (lead, at, won): (LeadId, Timestamp, bool), before: &Scored, after: &Scored) {
        let (before, after) = (&before.card, &after.card);
        self.in_force.push(Outcome { score: before.total, won });
        self.tried.push(Outcome { score: after.total, won });
        if before.priority != after.priority {
            let shift = (before.priority.clone(), after.priority.clone());
            let (of_won, of_lost) = self.shifts.entry(shift).or_default();
            *(if won { of_won } else { of_lost }) += 1;
        }
        if before.total != after.total {
            self.moved.push(TriedLead { moved: MovedLead::of(lead, before, after), at, won });
            if self.moved.len() > 4 * MOST_MOVED {
                self.keep_most_moved();
            }
        }
    }

    fn keep_most_moved(&mut self) {
        self.moved.sort_by_key(|one| one.moved.place());
        self.moved.truncate(MOST_MOVED);
    }

    fn told(mut self, plan: &BacktestPlan, has_more: bool, is_beside: bool) -> Backtest {
        self.keep_most_moved();
        let shift = |((from, to), (won, lost))| Shift { from, to, won, lost };
        Backtest {
            after_seconds: plan.after.num_seconds(),
            looked_at: self.looked_at,
            has_more,
            decided_before: self.decided_before,
            not_known: self.not_known,
            tried: Ranking::of(&self.tried),
            in_force: is_beside.then(|| Ranking::of(&self.in_force)),
            gain: auc_gain(&self.in_force, &self.tried).filter(|_| is_beside),
            shifts: self.shifts.into_iter().map(shift).collect(),
            moved: self.moved,
        }
    }
}
