//! What an open page is answered when it asks for its own content anew.

use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::{NewLead, Role};

use super::PREFIX;
use crate::support::Office;

const FRAGMENT: &str = "x-lb-fragment";

#[tokio::test]
async fn an_open_page_is_answered_its_own_content_and_no_frame() {
    let office = Office::new(PREFIX);
    office.hire("alex", "admin").await;
    let browser = office.signed_in("alex").await;
    office.sandbox.leadbox.leads().capture(&NewLead::new().name("Ada Lovelace")).await.unwrap();
    for path in ["", "/leads", "/my-leads", "/log", "/users", "/roles", "/keys", "/teams"] {
        let address = format!("{PREFIX}{path}");
        let page = browser.clone().get(&address).await;
        let asked = browser.clone().with(FRAGMENT, "1").get(&address).await;
        assert_eq!((page.status.as_u16(), asked.status.as_u16()), (200, 200), "{address}");
        assert!(asked.body.trim_start().starts_with("<main"), "{}", asked.body);
        assert!(asked.body.trim_end().ends_with("</main>"), "{}", asked.body);
        // It is the page's own content to the letter.
        let plain = |body: &str| {
            let (_, rest) = body.split_once("<main").unwrap();
            let (main, _) = rest.split_once("</main>").unwrap();
            main.to_owned()
        };
        assert_eq!(plain(&page.body), plain(&asked.body), "{address}");
        assert!(page.body.contains("data-live-url=\"/ops/live\""), "{address}");
        assert!(asked.body.contains("data-live="), "{address}");
    }
}

#[tokio::test]
async fn whoever_is_signed_out_is_told_so_and_not_sent_elsewhere() {
    let office = Office::new(PREFIX);
    office.hire("alex", "admin").await;
    let mut browser = office.signed_in("alex").await;
    browser.cookies.clear();
    let asked = browser.clone().with(FRAGMENT, "1").get(&format!("{PREFIX}/leads")).await;
    assert_eq!(asked.status.as_u16(), 401);
    assert_eq!(browser.get(&format!("{PREFIX}/leads")).await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_page_that_asks_by_itself_keeps_no_session_alive() {
    let office = Office::new(PREFIX);
    office.hire("alex", "admin").await;
    let mut open = office.signed_in("alex").await.with(FRAGMENT, "1");
    for _ in 0..11 {
        office.sandbox.clock.advance(chrono::TimeDelta::hours(1));
        assert_eq!(open.get(&format!("{PREFIX}/leads")).await.status.as_u16(), 200);
    }
    office.sandbox.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(open.get(&format!("{PREFIX}/leads")).await.status.as_u16(), 401);
}

#[tokio::test]
async fn no_fragment_says_what_is_hidden() {
    let office = Office::new(PREFIX);
    let sam = office.hire("sam", "agent").await;
    let leadbox = &office.sandbox.leadbox;
    let grants = Permission::ALL
        .iter()
        .fold(Grants::default(), |grants, one| grants.allow(*one, Level::All));
    let grants =
        grants.enable(leadbox_core::access::Capability::AuditRead).hide("phone").hide("email");
    let role = Role { key: "blind".parse().unwrap(), name: "Blind".to_owned(), grants };
    leadbox.access().define_role(&role).await.unwrap();
    leadbox.directory().give_roles(sam, [role.key]).await.unwrap();
    let new = NewLead::new()
        .name("Ada Lovelace")
        .email("zebra@analytical.example")
        .phone("+442079460018");
    let lead = leadbox.leads().capture(&NewLead { owner: Some(sam), ..new }).await.unwrap().lead.id;
    let mut browser = office.signed_in("sam").await.with(FRAGMENT, "1");
    let one = format!("/leads/{lead}");
    for path in ["", "/leads", "/leads?col=phone", "/my-leads", "/log", &one] {
        let answer = browser.get(&format!("{PREFIX}{path}")).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        assert!(answer.body.contains("Lovelace"), "{path}");
        for hidden in ["zebra", "2079460018", "20 7946 0018"] {
            assert!(!answer.body.contains(hidden), "{path} says {hidden}");
        }
    }
}
