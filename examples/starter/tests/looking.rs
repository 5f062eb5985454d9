//! Leads, tasks and views from outside: what is asked for is shown in both forms, and what is wrong is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::Place;
use serde_json::Value;

fn shared(place: &Place) -> Vec<String> {
    let views = place.run(&["views", "list", "--json"]).json();
    let name = |view: &Value| view["name"].as_str().unwrap().to_owned();
    views["views"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn leads_are_listed_counted_and_shown() {
    let place = Place::new().with_demo();
    let all = place.run(&["leads", "count", "--json"]).json()["count"].as_u64().unwrap();
    let listed =
        place.run(&["leads", "list", "--limit", "1000", "--sort", "name", "--json"]).json();
    let leads = listed["leads"].as_array().unwrap();
    assert_eq!((leads.len() as u64, &listed["more"]), (all, &false.into()));
    let page = place.run(&["leads", "list", "--limit", "2"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
    assert!(page.stdout.starts_with("name "), "{}", page.stdout);
    assert!(page.stdout.contains("there are more"), "{}", page.stdout);

    let filter = r#"["owner","is_null"]"#;
    let nobodys = leads.iter().filter(|lead| lead["owner"].is_null()).count();
    let counted = place.run(&["leads", "count", "--filter", filter, "--json"]).json();
    assert_eq!(counted["count"], nobodys);
    assert_eq!(place.run(&["leads", "count"]).stdout.trim(), format!("{all} leads"));
    let same = place.run(&["leads", "count", "--view", "No owner", "--json"]).json();
    assert_eq!(same["count"], nobodys);
    let listed = place.run(&["leads", "list", "--view", "No owner", "--json"]).json();
    assert!(listed["leads"].as_array().unwrap().iter().all(|lead| lead["owner"].is_null()));

    let one = leads.iter().find(|lead| lead["fields"]["company"].is_string()).unwrap();
    let (id, company) = (one["id"].as_str().unwrap(), one["fields"]["company"].as_str().unwrap());
    let shown = place.run(&["leads", "show", id]);
    assert!(shown.stdout.contains(company) && shown.stdout.contains(id), "{}", shown.stdout);
    assert_eq!(place.run(&["leads", "show", id, "--json"]).json()["lead"], *one);
    let found = place.run(&["leads", "list", "--search", company, "--json"]).json();
    assert!(found["leads"].as_array().unwrap().contains(one));
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let place = Place::new().with_demo();
    for (arguments, words) in [
        (&["leads", "list", "--filter", "nonsense"][..], "a filter looks like"),
        (&["leads", "list", "--filter", r#"["colour","eq","red"]"#], "colour"),
        (&["leads", "count", "--view", "Nowhere"], "`leadbox views list` shows them"),
        (&["leads", "show", "nobody@x.example"], "there is no lead 'nobody@x.example'"),
        (&["views", "show", "Nowhere"], "there is no view 'Nowhere'"),
        (&["tasks", "list", "--assignee", "nobody@x.example"], "there is no user"),
        (&["export", "--view", "Nowhere"], "there is no view 'Nowhere'"),
    ] {
        let ended = place.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
    }
    for usage in [
        &["leads", "list", "--sort", "colour"][..],
        &["leads", "list", "--limit", "0"],
        &["leads", "list", "--view", "No owner", "--filter", "[]"],
        &["tasks", "list", "--done", "--overdue"],
    ] {
        assert_eq!(place.run(usage).code, 2, "{usage:?}");
    }
}

#[test]
fn views_are_listed_shown_and_deleted() {
    let place = Place::new().with_demo();
    assert_eq!(shared(&place), ["Hot this week", "No owner", "Stalled proposals"]);
    let own = place.run(&["views", "list", "--user", "lena@brightmere.example"]);
    assert!(own.stdout.contains("Lena Falkenrath") && own.stdout.contains("its owner"));
    let shown = place.run(&["views", "show", "Stalled proposals"]);
    assert!(shown.stdout.contains("stage_since"), "{}", shown.stdout);
    let json = place.run(&["views", "show", "Stalled proposals", "--json"]).json();
    assert_eq!(json["fault"], Value::Null);
    let id = json["view"]["id"].as_str().unwrap();
    assert_eq!(place.run(&["views", "show", id, "--json"]).json(), json, "by its id");
    let file = place.run(&["export", "--view", "No owner", "--format", "jsonl"]);
    let count = place.run(&["leads", "count", "--view", "No owner", "--json"]).json();
    assert_eq!(count["count"], file.stdout.lines().count());

    let deleted = place.run(&["views", "delete", "Stalled proposals"]);
    assert_eq!(deleted.code, 0, "{}", deleted.stderr);
    assert!(deleted.stdout.contains("was deleted"), "{}", deleted.stdout);
    assert_eq!(shared(&place), ["Hot this week", "No owner"]);
    assert_eq!(place.run(&["views", "delete", id]).code, 1);
    let log = place.run(&["audit", "export"]).stdout;
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["kind"], "view.deleted");
}

#[test]
fn what_to_look_at_next_is_listed_with_its_reasons() {
    let place = Place::new().with_demo();
    let email = "lena@brightmere.example";
    let asked = ["leads", "worklist", email, "--limit", "1000", "--json"];
    let list = place.run(&asked).json();
    assert_eq!((&list["of"]["name"], &list["more"]), (&"Lena Falkenrath".into(), &false.into()));
    let items = list["items"].as_array().unwrap();
    let first = |item: &Value| item["reasons"][0]["kind"].as_str().unwrap().to_owned();
    let kinds: Vec<String> = items.iter().map(first).collect();
    let part = |kind: &String| match kind.as_str() {
        "overdue" | "due_today" => 0,
        "unanswered" => 1,
        _ => 2,
    };
    assert!(kinds.is_sorted_by_key(part), "{kinds:?}");
    assert!(kinds.iter().any(|kind| kind == "overdue"), "{kinds:?}");
    assert!(kinds.iter().any(|kind| kind == "score" || kind == "priority"), "{kinds:?}");
    let ids: std::collections::BTreeSet<&str> =
        items.iter().map(|item| item["lead"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), items.len(), "each once");
    let text = place.run(&["leads", "worklist", email, "--limit", "1"]).stdout;
    assert!(text.starts_with("name") && text.contains("there are more"), "{text}");
    let nobody = place.run(&["leads", "worklist", "nobody@brightmere.example"]);
    assert_eq!(nobody.code, 1, "{}", nobody.stderr);
}

#[test]
fn tasks_are_listed_by_when_they_are_due() {
    let place = Place::new().with_demo();
    let open = place.run(&["tasks", "list", "--limit", "1000", "--json"]).json();
    let due: Vec<&str> = open["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|task| task["due_at"].as_str())
        .collect();
    assert!(!due.is_empty() && due.is_sorted(), "{due:?}");
    let email = "lena@brightmere.example";
    let hers = place.run(&["tasks", "list", "--assignee", email, "--limit", "1000", "--json"]);
    for task in hers.json()["tasks"].as_array().unwrap() {
        assert_eq!(task["assignee"]["name"], "Lena Falkenrath");
    }
    let done = place.run(&["tasks", "list", "--done", "--json"]).json();
    assert!(done["tasks"].as_array().unwrap().iter().all(|task| task["done_at"].is_string()));
    let text = place.run(&["tasks", "list", "--limit", "1"]).stdout;
    assert!(text.starts_with("due (UTC)") && text.contains("there are more"), "{text}");
}
