//! Files that come in and go out.

use axum::body::Body;
use axum::http::Method;
use futures_util::stream;
use leadbox_core::EventType;
use serde_json::json;

use super::office;

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

    for unfit in ["", "a\tb"] {
        let once = program.header("idempotency-key", unfit);
        once.send(Method::POST, "/imports", "text/csv", b"name\r\nEve\r\n".to_vec())
            .await
            .with(400);
    }

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
