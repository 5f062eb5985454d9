//! Living through a plan. Owns the order of the replay: each step is decided by the real service at its own moment, and
//! neighbours that do not depend on each other are committed together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::try_join_all;
use leadbox_core::{
    Actor, ChangeSet, Error, LeadBox, LeadId, LeadPatch, MemoryStorage, MergeChoice, NewTask,
    RandomIds, Result, Storage, TaskId, UserId, Workers,
};
use serde::Serialize;
use tokio::task::unconstrained;

use super::clock::ReplayClock;
use super::digest::PlanDigest;
use super::plan::{Action, By, Plan, Step};
use super::setup::set_up;

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Replayed {
    /// Leads, duplicates among them.
    pub leads: u32,
    /// Steps of all kinds.
    pub steps: u64,
    /// Interactions, suspect ones among them.
    pub interactions: u64,
    /// Moves from stage to stage.
    pub moves: u64,
    /// Tasks, open ones among them.
    pub tasks: u64,
    /// Notes.
    pub notes: u64,
    /// Leads that were merged into others.
    pub merges: u64,
    /// Digest of the plan.
    pub digest: String,
}

/// The most steps that are committed together: as many as a storage takes into one transaction.
const BATCH: usize = 256;

/// Plans of more leads are decided on the storage itself, since memory would have to hold all that happened.
const IN_MEMORY: u32 = 20_000;

/// Writes a plan into an empty storage, and calls `progress` with the number of leads so far.
///
/// # Errors
/// `Storage`; `Invalid` when the plan is at odds with the services, which is a mistake of this program.
pub async fn replay(
    storage: Arc<dyn Storage>,
    plan: &Plan,
    mut progress: impl FnMut(u32),
) -> Result<Replayed> {
    // What is set up is set up before anything happens.
    let opened = plan.start() - TimeDelta::minutes(1);
    let clock = Arc::new(ReplayClock::at(opened));
    let open = |storage| {
        let ids = Arc::new(RandomIds::seeded(plan.recipe().seed));
        LeadBox::builder(storage).clock(clock.clone()).ids(ids).build()
    };
    let leadbox = open(storage)?;
    let mut users = set_up(&leadbox.by(Actor::system())).await?;
    // What is decided does not depend on where it is written, and memory is asked much faster.
    let mirror = match plan.recipe().size {
        0..=IN_MEMORY => Some(open(Arc::new(MemoryStorage::new()))?),
        _ => None,
    };
    if let Some(mirror) = &mirror {
        users = set_up(&mirror.by(Actor::system())).await?;
    }
    // There is no lead yet: all of them are scored by the rules at once.
    for seconds in [0, 3] {
        clock.set(opened + TimeDelta::seconds(seconds));
        Workers::new(&leadbox).run_until_idle().await?;
    }
    let hands = Hands::new(mirror.as_ref().unwrap_or(&leadbox), &users);
    let mut stage =
        Stage { clock: clock.clone(), hands, users, leads: Vec::new(), tasks: HashMap::new() };
    let mut done = Replayed::default();
    let mut digest = PlanDigest::new();
    // One writer takes sets in the order in which they are handed over; several might overtake each other.
    let one_writer = leadbox.storage().kind() == "sqlite";
    let together = match mirror {
        Some(_) if one_writer => Together::Everything,
        _ => Together::DifferentLeads,
    };
    let mut batch = Batch { together, waiting: Vec::new(), changed: HashSet::new() };
    for step in plan.steps() {
        digest.add(&step)?;
        done.count(&step);
        if batch.has_to_go_before(&step) {
            batch.commit(&leadbox).await?;
        }
        let changes = stage.decide(&step).await?;
        if let Some(mirror) = &mirror {
            mirror.storage().commit(&changes).await?;
        }
        batch.add(&step, changes);
        done.leads = u32::try_from(stage.leads.len()).unwrap_or(u32::MAX);
        progress(done.leads);
    }
    batch.commit(&leadbox).await?;
    done.digest = digest.finish();
    Ok(done)
}

/// A plan's outcome without writing it.
///
/// # Errors
/// `Json`.
pub fn rehearse(plan: &Plan) -> Result<Replayed> {
    let mut done = Replayed::default();
    let mut digest = PlanDigest::new();
    for step in plan.steps() {
        digest.add(&step)?;
        done.count(&step);
        done.leads = done.leads.max(step.lead + 1);
    }
    done.digest = digest.finish();
    Ok(done)
}

impl Replayed {
    fn count(&mut self, step: &Step) {
        self.steps += 1;
        match step.action {
            Action::Interact(_) => self.interactions += 1,
            Action::Advance(_) => self.moves += 1,
            Action::Task(..) => self.tasks += 1,
            Action::Note(_) => self.notes += 1,
            Action::Join(_) => self.merges += 1,
            Action::Capture(_) | Action::Assign(_) | Action::Update(_) | Action::Complete(_) => {}
        }
    }
}

