//! What happened with many leads, as far as it counts. Owns reading it by lead, and never more of it at once than there is room for;
//! knows nothing of what becomes of it.

use std::collections::HashMap;

use super::super::LeadBox;
use super::kept::MOST_INTERACTIONS;
use crate::error::Result;
use crate::id::LeadId;
use crate::interaction::Interaction;
use crate::storage::StoredLead;

/// So much of what happened is held at once by whoever reads that of many leads: some tens of megabytes. Of one lead it is all that
/// counts.
const MOST_AT_ONCE: i64 = 50_000;

impl LeadBox {
    /// What counts of each of these leads, the latest first; those with which nothing happened are missing.
    pub(super) async fn happened(
        &self,
        leads: &[LeadId],
    ) -> Result<HashMap<LeadId, Vec<Interaction>>> {
        let (storage, tenant) = (self.storage(), self.tenant());
        let mut happened: HashMap<LeadId, Vec<Interaction>> = HashMap::new();
        for one in storage.recent_interactions(tenant, leads, MOST_INTERACTIONS).await? {
            happened.entry(one.lead).or_default().push(one);
        }
        Ok(happened)
    }
}

/// Leads in their order, in groups of which what happened can be read at once.
pub(super) fn at_once(leads: &[StoredLead]) -> impl Iterator<Item = &[StoredLead]> {
    let counts = |stored: &StoredLead| stored.activity.count.clamp(0, MOST_INTERACTIONS.into());
    groups(leads, counts, MOST_AT_ONCE)
}

/// Neighbours that are no more than `most` together, or one alone that is.
fn groups<T>(all: &[T], size: impl Fn(&T) -> i64, most: i64) -> impl Iterator<Item = &[T]> {
    let mut rest = all;
    std::iter::from_fn(move || {
        let mut held = 0;
        let mut fits = |one: &T| {
            held += size(one);
            held <= most
        };
        let count = rest.iter().take_while(|one| fits(one)).count();
        let (group, others) = rest.split_at_checked(count.max(1))?;
        rest = others;
        Some(group)
    })
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn neighbours_are_held_together_as_long_as_there_is_room() {
        let grouped = |sizes: &[i64]| -> Vec<Vec<i64>> {
            groups(sizes, |size| *size, 10).map(<[i64]>::to_vec).collect()
        };
        assert_eq!(grouped(&[]), Vec::<Vec<i64>>::new());
        assert_eq!(grouped(&[0, 0, 0]), [[0, 0, 0]]);
        assert_eq!(grouped(&[4, 6, 0, 1, 9, 1]), [vec![4, 6, 0], vec![1, 9], vec![1]]);
        assert_eq!(grouped(&[11, 3, 12, 12]), [[11], [3], [12], [12]]);
    }
}
