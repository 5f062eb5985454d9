//! Filters as SQL. Owns the expression behind every field and test; values are always bound. Knows nothing of order and
//! pages.
//!
//! A lead is `l`, its profile `f`, its pulse `p`; a filter tells which of them it needs.

use leadbox_core::filter::{Check, FieldClass, LeadField, Leaf, Operand, SearchTerm, Sense, Test};
use leadbox_core::{LeadQuery, Owners, Timestamp};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::lists::By;

/// The tables that a query has to look at.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Tables {
    pub(crate) lead: bool,
    pub(crate) profile: bool,
    pub(crate) pulse: bool,
}

/// Whose columns a lead's id, stage and owner are taken from: the table that the order comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Driver {
    Lead,
    Pulse,
}

impl Driver {
    pub(crate) fn id(self) -> &'static str {
        if self == Self::Lead { "l.id" } else { "p.lead" }
    }

    pub(crate) fn tenant(self) -> &'static str {
        if self == Self::Lead { "l.tenant" } else { "p.tenant" }
    }

    pub(crate) fn owner(self) -> &'static str {
        if self == Self::Lead { "l.owner" } else { "p.owner" }
    }

    pub(crate) fn live(self) -> &'static str {
        if self == Self::Lead { "l.deleted_at is null" } else { "p.live" }
    }
}

/// Where a field is kept.
struct Column {
    sql: &'static str,
    /// When the column holds something for leads that do not have the field: what tells them apart.
    known: Option<&'static str>,
}

fn plain(sql: &'static str) -> Column {
    Column { sql, known: None }
}

fn column(field: &LeadField, driver: Driver) -> Column {
    match field {
        LeadField::Name => Column { sql: "l.name_key", known: Some("l.name_key <> ''") },
        LeadField::Company => plain("f.company_key"),
        LeadField::Title => plain("f.title_key"),
        LeadField::City => plain("f.city_key"),
        LeadField::Email => plain("l.email_key"),
        LeadField::Phone => plain("l.phone_key"),
        LeadField::ExternalId => plain("l.external_id"),
        LeadField::FirstName => plain("(f.body #>> '{person,first_name}')"),
        LeadField::Domain => plain("f.domain"),
        LeadField::Industry => plain("(f.body #>> '{company,industry}')"),
        LeadField::IndustryText => plain("(f.body #>> '{company,industry_text}')"),
        LeadField::Country => plain("(f.body #>> '{company,country}')"),
        LeadField::Source => plain("l.source"),
        LeadField::SourceDetail => plain("(f.body #>> '{source,detail}')"),
        LeadField::Referrer => plain("(f.body #>> '{source,referrer}')"),
        LeadField::LandingPage => plain("(f.body #>> '{source,landing_page}')"),
        LeadField::UtmSource => plain("(f.body #>> '{source,utm,source}')"),
        LeadField::UtmMedium => plain("(f.body #>> '{source,utm,medium}')"),
        LeadField::UtmCampaign => plain("(f.body #>> '{source,utm,campaign}')"),
        LeadField::UtmTerm => plain("(f.body #>> '{source,utm,term}')"),
        LeadField::UtmContent => plain("(f.body #>> '{source,utm,content}')"),
        LeadField::Currency => plain("l.currency"),
        LeadField::Priority => plain("p.priority"),
        LeadField::Employees => plain("(f.body #>> '{company,employees}')::bigint"),
        LeadField::Completeness => plain("l.completeness::bigint"),
        LeadField::Value => Column { sql: "l.value_minor", known: Some("l.currency is not null") },
        LeadField::Score => plain("p.total"),
        LeadField::Owner => plain(driver.owner()),
        LeadField::Stage => plain(if driver == Driver::Lead { "l.stage" } else { "p.stage" }),
        LeadField::Pipeline => plain("l.pipeline"),
        LeadField::CreatedAt => plain("l.created_at"),
        LeadField::UpdatedAt => {
            plain(if driver == Driver::Lead { "l.updated_at" } else { "p.updated_at" })
        }
        LeadField::StageSince => plain("l.stage_since"),
        LeadField::LastInteractionAt => Column {
            sql: "p.last_at",
            known: Some("p.last_at > '0001-01-01 00:00:00+00'::timestamptz"),
        },
        // Facets have rows of their own.
        LeadField::Tag | LeadField::Custom(_) => plain("null"),
    }
}