/// Who moves a step.
struct Hands {
    host: LeadBox,
    system: LeadBox,
    users: Vec<LeadBox>,
}

impl Hands {
    fn new(leadbox: &LeadBox, users: &[UserId]) -> Self {
        Self {
            host: leadbox.clone(),
            system: leadbox.by(Actor::system()),
            users: users.iter().map(|user| leadbox.by(Actor::user(*user))).collect(),
        }
    }

    fn of(&self, by: By) -> &LeadBox {
        match by {
            By::Host => &self.host,
            By::System => &self.system,
            By::User(place) => self.users.get(place).unwrap_or(&self.host),
        }
    }
}

/// The replay's clock, hands, leads and their tasks.
struct Stage {
    clock: Arc<ReplayClock>,
    hands: Hands,
    users: Vec<UserId>,
    leads: Vec<LeadId>,
    tasks: HashMap<(u32, usize), TaskId>,
}

impl Stage {
    /// Lets the service decide a step at the step's moment.
    async fn decide(&mut self, step: &Step) -> Result<ChangeSet> {
        self.clock.set(step.at);
        let leadbox = self.hands.of(step.by);
        let leads = leadbox.leads();
        let place = step.lead as usize;
        match (&step.action, self.leads.get(place).copied()) {
            (Action::Capture(new), known) => {
                let prepared = leads.prepare_capture(new).await?;
                if known.is_none() {
                    self.leads.push(prepared.outcome.lead.id);
                }
                Ok(prepared.changes)
            }
            (_, None) => Err(Error::not_found("lead number", step.lead)),
            (Action::Interact(new), Some(id)) => {
                Ok(leads.prepare_interaction(id, new).await?.changes)
            }
            (Action::Advance(stage), Some(id)) => {
                Ok(leads.prepare_advance(id, stage).await?.changes)
            }
            (Action::Update(patch), Some(id)) => {
                Ok(leads.prepare_update(id, patch, None).await?.changes)
            }
            (Action::Note(text), Some(id)) => {
                Ok(leadbox.notes().prepare_add(id, text).await?.changes)
            }
            (Action::Task(number, new, assignee), Some(id)) => {
                let assignee = assignee.and_then(|place| self.users.get(place).copied());
                let new = NewTask { assignee, ..new.clone() };
                let prepared = leadbox.tasks().prepare_add(id, &new).await?;
                self.tasks.insert((step.lead, *number), prepared.outcome.id);
                Ok(prepared.changes)
            }
            (Action::Complete(number), Some(_)) => {
                let task = self.tasks.remove(&(step.lead, *number));
                let task = task.ok_or_else(|| Error::not_found("task number", number))?;
                Ok(leadbox.tasks().prepare_complete(task).await?.changes)
            }
            (Action::Join(kept), Some(id)) => {
                let kept = self.leads.get(*kept as usize).copied();
                let kept = kept.ok_or_else(|| Error::not_found("lead number", step.lead))?;
                Ok(leads.prepare_merge(kept, &[id], &MergeChoice::default()).await?.changes)
            }
            (Action::Assign(place), Some(id)) => {
                let owner = self.users.get(*place).map(ToString::to_string);
                Ok(leads
                    .prepare_update(id, &LeadPatch::new().set("owner", owner), None)
                    .await?
                    .changes)
            }
        }
    }
}

/// Which decisions may be committed together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    Everything,
    DifferentLeads,
}

/// Decisions that wait for their commit.
struct Batch {
    together: Together,
    waiting: Vec<ChangeSet>,
    /// Leads that will be others than what a new decision would load.
    changed: HashSet<u32>,
}

impl Batch {
    fn has_to_go_before(&self, step: &Step) -> bool {
        let overtakes = self.together == Together::DifferentLeads
            && step.leads().any(|lead| self.changed.contains(&lead));
        self.waiting.len() >= BATCH || overtakes
    }

    fn add(&mut self, step: &Step, changes: ChangeSet) {
        if step.action.changes_lead() {
            self.changed.extend(step.leads());
        }
        if !changes.changes().is_empty() {
            self.waiting.push(changes);
        }
    }

