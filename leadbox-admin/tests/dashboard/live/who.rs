//! Who is let in, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::request::Parts;
use leadbox_admin::{Access, Admin, Principal, Refusal};
use leadbox_core::access::{Grants, Level, Permission, Rights};
use leadbox_core::testing::Sandbox;
use leadbox_core::{Actor, LeadBox, Role, User, UserStatus};
use tokio::sync::Semaphore;

use super::ear::Place;
use super::{PREFIX, capture, change_settings, head};
use crate::support::Office;

/// How long somebody may hear who is no longer let in.
const AT_MOST: Duration = Duration::from_secs(2);

#[tokio::test]
async fn only_those_who_are_signed_in_and_only_from_our_own_pages() {
    let office = Office::new(PREFIX);
    office.hire("alex", "admin").await;
    let place = Place::of_office(&office).await;
    let own = place.headers(&office.signed_in("alex").await);
    assert!(place.ask("/live", &own).await.is_ok());
    let cookie = own[0].clone();
    let from = |origin: &str| [cookie.clone(), ("origin", origin.to_owned())];
    assert_eq!(place.ask("/live", &from("http://evil.example")).await.err(), Some(403));
    assert_eq!(place.ask("/live", &from("null")).await.err(), Some(403));
    assert_eq!(place.ask("/live", std::slice::from_ref(&cookie)).await.err(), Some(403));
    let host = format!("http://{}", place.address);
    let scripted = [cookie, ("origin", host), ("sec-fetch-site", "cross-site".to_owned())];
    assert_eq!(place.ask("/live", &scripted).await.err(), Some(403));
    let stranger = [own[1].clone()];
    assert!(matches!(place.ask("/live", &stranger).await.err(), Some(303 | 401)));
    assert_eq!(place.ask("/live?topics=nothing", &own).await.err(), Some(422));
}

#[tokio::test]
async fn whoever_signs_out_or_is_disabled_hears_no_more() {
    let office = Office::new(PREFIX);
    let (kim, lee) = (office.hire("kim", "agent").await, office.hire("lee", "agent").await);
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let mut browser = office.signed_in("kim").await;
    let mut ear = place.listen(&browser, "").await;
    let mut other = place.listen(&office.signed_in("lee").await, "topics=leads").await;
    browser.post(&format!("{PREFIX}/sign-out"), &[]).await;
    let began = Instant::now();
    assert_eq!(ear.closed().await, 4401);
    let took = began.elapsed();
    println!("- whoever signs out is out after {} ms", took.as_millis());
    assert!(took < AT_MOST, "{took:?}");
    capture(leadbox, Some(lee)).await;
    assert_eq!(other.hear().await.0, "leads");
    let user = leadbox.directory().user(lee).await.unwrap().unwrap();
    leadbox.directory().change_user(&User { status: UserStatus::Disabled, ..user }).await.unwrap();
    let began = Instant::now();
    capture(leadbox, Some(lee)).await;
    assert_eq!(other.closed().await, 4401);
    assert!(began.elapsed() < AT_MOST, "{:?}", began.elapsed());
    capture(leadbox, Some(kim)).await;
}

#[tokio::test]
async fn whoever_may_more_hears_more_and_whoever_may_less_hears_less() {
    let office = Office::new(PREFIX);
    let kim = office.hire("kim", "agent").await;
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let mut ear = place.listen(&office.signed_in("kim").await, "topics=lead:*,settings").await;
    let all = Grants::default().allow(Permission::LeadRead, Level::All);
    let role = Role { key: "reader".parse().unwrap(), name: "Reader".to_owned(), grants: all };
    leadbox.access().define_role(&role).await.unwrap();
    leadbox.directory().give_roles(kim, [role.key.clone()]).await.unwrap();
    let lead = capture(leadbox, None).await;
    assert_eq!(ear.hear().await.0, format!("lead:{lead}"));
    let none = Role { grants: Grants::default(), ..role };
    leadbox.access().define_role(&none).await.unwrap();
    capture(leadbox, None).await;
    capture(leadbox, Some(kim)).await;
    change_settings(leadbox).await;
    assert_eq!(ear.hear().await, ("settings".to_owned(), head(leadbox).await));
}

/// Lets everybody in until the door is shut; what is asked again waits for a pass.
#[derive(Debug)]
struct Door {
    open: Arc<AtomicBool>,
    passes: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Access for Door {
    async fn principal(&self, leadbox: &LeadBox, _: &Parts) -> Result<Principal, Refusal> {
        if !self.open.load(Ordering::SeqCst) {
            return Err(Refusal::SignIn("/login".to_owned()));
        }
        let grants = Grants::default().allow(Permission::LeadRead, Level::All);
        let asker = leadbox.with_rights(Actor::host(), Rights::granted(None, [], grants));
        Ok(Principal::of_host(asker, "guest"))
    }

    async fn still(
        &self,
        leadbox: &LeadBox,
        parts: &Parts,
        _: &Principal,
    ) -> Result<Principal, Refusal> {
        let _pass = self.passes.acquire().await.unwrap();
        self.principal(leadbox, parts).await
    }
}

struct Hosted {
    leadbox: LeadBox,
    open: Arc<AtomicBool>,
    passes: Arc<Semaphore>,
    place: Place,
}

async fn hosted() -> Hosted {
    let leadbox = Sandbox::new().unwrap().leadbox;
    let (open, passes) = (Arc::new(AtomicBool::new(true)), Arc::new(Semaphore::new(1)));
    let door = Door { open: open.clone(), passes: passes.clone() };
    let app = Admin::new(leadbox.clone()).access(door).mount(Router::new(), PREFIX);
    let place = Place::of(&app, PREFIX).await;
    Hosted { leadbox, open, passes, place }
}

#[tokio::test]
async fn a_hosts_own_users_are_looked_up_again() {
    let Hosted { leadbox, open, place, .. } = hosted().await;
    let from = [("origin", format!("http://{}", place.address))];
    let mut ear = place.ask("/live", &from).await.unwrap_or_else(|code| panic!("{code}"));
    capture(&leadbox, None).await;
    assert!(ear.hear_of("leads").await > 0);
    open.store(false, Ordering::SeqCst);
    let began = Instant::now();
    assert_eq!(ear.closed().await, 4401);
    assert!(began.elapsed() < AT_MOST, "{:?}", began.elapsed());
}

#[tokio::test]
async fn whoever_is_too_slow_is_told_that_something_was_missed() {
    let Hosted { leadbox, passes, place, .. } = hosted().await;
    let from = [("origin", format!("http://{}", place.address))];
    let mut ear =
        place.ask("/live?topics=leads", &from).await.unwrap_or_else(|code| panic!("{code}"));
    // Nobody finds out who it is, so that nothing can be told while more and more is found in the log. How much waits is
    // the follower's to say, which a busy machine slows down.
    for round in 1..=4 {
        let held = passes.acquire().await.unwrap();
        for _ in 0..40 * round {
            capture(&leadbox, None).await;
            tokio::time::sleep(Duration::from_millis(260)).await;
        }
        drop(held);
        let last = head(&leadbox).await;
        let mut told = ear.hear().await;
        while told.0 != "*" && told.1 < last {
            told = ear.hear().await;
        }
        if told.0 == "*" {
            // Behind it goes on what still waited.
            assert!(ear.hear_of("leads").await > told.1);
            return;
        }
    }
    panic!("nothing was missed");
}
