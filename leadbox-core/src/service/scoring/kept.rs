//! The scores that go along with a commit. Owns which leads a decision touches, what they were and will be, and what is kept of the
//! change; whoever decides something about leads needs to know nothing of scores.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use metrics::counter;
use serde_json::{Value, json};

use super::super::LeadBox;
use super::super::decision::{Decision, data};
use super::rescore::SCORES;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::{EventType, Subject as About};
use crate::id::{InteractionId, LeadId};
use crate::interaction::{Interaction, Suspicion};
use crate::lead::Lead;
use crate::revision::Version;
use crate::scope::Scope;
use crate::score::{Freshness, LeadScore};
use crate::scoring::{
    Fault, RecordLine, RuleSetVersion, ScoreCause, ScoreChange, ScoreRecord, Scored, Scorers,
    Subject,
};
use crate::storage::{Change, ChangeSet, RecordMove, ScoreSpoil, ScoreUpdate, StoredLead};

/// The counter of rules that went wrong when a lead was scored, with `rule_set` and `rule` as labels, of the `metrics` crate.
const RULE_FAULTS: &str = "leadbox_rule_faults_total";

/// The most interactions of a lead that count: its latest.
pub(super) const MOST_INTERACTIONS: u32 = 1000;

/// What a decision does to one lead, as far as its score goes.
#[derive(Debug, Default)]
struct Touch<'c> {
    /// The lead as the decision leaves it, when it makes or changes it.
    after: Option<&'c Lead>,
    is_new: bool,
    happened: Vec<&'c Interaction>,
    marked: Vec<(InteractionId, Suspicion)>,
    /// All that happened with these happened with this one.
    taken_from: Vec<LeadId>,
    /// Only a storage knows which of its interactions it keeps.
    is_divided: bool,
}

impl Touch<'_> {
    fn cause(&self) -> ScoreCause {
        match self {
            Self { is_new: true, .. } => ScoreCause::Captured,
            Self { after: Some(_), .. } => ScoreCause::Changed,
            Self { after: None, .. } => ScoreCause::Happened,
        }
    }

    /// What counts of a lead once the decision holds; none when an older interaction counts in the place of one that is suspect now,
    /// which was not read.
    fn interactions<'k>(&self, id: LeadId, known: &'k Known) -> Option<Cow<'k, [Interaction]>> {
        let before = known.of(id);
        if self.happened.is_empty() && self.marked.is_empty() && self.taken_from.is_empty() {
            return Some(Cow::Borrowed(before));
        }
        let is_cut = before.len() >= MOST_INTERACTIONS as usize;
        if is_cut && self.marked.iter().any(|(_, suspicion)| *suspicion == Suspicion::Suspect) {
            return None;
        }
        let mut after = before.to_vec();
        for from in &self.taken_from {
            after.extend_from_slice(known.of(*from));
        }
        after.extend(self.happened.iter().copied().cloned());
        for (marked, suspicion) in &self.marked {
            match suspicion {
                Suspicion::Suspect => after.retain(|one| one.id != *marked),
                Suspicion::Clear => after.extend(known.cleared.get(marked).cloned()),
            }
        }
        latest(&mut after);
        Some(Cow::Owned(after))
    }
}

/// The leads that changes touch.
fn touched(changes: &[Change]) -> BTreeMap<LeadId, Touch<'_>> {
    let mut leads: BTreeMap<LeadId, Touch<'_>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::InsertLead(row) => {
                let touch = leads.entry(row.lead.id).or_default();
                (touch.after, touch.is_new) = (Some(&row.lead), true);
            }
            Change::UpdateLead(update) => {
                let touch = leads.entry(update.after.lead.id).or_default();
                touch.after = Some(&update.after.lead);
            }
            Change::InsertInteraction(one) => {
                leads.entry(one.lead).or_default().happened.push(one);
            }
            Change::MarkInteraction(mark) if mark.before != mark.after => {
                let touch = leads.entry(mark.lead).or_default();
                touch.marked.push((mark.interaction, mark.after));
            }
            Change::MoveRecords(moved) => {
                let RecordMove { from, to, made_for, .. } = &**moved;
                leads.entry(*from).or_default().is_divided |= !made_for.is_empty();
                let touch = leads.entry(*to).or_default();
                touch.is_divided |= !made_for.is_empty();
                touch.taken_from.push(*from);
            }
            _ => {}
        }
    }
    // What is gone has no score to keep.
    leads.retain(|_, touch| touch.after.is_none_or(|lead| lead.deleted_at.is_none()));
    leads
}

/// What becomes of a lead's score.
enum Judged {
    Now(Box<Judgement>),
    /// A job behind the commit makes it.
    Later,
}

/// A score that goes along with the commit.
struct Judgement {
    version: Version,
    cause: ScoreCause,
    /// What it would be by now without what the decision changes; none for a lead that is not stored.
    would_be: Option<Scored>,
    now: Scored,
}

