//! The API: what programs do with it, and what they are told when they do it wrong.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod duplicates;
mod program;
#[expect(dead_code, reason = "each test file uses its part")]
#[path = "../support/mod.rs"]
mod support;
mod views;

use std::num::NonZeroU32;

use axum::body::Body;
use axum::http::Method;
use futures_util::stream;
use leadbox_core::access::{Capability, Grants, Level, Permission};
use leadbox_core::service::NewKey;
use leadbox_core::worker::BulkHandler;
use leadbox_core::{EventType, LeadId, Role, Workers};
use program::Program;
use serde_json::{Value, json};
use support::Office;

const PREFIX: &str = "/leads-admin";

/// An office, and a program of the host's that may do everything.
async fn office() -> (Office, Program) {
    let office = Office::new(PREFIX);
    let everything = Grants::everything();
    let program = Program::of(&office.app, PREFIX, &office.sandbox.leadbox, None, everything).await;
    (office, program)
}

fn ada() -> Value {
    json!({"name": "Ada Lovelace", "email": "ada@analytical.example", "upsert_by": ["email"], "value": "1250.50 EUR"})
}

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
async fn bad_input_is_told_with_the_place_of_every_fault() {
    let (_office, program) = office().await;
    let bad = json!({"email": "nobody", "custom": {"colour": "red"}, "employees": -1});
    let problem = program.post("/leads", bad).await.with(422).json();
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    for expected in ["/email", "/custom/colour", "/employees"] {
        assert!(pointers.contains(&expected), "{expected} in {pointers:?}");
    }
    assert!(problem["request_id"].is_string());
    let id = program.post("/leads", ada()).await.json()["id"].as_str().unwrap().to_owned();
    let problem = program
        .patch(&format!("/leads/{id}"), json!({"set": {"email": "nobody"}}))
        .await
        .with(422)
        .json();
    assert_eq!(problem["errors"][0]["pointer"], "/set/email");
    program.send(Method::POST, "/leads", "text/plain", b"{}".to_vec()).await.with(415);
    program.send(Method::POST, "/leads", "application/json", b"{".to_vec()).await.with(400);
    program.send(Method::POST, "/leads", "application/json", vec![b' '; 2 << 20]).await.with(413);
    program.delete("/leads").await.with(405);
    program.get("/nothing").await.with(404);
}

#[tokio::test]
async fn a_request_sent_twice_takes_effect_once() {
    let (office, program) = office().await;
    let once = program.header("idempotency-key", "order 4711");
    let new = json!({"name": "Ada Lovelace"});
    let first = once.post("/leads", new.clone()).await.with(201);
    let again = once.post("/leads", new.clone()).await.with(201);
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    once.post("/leads", json!({"name": "Bo"})).await.with(422);
    program.header("idempotency-key", "").post("/leads", new.clone()).await.with(400);
    let id: LeadId = first.json()["id"].as_str().unwrap().parse().unwrap();
    let visit = json!({"kind": "call"});
    let calls = format!("/leads/{id}/interactions");
    let (one, two) = (once.post(&calls, visit.clone()).await, once.post(&calls, visit).await);
    assert_eq!(one.with(422).json()["title"], "Idempotency key used before");
    two.with(422);

    let other = program.header("idempotency-key", "call 1");
    let (one, two) = (
        other.post(&calls, json!({"kind": "call"})).await,
        other.post(&calls, json!({"kind": "call"})).await,
    );
    assert_eq!(one.with(201).json()["id"], two.with(201).json()["id"]);
    let stored = office.sandbox.leadbox.leads().lead(id).await.unwrap().unwrap();
    assert_eq!(stored.activity.count, 1);

    let keyed = program.header("idempotency-key", "key 1");
    // A key of the host's makes no keys: it would outlive its own end.
    keyed.post("/keys", json!({"name": "second", "grants": {}})).await.with(403);
}

