//! What the address of a list asks for: which leads, in which order, with which columns, behind which row. Owns reading it
//! into a list and writing it back into an address, alike for everything that shows leads or does something with those
//! that pass.

use axum::extract::Query;
use axum::http::Uri;
use chrono::{Days, NaiveDate};
use leadbox_core::filter::{Direction, Op};
use leadbox_core::{
    Catalog, FieldType, Invalid, LeadBox, LeadFilter, LeadList, LeadSort, SortKey, Stage,
};
use serde_json::Value;

use super::escaped;
use super::fields::{value, values};
use super::input::Input;
use super::rows::{COLUMNS, Column, Head};
use super::words::Names;

/// The orders: name in the address, in words, and what it is.
const SORTS: [(&str, &str, LeadSort); 5] = {
    use Direction::{Ascending, Descending};
    const fn sort(by: SortKey, direction: Direction) -> LeadSort {
        LeadSort { by, direction }
    }
    [
        ("created", "Latest first", sort(SortKey::Created, Descending)),
        ("score", "Highest score first", sort(SortKey::Score, Descending)),
        ("name", "By name", sort(SortKey::Name, Ascending)),
        ("value", "Highest value first", sort(SortKey::Value, Descending)),
        ("last", "Latest interaction first", sort(SortKey::LastInteraction, Descending)),
    ]
};

/// The orders that somebody may ask for.
fn sorts(
    leadbox: &LeadBox,
) -> impl Iterator<Item = &'static (&'static str, &'static str, LeadSort)> {
    SORTS.iter().filter(|(name, ..)| !is_hidden(leadbox, name))
}

/// Whether somebody does not see a field, by its name in addresses.
fn is_hidden(leadbox: &LeadBox, name: &str) -> bool {
    let field = if name == "tag" { "tags" } else { name };
    leadbox.scope().hidden_fields.contains(field)
}

/// What is asked of one field: its name in the address and in filters, and in words.
const EXACT: [(&str, &str); 3] = [("source", "Source"), ("tag", "Tag"), ("priority", "Priority")];

/// What the address asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(pub(super) Vec<(String, String)>);

impl Asked {
    /// Reads the part of an address behind the question mark.
    ///
    /// # Errors
    /// It is none: what is meant would not be everything.
    pub(super) fn parse(query: &str) -> Result<Self, Invalid> {
        let uri = format!("/?{query}").parse::<Uri>().ok();
        let read = uri.and_then(|uri| Query::try_from_uri(&uri).ok());
        read.map(|Query(given)| Self(given)).ok_or_else(|| Invalid::one("list", "cannot be read"))
    }

    pub(super) fn text(&self, name: &str) -> &str {
        value(&self.0, name)
    }

    pub(super) fn after(&self) -> &str {
        self.text("after")
    }

    fn sort(&self) -> LeadSort {
        let named = SORTS.iter().find(|(name, ..)| *name == self.text("sort"));
        named.map_or(SORTS[0].2, |(.., sort)| *sort)
    }

    /// The custom fields that are asked for, `cf.` in front.
    fn custom(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().map(|(name, value)| (name.as_str(), value.trim()));
        all.filter(|(name, value)| name.starts_with("cf.") && !value.is_empty())
    }

    /// Whether it asks for less than everything.
    pub(super) fn is_filtered(&self) -> bool {
        let plain = ["q", "stage", "owner"].into_iter().chain(MORE);
        plain.into_iter().any(|name| !self.text(name).is_empty()) || self.custom().next().is_some()
    }

    pub(super) fn list(&self) -> LeadList {
        let mut list = LeadList::default().search(self.text("q")).sorted(self.sort());
        let mut also = |field: &str, op, value: Value| {
            let all = std::mem::take(&mut list.filter);
            list.filter = all.and(LeadFilter::is(field, op, value));
        };
        if !self.text("stage").is_empty() {
            also("stage", Op::Eq, self.text("stage").into());
        }
        match self.text("owner") {
            "" => {}
            "nobody" => also("owner", Op::IsNull, Value::Null),
            owner => also("owner", Op::Eq, owner.into()),
        }
        for (field, _) in EXACT {
            if !self.text(field).is_empty() {
                also(field, Op::Eq, self.text(field).into());
            }
        }
        if !self.text("kind").is_empty() {
            also("stage_kind", Op::Eq, self.text("kind").into());
        }
        if !self.text("from").is_empty() {
            also("created_at", Op::Gte, self.text("from").into());
        }
        if !self.text("until").is_empty() {
            // The day itself is meant too. What is no day is said by the filter.
            let day = self.text("until").parse::<NaiveDate>().ok();
            let next = day.and_then(|day| day.checked_add_days(Days::new(1)));
            let until = next.map_or_else(|| self.text("until").to_owned(), |day| day.to_string());
            also("created_at", Op::Lt, until.into());
        }
        for (field, value) in self.custom() {
            also(field, Op::Eq, value.into());
        }
        if !self.text("idle").is_empty() {
            // What is no number is said by the filter.
            let days = self.text("idle").trim();
            let days = days.parse::<u32>().map_or_else(|_| Value::from(days), Value::from);
            list.filter = list.filter.and(LeadFilter::idle(days));
        }
        list
    }