    /// Hands everything over in the order of time; a storage that commits in groups keeps that order.
    async fn commit(&mut self, leadbox: &LeadBox) -> Result<()> {
        let storage = leadbox.storage();
        // In the middle of many, tokio would send one of them back to wait for its turn.
        let all = self.waiting.iter().map(|changes| unconstrained(storage.commit(changes)));
        try_join_all(all).await?;
        self.waiting.clear();
        self.changed.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipe;
    use leadbox_core::event::Verdict;
    use leadbox_core::service::{BacktestPlan, Candidate, Founding};
    use leadbox_core::storage::LogStore;
    use leadbox_core::{PageRequest, Position, Timestamp};

    fn plan(seed: u64) -> Plan {
        Plan::make(Recipe { seed, as_of: "2026-03-02".parse().unwrap(), size: 120, months: 9 })
    }

    #[tokio::test]
    async fn the_log_tells_the_plan_in_the_order_of_time() {
        let storage = Arc::new(MemoryStorage::new());
        let done = replay(storage.clone(), &plan(1), |_| {}).await.unwrap();
        assert_eq!(done, rehearse(&plan(1)).unwrap());
        let leadbox = LeadBox::builder(storage).build().unwrap();
        let events = leadbox.log().after(Position(0), 10_000).await.unwrap();
        assert!(events.len() > 500, "{}", events.len());
        let mut last: Option<Timestamp> = None;
        for event in &events {
            assert!(last.is_none_or(|last| last <= event.at), "{} after {last:?}", event.at);
            last = Some(event.at);
        }
        let (verdict, _) = leadbox.log().verify().await.unwrap();
        assert!(matches!(verdict, Verdict::Intact { erased: 0, .. }));
        assert!(leadbox.analytics().verify().await.unwrap().is_empty());
        let page = leadbox.directory().users(&PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), 12);
    }

    #[tokio::test]
    async fn who_is_written_down_twice_is_found_and_some_are_merged_already() {
        let storage = Arc::new(MemoryStorage::new());
        let recipe = Recipe { size: 400, ..plan(3).recipe() };
        let done = replay(storage.clone(), &Plan::make(recipe), |_| {}).await.unwrap();
        assert_eq!(done.merges, 2);
        let leadbox = LeadBox::builder(storage).build().unwrap();
        let pairs = leadbox.leads().duplicate_pairs(&PageRequest::first(100)).await.unwrap().items;
        let reasons: HashSet<String> = pairs
            .iter()
            .flat_map(|pair| pair.likeness.reasons.iter().map(ToString::to_string))
            .collect();
        for reason in ["same e-mail address", "same phone", "same name"] {
            assert!(reasons.contains(reason), "{reasons:?}");
        }
        assert!(reasons.iter().any(|reason| reason.starts_with("similar name")), "{reasons:?}");
        let other_address = |pair: &leadbox_core::service::DuplicatePair| {
            let address = pair.second.lead.person.email.as_ref();
            address.is_some_and(|address| address.as_str().ends_with("@postbox.example"))
        };
        assert!(pairs.iter().any(other_address));
        // Namesakes in the same city are among them, as in life.
        assert!((6..=20).contains(&pairs.len()), "{}", pairs.len());
        assert!(leadbox.analytics().verify().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_box_that_has_its_administrator_and_settings_already_takes_a_plan_too() {
        let storage = Arc::new(MemoryStorage::new());
        let leadbox = LeadBox::builder(storage.clone()).build().unwrap();
        let founding = Founding {
            name: "Ann Lee".to_owned(),
            email: "ann@office.example".to_owned(),
            hash: "hashed".to_owned(),
            zone: "America/New_York".parse().unwrap(),
            currency: "USD".parse().unwrap(),
        };
        let ann = leadbox.access().found(&founding).await.unwrap();
        let done = replay(storage, &plan(1), |_| {}).await.unwrap();
        assert_eq!(done, rehearse(&plan(1)).unwrap());
        let count = leadbox.leads().count(&Default::default(), 1_000).await.unwrap();
        assert_eq!(count, u64::from(done.leads));
        let administrators = leadbox.access().administrators().await.unwrap();
        assert!(administrators.iter().any(|one| one.id == ann.id));
        assert!(leadbox.analytics().verify().await.unwrap().is_empty());
        let (verdict, _) = leadbox.log().verify().await.unwrap();
        assert!(matches!(verdict, Verdict::Intact { erased: 0, .. }));
    }

    #[tokio::test]
    async fn the_example_rules_rank_the_leads_that_were_won() {
        let storage = Arc::new(MemoryStorage::new());
        let recipe = Recipe { size: 800, months: 18, ..plan(1).recipe() };
        replay(storage.clone(), &Plan::make(recipe), |_| {}).await.unwrap();
        let leadbox = LeadBox::builder(storage).build().unwrap();
        let plan = BacktestPlan::new(Candidate::InForce);
        let told = leadbox.rules().backtest(&plan).await.unwrap();
        let (lift, auc) = (told.tried.lift.unwrap(), told.tried.auc.unwrap());
        assert!(told.tried.won > 40 && lift.value >= 2.0 && lift.low > 1.0, "{:?}", told.tried);
        assert!(auc.low > 0.5, "{auc:?}");
    }

    #[tokio::test]
    async fn the_same_plan_gives_the_same_ids() {
        let mut heads = Vec::new();
        for _ in 0..2 {
            let storage = Arc::new(MemoryStorage::new());
            replay(storage.clone(), &plan(2), |_| {}).await.unwrap();
            heads.push(storage.head().await.unwrap());
        }
        assert_eq!(heads[0], heads[1]);
    }
}
