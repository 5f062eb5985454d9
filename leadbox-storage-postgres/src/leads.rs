//! Leads, interactions and stays as readers see them. Owns look-ups by id and key, and the places of pages; how lists find
//! their rows is decided in `lists`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use leadbox_core::filter::{Direction, Leaf, SortKey};
use leadbox_core::storage::{LeadSample, LeadStore};
use leadbox_core::{
    Cursor, IdentityKey, IdentityKind, Interaction, InteractionId, KeyedLead, LeadId, LeadQuery,
    Owners, Page, PageRequest, Scope, SharedKey, Stay, StorageError, StoredLead, Tenant,
};
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};
use uuid::Uuid;

use crate::error::storage_error;
use crate::filter::{Driver, Tables, push_facet_test};
use crate::keyed;
use crate::lists::{List, sort_column};
use crate::paging::{moment_after, moment_key, number_key};
use crate::rows::{self, lead_columns, storable};
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;
type Sql = QueryBuilder<Postgres>;

/// The owners of a scope that does not see all.
pub(crate) fn owners(scope: &Scope) -> Option<Vec<Uuid>> {
    match &scope.owners {
        Owners::All => None,
        Owners::Only(owners) => Some(owners.iter().map(|owner| owner.uuid()).collect()),
    }
}

/// The sort key of a row as it goes into a cursor.
fn cursor_key(row: &PgRow, by: SortKey) -> std::result::Result<Vec<u8>, sqlx::Error> {
    Ok(match by {
        SortKey::Created | SortKey::Updated | SortKey::LastInteraction => {
            moment_key(row.try_get("sort_key")?)
        }
        SortKey::Score | SortKey::Value => number_key(row.try_get("sort_key")?),
        SortKey::Name => row.try_get::<String, _>("sort_key")?.into_bytes(),
    })
}

/// The leads with one of the keys of a kind, and behind them (by rank) those into which a lead was merged that had it. Step
/// by step, which is what `offset 0` says: a plan that is kept from when the table was empty then goes by the key's index
/// all the same, and never through all leads, or through all that were merged.
macro_rules! with_keys {
    ($kind:literal, $keys:literal, $column:literal, $rank:literal) => {
        concat!(
            "select ",
            $kind,
            "::smallint as identity_kind, x.",
            $column,
            " as identity_key, x.* from unnest(",
            $keys,
            "::text[]) as w (key) cross join lateral (select ",
            $rank,
            r" as rank,
                lead.*
            from lead
            where tenant = $1 and deleted_at is null and ",
            $column,
            " is not null and ",
            $column,
            " = w.key offset 0) as x union all select ",
            $kind,
            "::smallint, m.",
            $column,
            ", 2, x.* from unnest(",
            $keys,
            "::text[]) as w (key) cross join lateral (select ",
            $column,
            r", merged_into
            from lead
            where tenant = $1 and merged_into is not null and ",
            $column,
            " is not null and ",
            $column,
            r" = w.key offset 0) as m cross join lateral (
                select *
                from lead
                where tenant = $1 and id = m.merged_into and deleted_at is null
                offset 0
            ) as x",
        )
    };
}

/// Appends a select of the leads with a tag or value, each once. Only live leads have it, so none has to be looked at.
fn push_with_facet(sql: &mut Sql, scope: &Scope, leaf: &Leaf) {
    sql.push("select distinct x.lead as id from lead_facet as x where x.tenant = ");
    sql.push_bind(scope.tenant.0).push(" and x.name = ").push_bind(leaf.field.to_string());
    sql.push(" and ");
    push_facet_test(sql, &leaf.test);
    if let Some(owners) = owners(scope) {
        sql.push(" and x.owner = any (").push_bind(owners).push(")");
    }
}

