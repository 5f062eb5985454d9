//! Counts kept beside the leads. Owns asking for them, checking them against a scan, and their repair.

use std::collections::BTreeMap;

use super::LeadBox;
use crate::access::Capability;
use crate::error::Result;
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