    /// What is asked for, without these and without what is empty.
    pub(super) fn kept(&self, without: &[&str]) -> Vec<(String, String)> {
        let all = self.0.iter();
        let kept =
            all.filter(|(name, value)| !without.contains(&name.as_str()) && !value.is_empty());
        kept.cloned().collect()
    }

    /// What is asked for as a part of an address, some of it said anew; what is empty is left out.
    pub(super) fn query(&self, anew: &[(&str, &str)]) -> String {
        let kept = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !anew.iter().any(|(other, _)| other == name));
        let mut query = String::new();
        for (name, value) in kept.chain(anew.iter().copied()) {
            if value.is_empty() {
                continue;
            }
            if !query.is_empty() {
                query.push('&');
            }
            query.extend(escaped(name));
            query.push('=');
            query.extend(escaped(value));
        }
        query
    }

    /// The address of this list, some of it said anew.
    pub(super) fn address(&self, page: &str, anew: &[(&str, &str)]) -> String {
        match self.query(anew).as_str() {
            "" => page.to_owned(),
            query => format!("{page}?{query}"),
        }
    }

    /// The columns that are shown: those that are chosen, or those that are usual.
    fn columns(&self) -> Vec<&'static Column> {
        let chosen: Vec<&str> = values(&self.0, "col").collect();
        let shown = |column: &&Column| match chosen.is_empty() {
            true => column.usual,
            false => column.key == "lead" || chosen.contains(&column.key),
        };
        COLUMNS.iter().filter(shown).collect()
    }

    /// The heads of the shown columns, with links that sort.
    pub(super) fn heads(&self, leadbox: &LeadBox, page: &str) -> Vec<Head> {
        let now = self.sort();
        let head = |column: &Column| {
            let order = sorts(leadbox).find(|(name, ..)| *name == column.sort);
            let sorted = order.filter(|(.., order)| *order == now);
            Head {
                key: column.key,
                label: column.label,
                class: column.class,
                link: order
                    .map(|(name, ..)| self.address(page, &[("sort", name), ("after", "")]))
                    .unwrap_or_default(),
                sorted: sorted.map(|(.., order)| match order.direction {
                    Direction::Ascending => "ascending",
                    Direction::Descending => "descending",
                }),
            }
        };
        self.columns()
            .into_iter()
            .filter(|column| !is_hidden(leadbox, column.key))
            .map(head)
            .collect()
    }
}

/// What is seldom asked for.
const MORE: [&str; 7] = ["source", "tag", "priority", "kind", "idle", "from", "until"];

/// The bar of filters over a list.
pub(super) struct Bar {
    /// The address of the page.
    pub(super) page: String,
    pub(super) q: String,
    pub(super) stage: String,
    pub(super) owner: String,
    pub(super) sort: String,
    pub(super) filtered: bool,
    pub(super) stages: Vec<Stage>,
    /// Empty where they are one person's leads.
    pub(super) owners: Vec<(String, String)>,
    pub(super) sorts: Vec<(&'static str, &'static str)>,
    pub(super) more: Vec<Input>,
    /// What of that is asked for: label, value, and the list without it.
    pub(super) chips: Vec<(String, String, String)>,
    pub(super) columns: Vec<(&'static str, &'static str, bool)>,
}

