//! Custom fields in scripts, held against what a tenant defines.

use super::*;
use crate::scoring::Loader;
use crate::{Catalog, FieldKey, Tenant};

fn catalog() -> Catalog {
    let mut catalog = Catalog::new(Tenant::default());
    for (key, kind) in [
        ("budget", FieldType::Decimal),
        ("newsletter", FieldType::Bool),
        ("renewal", FieldType::Date),
        ("note", FieldType::Text),
        ("plan", FieldType::Choice(vec!["gold".to_owned(), "silver".to_owned()])),
        ("uses", FieldType::MultiChoice(vec!["crm".to_owned(), "mail".to_owned()])),
    ] {
        let field = FieldDefinition::new(key, kind).unwrap();
        catalog.fields.insert(key.parse::<FieldKey>().unwrap(), field);
    }
    catalog
}

#[test]
fn custom_fields_are_held_against_their_definitions() {
    let catalog = catalog();
    for (question, expected) in [
        ("lead.cf.budjet > 5", "29: there is no field 'cf.budjet': did you mean 'budget'?"),
        (
            "lead.cf.budget > \"5\"",
            "36: this compares a number with a text, which is never so: write the number without quotes",
        ),
        ("lead.cf.newsletter", "fine"),
        ("lead.cf.note == \"x\" && lead.cf.renewal.within(days(30))", "fine"),
        (
            "lead.cf.renewal > 5",
            "37: this compares a moment with a number, which is never so: ask how long ago it was, such as days_since(lead.created_at) < 14",
        ),
        ("lead.cf.plan == \"gold\"", "fine"),
        ("lead.cf.plan == \"glod\"", "37: cf.plan has no choice 'glod': did you mean 'gold'?"),
        (
            "lead.cf.plan in [\"gold\", \"platinum\"]",
            "37: cf.plan has no choice 'platinum': there are gold, silver",
        ),
        ("\"crm\" in lead.cf.uses && lead.cf.uses.has_any(\"mail\")", "fine"),
        ("\"crn\" in lead.cf.uses", "21: cf.uses has no choice 'crn': did you mean 'crm'?"),
    ] {
        let script = format!("rule(\"a\", 5, |lead| {question});");
        let told =
            Loader::default().catalog(&catalog).load(&script).map_err(|wrong| wrong.to_string());
        let told = told.map_or_else(|wrong| wrong, |_| "line 1, character fine".to_owned());
        assert_eq!(told, format!("line 1, character {expected}"), "{question}");
        assert!(RuleSet::load(&script).is_ok(), "nobody knows better: {question}");
    }
}
