//! Everything that is stored. Owns the tables and how they are kept or taken back together; decides nothing.

use uuid::Uuid;

use super::table::Table;
use crate::directory::{Team, User};
use crate::event::{ChainHead, Event, Position};
use crate::id::{
    AttemptId, ChangeSetId, EventId, InteractionId, JobId, LeadId, NoteId, StayId, TaskId, TeamId,
    Tenant, TokenId, UserId, ViewId, WorkerId,
};
use crate::interaction::{Interaction, LeadActivity};
use crate::job::{Attempt, Job, Lane, LaneKey, LaneState};
use crate::lead::{IdentityKind, LeadRow};
use crate::note::Note;
use crate::pipeline::Stay;
use crate::proof::{Credential, Token};
use crate::revision::Revision;
use crate::rollup::Cell;
use crate::score::LeadScore;
use crate::scoring::ScoreRecord;
use crate::storage::{Checkpoint, Definition, DefinitionKind, Reply, StoredLead};
use crate::task::Task;
use crate::time::Timestamp;
use crate::view::SavedView;

/// A lead with its keys and what lies beside it.
#[derive(Clone, Debug)]
pub(super) struct LeadRecord {
    pub(super) row: LeadRow,
    pub(super) score: LeadScore,
    pub(super) activity: LeadActivity,
}

impl LeadRecord {
    /// As readers get it.
    pub(super) fn stored(&self) -> StoredLead {
        StoredLead {
            lead: self.row.lead.clone(),
            score: self.score.clone(),
            activity: self.activity,
        }
    }

    /// Whether it shows in lists and holds its identity keys.
    pub(super) fn is_live(&self) -> bool {
        self.row.lead.deleted_at.is_none()
    }
}

/// A job with its place behind the others of its key.
#[derive(Clone, Debug)]
pub(super) struct JobRecord {
    pub(super) job: Job,
    pub(super) order: u64,
}

/// How far a consumer is, and who holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct ConsumerRecord {
    pub(super) cursor: Position,
    pub(super) token: i64,
    pub(super) held: Option<(WorkerId, Timestamp)>,
}

/// An identity key in its slot: at most one live lead holds it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct HeldKey {
    pub(super) tenant: Tenant,
    pub(super) kind: IdentityKind,
    pub(super) key: String,
    pub(super) slot: i64,
}

/// All tables.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) leads: Table<(Tenant, LeadId), LeadRecord>,
    pub(super) held_keys: Table<HeldKey, LeadId>,
    pub(super) score_records: Table<(Tenant, LeadId, Revision), ScoreRecord>,
    pub(super) interactions: Table<(Tenant, LeadId, InteractionId), Interaction>,
    pub(super) interaction_leads: Table<(Tenant, InteractionId), LeadId>,
    pub(super) stays: Table<(Tenant, LeadId, StayId), Stay>,
    pub(super) stay_leads: Table<(Tenant, StayId), LeadId>,
    pub(super) tasks: Table<(Tenant, TaskId), Task>,
    pub(super) notes: Table<(Tenant, NoteId), Note>,
    /// For which lead a record was made that another has now.
    pub(super) origins: Table<(Tenant, Uuid), LeadId>,
    pub(super) definitions: Table<(Tenant, DefinitionKind, String), (Revision, Definition)>,
    pub(super) users: Table<(Tenant, UserId), User>,
    pub(super) teams: Table<(Tenant, TeamId), Team>,
    pub(super) views: Table<(Tenant, ViewId), SavedView>,
    pub(super) credentials: Table<(Tenant, UserId), Credential>,
    pub(super) tokens: Table<(Tenant, TokenId), Token>,
    pub(super) lanes: Table<LaneKey, (Lane, LaneState)>,
    pub(super) jobs: Table<JobId, JobRecord>,
    pub(super) attempts: Table<AttemptId, Attempt>,
    pub(super) consumers: Table<String, ConsumerRecord>,
    pub(super) checkpoints: Table<(Tenant, String), Checkpoint>,
    pub(super) replies: Table<(Tenant, String), Reply>,
    pub(super) change_sets: Table<ChangeSetId, Timestamp>,
    pub(super) event_ids: Table<EventId, ()>,
    pub(super) counts: Table<(Tenant, Cell), i64>,
    /// The log; only ever appended to, after everything else of a commit has succeeded.
    pub(super) log: Vec<Event>,
    pub(super) head: ChainHead,
    /// The last number given to a job; never taken back, gaps do no harm.
    pub(super) last_order: u64,
}

/// Does one thing to every table that can be undone, so that none is forgotten in one of the two directions.
macro_rules! every_table {
    ($state:ident, $verb:ident) => {{
        $state.leads.$verb();
        $state.held_keys.$verb();
        $state.score_records.$verb();
        $state.interactions.$verb();
        $state.interaction_leads.$verb();
        $state.stays.$verb();
        $state.stay_leads.$verb();
        $state.tasks.$verb();
        $state.notes.$verb();
        $state.origins.$verb();
        $state.definitions.$verb();
        $state.users.$verb();
        $state.teams.$verb();
        $state.views.$verb();
        $state.credentials.$verb();
        $state.tokens.$verb();
        $state.lanes.$verb();
        $state.jobs.$verb();
        $state.attempts.$verb();
        $state.consumers.$verb();
        $state.checkpoints.$verb();
        $state.replies.$verb();
        $state.change_sets.$verb();
        $state.event_ids.$verb();
        $state.counts.$verb();
    }};
}

impl State {
    /// Makes everything final.
    pub(super) fn keep(&mut self) {
        every_table!(self, keep);
    }

    /// Takes everything since the last [`keep`](Self::keep) back.
    pub(super) fn undo(&mut self) {
        every_table!(self, undo);
    }

    /// The interactions of a lead, by id.
    pub(super) fn interactions_of(
        &self,
        tenant: Tenant,
        lead: LeadId,
    ) -> impl Iterator<Item = &Interaction> {
        let (first, last) =
            (InteractionId::from_uuid(Uuid::nil()), InteractionId::from_uuid(Uuid::max()));
        self.interactions
            .range((tenant, lead, first)..=(tenant, lead, last))
            .map(|(_, interaction)| interaction)
    }

    /// The stays of a lead, by id.
    pub(super) fn stays_of(&self, tenant: Tenant, lead: LeadId) -> impl Iterator<Item = &Stay> {
        let (first, last) = (StayId::from_uuid(Uuid::nil()), StayId::from_uuid(Uuid::max()));
        self.stays.range((tenant, lead, first)..=(tenant, lead, last)).map(|(_, stay)| stay)
    }

    /// The leads of a tenant, by id.
    pub(super) fn leads_of(&self, tenant: Tenant) -> impl Iterator<Item = &LeadRecord> {
        let (first, last) = (LeadId::from_uuid(Uuid::nil()), LeadId::from_uuid(Uuid::max()));
        self.leads.range((tenant, first)..=(tenant, last)).map(|(_, record)| record)
    }
}
