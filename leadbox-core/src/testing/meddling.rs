//! Somebody who comes between: at the moment in which something is decided and not yet committed.

use std::fmt;
use std::sync::Mutex;

use crate::id_source::{IdSource, RandomIds};
use crate::time::Timestamp;

type Meddle = Box<dyn FnMut() -> bool + Send>;

/// Ids that do something in between.
pub(crate) struct MeddlingIds(RandomIds, Mutex<Option<Meddle>>);

impl fmt::Debug for MeddlingIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MeddlingIds")
    }
}

impl MeddlingIds {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(RandomIds::seeded(seed), Mutex::new(None))
    }

    /// Does this at every decision from now on, as long as it returns true.
    pub(crate) fn meddle(&self, meddle: impl FnMut() -> bool + Send + 'static) {
        *self.1.lock().unwrap() = Some(Box::new(meddle));
    }
}

impl IdSource for MeddlingIds {
    fn uuid(&self, at: Timestamp) -> uuid::Uuid {
        self.0.uuid(at)
    }

    fn salt(&self) -> [u8; 16] {
        // Taken out meanwhile, as meddling needs salts too.
        let meddle = self.1.lock().unwrap().take();
        if let Some(mut meddle) = meddle
            && meddle()
        {
            *self.1.lock().unwrap() = Some(meddle);
        }
        self.0.salt()
    }

    fn fraction(&self) -> f64 {
        self.0.fraction()
    }
}
