//! One's own account on its page: what is changed there is stored, and a password takes the one before it.

use axum::http::StatusCode;
use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::service::NewKey;
use leadbox_core::{EventType, Role};

use crate::support::{Browser, Office, PASSWORD};

const ANOTHER: &str = "another sentence to remember";

#[tokio::test]
async fn one_changes_ones_name_and_zone() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "read_only").await;
    let mut browser = office.signed_in("ann").await;
    assert!(browser.get("/ops").await.body.contains("href=\"/ops/profile\""));
    let form = [("name", " Ann Lee "), ("zone", "Asia/Tokyo"), ("role", "admin")];
    assert_eq!(browser.post("/ops/profile", &form).await.location(), "/ops/profile");
    let page = browser.get("/ops/profile").await.body;
    assert!(page.contains("value=\"Ann Lee\"") && page.contains("<option selected>Asia/Tokyo"));
    let stored = office.sandbox.leadbox.directory().user(ann).await.unwrap().unwrap();
    assert_eq!(stored.zone, Some(chrono_tz::Asia::Tokyo));
    assert_eq!(stored.roles, ["read_only".parse().unwrap()].into(), "only what the page offers");
    assert_eq!(office.last_event().await, (EventType::USER_CHANGED, Some(ann.uuid())));
    for (name, zone, field) in [("Ann", "Mars/Olympus", "Time zone"), (" ", "", "Name")] {
        let refused = browser.post("/ops/profile", &[("name", name), ("zone", zone)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(&format!("<li>{field}: ")), "{field}");
    }
    let done = browser.post("/ops/profile", &[("name", "Ann"), ("zone", "")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let stored = office.sandbox.leadbox.directory().user(ann).await.unwrap().unwrap();
    assert_eq!((stored.name.as_str(), stored.zone), ("Ann", None));
}

#[tokio::test]
async fn a_new_password_takes_the_one_before_and_ends_other_sessions() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let mut here = office.signed_in("ann").await;
    let mut there = office.signed_in("ann").await;
    let refused = [
        ("a wrong guess it is", ANOTHER, "<li>Current password: "),
        (PASSWORD, "short", "<li>New password: "),
    ];
    for (current, password, field) in refused {
        let form = [("current", current), ("password", password)];
        let page = here.post("/ops/profile/password", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains(field) && !page.body.contains(current), "{field}");
        assert_eq!(there.get("/ops").await.status, StatusCode::OK);
    }
    let form = [("current", PASSWORD), ("password", ANOTHER)];
    let done = here.post("/ops/profile/password", &form).await;
    assert_eq!(done.location(), "/ops/profile");
    assert_eq!(here.get("/ops").await.status, StatusCode::OK);
    assert_eq!(there.get("/ops").await.location(), "/ops/sign-in?to=/");
    let kinds = office.events().await;
    let mine = (EventType::PASSWORD_SET, Some(ann.uuid()));
    assert!(kinds.contains(&mine), "{kinds:?}");
    let mut again = Browser::new(&office.app);
    for (password, status) in
        [(PASSWORD, StatusCode::UNAUTHORIZED), (ANOTHER, StatusCode::SEE_OTHER)]
    {
        let form = [("email", "ann@office.example"), ("password", password)];
        assert_eq!(again.post("/ops/sign-in", &form).await.status, status);
    }
}

#[tokio::test]
async fn one_signs_out_everywhere_else() {
    let office = Office::new("/ops");
    office.hire("ann", "agent").await;
    let mut here = office.signed_in("ann").await;
    let mut there = office.signed_in("ann").await;
    assert!(here.get("/ops/profile").await.body.contains("Sign out everywhere else"));
    assert_eq!(here.post("/ops/profile/sign-out", &[]).await.location(), "/ops/profile");
    assert_eq!(there.get("/ops").await.status, StatusCode::SEE_OTHER);
    let page = here.get("/ops/profile").await;
    assert!(!page.body.contains("everywhere else</button>"), "there is no other session");
}

#[tokio::test]
async fn a_key_has_no_profile_even_when_it_stands_for_somebody() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let admin = office.sandbox.leadbox.as_user(adi).await.unwrap();
    let grants = Grants::default().allow(Permission::LeadRead, Level::All);
    let new = NewKey { name: "Website".to_owned(), grants, ..NewKey::default() };
    let made = admin.keys().make(&new).await.unwrap();
    let mut key =
        Browser::new(&office.app).with("authorization", format!("Bearer {}", made.text()));
    assert_eq!(key.get("/ops/leads").await.status, StatusCode::OK);
    assert_eq!(key.get("/ops/profile").await.status, StatusCode::FORBIDDEN);
    let form = [("name", "Eve"), ("current", PASSWORD), ("password", ANOTHER)];
    for path in ["/ops/profile", "/ops/profile/password", "/ops/profile/sign-out"] {
        assert_eq!(key.post(path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn one_sees_what_one_may_do_and_by_which_role() {
    let office = Office::new("/ops");
    let shy = Role {
        key: "shy".parse().unwrap(),
        name: "Shy".to_owned(),
        grants: Grants::default().allow(Permission::LeadRead, Level::Team).hide("phone"),
    };
    office.sandbox.leadbox.access().define_role(&shy).await.unwrap();
    office.hire("ann", "shy").await;
    let page = office.signed_in("ann").await.get("/ops/profile").await.body;
    let row = |says: &str| {
        let (_, rest) =
            page.split_once(&format!("<th scope=\"row\" class=\"says\">{says}</th>")).unwrap();
        rest.split_once("</tr>").unwrap().0.to_owned()
    };
    assert!(row("see leads").contains("level team") && row("see leads").contains("Shy"));
    assert!(row("delete leads").contains(">No<") && row("manage roles").contains(">No<"));
    assert!(page.contains("Phone is hidden (Shy)."), "{page}");
}
