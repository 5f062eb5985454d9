//! Statements over many rows. Owns how rows are cut into a few sizes, so that every text is prepared once and comes from
//! the cache ever after; knows nothing of tables.

use sqlx::encode::Encode;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::types::Type;
use sqlx::{Arguments, AssertSqlSafe};

/// The most rows of one statement. Larger ones gain nothing that can be measured.
const MOST_ROWS: usize = 256;
/// The most rows of a statement in a [`Script`], whose text has to be known again.
pub(crate) const FEW_ROWS: usize = 64;
/// SQLite's limit on parameters of one statement.
const MOST_PARAMETERS: usize = 32_766;

/// Values to be bound, in order.
#[derive(Default)]
pub(crate) struct Binds {
    arguments: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Binds {
    /// Binds one more value.
    pub(crate) fn add<'t, T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'t, Sqlite> + Type<Sqlite>,
    {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
        self
    }

    fn arguments(self) -> Result<SqliteArguments, sqlx::Error> {
        match self.failed {
            None => Ok(self.arguments),
            Some(error) => Err(sqlx::Error::Encode(error)),
        }
    }
}

/// A statement with a list of rows in it: `before (?, ?), (?, ?) after`.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'s> {
    /// The text in front of the rows.
    pub(crate) before: &'s str,
    /// How many values a row has.
    pub(crate) columns: usize,
    /// The text behind the rows.
    pub(crate) after: &'s str,
}

impl Rows<'_> {
    fn text(&self, rows: usize) -> String {
        let mut row = String::with_capacity(2 * self.columns + 2);
        row.push('(');
        for column in 0..self.columns {
            row.push_str(if column == 0 { "?" } else { ",?" });
        }
        row.push(')');
        let mut text = String::with_capacity(
            self.before.len() + rows * (row.len() + 1) + self.after.len() + 2,
        );
        text.push_str(self.before);
        text.push(' ');
        for index in 0..rows {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&row);
        }
        text.push(' ');
        text.push_str(self.after);
        text
    }

    /// How many of `left` rows the next statement takes: a number with six significant bits. So there are few texts, and
    /// still most groups take one statement, each of which costs two switches between threads.
    fn next(&self, left: usize) -> usize {
        let most = MOST_ROWS.min(MOST_PARAMETERS / self.columns.max(1));
        let fits = left.min(most).max(1);
        let dropped = fits.ilog2().saturating_sub(5);
        fits >> dropped << dropped
    }

    fn bound<T>(
        &self,
        items: &[T],
        bind: &mut (impl FnMut(&mut Binds, &T) + Send),
    ) -> Result<(String, SqliteArguments), sqlx::Error> {
        let mut binds = Binds::default();
        binds.arguments.reserve(items.len() * self.columns, 0);
        for item in items {
            bind(&mut binds, item);
        }
        let arguments = binds.arguments()?;
        // A value too few would silently become null.
        if arguments.len() != items.len() * self.columns {
            return Err(sqlx::Error::Protocol(format!(
                "a row of {} values was bound wrongly",
                self.columns
            )));
        }
        Ok((self.text(items.len()), arguments))
    }

    /// Cuts items into what one statement takes each.
    pub(crate) fn chunks<T>(self, items: &[T]) -> impl Iterator<Item = &[T]> {
        let mut rest = items;
        std::iter::from_fn(move || {
            let (now, later) =
                rest.split_at(if rest.is_empty() { 0 } else { self.next(rest.len()) });
            rest = later;
            (!now.is_empty()).then_some(now)
        })
    }

    /// Runs the statement over all items; returns how many rows it affected.
    pub(crate) async fn execute<T: Sync>(
        &self,
        connection: &mut SqliteConnection,
        items: &[T],
        mut bind: impl FnMut(&mut Binds, &T) + Send,
    ) -> Result<u64, sqlx::Error> {
        let mut affected = 0;
        for chunk in self.chunks(items) {
            let (text, arguments) = self.bound(chunk, &mut bind)?;
            let done =
                sqlx::query_with(AssertSqlSafe(text), arguments).execute(&mut *connection).await?;
            affected += done.rows_affected();
        }
        Ok(affected)
    }

    /// Runs the statement over all items and gathers the rows it returns.
    pub(crate) async fn fetch<T: Sync>(
        &self,
        connection: &mut SqliteConnection,
        items: &[T],
        mut bind: impl FnMut(&mut Binds, &T) + Send,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let mut rows = Vec::new();
        for chunk in self.chunks(items) {
            let (text, arguments) = self.bound(chunk, &mut bind)?;
            rows.extend(
                sqlx::query_with(AssertSqlSafe(text), arguments)
                    .fetch_all(&mut *connection)
                    .await?,
            );
        }
        Ok(rows)
    }
}

/// Statements that are sent as one, so that they cost two switches between threads together. Nobody learns which of them
/// failed.
#[derive(Default)]
pub(crate) struct Script {
    text: String,
    binds: Binds,
}

impl Script {
    /// Adds a statement over at most [`FEW_ROWS`] rows, if there are any.
    pub(crate) fn rows<T>(
        &mut self,
        rows: Rows<'_>,
        items: &[T],
        mut bind: impl FnMut(&mut Binds, &T),
    ) {
        if items.is_empty() {
            return;
        }
        let before = self.binds.arguments.len();
        for item in items {
            bind(&mut self.binds, item);
        }
        // A value too few would silently shift all that follow.
        if self.binds.arguments.len() - before != items.len() * rows.columns {
            let error = format!("a row of {} values was bound wrongly", rows.columns);
            self.binds.failed.get_or_insert(error.into());
        }
        self.text.push_str(&rows.text(items.len()));
        self.text.push(';');
    }

    /// Adds a statement with these values.
    pub(crate) fn statement(&mut self, text: &str, bind: impl FnOnce(&mut Binds)) {
        self.text.push_str(text);
        self.text.push(';');
        bind(&mut self.binds);
    }

    /// Runs them one after the other, up to the first that fails.
    pub(crate) async fn execute(
        self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        let arguments = self.binds.arguments()?;
        sqlx::query_with(AssertSqlSafe(self.text), arguments).execute(connection).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_is_cut_into_few_sizes_below_the_limits() {
        let narrow = Rows { before: "", columns: 1, after: "" };
        assert_eq!(
            [1, 2, 3, 37, 255, 256, 10_000].map(|left| narrow.next(left)),
            [1, 2, 3, 37, 252, 256, 256]
        );
        let wide = Rows { before: "", columns: 1000, after: "" };
        assert_eq!(wide.next(10_000), 32);
        assert!((1..=256).all(|left| (1..=left).contains(&narrow.next(left))));
    }

    #[test]
    fn a_text_repeats_its_row() {
        let rows =
            Rows { before: "insert into t values", columns: 2, after: "on conflict do nothing" };
        assert_eq!(rows.text(2), "insert into t values (?,?),(?,?) on conflict do nothing");
    }
}
