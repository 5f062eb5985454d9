//! The host as a browser without scripts and a program meet it: who gets where, what each may do there, and whose policy
//! stands on which page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "it belongs to the dashboard's own tests")]
#[path = "../../../leadbox-admin/tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use axum::Router;
use axum::http::StatusCode;
use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::proof::TokenKind;
use leadbox_core::service::NewKey;
use leadbox_core::testing::Sandbox;
use leadbox_core::{LeadBox, LeadList, NewLead};
use leadbox_full::{Brand, Host, Job, Staff, app, publish_rules};
use support::Browser;

const POLICY: &str = "content-security-policy";

struct Works {
    sandbox: Sandbox,
    app: Router,
    codes: BTreeMap<&'static str, String>,
}

impl Works {
    fn open() -> Self {
        let sandbox = Sandbox::new().unwrap();
        let (mut staff, mut codes) = (Staff::default(), BTreeMap::new());
        for employee in Staff::example() {
            let job = match employee.job {
                Job::Director => "director",
                Job::Seller => "seller",
                Job::Accountant => "accountant",
                Job::Builder => "builder",
            };
            codes.insert(job, staff.admit(employee, sandbox.leadbox.new_secret()));
        }
        let app = app(Host::new(sandbox.leadbox.clone(), staff));
        Self { sandbox, app, codes }
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.app)
    }

    async fn signed_in(&self, job: &str) -> Browser {
        let mut browser = self.browser();
        let form = [("code", self.codes[job].as_str()), ("to", "")];
        let answer = browser.post("/sign-in", &form).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
        browser
    }

    fn leads_of(&self, brand: &Brand) -> LeadBox {
        self.sandbox.leadbox.for_tenant(brand.tenant)
    }

    async fn count(&self, brand: &Brand) -> u64 {
        self.leads_of(brand).leads().count(&LeadList::default(), 100).await.unwrap()
    }

    /// Somebody who is interested in boats.
    async fn ada(&self) -> String {
        let ada =
            NewLead::new().name("Ada Byron").email("ada@boats.example").phone("+442079460018");
        let leads = self.leads_of(&Brand::TIDELINE);
        leads.leads().capture(&ada).await.unwrap().lead.id.to_string()
    }
}

