//! Filters as SQL. Owns where each field lives and what each test means there; which index finds the rows is decided in
//! `lists`, so nothing here may choose one: columns stand behind a `+`, which hides them from the planner.

use leadbox_core::filter::{
    Check, FieldClass, LeadField, Leaf, Operand, Search, SearchTerm, Sense, Test,
};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

/// The tables of a lead, under the names `l`, `s` and `p`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Lead,
    Pulse,
    Profile,
}

impl Table {
    pub(crate) fn alias(self) -> &'static str {
        match self {
            Self::Lead => "l",
            Self::Pulse => "s",
            Self::Profile => "p",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Pulse => "lead_pulse",
            Self::Profile => "lead_profile",
        }
    }
}

/// A column, or an expression over one.
struct Column {
    table: Table,
    sql: &'static str,
    /// What holds when the value is known, where that is not just "not null".
    known: Option<&'static str>,
}

/// Where a field lives; none for facets, which have a table of their own. `main` is the table that is walked: owner and
/// stage stand in two.
fn column(field: &LeadField, main: Table) -> Option<Column> {
    let lead = |sql| Column { table: Table::Lead, sql, known: None };
    let pulse = |sql| Column { table: Table::Pulse, sql, known: None };
    let profile = |sql| Column { table: Table::Profile, sql, known: None };
    Some(match field {
        LeadField::Name => Column { known: Some("+l.name_key <> ''"), ..lead("+l.name_key") },
        LeadField::Company => profile("p.company_key"),
        LeadField::Title => profile("p.title_key"),
        LeadField::City => profile("p.city_key"),
        LeadField::Domain => profile("p.domain"),
        LeadField::Email => lead("+l.email_key"),
        LeadField::Phone => lead("+l.phone_key"),
        LeadField::ExternalId => lead("+l.external_id"),
        LeadField::FirstName => profile("json_extract(p.body, '$.person.first_name')"),
        LeadField::Industry => profile("json_extract(p.body, '$.company.industry')"),
        LeadField::IndustryText => profile("json_extract(p.body, '$.company.industry_text')"),
        LeadField::Country => profile("json_extract(p.body, '$.company.country')"),
        LeadField::Employees => profile("json_extract(p.body, '$.company.employees')"),
        LeadField::Source => lead("+l.source"),
        LeadField::SourceDetail => profile("json_extract(p.body, '$.source.detail')"),
        LeadField::Referrer => profile("json_extract(p.body, '$.source.referrer')"),
        LeadField::LandingPage => profile("json_extract(p.body, '$.source.landing_page')"),
        LeadField::UtmSource => profile("json_extract(p.body, '$.source.utm.source')"),
        LeadField::UtmMedium => profile("json_extract(p.body, '$.source.utm.medium')"),
        LeadField::UtmCampaign => profile("json_extract(p.body, '$.source.utm.campaign')"),
        LeadField::UtmTerm => profile("json_extract(p.body, '$.source.utm.term')"),
        LeadField::UtmContent => profile("json_extract(p.body, '$.source.utm.content')"),
        LeadField::Currency => lead("+l.currency"),
        LeadField::Completeness => lead("+l.completeness"),
        LeadField::Value => {
            Column { known: Some("+l.currency is not null"), ..lead("+l.value_minor") }
        }
        LeadField::Pipeline => lead("+l.pipeline"),
        LeadField::CreatedAt => lead("+l.created_at"),
        LeadField::UpdatedAt => lead("+l.updated_at"),
        LeadField::StageSince => lead("+l.stage_since"),
        LeadField::Priority => pulse("+s.priority"),
        LeadField::Score => pulse("+s.score"),
        LeadField::LastInteractionAt => {
            Column { known: Some("s.interactions > 0"), ..pulse("+s.last_at") }
        }
        LeadField::Owner if main == Table::Pulse => pulse("+s.owner"),
        LeadField::Owner => lead("+l.owner"),
        LeadField::Stage if main == Table::Pulse => pulse("+s.stage"),
        LeadField::Stage => lead("+l.stage"),
        LeadField::Tag | LeadField::Custom(_) => return None,
    })
}

