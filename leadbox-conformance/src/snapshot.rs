//! All that one tenant has in a storage, read through the role traits. Owns the comparison that tells whether a commit
//! that failed left anything behind.

use std::collections::BTreeMap;

use leadbox_core::event::Event;
use leadbox_core::job::{Attempt, JobFilter, LaneCount, LaneState};
use leadbox_core::proof::{Credential, Token, TokenFilter, TokenKind};
use leadbox_core::rollup::Cell;
use leadbox_core::scoring::ScoreRecord;
use leadbox_core::storage::{
    Checkpoint, ConsumerState, Counts, Definition, DefinitionKind, EventFilter, Reply,
};
use leadbox_core::{
    Interaction, Job, Lane, LaneKey, LeadQuery, Note, PageRequest, Revision, Stay, StoredLead,
    Task, TaskFilter, Tenant,
};
use leadbox_core::{SavedView, Team, User};

use crate::fixtures::{World, at};

/// Everything, in a certain order.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    leads: Vec<StoredLead>,
    listed: Vec<StoredLead>,
    score_records: Vec<ScoreRecord>,
    interactions: Vec<Interaction>,
    stays: Vec<Stay>,
    tasks: Vec<Task>,
    open_tasks: Vec<Task>,
    notes: Vec<Note>,
    tenants: Vec<Tenant>,
    definitions: Vec<(Revision, Definition)>,
    users: Vec<User>,
    teams: Vec<Team>,
    views: Vec<SavedView>,
    credentials: Vec<Credential>,
    tokens: Vec<Token>,
    checkpoints: Vec<Checkpoint>,
    replies: Vec<Reply>,
    log: Vec<Event>,
    timeline: Vec<Event>,
    consumers: Vec<ConsumerState>,
    jobs: Vec<Job>,
    attempts: Vec<Attempt>,
    lanes: BTreeMap<LaneKey, (Lane, LaneState)>,
    lane_counts: Vec<LaneCount>,
    counts: Counts,
    visible_counts: BTreeMap<Cell, i64>,
}

impl Snapshot {
    /// Looks at everything that the world knows of, and at every list.
    pub async fn of(world: &World) -> Self {
        let (storage, scope, known) = (&world.storage, world.scope(), world.known());
        let all = PageRequest::first(PageRequest::MAX);
        let log = world.log().await;
        let ids: Vec<_> = known.leads.iter().copied().collect();
        let mut leads = storage.leads_by_id(&scope, &ids).await.unwrap();
        leads.sort_by_key(|stored| stored.lead.id);
        let (mut interactions, mut stays) = (Vec::new(), Vec::new());
        let mut score_records = Vec::new();
        let (mut tasks, mut notes) = (Vec::new(), Vec::new());
        for lead in &known.leads {
            score_records.extend(storage.score_records(&scope, *lead, &all).await.unwrap().items);
            interactions.extend(storage.interactions(&scope, *lead, &all).await.unwrap().items);
            stays.extend(storage.stays(&scope, &[*lead]).await.unwrap());
            tasks.extend(storage.lead_tasks(&scope, *lead, &all).await.unwrap().items);
            notes.extend(storage.notes(&scope, *lead, &all).await.unwrap().items);
        }
        let mut definitions = Vec::new();
        for kind in [
            DefinitionKind::Field,
            DefinitionKind::Pipeline,
            DefinitionKind::Settings,
            DefinitionKind::Role,
            DefinitionKind::RuleBook,
            DefinitionKind::RuleSheet,
            DefinitionKind::Rules,
        ] {
            definitions.extend(storage.definitions(world.tenant, kind).await.unwrap());
        }
        let (mut checkpoints, mut replies) = (Vec::new(), Vec::new());
        for name in &known.checkpoints {
            checkpoints.extend(storage.checkpoint(world.tenant, name).await.unwrap());
        }
        for key in &known.replies {
            replies.extend(storage.reply(world.tenant, key, at(0)).await.unwrap());
        }
        let mut credentials = Vec::new();
        for user in &known.credentials {
            credentials.extend(storage.credential(world.tenant, *user).await.unwrap());
        }
        let mut tokens = Vec::new();
        for kind in TokenKind::ALL {
            let filter = TokenFilter { kind, user: None };
            tokens.extend(storage.tokens(world.tenant, &filter, &all).await.unwrap().items);
        }
        let mut attempts = Vec::new();
        for job in &known.jobs {
            attempts.extend(storage.attempts(world.tenant, *job).await.unwrap());
        }
        let mut lanes = BTreeMap::new();
        for key in &known.lanes {
            lanes.extend(storage.lane(key).await.unwrap().map(|lane| (key.clone(), lane)));
        }
        Self {
            leads,
            listed: storage.leads(&scope, &LeadQuery::default(), &all).await.unwrap().items,
            score_records,
            interactions,
            stays,
            tasks,
            open_tasks: storage.tasks(&scope, &TaskFilter::default(), &all).await.unwrap().items,
            notes,
            tenants: storage.tenants().await.unwrap(),
            definitions,
            users: storage.users(world.tenant, &all).await.unwrap().items,
            teams: storage.teams(world.tenant).await.unwrap(),
            views: storage.views(world.tenant, None).await.unwrap(),
            credentials,
            tokens,
            checkpoints,
            replies,
            log,
            timeline: storage.events(&scope, &EventFilter::default(), &all).await.unwrap().items,
            consumers: storage.consumers().await.unwrap(),
            jobs: storage.jobs(world.tenant, &JobFilter::default(), &all).await.unwrap().items,
            attempts,
            lanes,
            lane_counts: storage.lane_counts(world.tenant).await.unwrap(),
            counts: storage.verify_counts(world.tenant).await.unwrap(),
            visible_counts: storage.lead_counts(&scope).await.unwrap(),
        }
    }

    /// Fails unless nothing differs, and names the part that does.
    pub fn assert_same(&self, other: &Self, why: &str) {
        let (left, right) = (format!("{self:#?}"), format!("{other:#?}"));
        if self != other {
            let differing = left.lines().zip(right.lines()).find(|(left, right)| left != right);
            panic!("{why}; first difference: {differing:?}");
        }
    }
}
