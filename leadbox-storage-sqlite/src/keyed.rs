//! Leads in the order of a key that several may have. Owns which index is walked: the key's own, or for a reader who sees
//! only some owners' leads, theirs.

use std::collections::BTreeSet;

use leadbox_core::{KeyedLead, LeadId, Owners, Scope, SharedKey};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::error::{During, Result};
use crate::readers::Readers;

/// The column and the index of a key.
fn column(by: SharedKey) -> (&'static str, &'static str) {
    match by {
        SharedKey::Email => ("l.email_key", "lead_email"),
        SharedKey::Phone => ("l.phone_key", "lead_phone"),
        SharedKey::Name => ("l.name_key", "lead_name"),
        SharedKey::Likeness => ("l.likeness", "lead_likeness"),
    }
}

fn statement(
    scope: &Scope,
    by: SharedKey,
    after: Option<&KeyedLead>,
    limit: u32,
) -> QueryBuilder<Sqlite> {
    let (key, index) = column(by);
    let mut query = QueryBuilder::new("select ");
    query.push(key).push(" as key, l.id from lead l indexed by ");
    query.push(match scope.owners {
        Owners::All => index,
        // Walking all leads for the few of an owner would read every row.
        Owners::Only(_) => "lead_owner_created",
    });
    query.push(" where l.deleted_at is null and l.tenant = ").push_bind(scope.tenant.0);
    query.push(" and ").push(key).push(" is not null");
    if by == SharedKey::Name {
        query.push(" and ").push(key).push(" <> ''");
    }
    if let Some(after) = after {
        query.push(" and (").push(key).push(", l.id) > (").push_bind(after.key.clone());
        query.push(", ").push_bind(after.lead.uuid()).push(")");
    }
    if let Owners::Only(owners) = &scope.owners {
        let mut ids = query.push(" and l.owner in (").separated(", ");
        for owner in owners {
            ids.push_bind(owner.uuid());
        }
        query.push(")");
    }
    query.push(" order by ").push(key).push(", l.id limit ").push_bind(limit);
    query
}

/// See [`LeadStore::leads_by_key`](leadbox_core::storage::LeadStore::leads_by_key).
pub(crate) async fn leads(
    readers: &Readers,
    scope: &Scope,
    by: SharedKey,
    after: Option<&KeyedLead>,
    limit: u32,
) -> Result<Vec<KeyedLead>> {
    // Nobody's leads are none, and no index helps to find them.
    if scope.owners == Owners::Only(BTreeSet::new()) {
        return Ok(Vec::new());
    }
    let found = statement(scope, by, after, limit)
        .build()
        .fetch_all(&mut *readers.acquire().await?)
        .await
        .during("read leads by key")?;
    found
        .iter()
        .map(|row| {
            let key = row.try_get("key").during("read leads by key")?;
            let lead = row.try_get("id").during("read leads by key")?;
            Ok(KeyedLead { key, lead: LeadId::from_uuid(lead) })
        })
        .collect()
}
