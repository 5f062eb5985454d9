//! A saved view as an address says it. Owns which of its conditions are inputs of the page, and that none gets lost: what
//! no input stands for goes along as it is written.

use chrono::{Days, NaiveDate};
use leadbox_core::filter::Op;
use leadbox_core::{LeadBox, LeadFilter, LeadSort, SavedView};
use serde_json::Value;

use super::asked::{Asked, EXACT, Given, sort_name};
use super::fields::value;
use crate::serve::Problem;

/// What an address asks for, and the view that it begins with, if it names one.
///
/// # Errors
/// There is no such view, or it is not for the asker.
pub(super) async fn opened(
    leadbox: &LeadBox,
    given: Given,
) -> Result<(Asked, Option<SavedView>), Problem> {
    let id = value(&given, "view");
    if id.is_empty() {
        return Ok((Asked::of(given), None));
    }
    let found = match id.parse() {
        Ok(id) => leadbox.views().view(id).await?,
        Err(_) => None,
    };
    let view = found.ok_or_else(|| Problem::not_found("There is no such view."))?;
    Ok((Asked::beginning_with(&view, given), Some(view)))
}

/// What a view asks for, by the names of an address.
pub(super) fn given_by(view: &SavedView) -> Given {
    let mut given = Vec::new();
    if !view.search.is_empty() {
        given.push(("q".to_owned(), view.search.clone()));
    }
    let parts = match &view.filter {
        LeadFilter::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    for part in parts {
        let input = input(part).filter(|(name, _)| given.iter().all(|(other, _)| other != name));
        let (name, value) = match input {
            Some((name, value)) => (name.to_owned(), value),
            // What cannot be written cannot have been read either.
            None => ("filter".to_owned(), serde_json::to_string(part).unwrap_or_default()),
        };
        given.push((name, value));
    }
    if view.sort != LeadSort::default() {
        given.push(("sort".to_owned(), sort_name(view.sort)));
    }
    given.extend(view.columns.iter().map(|column| ("col".to_owned(), column.clone())));
    given
}

/// The input that stands for a condition, and what stands in it.
fn input(condition: &LeadFilter) -> Option<(&str, String)> {
    let LeadFilter::Is(field, op, value) = condition else {
        return idle_days(condition).map(|days| ("idle", days.to_string()));
    };
    let text = value.as_str().filter(|text| !text.is_empty() && text.trim() == *text);
    let exact = |name: &str| EXACT.iter().any(|(other, _)| *other == name);
    match (field.as_str(), op, value) {
        ("owner", Op::IsNull, Value::Null) => Some(("owner", "nobody".to_owned())),
        ("owner", Op::Eq, _) => {
            text.filter(|id| *id != "nobody").map(|id| ("owner", id.to_owned()))
        }
        ("stage_kind", Op::Eq, _) => text.map(|kind| ("kind", kind.to_owned())),
        ("stage", Op::Eq, _) => text.map(|stage| ("stage", stage.to_owned())),
        (name, Op::Eq, _) if exact(name) || name.starts_with("cf.") => {
            text.map(|text| (name, text.to_owned()))
        }
        ("created_at", Op::Gte, _) => day(text?).map(|day| ("from", day.to_string())),
        ("created_at", Op::Lt, _) => {
            let last = day(text?)?.checked_sub_days(Days::new(1))?;
            Some(("until", last.to_string()))
        }
        _ => None,
    }
}

/// How many days nobody has been in touch, where a condition says that.
fn idle_days(condition: &LeadFilter) -> Option<u64> {
    let LeadFilter::Not(lately) = condition else { return None };
    let LeadFilter::Or(parts) = &**lately else { return None };
    let Some(LeadFilter::Is(_, Op::Within, span)) = parts.first() else { return None };
    let days = span.get("last").and_then(Value::as_u64)?;
    (*condition == LeadFilter::idle(days)).then_some(days)
}

/// A day that is written as we write it.
fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text)
}

#[cfg(test)]
mod tests {
    use leadbox_core::testing::Sandbox;
    use leadbox_core::{NewView, Sharing, SortKey};
    use proptest::prelude::*;
    use proptest::sample::subsequence;
    use serde_json::json;

    use super::*;

    fn view(new: NewView) -> SavedView {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let leadbox = Sandbox::new().unwrap().leadbox;
        runtime.block_on(leadbox.views().save(&new.sharing(Sharing::Everyone))).unwrap()
    }

    fn read(address: &str) -> Given {
        Asked::parse(address.split_once('?').map_or("", |(_, query)| query)).unwrap().given
    }

