//! What comes after the first run: made-up data, that goes into an empty box alone.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use leadbox_admin::{Access, Admin, Demo, DemoProgress, Principal, Refusal};
use leadbox_core::service::LeadList;
use leadbox_core::testing::{Sandbox, some_lead};
use leadbox_core::{EventType, LeadBox, Settings, Tenant};
use tokio::sync::Semaphore;

use crate::support::{Browser, Office};

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Writes a lead, waits until it may go on, and writes another one.
#[derive(Debug, Default)]
struct Two(Arc<Gate>);

#[derive(Debug)]
struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

#[async_trait::async_trait]
impl Demo for Two {
    fn says(&self) -> String {
        "Two leads <of an invented company>.".to_owned()
    }

    async fn fill(&self, leadbox: &LeadBox, progress: &DemoProgress) -> Outcome {
        leadbox.leads().capture(&some_lead(1)).await?;
        progress.set(1, 2);
        self.0.0.acquire().await?.forget();
        leadbox.leads().capture(&some_lead(2)).await?;
        Ok(())
    }
}

#[derive(Debug)]
struct Impossible;

#[async_trait::async_trait]
impl Demo for Impossible {
    fn says(&self) -> String {
        "Nothing.".to_owned()
    }

    async fn fill(&self, _: &LeadBox, _: &DemoProgress) -> Outcome {
        Err("the disk is full".into())
    }
}

async fn office(demo: impl Demo) -> Office {
    let sandbox = Sandbox::new().unwrap();
    let app = Admin::new(sandbox.leadbox.clone()).demo(demo).mount(Router::new(), "/ops");
    let office = Office { sandbox, app, prefix: "/ops" };
    office.hire("alex", "admin").await;
    office
}

async fn leads(office: &Office) -> u64 {
    office.sandbox.leadbox.leads().count(&LeadList::default(), 10).await.unwrap()
}

#[tokio::test]
async fn made_up_data_comes_once_and_its_progress_is_shown() {
    let gate = Arc::<Gate>::default();
    let office = office(Two(Arc::clone(&gate))).await;
    let mut browser = office.signed_in("alex").await;
    let page = browser.get("/ops/welcome").await.body;
    assert!(page.contains("Two leads &#60;of an invented company&#62;."), "{page}");
    assert!(page.contains("action=\"/ops/welcome/demo\"") && page.contains("/ops/import"));
    let begun = browser.post("/ops/welcome/demo", &[]).await;
    assert_eq!((begun.status, begun.location()), (StatusCode::SEE_OTHER, "/ops/welcome"));
    let page = browser.get("/ops/welcome").await.body;
    assert!(
        page.contains("max=\"2\" value=\"1\"") && page.contains("http-equiv=\"refresh\""),
        "{page}"
    );
    assert!(!page.contains("action=\"/ops/welcome/demo\""), "{page}");
    // There is a lead already.
    let again = browser.post("/ops/welcome/demo", &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.body);
    gate.0.add_permits(1);
    while leads(&office).await < 2 {
        tokio::task::yield_now().await;
    }
    let page = loop {
        let page = browser.get("/ops/welcome").await.body;
        if !page.contains("http-equiv=\"refresh\"") {
            break page;
        }
    };
    assert!(page.contains("Your box has leads.") && !page.contains("/welcome/demo"), "{page}");
    let alex = office.sandbox.leadbox.directory().user_by_email("alex@office.example").await;
    let alex = alex.unwrap().unwrap().id.uuid();
    assert_eq!(office.last_event().await, (EventType::LEAD_CAPTURED, Some(alex)));
}

#[tokio::test]
async fn what_cannot_be_made_up_says_why_and_may_be_tried_again() {
    let office = office(Impossible).await;
    let mut browser = office.signed_in("alex").await;
    assert_eq!(browser.post("/ops/welcome/demo", &[]).await.location(), "/ops/welcome");
    let page = browser.get("/ops/welcome").await.body;
    assert!(
        page.contains("the disk is full") && page.contains("action=\"/ops/welcome/demo\""),
        "{page}"
    );
}

#[tokio::test]
async fn who_may_not_make_users_and_fields_may_not_make_data_up() {
    let office = office(Two::default()).await;
    office.hire("ann", "manager").await;
    let mut browser = office.signed_in("ann").await;
    let page = browser.get("/ops/welcome").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("/welcome/demo"));
    assert_eq!(browser.post("/ops/welcome/demo", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(leads(&office).await, 0);
    let without = Office::new("/ops");
    without.hire("alex", "admin").await;
    let mut browser = without.signed_in("alex").await;
    assert_eq!(browser.post("/ops/welcome/demo", &[]).await.status, StatusCode::NOT_FOUND);
}

#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl Demo for Broken {
    fn says(&self) -> String {
        "Nothing.".to_owned()
    }

    async fn fill(&self, _: &LeadBox, _: &DemoProgress) -> Outcome {
        panic!("a host's mistake")
    }
}

#[tokio::test]
async fn a_host_that_breaks_leaves_nobody_waiting() {
    let office = office(Broken).await;
    let mut browser = office.signed_in("alex").await;
    assert_eq!(browser.post("/ops/welcome/demo", &[]).await.location(), "/ops/welcome");
    let page = browser.get("/ops/welcome").await.body;
    assert!(!page.contains("http-equiv=\"refresh\""), "{page}");
    assert!(page.contains("could not be made up") && page.contains("/ops/welcome/demo"), "{page}");
}

/// Lets everybody in as somebody of another tenant than the dashboard is mounted for.
#[derive(Debug)]
struct Elsewhere;

#[async_trait::async_trait]
impl Access for Elsewhere {
    async fn principal(&self, leadbox: &LeadBox, _: &Parts) -> Result<Principal, Refusal> {
        Ok(Principal::of_host(leadbox.for_tenant(Tenant(2)), "Eve"))
    }
}

#[tokio::test]
async fn another_tenant_has_its_own_name_and_is_offered_no_data_of_the_first() {
    let leadbox = Sandbox::new().unwrap().leadbox;
    let admin = Admin::new(leadbox.clone()).access(Elsewhere).demo(Two::default());
    let app = admin.mount(Router::new(), "/ops");
    for (tenant, name) in [(leadbox.tenant(), "First & Sons"), (Tenant(2), "Second & Sons")] {
        let definitions = leadbox.for_tenant(tenant);
        let named = |settings: &mut Settings| settings.brand = Some(name.to_owned());
        definitions.definitions().change_settings(named).await.unwrap();
    }
    leadbox.leads().capture(&some_lead(1)).await.unwrap();
    let mut browser = Browser::new(&app);
    let page = browser.get("/ops/welcome").await.body;
    assert!(page.contains("Second &#38; Sons") && !page.contains("First &#38;"), "{page}");
    assert!(page.contains("Your box is empty.") && !page.contains("/welcome/demo"), "{page}");
    assert_eq!(browser.post("/ops/welcome/demo", &[]).await.status, StatusCode::NOT_FOUND);
}