impl Decision<'_> {
    /// Adds the scores of the leads that the decision touches.
    pub(in super::super) async fn score_leads(&mut self) -> Result<()> {
        let leads = touched(self.changes());
        if leads.is_empty() {
            return Ok(());
        }
        let scorers = self.leadbox().scorers().await?;
        if scorers.edition() == 0 {
            return Ok(());
        }
        let catalog = self.leadbox().catalog().await?;
        let known = self.known(&leads).await?;
        let judge = |(id, touch)| Some((id, self.judge(&scorers, &catalog, id, &touch, &known)?));
        let judged: Vec<(LeadId, Judged)> = leads.into_iter().filter_map(judge).collect();
        for (id, judged) in judged {
            match judged {
                Judged::Later => self.score_later(id)?,
                Judged::Now(judgement) => {
                    let Judgement { version, cause, would_be, now } = *judgement;
                    let was = known.leads.get(&id).map(|stored| &stored.score).zip(would_be);
                    self.push_score(scorers.edition(), (id, version), cause, was, now)?;
                }
            }
        }
        Ok(())
    }

    /// What is stored of the leads that are not new, and of those whose interactions they take.
    async fn known(&self, leads: &BTreeMap<LeadId, Touch<'_>>) -> Result<Known> {
        let old = leads.iter().filter(|(_, touch)| !touch.is_new).map(|(id, _)| *id);
        let old: Vec<LeadId> = old.collect();
        let mut givers: Vec<LeadId> =
            leads.values().flat_map(|touch| touch.taken_from.iter().copied()).collect();
        givers.extend(&old);
        givers.sort_unstable();
        givers.dedup();
        let (storage, tenant) = (self.leadbox().storage(), self.tenant());
        let mut known = Known::default();
        if !old.is_empty() {
            let scope = Scope::all(tenant);
            for stored in storage.leads_by_id(&scope, &old).await? {
                known.leads.insert(stored.lead.id, stored);
            }
        }
        if !givers.is_empty() {
            known.interactions = self.leadbox().happened(&givers).await?;
        }
        for (id, suspicion) in leads.values().flat_map(|touch| &touch.marked) {
            if *suspicion == Suspicion::Clear
                && let Some(one) = storage.interaction(&Scope::all(tenant), *id).await?
            {
                let suspicion = Suspicion::Clear;
                known.cleared.insert(*id, Interaction { suspicion, ..one });
            }
        }
        Ok(known)
    }

    /// What becomes of a touched lead's score; none where there is nothing to say.
    fn judge(
        &self,
        scorers: &Scorers,
        catalog: &Catalog,
        id: LeadId,
        touch: &Touch<'_>,
        known: &Known,
    ) -> Option<Judged> {
        if touch.is_divided || scorers.is_unreadable() {
            return (!touch.is_new).then_some(Judged::Later);
        }
        let Some(after) = touch.interactions(id, known) else { return Some(Judged::Later) };
        let stored = known.leads.get(&id);
        // Of a lead that is neither new nor stored the commit will say that there is none.
        let lead = touch.after.or(stored.map(|stored| &stored.lead))?;
        let would_be =
            stored.map(|stored| score(scorers, catalog, &stored.lead, known.of(id), self.at()));
        let now = score(scorers, catalog, lead, &after, self.at());
        let (version, cause) = (lead.version, touch.cause());
        Some(Judged::Now(Box::new(Judgement { version, cause, would_be, now })))
    }

    /// Adds a score and, where it shows, what is kept and told of it. `was` is the stored score, and what it would be by now
    /// without what the decision changes.
    fn push_score(
        &mut self,
        edition: i64,
        (lead, version): (LeadId, Version),
        cause: ScoreCause,
        was: Option<(&LeadScore, Scored)>,
        now: Scored,
    ) -> Result<()> {
        let unscored = LeadScore::unscored(self.tenant(), lead, self.at());
        let stored = was.as_ref().map_or(&unscored, |(stored, _)| *stored);
        let would_be = was.as_ref().map(|(_, scored)| &scored.card.lines[..]).unwrap_or_default();
        let is_told = stored.priority != now.card.priority;
        let is_kept = is_told
            || now.card.lines != would_be
            || stored.rule_set != edition && stored.total != now.card.total;
        self.set_score(stored, version, edition, cause, now, is_kept)
    }

    /// Adds a score behind the one that is stored.
    pub(super) fn set_score(
        &mut self,
        stored: &LeadScore,
        version: Version,
        edition: i64,
        cause: ScoreCause,
        now: Scored,
        is_kept: bool,
    ) -> Result<()> {
        let Scored { card, set, .. } = now;
        count_faults(set.as_ref(), &card.faults);
        let (tenant, lead, revision) = (stored.tenant, stored.lead, stored.revision.next());
        if stored.priority != card.priority {
            let mut payload = data([("total", Value::from(card.total.0))]);
            payload.changed.insert("priority".to_owned(), json!(card.priority));
            payload.previous.insert("priority".to_owned(), json!(stored.priority));
            self.score_event(
                About::lead(lead),
                EventType::LEAD_SCORED,
                version,
                revision,
                &payload,
            )?;
        }
        let record = is_kept.then(|| ScoreRecord {
            tenant,
            lead,
            revision,
            at: self.at(),
            change: ScoreChange {
                cause,
                change_set: self.change_set(),
                from: stored.total,
                from_priority: stored.priority.clone(),
                to: card.total,
                to_priority: card.priority.clone(),
                edition,
                set,
                lines: RecordLine::of(&card),
                categories: card.categories.clone(),
            },
        });
        let named = card.categories.into_iter().filter(|category| !category.name.is_empty());
        let score = LeadScore {
            tenant,
            lead,
            revision,
            lead_version: version,
            total: card.total,
            categories: named.map(|category| (category.name, category.counted)).collect(),
            priority: card.priority,
            as_of: card.as_of,
            next_change_at: card.next_change_at,
            rule_set: edition,
            freshness: Freshness::Fresh,
        };
        let before = stored.revision;
        self.push(Change::SetScore(Box::new(ScoreUpdate { before, score, record })))
    }

    /// Says that a score is not to be trusted, and has it made behind this commit.
    fn score_later(&mut self, lead: LeadId) -> Result<()> {
        self.leadbox().score_later(lead).into_iter().try_for_each(|change| self.push(change))
    }
}

