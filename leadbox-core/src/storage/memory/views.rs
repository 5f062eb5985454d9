//! Saved views as readers see them, and their changes. Owns their preconditions.

use async_trait::async_trait;

use super::MemoryStorage;
use super::change_setup::follows;
use super::state::State;
use crate::id::{Tenant, UserId, ViewId};
use crate::storage::{StorageError, ViewDrop, ViewStore};
use crate::view::{SavedView, Sharing};

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl ViewStore for MemoryStorage {
    async fn views(&self, tenant: Tenant, of: Option<UserId>) -> Result<Vec<SavedView>> {
        let state = self.state();
        let asked = |view: &&SavedView| {
            let is_own = of.is_some() && view.owner == of;
            view.tenant == tenant && (is_own || view.sharing != Sharing::Private)
        };
        Ok(state.views.values().filter(asked).cloned().collect())
    }

    async fn view(&self, tenant: Tenant, id: ViewId) -> Result<Option<SavedView>> {
        Ok(self.state().views.get(&(tenant, id)).cloned())
    }
}

impl State {
    pub(super) fn put_view(&mut self, view: &SavedView) -> Result<()> {
        let key = (view.tenant, view.id);
        if !follows(self.views.get(&key).map(|stored| stored.revision), view.revision) {
            return Err(StorageError::conflict("saved view", view.id));
        }
        self.views.put(key, view.clone());
        Ok(())
    }

    pub(super) fn drop_view(&mut self, gone: &ViewDrop) -> Result<()> {
        let key = (gone.tenant, gone.view);
        if self.views.get(&key).map(|stored| stored.revision) != Some(gone.before) {
            return Err(StorageError::conflict("saved view", gone.view));
        }
        self.views.delete(&key);
        Ok(())
    }
}