    /// Conditions that a page has inputs for, and others.
    fn conditions() -> impl Strategy<Value = Vec<LeadFilter>> {
        let all: Vec<LeadFilter> = [
            json!(["stage", "eq", "qualified"]),
            json!(["stage", "ne", "won"]),
            json!(["owner", "is_null"]),
            json!(["source", "eq", "a & b=c"]),
            json!(["tag", "eq", "vip"]),
            json!(["tag", "eq", "second"]),
            json!(["created_at", "gte", "2026-02-01"]),
            json!(["created_at", "lt", "2026-03-01"]),
            json!(["created_at", "lt", "2026-03-01T10:00:00Z"]),
            json!(["created_at", "within", {"last": 7, "unit": "day"}]),
            json!(["stage_kind", "eq", "open"]),
            json!({"not": {"or": [["created_at", "within", {"last": 14, "unit": "day"}],
                ["last_interaction_at", "within", {"last": 14, "unit": "day"}]]}}),
            json!({"not": {"or": [["created_at", "within", {"last": 2, "unit": "week"}],
                ["last_interaction_at", "within", {"last": 2, "unit": "week"}]]}}),
            json!({"or": [["city", "is_null"], {"not": ["city", "eq", "Bern"]}]}),
        ]
        .map(|json| serde_json::from_value(json).unwrap())
        .into();
        let most = all.len();
        subsequence(all, 0..=most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_view_asks_for_the_same_in_an_address(
            parts in conditions(),
            by in proptest::sample::select(&SortKey::ALL[..]),
            up: bool,
            search in "[a-z&= ]{0,6}",
        ) {
            let sort = if up { LeadSort::ascending(by) } else { LeadSort::descending(by) };
            let new = NewView::new("x").filter(LeadFilter::And(parts)).sorted(sort).search(search);
            let view = view(new.columns(["score", "stage"]));
            let asked = Asked::beginning_with(&view, Vec::new());
            prop_assert!(!asked.differs());
            let flat = Asked::parse(&asked.query(&[])).unwrap();
            for asked in [&asked, &flat] {
                let (list, expected) = (asked.lasting(), view.list());
                prop_assert_eq!(&list.search, &expected.search);
                prop_assert_eq!(list.sort, expected.sort);
                let sorted = |filter: &LeadFilter| {
                    let LeadFilter::And(parts) = filter else { panic!("{filter:?}") };
                    let mut parts: Vec<_> =
                        parts.iter().map(|part| serde_json::to_string(part).unwrap()).collect();
                    parts.sort();
                    parts
                };
                prop_assert_eq!(sorted(&list.filter), sorted(&expected.filter));
                prop_assert_eq!(asked.chosen_columns(), ["stage", "score"]);
            }
            prop_assert_eq!(asked.address("/leads", &[]), format!("/leads?view={}", view.id));
        }
    }

    #[test]
    fn what_is_said_behind_a_view_goes_before_it_and_is_all_that_is_said() {
        let hot: LeadFilter = serde_json::from_value(json!({"and": [
            ["stage", "eq", "qualified"], ["city", "is_null"], ["title", "not_null"],
        ]}))
        .unwrap();
        let sort = LeadSort::descending(SortKey::Score);
        let view = view(NewView::new("Hot").filter(hot).sorted(sort).columns(["score"]));
        let start = format!("/leads?view={}", view.id);
        let open = |address: &str| Asked::beginning_with(&view, read(address));
        let asked = open(&start);
        assert_eq!(asked.address("/leads", &[("tag", "vip")]), format!("{start}&tag=vip"));
        let second = open(&asked.address("/leads", &[("after", "1~x")]));
        assert_eq!((second.after(), second.differs()), ("1~x", false));
        let cleared = asked.address("/leads", &[("stage", ""), ("sort", "created")]);
        assert_eq!(cleared, format!("{start}&sort=&stage="));
        let cleared = open(&cleared);
        assert!(cleared.differs());
        assert_eq!((cleared.text("stage"), cleared.sort()), ("", LeadSort::default()));
        assert_eq!(cleared.conditions().count(), 2, "what is not named stays");
        assert_eq!(cleared.address("/leads", &[("stage", "qualified"), ("sort", "score")]), start);
        let fewer = open(&asked.address_without("/leads", r#"["city","is_null"]"#));
        assert_eq!(fewer.conditions().collect::<Vec<_>>(), [r#"["title","not_null"]"#]);
        let usual = "col=company&col=stage&col=score&col=owner&col=tags&col=value&col=received";
        let usual = open(&format!("{start}&{usual}"));
        assert!(usual.differs() && usual.chosen_columns().is_empty());
        let again = open(&usual.address("/leads", &[]));
        assert_eq!(again.columns().len(), usual.columns().len());
    }
}
