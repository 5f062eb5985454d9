//! A lead's score as storages keep it. Owns the snapshot and its guards; how a score comes about belongs to the
//! scoring engine.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{LeadId, Tenant};
use crate::revision::{Revision, Version};
use crate::time::Timestamp;

/// Points in hundredths, so that sums do not depend on their order.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Points(pub i64);

impl Points {
    /// Whole points.
    pub const fn whole(points: i64) -> Self {
        Self(points * 100)
    }

    /// How many whole points they are, rounded down: what lists show.
    pub const fn floor(self) -> i64 {
        self.0.div_euclid(100)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        if part == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part:02}") }
    }
}

impl Points {
    /// Writes them as people read them, such as `12.50`: for figures that are only told, and not kept.
    pub(crate) fn as_text<S: serde::Serializer>(points: &Self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(points)
    }
}

/// Whether a stored score can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// True as of its `as_of`.
    #[default]
    Fresh,
    /// Something happened that is not counted yet; a job is on its way.
    Dirty,
}

/// The score of one lead: its own row, with its own revision, beside the lead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadScore {
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// Raised by one at every change; 0 while the lead was never scored.
    pub revision: Revision,
    /// The lead's version that was scored.
    pub lead_version: Version,
    /// The sum.
    pub total: Points,
    /// The sum per category.
    pub categories: BTreeMap<String, Points>,
    /// The priority's name, such as `hot`.
    pub priority: Option<String>,
    /// The moment for which it is true.
    pub as_of: Timestamp,
    /// Not later than the moment when it moves by itself.
    pub next_change_at: Option<Timestamp>,
    /// The rule set's version that computed it; 0 for none.
    pub rule_set: i64,
    /// Whether it can be trusted.
    pub freshness: Freshness,
}

impl LeadScore {
    /// The score of a lead that no rule has looked at.
    pub fn unscored(tenant: Tenant, lead: LeadId, at: Timestamp) -> Self {
        Self {
            tenant,
            lead,
            revision: Revision(0),
            lead_version: Version(0),
            total: Points(0),
            categories: BTreeMap::new(),
            priority: None,
            as_of: at,
            next_change_at: None,
            rule_set: 0,
            freshness: Freshness::Fresh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_exactly_and_shown_in_whole_ones_that_were_reached() {
        for (points, written, floor) in
            [(40_00, "40", 40), (12_50, "12.50", 12), (-10_50, "-10.50", -11), (-5, "-0.05", -1)]
        {
            let points = Points(points);
            assert_eq!((points.to_string().as_str(), points.floor()), (written, floor));
        }
    }
}
