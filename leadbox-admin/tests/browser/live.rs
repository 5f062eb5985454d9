//! Live updates as they are seen: what others do appears, soon, with few requests, and without disturbing whoever uses the
//! page; and what the page says when it cannot be told.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use chrono::TimeDelta;
use leadbox_core::service::NewUser;
use leadbox_core::worker::BulkHandler;
use leadbox_core::{LeadBox, LeadList, NewLead, NewTask, Workers};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::chrome::browse;
use crate::house::{ANA, House, PREFIX, Reader};
use crate::tab::Tab;

/// Leads that come in within a second.
const STORM: usize = 500;

/// How many requests they may cost a page, until the last of them is seen.
const REQUESTS: usize = 5;

/// How long after its commit the last of them is seen.
const SOON: Duration = Duration::from_secs(2);

/// A dashboard that is served until it is killed, on a port that is its own.
struct Served {
    runtime: Option<Runtime>,
    address: SocketAddr,
}

impl Served {
    async fn start(app: &Router, address: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let (app, address) = (app.clone(), address.to_owned());
        let listening = runtime.spawn(async move { TcpListener::bind(address).await.unwrap() });
        let listener = listening.await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { runtime: Some(runtime), address }
    }

    fn page(&self, path: &str) -> String {
        format!("http://{}{PREFIX}{path}", self.address)
    }
}

impl Drop for Served {
    /// Kills it: all its connections end at once.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn capture(leadbox: &LeadBox, name: &str) {
    leadbox.leads().capture(&NewLead::new().name(name)).await.unwrap();
}

/// Waits until the pill says so.
async fn until_pill(tab: &Tab, says: &str) {
    tab.until(&format!(
        "(pill => !pill.hidden && pill.textContent.trim() === {})(document.querySelector('[data-status]'))",
        json!(says)
    ))
    .await;
}

/// Waits until a region says something.
async fn until_says(tab: &Tab, region: &str, text: &str) {
    let (region, text) = (json!(region), json!(text));
    tab.until(&format!("document.getElementById({region}).textContent.includes({text})")).await;
}

