//! What is set up: custom fields and settings.

use leadbox_core::worker::BulkHandler;
use leadbox_core::{EventType, Workers};
use serde_json::json;

use super::office;

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
