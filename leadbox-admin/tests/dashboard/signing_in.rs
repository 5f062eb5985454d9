//! Who is let in: sign-in, sign-out, invitations, the first run, keys, hosts with users of their own.

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::TimeDelta;
use leadbox_admin::{Access, Admin, Principal, Refusal};
use leadbox_core::access::{Grants, Level, Permission, Rights};
use leadbox_core::proof::TokenKind;
use leadbox_core::service::{NewKey, NewUser};
use leadbox_core::testing::{Sandbox, some_lead};
use leadbox_core::{Actor, EventType, LeadBox, NewLead, StorageError, UserStatus};

use crate::support::{Browser, Office, PASSWORD};

#[tokio::test]
async fn one_signs_in_and_lands_where_one_wanted_to_go_and_out_again() {
    let office = Office::new("/ops");
    office.hire("ann", "admin").await;
    let mut browser = Browser::new(&office.app);
    let refused = browser.get("/ops/leads?q=x").await;
    assert_eq!(refused.location(), "/ops/sign-in?to=/leads%3Fq%3Dx");
    let form = [("email", "Ann@Office.example"), ("password", PASSWORD), ("to", "/leads?q=x")];
    let done = browser.post("/ops/sign-in", &form).await;
    assert_eq!(done.location(), "/ops/leads?q=x");
    let page = browser.get("/ops/leads").await;
    assert!(page.body.contains("ann") && page.body.contains("Admin"), "{}", page.body);
    let out = browser.post("/ops/sign-out", &[]).await;
    assert_eq!(out.location(), "/ops/sign-in?after=sign-out");
    assert!(browser.cookies.is_empty());
    assert_eq!(browser.get("/ops/leads").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_is_over_at_once_for_whoever_is_disabled() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let mut browser = office.signed_in("ann").await;
    assert_eq!(browser.get("/ops").await.status, StatusCode::OK);
    let directory = office.sandbox.leadbox.directory();
    let mut user = directory.user(ann).await.unwrap().unwrap();
    user.status = UserStatus::Disabled;
    directory.change_user(&user).await.unwrap();
    assert_eq!(browser.get("/ops").await.status, StatusCode::SEE_OTHER);
    let form = [("email", "ann@office.example"), ("password", PASSWORD)];
    assert_eq!(browser.post("/ops/sign-in", &form).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_address_and_a_lock_look_alike() {
    let office = Office::new("/ops");
    office.hire("ann", "agent").await;
    let mut pages = Vec::new();
    for _ in 0..8 {
        let mut browser = Browser::new(&office.app);
        let form = [("email", "ann@office.example"), ("password", "wrong")];
        let page = browser.post("/ops/sign-in", &form).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        pages.push(page.body);
    }
    let mut browser = Browser::new(&office.app);
    let right = [("email", "ann@office.example"), ("password", PASSWORD)];
    pages.push(browser.post("/ops/sign-in", &right).await.body);
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "locked, it says nothing else");
    let form = [("email", "nobody@office.example"), ("password", "wrong")];
    let unknown = browser.post("/ops/sign-in", &form).await.body;
    assert_eq!(unknown.replace("nobody@", "ann@"), pages[0]);
    office.sandbox.clock.advance(TimeDelta::minutes(16));
    assert_eq!(browser.post("/ops/sign-in", &right).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_address_that_tries_too_often_has_to_wait() {
    let office = Office::new("/ops");
    let mut browser = Browser::new(&office.app);
    let form = [("email", "a@x.example"), ("password", "x")];
    let mut last = browser.post("/ops/sign-in", &form).await;
    for _ in 0..25 {
        last = browser.post("/ops/sign-in", &form).await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let office = Office::new("/ops");
    office.hire("ann", "admin").await;
    let lead = office.sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
    let browser = office.signed_in("ann").await;
    let address = format!("/ops/leads/{}/stage", lead.id);
    let mut evil = browser.clone().with("sec-fetch-site", "cross-site");
    assert_eq!(evil.post(&address, &[("stage", "won")]).await.status, StatusCode::FORBIDDEN);
    let mut own = browser.clone();
    assert_eq!(own.post(&address, &[("stage", "won")]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_proxy_that_asks_for_a_password_of_its_own_is_in_nobodys_way() {
    let office = Office::new("/ops");
    office.hire("ann", "agent").await;
    let mut browser = office.signed_in("ann").await.with("authorization", "Basic YTpi");
    assert_eq!(browser.get("/ops").await.status, StatusCode::OK);
    let mut elsewhere = browser.with("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.post("/ops/sign-out", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_page_or_a_problem_that_says_why() {
    let office = Office::new("/ops");
    office.hire("ann", "admin").await;
    let mut browser = office.signed_in("ann").await;
    let page = browser.post("/ops/settings", &[("zone", "UTC")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("<h1") && page.body.contains("currency"), "{}", page.body);
    assert_eq!(browser.get("/ops/leads/%FF").await.status, StatusCode::BAD_REQUEST);
    let mut program = browser.with("accept", "application/json");
    let answer = program.get("/ops/log?after=1&after=2").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.body.contains("after"), "{}", answer.body);
}

#[tokio::test]
async fn an_invitation_is_good_once_and_wants_a_good_password() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let code = office.sandbox.leadbox.passwords().reset(ann).await.unwrap();
    let address = format!("/ops/reset?code={}", code.reveal(TokenKind::Reset.prefix()));
    let mut browser = Browser::new(&office.app);
    assert!(browser.get(&address).await.body.contains("ann@office.example"));
    let short = browser.post(&address, &[("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("needs 12 to 200 characters"));
    let done = browser.post(&address, &[("password", "another good one")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(&address).await.status, StatusCode::GONE);
    let form = [("email", "ann@office.example"), ("password", "another good one")];
    assert_eq!(browser.post("/ops/sign-in", &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/ops/invitation?code=lbi_00").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn the_first_run_needs_its_code_and_is_over_with_the_first_user() {
    let sandbox = Sandbox::new().unwrap();
    let admin = Admin::new(sandbox.leadbox.clone());
    let path = format!("/ops{}", admin.first_run_path());
    let app = admin.mount(Router::new(), "/ops");
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/ops/first-run").await.status, StatusCode::NOT_FOUND);
    assert!(browser.get(&path).await.body.contains("Europe/Berlin"));
    let form = |password| {
        [
            ("name", "Ann"),
            ("email", "ann@office.example"),
            ("password", password),
            ("zone", "Europe/Berlin"),
            ("currency", "chf"),
        ]
    };
    let refused = browser.post(&path, &form("aaaaaaaaaaaaaaaa")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("is too easy to guess") && refused.body.contains("value=\"Ann\"")
    );
    let done = browser.post(&path, &form(PASSWORD)).await;
    assert_eq!(done.location(), "/ops/welcome");
    let welcome = browser.get("/ops/welcome").await;
    assert_eq!(welcome.status, StatusCode::OK);
    assert!(welcome.body.contains("/ops/import") && !welcome.body.contains("/welcome/demo"));
    let settings = sandbox.leadbox.definitions().settings().await.unwrap();
    assert_eq!(
        (settings.zone.name(), settings.currency.to_string().as_str()),
        ("Europe/Berlin", "CHF")
    );
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn users_of_before_there_were_roles_are_not_locked_out() {
    let sandbox = Sandbox::new().unwrap();
    let new = NewUser {
        name: "ann".to_owned(),
        email: "ann@office.example".to_owned(),
        ..NewUser::default()
    };
    let ann = sandbox.leadbox.directory().add_user(&new).await.unwrap().id;
    let admin = Admin::new(sandbox.leadbox.clone());
    let path = format!("/ops{}", admin.first_run_path());
    let app = admin.mount(Router::new(), "/ops");
    let form = [
        ("name", "Ann Lee"),
        ("email", "ann@office.example"),
        ("password", PASSWORD),
        ("zone", "UTC"),
        ("currency", "EUR"),
    ];
    let mut browser = Browser::new(&app);
    assert_eq!(browser.post(&path, &form).await.location(), "/ops/welcome");
    assert_eq!(browser.get("/ops/users").await.status, StatusCode::OK);
    let administrators = sandbox.leadbox.access().administrators().await.unwrap();
    let known: Vec<_> = administrators.iter().map(|one| (one.id, one.name.as_str())).collect();
    assert_eq!(known, [(ann, "Ann Lee")]);
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_asks_as_itself_and_gets_json() {
    let office = Office::new("/ops");
    let grants = Grants::default().allow(Permission::LeadRead, Level::All);
    let new = NewKey { name: "Website".to_owned(), grants, ..NewKey::default() };
    let key = office.sandbox.leadbox.keys().make(&new).await.unwrap();
    let lead = office.sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
    let browser = Browser::new(&office.app).with("accept", "application/json");
    let mut known = browser.clone().with("authorization", format!("Bearer {}", key.text()));
    assert_eq!(known.get("/ops/leads").await.status, StatusCode::OK);
    let refused = known.post(&format!("/ops/leads/{}/stage", lead.id), &[("stage", "won")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(refused.body.contains("\"needs\":\"lead.edit\""), "{}", refused.body);
    let mut unknown = browser.with("authorization", "Bearer lbk_00");
    let refused = unknown.get("/ops/leads").await;
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
}

#[tokio::test]
async fn a_page_shows_what_its_reader_may_see() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    office.hire("ray", "read_only").await;
    let leads = office.sandbox.leadbox.leads();
    let own = NewLead { owner: Some(ann), ..NewLead::new().name("Own Person") };
    let own = leads.capture(&own).await.unwrap().lead;
    let other = leads.capture(&NewLead::new().name("Other Person")).await.unwrap().lead;
    let mut agent = office.signed_in("ann").await;
    let list = agent.get("/ops/leads").await.body;
    assert!(list.contains("Own Person") && !list.contains("Other Person"));
    assert_eq!(agent.get(&format!("/ops/leads/{}", other.id)).await.status, StatusCode::NOT_FOUND);
    assert!(agent.get(&format!("/ops/leads/{}", own.id)).await.body.contains("/stage\""));
    let mut reader = office.signed_in("ray").await;
    let page = reader.get(&format!("/ops/leads/{}", own.id)).await.body;
    assert!(
        page.contains("Own Person") && !page.contains("/stage\""),
        "no control that would be refused"
    );
    let refused = reader.post(&format!("/ops/leads/{}/stage", own.id), &[("stage", "won")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("this needs the permission &#39;lead.edit&#39;"));
}

#[tokio::test]
async fn what_is_done_on_a_page_is_in_the_log_with_its_hand() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "admin").await;
    let lead = office.sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
    let mut browser = office.signed_in("ann").await;
    let done = browser.post(&format!("/ops/leads/{}/stage", lead.id), &[("stage", "won")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let page = browser.get(done.location()).await.body;
    assert!(page.contains("<del>New</del>") && page.contains("<ins>Won</ins>"), "{page}");
    let timeline =
        office.sandbox.leadbox.log().timeline(lead.id, &Default::default()).await.unwrap();
    let moved = &timeline.items[0];
    assert_eq!(moved.kind, EventType::LEAD_STAGE_CHANGED);
    assert_eq!(moved.actor.id, Some(ann.uuid()));
    let wrong = browser.post(&format!("/ops/leads/{}/stage", lead.id), &[("stage", "x")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The host's own users: whoever has a header of the host's middleware.
#[derive(Debug)]
struct Staff;

#[async_trait::async_trait]
impl Access for Staff {
    async fn principal(&self, leadbox: &LeadBox, parts: &Parts) -> Result<Principal, Refusal> {
        match parts.headers.get("x-staff").and_then(|value| value.to_str().ok()) {
            None => Err(Refusal::SignIn("/login".to_owned())),
            Some("stranger") => Err(Refusal::NotFound),
            Some("guard") => Err(Refusal::Forbidden),
            Some("unlucky") => {
                let source = "the disk is full".into();
                let error = StorageError::Backend { operation: "read the staff", source };
                Err(Refusal::Failed(error.into()))
            }
            Some(name) => {
                let grants = Grants::default().allow(Permission::LeadRead, Level::All);
                let rights = Rights::granted(None, [], grants);
                Ok(Principal::of_host(leadbox.with_rights(Actor::host(), rights), name))
            }
        }
    }
}

#[tokio::test]
async fn a_host_lets_its_own_users_in() {
    let sandbox = Sandbox::new().unwrap();
    let app = Admin::new(sandbox.leadbox.clone()).access(Staff).mount(Router::new(), "/ops");
    let browser = Browser::new(&app);
    assert_eq!(browser.clone().get("/ops").await.location(), "/login");
    for (name, status) in [
        ("kim", StatusCode::OK),
        ("guard", StatusCode::FORBIDDEN),
        ("stranger", StatusCode::NOT_FOUND),
    ] {
        let answer = browser.clone().with("x-staff", name).get("/ops").await;
        assert_eq!(answer.status, status, "{name}");
        assert!(!answer.body.contains("sign-out"));
    }
    assert_eq!(
        browser.clone().with("x-staff", "kim").get("/ops/sign-in").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_broke_while_one_looked_is_asked_again_by_a_link() {
    let sandbox = Sandbox::new().unwrap();
    let app = Admin::new(sandbox.leadbox.clone()).access(Staff).mount(Router::new(), "/ops");
    let mut browser = Browser::new(&app).with("x-staff", "unlucky");
    let looked = browser.get("/ops/leads").await;
    assert_eq!(looked.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(looked.body.contains("Try again</a>") && looked.body.contains("id=\"rid\""));
    assert!(!looked.body.contains("disk"), "what exactly broke is for the log alone");
    let sent = browser.post("/ops/leads/new", &[("name", "Ada")]).await;
    assert_eq!(sent.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!sent.body.contains("Try again</a>"), "a link sends nothing");
}