#[tokio::test]
async fn nobody_is_let_in_without_a_key_and_a_key_does_what_it_may() {
    let (office, _) = office().await;
    let leadbox = &office.sandbox.leadbox;
    let nobody = Program::without_key(&office.app, PREFIX);
    for path in ["/me", "/leads", "/openapi.json"] {
        let reply = nobody.get(path).await.with(401);
        assert_eq!(reply.header("www-authenticate"), "Bearer", "{path}");
    }
    nobody.with_key("lbk_0000").get("/me").await.with(401);

    // What a form on a website gets: it may bring leads in, and see none.
    let form = Grants::default().allow(Permission::LeadCreate, Level::All);
    let form = Program::of(&office.app, PREFIX, leadbox, None, form).await;
    let captured = form.post("/leads", ada()).await.with(201);
    assert!(captured.json().get("lead").is_none());
    let id = captured.json()["id"].as_str().unwrap().to_owned();
    form.get(&format!("/leads/{id}")).await.with(404);
    let denied = form.patch(&format!("/leads/{id}"), json!({})).await;
    assert!([403, 404].contains(&denied.status.as_u16()));
    let problem = form.get("/users").await;
    assert_eq!(problem.status.as_u16(), 403, "a form need not know who works here");
    let me = form.get("/me").await.with(200).json();
    assert_eq!(me["permissions"], json!({"lead.create": "all"}));

    let grants =
        Grants::default().allow(Permission::LeadRead, Level::Own).enable(Capability::KeysManage);
    let role = Role { key: "developer".parse().unwrap(), name: "Developer".to_owned(), grants };
    leadbox.access().define_role(&role).await.unwrap();
    let seller = office.hire("sam", "developer").await;
    let own = Program::of(
        &office.app,
        PREFIX,
        leadbox,
        Some(seller),
        Grants::default().allow(Permission::LeadRead, Level::Own).hide("email"),
    )
    .await;
    assert_eq!(
        own.get("/leads").await.with(200).json()["items"],
        json!([]),
        "no further than its user"
    );
    leadbox.leads().assign(id.parse().unwrap(), Some(seller)).await.unwrap();
    let seen = own.get(&format!("/leads/{id}")).await.with(200);
    assert!(!seen.text.contains("ada@"), "{}", seen.text);
    let problem = own.get("/events").await.with(403).json();
    assert_eq!(problem["needs"], "audit.read");
}

