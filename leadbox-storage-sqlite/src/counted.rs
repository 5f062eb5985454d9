//! Leads that are counted, drawn, or read by their ids alone, in no certain order. Owns their statements; what passes, and
//! which index finds it, is `lists`'s to say.

use leadbox_core::filter::{LeadField, LeadQuery, Leaf, SortKey};
use leadbox_core::{Owners, Scope};
use sqlx::{QueryBuilder, Sqlite};

use crate::error::Result;
use crate::filter::push_facet;
use crate::lists::{FEW, List, Way};
use crate::order::Order;
use crate::readers::Readers;
use crate::sources::Source;
use crate::texts;

/// Up to so many rows of a rare condition are gathered, since nothing is sorted.
const FEW_TO_COUNT: i64 = 250_000;

/// Whether a row is drawn, by its number. Multiplied by the golden ratio, numbers that follow each other lie evenly, and no
/// rhythm in the rows shows.
const DRAWN: &str = "((row.no & 2147483647) * 2654435769) & 4294967295 <= ";

impl<'a> List<'a> {
    /// A question that is only counted: walked by score, whose indexes lead by owner and stage; or, where it says when leads came
    /// in, between those days, since by score each would have to be looked up for that.
    pub(crate) fn to_count(scope: &'a Scope, query: &'a LeadQuery) -> Self {
        let list = Self::of(scope, query);
        let is_dated = list.leaves.iter().any(|leaf| leaf.field == LeadField::CreatedAt);
        let by = if is_dated { SortKey::Created } else { SortKey::Score };
        Self { order: Order::of(by), ..list }
    }

    /// The statement that counts the rows that pass, up to a limit.
    pub(crate) async fn count(
        &self,
        readers: &Readers,
        limit: i64,
    ) -> Result<QueryBuilder<Sqlite>> {
        if let Some(leaf) = self.only_facet() {
            let mut query = QueryBuilder::new("select count(*) from (");
            self.push_facet_rows(&mut query, leaf);
            query.push(" limit ").push_bind(limit).push(")");
            return Ok(query);
        }
        // A few are met on a walk before many are gathered.
        let way = self.way(readers, if limit > FEW { FEW_TO_COUNT } else { FEW }).await?;
        Ok(self.count_by(&way, limit))
    }

    /// Appends the numbers of the rows with a tag or value, each once.
    fn push_facet_rows(&self, query: &mut QueryBuilder<Sqlite>, leaf: &Leaf) {
        query.push(
            "select distinct f.no from lead_facet f indexed by lead_facet_no where f.tenant = ",
        );
        query.push_bind(self.scope.tenant.0).push(" and ");
        push_facet(query, leaf);
    }

    /// The statement that counts on a walk.
    #[cfg(test)]
    pub(crate) fn walk_count(&self, limit: i64) -> QueryBuilder<Sqlite> {
        self.count_by(&self.walk(), limit)
    }

    fn count_by(&self, way: &Way<'_>, limit: i64) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("select count(*) from (select 1");
        self.push_passing(&mut query, way);
        query.push(" limit ").push_bind(limit).push(")");
        query
    }

    /// The statement that counts the rows that pass and draws a share of them, as one text of digits.
    pub(crate) async fn sample(
        &self,
        readers: &Readers,
        share: f64,
    ) -> Result<QueryBuilder<Sqlite>> {
        let mut query = QueryBuilder::new("select count(*), group_concat(case when ");
        query.push(DRAWN).push_bind(share * f64::from(u32::MAX)).push(" then ");
        if let Some(leaf) = self.only_facet() {
            query.push("(select hex(l.id) from lead l where l.no = row.no) end, '') from (");
            self.push_facet_rows(&mut query, leaf);
        } else {
            let way = self.way(readers, FEW_TO_COUNT).await?;
            query.push("hex(row.id) end, '') from (select ");
            query.push(self.order.table.alias()).push(".no as no, ").push(self.order.id);
            query.push(" as id");
            self.push_passing(&mut query, &way);
        }
        query.push(") as row");
        Ok(query)
    }

    /// The tag or value that everything depends on, if it is one alone: only live leads have it, so none has to be looked at.
    fn only_facet(&self) -> Option<&'a Leaf> {
        self.query.only_facet().filter(|_| self.scope.owners == Owners::All)
    }

    /// Appends the rows that pass, in no certain order.
    fn push_passing(&self, query: &mut QueryBuilder<Sqlite>, way: &Way<'_>) {
        if let Way::Gather(source) = way {
            return self.push_rows(query, "", None, Some(source));
        }
        let Order { table, column, index, by_owner, by_stage, .. } = &self.order;
        let is_owners = self.owners.is_some() || self.query.check.is_nobodys();
        // Also common words are met sooner one after another than in an order in which each row lies elsewhere.
        if let (Some(question), false) =
            (texts::question(&self.query.search), is_owners || self.stages.is_some())
        {
            return self.push_rows(query, "", None, Some(&Source::Words(question)));
        }
        let narrow = match self.stages {
            _ if is_owners => by_owner,
            Some(_) => by_stage,
            None => &None,
        };
        self.push_rows(query, narrow.unwrap_or(index), None, None);
        let ids = [(".owner in (", &self.owners), (".stage in (", &self.stages)];
        for (among, ids) in ids.into_iter().filter_map(|(among, ids)| Some((among, ids.as_ref()?)))
        {
            let mut list = query.push(" and ").push(table.alias()).push(among).separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            query.push(")");
        }
        let (from, to) = self.bounds();
        for (comparison, bound) in [(" >= ", from), (" <= ", to)] {
            if let Some(bound) = bound {
                query.push(" and ").push(*column).push(comparison).push_bind(bound);
            }
        }
    }

    /// The statement for the ids of the rows that pass, up to a limit, as one text of digits: a million rows one by one take
    /// longer to hand over than to find.
    pub(crate) async fn ids(&self, readers: &Readers, limit: i64) -> Result<QueryBuilder<Sqlite>> {
        let by_creation =
            Self { order: Order::of(SortKey::Created), ..Self::of(self.scope, self.query) };
        let way = by_creation.way(readers, FEW_TO_COUNT).await?;
        let mut query =
            QueryBuilder::new("select group_concat(hex(id), '') from (select l.id as id");
        by_creation.push_passing(&mut query, &way);
        query.push(" limit ").push_bind(limit).push(")");
        Ok(query)
    }
}
