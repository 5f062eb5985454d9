//! Credentials and tokens as readers see them. Owns look-ups by user, id and digest.

use async_trait::async_trait;
use leadbox_core::proof::{Credential, SecretDigest, Token, TokenFilter};
use leadbox_core::storage::ProofStore;
use leadbox_core::{Cursor, Page, PageRequest, StorageError, Tenant, TokenId, UserId};
use sqlx::{Postgres, QueryBuilder};

use crate::error::storage_error;
use crate::paging::id_after;
use crate::rows;
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

macro_rules! select_token {
    ($where:literal) => {
        concat!(
            r"
            select tenant, id, revision, kind, digest, user_id, details, created_at, used_at, expires_at, ended_at
            from token
            where tenant = ",
            $where
        )
    };
}

#[async_trait]
impl ProofStore for PostgresStorage {
    async fn credential(&self, tenant: Tenant, user: UserId) -> Result<Option<Credential>> {
        let row = sqlx::query(
            r"
            select tenant, user_id, revision, hash, misses, locked_until, set_at
            from credential
            where tenant = $1 and user_id = $2",
        )
        .bind(tenant.0)
        .bind(user.uuid())
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a credential", error))?;
        row.as_ref().map(rows::credential).transpose()
    }

    async fn token(&self, tenant: Tenant, id: TokenId) -> Result<Option<Token>> {
        let row = sqlx::query(select_token!("$1 and id = $2"))
            .bind(tenant.0)
            .bind(id.uuid())
            .fetch_optional(&self.writers)
            .await
            .map_err(|error| storage_error("read a token", error))?;
        row.as_ref().map(rows::token).transpose()
    }

    async fn token_by_digest(
        &self,
        tenant: Tenant,
        digest: &SecretDigest,
    ) -> Result<Option<Token>> {
        let row = sqlx::query(select_token!("$1 and digest = $2"))
            .bind(tenant.0)
            .bind(&digest.0[..])
            .fetch_optional(&self.writers)
            .await
            .map_err(|error| storage_error("read a token by its digest", error))?;
        row.as_ref().map(rows::token).transpose()
    }

    async fn tokens(
        &self,
        tenant: Tenant,
        filter: &TokenFilter,
        page: &PageRequest,
    ) -> Result<Page<Token>> {
        let after = id_after(page, "tokens")?;
        let mut sql = QueryBuilder::<Postgres>::new(select_token!(""));
        sql.push_bind(tenant.0).push(" and kind = ").push_bind(filter.kind.code());
        if let Some(user) = filter.user {
            sql.push(" and user_id = ").push_bind(user.uuid());
        }
        if let Some(id) = after {
            sql.push(" and id < ").push_bind(id);
        }
        sql.push(" order by id desc limit ").push_bind(i64::from(page.limit()) + 1);
        let rows = sql.build().fetch_all(&self.readers).await;
        let rows = rows.map_err(|error| storage_error("list tokens", error))?;
        let tokens = rows.iter().map(rows::token).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(tokens, page.limit(), |token| {
            Cursor::new("tokens", Some(Vec::new()), token.id.uuid().into_bytes())
        }))
    }
}
