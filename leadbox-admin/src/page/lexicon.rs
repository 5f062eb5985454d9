//! What a page needs to put things into words, looked up once. Owns that it is the asker's: the names that it knows, and the
//! zone in which it reads moments.

use std::sync::Arc;

use chrono_tz::Tz;
use leadbox_core::{Catalog, LeadBox};

use super::words::{Names, Words, zone};
use crate::serve::Problem;

/// Fields and stages, people, and the zone.
pub(super) struct Lexicon {
    pub(super) catalog: Arc<Catalog>,
    pub(super) names: Names,
    pub(super) zone: Tz,
}

impl Lexicon {
    /// What the asker knows.
    ///
    /// # Errors
    /// From the storage.
    pub(super) async fn of(leadbox: &LeadBox) -> Result<Self, Problem> {
        let (catalog, names) = (leadbox.catalog().await?, leadbox.directory().names().await?);
        let zone = zone(leadbox, &catalog).await?;
        Ok(Self { catalog, names, zone })
    }

    /// Words that speak of neither leads nor teams by name.
    pub(super) fn words(&self) -> Words<'_> {
        Words::new(&self.catalog, &self.names, self.zone)
    }
}
