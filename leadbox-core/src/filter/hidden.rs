//! Questions that must not tell what is hidden. Owns how a list is asked for by somebody who may not see every field: a
//! filter names no such field, an order does not follow one, and a search looks only through the others.

use std::collections::BTreeSet;

use super::{
    Check, FilterError, LeadField, LeadQuery, Leaf, Search, SearchTerm, Sense, SortKey, Test,
};
use crate::scope::Scope;

/// What text search looks through.
const SEARCHED: [LeadField; 7] = [
    LeadField::Name,
    LeadField::Email,
    LeadField::Company,
    LeadField::Title,
    LeadField::Phone,
    LeadField::Domain,
    LeadField::ExternalId,
];

impl Scope {
    /// Whether a field is hidden, also by another one from which it could be told.
    pub(crate) fn hides(&self, field: &str) -> bool {
        is_hidden(&self.hidden_fields, field)
    }
}

/// Whether a field is among these, or could be told from one of them.
pub(crate) fn is_hidden(hidden: &BTreeSet<String>, field: &str) -> bool {
    let by = match field {
        "currency" => "value",
        "industry_text" => "industry",
        other => other,
    };
    hidden.contains(field) || hidden.contains(by)
}

impl SortKey {
    /// The field that an order follows which may be hidden.
    pub(crate) fn field(self) -> Option<&'static str> {
        match self {
            Self::Name => Some("name"),
            Self::Value => Some("value"),
            _ => None,
        }
    }
}

impl LeadQuery {
    /// The same question without looking at what is hidden.
    ///
    /// # Errors
    /// `Field` when the order would follow a hidden field.
    pub(crate) fn within(mut self, scope: &Scope) -> Result<Self, FilterError> {
        if let Some(field) = self.sort.by.field().filter(|field| scope.hides(field)) {
            return Err(FilterError::Field(field.to_owned()));
        }
        let is_hidden = |field: &LeadField| scope.hides(&field.to_string());
        if self.search.is_empty() || !SEARCHED.iter().any(is_hidden) {
            return Ok(self);
        }
        let shown: Vec<&LeadField> = SEARCHED.iter().filter(|field| !is_hidden(field)).collect();
        let search = std::mem::take(&mut self.search);
        let found = search.terms.into_iter().map(|term| {
            let in_field = |field: &LeadField| leaf(field, &term);
            Check::Any(shown.iter().map(|field| in_field(field)).collect())
        });
        self.check = Check::All(std::iter::once(self.check).chain(found).collect());
        self.search = Search::default();
        Ok(self)
    }
}

fn leaf(field: &LeadField, term: &SearchTerm) -> Check {
    let test = match term {
        SearchTerm::Contains(text) => Test::Contains(text.trim_start().to_owned()),
        SearchTerm::NameStarts(text) => Test::Starts(text.clone()),
    };
    Check::Leaf(Leaf { field: field.clone(), test, sense: Sense::Holds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Grants, Level, Permission, Rights};
    use crate::event::Actor;
    use crate::filter::{LeadFilter, LeadSort, Op};
    use crate::lead::{Lead, NewLead};
    use crate::page::PageRequest;
    use crate::service::LeadList;
    use crate::testing::Sandbox;

    #[tokio::test]
    async fn what_is_hidden_is_neither_shown_nor_found() {
        let sandbox = Sandbox::new().unwrap();
        let new = NewLead::new()
            .name("Ada Byron")
            .email("ada@secret.example")
            .company("Engines")
            .phone("+49 30 901820");
        let lead = sandbox.leadbox.leads().capture(&new.value("10 EUR")).await.unwrap().lead;
        let grants = Grants::default()
            .allow(Permission::LeadRead, Level::All)
            .hide("email")
            .hide("phone")
            .hide("domain")
            .hide("value");
        let rights = Rights::granted(None, [], grants);
        let asker = sandbox.leadbox.with_rights(Actor::host(), rights);
        let seen = asker.leads().lead(lead.id).await.unwrap().unwrap().lead;
        assert_eq!((seen.person.email, seen.person.phone, seen.value), (None, None, None));
        assert_eq!(seen.person.name.as_deref(), Some("Ada Byron"));
        let found = async |list: LeadList| {
            let page = asker.leads().list(&list, &PageRequest::default()).await;
            page.map(|page| page.items.len()).map_err(|error| error.to_string())
        };
        for (text, count) in
            [("ada", 1), ("ada engines", 1), ("ad", 1), ("a", 1), ("secret", 0), ("901820", 0)]
        {
            let list = LeadList::default().search(text);
            assert_eq!(found(list).await, Ok(count), "{text}");
        }
        for field in ["email", "phone", "value", "currency"] {
            let filter = LeadFilter::is(field, Op::NotNull, serde_json::Value::Null);
            assert!(found(LeadList::filtered(filter)).await.is_err(), "{field}");
        }
        let sorted = LeadList::default().sorted(LeadSort::ascending(SortKey::Value));
        assert!(found(sorted).await.is_err());
        let told = asker.log().timeline(lead.id, &PageRequest::default()).await.unwrap();
        let text = told.items[0].payload.clone().unwrap();
        assert!(text.contains("Engines") && !text.contains("secret"), "{text}");
    }

    #[tokio::test]
    async fn every_guarded_field_can_be_taken_out() {
        let sandbox = Sandbox::new().unwrap();
        let full = crate::testing::full_lead();
        let lead = sandbox.leadbox.leads().capture(&full).await.unwrap().lead;
        for field in Lead::GUARDED {
            assert!(lead.to_fields().contains_key(field), "{field} is given");
            let mut seen = lead.clone();
            seen.redact(&[field.to_owned()].into());
            assert!(!seen.to_fields().contains_key(field), "{field} is gone");
            assert_eq!(seen.to_fields().len() + 1, lead.to_fields().len(), "{field} alone");
        }
    }
}
