//! Saved views through the API: saved, read, changed, taken over, deleted, and lists that begin with one.

use leadbox_core::access::{Grants, Level, Permission};
use serde_json::json;

use super::{PREFIX, Program, office};

#[tokio::test]
async fn a_view_is_saved_once_changed_at_its_revision_and_deleted() {
    let (office, host) = office().await;
    let ann = office.hire("ann", "admin").await;
    let everything = Grants::everything();
    let program =
        Program::of(&office.app, PREFIX, &office.sandbox.leadbox, Some(ann), everything).await;
    let new = json!({
        "name": "Hot", "filter": "[\"stage\",\"eq\",\"qualified\"]", "sort": "-value", "columns": ["company"],
    });
    let once = program.header("idempotency-key", "view");
    let saved = once.post("/views", new.clone()).await.with(201);
    assert_eq!(saved.header("etag"), "\"1\"");
    let view = saved.json();
    assert_eq!(
        (&view["sharing"], &view["owner"], &view["sort"], view.get("fault")),
        (&json!("private"), &json!(ann), &json!("-value"), None)
    );
    let again = once.post("/views", new.clone()).await.with(201);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (view.clone(), "true"));
    let path = format!("/views/{}", view["id"].as_str().unwrap());
    assert_eq!(program.get(&path).await.with(200).json(), view);
    host.get(&path).await.with(404);
    for (wrong, pointer) in [
        (json!({"name": "hot"}), "/name"),
        (json!({"name": "x", "sort": "colour"}), "/sort"),
        (json!({"name": "x", "filter": "nonsense"}), "/filter"),
        (json!({"name": "x", "columns": ["No"]}), "/columns"),
        (json!({"name": "x", "sharing": "some"}), "/sharing"),
    ] {
        let told = program.post("/views", wrong).await.with(422).json();
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    let nobodys = host.post("/views", json!({"name": "Mine"})).await.with(422).json();
    assert_eq!(nobodys["errors"][0]["pointer"], "/sharing");

    let change = json!({"name": "Hotter", "filter": ""});
    let at = |tag: &str| program.header("if-match", tag);
    let changed = at("\"1\"").patch(&path, change.clone()).await.with(200);
    assert_eq!(
        (&changed.json()["filter"], changed.header("etag")),
        (&json!("{\"and\":[]}"), "\"2\"")
    );
    at("\"1\"").patch(&path, change).await.with(412);
    let denied = program.post(&format!("{path}/takeover"), json!({})).await.with(200);
    assert_eq!(denied.json()["revision"], 2, "it is hers already");
    let listed = program.get("/views").await.with(200).json();
    assert_eq!(listed["items"], json!([changed.json()]));
    program.delete(&path).await.with(204);
    program.delete(&path).await.with(404);
}

#[tokio::test]
async fn a_list_begins_with_a_view_and_says_the_rest() {
    let (office, program) = office().await;
    for (name, source, city) in
        [("Ada", "webinar", "Bern"), ("Bo", "webinar", "Chur"), ("Cy", "ads", "Bern")]
    {
        let new = json!({"name": name, "source": source, "city": city});
        program.post("/leads", new).await.with(201);
    }
    let new = json!({
        "name": "Bern", "sharing": "everyone", "filter": "[\"city\",\"eq\",\"Bern\"]", "sort": "name",
    });
    let view = program.post("/views", new).await.with(201).json()["id"].clone();
    let view = view.as_str().unwrap();
    let names = async |more: &str| {
        let listed = program.get(&format!("/leads?view={view}{more}")).await.with(200).json();
        let name = |lead: &serde_json::Value| lead["name"].as_str().unwrap().to_owned();
        listed["items"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Ada", "Cy"]);
    assert_eq!(names("&sort=-name").await, ["Cy", "Ada"]);
    assert_eq!(names("&q=cy").await, ["Cy"]);
    assert_eq!(names("&filter=%5B%22source%22,%22eq%22,%22webinar%22%5D").await, ["Ada"]);
    let count = program.get(&format!("/leads/count?view={view}")).await.with(200).json();
    assert_eq!(count["count"], 2);
    let file = program.get(&format!("/leads/export?view={view}&format=jsonl")).await.with(200);
    assert_eq!(file.text.lines().count(), 2);
    let plan = json!({"action": {"advance": "won"}, "selection": {"list": {"view": view}}});
    let plan = program.post("/bulk/plan", plan).await.with(200).json();
    assert_eq!(plan["selected"], 2);

    // What is not for the asker is told like what is not there.
    let own = Grants::default().allow(Permission::LeadRead, Level::All).hide("city");
    let dim = Program::of(&office.app, PREFIX, &office.sandbox.leadbox, None, own).await;
    for path in [format!("/leads?view={view}"), format!("/leads?view={}", uuid::Uuid::nil())] {
        let told = dim.get(&path).await.with(422).json();
        assert_eq!(told["errors"][0]["pointer"], "/view");
    }
    dim.get(&format!("/views/{view}")).await.with(404);
    assert_eq!(dim.get("/views").await.with(200).json()["items"], json!([]));
}
