//! Leads as readers see them. Owns look-ups by id and key, and the places of pages; how lists find their rows is decided
//! in `lists`.

use async_trait::async_trait;
use leadbox_core::filter::{LeadQuery, SortKey};
use leadbox_core::storage::{LeadStore, StorageError};
use leadbox_core::{
    Cursor, IdentityKey, IdentityKind, Interaction, InteractionId, LeadId, Page, PageRequest,
    SLOT_EXCLUSIVE, Scope, Stay, StoredLead, Tenant,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::{During, Result};
use crate::interactions;
use crate::lists::{Key, List};
use crate::rows::{self, lead_columns};
use crate::statement::Rows;
use crate::storage::SqliteStorage;

/// Where the columns behind those of a lead begin.
const BEHIND: usize = 27;

const BY_ID: Rows<'_> = Rows {
    before: "with v (tenant, id) as (values",
    columns: 2,
    after: concat!(
        ") select ",
        lead_columns!(),
        " from v
         cross join lead l on l.tenant = v.tenant and l.id = v.id
         cross join lead_profile p on p.no = l.no
         cross join lead_pulse s on s.no = l.no"
    ),
};

/// The look-up of live leads by one kind of key.
macro_rules! by_key {
    ($column:literal, $slot:literal, $index:literal) => {
        Rows {
            before: "with v (tenant, key) as (values",
            columns: 2,
            after: concat!(
                ") select ",
                lead_columns!(),
                ", v.key, ",
                $slot,
                " from v cross join lead l indexed by ",
                $index,
                " on l.tenant = v.tenant and l.",
                $column,
                " = v.key
                 cross join lead_profile p on p.no = l.no
                 cross join lead_pulse s on s.no = l.no
                 where l.deleted_at is null and l.",
                $column,
                " is not null"
            ),
        }
    };
}

const BY_EMAIL: Rows<'_> = by_key!("email_key", "l.email_slot", "lead_email");
const BY_PHONE: Rows<'_> = by_key!("phone_key", "l.phone_slot", "lead_phone");
const BY_EXTERNAL_ID: Rows<'_> = by_key!("external_id", "0", "lead_external_id");

/// The place behind which a page begins.
fn place(cursor: &Cursor, query: &LeadQuery) -> Result<(Key, [u8; 16])> {
    let (key, id) = cursor.of(&query.sort.list_name()).map_err(|_| StorageError::BadCursor)?;
    let key = match query.sort.by {
        SortKey::Name => {
            let text =
                key.and_then(|key| std::str::from_utf8(key).ok()).ok_or(StorageError::BadCursor)?;
            Key::Text(text.to_owned())
        }
        _ => Key::Number(rows::number_of(key)?),
    };
    Ok((key, id))
}

/// A lead of a list, with its place.
fn listed(row: &SqliteRow, query: &LeadQuery) -> Result<(StoredLead, Vec<u8>)> {
    let key = match query.sort.by {
        SortKey::Name => row.try_get::<String, _>(BEHIND).during("read leads")?.into_bytes(),
        _ => rows::number_key(row.try_get(BEHIND).during("read leads")?),
    };
    Ok((rows::stored_lead(row)?, key))
}

#[async_trait]
impl LeadStore for SqliteStorage {
    async fn lead(&self, scope: &Scope, id: LeadId) -> Result<Option<StoredLead>> {
        Ok(self.leads_by_id(scope, &[id]).await?.pop())
    }

    async fn leads_by_id(&self, scope: &Scope, ids: &[LeadId]) -> Result<Vec<StoredLead>> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut connection = self.readers.acquire().await.during("read leads")?;
        let found = BY_ID
            .fetch(&mut connection, &ids, |binds, id| {
                binds.add(scope.tenant.0).add(id.uuid());
            })
            .await
            .during("read leads")?;
        let leads = found.iter().map(rows::stored_lead).collect::<Result<Vec<_>>>()?;
        Ok(leads
            .into_iter()
            .filter(|stored| scope.sees(stored.lead.tenant, stored.lead.owner))
            .collect())
    }

    async fn leads_by_identity(
        &self,
        tenant: Tenant,
        keys: &[IdentityKey],
    ) -> Result<Vec<(IdentityKey, StoredLead)>> {
        let mut keys: Vec<&IdentityKey> = keys.iter().collect();
        keys.sort_unstable();
        keys.dedup();
        let mut connection = self.readers.acquire().await.during("look leads up")?;
        let mut holders = Vec::new();
        for keys in keys.chunk_by(|a, b| a.kind == b.kind) {
            let Some(kind) = keys.first().map(|key| key.kind) else { continue };
            let statement = match kind {
                IdentityKind::Email => BY_EMAIL,
                IdentityKind::Phone => BY_PHONE,
                IdentityKind::ExternalId => BY_EXTERNAL_ID,
            };
            let found = statement
                .fetch(&mut connection, keys, |binds, key| {
                    binds.add(tenant.0).add(key.key.as_str());
                })
                .await
                .during("look leads up")?;
            for row in &found {
                let key = IdentityKey { kind, key: row.try_get(BEHIND).during("look leads up")? };
                let slot: i64 = row.try_get(BEHIND + 1).during("look leads up")?;
                holders.push((key, slot != SLOT_EXCLUSIVE, rows::stored_lead(row)?));
            }
        }
        holders.sort_by(|a, b| (&a.0, a.1, a.2.lead.id).cmp(&(&b.0, b.1, b.2.lead.id)));
        Ok(holders.into_iter().map(|(key, _, stored)| (key, stored)).collect())
    }

    async fn leads(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredLead>> {
        let after = page.after.as_ref().map(|cursor| place(cursor, query)).transpose()?;
        let list = List::of(scope, query);
        if list.is_empty() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let limit = page.limit();
        let mut statement = list.page(&self.readers, after.as_ref(), limit + 1).await?;
        let found = statement.build().fetch_all(&self.readers).await.during("list leads")?;
        let leads = found.iter().map(|row| listed(row, query)).collect::<Result<Vec<_>>>()?;
        let cursor = |(last, key): &(StoredLead, Vec<u8>)| {
            Cursor::new(query.sort.list_name(), Some(key.clone()), last.lead.id.uuid().into_bytes())
        };
        Ok(Page::cut(leads, limit, cursor).map(|(stored, _)| stored))
    }

    async fn count_leads(&self, scope: &Scope, query: &LeadQuery, cap: u64) -> Result<u64> {
        let list = List::to_count(scope, query);
        if list.is_empty() {
            return Ok(0);
        }
        let limit = i64::try_from(cap).unwrap_or(i64::MAX).saturating_add(1);
        let mut statement = list.count(&self.readers, limit).await?;
        let n: i64 =
            statement.build_query_scalar().fetch_one(&self.readers).await.during("count leads")?;
        Ok(n.unsigned_abs())
    }

    async fn interactions(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Interaction>> {
        interactions::of_lead(&self.readers, scope, lead, page).await
    }

    async fn interaction(&self, scope: &Scope, id: InteractionId) -> Result<Option<Interaction>> {
        interactions::by_id(&self.readers, scope, id).await
    }

    async fn interaction_by_key<'a>(
        &self,
        scope: &Scope,
        lead: LeadId,
        key: &'a str,
    ) -> Result<Option<Interaction>> {
        interactions::by_key(&self.readers, scope, lead, key).await
    }

    async fn stays(&self, scope: &Scope, lead: LeadId) -> Result<Vec<Stay>> {
        interactions::stays(&self.readers, scope, lead).await
    }
}