/// How often the page in the tab was asked for since the last time.
async fn requests(tab: &Tab) -> usize {
    let page = tab.address().await;
    tab.noted().await.asked.iter().filter(|asked| asked.url == page).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_leads_is_seen_soon_and_disturbs_nobody() {
    browse(async |tab| {
        let house = House::populated().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        tab.resize(1440, 900).await;
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("/leads")).await;
        until_pill(tab, "Live").await;
        for row in [1, 2] {
            tab.click(&format!("tbody tr:nth-child({row}) [data-select]")).await;
        }
        tab.click("#fq").await;
        tab.press("half ty").await;
        let looks = "[scrollY, document.activeElement.id, document.activeElement.value, \
                     document.activeElement.selectionStart, \
                     [...document.querySelectorAll('[data-select]:checked')].map((one) => one.value).sort(), \
                     document.querySelector('[data-count]').textContent]";
        tab.run("scrollTo(0, 400)", Vec::new()).await;
        tab.settle().await;
        let before = tab.value(looks).await;
        assert_eq!((before[0].as_i64(), before[2].as_str()), (Some(400), Some("half ty")));
        tab.noted().await;
        let began = Instant::now();
        for n in 1..=STORM {
            let due = Duration::from_millis(n as u64 * 1000 / STORM as u64);
            sleep(due.saturating_sub(began.elapsed())).await;
            capture(&leadbox, &format!("Storm {n}")).await;
        }
        let captured = Instant::now();
        until_says(tab, "leads-table", &format!("Storm {STORM}")).await;
        let took = captured.elapsed();
        let asked = requests(tab).await;
        println!(
            "- {STORM} leads in {} ms: the last is seen {} ms after its commit, with {asked} requests",
            (captured - began).as_millis(),
            took.as_millis()
        );
        assert!(took < SOON, "{took:?}");
        // A machine that has much else to do takes longer over the storm, and the page looks once a second.
        let longer = began.elapsed().saturating_sub(Duration::from_secs(1)).as_secs();
        let most = REQUESTS + usize::try_from(longer).unwrap();
        assert!((1..=most).contains(&asked), "{asked} requests");
        assert_eq!(tab.value(looks).await, before);
        let gone = tab.value("document.querySelectorAll('tr[data-gone]').length").await;
        assert_eq!(gone, 2, "what is ticked stays");
        let all = leadbox.leads().count(&LeadList::default(), 10_000).await.unwrap();
        until_says(tab, "leads-count", &format!("{all} leads")).await;
        // Nothing more is asked for once nothing happens.
        sleep(Duration::from_secs(2)).await;
        requests(tab).await;
        sleep(Duration::from_secs(2)).await;
        assert_eq!(requests(tab).await, 0);
        tab.run("scrollTo(0, 0)", Vec::new()).await;
        tab.click("[data-clear]").await;
        capture(&leadbox, "One more").await;
        until_says(tab, "leads-table", "One more").await;
        assert_eq!(tab.value("document.querySelectorAll('tr[data-gone]').length").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_outlives_its_server_and_shows_what_it_missed() {
    browse(async |tab| {
        let house = House::populated().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        house.admit(tab, Reader::Ana).await;
        let served = Served::start(&house.office.app, "127.0.0.1:0").await;
        let address = served.address.to_string();
        tab.open(&served.page("/leads")).await;
        until_pill(tab, "Live").await;
        drop(served);
        until_pill(tab, "Offline").await;
        // Three minutes later it says how old it is.
        tab.run("const now = Date.now; Date.now = () => now() + 185_000;", Vec::new()).await;
        tab.until("document.querySelector('[data-updated]').checkVisibility()").await;
        let age = tab.text("document.querySelector('[data-updated]').textContent").await;
        assert_eq!(age, "Updated 3 min ago");
        capture(&leadbox, "Meanwhile").await;
        let _again = Served::start(&house.office.app, &address).await;
        until_pill(tab, "Live").await;
        until_says(tab, "leads-table", "Meanwhile").await;
        tab.until("!document.querySelector('[data-updated]').checkVisibility()").await;
        // And it hears again.
        capture(&leadbox, "Afterwards").await;
        until_says(tab, "leads-table", "Afterwards").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_signed_out_elsewhere_is_told_so() {
    browse(async |tab| {
        let house = House::populated().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("/leads")).await;
        until_pill(tab, "Live").await;
        leadbox.sessions().end_others(house.user(ANA).await.id, None).await.unwrap();
        until_pill(tab, "Signed out").await;
        requests(tab).await;
        capture(&leadbox, "Not for her").await;
        sleep(Duration::from_secs(3)).await;
        assert_eq!(requests(tab).await, 0, "it asks no more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_do_with_a_lead_appears_beside_a_half_written_note() {
    browse(async |tab| {
        let house = House::populated().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        let lead = house.filled("{lead}").parse().unwrap();
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("/leads/{lead}")).await;
        until_pill(tab, "Live").await;
        tab.click("details:has([action$='/notes']) > summary").await;
        tab.click("[action$='/notes'] textarea").await;
        tab.press("She said").await;
        leadbox.notes().add(lead, "Somebody else was faster").await.unwrap();
        leadbox.tasks().add(lead, &NewTask::new("Send the offer")).await.unwrap();
        leadbox.leads().advance(lead, "won").await.unwrap();
        until_says(tab, "lead-timeline", "Somebody else was faster").await;
        until_says(tab, "lead-tasks", "Send the offer").await;
        tab.until("document.getElementById('stage').value === 'won'").await;
        assert_eq!(tab.text("document.activeElement.value").await, "She said");
        tab.press(" yes").await;
        assert_eq!(tab.text("document.activeElement.value").await, "She said yes");
        leadbox.leads().delete(lead).await.unwrap();
        until_says(tab, "lead-state", "was deleted").await;
        assert_eq!(tab.text("document.activeElement.value").await, "She said yes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_users_and_work_follow_what_happens() {
    browse(async |tab| {
        let house = House::populated().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("")).await;
        until_pill(tab, "Live").await;
        let known = tab.text("document.getElementById('figures').textContent").await;
        capture(&leadbox, "For the figures").await;
        until_says(tab, "latest-leads", "For the figures").await;
        tab.until(&format!("document.getElementById('figures').textContent !== {}", json!(known)))
            .await;
        tab.open(&house.address("/users")).await;
        until_pill(tab, "Live").await;
        let mut lena = house.user("lena@brightmere.example").await;
        lena.name = "Lena Newname".to_owned();
        leadbox.directory().change_user(&lena).await.unwrap();
        until_says(tab, "users-table", "Lena Newname").await;
        tab.open(&house.address("/log")).await;
        until_pill(tab, "Live").await;
        capture(&leadbox, "For the log").await;
        until_says(tab, "log-entries", "For the log").await;
        tab.open(&house.address("/bulk/{waiting}")).await;
        until_pill(tab, "Live").await;
        until_says(tab, "bulk-state", "Waiting for its turn").await;
        Workers::new(&leadbox).handler(BulkHandler).run_until_idle().await.unwrap();
        until_says(tab, "bulk-state", "Done").await;
        until_says(tab, "bulk-head", "Undo").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_gets_another_secret_is_heard_of_no_more_than_that() {
    browse(async |tab| {
        let house = House::populated().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        let clock = &house.office.sandbox.clock;
        house.admit(tab, Reader::Ana).await;
        tab.open(&house.address("/leads")).await;
        until_pill(tab, "Live").await;
        clock.advance(TimeDelta::hours(2));
        let visit = "const done = arguments[0]; fetch(location.href).then(() => done());";
        tab.run_async(visit, Vec::new()).await;
        requests(tab).await;
        // The secret that the socket came with is good for a minute more; then the page finds out that it is still let in.
        clock.advance(TimeDelta::minutes(2));
        let began = Instant::now();
        while requests(tab).await == 0 {
            assert!(began.elapsed() < Duration::from_secs(40), "nothing was asked");
            sleep(Duration::from_millis(100)).await;
        }
        until_pill(tab, "Live").await;
        capture(&leadbox, "With the new secret").await;
        until_says(tab, "leads-table", "With the new secret").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_work_comes_and_goes() {
    browse(async |tab| {
        let house = House::empty().await;
        let leadbox = house.office.sandbox.leadbox.clone();
        let new = NewUser {
            name: "Kim Park".to_owned(),
            email: "kim@brightmere.example".to_owned(),
            team: None,
            roles: ["agent".parse().unwrap()].into(),
        };
        let kim = leadbox.directory().add_user(&new).await.unwrap();
        house.admit_user(tab, &kim).await;
        tab.open(&house.address("/my-leads")).await;
        until_pill(tab, "Live").await;
        until_says(tab, "leads-table", "No lead is yours yet").await;
        let ada = NewLead { owner: Some(kim.id), ..NewLead::new().name("Ada Lovelace") };
        let ada = leadbox.leads().capture(&ada).await.unwrap().lead.id;
        let call = NewTask::new("Call Ada").assignee(kim.id);
        leadbox.tasks().add(ada, &call).await.unwrap();
        until_says(tab, "leads-table", "Ada Lovelace").await;
        until_says(tab, "my-tasks", "Call Ada").await;
        tab.open(&house.address(&format!("/leads/{ada}"))).await;
        until_pill(tab, "Live").await;
        // What is given away is nothing for her any more, and the page says so.
        leadbox.leads().assign(ada, None).await.unwrap();
        tab.until("document.querySelector('h1')?.textContent === 'Not found'").await;
        tab.open(&house.address("/my-leads")).await;
        until_says(tab, "leads-table", "No lead is yours yet").await;
    })
    .await;
}

/// Lets no socket through, as some proxies do.
async fn without_sockets(request: Request, next: Next) -> axum::response::Response {
    if request.uri().path().ends_with("/live") {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    next.run(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_sockets_are_blocked_the_page_asks_by_itself() {
    browse(async |tab| {
        let house = House::populated().await;
        house.admit(tab, Reader::Ana).await;
        let app = house.office.app.clone().layer(from_fn(without_sockets));
        let served = Served::start(&app, "127.0.0.1:0").await;
        tab.open(&served.page("/leads")).await;
        capture(&house.office.sandbox.leadbox, "Without a socket").await;
        until_pill(tab, "Every 30 s").await;
        until_says(tab, "leads-table", "Without a socket").await;
    })
    .await;
}
