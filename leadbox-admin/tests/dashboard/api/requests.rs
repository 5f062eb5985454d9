//! What holds for every address: how bad input is told, what is sent twice, and that the document describes them all.

use axum::http::Method;
use leadbox_core::LeadId;
use serde_json::json;

use super::{PREFIX, ada, office};

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