#[tokio::test]
async fn users_teams_roles_and_keys_are_administered() {
    let (office, host) = office().await;
    let admin = office.hire("alex", "admin").await;
    let program = Program::of(
        &office.app,
        PREFIX,
        &office.sandbox.leadbox,
        Some(admin),
        Grants::everything(),
    )
    .await;
    let team = program.post("/teams", json!({"name": "North"})).await.with(201).json();
    let renamed = format!("/teams/{}", team["id"].as_str().unwrap());
    let team = program
        .header("if-match", "\"1\"")
        .patch(&renamed, json!({"name": "South"}))
        .await
        .with(200)
        .json();
    program.header("if-match", "\"1\"").patch(&renamed, json!({"name": "East"})).await.with(412);

    let role = json!({"name": "Caller", "grants": {"permissions": {"lead.read": "team"}, "hidden": ["value"]}});
    assert_eq!(program.put("/roles/caller", role).await.with(200).json()["built_in"], false);
    let new = json!({"name": "Bo", "email": "bo@office.example", "team": team["id"], "roles": ["caller"]});
    let user = program.post("/users", new).await.with(201);
    let path = format!("/users/{}", user.json()["id"].as_str().unwrap());
    let moved =
        program.patch(&path, json!({"team": null, "zone": "Europe/Berlin"})).await.with(200).json();
    assert_eq!(
        (moved.get("team"), &moved["zone"], &moved["name"]),
        (None, &json!("Europe/Berlin"), &json!("Bo"))
    );
    program.patch(&path, json!({"zone": "Mars/Olympus"})).await.with(422);
    let access = program.get(&format!("{path}/access")).await.with(200).json();
    assert_eq!(
        access["permissions"][0],
        json!({"permission": "lead.read", "level": "team", "roles": ["caller"]})
    );
    let link = program
        .post(&format!("{path}/links"), json!({"kind": "invitation"}))
        .await
        .with(201)
        .json();
    assert!(link["path"].as_str().unwrap().starts_with("/invitation?code=lbi_"));
    program.delete(&format!("{path}/sessions")).await.with(204);
    program.delete("/roles/caller").await.with(422);
    program.patch(&path, json!({"roles": []})).await.with(200);
    program.delete("/roles/caller").await.with(204);

    // Keys are made by people, on the page; one that stands for a user makes none for it.
    program.post("/keys", json!({"name": "second", "grants": {}})).await.with(403);
    let keys = program.get("/keys").await.with(200).json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 2);
    assert!(!program.get("/keys").await.text.contains("secret"));
    let id = keys["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key.get("user").is_none())
        .unwrap()["id"]
        .clone();
    program.delete(&format!("/keys/{}", id.as_str().unwrap())).await.with(204);
    host.get("/me").await.with(401);
    let found = program.post("/events/verification", json!({})).await.with(200).json();
    assert_eq!(found["verdict"], "intact");
    let events = program.get("/events?kind=role.changed,role.removed").await.with(200).json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn fields_and_settings_are_set_up() {
    let (office, program) = office().await;
    let field = json!({"label": "Budget", "type": "choice", "choices": ["small", "large"]});
    program.put("/fields/budget", field).await.with(200);
    assert_eq!(
        program.get("/fields").await.with(200).json()["items"][0]["choices"],
        json!(["small", "large"])
    );
    program.put("/fields/budget", json!({"label": "Budget", "type": "number"})).await.with(422);
    let settings = program
        .patch("/settings", json!({"currency": "USD", "completeness": {"email": 50}}))
        .await
        .with(200)
        .json();
    assert_eq!((&settings["currency"], &settings["zone"]), (&json!("USD"), &json!("UTC")));
    let problem = program.patch("/settings", json!({"currency": "dollars"})).await.with(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/currency");
    assert_eq!(office.last_event().await.0, EventType::SETTINGS_CHANGED);
    assert_eq!(
        program.get("/pipelines").await.with(200).json()["items"][0]["stages"][0]["key"],
        "new"
    );
}

#[tokio::test]
async fn a_file_comes_in_once_and_goes_out_again() {
    let (_office, program) = office().await;
    let file = b"Name,Email,Budget\r\nAda,ada@analytical.example,5\r\nBo,bo@,6\r\n".to_vec();
    let send = |path: &'static str, key: &'static str| {
        let program =
            if key.is_empty() { program.clone() } else { program.header("idempotency-key", key) };
        let file = file.clone();
        async move { program.send(Method::POST, path, "text/csv", file).await }
    };
    let refused = send("/imports", "").await.with(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/Budget");
    let tried = send("/imports?dry_run=true&ignore_unknown=true", "").await.with(200).json();
    assert_eq!((&tried["ending"], &tried["created"]), (&json!("dry_run"), &json!(1)));
    let path = "/imports?columns=%7B%22Budget%22:null%7D";
    let done = send(path, "file 1").await.with(200).json();
    assert_eq!(
        (&done["ending"], &done["created"], &done["failed"]),
        (&json!("finished"), &json!(1), &json!(1))
    );
    assert_eq!(done["errors"][0]["field"], "email");
    let again = send(path, "file 1").await.with(200).json();
    assert_eq!((&again["ending"], &again["import"]), (&json!("finished_before"), &done["import"]));
    let state = program
        .get(&format!("/imports/{}", done["import"].as_str().unwrap()))
        .await
        .with(200)
        .json();
    assert_eq!((&state["finished"], &state["rows"]), (&json!(true), &json!(2)));
    program.get(&format!("/imports/{}", uuid::Uuid::nil())).await.with(404);

    let out = program.get("/leads/export?format=jsonl").await.with(200);
    assert_eq!(out.header("content-type"), "application/x-ndjson");
    assert_eq!(out.json()["email"], "ada@analytical.example");
    let csv = program.get("/leads/export").await.with(200);
    assert!(csv.text.starts_with("id,name,") && csv.text.lines().count() == 2, "{}", csv.text);
    program.get("/leads/export?filter=x").await.with(422);
}

#[tokio::test]
async fn of_a_file_that_breaks_off_nothing_comes_in() {
    let (office, program) = office().await;
    let beginning = Ok("Name,Email\r\nAda,ada@analytical.example\r\n");
    let torn = stream::iter([beginning, Err(std::io::Error::other("gone"))]);
    let refused = program.send(Method::POST, "/imports", "text/csv", Body::from_stream(torn)).await;
    let refused = refused.with(400).json();
    assert_eq!(refused["errors"], json!([{"pointer": "/file", "detail": "did not arrive whole"}]));
    assert!(!office.events().await.iter().any(|(kind, _)| *kind == EventType::LEAD_CAPTURED));
}

#[tokio::test]
async fn the_document_describes_every_address() {
    let (_office, program) = office().await;
    let document = program.get("/openapi.json").await.with(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], format!("{PREFIX}/api/v1"));
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            assert!(
                operation["responses"]["default"].is_object(),
                "{method} {path} says how it fails"
            );
        }
    }
    assert!(operations >= 35, "{operations}");
}

