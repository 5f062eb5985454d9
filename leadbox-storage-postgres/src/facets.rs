//! Leads by a tag or by the value of a custom field. Owns which values are rare enough to begin a list with.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use leadbox_core::filter::Leaf;
use leadbox_core::{Scope, StorageError, Tenant};
use uuid::Uuid;

use crate::error::storage_error;
use crate::filter::single_facet;
use crate::leads::owners;
use crate::lists::{By, Found};
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

/// Up to so many leads with a value are looked up first. Others are met soon enough on the way.
const RARE: i64 = 8_000;
/// For how long a value is taken to be common without a look.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How many values are remembered.
const MOST_REMEMBERED: usize = 1_000;

/// A value of a tenant's tag or custom field.
type Facet = (Tenant, String, Vec<u8>);

/// Values that were found to be common: to find it out costs as much as a list.
#[derive(Debug, Default)]
pub(crate) struct Common(Mutex<HashMap<Facet, Instant>>);

impl Common {
    fn holds(&self, facet: &Facet) -> bool {
        self.known().get(facet).is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    fn note(&self, facet: Facet) {
        let mut known = self.known();
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(facet, Instant::now());
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Facet, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PostgresStorage {
    /// The leads with a facet's value, of those that the scope sees.
    pub(crate) async fn with_facet<'q>(
        &self,
        scope: &Scope,
        leaf: &'q Leaf,
    ) -> Result<Option<Found<'q>>> {
        let Some((name, key)) = single_facet(leaf) else { return Ok(None) };
        let facet = (scope.tenant, name, key.to_vec());
        if self.common.holds(&facet) {
            return Ok(None);
        }
        let (count, ids): (i64, Vec<Uuid>) = sqlx::query_as(
            r"
            select
                count(*),
                coalesce(array_agg(lead) filter (where $4::uuid[] is null or owner = any ($4)), '{}')
            from (
                select
                    x.lead,
                    x.owner
                from lead_facet as x
                where x.tenant = $1
                  and x.name = $2
                  and x.key = $3
                limit $5
            ) as x",
        )
        .bind(scope.tenant.0)
        .bind(&facet.1)
        .bind(&facet.2)
        .bind(owners(scope))
        .bind(RARE + 1)
        .fetch_one(&self.writers)
        .await
        .map_err(|error| storage_error("look a facet up", error))?;
        if count > RARE {
            self.common.note(facet);
            return Ok(None);
        }
        Ok(Some(Found { ids, by: By::Facet(leaf) }))
    }

    /// Of several facets, the one that fewest leads have.
    pub(crate) async fn rarest_facet<'q>(
        &self,
        scope: &Scope,
        leaves: &[&'q Leaf],
    ) -> Result<&'q Leaf> {
        let (names, keys): (Vec<String>, Vec<Vec<u8>>) = leaves
            .iter()
            .filter_map(|leaf| single_facet(leaf))
            .map(|(name, key)| (name, key.to_vec()))
            .unzip();
        let counts: Vec<i64> = sqlx::query_scalar(
            r"
            select
                (
                    select count(*)
                    from (
                        select
                        from lead_facet as x
                        where x.tenant = $1 and x.name = w.name and x.key = w.key
                        limit $4
                    ) as found
                )
            from unnest($2::text[], $3::bytea[]) with ordinality as w (name, key, ord)
            order by ord",
        )
        .bind(scope.tenant.0)
        .bind(names)
        .bind(keys)
        .bind(RARE + 1)
        .fetch_all(&self.writers)
        .await
        .map_err(|error| storage_error("count a facet", error))?;
        let rarest = leaves.iter().zip(counts).min_by_key(|(_, count)| *count);
        rarest
            .map(|(leaf, _)| *leaf)
            .ok_or_else(|| storage_error("count a facet", sqlx::Error::RowNotFound))
    }
}
