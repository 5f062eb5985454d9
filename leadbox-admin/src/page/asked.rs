//! What the address of a list asks for: which leads, in which order, with which columns, behind which row. Owns reading it
//! into a list and writing it back into an address, alike for everything that shows leads or does something with those
//! that pass. Where it begins with a saved view, it holds all that the view asks for but what the address says anew.

use std::collections::BTreeSet;

use axum::extract::Query;
use axum::http::Uri;
use chrono::{Days, NaiveDate, TimeDelta};
use leadbox_core::filter::{Direction, Op};
use leadbox_core::{
    Invalid, LeadBox, LeadFilter, LeadList, LeadSort, SavedView, SortKey, Timestamp, ViewId,
};
use serde_json::Value;

use super::escaped;
use super::fields::{value, values};
use super::opened::given_by;
use super::rows::{COLUMNS, Column, Head};

/// The orders: name in the address, in words, and what it is.
pub(super) const SORTS: [(&str, &str, LeadSort); 5] = {
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
pub(super) fn sorts(
    leadbox: &LeadBox,
) -> impl Iterator<Item = &'static (&'static str, &'static str, LeadSort)> {
    SORTS.iter().filter(|(name, ..)| !is_hidden(leadbox, name))
}

/// Whether somebody does not see a field, by its name in addresses.
pub(super) fn is_hidden(leadbox: &LeadBox, name: &str) -> bool {
    let field = if name == "tag" { "tags" } else { name };
    leadbox.scope().hidden_fields.contains(field)
}

/// What stands before an order that no menu has.
const BY: &str = "by:";

/// What is asked of one field: its name in the address and in filters, and in words.
pub(super) const EXACT: [(&str, &str); 3] =
    [("source", "Source"), ("tag", "Tag"), ("priority", "Priority")];

/// What makes a list ask for less than everything, beside custom fields.
const NARROWING: [&str; 11] =
    ["q", "stage", "owner", "filter", "source", "tag", "priority", "kind", "idle", "from", "until"];

/// The place in a list: part of its address, and not of what it asks for.
const PLACE: &str = "after";

/// What is given, by name, in the order of the address.
pub(super) type Given = Vec<(String, String)>;

/// What the address asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) given: Given,
    /// The view that it begins with, and what that asks for.
    view: Option<(ViewId, Given)>,
}

/// The name of an order in an address.
pub(super) fn sort_name(sort: LeadSort) -> String {
    let named = SORTS.iter().find(|(.., order)| *order == sort);
    named.map_or_else(|| format!("{BY}{sort}"), |(name, ..)| (*name).to_owned())
}

impl Asked {
    pub(super) fn of(given: Given) -> Self {
        Self { given, view: None }
    }

    /// The view's list, but for what is given.
    pub(super) fn beginning_with(view: &SavedView, given: Given) -> Self {
        let named: BTreeSet<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
        let base = given_by(view);
        let kept = base.iter().filter(|(name, _)| !named.contains(name.as_str())).cloned();
        let anew = given.iter().filter(|(name, _)| name != "view").cloned();
        Self { given: kept.chain(anew).collect(), view: Some((view.id, base)) }
    }

    /// Reads the part of an address behind the question mark.
    ///
    /// # Errors
    /// It is none: what is meant would not be everything.
    pub(super) fn parse(query: &str) -> Result<Self, Invalid> {
        let uri = format!("/?{query}").parse::<Uri>().ok();
        let read = uri.and_then(|uri| Query::try_from_uri(&uri).ok());
        let Query(given) = read.ok_or_else(|| Invalid::one("list", "cannot be read"))?;
        Ok(Self::of(given))
    }

    pub(super) fn text(&self, name: &str) -> &str {
        value(&self.given, name)
    }

    pub(super) fn after(&self) -> &str {
        self.text("after")
    }

    pub(super) fn sort(&self) -> LeadSort {
        let text = self.text("sort");
        let named = SORTS.iter().find(|(name, ..)| *name == text).map(|(.., sort)| *sort);
        let written = || text.strip_prefix(BY).and_then(|sort| sort.parse().ok());
        named.or_else(written).unwrap_or_default()
    }

    /// The custom fields that are asked for, `cf.` in front.
    fn custom(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.given.iter().map(|(name, value)| (name.as_str(), value.trim()));
        all.filter(|(name, value)| name.starts_with("cf.") && !value.is_empty())
    }

    /// The view that it begins with.
    pub(super) fn view(&self) -> Option<ViewId> {
        self.view.as_ref().map(|(id, _)| *id)
    }

