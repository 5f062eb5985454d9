//! Duplicates from outside: listed, told apart, merged, and the merge undone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::{Ended, Place};
use serde_json::Value;

/// A storage with somebody at two addresses, and somebody else.
fn office() -> Place {
    let place = Place::new();
    let rows = "external_id,email,name,title,phone,company\n\
        1,ada@acme.example,Ada Lovelace,CTO,+49 30 901820,Acme\n\
        2,ada@postbox.example,Ada Lovelace,CEO,+49 30 901820,Acme\n\
        3,zoe@zet.example,Zoe Zet,,,\n\
        4,info@acme.example,Bob Miller,,,\n\
        5,info@acme.example,Cyd Charisse,,,\n";
    place.file("leads.csv", rows);
    let imported = place.run(&["import", "leads.csv", "--key", "external-id"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    place
}

const WORK: &str = "ada@acme.example";
const HOME: &str = "ada@postbox.example";

fn last_event(place: &Place) -> Value {
    let log = place.run(&["audit", "export"]).stdout;
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

fn json(place: &Place, arguments: &[&str]) -> Value {
    let all: Vec<&str> =
        ["duplicates"].iter().chain(arguments).copied().chain(["--json"]).collect();
    let ended = place.run(&all);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    ended.json()
}

fn refused(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "{word} is missing in {}", ended.stderr);
    }
}

#[test]
fn pairs_are_listed_page_by_page_and_told_apart() {
    let place = office();
    let list = place.run(&["duplicates", "list"]).stdout;
    assert!(list.contains("same phone, same name, same company"), "{list}");
    assert!(list.contains("Bob Miller") && list.contains("another name"), "{list}");
    let all = json(&place, &["list"])["pairs"].as_array().unwrap().len();
    assert_eq!(all, 2);
    let first = json(&place, &["list", "--limit", "1"]);
    let next = first["next"].as_str().unwrap();
    let second = json(&place, &["list", "--limit", "1", "--after", next]);
    assert_ne!(first["pairs"], second["pairs"]);
    let of = json(&place, &["list", "--of", HOME]);
    assert_eq!(of["pairs"].as_array().unwrap().len(), 1);
    assert_eq!(of["pairs"][0]["score"], 100);

    assert_eq!(json(&place, &["apart", WORK, HOME])["is"], "distinct");
    assert_eq!(json(&place, &["list"])["pairs"].as_array().unwrap().len(), 1);
    assert_eq!(json(&place, &["apart", HOME, WORK, "--take-back"])["is"], "unknown");
    assert_eq!(json(&place, &["list"])["pairs"].as_array().unwrap().len(), 2);
    let none = place.run(&["duplicates", "list", "--of", "zoe@zet.example"]).stdout;
    assert!(none.contains("no two leads here look like the same person"), "{none}");
    refused(&place.run(&["duplicates", "apart", WORK, WORK]), &["is the same lead"]);
    refused(&place.run(&["duplicates", "list", "--after", "x"]), &["is no place in this list"]);
}

#[test]
fn leads_are_merged_and_the_merge_is_undone() {
    let place = office();
    let id = json(&place, &["list", "--of", WORK])["pairs"][0]["first"]["id"].clone();
    let before = last_event(&place);
    let plan = place.run(&["duplicates", "merge", WORK, HOME, "--dry-run"]).stdout;
    assert!(plan.contains("brings 0 interactions, 0 tasks, 0 notes"), "{plan}");
    assert!(plan.contains("nothing was written"), "{plan}");
    let choose = format!("title={HOME}");
    let plan = json(&place, &["merge", WORK, HOME, "--choose", &choose, "--dry-run"]);
    let fields = plan["fields"].as_array().unwrap();
    let title = fields.iter().find(|field| field["field"] == "title").unwrap();
    assert_eq!((&title["value"], &title["beats"][0][1]), (&"CEO".into(), &"CTO".into()));
    assert_eq!(last_event(&place), before);

    let merged = json(&place, &["merge", WORK, HOME, "--choose", &choose]);
    assert_eq!((&merged["lead"]["id"], &last_event(&place)["kind"]), (&id, &"lead.merged".into()));
    assert_eq!(json(&place, &["list"])["pairs"].as_array().unwrap().len(), 1);
    let history = json(&place, &["merges", WORK])["merges"][0].clone();
    assert_eq!((&history["merge"], &history["state"]), (&merged["merge"], &"standing".into()));
    let gone = history["leads"][0]["id"].as_str().unwrap().to_owned();
    // By an id that is gone, nothing is merged: nobody asked for the lead that it leads to.
    refused(&place.run(&["duplicates", "merge", "zoe@zet.example", &gone]), &["there is no lead"]);

    let planned = place.run(&["duplicates", "unmerge", WORK, "--dry-run"]).stdout;
    assert!(planned.contains("Ada Lovelace would be back"), "{planned}");
    let undone = json(&place, &["unmerge", WORK]);
    assert_eq!(undone["restored"][0]["id"], gone);
    assert_eq!(last_event(&place)["kind"], "lead.unmerged");
    let history = place.run(&["duplicates", "merges", WORK]).stdout;
    assert!(history.contains("undone"), "{history}");
    let again = merged["merge"].as_str().unwrap();
    refused(
        &place.run(&["duplicates", "unmerge", WORK, "--merge", again]),
        &["was undone already"],
    );
    refused(&place.run(&["duplicates", "unmerge", WORK]), &["nothing is merged into it"]);
}

#[test]
fn what_is_wrong_is_said() {
    let place = office();
    refused(&place.run(&["duplicates", "merge", WORK, "nobody@x.example"]), &["there is no lead"]);
    refused(&place.run(&["duplicates", "merge", WORK, "Ada"]), &["by its id or its e-mail"]);
    refused(
        &place.run(&["duplicates", "merge", WORK, "info@acme.example"]),
        &["2 leads have the address", "name one of them by its id"],
    );
    let wrong = format!("city={HOME}");
    refused(
        &place.run(&["duplicates", "merge", WORK, HOME, "--choose", &wrong]),
        &["city", "has no such value"],
    );
    for usage in [
        &["duplicates", "merge", WORK][..],
        &["duplicates", "merge", WORK, HOME, "--choose", "title"],
        &["duplicates", "list", "--limit", "0"],
        &["duplicates", "unmerge", WORK, "--merge", "soon"],
    ] {
        assert_eq!(place.run(usage).code, 2, "{usage:?}");
    }
}
