//! Conditions in words. Owns how what is asked of a field reads.

use leadbox_core::LeadFilter;
use leadbox_core::filter::Op;
use serde_json::Value;

use super::words::Words;

/// Fields that are moments, in words that go on with when.
const MOMENTS: [(&str, &str); 4] = [
    ("created_at", "Received"),
    ("updated_at", "Changed"),
    ("stage_since", "Moved to its stage"),
    ("last_interaction_at", "Last interaction"),
];

impl Words<'_> {
    /// A condition for people: `Stage is Qualified and (City is unknown or City is Bern)`.
    pub(super) fn condition(&self, condition: &LeadFilter) -> String {
        match condition {
            LeadFilter::And(parts) if parts.is_empty() => "all leads".to_owned(),
            LeadFilter::Or(parts) if parts.is_empty() => "no lead".to_owned(),
            LeadFilter::And(parts) => self.joined(parts, " and "),
            LeadFilter::Or(parts) => self.joined(parts, " or "),
            LeadFilter::Not(part) => format!("not ({})", self.condition(part)),
            LeadFilter::Is(field, op, value) => self.question(field, *op, value),
        }
    }

    fn joined(&self, parts: &[LeadFilter], with: &str) -> String {
        let part = |part: &LeadFilter| match part {
            LeadFilter::And(inner) | LeadFilter::Or(inner) if inner.len() > 1 => {
                format!("({})", self.condition(part))
            }
            _ => self.condition(part),
        };
        parts.iter().map(part).collect::<Vec<_>>().join(with)
    }

    fn question(&self, field: &str, op: Op, value: &Value) -> String {
        let moment = MOMENTS.iter().find(|(name, _)| *name == field).map(|(_, label)| *label);
        let label = match (field, moment) {
            (_, Some(label)) => label.to_owned(),
            ("stage_kind", None) => self.label("stage"),
            (field, None) => self.label(field),
        };
        let each = |value: &Value| self.value(field, value);
        let all = |with: &str| match value {
            Value::Array(list) => list.iter().map(each).collect::<Vec<_>>().join(with),
            one => each(one),
        };
        match op {
            Op::Gte if moment.is_some() => format!("{label} on or after {}", each(value)),
            Op::Lte if moment.is_some() => format!("{label} on or before {}", each(value)),
            Op::Gt | Op::After if moment.is_some() => format!("{label} after {}", each(value)),
            Op::Lt | Op::Before if moment.is_some() => format!("{label} before {}", each(value)),
            Op::Within => format!("{label} within the last {}", span(value)),
            Op::Eq => format!("{label} is {}", each(value)),
            Op::Ne => format!("{label} is not {}", each(value)),
            Op::In => format!("{label} is {}", all(" or ")),
            Op::Nin => format!("{label} is neither {}", all(" nor ")),
            Op::Lt => format!("{label} is less than {}", each(value)),
            Op::Lte => format!("{label} is at most {}", each(value)),
            Op::Gt => format!("{label} is more than {}", each(value)),
            Op::Gte => format!("{label} is at least {}", each(value)),
            Op::Between => format!("{label} is from {}", all(" to ")),
            Op::Contains => format!("{label} contains {}", each(value)),
            Op::Starts => format!("{label} starts with {}", each(value)),
            Op::IsNull => format!("{label} is unknown"),
            Op::NotNull => format!("{label} is known"),
            Op::Before => format!("{label} is before {}", each(value)),
            Op::After => format!("{label} is after {}", each(value)),
        }
    }
}

/// `{"last": 7, "unit": "day"}` as `7 days`.
fn span(value: &Value) -> String {
    let unit = value["unit"].as_str().unwrap_or_default();
    match value["last"].as_i64() {
        Some(1) => unit.to_owned(),
        Some(many) => format!("{many} {unit}s"),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use leadbox_core::{Catalog, FieldDefinition, FieldType, Tenant};
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_read_as_they_are_meant() {
        let mut catalog = Catalog::new(Tenant::DEFAULT);
        let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
        let budget = FieldDefinition { label: "Budget per year".to_owned(), ..budget };
        catalog.fields.insert(budget.key.clone(), budget);
        let (names, zone) = (Default::default(), chrono_tz::Tz::UTC);
        let words = Words::new(&catalog, &names, zone);
        for (filter, says) in [
            (json!(["stage", "eq", "qualified"]), "Stage is Qualified"),
            (json!(["cf.budget", "gte", 5000]), "Budget per year is at least 5000"),
            (json!(["source", "in", ["webinar", "ads"]]), "Source is webinar or ads"),
            (
                json!({"and": [["owner", "is_null"], {"or": [["city", "eq", "Bern"], {"not": ["tag", "eq", "vip"]}]}]}),
                "Owner is unknown and (City is Bern or not (Tag is vip))",
            ),
            (
                json!(["last_interaction_at", "within", {"last": 7, "unit": "day"}]),
                "Last interaction within the last 7 days",
            ),
            (json!(["created_at", "gte", "2026-02-01"]), "Received on or after 2026-02-01"),
            (json!(["stage_kind", "eq", "open"]), "Stage is open"),
            (json!({"and": []}), "all leads"),
        ] {
            let filter: LeadFilter = serde_json::from_value(filter).unwrap();
            assert_eq!(words.condition(&filter), says);
        }
    }
}
