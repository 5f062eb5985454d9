//! Counts kept beside the leads. Owns asking for them, checking them against a scan, and their repair.

use std::collections::BTreeMap;

use futures_util::future::try_join;

use super::LeadBox;
use crate::access::Capability;
use crate::error::Result;
use crate::overview::Overview;
use crate::period::{Days, Period};
use crate::rollup::{Cell, Discrepancy, compare};

/// Counts. Made by [`LeadBox::analytics`].
#[derive(Clone, Copy, Debug)]
pub struct Analytics<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl Analytics<'_> {
    /// Live leads by day, source, stage and owner, as far as the asker sees them.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn lead_counts(&self) -> Result<BTreeMap<Cell, i64>> {
        Ok(self.leadbox.storage().lead_counts(self.leadbox.scope()).await?)
    }

    /// How things stand in a period that ends today, in the tenant's zone: the leads that came in then and that the asker sees,
    /// where they are now.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn overview(&self, period: Period) -> Result<Overview> {
        let catalog = self.leadbox.catalog().await?;
        let today = self.leadbox.now().with_timezone(&catalog.settings.zone).date_naive();
        let (now, before) = (period.until(today), period.before(today));
        let sums =
            async |days: Days| self.leadbox.storage().lead_sums(self.leadbox.scope(), days).await;
        let (of_now, of_before) = try_join(sums(now), sums(before)).await?;
        Ok(Overview::of(&catalog, (now, &of_now), (before, &of_before)))
    }

    /// The cells whose kept count is not what a scan gives; none when all is well.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn verify(&self) -> Result<Vec<Discrepancy>> {
        self.leadbox.rights().require_capability(Capability::SystemManage)?;
        let counts = self.leadbox.storage().verify_counts(self.leadbox.tenant()).await?;
        Ok(compare(&counts.kept, &counts.counted))
    }

    /// Replaces the kept counts by those of a scan.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn rebuild(&self) -> Result<()> {
        self.leadbox.rights().require_capability(Capability::SystemManage)?;
        Ok(self.leadbox.storage().rebuild_counts(self.leadbox.tenant()).await?)
    }
}
