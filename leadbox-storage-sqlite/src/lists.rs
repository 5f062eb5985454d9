//! Lists of leads. Owns which index finds the rows. There are two ways: to walk an index in the order asked for and drop
//! what does not pass, which is fast when many pass; or to gather the few rows that a rare condition leaves and sort
//! them. A look at how many rows each condition leaves, up to a limit, tells which.

use std::collections::BTreeSet;

use leadbox_core::filter::{
    Check, Direction, LeadField, LeadQuery, Leaf, Operand, SearchTerm, Sense, Test,
};
use leadbox_core::{Owners, Scope};
use sqlx::{QueryBuilder, Row, Sqlite};
use uuid::Uuid;

use crate::error::{During, Result};
use crate::filter::{Table, looks_into, push_check, push_search};
use crate::order::{Key, Order};
use crate::readers::Readers;
use crate::rows::{MISSING, lead_columns};
use crate::sources::Source;
use crate::texts;

/// Up to so many rows are gathered and sorted; more are better met on a walk.
pub(crate) const FEW: i64 = 4_000;
/// Up to so many owners or stages are walked side by side.
const SIDE_BY_SIDE: usize = 16;

/// Which rows are found, and how.
pub(crate) enum Way<'a> {
    /// Walk an index, once for each value of its leading column, if it has one.
    Walk { index: &'static str, leading: Option<(&'static str, Vec<Uuid>)> },
    /// Gather the rows of a rare condition.
    Gather(Source<'a>),
}

/// A question with what follows from it at first sight.
pub(crate) struct List<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) query: &'a LeadQuery,
    pub(crate) order: Order,
    /// Conditions that all have to hold.
    pub(crate) leaves: Vec<&'a Leaf>,
    /// The only owners and stages that can pass, if there is such a limit.
    pub(crate) owners: Option<BTreeSet<Uuid>>,
    pub(crate) stages: Option<BTreeSet<Uuid>>,
}

fn conjuncts<'a>(check: &'a Check, leaves: &mut Vec<&'a Leaf>) {
    match check {
        Check::All(checks) => checks.iter().for_each(|check| conjuncts(check, leaves)),
        Check::Leaf(leaf) if leaf.sense == Sense::Holds => leaves.push(leaf),
        Check::Leaf(_) | Check::Any(_) => {}
    }
}

/// The ids that all of these leaves allow a field.
fn ids(leaves: &[&Leaf], field: &LeadField) -> Option<BTreeSet<Uuid>> {
    let mut allowed: Option<BTreeSet<Uuid>> = None;
    for leaf in leaves.iter().filter(|leaf| leaf.field == *field) {
        let Test::OneOf(operands) = &leaf.test else { continue };
        let ids = operands.iter().filter_map(|operand| match operand {
            Operand::Id(id) => Some(*id),
            _ => None,
        });
        let ids: BTreeSet<Uuid> = ids.collect();
        allowed = Some(match allowed {
            None => ids,
            Some(allowed) => allowed.intersection(&ids).copied().collect(),
        });
    }
    allowed
}

impl<'a> List<'a> {
    pub(crate) fn of(scope: &'a Scope, query: &'a LeadQuery) -> Self {
        let mut leaves = Vec::new();
        conjuncts(&query.check, &mut leaves);
        let mut owners = ids(&leaves, &LeadField::Owner);
        if let Owners::Only(seen) = &scope.owners {
            let seen: BTreeSet<Uuid> = seen.iter().map(|owner| owner.uuid()).collect();
            owners = Some(match owners {
                None => seen,
                Some(asked) => asked.intersection(&seen).copied().collect(),
            });
        }
        let stages = ids(&leaves, &LeadField::Stage);
        Self { scope, query, order: Order::of(query.sort.by), leaves, owners, stages }
    }

    /// Whether it is plain that nothing passes.
    pub(crate) fn is_empty(&self) -> bool {
        let none = |ids: &Option<BTreeSet<Uuid>>| ids.as_ref().is_some_and(BTreeSet::is_empty);
        none(&self.owners) || none(&self.stages)
    }

