//! How saboteurs read definitions, the directory, views, and what proves who somebody is.

use async_trait::async_trait;
use leadbox_core::proof::{Credential, SecretDigest, Token, TokenFilter};
use leadbox_core::storage::{
    Checkpoint, Definition, DefinitionKind, DefinitionStore, DirectoryStore, ProofStore, Reply,
    StorageError, ViewStore,
};
use leadbox_core::{
    Page, PageRequest, Revision, SavedView, Sharing, Team, TeamId, Tenant, Timestamp, TokenId,
    User, UserId, ViewId,
};

use super::fault::Promise;
use super::saboteur::Saboteur;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl DefinitionStore for Saboteur {
    async fn tenants(&self) -> Result<Vec<Tenant>> {
        self.inner.tenants().await
    }

    async fn definitions(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
    ) -> Result<Vec<(Revision, Definition)>> {
        let mut definitions = Vec::new();
        for tenant in self.tenants_read("definitions", tenant) {
            definitions.extend(self.inner.definitions(tenant, kind).await?);
        }
        if self.breaks(Promise::ByteOrder) {
            definitions.sort_by_key(|(_, definition)| definition.key().replace('_', ""));
        }
        Ok(definitions)
    }

    async fn definition<'a>(
        &self,
        tenant: Tenant,
        kind: DefinitionKind,
        key: &'a str,
    ) -> Result<Option<(Revision, Definition)>> {
        for tenant in self.tenants_read("definition", tenant) {
            if let Some(found) = self.inner.definition(tenant, kind, key).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn checkpoint<'a>(&self, tenant: Tenant, name: &'a str) -> Result<Option<Checkpoint>> {
        for tenant in self.tenants_read("checkpoint", tenant) {
            if let Some(found) = self.inner.checkpoint(tenant, name).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn reply<'a>(
        &self,
        tenant: Tenant,
        key: &'a str,
        now: Timestamp,
    ) -> Result<Option<Reply>> {
        let now = if self.breaks(Promise::ReplyExpiry) { Timestamp::MIN_UTC } else { now };
        for tenant in self.tenants_read("reply", tenant) {
            if let Some(found) = self.inner.reply(tenant, key, now).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl DirectoryStore for Saboteur {
    async fn users(&self, tenant: Tenant, request: &PageRequest) -> Result<Page<User>> {
        let tenants = self.tenants_read("users", tenant);
        let mut page = self.inner.users(tenants[0], request).await?;
        for other in &tenants[1..] {
            page.items.extend(self.inner.users(*other, request).await?.items);
        }
        Ok(page)
    }

    async fn user(&self, tenant: Tenant, id: UserId) -> Result<Option<User>> {
        for tenant in self.tenants_read("user", tenant) {
            if let Some(found) = self.inner.user(tenant, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn user_by_email<'a>(&self, tenant: Tenant, email: &'a str) -> Result<Option<User>> {
        for tenant in self.tenants_read("user_by_email", tenant) {
            if let Some(found) = self.inner.user_by_email(tenant, email).await? {
                let exact = !self.breaks(Promise::FoldedEmail) || found.email == email;
                return Ok(exact.then_some(found));
            }
        }
        Ok(None)
    }

    async fn teams(&self, tenant: Tenant) -> Result<Vec<Team>> {
        let mut teams = Vec::new();
        for tenant in self.tenants_read("teams", tenant) {
            teams.extend(self.inner.teams(tenant).await?);
        }
        Ok(teams)
    }

    async fn team(&self, tenant: Tenant, id: TeamId) -> Result<Option<Team>> {
        for tenant in self.tenants_read("team", tenant) {
            if let Some(found) = self.inner.team(tenant, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl ViewStore for Saboteur {
    async fn views(&self, tenant: Tenant, of: Option<UserId>) -> Result<Vec<SavedView>> {
        let mut views = Vec::new();
        for tenant in self.tenants_read("views", tenant) {
            views.extend(self.inner.views(tenant, of).await?);
        }
        if self.breaks(Promise::SharedViews) && of.is_some() {
            views.retain(|view| view.owner == of || view.sharing != Sharing::Team);
        }
        Ok(views)
    }

    async fn view(&self, tenant: Tenant, id: ViewId) -> Result<Option<SavedView>> {
        for tenant in self.tenants_read("view", tenant) {
            if let Some(found) = self.inner.view(tenant, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl ProofStore for Saboteur {
    async fn credential(&self, tenant: Tenant, user: UserId) -> Result<Option<Credential>> {
        for tenant in self.tenants_read("credential", tenant) {
            if let Some(found) = self.inner.credential(tenant, user).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn token(&self, tenant: Tenant, id: TokenId) -> Result<Option<Token>> {
        for tenant in self.tenants_read("token", tenant) {
            if let Some(found) = self.inner.token(tenant, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn token_by_digest(
        &self,
        tenant: Tenant,
        digest: &SecretDigest,
    ) -> Result<Option<Token>> {
        for tenant in self.tenants_read("token_by_digest", tenant) {
            if let Some(found) = self.inner.token_by_digest(tenant, digest).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn tokens(
        &self,
        tenant: Tenant,
        filter: &TokenFilter,
        request: &PageRequest,
    ) -> Result<Page<Token>> {
        let tenants = self.tenants_read("tokens", tenant);
        let mut page = self.inner.tokens(tenants[0], filter, request).await?;
        for other in &tenants[1..] {
            page.items.extend(self.inner.tokens(*other, filter, request).await?.items);
        }
        Ok(page)
    }
}
