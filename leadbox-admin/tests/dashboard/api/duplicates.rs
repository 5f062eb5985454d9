//! Possible duplicates through the API: found, told apart, merged, and the merge undone.

use serde_json::json;

use super::office;

#[tokio::test]
async fn duplicates_are_found_told_apart_merged_and_come_back() {
    let (_office, program) = office().await;
    let mut ids = Vec::new();
    for (name, title) in [("Ada Lovelace", "CTO"), ("Ada Lovelace", "CEO")] {
        let new = json!({"name": name, "email": "ada@analytical.example", "title": title});
        ids.push(program.post("/leads", new).await.with(201).json()["id"].clone());
    }
    let at = |n: usize| format!("/leads/{}", ids[n].as_str().unwrap());
    let found = program.get(&format!("{}/duplicates", at(0))).await.with(200).json();
    assert_eq!(found["items"][0]["lead"]["id"], ids[1]);
    assert_eq!(found["items"][0]["likeness"]["reasons"][0], "same_email");
    let pairs = async || program.get("/duplicates").await.with(200).json()["items"].clone();
    assert_eq!(pairs().await[0]["second"]["id"], ids[1]);
    let pair = format!("/duplicates/{}/{}", ids[0].as_str().unwrap(), ids[1].as_str().unwrap());
    for (is, left) in [("distinct", 0), ("unknown", 1)] {
        program.put(&pair, json!({"is": is})).await.with(204);
        assert_eq!(pairs().await.as_array().unwrap().len(), left);
    }
    program.get(&format!("{}/duplicates?limit=0", at(0))).await.with(422);

    let merge = json!({"others": [ids[1]], "choose": {"title": ids[0]}});
    let plan = program.post(&format!("{}/merge/plan", at(0)), merge.clone()).await.with(200).json();
    let fields = plan["fields"].as_array().unwrap();
    let title = fields.iter().find(|field| field["field"] == "title").unwrap();
    assert_eq!((&title["value"], &title["from"]), (&json!("CTO"), &ids[0]));
    assert_eq!(title["beats"], json!([{"lead": ids[1], "value": "CEO"}]));
    for (wrong, pointer) in [
        (json!({"others": []}), "/others"),
        (json!({"others": [ids[1]], "choose": {"city": ids[0]}}), "/choose/city"),
    ] {
        let told = program.post(&format!("{}/merge", at(0)), wrong).await.with(422).json();
        assert_eq!(told["errors"][0]["pointer"], pointer);
    }
    let moves = json!([{"lead": ids[1], "interactions": 0, "tasks": 0, "notes": 0}]);
    assert_eq!(plan["moves"], moves);
    let version = |n: usize| (ids[n].as_str().unwrap().to_owned(), json!(1));
    let mut seen = merge.clone();
    seen["versions"] = [version(0), version(1)].into_iter().collect();
    program.post(&format!("{}/merge/plan", at(0)), seen.clone()).await.with(200);
    seen["versions"][ids[1].as_str().unwrap()] = json!(7);
    program.post(&format!("{}/merge", at(0)), seen).await.with(412);
    let once = program.header("idempotency-key", "merge");
    let merged = once.post(&format!("{}/merge", at(0)), merge.clone()).await.with(200).json();
    assert_eq!(once.post(&format!("{}/merge", at(0)), merge).await.with(200).json(), merged);
    assert_eq!((&merged["lead"]["id"], &merged["lead"]["title"]), (&ids[0], &json!("CTO")));
    assert_eq!(program.get(&at(1)).await.with(200).json()["id"], ids[0]);
    assert_eq!(pairs().await, json!([]));

    let past = async || program.get(&format!("{}/merges", at(0))).await.with(200).json();
    let merges = past().await["items"].clone();
    assert_eq!((&merges[0]["event"], &merges[0]["state"]), (&merged["event"], &json!("standing")));
    assert_eq!(merges[0]["leads"], json!([{"id": ids[1], "name": "Ada Lovelace"}]));
    let undo = json!({"event": merged["event"]});
    let plan =
        program.post(&format!("{}/unmerge/plan", at(0)), undo.clone()).await.with(200).json();
    assert_eq!(plan, json!({"restored": [ids[1]], "left": []}));
    let undone = program.post(&format!("{}/unmerge", at(0)), undo.clone()).await.with(200).json();
    assert_eq!((&undone["restored"][0]["id"], &undone["left"]), (&ids[1], &json!([])));
    assert_eq!(program.get(&at(1)).await.with(200).json()["title"], "CEO");
    assert_eq!(past().await["items"][0]["state"], "undone");
    let again = program.post(&format!("{}/unmerge", at(0)), undo).await.with(422).json();
    assert_eq!(again["errors"][0]["pointer"], "/event");
}
