//! The roles a storage plays, one trait per kind of caller. Owns the signatures and their meaning; every method is
//! proved by a case of `leadbox-conformance`.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
#[cfg(feature = "mocks")]
use mockall::automock;

use super::{
    ChangeSet, Checkpoint, Committed, Definition, DefinitionKind, JobStore, LeadSample, LogStore,
    Reply, ScoreStore, StorageError, Wake,
};
use crate::directory::{Team, User};
use crate::filter::LeadQuery;
use crate::id::{InteractionId, LeadId, NoteId, TaskId, TeamId, Tenant, TokenId, UserId, ViewId};
use crate::interaction::{Interaction, LeadActivity};
use crate::lead::{IdentityKey, KeyedLead, Lead, SharedKey};
use crate::note::Note;
use crate::page::{Page, PageRequest};
use crate::period::Days;
use crate::pipeline::Stay;
use crate::proof::{Credential, SecretDigest, Token, TokenFilter};
use crate::revision::Revision;
use crate::rollup::{Cell, Sums};
use crate::scope::Scope;
use crate::score::LeadScore;
use crate::task::{Task, TaskFilter};
use crate::time::Timestamp;
use crate::view::SavedView;

type Result<T> = std::result::Result<T, StorageError>;

/// A lead with what lies beside it.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredLead {
    /// The lead.
    pub lead: Lead,
    /// Its score.
    pub score: LeadScore,
    /// What its interactions sum up to.
    pub activity: LeadActivity,
}

/// Leads, their interactions, scores and stays. Called by the services.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait LeadStore: Send + Sync {
    /// A lead by its id, also a deleted one; none when the scope does not see it.
    async fn lead(&self, scope: &Scope, id: LeadId) -> Result<Option<StoredLead>>;

    /// Leads by their ids, also deleted ones, in no certain order; those that are absent or unseen are missing.
    async fn leads_by_id(&self, scope: &Scope, ids: &[LeadId]) -> Result<Vec<StoredLead>>;

    /// The live leads that hold these keys, as (key, lead) pairs ordered by key, then holder of the exclusive slot
    /// first, then by id (oldest first); behind them, once each, those into which a lead was merged that held the key.
    /// Not scoped by owner: identity is the tenant's.
    async fn leads_by_identity(
        &self,
        tenant: Tenant,
        keys: &[IdentityKey],
    ) -> Result<Vec<(IdentityKey, StoredLead)>>;

    /// Live leads that have a key of this kind and that the scope sees, with the key, by key (compared as bytes), then by id;
    /// at most `limit`, behind `after`.
    async fn leads_by_key<'a>(
        &self,
        scope: &Scope,
        by: SharedKey,
        after: Option<&'a KeyedLead>,
        limit: u32,
    ) -> Result<Vec<KeyedLead>>;

    /// The leads that were merged into this one, by id. Not scoped by owner either.
    async fn leads_merged_into(&self, tenant: Tenant, lead: LeadId) -> Result<Vec<StoredLead>>;

    /// Live leads that pass the query and that the scope sees, in its order.
    ///
    /// A cursor of another order gives `BadCursor`.
    async fn leads(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredLead>>;

    /// How many live leads pass, counted up to `cap`: `cap + 1` means more than `cap`.
    async fn count_leads(&self, scope: &Scope, query: &LeadQuery, cap: u64) -> Result<u64>;

    /// The ids of the live leads that pass, of one moment and in no certain order; at most `limit`. Meant for very many: nothing
    /// but the ids is read where that can be.
    async fn lead_ids(&self, scope: &Scope, query: &LeadQuery, limit: u64) -> Result<Vec<LeadId>>;

    /// How many live leads pass, of one moment, and some of them: all where there are at most `most`, otherwise `most` of them, or
    /// a few less, that are drawn without regard to what they hold. [`LeadSample`] has the arithmetic of it.
    async fn lead_sample(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        most: usize,
    ) -> Result<LeadSample>;

    /// A lead's interactions, the latest first (by `at`, then id); empty when the scope does not see the lead.
    async fn interactions(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Interaction>>;

    /// An interaction by its id.
    async fn interaction(&self, scope: &Scope, id: InteractionId) -> Result<Option<Interaction>>;

    /// A lead's interaction by its sender's key; first one that was made for it, else one of a lead merged into it (the
    /// earliest by id).
    async fn interaction_by_key<'a>(
        &self,
        scope: &Scope,
        lead: LeadId,
        key: &'a str,
    ) -> Result<Option<Interaction>>;

    /// The stays of these leads: those of one lead together, the earliest first; those of leads that the scope does not see are
    /// missing.
    async fn stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>>;

    /// The open stays of these leads, in no certain order; those of leads that the scope does not see are missing.
    async fn open_stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>>;
}

/// What people do and note about leads. Called by the services. Whoever does not see the lead sees none of it.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// A task by its id.
    async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<Task>>;

    /// A lead's tasks, open and done, those first that are due first (those without a date last, then by id).
    async fn lead_tasks(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Task>>;

    /// Tasks of live leads that pass, in the same order.
    async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        page: &PageRequest,
    ) -> Result<Page<Task>>;

    /// How many tasks of live leads pass, counted up to `cap`: `cap + 1` means more than `cap`.
    async fn count_tasks(&self, scope: &Scope, filter: &TaskFilter, cap: u64) -> Result<u64>;

    /// A note by its id.
    async fn note(&self, scope: &Scope, id: NoteId) -> Result<Option<Note>>;

    /// A lead's notes, the latest first (by `made_at`, then id).
    async fn notes(&self, scope: &Scope, lead: LeadId, page: &PageRequest) -> Result<Page<Note>>;
}