impl PostgresStorage {
    /// How many leads pass, and a share of them, drawn by a hash of their ids.
    async fn drawn(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        share: f64,
    ) -> Result<(u64, Vec<LeadId>)> {
        let driver =
            if Tables::of(query, Driver::Pulse, None).lead { Driver::Lead } else { Driver::Pulse };
        let mut sql = Sql::new(
            "select count(*), coalesce(array_agg(found.id) filter (where uuid_hash(found.id) & 2147483647 <= ",
        );
        sql.push_bind(share * f64::from(i32::MAX)).push("), '{}') from (");
        if let Some(leaf) = query.only_facet() {
            push_with_facet(&mut sql, scope, leaf);
        } else {
            sql.push("select ").push(driver.id()).push(" as id");
            List::of(self, scope, query, driver).await?.push_from(&mut sql, None);
        }
        sql.push(") as found");
        let (count, ids): (i64, Vec<Uuid>) = sql
            .build_query_as()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| storage_error("draw some leads", error))?;
        Ok((count.unsigned_abs(), ids.into_iter().map(LeadId::from_uuid).collect()))
    }
}

#[async_trait]
impl LeadStore for PostgresStorage {
    async fn lead(&self, scope: &Scope, id: LeadId) -> Result<Option<StoredLead>> {
        let row = sqlx::query(concat!(
            "select",
            lead_columns!(),
            r"
            from lead as l
            join lead_profile as f on f.tenant = l.tenant and f.lead = l.id
            join lead_pulse as p on p.tenant = l.tenant and p.lead = l.id
            where l.tenant = $1 and l.id = $2 and ($3::uuid[] is null or l.owner = any ($3))"
        ))
        .bind(scope.tenant.0)
        .bind(id.uuid())
        .bind(owners(scope))
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a lead", error))?;
        row.as_ref().map(rows::stored_lead).transpose()
    }

