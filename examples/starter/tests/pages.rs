//! The pages from outside: what they show, what they refuse, and how the server ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::Place;

/// The first link to a lead.
fn first_lead(body: &str) -> &str {
    let (_, rest) = body.split_once("href=\"/leads/").unwrap();
    rest.split_once('"').unwrap().0
}

#[test]
fn a_server_shows_leads_and_stops_when_told() {
    let place = Place::new().with_demo();
    let server = place.serve(&[]);
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, text));
    }
    let list = server.get("/");
    assert_eq!(list.status, 200);
    assert!(list.head.contains("content-security-policy: default-src 'none'"), "{}", list.head);
    assert!(list.head.contains("cache-control: no-store"));
    assert!(
        !list.body.contains("<style")
            && !list.body.contains("<script")
            && !list.body.contains("style=\"")
    );
    assert!(list.body.contains("<dt>Leads</dt><dd>60</dd>"), "{}", list.body);
    assert_eq!(list.body.matches("href=\"/leads/").count(), 50);

    let (_, next) = list.body.split_once("rel=\"next\" href=\"").unwrap();
    let next = next.split_once('"').unwrap().0.replace("&#38;", "&");
    let second = server.get(&next);
    assert_eq!(second.body.matches("href=\"/leads/").count(), 10);
    assert!(!second.body.contains("rel=\"next\""));

    let lead = server.get(&format!("/leads/{}", first_lead(&list.body)));
    assert_eq!(lead.status, 200);
    assert!(lead.body.contains("What happened") && lead.body.contains("Captured"), "{}", lead.body);
    assert_eq!(server.get("/style.css").status, 200);

    let ended = server.terminate();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn search_and_stage_narrow_the_list() {
    let place = Place::new().with_demo();
    let server = place.serve(&[]);
    let won = server.get("/?stage=won");
    assert!(!won.body.contains("class=\"pill open\""));
    let nobody = server.get("/?q=nobodyiscalledlikethis");
    assert!(nobody.body.contains("No leads match"), "{}", nobody.body);
    let tricky = server.get("/?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22");
    assert_eq!(tricky.status, 200);
    assert!(
        !tricky.body.contains("<script") && tricky.body.contains("&#60;script&#62;"),
        "{}",
        tricky.body
    );
}

#[test]
fn what_cannot_be_shown_is_a_page_with_the_reason() {
    let place = Place::new().with_demo();
    let server = place.serve(&[]);
    for (path, status, reason) in [
        ("/?stage=nirvana", 400, "nirvana"),
        ("/?after=rubbish", 400, "begin again"),
        ("/?q=1&q=2", 400, "duplicate field"),
        ("/leads/rubbish", 404, "There is no lead rubbish"),
        ("/leads/00000000-0000-7000-8000-000000000000", 404, "There is no lead"),
        ("/nowhere", 404, "no such page"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(
            answer.body.contains(reason) && answer.body.contains("<h1>"),
            "{path}: {}",
            answer.body
        );
    }
    assert_eq!(server.ask("POST", "/").status, 405);
}

#[test]
fn a_demo_is_made_once_and_then_served_as_it_is() {
    let place = Place::new().with_demo();
    let server = place.serve(&["--demo"]);
    assert!(server.get("/").body.contains("<dt>Leads</dt><dd>60</dd>"));
    assert_eq!(server.terminate().code, 0);
}

#[test]
fn a_taken_address_is_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = place.run(&["serve", "--listen", &address]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains(&address) && ended.stderr.contains("hint:"), "{}", ended.stderr);
}