impl Bar {
    pub(super) fn new(
        leadbox: &LeadBox,
        page: &str,
        asked: &Asked,
        catalog: &Catalog,
        owners: Vec<(String, String)>,
    ) -> Self {
        let exact = EXACT.map(|(name, label)| Input::new(name, label, "text"));
        let kinds = [("", "Any"), ("open", "Open"), ("won", "Won"), ("lost", "Lost")];
        let kinds = kinds.map(|(value, label)| (value.to_owned(), label.to_owned()));
        let kind = Input::new("kind", "Open, won or lost", "text").choices(kinds.into());
        let idle = Input::new("idle", "Days without contact", "number");
        let days = [("from", "Received from"), ("until", "Received until")];
        let days = days.map(|(name, label)| Input::new(name, label, "date"));
        let custom = catalog.fields.values().filter_map(|field| {
            let choices = match &field.kind {
                FieldType::Choice(all) | FieldType::MultiChoice(all) => {
                    all.iter().map(|one| (one.clone(), one.clone())).collect()
                }
                FieldType::Bool => {
                    vec![
                        ("true".to_owned(), "Yes".to_owned()),
                        ("false".to_owned(), "No".to_owned()),
                    ]
                }
                _ => return None,
            };
            let any = std::iter::once((String::new(), "Any".to_owned()));
            let input = Input::new(&format!("cf.{}", field.key), &field.label, "text");
            Some(input.choices(any.chain(choices).collect::<Vec<_>>()))
        });
        let shown = asked.columns();
        let choice = |column: &Column| {
            let is_shown = shown.iter().any(|one| one.key == column.key);
            (column.key, column.label, is_shown)
        };
        let more = exact.into_iter().chain([kind, idle]).chain(days).chain(custom);
        let more = more.filter(|input| !is_hidden(leadbox, &input.name));
        let more: Vec<Input> = more.map(|input| input.with(&asked.0, &[])).collect();
        let asked_for = more.iter().filter(|input| !input.value.is_empty());
        let chip = |input: &Input| {
            let without = asked.address(page, &[(&input.name, ""), ("after", "")]);
            (input.label.clone(), input.value.clone(), without)
        };
        Self {
            chips: asked_for.map(chip).collect(),
            page: page.to_owned(),
            stages: catalog.pipelines.iter().flat_map(|one| one.stages.iter().cloned()).collect(),
            owners,
            sorts: sorts(leadbox).map(|(name, label, _)| (*name, *label)).collect(),
            more,
            columns: COLUMNS[1..]
                .iter()
                .filter(|column| !is_hidden(leadbox, column.key))
                .map(choice)
                .collect(),
            q: asked.text("q").to_owned(),
            stage: asked.text("stage").to_owned(),
            owner: asked.text("owner").to_owned(),
            sort: asked.text("sort").to_owned(),
            filtered: asked.is_filtered(),
        }
    }
}

/// The owners that somebody can ask for: whose leads are seen, and nobody's.
pub(super) fn owners(leadbox: &LeadBox, names: &Names) -> Vec<(String, String)> {
    let sees = |owner| leadbox.scope().sees(leadbox.tenant(), owner);
    let owners = names.iter().filter(|(id, _)| sees(Some(**id)));
    let mut owners: Vec<_> = owners.map(|(id, name)| (id.to_string(), name.clone())).collect();
    owners.sort_by(|a, b| a.1.cmp(&b.1));
    if sees(None) {
        owners.insert(0, ("nobody".to_owned(), "Unassigned".to_owned()));
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_back_as_it_was_read_but_for_what_is_said_anew() {
        let asked =
            Asked::parse("q=a%20%26b&stage=&tag=vip&cf.plan=Paid&col=company&col=tags&after=x")
                .unwrap();
        assert!(asked.is_filtered());
        assert_eq!(
            asked.query(&[("after", "")]),
            "q=a%20%26b&tag=vip&cf.plan=Paid&col=company&col=tags"
        );
        let columns: Vec<_> = asked.columns().iter().map(|column| column.key).collect();
        assert_eq!(columns, ["lead", "company", "tags"]);
        let filter = serde_json::to_value(asked.list().filter).unwrap();
        let expected =
            serde_json::json!({ "and": [["tag", "eq", "vip"], ["cf.plan", "eq", "Paid"]] });
        assert_eq!((filter, asked.list().search.as_str()), (expected, "a &b"));
        let days = Asked::parse("from=2026-02-01&until=2026-02-28").unwrap().list().filter;
        let expected = serde_json::json!({ "and": [
            ["created_at", "gte", "2026-02-01"], ["created_at", "lt", "2026-03-01"],
        ] });
        assert_eq!(serde_json::to_value(days).unwrap(), expected, "the last day too");
        let idle = Asked::parse("kind=open&idle=14").unwrap().list().filter;
        let span = serde_json::json!({ "last": 14, "unit": "day" });
        let expected = serde_json::json!({ "and": [["stage_kind", "eq", "open"], { "not": { "or": [
            ["created_at", "within", span], ["last_interaction_at", "within", span],
        ] } }] });
        assert_eq!(serde_json::to_value(idle).unwrap(), expected);
        assert!(!Asked::parse("sort=name&col=tags&after=x").unwrap().is_filtered());
        assert_eq!(Asked::default().address("/leads", &[("sort", "")]), "/leads");
    }
}
