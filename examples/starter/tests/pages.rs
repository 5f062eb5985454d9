//! The dashboard from outside: how one gets in, what it shows and refuses, and how the server ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::Place;

/// The first lead of a list.
fn first_lead(body: &str) -> &str {
    let (_, rest) = body.split_once("class=\"lead\" href=\"/leads/").unwrap();
    rest.split_once('"').unwrap().0
}

#[test]
fn a_server_shows_leads_to_whoever_is_signed_in_and_stops_when_told() {
    let place = Place::new().with_demo();
    let server = place.serve(&[]);
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, text));
    }
    let stranger = server.get("/leads");
    assert_eq!(stranger.status, 303);
    assert!(stranger.head.contains("location: /sign-in?to=/leads"), "{}", stranger.head);

    let server = server.signed_in();
    let overview = server.get("/");
    assert_eq!(overview.status, 200);
    assert!(overview.head.contains("content-security-policy: default-src 'none'"));
    assert!(overview.head.contains("cache-control: no-store"));
    assert!(overview.body.contains("Needs attention"), "{}", overview.body);
    let list = server.get("/leads");
    assert!(list.body.contains("60 leads"), "{}", list.body);
    assert_eq!(list.body.matches("class=\"lead\" href=\"/leads/").count(), 50);

    let (before, _) = list.body.split_once("\" rel=\"next\"").unwrap();
    let next = before.rsplit_once("href=\"").unwrap().1.replace("&#38;", "&");
    let second = server.get(&next);
    assert_eq!(second.body.matches("class=\"lead\" href=\"/leads/").count(), 10);
    assert!(!second.body.contains("rel=\"next\""));

    let lead = server.get(&format!("/leads/{}", first_lead(&list.body)));
    assert_eq!(lead.status, 200);
    assert!(lead.body.contains("Timeline") && lead.body.contains("Came in"), "{}", lead.body);

    let ended = server.terminate();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn search_and_stage_narrow_the_list() {
    let place = Place::new().with_demo();
    let server = place.serve(&[]).signed_in();
    let won = server.get("/leads?stage=won");
    assert!(!won.body.contains("class=\"tag accent\""));
    let nobody = server.get("/leads?q=nobodyiscalledlikethis");
    assert!(nobody.body.contains("No leads match"), "{}", nobody.body);
    let tricky = server.get("/leads?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22");
    assert_eq!(tricky.status, 200);
    assert!(
        !tricky.body.contains("<script>") && tricky.body.contains("&#60;script&#62;"),
        "{}",
        tricky.body
    );
}

#[test]
fn what_cannot_be_shown_is_a_page_with_the_reason() {
    let place = Place::new().with_demo();
    let server = place.serve(&[]).signed_in();
    for (path, status, reason) in [
        ("/leads?stage=nirvana", 422, "nirvana"),
        ("/leads?after=rubbish", 422, "no place in this list"),
        ("/leads/rubbish", 404, "no such lead"),
        ("/leads/00000000-0000-7000-8000-000000000000", 404, "no such lead"),
        ("/nowhere", 404, "no such page"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(
            answer.body.contains(reason) && answer.body.contains("<h1"),
            "{path}: {}",
            answer.body
        );
    }
    assert_eq!(server.ask("POST", "/", "").status, 405);
}

#[test]
fn a_demo_is_made_once_and_then_served_as_it_is() {
    let place = Place::new().with_demo();
    let server = place.serve(&["--demo"]).signed_in();
    assert!(server.get("/leads").body.contains("60 leads"));
    assert_eq!(server.terminate().code, 0);
    // Somebody has a password now.
    let again = place.serve(&[]);
    assert_eq!(again.open, "/");
}

#[test]
fn a_box_without_users_begins_with_its_administrator() {
    let place = Place::new();
    let server = place.serve(&[]);
    assert!(server.open.starts_with("/first-run?code="), "{}", server.open);
    assert!(server.get(&server.open).body.contains("Welcome to LeadBox"));
    assert_eq!(server.get("/first-run").status, 404);
    let form = "name=Ann&email=ann%40x.example&password=correct+horse+battery\
                &zone=Europe%2FBerlin&currency=EUR";
    let done = server.ask("POST", &server.open, form);
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(done.cookie().starts_with("lb_session="));
    assert!(done.head.contains("location: /welcome"), "{}", done.head);
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
