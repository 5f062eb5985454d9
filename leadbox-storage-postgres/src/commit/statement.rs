//! One statement made of parts. Owns the numbering of bound values and the order in which parts take effect; knows
//! nothing of what the parts do.
//!
//! Every part is a data-modifying CTE. All parts see the same snapshot and none sees what another did, so no row may be
//! touched by two. Checks run after the parts they count and raise an error where a precondition did not hold; late parts
//! run after all checks, so they follow every lock that the statement has to wait for.

use sqlx::encode::Encode;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments, AssertSqlSafe, Postgres, Type};

use crate::error::Failure;

/// What it means that a row is not among those a part returns.
#[derive(Clone, Copy)]
pub(super) enum Missing {
    /// It is not as the change expects it.
    Conflict(&'static str),
    /// Another one is there in its place.
    Taken(&'static str),
}

#[derive(Default)]
pub(super) struct Statement {
    parts: String,
    checks: String,
    late: String,
    arguments: PgArguments,
    /// How many values are bound, and how many were before the part at hand.
    bound: usize,
    base: usize,
    open: bool,
    /// The part added last.
    part: &'static str,
    failed: Option<BoxDynError>,
}

impl Statement {
    /// Binds the next value of the part that follows: `$1` is the first of its own.
    pub(super) fn bind<'q, T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'q, Postgres> + Type<Postgres> + 'q,
    {
        if !self.open {
            self.open = true;
            self.base = self.bound;
        }
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
        self.bound += 1;
        self
    }

    /// Adds a part under a name of its own.
    pub(super) fn part(&mut self, name: &'static str, sql: &'static str) -> &mut Self {
        self.open = false;
        self.part = name;
        write_part(&mut self.parts, name, sql, self.base);
        self
    }

    /// Checks that the part just added returns every row it was given. The first values of the part are the rows' `keys`,
    /// a list for each, which it returns under these names; the last of them names a row in an error.
    pub(super) fn all_of(&mut self, keys: &[&str], missing: Missing) -> &mut Self {
        let (raise, what) = match missing {
            Missing::Conflict(what) => ("leadbox_conflict", what),
            Missing::Taken(what) => ("leadbox_taken", what),
        };
        let (part, count, id) = (self.part, keys.len(), keys.last().copied().unwrap_or_default());
        let values: Vec<String> = (1..=count).map(|n| format!("${n}")).collect();
        let (keys, values) = (keys.join(", "), values.join(", "));
        let sql = format!(
            r"case
                when (select count(*) from {part}) = cardinality(${count}) then 0
                else (
                    select {raise}('{what}', w.{id}::text)
                    from (
                        select {id}
                        from unnest({values}) as w ({keys})
                        where ({keys}) not in (select {keys} from {part})
                        limit 1
                    ) as w
                )
            end"
        );
        self.check(&sql)
    }

    /// Adds a number that is 0 when the part just added did what it should; otherwise it raises an error. Its values are
    /// those of the part. Where the part returns what it wrote, [`all_of`](Self::all_of) says it.
    pub(super) fn check(&mut self, sql: &str) -> &mut Self {
        self.open = false;
        self.checks.push_str(if self.checks.is_empty() { "" } else { "\n    + " });
        renumber(&mut self.checks, sql, self.base);
        self
    }

    /// Adds a part that waits for all checks; it has to ask for `(select ok from checked) = 0`.
    pub(super) fn late(&mut self, name: &'static str, sql: &'static str) -> &mut Self {
        self.open = false;
        write_part(&mut self.late, name, sql, self.base);
        self
    }

    /// Runs it, if there is anything to run.
    pub(super) async fn execute(self, connection: &mut PgConnection) -> Result<(), Failure> {
        if let Some(error) = self.failed {
            return Err(sqlx::Error::Encode(error).into());
        }
        if self.parts.is_empty() {
            return Ok(());
        }
        let checks = if self.checks.is_empty() { "0" } else { self.checks.as_str() };
        let comma = if self.late.is_empty() { "" } else { ",\n" };
        let (parts, late) = (&self.parts, &self.late);
        let sql = format!(
            "with {parts},\nchecked as materialized (select {checks} as ok){comma}{late}\nselect ok from checked"
        );
        sqlx::query_with(AssertSqlSafe(sql), self.arguments).execute(connection).await?;
        Ok(())
    }
}

fn write_part(parts: &mut String, name: &str, sql: &str, base: usize) {
    if !parts.is_empty() {
        parts.push_str(",\n");
    }
    parts.push_str(name);
    parts.push_str(" as (");
    renumber(parts, sql, base);
    parts.push(')');
}

/// Appends `sql` with every `$n` as `$(n + base)`.
fn renumber(out: &mut String, sql: &str, base: usize) {
    let mut pieces = sql.split('$');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let number = piece[..digits].parse::<usize>().unwrap_or_default();
        out.push('$');
        out.push_str(&(number + base).to_string());
        out.push_str(&piece[digits..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_part_are_numbered_from_its_own_first() {
        let mut statement = Statement::default();
        statement.bind(1_i64).bind(2_i64).part("a", "select $1, $2").check("$1 - 1");
        statement.bind(3_i64).part("b", "select $1").check("$1 - 3");
        assert_eq!(statement.parts, "a as (select $1, $2),\nb as (select $3)");
        assert_eq!(statement.checks, "$1 - 1\n    + $3 - 3");
        statement.bind(4_i64).bind(5_i64).part("c", "select $1 as a, $2 as b");
        statement.checks.clear();
        statement.all_of(&["a", "b"], Missing::Conflict("thing"));
        let words: Vec<&str> = statement.checks.split_whitespace().collect();
        assert_eq!(
            words.join(" "),
            "case when (select count(*) from c) = cardinality($5) then 0 \
             else ( select leadbox_conflict('thing', w.b::text) \
             from ( select b from unnest($4, $5) as w (a, b) \
             where (a, b) not in (select a, b from c) limit 1 ) as w ) end"
        );
    }
}
