//! What scoring asks of a storage. Owns the role; knows nothing of rules.

use async_trait::async_trait;
#[cfg(feature = "mocks")]
use mockall::automock;

use super::StorageError;
use crate::id::{LeadId, Tenant};
use crate::interaction::Interaction;
use crate::page::{Page, PageRequest};
use crate::scope::Scope;
use crate::scoring::ScoreRecord;
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

/// A score that may move by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DueScore {
    /// From when on.
    pub at: Timestamp,
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
}

/// Scores, and what they are made from. Called by scoring.
#[cfg_attr(feature = "mocks", automock)]
#[async_trait]
pub trait ScoreStore: Send + Sync {
    /// What happened with each of these leads and is not suspect, at most the latest `most` of each: those of one lead
    /// together, the latest first (by `at`, then id). Of all owners.
    async fn recent_interactions(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<Interaction>>;

    /// How a lead's score changed, the latest first (by revision); empty when the scope does not see the lead.
    async fn score_records(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<ScoreRecord>>;

    /// The latest changes of the scores of these leads, at most `most` of each: those of one lead together, the latest first. Of all
    /// owners.
    async fn latest_score_records(
        &self,
        tenant: Tenant,
        leads: &[LeadId],
        most: u32,
    ) -> Result<Vec<ScoreRecord>>;

    /// The scores of live leads, of all tenants, whose `next_change_at` is not later than `now`, those first that are due
    /// first (then by tenant and lead); at most `limit`, behind `after`.
    async fn due_scores(
        &self,
        now: Timestamp,
        after: Option<DueScore>,
        limit: u32,
    ) -> Result<Vec<DueScore>>;

    /// Live leads behind `after`, by id, whose score is by a rule set older than `rule_set`; at most `limit`.
    async fn leads_scored_before(
        &self,
        tenant: Tenant,
        rule_set: i64,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<LeadId>>;
}
