//! Users and teams as readers see them. Owns look-ups by id and folded address.

use async_trait::async_trait;

use super::MemoryStorage;
use super::paging::{Ordered, page};
use crate::directory::{Team, User};
use crate::filter::Direction;
use crate::id::{TeamId, Tenant, UserId};
use crate::identity::fold;
use crate::page::{Page, PageRequest};
use crate::storage::{DirectoryStore, StorageError};

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl DirectoryStore for MemoryStorage {
    async fn users(&self, tenant: Tenant, request: &PageRequest) -> Result<Page<User>> {
        let state = self.state();
        let rows = state
            .users
            .values()
            .filter(|user| user.tenant == tenant)
            .map(|user| Ordered {
                key: Vec::new(),
                id: user.id.uuid().into_bytes(),
                row: user.clone(),
            })
            .collect();
        page(rows, "users", Direction::Ascending, request)
    }

    async fn user(&self, tenant: Tenant, id: UserId) -> Result<Option<User>> {
        Ok(self.state().users.get(&(tenant, id)).cloned())
    }

    async fn user_by_email<'a>(&self, tenant: Tenant, email: &'a str) -> Result<Option<User>> {
        let folded = fold(email);
        let state = self.state();
        let found =
            state.users.values().find(|user| user.tenant == tenant && fold(&user.email) == folded);
        Ok(found.cloned())
    }

    async fn teams(&self, tenant: Tenant) -> Result<Vec<Team>> {
        Ok(self.state().teams.values().filter(|team| team.tenant == tenant).cloned().collect())
    }

    async fn team(&self, tenant: Tenant, id: TeamId) -> Result<Option<Team>> {
        Ok(self.state().teams.get(&(tenant, id)).cloned())
    }
}