impl Tables {
    /// The tables behind a whole query, its order and what is done already aside.
    pub(crate) fn of(query: &LeadQuery, driver: Driver, done: Option<By<'_>>) -> Self {
        let mut tables = Self::default();
        tables.add_check(&query.check, driver);
        for term in &query.search.terms {
            match term {
                SearchTerm::Contains(_) => tables.profile |= !matches!(done, Some(By::Texts)),
                SearchTerm::NameStarts(_) => tables.lead = true,
            }
        }
        match driver {
            Driver::Lead => tables.lead = true,
            Driver::Pulse => tables.pulse = true,
        }
        tables
    }

    fn add_check(&mut self, check: &Check, driver: Driver) {
        match check {
            Check::All(checks) | Check::Any(checks) => {
                checks.iter().for_each(|check| self.add_check(check, driver))
            }
            Check::Leaf(leaf) => {
                let sql = column(&leaf.field, driver).sql;
                self.lead |= sql.contains("l.");
                self.profile |= sql.contains("f.");
                self.pulse |= sql.contains("p.");
            }
        }
    }
}

/// A query's conditions, each behind an `and`; `tenant` is the number of the tenant's bound value.
pub(crate) struct Conditions<'q> {
    pub(crate) query: &'q LeadQuery,
    pub(crate) owners: Option<&'q Owners>,
    pub(crate) driver: Driver,
    pub(crate) tenant: i64,
    /// What holds for all leads that are looked at, and need not be tested again.
    pub(crate) done: Option<By<'q>>,
}

type Sql = QueryBuilder<Postgres>;

impl Conditions<'_> {
    /// Appends all of them.
    pub(crate) fn push(&self, sql: &mut Sql) {
        match self.owners {
            None | Some(Owners::All) => {}
            Some(Owners::Only(owners)) => {
                let owners: Vec<Uuid> = owners.iter().map(|owner| owner.uuid()).collect();
                sql.push(" and ").push(self.driver.owner());
                match owners.as_slice() {
                    [owner] => sql.push(" = ").push_bind(*owner),
                    _ => sql.push(" = any (").push_bind(owners).push(")"),
                };
            }
        }
        // Apart, so that the planner sees each.
        for check in conjuncts(&self.query.check) {
            if !self.is_done(check) {
                sql.push(" and ");
                self.push_check(sql, check);
            }
        }
        for term in &self.query.search.terms {
            match term {
                SearchTerm::Contains(_) if matches!(self.done, Some(By::Texts)) => {}
                SearchTerm::Contains(text) => {
                    sql.push(" and f.search_text like ").push_bind(like(text));
                }
                SearchTerm::NameStarts(text) => {
                    sql.push(" and starts_with(l.name_key, ").push_bind(text.clone()).push(")");
                }
            }
        }
    }

    fn is_done(&self, check: &Check) -> bool {
        matches!((check, self.done), (Check::Leaf(leaf), Some(By::Facet(done))) if std::ptr::eq(leaf, done))
    }

    fn push_check(&self, sql: &mut Sql, check: &Check) {
        match check {
            Check::All(checks) => self.push_list(sql, checks, " and ", "true"),
            Check::Any(checks) => self.push_list(sql, checks, " or ", "false"),
            Check::Leaf(leaf) => self.push_leaf(sql, leaf),
        }
    }

    fn push_list(&self, sql: &mut Sql, checks: &[Check], between: &str, empty: &str) {
        if checks.is_empty() {
            sql.push(empty);
            return;
        }
        sql.push("(");
        for (index, check) in checks.iter().enumerate() {
            if index > 0 {
                sql.push(between);
            }
            self.push_check(sql, check);
        }
        sql.push(")");
    }

    fn push_leaf(&self, sql: &mut Sql, leaf: &Leaf) {
        sql.push("(");
        if leaf.field.class() == FieldClass::Facet {
            if leaf.sense == Sense::Fails {
                sql.push("not ");
            }
            self.push_facet(sql, leaf);
        } else {
            let column = column(&leaf.field, self.driver);
            if leaf.sense == Sense::Fails {
                sql.push("(");
            }
            if let Some(known) = column.known {
                sql.push(known).push(" and ");
            }
            push_test(sql, column.sql, leaf);
            if leaf.sense == Sense::Fails {
                // Unknown counts as failed.
                sql.push(") is not true");
            }
        }
        sql.push(")");
    }

    /// Per lead, by the key of its facet rows: `offset 0` keeps the planner from turning it round, which is decided
    /// before.
    fn push_facet(&self, sql: &mut Sql, leaf: &Leaf) {
        sql.push("exists (select from lead_facet as x where x.tenant = ");
        sql.push_bind(self.tenant).push(" and x.lead = ").push(self.driver.id());
        sql.push(" and x.name = ").push_bind(leaf.field.to_string()).push(" and ");
        push_facet_test(sql, &leaf.test);
        sql.push(" offset 0)");
    }
}

