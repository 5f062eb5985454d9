//! From a filter as written to one as run. Owns how deep and wide one may be, that every negation is pushed down to the
//! leaves, and which fields may be asked for; how the value beside a field is read is `value`'s.

use serde_json::Value;

use super::value::Reading;
use super::{Check, FilterError, LeadField, LeadFilter, Leaf, Op, Operand, Sense, Test};
use crate::catalog::Catalog;
use crate::pipeline::StageKind;
use crate::scope::Scope;
use crate::time::Timestamp;

/// The deepest nesting.
const MAX_DEPTH: u32 = 5;
/// The most parts.
const MAX_NODES: u32 = 100;

/// A filter on its way, by the tenant's catalog and what the asker sees.
pub(super) struct Reader<'a> {
    pub(super) catalog: &'a Catalog,
    scope: &'a Scope,
    pub(super) now: Timestamp,
    nodes: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(catalog: &'a Catalog, scope: &'a Scope, now: Timestamp) -> Self {
        Self { catalog, scope, now, nodes: 0 }
    }

    /// # Errors
    /// Every variant of [`FilterError`].
    pub(super) fn read(
        &mut self,
        filter: &LeadFilter,
        sense: Sense,
        depth: u32,
    ) -> Result<Check, FilterError> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(FilterError::TooLarge("nested deeper than 5"));
        }
        if self.nodes > MAX_NODES {
            return Err(FilterError::TooLarge("more than 100 parts"));
        }
        let mut all = |parts: &[LeadFilter]| -> Result<Vec<Check>, FilterError> {
            parts.iter().map(|part| self.read(part, sense, depth + 1)).collect()
        };
        // De Morgan: a denied "all" is an "any" of denied parts.
        match (filter, sense) {
            (LeadFilter::And(parts), Sense::Holds) | (LeadFilter::Or(parts), Sense::Fails) => {
                all(parts).map(Check::All)
            }
            (LeadFilter::Or(parts), Sense::Holds) | (LeadFilter::And(parts), Sense::Fails) => {
                all(parts).map(Check::Any)
            }
            (LeadFilter::Not(part), _) => self.read(part, sense.flip(), depth + 1),
            (LeadFilter::Is(field, op, value), _) => self.leaf(field, *op, value, sense),
        }
    }

    fn leaf(&self, name: &str, op: Op, value: &Value, sense: Sense) -> Result<Check, FilterError> {
        let unknown = || FilterError::Field(name.to_owned());
        if name == "stage_kind" {
            return self.stage_kind(op, value, sense);
        }
        let field = LeadField::parse(name).ok_or_else(unknown)?;
        if self.scope.hides(name) {
            return Err(unknown());
        }
        let definition = match &field {
            LeadField::Custom(key) => {
                let known = self.catalog.active_fields().find(|field| field.key == *key);
                Some(known.ok_or_else(unknown)?)
            }
            _ => None,
        };
        let reading = Reading { reader: self, field: &field, definition };
        let (test, denied) = reading.test(op, value)?;
        let sense = if denied { sense.flip() } else { sense };
        Ok(Check::Leaf(Leaf { field, test, sense }))
    }

    /// `stage_kind` is no column: it stands for the stages of that kind.
    fn stage_kind(&self, op: Op, value: &Value, sense: Sense) -> Result<Check, FilterError> {
        let wrong = |message: &str| FilterError::Value {
            field: "stage_kind".to_owned(),
            message: message.to_owned(),
        };
        let list = match (op, value) {
            (Op::Eq | Op::Ne, one) => std::slice::from_ref(one),
            (Op::In | Op::Nin, Value::Array(list)) => list.as_slice(),
            _ => return Err(FilterError::Op { field: "stage_kind".to_owned(), op }),
        };
        let mut stages = Vec::new();
        for one in list {
            let kind: StageKind = serde_json::from_value(one.clone())
                .map_err(|_| wrong("has to be open, won or lost"))?;
            stages.extend(
                self.catalog.stages_of_kind(kind).map(|stage| Operand::Id(stage.id.uuid())),
            );
        }
        let sense = if matches!(op, Op::Ne | Op::Nin) { sense.flip() } else { sense };
        if stages.is_empty() {
            // No stage is of that kind: nothing holds, everything fails.
            return Ok(if sense == Sense::Holds {
                Check::Any(Vec::new())
            } else {
                Check::All(Vec::new())
            });
        }
        Ok(Check::Leaf(Leaf { field: LeadField::Stage, test: Test::OneOf(stages), sense }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::field::{FieldDefinition, FieldType, FieldValue};
    use crate::id::Tenant;
    use crate::key::FieldKey;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::new(Tenant::DEFAULT);
        for (key, kind) in
            [("size", FieldType::Number), ("note", FieldType::Text), ("due", FieldType::Date)]
        {
            let definition = FieldDefinition::new(key, kind).unwrap();
            catalog.fields.insert(key.parse::<FieldKey>().unwrap(), definition);
        }
        catalog
    }

    fn check(filter: &Value) -> Result<Check, FilterError> {
        let filter: LeadFilter = serde_json::from_value(filter.clone()).unwrap();
        let now = crate::time::from_unix_micros(1_772_442_000_000_000).unwrap();
        filter.check(&catalog(), &Scope::all(Tenant::DEFAULT), now)
    }

    #[test]
    fn negations_are_pushed_down_to_the_leaves() {
        let denied =
            check(&json!({"not": {"and": [["title", "eq", "CTO"], {"not": ["city", "is_null"]}]}}))
                .unwrap();
        let Check::Any(parts) = denied else { panic!("{denied:?}") };
        let senses: Vec<Sense> = parts
            .iter()
            .map(|part| if let Check::Leaf(leaf) = part { leaf.sense } else { panic!() })
            .collect();
        assert_eq!(senses, [Sense::Fails, Sense::Fails]);
    }

    #[test]
    fn comparisons_become_ranges_that_include_their_ends() {
        let leaf = |filter: Value| match check(&filter) {
            Ok(Check::Leaf(leaf)) => leaf.test,
            other => panic!("{filter} {other:?}"),
        };
        assert_eq!(
            leaf(json!(["employees", "gt", 5])),
            Test::Between(Some(Operand::Integer(6)), None)
        );
        assert_eq!(
            leaf(json!(["value", "lte", "12.5"])),
            Test::Between(None, Some(Operand::Integer(1250)))
        );
        assert_eq!(
            leaf(json!(["score", "gte", 75])),
            Test::Between(Some(Operand::Integer(7500)), None)
        );
        assert_eq!(leaf(json!(["title", "contains", "CtÓ"])), Test::Contains("cto".to_owned()));
        let keys = |number: f64| FieldValue::Number(number).sort_keys().remove(0);
        let Test::Between(Some(Operand::Bytes(from)), None) = leaf(json!(["cf.size", "gt", 5]))
        else {
            panic!()
        };
        assert!(from > keys(5.0) && from < keys(5.000_001));
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name() {
        for (filter, needle) in [
            (json!(["colour", "eq", "red"]), "colour"),
            (json!(["cf.unknown", "eq", 1]), "cf.unknown"),
            (json!(["title", "gt", "a"]), "title"),
            (json!(["employees", "contains", "5"]), "employees"),
            (json!(["employees", "eq", "many"]), "employees"),
            (json!(["owner", "eq", "kim"]), "owner"),
            (json!(["created_at", "before", "yesterday"]), "created_at"),
            (json!(["created_at", "within", {"last": 0, "unit": "day"}]), "created_at"),
            (json!(["source", "in", []]), "source"),
            (json!(["cf.size", "between", [1]]), "cf.size"),
            (json!(["stage_kind", "eq", "maybe"]), "stage_kind"),
            (json!(["title", "contains", "x".repeat(257)]), "too large"),
            (json!({"not": {"not": {"not": {"not": {"not": ["title", "is_null"]}}}}}), "too large"),
        ] {
            let error = check(&filter).expect_err(&filter.to_string()).to_string();
            assert!(error.contains(needle), "{filter}: {error}");
        }
    }

    #[test]
    fn hidden_fields_cannot_be_asked_for() {
        let mut scope = Scope::all(Tenant::DEFAULT);
        scope.hidden_fields.insert("phone".to_owned());
        let now = crate::time::from_unix_micros(0).unwrap();
        let filter = LeadFilter::is("phone", Op::Starts, "+49");
        assert_eq!(
            filter.check(&catalog(), &scope, now),
            Err(FilterError::Field("phone".to_owned()))
        );
    }
}
