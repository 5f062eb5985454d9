//! Scoring on the pages: rules begun, checked, published and put back, and why a lead has its score.

use axum::http::StatusCode;
use leadbox_core::{NewInteraction, NewLead, Workers};

use crate::support::Office;

const SCRIPT: &str = "ruleset(\"Ours\");\npriority(\"hot\", 20);\ncategory(\"fit\", 30);\n\
    rule(\"Decides\", \"fit\", 22.5, |lead| lead.title.has_any(\"cto\"));\n\
    rule(\"Phone\", \"fit\", 5, |lead| is_known(lead.phone));\n\
    signal(\"Asked for a demo\", \"demo_request\", 10).half_life(days(30));\n";

#[tokio::test]
async fn rules_are_begun_checked_and_published() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    office.hire("max", "manager").await;
    let mut admin = office.signed_in("adi").await;
    assert!(admin.get("/ops/scoring").await.body.contains("No rules are in force"));
    for (key, says) in [("No Key", "is not a key"), ("", "is not a key")] {
        let refused = admin.post("/ops/scoring", &[("key", key)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(says), "{}", refused.body);
    }
    let begun = admin.post("/ops/scoring", &[("key", "ours"), ("example", "agency")]).await;
    assert_eq!((begun.status, begun.location()), (StatusCode::SEE_OTHER, "/ops/scoring/ours"));
    let twice = admin.post("/ops/scoring", &[("key", "ours")]).await;
    assert!(twice.body.contains("is another rule set"), "{}", twice.body);
    let page = admin.get("/ops/scoring/ours").await.body;
    assert!(page.contains("tests pass") && page.contains("Not in force"), "{page}");

    let wrong = SCRIPT.replace("lead.phone", "lead.phne");
    let draft = [("revision", "1"), ("script", wrong.as_str()), ("do", "publish")];
    let refused = admin.post("/ops/scoring/ours", &draft).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for says in ["lead.phne", "line 5", "did you mean", "has mistakes"] {
        assert!(refused.body.contains(says), "{says}: {}", refused.body);
    }
    // What was refused is kept as a draft.
    let page = admin.get("/ops/scoring/ours").await.body;
    assert!(page.contains("lead.phne") && page.contains("name=\"revision\" value=\"2\""), "{page}");
    let stale = [("revision", "1"), ("script", SCRIPT), ("do", "save")];
    assert_eq!(
        admin.post("/ops/scoring/ours", &stale).await.status,
        StatusCode::PRECONDITION_FAILED
    );
    let good = [("revision", "2"), ("script", SCRIPT), ("note", "a beginning"), ("do", "publish")];
    assert_eq!(admin.post("/ops/scoring/ours", &good).await.status, StatusCode::SEE_OTHER);
    let page = admin.get("/ops/scoring/ours").await.body;
    for says in ["Version 1 is in force", "a beginning", "3 rules and signals; no tests."] {
        assert!(page.contains(says), "{says}: {page}");
    }
    let mut manager = office.signed_in("max").await;
    for path in ["/ops/scoring", "/ops/scoring/ours"] {
        assert_eq!(manager.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(manager.post(path, &good).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn versions_are_put_back_and_a_lead_says_why_it_has_its_score() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let (leadbox, ours) = (&office.sandbox.leadbox, "ours".parse().unwrap());
    for script in [SCRIPT.to_owned(), SCRIPT.replace("22.5", "7")] {
        leadbox.rules().save_draft(&ours, &script, None).await.unwrap();
        leadbox.rules().publish(&ours, "", None).await.unwrap();
    }
    let lead =
        leadbox.leads().capture(&NewLead::new().name("Ada").title("CTO")).await.unwrap().lead;
    leadbox
        .leads()
        .record_interaction(lead.id, &NewInteraction::new("demo_request"))
        .await
        .unwrap();
    let page = admin.get(&format!("/ops/leads/{}", lead.id)).await.body;
    for says in [
        "17 <span>points",
        "Decides",
        "+7",
        "+10",
        "Asked for a demo",
        "Not known: Phone",
        "By the rules ours, version 2.",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    let paused = admin.post("/ops/scoring-pause", &[]).await;
    assert_eq!(paused.location(), "/ops/scoring");
    assert!(admin.get("/ops/scoring").await.body.contains("the others wait"));
    admin.post("/ops/scoring-resume", &[]).await;

    let back = admin.post("/ops/scoring/ours/enforce", &[("version", "1")]).await;
    assert_eq!(back.location(), "/ops/scoring/ours");
    assert!(admin.get("/ops/scoring/ours").await.body.contains("Version 1 is in force"));
    Workers::new(leadbox).run_until_idle().await.unwrap();
    let page = admin.get(&format!("/ops/leads/{}", lead.id)).await.body;
    for says in ["32.50 <span>points", "hot", "Other rules, now hot", "Got a priority"] {
        assert!(page.contains(says), "{says}: {page}");
    }
    let unknown = admin.post("/ops/scoring/ours/enforce", &[("version", "nine")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(admin.get("/ops/scoring/ours?version=2").await.body.contains("7, |lead|"));

    admin.post("/ops/scoring/ours/withdraw", &[]).await;
    assert!(admin.get("/ops/scoring").await.body.contains("Not in force"));
    leadbox.rules().save_draft(&ours, "// nothing", None).await.unwrap();
    let dropped = admin.post("/ops/scoring/ours/drop", &[]).await;
    assert_eq!(dropped.location(), "/ops/scoring/ours");
    assert!(leadbox.rules().sheet(&ours).await.unwrap().unwrap().1.draft.is_none());
}

#[tokio::test]
async fn a_script_is_tried_and_nothing_is_written() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let (leadbox, ours) = (&office.sandbox.leadbox, "ours".parse().unwrap());
    leadbox.rules().save_draft(&ours, SCRIPT, None).await.unwrap();
    leadbox.rules().publish(&ours, "", None).await.unwrap();
    for (name, title) in [("Ada Byron", "CTO"), ("Bo Lind", "Clerk")] {
        leadbox.leads().capture(&NewLead::new().name(name).title(title)).await.unwrap();
    }
    let before = leadbox.rules().sheet(&ours).await.unwrap();
    let other = SCRIPT.replace("22.5", "2.5");
    let tried = [("script", other.as_str()), ("lead", "Ada"), ("days", "7"), ("do", "try")];
    let page = admin.post("/ops/scoring/ours/try", &tried).await;
    assert_eq!(page.status, StatusCode::OK);
    for says in [
        "Of all 2 leads 1 would move by a point or more, and 1 would have another priority.",
        "Decides −20",
        "has 22.50 points now",
        "2.5, |lead|",
    ] {
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
    let tried = [("script", other.as_str()), ("days", "7"), ("do", "backtest")];
    let page = admin.post("/ops/scoring/ours/try", &tried).await.body;
    assert!(page.contains("There have to be leads that were won"), "{page}");
    let tried = [("script", SCRIPT), ("days", "soon"), ("do", "backtest")];
    let page = admin.post("/ops/scoring/ours/try", &tried).await.body;
    assert!(page.contains("a whole number of days"), "{page}");
    let wrong = SCRIPT.replace("lead.phone", "lead.phne");
    let tried = [("script", wrong.as_str()), ("do", "try")];
    let page = admin.post("/ops/scoring/ours/try", &tried).await.body;
    assert!(page.contains("data-line=\"5\"") && page.contains("did you mean"), "{page}");
    assert_eq!(leadbox.rules().sheet(&ours).await.unwrap(), before);

    leadbox.rules().save_draft(&ours, &other, None).await.unwrap();
    let page = admin.get("/ops/scoring/ours").await.body;
    assert!(
        page.contains("What differs from version 1") && page.contains("class=\"gone\""),
        "{page}"
    );
    leadbox.rules().publish(&ours, "", None).await.unwrap();
    let page = admin.get("/ops/scoring/ours?version=2&beside=1").await.body;
    assert!(page.contains("What differs from version 1"), "{page}");
    let page = admin.get("/ops/scoring/ours?version=1").await.body;
    assert!(page.contains("What differs from version 2"), "{page}");
}