/// Whether a filter looks into a table.
pub(crate) fn looks_into(check: &Check, main: Table, table: Table) -> bool {
    match check {
        Check::All(checks) | Check::Any(checks) => {
            checks.iter().any(|check| looks_into(check, main, table))
        }
        Check::Leaf(leaf) => column(&leaf.field, main).is_some_and(|column| column.table == table),
    }
}

/// What holds for no row. Not just `0`: SQLite finds no way to run a statement that names an index and is plainly empty.
fn never(main: Table) -> &'static str {
    match main {
        Table::Lead => "+l.no < 0",
        Table::Pulse => "+s.no < 0",
        Table::Profile => "+p.no < 0",
    }
}

/// Appends a condition that holds for the leads that pass. The leaf `given`, which is one of `check`, holds anyway.
pub(crate) fn push_check(
    query: &mut QueryBuilder<Sqlite>,
    check: &Check,
    main: Table,
    given: Option<&Leaf>,
) {
    match check {
        Check::All(checks) => push_list(query, (checks, " and ", "1"), main, given),
        Check::Any(checks) => push_list(query, (checks, " or ", never(main)), main, given),
        Check::Leaf(leaf) if given.is_some_and(|given| std::ptr::eq(given, leaf)) => {
            query.push("1");
        }
        Check::Leaf(leaf) => push_leaf(query, leaf, main),
    }
}

fn push_list(
    query: &mut QueryBuilder<Sqlite>,
    (checks, separator, empty): (&[Check], &'static str, &'static str),
    main: Table,
    given: Option<&Leaf>,
) {
    query.push("(");
    for (index, check) in checks.iter().enumerate() {
        if index > 0 {
            query.push(separator);
        }
        push_check(query, check, main, given);
    }
    if checks.is_empty() {
        query.push(empty);
    }
    query.push(")");
}

fn push_leaf(query: &mut QueryBuilder<Sqlite>, leaf: &Leaf, main: Table) {
    query.push("(");
    match column(&leaf.field, main) {
        Some(column) => push_test(query, &column, leaf, main),
        None => {
            let only_equal = matches!(leaf.test, Test::OneOf(_));
            // Equal values lie close together in the table itself; the index finds any value of one lead.
            let index = if only_equal { "not indexed" } else { "indexed by lead_facet_no" };
            query.push("exists (select 1 from lead_facet f ").push(index);
            query.push(" where f.no = ").push(main.alias()).push(".no and f.tenant = ");
            query.push(main.alias()).push(".tenant and ");
            push_facet(query, leaf);
            query.push(")");
        }
    }
    query.push(")");
    if leaf.sense == Sense::Fails {
        query.push(" is not true");
    }
}

/// A typed value of an operand; none for one of another type, which never equals.
enum Value<'a> {
    Text(&'a str),
    Number(i64),
    Id(Uuid),
}

fn value<'a>(class: FieldClass, operand: &'a Operand) -> Option<Value<'a>> {
    match (class, operand) {
        (FieldClass::Text, Operand::Text(text)) => Some(Value::Text(text)),
        (FieldClass::Integer, Operand::Integer(number)) => Some(Value::Number(*number)),
        (FieldClass::Time, Operand::Time(at)) => Some(Value::Number(at.timestamp_micros())),
        (FieldClass::Id, Operand::Id(id)) => Some(Value::Id(*id)),
        _ => None,
    }
}

fn push_value(query: &mut QueryBuilder<Sqlite>, value: &Value<'_>) {
    match value {
        Value::Text(text) => query.push_bind(*text),
        Value::Number(number) => query.push_bind(*number),
        Value::Id(id) => query.push_bind(*id),
    };
}

