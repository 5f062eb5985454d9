//! What a column means. Owns the caller's own mapping, the known names, and the proposal for a name that is not known.

use std::collections::HashMap;

use super::TransferError;
use super::field::{Field, PASSED_OVER, Plain, normal};
use crate::catalog::Catalog;
use crate::error::Invalid;
use crate::field::FieldDefinition;

/// What happens to a column that means nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnknownColumns {
    /// The import is refused (CSV) or the row is (JSON Lines), naming the column and the field that it may mean.
    #[default]
    Refuse,
    /// It is passed over.
    Ignore,
}

/// Which column fills which field. Columns that are not named here are recognised by their own names: those of an
/// export of ours, those that other programs use (`Email Address`, `First Name`, `Lead Source` ...), and the keys and
/// labels of custom fields.
///
/// ```
/// # use leadbox_core::transfer::Mapping;
/// let mapping = Mapping::new().column("Budget (kEUR)", "cf.budget").ignore("Fax");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    columns: Vec<(String, Option<String>)>,
    unknown: UnknownColumns,
}

impl Mapping {
    /// Nothing but what the names say.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every field that a column can be taken for, but for consents, whose purposes are free.
    pub fn fields(catalog: &Catalog) -> Vec<String> {
        let plain = Plain::NAMES.iter().map(|(field, _)| field.name().to_owned());
        plain.chain(catalog.fields.keys().map(|key| format!("cf.{key}"))).collect()
    }

    /// Takes a column for a field: a name of [`NewLead`](crate::NewLead), `last_name`, `currency`, `utm.source` and
    /// the like, `consent.` and a purpose, or `cf.` and the key of a custom field.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>, field: impl Into<String>) -> Self {
        self.columns.push((column.into(), Some(field.into())));
        self
    }

    /// Passes over a column.
    #[must_use]
    pub fn ignore(mut self, column: impl Into<String>) -> Self {
        self.columns.push((column.into(), None));
        self
    }

    /// Says what happens to columns that mean nothing.
    #[must_use]
    pub fn unknown(mut self, unknown: UnknownColumns) -> Self {
        self.unknown = unknown;
        self
    }
}

/// What a column turned out to mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    Field(Field),
    PassedOver,
    /// Nothing, as the message says.
    Unknown(String),
}

/// A mapping with all names that a tenant knows.
#[derive(Debug)]
pub(super) struct Meanings {
    explicit: HashMap<String, Meaning>,
    /// The names in the mapping that have to be in a file.
    pub(super) demanded: Vec<String>,
    known: HashMap<String, Field>,
    unknown: UnknownColumns,
}

impl Meanings {
    /// # Errors
    /// `Columns` when the mapping names a field that does not exist.
    pub(super) fn new(mapping: &Mapping, catalog: &Catalog) -> Result<Self, TransferError> {
        let mut known = HashMap::new();
        for (field, names) in Plain::NAMES {
            for name in *names {
                known.insert(normal(name), Field::Plain(*field));
            }
        }
        for FieldDefinition { key, .. } in catalog.active_fields() {
            known.insert(format!("cf_{key}"), Field::Custom(key.to_string()));
        }
        for FieldDefinition { key, label, .. } in catalog.active_fields() {
            for name in [normal(key.as_str()), normal(label)] {
                if !name.is_empty() && !PASSED_OVER.contains(&name.as_str()) {
                    known.entry(name).or_insert_with(|| Field::Custom(key.to_string()));
                }
            }
        }
        let mut meanings = Self {
            explicit: HashMap::new(),
            demanded: Vec::new(),
            known,
            unknown: mapping.unknown,
        };
        let mut invalid = Invalid::default();
        for (column, field) in &mapping.columns {
            let meaning = match field {
                None => Meaning::PassedOver,
                Some(field) => match meanings.by_name(field) {
                    Some(field) => {
                        meanings.demanded.push(column.clone());
                        Meaning::Field(field)
                    }
                    None => {
                        let near = meanings.nearest(field);
                        invalid.push(
                            column,
                            format!("is mapped to '{field}', which is no field{near}"),
                        );
                        continue;
                    }
                },
            };
            meanings.explicit.insert(normal(column), meaning);
        }
        invalid.or(meanings).map_err(TransferError::Columns)
    }

