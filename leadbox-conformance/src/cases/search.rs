//! Text search: whole words and parts of them, whatever people type, and nothing that a database would take for a pattern.

use std::sync::Arc;

use leadbox_core::filter::{LeadSort, Search};
use leadbox_core::storage::Storage;
use leadbox_core::{LeadQuery, PageRequest, SortKey};

use crate::fixtures::{ParseEmail, World, at};

async fn named(world: &World, names: &[&str]) {
    for name in names {
        let mut lead = world.lead();
        lead.person.name = Some((*name).to_owned());
        lead.person.email = None;
        world.stored(lead).await;
    }
}

/// The names of the leads that are found, in order; counted alike.
async fn found(world: &World, text: &str) -> Vec<String> {
    let query = LeadQuery {
        search: Search::parse(text),
        sort: LeadSort::ascending(SortKey::Created),
        ..LeadQuery::default()
    };
    let (storage, scope) = (&world.storage, world.scope());
    let page = storage.leads(&scope, &query, &PageRequest::first(100)).await.unwrap();
    let count = storage.count_leads(&scope, &query, 100).await.unwrap();
    assert_eq!(count, page.items.len() as u64, "{text}");
    page.items.into_iter().filter_map(|stored| stored.lead.person.name).collect()
}

pub async fn words_are_found_anywhere_without_case_or_accents(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    named(&world, &["Zoë Müller", "ZOE MULLERT", "Joe Miller"]).await;
    assert_eq!(found(&world, "müll").await, ["Zoë Müller", "ZOE MULLERT"]);
    assert_eq!(found(&world, "LLERT").await, ["ZOE MULLERT"]);
    assert_eq!(found(&world, "ller zoé").await, ["Zoë Müller", "ZOE MULLERT"], "every word");
    assert_eq!(found(&world, "muller zoe joe").await, [""; 0]);
    assert_eq!(found(&world, "").await.len(), 3, "nothing is looked for");
}

pub async fn two_letters_find_beginnings_of_words(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    named(&world, &["Anna Jones", "Banjo Player", "Jo", "Mary Jo"]).await;
    assert_eq!(found(&world, "jo").await, ["Anna Jones", "Jo", "Mary Jo"]);
    assert_eq!(found(&world, "an").await, ["Anna Jones"]);
}

pub async fn one_letter_finds_beginnings_of_names(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    named(&world, &["Anna Jones", "Jo", "Émile", "% off", "_x"]).await;
    assert_eq!(found(&world, "j").await, ["Jo"]);
    assert_eq!(found(&world, "e").await, ["Émile"]);
    assert_eq!(found(&world, "%").await, ["% off"]);
    assert_eq!(found(&world, "_").await, ["_x"]);
    assert_eq!(found(&world, "j ann").await, [""; 0], "the name begins with the letter");
    assert_eq!(found(&world, "a jon").await, ["Anna Jones"]);
}

pub async fn signs_mean_themselves(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let names = [
        "100% sure",
        "100x sure",
        "snake_case",
        "snakeXcase",
        "back\\slash",
        "star*fish",
        "o'neill",
        "say \"hi\"",
        "a AND b",
        "near(x)",
        "col:on",
        "-minus",
        "semi;colon",
    ];
    named(&world, &names).await;
    for (text, expected) in [
        ("100%", vec!["100% sure"]),
        ("snake_case", vec!["snake_case"]),
        ("k\\s", vec!["back\\slash"]),
        ("star*", vec!["star*fish"]),
        ("o'n", vec!["o'neill"]),
        ("\"hi\"", vec!["say \"hi\""]),
        ("\"hi", vec!["say \"hi\""]),
        ("and", vec!["a AND b"]),
        ("near(", vec!["near(x)"]),
        ("col:", vec!["col:on"]),
        ("-minus", vec!["-minus"]),
        ("i;c", vec!["semi;colon"]),
        ("%%%", vec![]),
        ("___", vec![]),
        ("\"\"\"", vec![]),
        ("***", vec![]),
    ] {
        assert_eq!(found(&world, text).await, expected, "{text}");
    }
}

pub async fn search_follows_what_the_lead_becomes(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.person.name = Some("Before".to_owned());
    lead.company.name = Some("Initech".to_owned());
    let lead = world.stored(lead).await;
    assert_eq!(found(&world, "before initech").await, ["Before"]);
    let after = world.edited(&lead, |lead| {
        lead.person.name = Some("After".to_owned());
        lead.person.email = Some("someone@elsewhere.example".parse_email());
    });
    world.commit(vec![world.update(&lead, &after)]).await;
    assert_eq!(found(&world, "before").await, [""; 0]);
    for text in ["after", "elsewhere", "someone@", "initech"] {
        assert_eq!(found(&world, text).await, ["After"], "{text}");
    }
    let gone = world.edited(&after, |lead| lead.deleted_at = Some(at(9)));
    world.commit(vec![world.update(&after, &gone)]).await;
    assert_eq!(found(&world, "after").await, [""; 0]);
}

pub async fn a_common_and_a_rare_word_are_both_found(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut changes = Vec::new();
    for n in 0..1500 {
        let mut lead = world.lead();
        lead.person.name = Some(format!("Common Name {n}"));
        if n % 500 == 7 {
            lead.company.name = Some("Xylophone".to_owned());
        }
        changes.push(world.insert(&lead));
    }
    world.commit(changes).await;
    let expected = ["Common Name 7", "Common Name 507", "Common Name 1007"];
    assert_eq!(found(&world, "xylo").await, expected);
    assert_eq!(found(&world, "common xylo").await, expected);
    let query = LeadQuery { search: Search::parse("common"), ..LeadQuery::default() };
    let count = world.storage.count_leads(&world.scope(), &query, 10_000).await.unwrap();
    assert_eq!(count, 1500);
}