fn push_test(query: &mut QueryBuilder<Sqlite>, column: &Column, leaf: &Leaf, main: Table) {
    let class = leaf.field.class();
    match column.known {
        Some(known) => query.push(known),
        None => query.push(column.sql).push(" is not null"),
    };
    match &leaf.test {
        Test::Known => {}
        Test::OneOf(operands) => {
            let values: Vec<Value<'_>> =
                operands.iter().filter_map(|operand| value(class, operand)).collect();
            if values.is_empty() {
                query.push(" and ").push(never(main));
                return;
            }
            query.push(" and ").push(column.sql).push(" in (");
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    query.push(", ");
                }
                push_value(query, value);
            }
            query.push(")");
        }
        Test::Between(..) if class == FieldClass::Text => {
            query.push(" and ").push(never(main));
        }
        Test::Between(from, to) => {
            for (operand, comparison) in [(from, " >= "), (to, " <= ")] {
                if let Some(value) = operand.as_ref().and_then(|operand| value(class, operand)) {
                    query.push(" and ").push(column.sql).push(comparison);
                    push_value(query, &value);
                }
            }
        }
        Test::Contains(text) if class == FieldClass::Text => {
            query
                .push(" and instr(")
                .push(column.sql)
                .push(", ")
                .push_bind(text.as_str())
                .push(") > 0");
        }
        Test::Starts(text) if class == FieldClass::Text => {
            query
                .push(" and instr(")
                .push(column.sql)
                .push(", ")
                .push_bind(text.as_str())
                .push(") = 1");
        }
        Test::Contains(_) | Test::Starts(_) => {
            query.push(" and ").push(never(main));
        }
    }
}

/// Appends the condition on name and key of `lead_facet f`.
pub(crate) fn push_facet(query: &mut QueryBuilder<Sqlite>, leaf: &Leaf) {
    let bytes = |operand: &Operand| match operand {
        Operand::Bytes(bytes) => Some(bytes.clone()),
        _ => None,
    };
    query.push("f.name = ").push_bind(leaf.field.to_string());
    match &leaf.test {
        Test::Known => {}
        Test::OneOf(operands) => {
            let keys: Vec<Vec<u8>> = operands.iter().filter_map(bytes).collect();
            if keys.is_empty() {
                query.push(" and +f.no < 0");
                return;
            }
            let mut list = query.push(" and f.key in (").separated(", ");
            for key in keys {
                list.push_bind(key);
            }
            query.push(")");
        }
        Test::Between(from, to) => {
            if let Some(from) = from.as_ref().and_then(bytes) {
                query.push(" and f.key >= ").push_bind(from);
            }
            if let Some(to) = to.as_ref().and_then(bytes) {
                query.push(" and f.key <= ").push_bind(to);
            }
        }
        // No bytes are no part of anything.
        Test::Contains(text) if text.is_empty() => {
            query.push(" and +f.no < 0");
        }
        Test::Contains(text) => {
            query.push(" and instr(f.key, ").push_bind(text.as_bytes().to_vec()).push(") > 0");
        }
        Test::Starts(text) => {
            query.push(" and f.key >= ").push_bind(text.as_bytes().to_vec());
            if let Some(end) = behind_bytes(text.as_bytes()) {
                query.push(" and f.key < ").push_bind(end);
            }
        }
    }
}

/// The smallest bytes that are larger than all that start with these; none when there are no such.
fn behind_bytes(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// The smallest text that is larger than all that start with this one; none when there is no such.
pub(crate) fn behind_text(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // Behind the last character below the surrogates comes the first above them.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// Appends the conditions that every term of a search is found, each behind ` and `.
pub(crate) fn push_search(query: &mut QueryBuilder<Sqlite>, search: &Search) {
    for term in &search.terms {
        match term {
            SearchTerm::Contains(text) => {
                query.push(" and instr(p.search_text, ").push_bind(text.as_str()).push(") > 0");
            }
            SearchTerm::NameStarts(text) => {
                query.push(" and instr(l.name_key, ").push_bind(text.as_str()).push(") = 1");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_with_a_text_ends_before_the_text_behind_it() {
        assert_eq!(behind_text("ab").as_deref(), Some("ac"));
        assert_eq!(behind_text("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(behind_text("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(behind_text("\u{10ffff}"), None);
        assert_eq!(behind_bytes(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(behind_bytes(b"\xff\xff"), None);
    }
}
