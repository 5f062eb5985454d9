//! Filters: what each test means where a value is missing, several or at the edge. Random ones stand in `lists`.

use std::collections::BTreeSet;
use std::sync::Arc;

use leadbox_core::filter::{Check, LeadField, LeadSort, Leaf, Operand, Sense, Test};
use leadbox_core::storage::Storage;
use leadbox_core::{
    Currency, FieldValue, Lead, LeadId, LeadKeys, LeadQuery, Money, PageRequest, Scope, SortKey,
    UserId,
};

use crate::fixtures::World;

fn leaf(field: LeadField, test: Test, sense: Sense) -> Check {
    Check::Leaf(Leaf { field, test, sense })
}

fn holds(field: LeadField, test: Test) -> Check {
    leaf(field, test, Sense::Holds)
}

fn fails(field: LeadField, test: Test) -> Check {
    leaf(field, test, Sense::Fails)
}

fn text(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

/// Which of these leads pass, by their places.
async fn passing(world: &World, leads: &[Lead], check: Check) -> Vec<usize> {
    let sort = LeadSort::ascending(SortKey::Created);
    let query = LeadQuery { check, sort, ..LeadQuery::default() };
    let (storage, scope) = (&world.storage, world.scope());
    let page = storage.leads(&scope, &query, &PageRequest::first(1000)).await.unwrap();
    let count = storage.count_leads(&scope, &query, 1000).await.unwrap();
    assert_eq!(count, page.items.len() as u64, "{query:?}");
    let ids: BTreeSet<LeadId> = page.items.iter().map(|stored| stored.lead.id).collect();
    (0..leads.len()).filter(|n| ids.contains(&leads[*n].id)).collect()
}

async fn with_cities(world: &World, cities: &[Option<&str>]) -> Vec<Lead> {
    let mut leads = Vec::new();
    for city in cities {
        let mut lead = world.lead();
        lead.company.city = city.map(str::to_owned);
        leads.push(world.stored(lead).await);
    }
    leads
}

pub async fn an_empty_all_passes_everybody_and_an_empty_any_nobody(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(3).await;
    assert_eq!(passing(&world, &leads, Check::All(Vec::new())).await, [0, 1, 2]);
    assert_eq!(passing(&world, &leads, Check::Any(Vec::new())).await, [0; 0]);
    let none_of_nothing = Check::All(vec![Check::Any(Vec::new()), Check::default()]);
    assert_eq!(passing(&world, &leads, none_of_nothing).await, [0; 0]);
    let any = Check::Any(vec![Check::All(Vec::new())]);
    assert_eq!(passing(&world, &leads, any).await, [0, 1, 2]);
}

pub async fn a_missing_value_fails_every_test(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = with_cities(&world, &[Some("Berlin"), None, Some("Bonn")]).await;
    let city = || LeadField::City;
    assert_eq!(passing(&world, &leads, holds(city(), Test::Known)).await, [0, 2]);
    assert_eq!(passing(&world, &leads, fails(city(), Test::Known)).await, [1]);
    for (test, hits) in [
        (Test::OneOf(vec![text("berlin"), text("rome")]), vec![0]),
        (Test::Contains("on".to_owned()), vec![2]),
        (Test::Starts("b".to_owned()), vec![0, 2]),
    ] {
        let misses: Vec<usize> = (0..3).filter(|n| !hits.contains(n)).collect();
        assert_eq!(passing(&world, &leads, holds(city(), test.clone())).await, hits, "{test:?}");
        assert_eq!(passing(&world, &leads, fails(city(), test.clone())).await, misses, "{test:?}");
    }
}

pub async fn signs_of_patterns_mean_themselves(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let cities = ["100%", "100x", "a_b", "aXb", "c\\d", "[e]", "star*"];
    let cities = cities.map(Some);
    let leads = with_cities(&world, &cities).await;
    for (part, hit) in [("0%", 0), ("a_", 2), ("c\\", 4), ("[e", 5), ("r*", 6)] {
        let test = Test::Contains(part.to_owned());
        assert_eq!(passing(&world, &leads, holds(LeadField::City, test)).await, [hit], "{part}");
    }
    for (part, hit) in [("100%", 0), ("a_", 2), ("c\\d", 4), ("[", 5), ("star*", 6)] {
        let test = Test::Starts(part.to_owned());
        assert_eq!(passing(&world, &leads, holds(LeadField::City, test)).await, [hit], "{part}");
    }
}

pub async fn texts_are_compared_by_their_bytes(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut leads = Vec::new();
    for id in ["Crm-1", "crm-1", "crm-10", "çrm-1"] {
        let mut lead = world.lead();
        lead.external_id = Some(id.to_owned());
        leads.push(world.stored(lead).await);
    }
    let field = || LeadField::ExternalId;
    let one = Test::OneOf(vec![text("crm-1")]);
    assert_eq!(passing(&world, &leads, holds(field(), one)).await, [1]);
    assert_eq!(passing(&world, &leads, holds(field(), Test::Starts("crm".into()))).await, [1, 2]);
    assert_eq!(
        passing(&world, &leads, holds(field(), Test::Contains("rm-1".into()))).await,
        [0, 1, 2, 3]
    );
}

pub async fn ranges_include_both_ends(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut leads = Vec::new();
    for minor in [Some(i64::MIN), Some(-1), Some(0), Some(10), Some(i64::MAX), None] {
        let mut lead = world.lead();
        lead.value = minor.map(|minor| Money::new(minor, Currency::EUR));
        leads.push(world.stored(lead).await);
    }
    let between = |from: Option<i64>, to: Option<i64>| {
        Test::Between(from.map(Operand::Integer), to.map(Operand::Integer))
    };
    for (test, hits) in [
        (between(Some(0), Some(10)), vec![2, 3]),
        (between(Some(-1), None), vec![1, 2, 3, 4]),
        (between(None, Some(-1)), vec![0, 1]),
        (between(Some(i64::MIN), Some(i64::MAX)), vec![0, 1, 2, 3, 4]),
        (between(Some(11), Some(10)), vec![]),
    ] {
        let found = passing(&world, &leads, holds(LeadField::Value, test.clone())).await;
        assert_eq!(found, hits, "{test:?}");
        let misses: Vec<usize> = (0..6).filter(|n| !hits.contains(n)).collect();
        let found = passing(&world, &leads, fails(LeadField::Value, test.clone())).await;
        assert_eq!(found, misses, "not {test:?}");
    }
}

pub async fn a_field_with_several_values_holds_when_one_does(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut leads = Vec::new();
    for tags in [&["vip", "Größe"][..], &["vip"], &[], &["other"]] {
        let mut lead = world.lead();
        lead.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        leads.push(world.stored(lead).await);
    }
    let key = |tag: &str| {
        let mut lead = world.lead();
        lead.tags = [tag.to_owned()].into();
        Operand::Bytes(LeadKeys::of(&lead, &[]).facets.remove(0).key)
    };
    let (vip, size) = (Test::OneOf(vec![key("vip")]), Test::OneOf(vec![key("GROSSE")]));
    let field = || LeadField::Tag;
    assert_eq!(passing(&world, &leads, holds(field(), vip.clone())).await, [0, 1]);
    assert_eq!(passing(&world, &leads, fails(field(), vip.clone())).await, [2, 3]);
    assert_eq!(passing(&world, &leads, holds(field(), Test::Known)).await, [0, 1, 3]);
    assert_eq!(passing(&world, &leads, fails(field(), Test::Known)).await, [2]);
    // The key of `Größe` spells ß as ss and drops the points.
    assert_eq!(passing(&world, &leads, holds(field(), size.clone())).await, [0]);
    let both = Check::All(vec![holds(field(), vip.clone()), holds(field(), size.clone())]);
    assert_eq!(passing(&world, &leads, both).await, [0]);
    let either = Check::Any(vec![fails(field(), vip), holds(field(), size)]);
    assert_eq!(passing(&world, &leads, either).await, [0, 2, 3]);
}

pub async fn custom_fields_compare_as_their_values_do(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let numbers = [-1e300, -2.5, -0.0, 0.0, 1e-300, 7.0];
    let mut leads = Vec::new();
    for number in numbers {
        let mut lead = world.lead();
        lead.custom.insert("n".parse().unwrap(), FieldValue::Number(number));
        leads.push(world.stored(lead).await);
    }
    leads.push(world.stored(world.lead()).await);
    let key = |number: f64| Operand::Bytes(FieldValue::Number(number).sort_keys().remove(0));
    let field = || LeadField::Custom("n".parse().unwrap());
    for (test, hits) in [
        (Test::Between(Some(key(-2.5)), Some(key(0.0))), vec![1, 2, 3]),
        (Test::Between(Some(key(0.1)), None), vec![5]),
        (Test::Between(None, Some(key(-1e10))), vec![0]),
        (Test::OneOf(vec![key(0.0), key(7.0)]), vec![2, 3, 5]),
        (Test::Known, vec![0, 1, 2, 3, 4, 5]),
    ] {
        let found = passing(&world, &leads, holds(field(), test.clone())).await;
        assert_eq!(found, hits, "{test:?}");
    }
    assert_eq!(passing(&world, &leads, fails(field(), Test::Known)).await, [6]);
    let other = LeadField::Custom("never_set".parse().unwrap());
    assert_eq!(passing(&world, &leads, holds(other, Test::Known)).await, [0; 0]);
}

pub async fn custom_values_follow_what_the_lead_becomes(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    let value = |text: &str| FieldValue::Text(text.to_owned());
    lead.custom.insert("t".parse().unwrap(), value("old"));
    lead.tags = ["kept".to_owned(), "dropped".to_owned()].into();
    let before = world.stored(lead).await;
    let after = world.edited(&before, |lead| {
        lead.custom.insert("t".parse().unwrap(), value("new"));
        lead.tags = ["kept".to_owned(), "added".to_owned()].into();
    });
    world.commit(vec![world.update(&before, &after)]).await;
    let leads = [after];
    let one = |operand: Operand| Test::OneOf(vec![operand]);
    let bytes = |text: &str| Operand::Bytes(text.as_bytes().to_vec());
    let custom = || LeadField::Custom("t".parse().unwrap());
    for (field, text, hits) in [
        (custom(), "old", 0),
        (custom(), "new", 1),
        (LeadField::Tag, "dropped", 0),
        (LeadField::Tag, "kept", 1),
        (LeadField::Tag, "added", 1),
    ] {
        let found = passing(&world, &leads, holds(field, one(bytes(text)))).await;
        assert_eq!(found.len(), hits, "{text}");
    }
}

pub async fn tags_are_found_under_the_owner_that_the_lead_has_now(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (old, new): (UserId, UserId) = (world.id(), world.id());
    let mut lead = world.lead();
    lead.owner = Some(old);
    lead.tags = ["kept".to_owned(), "dropped".to_owned()].into();
    let before = world.stored(lead).await;
    let after = world.edited(&before, |lead| {
        lead.owner = Some(new);
        lead.tags = ["kept".to_owned(), "added".to_owned()].into();
    });
    let nobodys = world.edited(&after, |lead| lead.owner = None);
    for (before, now) in [(&before, &after), (&after, &nobodys)] {
        world.commit(vec![world.update(before, now)]).await;
        for tag in ["kept", "added"] {
            let test = Test::OneOf(vec![Operand::Bytes(tag.as_bytes().to_vec())]);
            let query = LeadQuery { check: holds(LeadField::Tag, test), ..LeadQuery::default() };
            let everybody = world.storage.count_leads(&world.scope(), &query, 10).await.unwrap();
            assert_eq!(everybody, 1, "{tag} of {:?}", now.owner);
            for owner in [old, new] {
                let scope = Scope::owned_by(world.tenant, [owner]);
                let seen = world.storage.count_leads(&scope, &query, 10).await.unwrap();
                let expected = u64::from(now.owner == Some(owner));
                assert_eq!(seen, expected, "{tag} of {:?} by {owner}", now.owner);
            }
        }
    }
}

pub async fn long_lists_and_deep_filters_are_run(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(6).await;
    let emails: Vec<Operand> = (0..499)
        .map(|n| text(&format!("nobody{n}@example.com")))
        .chain(LeadKeys::of(&leads[3], &[]).email.map(Operand::Text))
        .collect();
    let one_of = holds(LeadField::Email, Test::OneOf(emails));
    assert_eq!(passing(&world, &leads, one_of.clone()).await, [3]);
    let mut deep = one_of;
    for _ in 0..5 {
        let beside = fails(LeadField::City, Test::Known);
        deep = Check::All(vec![Check::Any(vec![deep.clone(), deep]), beside]);
    }
    assert_eq!(passing(&world, &leads, deep).await, [3]);
}