#[tokio::test]
async fn a_key_with_a_limit_is_told_what_is_left_and_when_to_come_back() {
    let (office, _) = office().await;
    let new =
        NewKey { name: "slow".to_owned(), per_minute: NonZeroU32::new(2), ..NewKey::default() };
    let key = office.sandbox.leadbox.keys().make(&new).await.unwrap().text();
    let program = Program::without_key(&office.app, PREFIX).with_key(&key);
    let first = program.get("/me").await.with(200);
    assert_eq!(first.header("ratelimit-policy"), "\"key\";q=2;w=60");
    assert_eq!(first.header("ratelimit"), "\"key\";r=1;t=30");
    program.get("/me").await.with(200);
    let refused = program.get("/me").await.with(429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit"), "\"key\";r=0;t=60");
    assert_eq!(refused.json()["title"], "Too many requests");
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

#[tokio::test]
async fn a_field_is_changed_as_it_was_read_archived_and_given_another_type() {
    let (office, program) = office().await;
    let fields = |path: &str| format!("/fields/budget{path}");
    let new = json!({"label": "Budget", "type": "text"});
    let made = program.put(&fields(""), new).await.with(200);
    let tag = made.header("etag").to_owned();
    for value in ["12", "lots"] {
        let lead = json!({"name": "Ada", "custom": {"budget": value}});
        program.post("/leads", lead).await.with(201);
    }
    let named = json!({"label": "Budget a year", "type": "text"});
    let held = program.header("if-match", tag);
    held.put(&fields(""), named.clone()).await.with(200);
    held.put(&fields(""), named).await.with(412);
    program.get("/fields/colour").await.with(404);

    let archived = json!({"status": "archived"});
    let field = program.put(&fields("/status"), archived).await.with(200).json();
    assert_eq!(field["status"], "archived");
    let to_number = json!({"type": "number", "leftover": {"keep_in": "budget_text"}});
    let problem = program.post(&fields("/retype/plan"), to_number.clone()).await.with(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/type");
    program.put(&fields("/status"), json!({"status": "active"})).await.with(200);

    let taken = json!({"type": "number", "leftover": {"keep_in": "budget"}});
    let problem = program.post(&fields("/retype"), taken).await.with(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/leftover/keep_in");
    let none = json!({"type": "choice", "choices": []});
    let problem = program.post(&fields("/retype"), none).await.with(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/choices");
    program.post("/fields/colour/retype", json!({"type": "text"})).await.with(404);

    let plan = program.post(&fields("/retype/plan"), to_number.clone()).await.with(200).json();
    assert_eq!((&plan["holding"], &plan["converting"]), (&json!(2), &json!(1)));
    assert_eq!(plan["leftover"][0]["reason"], "'lots' is not a number");
    let once = program.header("idempotency-key", "numbers");
    let begun = once.post(&fields("/retype"), to_number.clone()).await.with(202).json();
    assert_eq!(once.post(&fields("/retype"), to_number).await.with(202).json()["id"], begun["id"]);
    assert_eq!(begun["kind"], "convert");
    Workers::new(&office.sandbox.leadbox).handler(BulkHandler).run_until_idle().await.unwrap();
    let path = format!("/bulk/{}", begun["id"].as_str().unwrap());
    let done = program.get(&path).await.with(200).json();
    assert_eq!((&done["state"], &done["changed"]), (&json!("finished"), &json!(2)));
    let told = program.get(&format!("{path}/refusals")).await.with(200).json();
    assert_eq!(told["items"][0]["field"], "cf.budget");
    assert_eq!(program.get(&fields("")).await.with(200).json()["type"], "number");
    program.post("/undo/plan", json!({"bulk": begun["id"]})).await.with(422);
}
