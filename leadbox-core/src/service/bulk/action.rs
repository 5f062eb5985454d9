//! What is done to how many. Owns actions as callers write them, and which leads a selection means; knows nothing of when
//! they are done.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::super::{LeadBox, LeadList};
use crate::error::{Invalid, Result};
use crate::filter::{Check, LeadField, LeadQuery, Leaf, Operand, Sense, Test};
use crate::id::{LeadId, UserId};
use crate::lead::LeadPatch;
use crate::storage::LeadSample;
use crate::time::Timestamp;

/// What is done to every lead of a selection.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BulkAction {
    /// Fields are set or cleared, tags added and taken away.
    Change(LeadPatch),
    /// It goes to somebody, or to nobody.
    Assign(Option<UserId>),
    /// It moves to a stage of its pipeline, by the stage's key or id.
    Advance(String),
    /// It is deleted.
    Delete,
}

/// Which leads.
#[derive(Clone, PartialEq, Debug)]
pub enum Selection {
    /// These; what is named twice counts once.
    Ids(Vec<LeadId>),
    /// Those of a list, as it stands at this moment: what changes afterwards does not change the selection. The list's order
    /// means nothing.
    Listed {
        /// The list.
        list: LeadList,
        /// Leads that came in later are left out, and relative days are counted from here; none means now. A plan says as
        /// of when it was made.
        as_of: Option<Timestamp>,
    },
}

impl Selection {
    /// The most leads of one selection.
    pub const MAX: usize = 1_000_000;

    /// A list as it stands now.
    pub fn listed(list: LeadList) -> Self {
        Self::Listed { list, as_of: None }
    }

    /// The leads that are meant, each once.
    pub(super) async fn leads(&self, leadbox: &LeadBox, now: Timestamp) -> Result<Vec<LeadId>> {
        let leads = match self {
            Self::Ids(ids) => distinct(ids),
            Self::Listed { list, as_of } => {
                let query = listed(leadbox, list, as_of.unwrap_or(now)).await?;
                // One more than there may be, so that it shows.
                ids(leadbox, &query, Self::MAX as u64 + 1).await?
            }
        };
        not_too_many(leads.len() as u64)?;
        Ok(leads)
    }

    /// How many are meant, and some of them.
    pub(super) async fn sample(
        &self,
        leadbox: &LeadBox,
        now: Timestamp,
        most: usize,
    ) -> Result<LeadSample> {
        let sample = match self {
            Self::Ids(ids) => LeadSample::among(&distinct(ids), most),
            Self::Listed { list, as_of } => {
                let query = listed(leadbox, list, as_of.unwrap_or(now)).await?;
                leadbox.storage().lead_sample(leadbox.scope(), &query, most).await?
            }
        };
        not_too_many(sample.count)?;
        Ok(sample)
    }
}

fn distinct(ids: &[LeadId]) -> Vec<LeadId> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter().copied().filter(|id| seen.insert(*id)).collect()
}

fn not_too_many(leads: u64) -> Result<()> {
    if leads > Selection::MAX as u64 {
        let message = format!("is more than {} leads: narrow it", Selection::MAX);
        return Err(Invalid::one("selection", message).into());
    }
    Ok(())
}

/// The question for the leads of a list as it stood at a moment.
async fn listed(leadbox: &LeadBox, list: &LeadList, as_of: Timestamp) -> Result<LeadQuery> {
    let mut query = leadbox.leads().query_at(list, as_of).await?;
    let test = Test::Between(None, Some(Operand::Time(as_of)));
    let came_by = Check::Leaf(Leaf { field: LeadField::CreatedAt, test, sense: Sense::Holds });
    query.check = Check::All(vec![query.check, came_by]);
    Ok(query)
}

/// The leads that pass, those that were made last first.
pub(super) async fn ids(leadbox: &LeadBox, query: &LeadQuery, limit: u64) -> Result<Vec<LeadId>> {
    let mut ids = leadbox.storage().lead_ids(leadbox.scope(), query, limit).await?;
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids)
}