    /// The conditions beyond those that the page has an input for, as they are written.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &str> {
        values(&self.given, "filter").filter(|text| !text.is_empty())
    }

    /// Whether it asks for less than everything.
    pub(super) fn is_filtered(&self) -> bool {
        let plain = plain(&self.given);
        plain.iter().any(|(name, _)| narrows(name))
    }

    /// The list; how long ago something was is counted from `now`.
    pub(super) fn list(&self, now: Timestamp) -> LeadList {
        self.with_idle(|days| {
            let since = days.parse().ok().and_then(TimeDelta::try_days);
            match since.and_then(|days| now.checked_sub_signed(days)) {
                Some(since) => LeadFilter::idle_since(since),
                // What is no number of days is said by the filter.
                None => LeadFilter::is("last_interaction_at", Op::Lt, days),
            }
        })
    }

    /// The list as it means the same at any time.
    pub(super) fn lasting(&self) -> LeadList {
        self.with_idle(|days| {
            LeadFilter::idle(days.parse::<u32>().map_or_else(|_| Value::from(days), Value::from))
        })
    }

    fn with_idle(&self, idle: impl FnOnce(&str) -> LeadFilter) -> LeadList {
        let mut list = LeadList::default().search(self.text("q")).sorted(self.sort());
        let mut and = |filter: LeadFilter| {
            let all = std::mem::take(&mut list.filter);
            list.filter = all.and(filter);
        };
        let mut also = |field: &str, op, value: Value| and(LeadFilter::is(field, op, value));
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
            and(idle(self.text("idle").trim()));
        }
        for condition in self.conditions() {
            // What is no condition is no field either: the list says so.
            and(serde_json::from_str(condition)
                .unwrap_or_else(|_| LeadFilter::is(condition, Op::NotNull, Value::Null)));
        }
        list
    }

    /// What is asked for, without these and without what is empty.
    pub(super) fn kept(&self, without: &[&str]) -> Given {
        let all = self.given.iter();
        let kept =
            all.filter(|(name, value)| !without.contains(&name.as_str()) && !value.is_empty());
        kept.cloned().collect()
    }

    /// What is asked for, some of it said anew.
    fn anew(&self, anew: &[(&str, &str)]) -> Given {
        let is_said = |name: &str| anew.iter().any(|(other, _)| *other == name);
        let kept = self.given.iter().filter(|(name, _)| !is_said(name)).cloned();
        let said = anew.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        kept.chain(said).collect()
    }

    /// What is asked for as a part of an address, some of it said anew; what is empty is left out. It stands for itself:
    /// nothing that happens to a view changes what it means.
    pub(super) fn query(&self, anew: &[(&str, &str)]) -> String {
        let given = self.anew(anew);
        written(given.iter().filter(|(_, value)| !value.is_empty()))
    }

    /// The address of this list, some of it said anew.
    pub(super) fn address(&self, page: &str, anew: &[(&str, &str)]) -> String {
        self.address_of(page, self.anew(anew))
    }

    /// The address of this list without one of its conditions.
    pub(super) fn address_without(&self, page: &str, condition: &str) -> String {
        let others = self.kept(&["after"]).into_iter();
        self.address_of(
            page,
            others.filter(|(name, value)| name != "filter" || value != condition).collect(),
        )
    }

    fn address_of(&self, page: &str, mut given: Given) -> String {
        given.retain(|(_, value)| !value.is_empty());
        let query = match &self.view {
            None => written(&given),
            Some((id, base)) => {
                let mut said = vec![("view".to_owned(), id.to_string())];
                said.extend(difference(base, &given));
                written(&said)
            }
        };
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }

    /// Whether it asks for something else than the view that it begins with, or than all leads as they are usually shown.
    pub(super) fn differs(&self) -> bool {
        let base = self.view.as_ref().map(|(_, given)| given.clone()).unwrap_or_default();
        let (mut then, mut now) = (plain(&base), plain(&self.given));
        now.retain(|(name, _)| name != PLACE);
        then.sort_unstable();
        now.sort_unstable();
        then != now
    }

    /// The columns that are shown: those that are chosen, or those that are usual.
    pub(super) fn columns(&self) -> Vec<&'static Column> {
        columns(&self.given)
    }

    /// The names of the columns that were chosen, if they are others than the usual ones.
    pub(super) fn chosen_columns(&self) -> Vec<String> {
        let plain = plain(&self.given).into_iter();
        plain.filter(|(name, _)| name == "col").map(|(_, column)| column).collect()
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
        let seen = self.columns().into_iter().filter(|column| !is_hidden(leadbox, column.key));
        seen.map(head).collect()
    }
}

