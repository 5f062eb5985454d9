//! One row's columns, one after the other. Owns how a stored value becomes a value of core's, and the error that names the
//! table, column and row when it does not; which columns a row has is `rows`'s.

use chrono::NaiveDate;
use leadbox_core::event::ChainHash;
use leadbox_core::storage::StorageError;
use leadbox_core::{Tenant, Timestamp, from_unix_micros};
use serde::de::DeserializeOwned;
use sqlx::decode::Decode;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::types::Type;
use sqlx::{Row, ValueRef};
use uuid::Uuid;

use crate::error::Result;

/// Stands for "never" and "unknown" in columns that are sorted by.
pub(crate) const MISSING: i64 = i64::MIN;

/// Stands for "no date" where it sorts last.
pub(crate) const NO_DATE: i64 = i64::MAX;

/// Reads a row's columns one after the other.
pub(crate) struct Columns<'r> {
    row: &'r SqliteRow,
    pub(crate) table: &'static str,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r SqliteRow, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    /// The columns from the one with this index on.
    pub(crate) fn behind(row: &'r SqliteRow, table: &'static str, next: usize) -> Self {
        Self { row, table, next }
    }

    /// The first column names the row, as far as it can be read.
    pub(crate) fn corrupt(&self, column: &'static str) -> StorageError {
        let first: Option<Uuid> = self.row.try_get_unchecked(0).ok();
        let text = || self.row.try_get_unchecked::<String, _>(0).ok();
        let row = first.map(|id| id.to_string()).or_else(text).unwrap_or_default();
        StorageError::corrupt(self.table, column, row)
    }

    /// The next column as it is stored.
    pub(crate) fn value<T>(&mut self, column: &'static str) -> Result<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        let value = self.row.try_get(self.next).map_err(|_| self.corrupt(column))?;
        self.next += 1;
        Ok(value)
    }

    pub(crate) fn number<T: TryFrom<i64>>(&mut self, column: &'static str) -> Result<T> {
        let number: i64 = self.value(column)?;
        T::try_from(number).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn flag(&mut self, column: &'static str) -> Result<bool> {
        Ok(self.value::<i64>(column)? != 0)
    }

    pub(crate) fn id<T: From<Uuid>>(&mut self, column: &'static str) -> Result<T> {
        self.value::<Uuid>(column).map(T::from)
    }

    pub(crate) fn id_or_none<T: From<Uuid>>(&mut self, column: &'static str) -> Result<Option<T>> {
        Ok(self.value::<Option<Uuid>>(column)?.map(T::from))
    }

    pub(crate) fn tenant(&mut self) -> Result<Tenant> {
        self.value("tenant").map(Tenant)
    }

    pub(crate) fn moment(&self, micros: i64, column: &'static str) -> Result<Timestamp> {
        from_unix_micros(micros).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn time(&mut self, column: &'static str) -> Result<Timestamp> {
        let micros = self.value(column)?;
        self.moment(micros, column)
    }

    pub(crate) fn time_or_none(&mut self, column: &'static str) -> Result<Option<Timestamp>> {
        self.value::<Option<i64>>(column)?.map(|micros| self.moment(micros, column)).transpose()
    }

    /// A time, or none where this number stands.
    pub(crate) fn time_unless(
        &mut self,
        none: i64,
        column: &'static str,
    ) -> Result<Option<Timestamp>> {
        let micros: i64 = self.value(column)?;
        if micros == none { Ok(None) } else { self.moment(micros, column).map(Some) }
    }

    pub(crate) fn day(&mut self, column: &'static str) -> Result<NaiveDate> {
        let days = self.number(column)?;
        NaiveDate::from_epoch_days(days).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn day_or_none(&mut self, column: &'static str) -> Result<Option<NaiveDate>> {
        let days: Option<i32> = self.value(column)?;
        let day = |days| NaiveDate::from_epoch_days(days).ok_or_else(|| self.corrupt(column));
        days.map(day).transpose()
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self, column: &'static str) -> Result<T> {
        let text: &str = self.value(column)?;
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn json_or_none<T: DeserializeOwned>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>> {
        let text: Option<&str> = self.value(column)?;
        text.map(serde_json::from_str).transpose().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn parsed_or_none<T: std::str::FromStr>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>> {
        let text: Option<&str> = self.value(column)?;
        text.map(str::parse).transpose().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn code<T>(
        &mut self,
        column: &'static str,
        from: fn(i16) -> Option<T>,
    ) -> Result<T> {
        let code = self.number(column)?;
        from(code).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn bytes<const N: usize>(&mut self, column: &'static str) -> Result<[u8; N]> {
        let bytes: &[u8] = self.value(column)?;
        bytes.try_into().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn chain(&mut self) -> Result<ChainHash> {
        self.bytes("chain").map(ChainHash)
    }

    pub(crate) fn skip_if_null(&mut self) -> bool {
        let null = self.row.try_get_raw(self.next).is_ok_and(|value| value.is_null());
        if null {
            self.next += 1;
        }
        null
    }
}
