//! Leads in the order of a key that several may have. Owns the statement; whether the key's index or an owner's is walked is
//! the planner's choice.

use leadbox_core::{KeyedLead, LeadId, Scope, SharedKey, StorageError};
use sqlx::{PgPool, Postgres, QueryBuilder, Row};

use crate::error::storage_error;
use crate::leads::owners;

/// The column of a key.
fn column(by: SharedKey) -> &'static str {
    match by {
        SharedKey::Email => "l.email_key",
        SharedKey::Phone => "l.phone_key",
        SharedKey::Name => "l.name_key",
        SharedKey::Likeness => "l.likeness",
    }
}

/// See [`LeadStore::leads_by_key`](leadbox_core::storage::LeadStore::leads_by_key).
pub(crate) async fn leads(
    pool: &PgPool,
    scope: &Scope,
    by: SharedKey,
    after: Option<&KeyedLead>,
    limit: u32,
) -> Result<Vec<KeyedLead>, StorageError> {
    let failed = |error| storage_error("list leads by key", error);
    let key = column(by);
    let mut sql = QueryBuilder::<Postgres>::new("select ");
    sql.push(key).push(" as key, l.id from lead as l where l.deleted_at is null and l.tenant = ");
    sql.push_bind(scope.tenant.0).push(" and ").push(key).push(" is not null");
    if by == SharedKey::Name {
        sql.push(" and ").push(key).push(" <> ''");
    }
    if let Some(after) = after {
        // The first condition is what an index begins with, also where the id is not its next column.
        sql.push(" and ").push(key).push(" >= ").push_bind(after.key.clone());
        sql.push(" and (").push(key).push(", l.id) > (").push_bind(after.key.clone());
        sql.push(", ").push_bind(after.lead.uuid()).push(")");
    }
    if let Some(owners) = owners(scope) {
        sql.push(" and l.owner = any (").push_bind(owners).push(")");
    }
    sql.push(" order by ").push(key).push(", l.id limit ").push_bind(i64::from(limit));
    let rows = sql.build().fetch_all(pool).await.map_err(failed)?;
    rows.iter()
        .map(|row| {
            let lead = LeadId::from_uuid(row.try_get("id").map_err(failed)?);
            Ok(KeyedLead { key: row.try_get("key").map_err(failed)?, lead })
        })
        .collect()
}
