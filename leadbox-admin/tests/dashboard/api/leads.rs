//! Leads: captured, read, changed, listed, and many at once.

use leadbox_core::worker::BulkHandler;
use leadbox_core::{EventType, Workers};
use serde_json::json;

use super::{PREFIX, ada, office};

#[tokio::test]
async fn a_lead_is_captured_read_changed_moved_and_deleted() {
    let (office, program) = office().await;
    let captured = program.post("/leads", ada()).await.with(201);
    let lead = captured.json();
    let id = lead["id"].as_str().unwrap().to_owned();
    assert_eq!(captured.header("location"), format!("{PREFIX}/api/v1/leads/{id}"));
    assert_eq!((lead["outcome"].as_str(), captured.header("etag")), (Some("created"), "\"1\""));
    assert_eq!(lead["lead"]["value"], "1250.50 EUR");
    program.post("/leads", ada()).await.with(200);

    let path = format!("/leads/{id}");
    let read = program.get(&path).await.with(200);
    assert_eq!(
        (read.json()["domain"].as_str(), read.header("etag")),
        (Some("analytical.example"), "\"1\"")
    );
    let change = json!({"set": {"title": "CTO", "name": null}, "add_tags": ["vip"]});
    let changed = program.header("if-match", "\"1\"").patch(&path, change.clone()).await.with(200);
    assert_eq!((changed.json()["title"].as_str(), changed.header("etag")), (Some("CTO"), "\"2\""));
    assert!(changed.json().get("name").is_none(), "null clears");
    let stale = program.header("if-match", "\"1\"").patch(&path, change).await.with(412);
    assert_eq!(stale.header("content-type"), "application/problem+json");

    let moved =
        program.put(&format!("{path}/stage"), json!({"stage": "qualified"})).await.with(200);
    assert_eq!(moved.json()["stage"], "qualified");
    let stays = program.get(&format!("{path}/stays")).await.with(200).json();
    assert_eq!(
        (&stays["items"][0]["stage"], &stays["items"][1]["stage"]),
        (&json!("new"), &json!("qualified"))
    );
    let visit = json!({"kind": "page_view", "key": "v1", "props": {"path": "/pricing"}});
    program.post(&format!("{path}/interactions"), visit.clone()).await.with(201);
    let known = program.post(&format!("{path}/interactions"), visit).await.with(200).json();
    let mark = format!("/interactions/{}", known["id"].as_str().unwrap());
    program.patch(&mark, json!({"suspicion": "suspect"})).await.with(200);
    assert_eq!(program.get(&path).await.json()["interactions"], 0);
    let scanned =
        json!({"kind": "email_click", "props": {"user_agent": "Barracuda Sentinel (EE)"}});
    let scanned = program.post(&format!("{path}/interactions"), scanned).await.with(201).json();
    assert_eq!(scanned["suspicion"], "suspect");
    assert_eq!(scanned["judge"], "detector");
    assert!(scanned["reason"].as_str().unwrap().ends_with("Barracuda"));

    program.delete(&path).await.with(204);
    assert!(program.get(&path).await.with(200).json()["deleted_at"].is_string());
    let timeline = program.get(&format!("{path}/events")).await.with(200).json();
    let kinds: Vec<&str> = timeline["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "lead.captured",
            "lead.updated",
            "lead.stage_changed",
            "interaction.recorded",
            "interaction.marked",
            "interaction.recorded",
            "lead.deleted"
        ]
    );
    assert_eq!(timeline["items"][0]["actor"]["kind"], "api_key");
    assert_eq!(office.last_event().await.0, EventType::LEAD_DELETED);
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let (_office, program) = office().await;
    for n in 1..=5 {
        let lead = json!({"name": format!("Lead {n}"), "value": format!("{n}00"), "tags": [if n % 2 == 0 { "even" } else { "odd" }]});
        program.post("/leads", lead).await.with(201);
    }
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let page =
            program.get(&format!("/leads?sort=-value&limit=2{after}")).await.with(200).json();
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|lead| lead["name"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["Lead 5", "Lead 4", "Lead 3", "Lead 2", "Lead 1"]);
    let odd = "/leads/count?filter=%5B%22tag%22,%22eq%22,%22odd%22%5D";
    assert_eq!(program.get(odd).await.with(200).json(), json!({"count": 3, "more": false}));
    for (path, field) in [
        ("/leads?filter=nonsense", "filter"),
        ("/leads?filter=%5B%22colour%22,%22eq%22,1%5D", ""),
        ("/leads?sort=colour", "sort"),
        ("/leads?limit=0", "limit"),
    ] {
        let problem = program.get(path).await.with(422).json();
        if !field.is_empty() {
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{path}");
        }
    }
    program.get("/leads?after=nonsense").await.with(422);
    program.get("/leads?colour=red").await.with(400);
    program.get("/leads/nonsense").await.with(400);
}