/// The single value that a facet has to have, if the test asks for one.
pub(crate) fn single_facet(leaf: &Leaf) -> Option<(String, &[u8])> {
    match (&leaf.test, leaf.sense, leaf.field.class()) {
        (Test::OneOf(operands), Sense::Holds, FieldClass::Facet) => match operands.as_slice() {
            [Operand::Bytes(key)] => Some((leaf.field.to_string(), key)),
            _ => None,
        },
        _ => None,
    }
}

/// What all has to hold, at the top of a filter.
fn conjuncts(check: &Check) -> &[Check] {
    match check {
        Check::All(checks) => checks,
        other => std::slice::from_ref(other),
    }
}

/// The tests at the top of a filter that single out a facet's value.
pub(crate) fn driving_facets(check: &Check) -> Vec<&Leaf> {
    conjuncts(check)
        .iter()
        .filter_map(|check| match check {
            Check::Leaf(leaf) => single_facet(leaf).is_some().then_some(leaf),
            _ => None,
        })
        .collect()
}

fn push_test(sql: &mut Sql, column: &str, leaf: &Leaf) {
    match (leaf.field.class(), &leaf.test) {
        (_, Test::Known) => {
            sql.push(column).push(" is not null");
        }
        (FieldClass::Text, Test::OneOf(operands)) => push_one_of(sql, column, operands, text),
        (FieldClass::Integer, Test::OneOf(operands)) => push_one_of(sql, column, operands, integer),
        (FieldClass::Id, Test::OneOf(operands)) => push_one_of(sql, column, operands, id),
        (FieldClass::Time, Test::OneOf(operands)) => push_one_of(sql, column, operands, time),
        (FieldClass::Integer, Test::Between(from, to)) => {
            push_between(sql, column, from, to, integer)
        }
        (FieldClass::Id, Test::Between(from, to)) => push_between(sql, column, from, to, id),
        (FieldClass::Time, Test::Between(from, to)) => push_between(sql, column, from, to, time),
        (FieldClass::Text, Test::Contains(text)) => {
            sql.push("strpos(").push(column).push(", ").push_bind(text.clone()).push(") > 0");
        }
        (FieldClass::Text, Test::Starts(text)) => {
            sql.push("starts_with(").push(column).push(", ").push_bind(text.clone()).push(")");
        }
        // Such tests hold for no value.
        _ => {
            sql.push("false");
        }
    }
}