#[tokio::test]
async fn signed_out_a_dashboard_leads_to_the_hosts_sign_in_and_back() {
    let works = Works::open();
    let mut browser = works.browser();
    let answer = browser.get("/tideline/desk/leads").await;
    let sign_in = "/sign-in?to=/tideline/desk";
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, sign_in));
    let page = browser.get(sign_in).await;
    assert!(page.body.contains("value=\"/tideline/desk\"") && page.body.contains("Your code"));

    let wrong = browser.post("/sign-in", &[("code", "staff_1234")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("nobody&#39;s code") || wrong.body.contains("nobody's code"));
    let form = [("code", works.codes["director"].as_str()), ("to", "/tideline/desk")];
    let right = browser.post("/sign-in", &form).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/tideline/desk"));
    let page = browser.get("/tideline/desk").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Marit Holm") && page.body.contains("Tideline Boats"));
    assert!(!page.body.contains("/sign-out"), "its own sign-out is gone");

    browser.post("/sign-out", &[]).await;
    assert_eq!(browser.get("/tideline/desk").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_old_session_is_worth_nothing() {
    let works = Works::open();
    let mut browser = works.signed_in("director").await;
    assert_eq!(browser.get("/tideline/desk").await.status, StatusCode::OK);
    let stolen = browser.clone();
    browser.post("/sign-out", &[]).await;
    assert_eq!(stolen.clone().get("/tideline/desk").await.status, StatusCode::SEE_OTHER);
    let mut browser = works.signed_in("director").await;
    works.sandbox.clock.advance(chrono::TimeDelta::hours(9));
    assert_eq!(browser.get("/tideline/desk").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn after_signing_in_one_lands_nowhere_else() {
    let works = Works::open();
    for to in ["//evil.example", "https://evil.example", "/\\evil.example", "/tideline/desk/../x"] {
        let form = [("code", works.codes["seller"].as_str()), ("to", to)];
        let answer = works.browser().post("/sign-in", &form).await;
        assert_eq!(answer.location(), "/", "{to}");
    }
}

#[tokio::test]
async fn each_page_has_the_policy_of_whoever_made_it() {
    let works = Works::open();
    let mut browser = works.signed_in("director").await;
    for path in ["/", "/tideline", "/sign-in", "/site.css", "/nothing"] {
        let answer = browser.get(path).await;
        let policy = answer.header(POLICY).to_owned();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{path}");
        let inline = ["<style", " style=", "<script"].iter().any(|one| answer.body.contains(one));
        assert!(!inline, "{path} has something inline");
    }
    for path in ["/tideline/desk", "/fernwood/desk/leads", "/tideline/desk/nothing"] {
        let answer = browser.get(path).await;
        let policy = answer.header(POLICY).to_owned();
        assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
        assert_eq!(answer.headers.get_all(POLICY).iter().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn each_job_sees_what_is_its_business() {
    let works = Works::open();
    let ada = works.ada().await;
    let page = format!("/tideline/desk/leads/{ada}");

    let mut director = works.signed_in("director").await;
    let shown = director.get(&page).await;
    assert!(shown.body.contains("ada@boats.example") && shown.body.contains("/edit\""));
    let users = director.get("/tideline/desk/users").await;
    assert!(users.body.contains("marit@works.example"));
    assert!(!users.body.contains("make a link"), "there is no password to be set");

    // It owns nothing yet; what it adds is its own.
    let mut seller = works.signed_in("seller").await;
    assert_eq!(seller.get(&page).await.status, StatusCode::NOT_FOUND);
    let made = seller.post("/tideline/desk/leads/new", &[("name", "Bo Ek")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let own = made.location().to_owned();
    assert!(seller.get(&own).await.body.contains("Jonas Weir"));
    assert_eq!(seller.get("/tideline/desk/users").await.status, StatusCode::FORBIDDEN);
    assert_eq!(seller.get("/fernwood/desk").await.status, StatusCode::NOT_FOUND);

    let mut accountant = works.signed_in("accountant").await;
    let shown = accountant.get(&page).await;
    assert!(shown.body.contains("Ada Byron") && !shown.body.contains("/edit\""));
    let file = accountant.get("/tideline/desk/leads/export?format=csv").await;
    assert!(file.status == StatusCode::OK && file.body.contains("Ada Byron"), "{}", file.body);
    for hidden in ["ada@boats.example", "442079460018"] {
        assert!(!shown.body.contains(hidden) && !file.body.contains(hidden), "{hidden}");
    }
    let refused = accountant.post(&format!("{page}/stage"), &[("stage", "won")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let mut builder = works.signed_in("builder").await;
    assert_eq!(builder.get("/tideline/desk").await.status, StatusCode::FORBIDDEN);
    assert!(!builder.get("/").await.body.contains("/desk"));
}

#[tokio::test]
async fn an_account_is_made_once_and_has_the_role_of_its_job() {
    let works = Works::open();
    let mut director = works.signed_in("director").await;
    for _ in 0..3 {
        director.get("/tideline/desk").await;
    }
    let boats = works.leads_of(&Brand::TIDELINE);
    let users = boats.directory().everybody().await.unwrap();
    assert_eq!(users.len(), 1);
    // Whatever somebody made of it on the dashboard: the host says what its people may do.
    boats.directory().give_roles(users[0].id, ["read_only".parse().unwrap()]).await.unwrap();
    assert_eq!(director.get("/tideline/desk/users").await.status, StatusCode::OK);
    let saunas = works.leads_of(&Brand::FERNWOOD);
    assert!(saunas.directory().everybody().await.unwrap().is_empty(), "only where it came in");
}

#[tokio::test]
async fn who_writes_is_a_lead_of_that_brand_however_often_it_is_sent() {
    let works = Works::open();
    let mut stranger = works.browser();
    let page = stranger.get("/tideline").await;
    let form = page.body.split("name=\"form\" value=\"").nth(1).unwrap();
    let form = form.split('"').next().unwrap().to_owned();
    let message = "A ketch, please <b>";
    for _ in 0..2 {
        let fields = [
            ("form", form.as_str()),
            ("name", "Ada Byron"),
            ("email", "ada@boats.example"),
            ("message", message),
        ];
        let sent = stranger.post("/tideline", &fields).await;
        assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, "/tideline?sent"));
    }
    assert!(stranger.get("/tideline?sent").await.body.contains("Thank you"));
    assert_eq!((works.count(&Brand::TIDELINE).await, works.count(&Brand::FERNWOOD).await), (1, 0));
    let boats = works.leads_of(&Brand::TIDELINE);
    let found = boats.leads().list(&LeadList::default(), &Default::default()).await.unwrap();
    assert_eq!(found.items[0].activity.count, 1, "sent twice, it is one message");

    let mut director = works.signed_in("director").await;
    let lead = found.items[0].lead.id;
    let page = director.get(&format!("/tideline/desk/leads/{lead}")).await;
    assert!(page.body.contains("A ketch, please") && !page.body.contains(message));
    let elsewhere = director.get(&format!("/fernwood/desk/leads/{lead}")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_nothing_is_kept() {
    let works = Works::open();
    let fields = [("form", "f-1"), ("name", "Ada"), ("email", "ada@"), ("message", "Hello")];
    let told = works.browser().post("/fernwood", &fields).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.body.contains("id=\"email-wrong\"") && !told.body.contains("name-wrong"));
    assert!(told.body.contains("value=\"ada@\"") && told.body.contains(">Hello</textarea>"));
    assert_eq!(works.count(&Brand::FERNWOOD).await, 0);
    assert_eq!(works.browser().post("/nobody", &fields).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_program_comes_in_with_a_key_of_that_brand_alone() {
    let works = Works::open();
    works.ada().await;
    let grants = Grants::default().allow(Permission::LeadRead, Level::All);
    let new = NewKey { name: "newsletter".to_owned(), grants, ..NewKey::default() };
    let key = works.leads_of(&Brand::TIDELINE).keys().make(&new).await.unwrap();
    let bearer = format!("Bearer {}", key.secret.reveal(TokenKind::ApiKey.prefix()));
    let mut program = works.browser().with("authorization", bearer);
    let list = program.get("/tideline/desk/api/v1/leads").await;
    assert!(list.status == StatusCode::OK && list.body.contains("Ada Byron"), "{}", list.body);
    let other = program.get("/fernwood/desk/api/v1/leads").await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED);
    assert_eq!(works.browser().get("/tideline/desk/api/v1/leads").await.status, 401);
}

#[tokio::test]
async fn each_brand_scores_who_writes_to_it_by_its_own_rules() {
    let works = Works::open();
    publish_rules(&works.sandbox.leadbox).await.unwrap();
    publish_rules(&works.sandbox.leadbox).await.unwrap();
    let mut browser = works.browser();
    let form = [
        ("form", "01a22088-15b3-7463-b9e0-a62f2cbaa611"),
        ("name", "Signe Holm"),
        ("email", "signe@seeblick.example"),
        ("company", "Hotel Seeblick"),
        ("message", "We would like a test sail."),
    ];
    for (brand, priority) in [(Brand::TIDELINE, "call today"), (Brand::FERNWOOD, "big project")] {
        let sent = browser.post(&format!("/{}", brand.key), &form).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let leadbox = works.leads_of(&brand);
        let leads = leadbox.leads().list(&LeadList::default(), &Default::default()).await.unwrap();
        assert_eq!(leads.items[0].score.priority.as_deref(), Some(priority), "{}", brand.name);
        assert_eq!(leadbox.rules().book().await.unwrap().edition, 1);
    }
}
