//! Lists of leads. Owns how a list is driven: by its order, by the leads of each owner, or by the few leads that a rare facet
//! or text leaves. Those are looked up first. With their ids at hand, either each of them is fetched, or the server follows
//! the order in an index alone and drops what is not among them, for which it hashes the ids.

use leadbox_core::filter::{Direction, LeadSort, Leaf, SortKey};
use leadbox_core::{LeadQuery, Owners, PageRequest, Scope, StorageError};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::storage_error;
use crate::filter::{Conditions, Driver, Tables, driving_facets, like};
use crate::paging::{after, number};
use crate::rows::storable;
use crate::storage::PostgresStorage;
use crate::texts::Question;

type Result<T> = std::result::Result<T, StorageError>;
type Sql = QueryBuilder<Postgres>;

/// Up to so many leads with all words of a search: each has to be read.
const RARE_TEXT: i64 = 4_000;
/// When so few leads are left, nothing rarer is looked for.
const FEW: usize = 500;

/// Up to so many owners, each one's first leads are taken and merged.
const FEW_OWNERS: usize = 32;

/// About so many leads are wanted of a list.
const WANTED: f64 = 50.0;

/// The leads that fulfil a condition.
pub(crate) struct Found<'q> {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) by: By<'q>,
}

impl Found<'_> {
    /// Whether to fetch each of the leads, rather than to meet them on a walk in order past so many leads. The server would
    /// take a row at hand to be as dear as one on a disk. Measured, it costs as much as 25 entries of an index that is
    /// walked, or 5 whose owner has to be looked at.
    fn is_fetched(&self, leads: f64, scope: &Scope) -> bool {
        let entry = if scope.owners == Owners::All { 1.0 } else { 5.0 };
        let found = self.ids.len() as f64;
        25.0 * found <= entry * WANTED * leads / found.max(1.0) || leads <= 0.0
    }
}

/// A condition that needs no second look.
#[derive(Clone, Copy)]
pub(crate) enum By<'q> {
    Facet(&'q Leaf),
    Texts,
}

/// Where an order is kept.
pub(crate) fn sort_column(by: SortKey) -> (Driver, &'static str) {
    match by {
        SortKey::Created => (Driver::Lead, "l.created_at"),
        SortKey::Name => (Driver::Lead, "l.name_key"),
        SortKey::Value => (Driver::Lead, "l.value_minor"),
        SortKey::Updated => (Driver::Pulse, "p.updated_at"),
        SortKey::Score => (Driver::Pulse, "p.total"),
        SortKey::LastInteraction => (Driver::Pulse, "p.last_at"),
    }
}

fn direction(sort: LeadSort) -> &'static str {
    if sort.direction == Direction::Ascending { "" } else { " desc" }
}

/// Appends `and (key, id)` behind the cursor.
fn push_after(sql: &mut Sql, sort: LeadSort, key: &[u8], id: Uuid) -> Result<()> {
    let (driver, column) = sort_column(sort.by);
    let comparison = if sort.direction == Direction::Ascending { ") > (" } else { ") < (" };
    sql.push(" and (").push(column).push(", ").push(driver.id()).push(comparison);
    match sort.by {
        SortKey::Created | SortKey::Updated | SortKey::LastInteraction => {
            let at = leadbox_core::from_unix_micros(number(key)?).ok_or(StorageError::BadCursor)?;
            sql.push_bind(storable(at));
        }
        SortKey::Score | SortKey::Value => {
            sql.push_bind(number(key)?);
        }
        SortKey::Name => {
            let name = std::str::from_utf8(key).map_err(|_| StorageError::BadCursor)?;
            sql.push_bind(name.to_owned());
        }
    }
    sql.push(", ").push_bind(id).push(")");
    Ok(())
}

/// What a list or count is built from.
pub(crate) struct List<'q> {
    scope: &'q Scope,
    query: &'q LeadQuery,
    driver: Driver,
    tables: Tables,
    found: Option<Found<'q>>,
    /// Whether to begin with what is found, rather than to drop the rest on the way.
    fetches: bool,
}

impl<'q> List<'q> {
    pub(crate) async fn of(
        storage: &PostgresStorage,
        scope: &'q Scope,
        query: &'q LeadQuery,
        driver: Driver,
    ) -> Result<Self> {
        let found = storage.rarest(scope, query).await?;
        let done = found.as_ref().map(|found| found.by);
        let tables = Tables::of(query, driver, done);
        Ok(Self { scope, query, driver, tables, found, fetches: true })
    }

    /// Prepares for a page, of which the first leads in order are enough.
    pub(crate) async fn in_order(mut self, storage: &PostgresStorage) -> Result<Self> {
        if let Some(found) = &self.found {
            let leads = storage.texts.leads(&storage.readers).await?;
            self.fetches = found.is_fetched(leads, self.scope);
        }
        Ok(self)
    }

