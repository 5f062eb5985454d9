//! What work on many leads would do. Owns the tally of a trial run, in which nothing is written.

use std::collections::HashMap;

use serde::Serialize;

use super::super::LeadBox;
use super::course::BATCH;
use super::note::Work;
use super::progress::{BulkCounts, Refusal};
use crate::error::Result;
use crate::id::LeadId;
use crate::storage::LeadSample;
use crate::time::Timestamp;

/// What the work would do, as of one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BulkPlan {
    /// When it was made; a selection that names this moment means the same leads.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub as_of: Timestamp,
    /// How many leads were tried: all of them, or of more than [`BulkPlan::TRIED`] that many, spread evenly.
    pub tried: u64,
    /// What would become of the leads that were tried; `selected` is how many are meant in all.
    #[serde(flatten)]
    pub counts: BulkCounts,
    /// Why leads, or fields of them, would stay as they are: the most frequent first, at most [`BulkPlan::GROUPS`], of those
    /// that were tried.
    pub refusals: Vec<RefusalGroup>,
}

impl BulkPlan {
    /// The most groups of refusals; what goes beyond is counted in one more, without a reason.
    pub const GROUPS: usize = 100;
    /// The most leads that are tried for a plan, so that it is there in time whatever is selected. What becomes of each is
    /// known once the work is done; of a share in ten, this many tell it to within some 2 %.
    pub const TRIED: usize = 1_000;

    /// About how many of all leads it would be, if it was so many of those that were tried; exact when all of them were.
    pub fn estimate(&self, count: u64) -> u64 {
        extrapolated(count, self.tried, self.counts.selected)
    }
}

/// From some to all, rounded.
pub(super) fn extrapolated(count: u64, tried: u64, all: u64) -> u64 {
    let (count, tried, all) = (u128::from(count), u128::from(tried.max(1)), u128::from(all));
    u64::try_from((count * all + tried / 2) / tried).unwrap_or(u64::MAX)
}

/// The same refusal of several leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalGroup {
    /// The field by its input name; `lead` when it is about the lead as a whole.
    pub field: String,
    /// Why, in plain words.
    pub reason: String,
    /// How many leads.
    pub count: u64,
    /// The first of them, at most [`RefusalGroup::SAMPLES`].
    pub samples: Vec<LeadId>,
}

impl RefusalGroup {
    /// The most samples of a group.
    pub const SAMPLES: usize = 5;
}

/// Refusals by what they say.
#[derive(Default)]
struct Groups(HashMap<(String, String), RefusalGroup>);

impl Groups {
    fn add(&mut self, refusal: Refusal) {
        let Refusal { lead, field, reason } = refusal;
        let is_new = |groups: &Self| !groups.0.contains_key(&(field.clone(), reason.clone()));
        let (field, reason) = match self.0.len() >= BulkPlan::GROUPS && is_new(self) {
            true => (String::from("lead"), String::from("other reasons")),
            false => (field, reason),
        };
        let group = self.0.entry((field.clone(), reason.clone()));
        let group = group.or_insert(RefusalGroup { field, reason, count: 0, samples: Vec::new() });
        group.count += 1;
        if group.samples.len() < RefusalGroup::SAMPLES {
            group.samples.push(lead);
        }
    }

    fn most_frequent_first(self) -> Vec<RefusalGroup> {
        let mut groups: Vec<RefusalGroup> = self.0.into_values().collect();
        groups.sort_by(|a, b| {
            b.count.cmp(&a.count).then_with(|| (&a.field, &a.reason).cmp(&(&b.field, &b.reason)))
        });
        groups
    }
}

impl LeadBox {
    /// Tries work on some of the leads that are meant.
    pub(super) async fn plan_work(
        &self,
        work: &Work,
        leads: LeadSample,
        as_of: Timestamp,
    ) -> Result<BulkPlan> {
        let mut counts = BulkCounts { selected: leads.count, ..BulkCounts::default() };
        let mut groups = Groups::default();
        let tried = leads.some;
        for ids in tried.chunks(BATCH) {
            for verdict in self.decide_work(work, ids).await?.verdicts {
                counts.add(verdict.fate);
                verdict.refusals().for_each(|refusal| groups.add(refusal));
            }
            tokio::task::yield_now().await;
        }
        let tried = tried.len() as u64;
        Ok(BulkPlan { as_of, tried, counts, refusals: groups.most_frequent_first() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_estimate_of_all_that_were_tried_is_exact(count in 0_u64..u64::MAX, tried in 1_u64..1 << 40) {
            let count = count % (tried + 1);
            prop_assert_eq!(extrapolated(count, tried, tried), count);
            prop_assert!(extrapolated(count, tried, tried * 7) <= tried * 7);
        }
    }
}
