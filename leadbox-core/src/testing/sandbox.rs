//! A LeadBox in memory whose time and ids the test holds.

use std::sync::Arc;

use super::ManualClock;
use crate::error::Result;
use crate::id_source::RandomIds;
use crate::service::LeadBox;
use crate::storage::MemoryStorage;

/// A LeadBox in memory, empty, at [`ManualClock::default`], with ids that are the same in every run.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// The handle of the host itself.
    pub leadbox: LeadBox,
    /// Its clock.
    pub clock: Arc<ManualClock>,
}

impl Sandbox {
    /// An empty one.
    ///
    /// # Errors
    /// As [`LeadBoxBuilder::build`](crate::LeadBoxBuilder::build).
    pub fn new() -> Result<Self> {
        let clock = Arc::new(ManualClock::default());
        let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new()))
            .clock(clock.clone())
            .ids(Arc::new(RandomIds::seeded(1)))
            .build()?;
        Ok(Self { leadbox, clock })
    }
}
