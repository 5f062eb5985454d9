//! Scoring through the API: rules written, checked, published and put back, and why a lead has its score.

use serde_json::json;

use super::office;

const SCRIPT: &str = "ruleset(\"Ours\");\npriority(\"hot\", 20);\ncategory(\"fit\", 30);\n\
    rule(\"Decides\", \"fit\", 22.5, |lead| lead.title.has_any(\"cto\"));\n\
    rule(\"Phone\", \"fit\", 5, |lead| is_known(lead.phone));\n\
    test(\"a cto is hot\", #{ title: \"CTO\" }, |it| it.priority == \"hot\");\n";

#[tokio::test]
async fn rules_are_checked_written_published_and_put_back() {
    let (_office, program) = office().await;
    let checked = program.post("/scoring/check", json!({"script": SCRIPT})).await.with(200).json();
    assert_eq!((&checked["name"], &checked["mistakes"]), (&json!("Ours"), &json!([])));
    assert_eq!(checked["rules"], json!([{"rule": "Decides"}, {"rule": "Phone"}]));
    assert_eq!(checked["tests"], json!([{"name": "a cto is hot", "line": 6}]));
    let wrong = json!({"script": "rule(\"x\", 1, |lead| lead.emial);"});
    let told = program.post("/scoring/check", wrong.clone()).await.with(200).json();
    assert_eq!(told["mistakes"][0]["line"], 1);
    assert!(told["mistakes"][0]["message"].as_str().unwrap().contains("email"), "{told}");

    let written = program.put("/rule-sets/ours/draft", wrong).await.with(200);
    assert_eq!(written.header("etag"), "\"1\"");
    let refused = program.post("/rule-sets/ours/publish", json!({})).await.with(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/script", "{refused}");
    let at = |tag: &str| program.header("if-match", tag);
    let draft = json!({"script": SCRIPT});
    at("\"7\"").put("/rule-sets/ours/draft", draft.clone()).await.with(412);
    at("\"1\"").put("/rule-sets/ours/draft", draft).await.with(200);
    let note = json!({"note": "a beginning"});
    at("\"1\"").post("/rule-sets/ours/publish", note.clone()).await.with(412);
    let published = at("\"2\"").post("/rule-sets/ours/publish", note).await.with(200).json();
    assert_eq!(published["in_force"], json!([{"set": "ours", "version": 1}]));
    assert_eq!(published["rescore"]["state"], "running");
    program.post("/rule-sets/ours/publish", json!({})).await.with(422);

    let lead =
        program.post("/leads", json!({"name": "Ada", "title": "CTO"})).await.with(201).json();
    let lead = lead["id"].as_str().unwrap().to_owned();
    let card = program.get(&format!("/leads/{lead}/score")).await.with(200).json();
    assert_eq!((&card["total"], &card["priority"]), (&json!("22.50"), &json!("hot")));
    assert_eq!(card["set"], json!({"set": "ours", "version": 1}));
    assert_eq!(card["lines"][0]["rule"], "Decides");
    let silent = json!([{"rule": "Phone", "why": "not_known", "unknown": ["phone"]}]);
    assert_eq!((&card["silent"], &card["missing"]), (&silent, &json!(["phone"])));
    let listed = program.get("/leads?sort=-score").await.with(200).json();
    assert_eq!(listed["items"][0]["score"]["priority"], "hot");
    let history = program.get(&format!("/leads/{lead}/score/history")).await.with(200).json();
    assert_eq!(history["items"][0]["cause"], "captured");
    assert_eq!(history["items"][0]["lines"][0]["points"], "22.50");
    let before = program.get(&format!("/leads/{lead}/score?as_of=2001-01-01T00:00:00Z")).await;
    before.with(404);
    program.get(&format!("/leads/{lead}/score?when=now")).await.with(400);

    let next = json!({"script": SCRIPT.replace("22.5", "25")});
    program.put("/rule-sets/ours/draft", next).await.with(200);
    program.post("/rule-sets/ours/publish", json!({})).await.with(200);
    let back = program.post("/rule-sets/ours/versions/1/enforce", json!({})).await.with(200).json();
    assert_eq!((&back["edition"], &back["in_force"][0]["version"]), (&json!(3), &json!(1)));
    program.post("/rule-sets/ours/versions/9/enforce", json!({})).await.with(404);
    let old = program.get("/rule-sets/ours/versions/1").await.with(200).json();
    assert_eq!(old["script"], SCRIPT);
    let paused =
        program.patch("/scoring/rescore", json!({"state": "paused"})).await.with(200).json();
    assert_eq!(paused["state"], "paused");
    let refused = program.patch("/scoring/rescore", json!({"state": "finished"})).await.with(422);
    assert_eq!(refused.json()["errors"][0]["pointer"], "/state");
    let sheet = program.get("/rule-sets/ours").await.with(200).json();
    assert_eq!(
        (&sheet["in_force"], &sheet["versions"][0]["note"]),
        (&json!(1), &json!("a beginning"))
    );
    let other =
        json!({"script": "applies_to(|lead| lead.employees > 9); rule(\"Big\", 1, |lead| true);"});
    program.put("/rule-sets/big/draft", other).await.with(200);
    program.post("/rule-sets/big/publish", json!({})).await.with(200);
    let wrong = program.put("/scoring/order", json!({"order": ["big"]})).await.with(422).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/order");
    let order = json!({"order": ["ours", "big"]});
    let arranged = program.put("/scoring/order", order).await.with(200).json();
    assert_eq!(arranged["in_force"][0]["set"], "big", "the one for all leads comes last");
    program.post("/rule-sets/big/withdraw", json!({})).await.with(200);
    program.delete("/rule-sets/big/draft").await.with(204);
    assert_eq!(program.get("/scoring").await.with(200).json()["edition"], 6);
    assert_eq!(
        program.get("/rule-sets").await.with(200).json()["items"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn rules_are_tried_before_anybody_publishes_them() {
    let (_office, program) = office().await;
    let ada = program.post("/leads", json!({"name": "Ada", "title": "CTO"})).await.with(201).json();
    let ada = ada["id"].as_str().unwrap().to_owned();
    program.post("/leads", json!({"name": "Bob", "phone": "+442079460123"})).await.with(201);
    let script = json!({"set": "ours", "script": SCRIPT});
    let first = program.post("/scoring/preview", script.clone()).await.with(200).json();
    assert_eq!((&first["state"], &first["leads"]), (&json!("ready"), &json!(2)), "{first}");
    assert_eq!(first["priorities"][0], json!({"name": "hot", "before": null, "after": 1}));
    program.put("/rule-sets/ours/draft", json!({"script": SCRIPT})).await.with(200);
    program.post("/rule-sets/ours/publish", json!({})).await.with(200);
    let other = json!({"set": "ours", "script": SCRIPT.replace("22.5", "2.5")});
    let tried = program.post("/scoring/preview", other.clone()).await.with(200).json();
    assert_eq!((&tried["moved"], &tried["shifted"]), (&json!(1), &json!(1)), "{tried}");
    let most = &tried["most_moved"][0];
    assert_eq!((&most["lead"], &most["before"]), (&json!(ada), &json!("22.50")));
    assert_eq!(most["why"], json!([{"rule": "Decides", "before": "22.50", "after": "2.50"}]));
    let wrong = json!({"set": "ours", "script": "rule(1"});
    let wrong = program.post("/scoring/preview", wrong).await.with(422).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/script", "{wrong}");
    let wrong = program.post("/scoring/preview", json!({"version": 1})).await.with(422).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/set", "{wrong}");
    program.post("/scoring/preview", json!({"set": "nobodys"})).await.with(404);

    let plan = json!({"by": other, "after_days": 0.5});
    let backtest = program.post("/scoring/backtest", plan).await.with(200).json();
    assert_eq!((&backtest["after_seconds"], &backtest["looked_at"]), (&json!(43_200), &json!(0)));
    assert_eq!(backtest["tried"]["auc"], json!(null));
    for wrong in [json!({"after_days": -1}), json!({"most": 0}), json!({"after_days": 1e300})] {
        program.post("/scoring/backtest", wrong).await.with(422);
    }

    let what_if =
        json!({"patch": {"set": {"phone": "+442079460124"}}, "happened": [{"kind": "page_view"}]});
    let address = format!("/leads/{ada}/score/what-if");
    let supposed = program.post(&address, what_if).await.with(200).json();
    assert_eq!(supposed["before"]["total"], "22.50");
    assert_eq!(supposed["after"]["total"], "27.50");
    let wrong =
        json!({"patch": {"set": {"employees": "many"}}, "happened": [{"kind": "Page View"}]});
    let wrong = program.post(&address, wrong).await.with(422).json();
    let pointers: Vec<_> =
        wrong["errors"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(pointers, ["/patch/set/employees", "/happened/0/kind"], "{wrong}");
}
