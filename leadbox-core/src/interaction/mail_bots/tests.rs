//! What the signs say of made-up readers and machines.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::id::{InteractionId, LeadId, Tenant};

/// Milliseconds after the mail was delivered.
fn happened(kind: &str, number: u128, after: i64, props: Value) -> Interaction {
    let at = delivered() + TimeDelta::milliseconds(after);
    let Value::Object(props) = props else { panic!("props are an object") };
    Interaction {
        id: InteractionId::from_uuid(Uuid::from_u128(number)),
        tenant: Tenant::DEFAULT,
        lead: LeadId::from_uuid(Uuid::nil()),
        kind: InteractionKind::parse(kind).unwrap(),
        at,
        received_at: at,
        key: None,
        suspicion: Suspicion::Clear,
        judge: Judge::Detector,
        reason: None,
        props,
    }
}

fn delivered() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn open(after: i64, props: Value) -> Interaction {
    happened("email_open", 1, after, props)
}

fn click(number: u128, after: i64, link: &str) -> Interaction {
    happened("email_click", number, after, json!({ "mail": "Welcome", "link": link }))
}

fn reason(one: &Interaction) -> Option<String> {
    let found = MailBots.findings(one, &[]);
    assert!(found.iter().all(|finding| finding.interaction == one.id));
    found.into_iter().next().map(|finding| finding.reason)
}

/// The numbers of those that it marks.
fn marked(new: &Interaction, others: &[Interaction]) -> Vec<u128> {
    let found = MailBots.findings(new, others);
    let mut numbers: Vec<u128> =
        found.iter().map(|finding| finding.interaction.uuid().as_u128()).collect();
    numbers.sort_unstable();
    numbers
}

const MINUTE: i64 = 60_000;

#[test]
fn a_reader_who_takes_his_time_is_a_person() {
    let browser =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36";
    let props = json!({ "user_agent": browser, "delivered_at": "2026-03-02T09:00:00Z" });
    assert_eq!(reason(&open(2000, props.clone())), None);
    assert_eq!(reason(&happened("email_click", 1, 5000, props)), None);
    assert_eq!(reason(&open(0, json!({}))), None, "nothing is known");
    assert_eq!(reason(&open(0, json!({ "delivered_at": "soon", "user_agent": 7 }))), None);
}

#[test]
fn each_sign_says_itself_in_words() {
    let agent = json!({ "user_agent": "Mimecast URL checker" });
    assert_eq!(
        reason(&open(MINUTE, agent)).unwrap(),
        "Its user agent names a program, not somebody's browser: Mimecast"
    );
    let head = happened("email_click", 1, MINUTE, json!({ "method": "head" }));
    assert_eq!(reason(&head).unwrap(), "It asked with HEAD, as no reader's program does");
    let trap = happened("email_click", 1, MINUTE, json!({ "honeypot": true }));
    assert_eq!(reason(&trap).unwrap(), "It followed a link that people cannot see");
    let soon = json!({ "delivered_at": "2026-03-02T09:00:00Z" });
    assert_eq!(
        reason(&happened("email_click", 1, 4999, soon.clone())).unwrap(),
        "Followed 4 s after the mail was delivered"
    );
    assert_eq!(
        reason(&open(1999, soon.clone())).unwrap(),
        "Opened 1 s after the mail was delivered"
    );
    assert_eq!(reason(&open(-MINUTE, soon)).unwrap(), "Opened before the mail was delivered");
}

#[test]
fn a_sender_that_knows_only_when_it_sent_tells_seconds() {
    let sent = json!({ "sent_at": delivered().timestamp() });
    assert!(reason(&open(1000, sent.clone())).is_some());
    assert_eq!(reason(&open(MINUTE, sent)), None);
}

#[test]
fn a_proxy_is_evidence_where_it_waits_for_a_reader() {
    let gmail = |after| {
        open(
            after,
            json!({
                "user_agent": "Mozilla/5.0 Firefox/11.0 (via ggpht.com GoogleImageProxy)",
                "delivered_at": "2026-03-02T09:00:00Z",
            }),
        )
    };
    assert_eq!(
        reason(&gmail(59_000)).unwrap(),
        "Loaded by Gmail's proxy 59 s after the mail was delivered"
    );
    assert_eq!(reason(&gmail(MINUTE)), None);
    let apple = json!({ "user_agent": "Mozilla/5.0" });
    assert!(reason(&open(90 * MINUTE, apple.clone())).unwrap().starts_with("Apple Mail"));
    assert_eq!(reason(&happened("email_click", 1, MINUTE, apple)), None, "somebody clicked");
}

#[test]
fn all_of_a_burst_are_found_whichever_comes_last() {
    let clicks = [click(1, 0, "/pricing"), click(2, 1000, "/demo"), click(3, 1500, "/docs")];
    for last in 0..3 {
        let mut others = clicks.to_vec();
        let new = others.remove(last);
        assert_eq!(marked(&new, &others), [1, 2, 3]);
    }
    assert_eq!(marked(&clicks[0], &[click(2, 2001, "/demo")]), [0_u128; 0], "a person goes back");
}

#[test]
fn a_finger_that_slips_is_no_machine() {
    assert_eq!(marked(&click(2, 300, "/demo"), &[click(1, 0, "/demo")]), [0_u128; 0]);
    let somebody = Interaction { judge: Judge::Somebody, ..click(1, 0, "/pricing") };
    assert_eq!(marked(&click(2, 300, "/demo"), &[somebody]), [0_u128; 0], "that was a person");
}

#[test]
fn many_clicks_at_once_without_an_open_are_a_machine() {
    let bare = |number, after| happened("email_click", number, after, json!({}));
    let others = [bare(1, MINUTE), bare(2, MINUTE + 500)];
    assert_eq!(marked(&bare(3, MINUTE + 900), &others), [1, 2, 3]);
    assert_eq!(marked(&bare(3, MINUTE + 900), &others[..1]), [0_u128; 0]);
    let opened = [others[0].clone(), others[1].clone(), happened("email_open", 9, 0, json!({}))];
    assert_eq!(marked(&bare(3, MINUTE + 900), &opened), [0_u128; 0]);
}