fn columns(given: &[(String, String)]) -> Vec<&'static Column> {
    let chosen: Vec<&str> = values(given, "col").collect();
    let shown = |column: &&Column| match chosen.is_empty() {
        true => column.usual,
        false => column.key == "lead" || chosen.contains(&column.key),
    };
    COLUMNS.iter().filter(shown).collect()
}

fn narrows(name: &str) -> bool {
    NARROWING.contains(&name) || name.starts_with("cf.")
}

/// The same without what is usual, what is empty and what means nothing here, so that two can be compared.
fn plain(given: &[(String, String)]) -> Given {
    let mut plain: Given = given
        .iter()
        .map(|(name, value)| (name.clone(), value.trim().to_owned()))
        .filter(|(name, value)| match name.as_str() {
            "sort" => !value.is_empty() && value != SORTS[0].0,
            name => !value.is_empty() && (narrows(name) || name == PLACE),
        })
        .collect();
    let shown = columns(given);
    if !shown.iter().all(|column| column.usual)
        || shown.len() != COLUMNS.iter().filter(|column| column.usual).count()
    {
        let others = shown.iter().filter(|column| column.key != "lead" || shown.len() == 1);
        plain.extend(others.map(|column| ("col".to_owned(), column.key.to_owned())));
    }
    plain
}

/// What has to be said behind a view to ask for `now`.
fn difference(then: &[(String, String)], now: &[(String, String)]) -> Given {
    let (then, now) = (plain(then), plain(now));
    let names: BTreeSet<&String> = then.iter().chain(&now).map(|(name, _)| name).collect();
    let mut said = Vec::new();
    for name in names {
        let of = |given: &Given| -> Given {
            given.iter().filter(|(other, _)| other == name).cloned().collect()
        };
        let (then, now) = (of(&then), of(&now));
        if now.is_empty() {
            // All columns or none of them: the usual ones have to be named.
            match name.as_str() {
                "col" => said.extend(columns(&[]).iter().map(|c| (name.clone(), c.key.to_owned()))),
                _ => said.push((name.clone(), String::new())),
            }
        } else if then != now {
            said.extend(now);
        }
    }
    said
}

fn written<'g>(given: impl IntoIterator<Item = &'g (String, String)>) -> String {
    let mut query = String::new();
    for (name, value) in given {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(escaped(name));
        query.push('=');
        query.extend(escaped(value));
    }
    query
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
        let filter = serde_json::to_value(asked.lasting().filter).unwrap();
        let expected =
            serde_json::json!({ "and": [["tag", "eq", "vip"], ["cf.plan", "eq", "Paid"]] });
        assert_eq!((filter, asked.lasting().search.as_str()), (expected, "a &b"));
        let days = Asked::parse("from=2026-02-01&until=2026-02-28").unwrap().lasting().filter;
        let expected = serde_json::json!({ "and": [
            ["created_at", "gte", "2026-02-01"], ["created_at", "lt", "2026-03-01"],
        ] });
        assert_eq!(serde_json::to_value(days).unwrap(), expected, "the last day too");
        let idle = Asked::parse("kind=open&idle=14").unwrap();
        assert!(idle.is_filtered() && idle.differs());
        let span = serde_json::json!({ "last": 14, "unit": "day" });
        let expected = serde_json::json!({ "and": [["stage_kind", "eq", "open"], { "not": { "or": [
            ["created_at", "within", span], ["last_interaction_at", "within", span],
        ] } }] });
        assert_eq!(serde_json::to_value(idle.lasting().filter).unwrap(), expected);
        let now = "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap();
        let expected = serde_json::json!({ "and": [["stage_kind", "eq", "open"], { "and": [
            ["created_at", "lt", "2026-02-16T09:00:00+00:00"],
            { "not": ["last_interaction_at", "gte", "2026-02-16T09:00:00+00:00"] },
        ] }] });
        assert_eq!(serde_json::to_value(idle.list(now).filter).unwrap(), expected);
        assert!(!Asked::parse("sort=name&col=tags&after=x").unwrap().is_filtered());
        assert_eq!(Asked::default().address("/leads", &[("sort", "")]), "/leads");
    }

    #[test]
    fn what_is_usual_is_no_difference() {
        let usual = "q=&stage=&sort=created&col=company&col=stage&col=score&col=owner&col=tags&col=value&col=received";
        assert!(!Asked::parse(usual).unwrap().differs());
        for other in ["q=x", "sort=name", "col=company", "filter=%5B%22city%22%2C%22is_null%22%5D"]
        {
            assert!(Asked::parse(other).unwrap().differs(), "{other}");
        }
        assert!(!Asked::parse("after=x&colour=red").unwrap().differs());
    }
}