pub(crate) fn push_facet_test(sql: &mut Sql, test: &Test) {
    match test {
        Test::Known => {
            sql.push("true");
        }
        Test::OneOf(operands) => push_one_of(sql, "x.key", operands, bytes),
        Test::Between(from, to) => push_between(sql, "x.key", from, to, bytes),
        Test::Contains(text) if text.is_empty() => {
            sql.push("false");
        }
        Test::Contains(text) => {
            sql.push("position(").push_bind(text.clone().into_bytes()).push(" in x.key) > 0");
        }
        Test::Starts(text) => {
            let length = i32::try_from(text.len()).unwrap_or(i32::MAX);
            sql.push("substring(x.key from 1 for ")
                .push_bind(length)
                .push(") = ")
                .push_bind(text.clone().into_bytes());
        }
    }
}

fn push_one_of<T>(
    sql: &mut Sql,
    column: &str,
    operands: &[Operand],
    value: fn(&Operand) -> Option<T>,
) where
    T: sqlx::Type<Postgres>
        + sqlx::postgres::PgHasArrayType
        + for<'e> sqlx::Encode<'e, Postgres>
        + Send
        + 'static,
{
    let mut values: Vec<T> = operands.iter().filter_map(value).collect();
    sql.push(column);
    match (values.len(), values.pop()) {
        (1, Some(value)) => sql.push(" = ").push_bind(value),
        (_, last) => {
            values.extend(last);
            sql.push(" = any (").push_bind(values).push(")")
        }
    };
}

fn push_between<T>(
    sql: &mut Sql,
    column: &str,
    from: &Option<Operand>,
    to: &Option<Operand>,
    value: fn(&Operand) -> Option<T>,
) where
    T: sqlx::Type<Postgres> + for<'e> sqlx::Encode<'e, Postgres> + Send + 'static,
{
    let (from, to) = (from.as_ref().and_then(value), to.as_ref().and_then(value));
    if from.is_none() && to.is_none() {
        sql.push(column).push(" is not null");
    }
    let both = from.is_some() && to.is_some();
    if let Some(from) = from {
        sql.push(column).push(" >= ").push_bind(from);
    }
    if both {
        sql.push(" and ");
    }
    if let Some(to) = to {
        sql.push(column).push(" <= ").push_bind(to);
    }
}

fn text(operand: &Operand) -> Option<String> {
    match operand {
        Operand::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn integer(operand: &Operand) -> Option<i64> {
    match operand {
        Operand::Integer(number) => Some(*number),
        _ => None,
    }
}

fn id(operand: &Operand) -> Option<Uuid> {
    match operand {
        Operand::Id(id) => Some(*id),
        _ => None,
    }
}

fn time(operand: &Operand) -> Option<Timestamp> {
    match operand {
        Operand::Time(at) => Some(crate::rows::storable(*at)),
        _ => None,
    }
}

fn bytes(operand: &Operand) -> Option<Vec<u8>> {
    match operand {
        Operand::Bytes(bytes) => Some(bytes.clone()),
        _ => None,
    }
}

/// A pattern that finds the text anywhere.
pub(crate) fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_wildcards_is_looked_for_as_it_stands() {
        assert_eq!(like(r"100%_a\b"), r"%100\%\_a\\b%");
    }

    #[test]
    fn the_tables_of_a_field_follow_from_its_column() {
        for field in LeadField::PLAIN {
            let query = LeadQuery {
                check: Check::Leaf(Leaf {
                    field: field.clone(),
                    test: Test::Known,
                    sense: Sense::Holds,
                }),
                ..LeadQuery::default()
            };
            let tables = Tables::of(&query, Driver::Lead, None);
            assert!(tables.lead, "{field}");
            assert_eq!(
                tables.pulse,
                matches!(
                    field,
                    LeadField::Priority | LeadField::Score | LeadField::LastInteractionAt
                )
            );
        }
    }
}