#[tokio::test]
async fn a_work_list_says_what_to_look_at_and_why() {
    let (office, program) = office().await;
    let ann = office.hire("ann", "agent").await;
    let mut lead = ada();
    lead["owner"] = json!(ann);
    let id = program.post("/leads", lead).await.with(201).json()["id"].clone();
    program.get("/worklist").await.with(422);
    program.get("/worklist?user=ann").await.with(422);
    let list = program.get(&format!("/worklist?user={ann}")).await.with(200).json();
    assert_eq!(list["items"][0]["lead"]["id"], id);
    let since = &list["items"][0]["lead"]["created_at"];
    let new = json!({"kind": "unanswered", "says": "new, nobody answered yet", "since": since});
    assert_eq!(list["items"][0]["reasons"], json!([new]));
    let task = json!({"title": "Call", "due_at": "2020-03-01T09:00:00Z", "assignee": ann});
    let task = program.post(&format!("/leads/{}/tasks", id.as_str().unwrap()), task).await;
    let list = program.get(&format!("/worklist?user={ann}&limit=1")).await.with(200).json();
    let reason = &list["items"][0]["reasons"][0];
    assert_eq!((&reason["kind"], &reason["task"]), (&json!("overdue"), &task.json()["id"]));
    let next = list["next"].as_str().unwrap();
    let rest = program.get(&format!("/worklist?user={ann}&after={next}")).await.with(200).json();
    assert_eq!(rest["items"], json!([]));
    program.get(&format!("/worklist?user={ann}&after=rubbish")).await.with(422);
    program.get(&format!("/worklist?user={ann}&limit=101")).await.with(422);
}

#[tokio::test]
async fn tasks_and_notes_are_kept_about_a_lead() {
    let (office, program) = office().await;
    let id = program.post("/leads", ada()).await.json()["id"].as_str().unwrap().to_owned();
    let tasks = format!("/leads/{id}/tasks");
    let once = program.header("idempotency-key", "call");
    let new = json!({"title": "Call", "due_at": "2026-03-01T09:00:00Z"});
    let task = once.post(&tasks, new.clone()).await.with(201).json();
    assert_eq!(once.post(&tasks, new).await.with(201).json()["id"], task["id"]);
    let path = format!("/tasks/{}", task["id"].as_str().unwrap());
    let change = json!({"title": "Call again", "due_at": null});
    let changed = program.header("if-match", "\"1\"").patch(&path, change.clone()).await.with(200);
    assert_eq!((changed.json().get("due_at"), changed.header("etag")), (None, "\"2\""));
    program.header("if-match", "\"1\"").patch(&path, change).await.with(412);
    assert_eq!(program.get("/tasks").await.with(200).json()["items"][0]["title"], "Call again");
    program.get("/tasks?assignee=me").await.with(422);
    program.put(&format!("{path}/state"), json!({"state": "done"})).await.with(200);
    assert_eq!(program.get("/tasks").await.json()["items"], json!([]));
    assert!(program.get(&path).await.with(200).json()["done_at"].is_string());
    program.delete(&path).await.with(204);
    program.get(&path).await.with(404);

    let notes = format!("/leads/{id}/notes");
    let note =
        program.post(&notes, json!({"text": "Likes tea.\r\nNot coffee."})).await.with(201).json();
    assert_eq!(note["text"], "Likes tea.\nNot coffee.");
    let path = format!("/notes/{}", note["id"].as_str().unwrap());
    program.put(&path, json!({"text": "Likes tea."})).await.with(200);
    assert_eq!(program.get(&notes).await.with(200).json()["items"][0]["revision"], 2);
    let problem = program.post(&notes, json!({"text": " "})).await.with(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/text");
    program.delete(&path).await.with(204);
    assert_eq!(office.last_event().await.0, EventType::NOTE_DELETED);
}

#[tokio::test]
async fn many_leads_are_changed_and_changed_back() {
    let (office, program) = office().await;
    for n in 1..=3 {
        program.post("/leads", json!({"name": format!("Lead {n}")})).await.with(201);
    }
    let all = json!({"action": {"change": {"set": {"title": "CTO"}}}, "selection": {"list": {}}});
    let plan = program.post("/bulk/plan", all.clone()).await.with(200).json();
    assert_eq!((&plan["selected"], &plan["changed"]), (&json!(3), &json!(3)));
    let once = program.header("idempotency-key", "titles");
    let begun = once.post("/bulk", all.clone()).await.with(202).json();
    assert_eq!(once.post("/bulk", all).await.with(202).json()["id"], begun["id"]);
    assert_eq!(begun["state"], "waiting");

    let workers = Workers::new(&office.sandbox.leadbox).handler(BulkHandler);
    workers.run_until_idle().await.unwrap();
    let path = format!("/bulk/{}", begun["id"].as_str().unwrap());
    let done = program.get(&path).await.with(200).json();
    assert_eq!((&done["state"], &done["changed"]), (&json!("finished"), &json!(3)));
    assert_eq!(program.get(&format!("{path}/refusals")).await.with(200).json()["items"], json!([]));
    program.put(&format!("{path}/cancellation"), json!({})).await.with(200);
    let operation = json!({"bulk": begun["id"]});
    assert_eq!(program.post("/undo/plan", operation.clone()).await.with(200).json()["changed"], 3);
    program.post("/undo", operation).await.with(202);
    workers.run_until_idle().await.unwrap();
    let leads = program.get("/leads").await.with(200).json();
    assert!(leads["items"].as_array().unwrap().iter().all(|lead| lead.get("title").is_none()));
}