    async fn leads_by_id(&self, scope: &Scope, ids: &[LeadId]) -> Result<Vec<StoredLead>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows = sqlx::query(concat!(
            "select",
            lead_columns!(),
            r"
            from lead as l
            join lead_profile as f on f.tenant = l.tenant and f.lead = l.id
            join lead_pulse as p on p.tenant = l.tenant and p.lead = l.id
            where l.tenant = $1 and l.id = any ($2) and ($3::uuid[] is null or l.owner = any ($3))"
        ))
        .bind(scope.tenant.0)
        .bind(ids)
        .bind(owners(scope))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("read leads", error))?;
        rows.iter().map(rows::stored_lead).collect()
    }

    async fn leads_by_identity(
        &self,
        tenant: Tenant,
        keys: &[IdentityKey],
    ) -> Result<Vec<(IdentityKey, StoredLead)>> {
        let of_kind = |kind: IdentityKind| -> Vec<&str> {
            keys.iter().filter(|key| key.kind == kind).map(|key| key.key.as_str()).collect()
        };
        let failed = |error| storage_error("read leads by identity", error);
        let rows = sqlx::query(concat!(
            "select l.identity_kind, l.identity_key, l.rank,",
            lead_columns!(),
            r"
            from (",
            with_keys!("0", "$2", "email_key", "(email_slot <> 0)::integer"),
            " union all ",
            with_keys!("1", "$3", "phone_key", "(phone_slot <> 0)::integer"),
            " union all ",
            with_keys!("2", "$4", "external_id", "0"),
            r"
            ) as l
            cross join lateral (
                select *
                from lead_profile
                where tenant = l.tenant and lead = l.id
                offset 0
            ) as f
            cross join lateral (
                select *
                from lead_pulse
                where tenant = l.tenant and lead = l.id
                offset 0
            ) as p
            order by l.identity_kind, l.identity_key, l.rank, l.id"
        ))
        .bind(tenant.0)
        .bind(of_kind(IdentityKind::Email))
        .bind(of_kind(IdentityKind::Phone))
        .bind(of_kind(IdentityKind::ExternalId))
        .fetch_all(&self.writers)
        .await
        .map_err(failed)?;
        let mut seen = BTreeSet::new();
        let found = rows
            .iter()
            .map(|row| {
                let kind = match row.try_get::<i16, _>("identity_kind").map_err(failed)? {
                    0 => IdentityKind::Email,
                    1 => IdentityKind::Phone,
                    _ => IdentityKind::ExternalId,
                };
                let key = row.try_get("identity_key").map_err(failed)?;
                Ok((IdentityKey { kind, key }, rows::stored_lead(row)?))
            })
            .collect::<Result<Vec<_>>>()?;
        let is_new =
            |(key, stored): &(IdentityKey, StoredLead)| seen.insert((key.clone(), stored.lead.id));
        Ok(found.into_iter().filter(is_new).collect())
    }

    async fn leads_merged_into(&self, tenant: Tenant, lead: LeadId) -> Result<Vec<StoredLead>> {
        let rows = sqlx::query(concat!(
            "select",
            lead_columns!(),
            r"
            from lead as l
            join lead_profile as f on f.tenant = l.tenant and f.lead = l.id
            join lead_pulse as p on p.tenant = l.tenant and p.lead = l.id
            where l.tenant = $1 and l.merged_into = $2
            order by l.id"
        ))
        .bind(tenant.0)
        .bind(lead.uuid())
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("read merged leads", error))?;
        rows.iter().map(rows::stored_lead).collect()
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

    async fn leads(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredLead>> {
        let failed = |error| storage_error("list leads", error);
        let (driver, _) = sort_column(query.sort.by);
        let mut sql = Sql::new(concat!("select k.sort_key,", lead_columns!(), " from ("));
        let list = List::of(self, scope, query, driver).await?.in_order(self).await?;
        list.push_page(&mut sql, page)?;
        sql.push(
            r") as k
            join lead as l on l.id = k.id
            join lead_profile as f on f.lead = k.id
            join lead_pulse as p on p.lead = k.id
            where l.tenant = ",
        );
        let tenant = scope.tenant.0;
        sql.push_bind(tenant)
            .push(" and f.tenant = ")
            .push_bind(tenant)
            .push(" and p.tenant = ")
            .push_bind(tenant);
        sql.push(if query.sort.direction == Direction::Ascending {
            " order by k.sort_key, k.id"
        } else {
            " order by k.sort_key desc, k.id desc"
        });
        let rows = sql.build().fetch_all(&self.readers).await.map_err(failed)?;
        let list = query.sort.list_name();
        let leads = rows
            .iter()
            .map(|row| {
                Ok((cursor_key(row, query.sort.by).map_err(failed)?, rows::stored_lead(row)?))
            })
            .collect::<Result<Vec<_>>>()?;
        let page = Page::cut(leads, page.limit(), |(key, stored)| {
            Cursor::new(list, Some(key.clone()), stored.lead.id.uuid().into_bytes())
        });
        Ok(page.map(|(_, stored)| stored))
    }

    async fn count_leads(&self, scope: &Scope, query: &LeadQuery, cap: u64) -> Result<u64> {
        // The pulse is the smaller table, and has stage and owner.
        let driver =
            if Tables::of(query, Driver::Pulse, None).lead { Driver::Lead } else { Driver::Pulse };
        let mut sql = Sql::new("select count(*) from (select");
        List::of(self, scope, query, driver).await?.push_from(&mut sql, None);
        sql.push(" limit ")
            .push_bind(i64::try_from(cap).unwrap_or(i64::MAX).saturating_add(1))
            .push(") as found");
        let count: i64 = sql
            .build_query_scalar()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| storage_error("count leads", error))?;
        Ok(count.unsigned_abs())
    }

    async fn lead_ids(&self, scope: &Scope, query: &LeadQuery, limit: u64) -> Result<Vec<LeadId>> {
        let driver =
            if Tables::of(query, Driver::Pulse, None).lead { Driver::Lead } else { Driver::Pulse };
        // One row, since a million of them take longer to hand over than to find.
        let mut sql = Sql::new("select coalesce(array_agg(found.id), '{}') from (select ");
        sql.push(driver.id()).push(" as id");
        List::of(self, scope, query, driver).await?.push_from(&mut sql, None);
        sql.push(" limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX)).push(") as found");
        let ids: Vec<Uuid> = sql
            .build_query_scalar()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| storage_error("read the ids of leads", error))?;
        Ok(ids.into_iter().map(LeadId::from_uuid).collect())
    }

    async fn lead_sample(
        &self,
        scope: &Scope,
        query: &LeadQuery,
        most: usize,
    ) -> Result<LeadSample> {
        let leads = self.texts.leads(&self.readers).await?;
        LeadSample::draw(most, leads, |share| self.drawn(scope, query, share)).await
    }

    async fn interactions(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Interaction>> {
        let place = moment_after(page, "interactions")?;
        let rows = sqlx::query(
            r"
            select tenant, id, lead, kind, at, received_at, key, suspect, decided, reason, props
            from interaction
            where tenant = $1
              and lead = $2
              and exists (
                    select from lead as l where l.tenant = $1 and l.id = $2 and ($3::uuid[] is null or l.owner = any ($3))
              )
              and ($4::timestamptz is null or (at, id) < ($4, $5))
            order by at desc, id desc
            limit $6",
        )
        .bind(scope.tenant.0)
        .bind(lead.uuid())
        .bind(owners(scope))
        .bind(place.map(|(at, _)| storable(at)))
        .bind(place.map(|(_, id)| id))
        .bind(i64::from(page.limit()) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("list interactions", error))?;
        let found = rows.iter().map(rows::interaction).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, page.limit(), |last| {
            Cursor::new("interactions", Some(moment_key(last.at)), last.id.uuid().into_bytes())
        }))
    }

    async fn interaction(&self, scope: &Scope, id: InteractionId) -> Result<Option<Interaction>> {
        let row = sqlx::query(
            r"
            select i.tenant, i.id, i.lead, i.kind, i.at, i.received_at, i.key, i.suspect, i.decided, i.reason, i.props
            from interaction as i
            join lead as l on l.tenant = i.tenant and l.id = i.lead
            where i.tenant = $1 and i.id = $2 and ($3::uuid[] is null or l.owner = any ($3))",
        )
        .bind(scope.tenant.0)
        .bind(id.uuid())
        .bind(owners(scope))
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read an interaction", error))?;
        row.as_ref().map(rows::interaction).transpose()
    }

    async fn interaction_by_key<'a>(
        &self,
        scope: &Scope,
        lead: LeadId,
        key: &'a str,
    ) -> Result<Option<Interaction>> {
        let row = sqlx::query(
            r"
            (
                select i.tenant, i.id, i.lead, i.kind, i.at, i.received_at, i.key, i.suspect, i.decided, i.reason, i.props
                from interaction as i
                join lead as l on l.tenant = i.tenant and l.id = i.lead
                where i.tenant = $1 and i.lead = $2 and i.key = $3 and i.origin is null
                  and ($4::uuid[] is null or l.owner = any ($4))
            )
            union all
            (
                select i.tenant, i.id, i.lead, i.kind, i.at, i.received_at, i.key, i.suspect, i.decided, i.reason, i.props
                from interaction as i
                join lead as l on l.tenant = i.tenant and l.id = i.lead
                where i.tenant = $1 and i.lead = $2 and i.key = $3 and i.origin is not null
                  and ($4::uuid[] is null or l.owner = any ($4))
                order by i.id
                limit 1
            )
            limit 1",
        )
        .bind(scope.tenant.0)
        .bind(lead.uuid())
        .bind(key)
        .bind(owners(scope))
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read an interaction by key", error))?;
        row.as_ref().map(rows::interaction).transpose()
    }

    async fn stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        let leads: Vec<Uuid> = leads.iter().map(|lead| lead.uuid()).collect();
        let rows = sqlx::query(
            r"
            select s.tenant, s.id, s.lead, s.pipeline, s.stage, s.entered_at, s.entered_by, s.left_at, s.left_by
            from stay as s
            join lead as l on l.tenant = s.tenant and l.id = s.lead
            where s.tenant = $1 and s.lead = any ($2) and ($3::uuid[] is null or l.owner = any ($3))
            order by s.lead, s.entered_at, s.id",
        )
        .bind(scope.tenant.0)
        .bind(leads)
        .bind(owners(scope))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("list stays", error))?;
        rows.iter().map(rows::stay).collect()
    }

    async fn open_stays(&self, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
        let leads: Vec<Uuid> = leads.iter().map(|lead| lead.uuid()).collect();
        let rows = sqlx::query(
            r"
            select s.tenant, s.id, s.lead, s.pipeline, s.stage, s.entered_at, s.entered_by, s.left_at, s.left_by
            from stay as s
            join lead as l on l.tenant = s.tenant and l.id = s.lead
            where s.tenant = $1
              and s.lead = any ($2)
              and s.left_at is null
              and ($3::uuid[] is null or l.owner = any ($3))",
        )
        .bind(scope.tenant.0)
        .bind(leads)
        .bind(owners(scope))
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("list open stays", error))?;
        rows.iter().map(rows::stay).collect()
    }
}
