//! The columns of a CSV file. Owns the header: what each column fills, which headers are refused, and how a record is
//! read by it.

use csv::ByteRecord;

use super::TransferError;
use super::cell::{Filling, Terms};
use super::field::{ERROR_COLUMN, Field, Plain, ROW_COLUMN, normal};
use super::guard::unguard;
use super::mapping::{Meaning, Meanings};
use super::report::ColumnUse;
use crate::error::{FieldIssue, Invalid};
use crate::lead::NewLead;

#[derive(Debug)]
struct Column {
    name: String,
    field: Option<Field>,
}

/// What the columns of a file mean.
#[derive(Debug)]
pub(super) struct Columns {
    columns: Vec<Column>,
    parted_names: bool,
}

impl Columns {
    /// # Errors
    /// `Columns` with every column that has no name, no meaning, or the same as another.
    pub(super) fn read(header: &ByteRecord, meanings: &Meanings) -> Result<Self, TransferError> {
        let mut invalid = Invalid::default();
        let mut columns: Vec<Column> = Vec::with_capacity(header.len());
        for (index, cell) in header.iter().enumerate() {
            let nth = format!("column {}", index + 1);
            let name = match std::str::from_utf8(unguard(cell)) {
                Ok(name) if name.contains('\0') => {
                    invalid.push(nth, "has a name with a NUL byte");
                    continue;
                }
                Ok(name) => name.trim().to_owned(),
                Err(_) => {
                    invalid.push(nth, "has a name that is not valid UTF-8");
                    continue;
                }
            };
            let field = match meanings.of(&name) {
                Meaning::Field(field) => Some(field),
                Meaning::PassedOver => None,
                Meaning::Unknown(_) if name.is_empty() => {
                    invalid.push(nth, "has no name");
                    None
                }
                Meaning::Unknown(message) => {
                    invalid.push(&name, message);
                    None
                }
            };
            if let Some(field) = &field
                && let Some(other) = columns.iter().find(|one| one.field.as_ref() == Some(field))
            {
                let message = if other.name == name {
                    "stands in the header twice".to_owned()
                } else {
                    format!("means {field}, as '{}' does: ignore one of them", other.name)
                };
                invalid.push(&name, message);
            }
            columns.push(Column { name, field });
        }
        for column in &meanings.demanded {
            if !columns.iter().any(|one| normal(&one.name) == normal(column)) {
                invalid.push(column, "is mapped, but the file has no such column");
            }
        }
        if invalid.issues.is_empty() && columns.iter().all(|column| column.field.is_none()) {
            invalid.push("header", "has no column that fills a field");
        }
        let parted_names =
            columns.iter().any(|one| one.field == Some(Field::Plain(Plain::LastName)));
        invalid.or(Self { columns, parted_names }).map_err(TransferError::Columns)
    }

    /// How many there are.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// What they were taken for.
    pub(super) fn uses(&self) -> Vec<ColumnUse> {
        let use_of = |column: &Column| ColumnUse {
            column: column.name.clone(),
            field: column.field.as_ref().map(ToString::to_string),
        };
        self.columns.iter().map(use_of).collect()
    }

    /// Which columns an error file repeats: all but those that an earlier error file added.
    pub(super) fn repeated(&self) -> Vec<bool> {
        let own = |name: &str| [ROW_COLUMN, ERROR_COLUMN].contains(&normal(name).as_str());
        self.columns.iter().map(|column| !own(&column.name)).collect()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong with the row as a whole: it has more or fewer cells than there are columns.
    pub(super) fn fill(
        &self,
        record: &ByteRecord,
        terms: &Terms,
    ) -> Result<(NewLead, Vec<FieldIssue>), Invalid> {
        if record.len() != self.width() {
            let (cells, columns) = (record.len(), self.width());
            let message = format!("has {cells} cells, but the header has {columns} columns");
            return Err(Invalid::one("row", message));
        }
        let mut filling = Filling::new(terms);
        if self.parted_names {
            filling.name_has_parts();
        }
        for (column, cell) in self.columns.iter().zip(record) {
            let Some(field) = &column.field else { continue };
            let cell = unguard(cell);
            if cell.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match std::str::from_utf8(cell) {
                Ok(text) => filling.text(field, text.to_owned()),
                Err(_) => filling.issue(field, "is not valid UTF-8"),
            }
        }
        Ok(filling.finish())
    }
}
