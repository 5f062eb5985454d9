//! Definitions, checkpoints and replies as readers see them. Owns look-ups by key.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStorage;
use crate::id::Tenant;
use crate::revision::Revision;
use crate::storage::{
    Checkpoint, Definition, DefinitionKind, DefinitionStore, Reply, StorageError,
};
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl DefinitionStore for MemoryStorage {
    async fn tenants(&self) -> Result<Vec<Tenant>> {
        let tenants: BTreeSet<Tenant> =
            self.state().definitions.keys().map(|(tenant, ..)| *tenant).collect();
        Ok(tenants.into_iter().collect())
    }

    async fn definitions(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
    ) -> Result<Vec<(Revision, Definition)>> {
        let state = self.state();
        let of_kind =
            state.definitions.iter().filter(|((owner, is, _), _)| (*owner, *is) == (tenant, kind));
        Ok(of_kind.map(|(_, definition)| definition.clone()).collect())
    }

    async fn definition<'a>(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
        key: &'a str,
    ) -> Result<Option<(Revision, Definition)>> {
        Ok(self.state().definitions.get(&(tenant, kind, key.to_owned())).cloned())
    }

    async fn checkpoint<'a>(&self, tenant: Tenant, name: &'a str) -> Result<Option<Checkpoint>> {
        Ok(self.state().checkpoints.get(&(tenant, name.to_owned())).cloned())
    }

    async fn reply<'a>(
        &self,
        tenant: Tenant,
        key: &'a str,
        now: Timestamp,
    ) -> Result<Option<Reply>> {
        let state = self.state();
        Ok(state
            .replies
            .get(&(tenant, key.to_owned()))
            .filter(|reply| reply.expires_at > now)
            .cloned())
    }
}
