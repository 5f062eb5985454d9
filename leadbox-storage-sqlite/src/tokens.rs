//! Credentials and tokens as readers see them. Owns look-ups by user, id and digest.

use async_trait::async_trait;
use leadbox_core::proof::{Credential, SecretDigest, Token, TokenFilter};
use leadbox_core::storage::{ProofStore, StorageError};
use leadbox_core::{Cursor, Page, PageRequest, Tenant, TokenId, UserId};
use sqlx::{QueryBuilder, Sqlite};

use crate::error::{During, Result};
use crate::rows;
use crate::storage::SqliteStorage;

const TOKENS: &str = "tokens";

macro_rules! select_token {
    ($where:literal) => {
        concat!(
            r"
            select
                id,
                tenant,
                revision,
                kind,
                digest,
                user,
                details,
                created_at,
                used_at,
                expires_at,
                ended_at
            from token
            where tenant = ",
            $where
        )
    };
}

#[async_trait]
impl ProofStore for SqliteStorage {
    async fn credential(&self, tenant: Tenant, user: UserId) -> Result<Option<Credential>> {
        let found = sqlx::query(
            r"
            select
                tenant,
                user,
                revision,
                hash,
                misses,
                locked_until,
                set_at
            from credential
            where tenant = ?
                and user = ?",
        )
        .bind(tenant.0)
        .bind(user.uuid())
        .fetch_optional(&mut *self.readers.acquire().await?)
        .await
        .during("read a credential")?;
        found.as_ref().map(rows::credential).transpose()
    }

    async fn token(&self, tenant: Tenant, id: TokenId) -> Result<Option<Token>> {
        let found = sqlx::query(select_token!("? and id = ?"))
            .bind(tenant.0)
            .bind(id.uuid())
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await
            .during("read a token")?;
        found.as_ref().map(rows::token).transpose()
    }

    async fn token_by_digest(
        &self,
        tenant: Tenant,
        digest: &SecretDigest,
    ) -> Result<Option<Token>> {
        let found = sqlx::query(select_token!("? and digest = ?"))
            .bind(tenant.0)
            .bind(&digest.0[..])
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await
            .during("read a token by its digest")?;
        found.as_ref().map(rows::token).transpose()
    }

    async fn tokens(
        &self,
        tenant: Tenant,
        filter: &TokenFilter,
        page: &PageRequest,
    ) -> Result<Page<Token>> {
        let after = page.after.as_ref().map(|cursor| cursor.of(TOKENS)).transpose();
        let after = after.map_err(|_| StorageError::BadCursor)?;
        let limit = page.limit();
        let mut sql = QueryBuilder::<Sqlite>::new(select_token!(""));
        sql.push_bind(tenant.0).push(" and kind = ").push_bind(filter.kind.code());
        if let Some(user) = filter.user {
            sql.push(" and user = ").push_bind(user.uuid());
        }
        if let Some((_, id)) = after {
            sql.push(" and id < ").push_bind(id.to_vec());
        }
        sql.push(" order by id desc limit ").push_bind(limit + 1);
        let found = sql.build().fetch_all(&mut *self.readers.acquire().await?).await;
        let tokens = found.during("read tokens")?;
        let tokens = tokens.iter().map(rows::token).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(tokens, limit, |token| {
            Cursor::new(TOKENS, None, token.id.uuid().into_bytes())
        }))
    }
}