    /// What a column of this name means.
    pub(super) fn of(&self, column: &str) -> Meaning {
        let name = normal(column);
        if let Some(meaning) = self.explicit.get(&name) {
            return meaning.clone();
        }
        if PASSED_OVER.contains(&name.as_str()) {
            return Meaning::PassedOver;
        }
        match self.by_name(column) {
            Some(field) => Meaning::Field(field),
            None if self.unknown == UnknownColumns::Ignore => Meaning::PassedOver,
            None => Meaning::Unknown(format!(
                "is no field{}: map it to one, or ignore it",
                self.nearest(column)
            )),
        }
    }

    fn by_name(&self, name: &str) -> Option<Field> {
        // A purpose is kept as it is written.
        if let Some((prefix, purpose)) = name.trim().split_once('.')
            && prefix.eq_ignore_ascii_case("consent")
            && !purpose.trim().is_empty()
        {
            return Some(Field::Consent(purpose.trim().to_owned()));
        }
        self.known.get(&normal(name)).cloned()
    }

    /// The field whose name is most like `name`, as half a sentence; nothing when none is like it.
    fn nearest(&self, name: &str) -> String {
        let name = normal(name);
        if name.len() > 64 {
            return String::new();
        }
        let most = (name.chars().count() / 3).max(1);
        let near = self.known.iter().map(|(known, field)| (distance(&name, known), known, field));
        match near
            .filter(|(distance, ..)| *distance <= most)
            .min_by_key(|(d, known, _)| (*d, *known))
        {
            Some((_, _, field)) => format!(" (did you mean '{field}'?)"),
            None => String::new(),
        }
    }
}

/// How many letters have to be changed, added, left out or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let above = &rows[i - 1];
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FieldDefinition, FieldType};
    use crate::id::Tenant;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::new(Tenant::DEFAULT);
        let mut field = FieldDefinition::new("budget", FieldType::Decimal).unwrap();
        field.label = "Budget (EUR)".to_owned();
        catalog.fields.insert(field.key.clone(), field);
        catalog
    }

    fn meaning(mapping: &Mapping, column: &str) -> String {
        match Meanings::new(mapping, &catalog()).unwrap().of(column) {
            Meaning::Field(field) => field.to_string(),
            Meaning::PassedOver => "-".to_owned(),
            Meaning::Unknown(message) => message,
        }
    }

    #[test]
    fn names_of_other_programs_are_recognised() {
        for (column, field) in [
            ("Email Address", "email"),
            ("E-MAIL", "email"),
            ("First Name", "first_name"),
            ("Last name", "last_name"),
            ("Company Name", "company"),
            ("Lead Source", "source"),
            ("Number of Employees", "employees"),
            ("utm_campaign", "utm.campaign"),
            ("utm.term", "utm.term"),
            ("cf.budget", "cf.budget"),
            ("Budget (EUR)", "cf.budget"),
            ("budget", "cf.budget"),
            ("consent.Product news", "consent.Product news"),
            ("import_error", "-"),
            ("id", "-"),
        ] {
            assert_eq!(meaning(&Mapping::new(), column), field, "{column}");
        }
    }

    #[test]
    fn an_unknown_name_gets_a_proposal_and_a_mapping_decides() {
        let near = "is no field (did you mean 'email'?): map it to one, or ignore it";
        assert_eq!(meaning(&Mapping::new(), "Emial"), near);
        assert!(meaning(&Mapping::new(), "cf.bugdet").contains("'cf.budget'"));
        assert_eq!(meaning(&Mapping::new(), "Fax"), "is no field: map it to one, or ignore it");
        let mapping = Mapping::new().column("Fax", "cf.budget").ignore("email");
        assert_eq!(meaning(&mapping, "fax"), "cf.budget");
        assert_eq!(meaning(&mapping, "Email"), "-");
        assert_eq!(meaning(&Mapping::new().unknown(UnknownColumns::Ignore), "Fax"), "-");
        let wrong = Mapping::new().column("Fax", "cf.bugdet");
        let refused = Meanings::new(&wrong, &catalog()).unwrap_err().to_string();
        assert!(refused.contains("did you mean 'cf.budget'?"), "{refused}");
    }
}
