//! What is read at every step and changes seldom. Owns how long it may be remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::id::Tenant;
use crate::time::Timestamp;

/// How long another process's change may go unnoticed here.
const AGE: TimeDelta = TimeDelta::seconds(1);

/// One value per tenant, at most a second old.
#[derive(Debug)]
pub(super) struct Remembered<T>(Mutex<HashMap<Tenant, (Timestamp, Arc<T>)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Remembered<T> {
    pub(super) fn value(&self, tenant: Tenant, now: Timestamp) -> Option<Arc<T>> {
        let values = self.values();
        let (since, value) = values.get(&tenant)?;
        ((now - *since).abs() < AGE).then(|| Arc::clone(value))
    }

    pub(super) fn keep(&self, tenant: Tenant, now: Timestamp, value: T) -> Arc<T> {
        let value = Arc::new(value);
        self.values().insert(tenant, (now, Arc::clone(&value)));
        value
    }

    /// Forgets a tenant's, because this process just changed it.
    pub(super) fn forget(&self, tenant: Tenant) {
        self.values().remove(&tenant);
    }

    fn values(&self) -> MutexGuard<'_, HashMap<Tenant, (Timestamp, Arc<T>)>> {
        // It can be read again: whatever state a panic left it in is a valid one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
