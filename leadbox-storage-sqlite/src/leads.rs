//! Leads as readers see them. Owns look-ups by id, and the places of pages; how lists find their rows is decided
//! in `lists`.

use async_trait::async_trait;
use leadbox_core::filter::{LeadQuery, SortKey};
use leadbox_core::storage::{LeadSample, LeadStore, StorageError};
use leadbox_core::{
    Cursor, IdentityKey, Interaction, InteractionId, KeyedLead, LeadId, Page, PageRequest, Scope,
    SharedKey, Stay, StoredLead, Tenant,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::error::{During, Result};
use crate::interactions;
use crate::keyed;
use crate::lists::List;
use crate::order::Key;
use crate::paging::{number_key, number_of};
use crate::rows::{self, lead_columns};
use crate::statement::Rows;
use crate::storage::SqliteStorage;

/// Where the columns behind those of a lead begin.
pub(crate) const BEHIND: usize = 28;

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

/// The place behind which a page begins.
fn place(cursor: &Cursor, query: &LeadQuery) -> Result<(Key, [u8; 16])> {
    let (key, id) = cursor.of(&query.sort.list_name()).map_err(|_| StorageError::BadCursor)?;
    let key = match query.sort.by {
        SortKey::Name => {
            let text =
                key.and_then(|key| std::str::from_utf8(key).ok()).ok_or(StorageError::BadCursor)?;
            Key::Text(text.to_owned())
        }
        _ => Key::Number(number_of(key)?),
    };
    Ok((key, id))
}

/// A lead of a list, with its place.
fn listed(row: &SqliteRow, query: &LeadQuery) -> Result<(StoredLead, Vec<u8>)> {
    let key = match query.sort.by {
        SortKey::Name => row.try_get::<String, _>(BEHIND).during("read leads")?.into_bytes(),
        _ => number_key(row.try_get(BEHIND).during("read leads")?),
    };
    Ok((rows::stored_lead(row)?, key))
}

/// Ids that came as one text of digits.
fn ids(digits: Option<String>) -> Result<Vec<LeadId>> {
    let id = |digits: &[u8]| {
        let id = Uuid::try_parse_ascii(digits);
        id.map(LeadId::from_uuid).map_err(|_| StorageError::corrupt("lead", "id", "of a list"))
    };
    digits.unwrap_or_default().as_bytes().chunks(32).map(id).collect()
}

impl SqliteStorage {
    /// How many leads pass, and a share of them.
    async fn drawn(&self, list: &List<'_>, share: f64) -> Result<(u64, Vec<LeadId>)> {
        let mut statement = list.sample(&self.readers, share).await?;
        let (count, drawn): (i64, Option<String>) = statement
            .build_query_as()
            .fetch_one(&mut *self.readers.acquire().await?)
            .await
            .during("draw some leads")?;
        Ok((count.unsigned_abs(), ids(drawn)?))
    }
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
        let mut connection = self.readers.acquire().await?;
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
        self.lookups.find(&self.readers, tenant, keys).await
    }

    async fn leads_by_key<'a>(
        &self,
        scope: &Scope,
        by: SharedKey,
        after: Option<&'a KeyedLead>,
        limit: u32,
    ) -> Result<Vec<KeyedLead>> {
        keyed::leads(&self.readers, scope, by, after, limit).await
    }

    async fn leads_merged_into(&self, tenant: Tenant, lead: LeadId) -> Result<Vec<StoredLead>> {
        let found = sqlx::query(concat!(
            "select ",
            lead_columns!(),
            " from lead l
             cross join lead_profile p on p.no = l.no
             cross join lead_pulse s on s.no = l.no
             where l.tenant = ? and l.merged_into = ?
             order by l.id"
        ))
        .bind(tenant.0)
        .bind(lead.uuid())
        .fetch_all(&mut *self.readers.acquire().await?)
        .await
        .during("read merged leads")?;
        found.iter().map(rows::stored_lead).collect()
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
        let found = statement
            .build()
            .fetch_all(&mut *self.readers.acquire().await?)
            .await
            .during("list leads")?;
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
        let n: i64 = statement
            .build_query_scalar()
            .fetch_one(&mut *self.readers.acquire().await?)
            .await
            .during("count leads")?;
        Ok(n.unsigned_abs())
    }

    async fn lead_ids(&self, scope: &Scope, query: &LeadQuery, limit: u64) -> Result<Vec<LeadId>> {
        let list = List::of(scope, query);
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = list.ids(&self.readers, limit).await?;
        let found: Option<String> = statement
            .build_query_scalar()
            .fetch_one(&mut *self.readers.acquire().await?)
            .await
            .during("read the ids of leads")?;
        ids(found)
    }

    async fn lead_sample(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        most: usize,
    ) -> Result<LeadSample> {
        let list = List::to_count(scope, query);
        if list.is_empty() {
            return Ok(LeadSample::default());
        }
        // More than there are, where another tenant has some: then it takes another draw.
        let rows: Option<i64> = sqlx::query_scalar("select max(no) from lead")
            .fetch_one(&mut *self.readers.acquire().await?)
            .await
            .during("draw some leads")?;
        let leads = rows.unwrap_or(0) as f64;
        LeadSample::draw(most, leads, |share| self.drawn(&list, share)).await
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

    async fn stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        interactions::stays(&self.readers, scope, leads).await
    }

    async fn open_stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        interactions::open_stays(&self.readers, scope, leads).await
    }
}
