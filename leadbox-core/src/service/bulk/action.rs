//! What is done to how many. Owns actions as callers write them, and which leads a selection means; knows nothing of when
//! they are done.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::super::{LeadBox, LeadList};
use crate::error::{Invalid, Result};
use crate::filter::{LeadQuery, LeadSort, SortKey};
use crate::id::{LeadId, UserId};
use crate::lead::LeadPatch;
use crate::page::PageRequest;
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
            Self::Ids(ids) => {
                let mut seen = HashSet::with_capacity(ids.len());
                ids.iter().copied().filter(|id| seen.insert(*id)).collect()
            }
            Self::Listed { list, as_of } => listed(leadbox, list, as_of.unwrap_or(now)).await?,
        };
        if leads.len() > Self::MAX {
            let message = format!("is more than {} leads: narrow it", Self::MAX);
            return Err(Invalid::one("selection", message).into());
        }
        Ok(leads)
    }
}

async fn listed(leadbox: &LeadBox, list: &LeadList, as_of: Timestamp) -> Result<Vec<LeadId>> {
    // When a lead came in never changes: nothing is seen twice while the list moves.
    let list = list.clone().sorted(LeadSort::descending(SortKey::Created));
    let query = leadbox.leads().query_at(&list, as_of).await?;
    gathered(leadbox, &query, Some(as_of)).await
}

/// The leads that pass and came in by `as_of`; a few more than a selection may have, if there are.
pub(super) async fn gathered(
    leadbox: &LeadBox,
    query: &LeadQuery,
    as_of: Option<Timestamp>,
) -> Result<Vec<LeadId>> {
    let mut leads = Vec::new();
    let mut request = PageRequest::first(PageRequest::MAX);
    loop {
        let page = leadbox.storage().leads(leadbox.scope(), query, &request).await?;
        let known = page.items.into_iter().map(|stored| stored.lead);
        let meant = known.filter(|lead| as_of.is_none_or(|as_of| lead.created_at <= as_of));
        leads.extend(meant.map(|lead| lead.id));
        match page.next {
            Some(next) if as_of.is_none() || leads.len() <= Selection::MAX => {
                request = PageRequest::after(PageRequest::MAX, next);
            }
            _ => return Ok(leads),
        }
    }
}