    /// The index to walk.
    pub(crate) fn walk(&self) -> Way<'a> {
        let few = |ids: &Option<BTreeSet<Uuid>>| {
            ids.as_ref()
                .filter(|ids| ids.len() <= SIDE_BY_SIDE)
                .map(|ids| ids.iter().copied().collect())
        };
        let alias = self.order.table;
        let (owner, stage) =
            if alias == Table::Pulse { ("s.owner", "s.stage") } else { ("l.owner", "l.stage") };
        if let (Some(index), true) = (self.order.by_owner, self.query.check.is_nobodys()) {
            return Way::Walk { index, leading: None };
        }
        if let (Some(index), Some(owners)) = (self.order.by_owner, few(&self.owners)) {
            return Way::Walk { index, leading: Some((owner, owners)) };
        }
        if let (Some(index), Some(stages)) = (self.order.by_stage, few(&self.stages)) {
            return Way::Walk { index, leading: Some((stage, stages)) };
        }
        Way::Walk { index: self.order.index, leading: None }
    }

    /// Chooses between the walk and the rarest of the sources.
    pub(crate) async fn way<'s>(&'s self, readers: &Readers, few: i64) -> Result<Way<'s>> {
        let walk = self.walk();
        let mut sources = self.sources(&walk);
        let texts = texts::rows(readers, &self.query.search, FEW).await?;
        if sources.is_empty() {
            return Ok(texts.map_or(walk, |(_, rows)| Way::Gather(Source::Numbers(rows))));
        }
        let mut query = QueryBuilder::new("select ");
        for (index, source) in sources.iter().enumerate() {
            query.push(if index == 0 { "" } else { ", " }).push("(select count(*) from (");
            source.push(&mut query, self.scope.tenant);
            query.push(" limit ").push_bind(few + 1).push("))");
        }
        let row = query
            .build()
            .fetch_one(&mut *readers.acquire().await?)
            .await
            .during("look for the rarest condition")?;
        let mut rarest = None;
        for index in 0..sources.len() {
            let n: i64 = row.try_get(index).during("look for the rarest condition")?;
            if n <= few && rarest.is_none_or(|(least, _)| n < least) {
                rarest = Some((n, index));
            }
        }
        Ok(match (rarest, texts) {
            (Some((n, index)), texts) if texts.as_ref().is_none_or(|(found, _)| n < *found) => {
                Way::Gather(sources.swap_remove(index))
            }
            (_, Some((_, rows))) => Way::Gather(Source::Numbers(rows)),
            (_, None) => walk,
        })
    }

    /// The statement for a page: leads as [`stored_lead`](crate::rows::stored_lead) reads them, then the key of the order.
    pub(crate) async fn page(
        &self,
        readers: &Readers,
        after: Option<&(Key, [u8; 16])>,
        limit: u32,
    ) -> Result<QueryBuilder<Sqlite>> {
        let way = self.way(readers, FEW).await?;
        Ok(self.page_by(&way, after, limit))
    }

    /// The statement for a page that is found by a walk.
    #[cfg(test)]
    pub(crate) fn walk_page(
        &self,
        after: Option<&(Key, [u8; 16])>,
        limit: u32,
    ) -> QueryBuilder<Sqlite> {
        self.page_by(&self.walk(), after, limit)
    }

    fn page_by(
        &self,
        way: &Way<'_>,
        after: Option<&(Key, [u8; 16])>,
        limit: u32,
    ) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("with hit (no, k, id) as materialized (");
        match way {
            Way::Walk { index, leading: Some((column, values)) } if values.len() > 1 => {
                for (nth, value) in values.iter().enumerate() {
                    query
                        .push(if nth == 0 { "" } else { " union all " })
                        .push("select no, k, id from (");
                    self.push_hits(&mut query, index, Some((column, *value)), None, after, limit);
                    query.push(")");
                }
                let direction = self.direction();
                query.push(" order by 2 ").push(direction).push(", 3 ").push(direction);
                query.push(" limit ").push_bind(limit);
            }
            Way::Walk { index, leading } => {
                let leading =
                    leading.as_ref().and_then(|(column, values)| Some((*column, *values.first()?)));
                self.push_hits(&mut query, index, leading, None, after, limit);
            }
            Way::Gather(source) => self.push_hits(&mut query, "", None, Some(source), after, limit),
        }
        query.push(concat!(
            ") select ",
            lead_columns!(),
            ", hit.k from hit
             cross join lead l on l.no = hit.no
             cross join lead_profile p on p.no = hit.no
             cross join lead_pulse s on s.no = hit.no
             order by hit.k "
        ));
        query.push(self.direction()).push(", hit.id ").push(self.direction());
        query
    }

    fn direction(&self) -> &'static str {
        match self.query.sort.direction {
            Direction::Ascending => "asc",
            Direction::Descending => "desc",
        }
    }

    /// Appends the table that is walked or looked up, the tables that the conditions need, and the conditions themselves.
    pub(crate) fn push_rows(
        &self,
        query: &mut QueryBuilder<Sqlite>,
        index: &str,
        leading: Option<(&str, Uuid)>,
        source: Option<&Source<'_>>,
    ) {
        let main = self.order.table;
        query.push(" from ").push(main.name()).push(" ").push(main.alias());
        match source {
            None => query.push(" indexed by ").push(index),
            // Rows are looked up by their numbers, whatever the planner thinks of its other indexes.
            Some(_) => query.push(" not indexed"),
        };
        let search = &self.query.search;
        let finds_text = search.terms.iter().any(|term| matches!(term, SearchTerm::Contains(_)));
        let finds_name = search.terms.iter().any(|term| matches!(term, SearchTerm::NameStarts(_)));
        for (table, also) in
            [(Table::Lead, finds_name), (Table::Pulse, false), (Table::Profile, finds_text)]
        {
            if table != main && (also || looks_into(&self.query.check, main, table)) {
                query.push(" cross join ").push(table.name()).push(" ").push(table.alias());
                query
                    .push(" on ")
                    .push(table.alias())
                    .push(".no = ")
                    .push(main.alias())
                    .push(".no");
            }
        }
        query.push(" where ").push(main.alias()).push(".tenant = ").push_bind(self.scope.tenant.0);
        query.push(" and ").push(self.order.live);
        if let Some(source) = source {
            query.push(" and ").push(main.alias()).push(".no in (");
            source.push(query, self.scope.tenant);
            query.push(")");
        }
        if self.query.check.is_nobodys() {
            // Said plainly, for the index that begins with the owner.
            query.push(" and ").push(main.alias()).push(".owner is null");
        }
        match (leading, &self.scope.owners) {
            (Some((column, value)), _) if column.ends_with("owner") => {
                query.push(" and ").push(column).push(" = ").push_bind(value);
            }
            (leading, owners) => {
                if let Some((column, value)) = leading {
                    query.push(" and ").push(column).push(" = ").push_bind(value);
                }
                if let Owners::Only(owners) = owners {
                    query.push(" and +").push(main.alias()).push(".owner in (");
                    let mut list = query.separated(", ");
                    for owner in owners {
                        list.push_bind(owner.uuid());
                    }
                    query.push(")");
                }
            }
        }
        query.push(" and ");
        let given = match source {
            Some(Source::Facet(leaf)) => Some(*leaf),
            _ => None,
        };
        push_check(query, &self.query.check, main, given);
        push_search(query, search);
    }

    /// Appends a select of the first rows behind a place.
    fn push_hits(
        &self,
        query: &mut QueryBuilder<Sqlite>,
        index: &str,
        leading: Option<(&str, Uuid)>,
        source: Option<&Source<'_>>,
        after: Option<&(Key, [u8; 16])>,
        limit: u32,
    ) {
        let Order { column, id, .. } = self.order;
        query.push("select ").push(self.order.table.alias()).push(".no as no, ");
        query.push(column).push(" as k, ").push(id).push(" as id");
        self.push_rows(query, index, leading, source);
        let descending = self.query.sort.direction == Direction::Descending;
        let (from, to) = self.bounds();
        // The place stands for the bound on its side: with both, the walk might begin at the bound.
        if let (Some(from), true) = (from, descending || after.is_none()) {
            query.push(" and ").push(column).push(" >= ").push_bind(from);
        }
        if let (Some(to), true) = (to, !descending || after.is_none()) {
            query.push(" and ").push(column).push(" <= ").push_bind(to);
        }
        if let Some((key, last)) = after {
            let comparison = if descending { ") < (" } else { ") > (" };
            query.push(" and (").push(column).push(", ").push(id).push(comparison);
            match key {
                Key::Number(number) => query.push_bind(*number),
                Key::Text(text) => query.push_bind(text.as_str()),
            };
            query.push(", ").push_bind(last.to_vec()).push(")");
        }
        let direction = self.direction();
        query.push(" order by ").push(column).push(" ").push(direction);
        query.push(", ").push(id).push(" ").push(direction).push(" limit ").push_bind(limit);
    }

    /// Between which keys of the order all rows lie that pass.
    pub(crate) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let number = |operand: &Operand| match operand {
            Operand::Integer(number) => Some(*number),
            Operand::Time(at) => Some(at.timestamp_micros()),
            _ => None,
        };
        let (mut from, mut to) = (None::<i64>, None::<i64>);
        for leaf in self.leaves.iter().filter(|leaf| leaf.field == self.order.field) {
            let Test::Between(least, most) = &leaf.test else { continue };
            // Unknown values stand at the very beginning.
            from =
                from.max(Some(least.as_ref().and_then(number).unwrap_or(MISSING).max(MISSING + 1)));
            if let Some(most) = most.as_ref().and_then(number) {
                to = Some(to.map_or(most, |to| to.min(most)));
            }
        }
        (from, to)
    }
}