/// What tenants define, progress of long work, kept replies. Called by whoever sets a tenant up.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait DefinitionStore: Send + Sync {
    /// The tenants that have at least one definition, in order.
    async fn tenants(&self) -> Result<Vec<Tenant>>;

    /// All definitions of a kind, by key.
    async fn definitions(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
    ) -> Result<Vec<(Revision, Definition)>>;

    /// One definition.
    async fn definition<'a>(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
        key: &'a str,
    ) -> Result<Option<(Revision, Definition)>>;

    /// Progress by the work's name.
    async fn checkpoint<'a>(&self, tenant: Tenant, name: &'a str) -> Result<Option<Checkpoint>>;

    /// A kept reply, unless it has expired.
    async fn reply<'a>(
        &self,
        tenant: Tenant,
        key: &'a str,
        now: Timestamp,
    ) -> Result<Option<Reply>>;
}

/// Users and teams. Called by whoever sets a tenant up and by access control.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// All users, by id.
    async fn users(&self, tenant: Tenant, page: &PageRequest) -> Result<Page<User>>;

    /// One user.
    async fn user(&self, tenant: Tenant, id: UserId) -> Result<Option<User>>;

    /// The user with this address, compared folded.
    async fn user_by_email<'a>(&self, tenant: Tenant, email: &'a str) -> Result<Option<User>>;

    /// All teams, by id.
    async fn teams(&self, tenant: Tenant) -> Result<Vec<Team>>;

    /// One team.
    async fn team(&self, tenant: Tenant, id: TeamId) -> Result<Option<Team>>;
}

/// Saved views. Called by the services.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait ViewStore: Send + Sync {
    /// The views that are not private, and those of this user, by id.
    async fn views(&self, tenant: Tenant, of: Option<UserId>) -> Result<Vec<SavedView>>;

    /// One view, whoever it is for.
    async fn view(&self, tenant: Tenant, id: ViewId) -> Result<Option<SavedView>>;
}

/// Credentials and tokens. Called by sign-in and by whoever manages keys.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait ProofStore: Send + Sync {
    /// A user's password, if it has one.
    async fn credential(&self, tenant: Tenant, user: UserId) -> Result<Option<Credential>>;

    /// A token by its id, also one that is over.
    async fn token(&self, tenant: Tenant, id: TokenId) -> Result<Option<Token>>;

    /// A token by the digest of its secret, also one that is over.
    async fn token_by_digest(&self, tenant: Tenant, digest: &SecretDigest)
    -> Result<Option<Token>>;

    /// Tokens, the latest first (by id), also those that are over.
    async fn tokens(
        &self,
        tenant: Tenant,
        filter: &TokenFilter,
        page: &PageRequest,
    ) -> Result<Page<Token>>;
}

/// Kept counts and counted ones, seen at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// What is kept beside the leads.
    pub kept: BTreeMap<Cell, i64>,
    /// What a scan of the leads gives.
    pub counted: BTreeMap<Cell, i64>,
}

/// Counts. Called by reports and their repair.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait AnalyticsStore: Send + Sync {
    /// Kept counts of the leads that the scope sees; cells that count 0 are missing.
    async fn lead_counts(&self, scope: &Scope) -> Result<BTreeMap<Cell, i64>>;

    /// The same counts summed up over owners, of the leads that came in on these days.
    async fn lead_sums(&self, scope: &Scope, days: Days) -> Result<Sums>;

    /// Kept and counted side by side, from one snapshot.
    async fn verify_counts(&self, tenant: Tenant) -> Result<Counts>;

    /// Replaces what is kept by what a scan gives.
    async fn rebuild_counts(&self, tenant: Tenant) -> Result<()>;

    /// Folds pending deltas into the kept counts, at most `limit`; returns how many. Nothing to do where commits do it.
    async fn fold_counts(&self, limit: u32) -> Result<u64>;
}

/// Which schema a database has and which one the program needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schema {
    /// The database's; 0 when empty.
    pub found: i64,
    /// The program's.
    pub known: i64,
}

/// All roles together, the one writing door, and upkeep.
#[async_trait]
pub trait Storage:
    LeadStore
    + ScoreStore
    + TaskStore
    + DefinitionStore
    + DirectoryStore
    + ViewStore
    + ProofStore
    + LogStore
    + JobStore
    + AnalyticsStore
    + Debug
    + Send
    + Sync
    + 'static
{
    /// Applies a change set: rows, events and jobs in one transaction, or nothing. A set whose id was committed within
    /// the last day has no further effect and says so.
    ///
    /// # Errors
    /// `Conflict` and `AlreadyExists` as each [`Change`](super::Change) says; `Unavailable` and `Backend` from the database.
    async fn commit(&self, changes: &ChangeSet) -> Result<Committed>;

    /// The database's schema and the program's.
    async fn schema(&self) -> Result<Schema>;

    /// Brings the database to the program's schema; safe to call from many processes at once.
    ///
    /// # Errors
    /// `SchemaTooNew` when the database is ahead.
    async fn migrate(&self) -> Result<()>;

    /// Deletes what has expired by `now` (kept replies, ids of old change sets, tokens that are over for
    /// [`Token::KEPT`]), at most `limit` rows of each; returns
    /// how many. Attempts older than `attempts_before` go too.
    async fn prune(&self, now: Timestamp, attempts_before: Timestamp, limit: u32) -> Result<u64>;

    /// What commits of this process nudge.
    fn wake(&self) -> &Wake;

    /// What it is, for people: `memory`, `sqlite`, `postgres`.
    fn kind(&self) -> &'static str;
}