    /// Appends `from ... where ...`, without the order; `owner` replaces the scope's owners.
    pub(crate) fn push_from(&self, sql: &mut Sql, owner: Option<&str>) {
        let (driver, tenant) = (self.driver, self.scope.tenant.0);
        let fetched = self.found.as_ref().filter(|_| self.fetches);
        sql.push(" from ");
        if let Some(found) = fetched {
            sql.push("unnest(").push_bind(found.ids.clone()).push(") as r (id) join ");
        }
        sql.push(if driver == Driver::Lead { "lead as l" } else { "lead_pulse as p" });
        if fetched.is_some() {
            sql.push(" on ").push(driver.id()).push(" = r.id");
        }
        let joins = [
            (self.tables.lead && driver != Driver::Lead, " join lead as l on l.id = "),
            (self.tables.profile, " join lead_profile as f on f.lead = "),
            (self.tables.pulse && driver != Driver::Pulse, " join lead_pulse as p on p.lead = "),
        ];
        for ((needed, join), alias) in joins.into_iter().zip(["l", "f", "p"]) {
            if needed {
                sql.push(join)
                    .push(driver.id())
                    .push(" and ")
                    .push(alias)
                    .push(".tenant = ")
                    .push_bind(tenant);
            }
        }
        sql.push(" where ").push(driver.tenant()).push(" = ").push_bind(tenant);
        sql.push(" and ").push(driver.live());
        if let (Some(found), None) = (&self.found, fetched) {
            // Wrapped, so that the planner neither weighs thousands of ids nor looks them up one by one.
            sql.push(" and coalesce(").push(driver.id()).push(" = any (");
            sql.push_bind(found.ids.clone()).push("), false)");
        }
        if self.query.check.is_nobodys() {
            // Said plainly, for the index that begins with the owner.
            sql.push(" and ").push(driver.owner()).push(" is null");
        }
        if let Some(owner) = owner {
            sql.push(" and ").push(driver.owner()).push(" = ").push(owner);
        }
        let conditions = Conditions {
            query: self.query,
            owners: owner.is_none().then_some(&self.scope.owners),
            driver,
            tenant,
            done: self.found.as_ref().map(|found| found.by),
        };
        conditions.push(sql);
    }

    /// Appends the ids and sort keys of one page, and one row more.
    pub(crate) fn push_page(&self, sql: &mut Sql, page: &PageRequest) -> Result<()> {
        let sort = self.query.sort;
        let place = after(page, &sort.list_name())?;
        let direction = direction(sort);
        let limit = i64::from(page.limit()) + 1;
        let few = match &self.scope.owners {
            Owners::Only(owners) if (2..=FEW_OWNERS).contains(&owners.len()) => Some(owners),
            _ => None,
        };
        let Some(few) = few.filter(|_| self.found.is_none()) else {
            return self.push_run(sql, None, place, limit);
        };
        // Each owner's leads lie in order in an index; all owners' do not.
        let owners: Vec<Uuid> = few.iter().map(|owner| owner.uuid()).collect();
        sql.push("select o.id, o.sort_key from unnest(")
            .push_bind(owners)
            .push(") as w (owner) cross join lateral (");
        self.push_run(sql, Some("w.owner"), place, limit)?;
        sql.push(") as o order by o.sort_key").push(direction);
        sql.push(", o.id").push(direction).push(" limit ").push_bind(limit);
        Ok(())
    }

    /// Appends the first leads in order behind a place, of one owner or of all in the scope.
    fn push_run(
        &self,
        sql: &mut Sql,
        owner: Option<&str>,
        place: Option<(&[u8], Uuid)>,
        limit: i64,
    ) -> Result<()> {
        let (driver, column) = sort_column(self.query.sort.by);
        sql.push("select ").push(driver.id()).push(" as id, ").push(column).push(" as sort_key");
        self.push_from(sql, owner);
        if let Some((key, id)) = place {
            push_after(sql, self.query.sort, key, id)?;
        }
        let direction = direction(self.query.sort);
        sql.push(" order by ").push(column).push(direction);
        sql.push(", ").push(driver.id()).push(direction).push(" limit ").push_bind(limit);
        Ok(())
    }
}

impl PostgresStorage {
    /// The leads that the rarest condition leaves, if there is one that leaves few.
    async fn rarest<'q>(&self, scope: &Scope, query: &'q LeadQuery) -> Result<Option<Found<'q>>> {
        let question = self.texts.question(&self.readers, &query.search, RARE_TEXT as f64).await?;
        let by_text = match &question {
            Some(question) => self.with_text(scope, question).await?,
            None => None,
        };
        if by_text.as_ref().is_some_and(|found| found.ids.len() <= FEW) {
            return Ok(by_text);
        }
        let by_facet = match &driving_facets(&query.check)[..] {
            [] => None,
            [leaf] => self.with_facet(scope, leaf).await?,
            leaves => {
                let leaf = self.rarest_facet(scope, leaves).await?;
                self.with_facet(scope, leaf).await?
            }
        };
        Ok(by_text.into_iter().chain(by_facet).min_by_key(|found| found.ids.len()))
    }

    /// The leads with all words of a search.
    async fn with_text<'q>(&self, scope: &Scope, question: &Question) -> Result<Option<Found<'q>>> {
        // One row, since thousands cost as much as finding them.
        let mut sql = Sql::new("select coalesce(array_agg(x.lead), '{}') from (");
        sql.push("select f.lead from lead_profile as f where f.tenant = ")
            .push_bind(scope.tenant.0);
        for piece in &question.pieces {
            sql.push(" and f.search_text like ").push_bind(like(piece));
        }
        for word in question.words.iter().filter(|word| !question.pieces.contains(word)) {
            sql.push(" and strpos(f.search_text, ").push_bind(word.as_str()).push(") > 0");
        }
        sql.push(" limit ").push_bind(RARE_TEXT + 1).push(") as x");
        let found = sql.build_query_scalar().fetch_one(&self.readers).await;
        let ids: Vec<Uuid> = found.map_err(|error| storage_error("look texts up", error))?;
        let few = i64::try_from(ids.len()).is_ok_and(|count| count <= RARE_TEXT);
        Ok(few.then_some(Found { ids, by: By::Texts }))
    }
}
