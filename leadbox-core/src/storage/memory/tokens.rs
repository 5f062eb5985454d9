//! Credentials and tokens as readers see them, and their changes. Owns their preconditions.

use async_trait::async_trait;

use super::MemoryStorage;
use super::change_setup::follows;
use super::paging::{Ordered, page};
use super::state::State;
use crate::filter::Direction;
use crate::id::{Tenant, TokenId, UserId};
use crate::page::{Page, PageRequest};
use crate::proof::{Credential, SecretDigest, Token, TokenFilter};
use crate::storage::{ProofStore, StorageError};

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl ProofStore for MemoryStorage {
    async fn credential(&self, tenant: Tenant, user: UserId) -> Result<Option<Credential>> {
        Ok(self.state().credentials.get(&(tenant, user)).cloned())
    }

    async fn token(&self, tenant: Tenant, id: TokenId) -> Result<Option<Token>> {
        Ok(self.state().tokens.get(&(tenant, id)).cloned())
    }

    async fn token_by_digest(
        &self,
        tenant: Tenant,
        digest: &SecretDigest,
    ) -> Result<Option<Token>> {
        let state = self.state();
        let found =
            state.tokens.values().find(|token| token.tenant == tenant && token.digest == *digest);
        Ok(found.cloned())
    }

    async fn tokens(
        &self,
        tenant: Tenant,
        filter: &TokenFilter,
        request: &PageRequest,
    ) -> Result<Page<Token>> {
        let state = self.state();
        let rows = state
            .tokens
            .values()
            .filter(|token| token.tenant == tenant && token.kind == filter.kind)
            .filter(|token| filter.user.is_none_or(|user| token.user == Some(user)))
            .map(|token| Ordered {
                key: Vec::new(),
                id: token.id.uuid().into_bytes(),
                row: token.clone(),
            })
            .collect();
        page(rows, "tokens", Direction::Descending, request)
    }
}

impl State {
    pub(super) fn put_credential(&mut self, credential: &Credential) -> Result<()> {
        let key = (credential.tenant, credential.user);
        if !follows(self.credentials.get(&key).map(|stored| stored.revision), credential.revision) {
            return Err(StorageError::conflict("credential", credential.user));
        }
        self.credentials.put(key, credential.clone());
        Ok(())
    }

    pub(super) fn put_token(&mut self, token: &Token) -> Result<()> {
        let key = (token.tenant, token.id);
        if !follows(self.tokens.get(&key).map(|stored| stored.revision), token.revision) {
            return Err(StorageError::conflict("token", token.id));
        }
        let taken = self.tokens.values().any(|other| {
            other.tenant == token.tenant && other.id != token.id && other.digest == token.digest
        });
        if taken {
            return Err(StorageError::already_exists("token by digest", token.id));
        }
        self.tokens.put(key, token.clone());
        Ok(())
    }
}