/// Counts rules that went wrong, for whoever watches the program.
fn count_faults(set: Option<&RuleSetVersion>, faults: &[Fault]) {
    for fault in faults {
        let set = set.map(|version| version.set.to_string()).unwrap_or_default();
        counter!(RULE_FAULTS, "rule_set" => set, "rule" => fault.rule.clone()).increment(1);
    }
}

impl LeadBox {
    /// What says that a score is not to be trusted, and has it made behind the commit.
    fn score_later(&self, lead: LeadId) -> [Change; 2] {
        let mut job = self.jobs().new_job(SCORES, json!({ "lead": lead }));
        job.unique_key = Some(format!("lead:{lead}"));
        let spoil = ScoreSpoil { tenant: self.tenant(), lead };
        [Change::SpoilScore(spoil), Change::EnqueueJob(Box::new(job))]
    }

    /// The same changes, with the scores of contended leads left to jobs behind the commit: others keep changing these leads. Nobody
    /// else knows a lead that is new.
    pub(in super::super) fn scored_behind(
        &self,
        changes: ChangeSet,
        is_contended: impl Fn(LeadId) -> bool,
    ) -> Result<ChangeSet> {
        let is_scored_now = |change: &Change| matches!(change, Change::SetScore(update) if is_contended(update.score.lead));
        // Nearly always nobody is in the way, and nothing is copied.
        if !changes.changes().iter().any(is_scored_now) {
            return Ok(changes);
        }
        let inserted = |change: &Change| match change {
            Change::InsertLead(row) => Some(row.lead.id),
            _ => None,
        };
        let new: BTreeSet<LeadId> = changes.changes().iter().filter_map(inserted).collect();
        let waits = |lead: LeadId| !new.contains(&lead) && is_contended(lead);
        let mut all = Vec::with_capacity(changes.changes().len());
        for change in changes.changes() {
            match change {
                Change::SetScore(update) if waits(update.score.lead) => {
                    all.extend(self.score_later(update.score.lead));
                }
                Change::AppendEvent(event)
                    if event.kind == EventType::LEAD_SCORED && waits(event.subject.id.into()) => {}
                other => all.push(other.clone()),
            }
        }
        Ok(ChangeSet::new(changes.id(), changes.at(), changes.on_conflict(), all)?)
    }
}

/// What is stored of leads.
#[derive(Debug, Default)]
struct Known {
    leads: BTreeMap<LeadId, StoredLead>,
    interactions: HashMap<LeadId, Vec<Interaction>>,
    /// Those that count again.
    cleared: HashMap<InteractionId, Interaction>,
}

impl Known {
    fn of(&self, lead: LeadId) -> &[Interaction] {
        self.interactions.get(&lead).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Leaves the latest that count, as storages do.
fn latest(interactions: &mut Vec<Interaction>) {
    interactions.retain(|one| one.suspicion == Suspicion::Clear);
    interactions.sort_by_key(|one| std::cmp::Reverse((one.at, one.id)));
    interactions.truncate(MOST_INTERACTIONS as usize);
}

/// The card of a lead.
pub(super) fn score(
    scorers: &Scorers,
    catalog: &Catalog,
    lead: &Lead,
    interactions: &[Interaction],
    as_of: crate::time::Timestamp,
) -> Scored {
    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
    scorers.score(&Subject { lead, stage, interactions, as_of })
}
