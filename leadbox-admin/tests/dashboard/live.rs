//! Live updates at the socket: who is told of what, until when, and who is not let in.

mod ear;
mod figures;
mod fragments;
mod who;

use axum::Router;
use ear::Place;
use leadbox_admin::{Admin, Limits};
use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::service::{BulkAction, NewKey, Selection};
use leadbox_core::testing::Sandbox;
use leadbox_core::{LeadBox, LeadId, LeadPatch, NewLead, NewTask, Tenant, UserId};
use tokio::sync::oneshot;

use crate::support::Office;

const PREFIX: &str = "/ops";

async fn capture(leadbox: &LeadBox, owner: Option<UserId>) -> LeadId {
    let new = NewLead { owner, ..NewLead::new().name("Ada Lovelace") };
    leadbox.leads().capture(&new).await.unwrap().lead.id
}

/// What everybody may hear of.
async fn change_settings(leadbox: &LeadBox) {
    let dollars = "USD".parse().unwrap();
    leadbox.definitions().change_settings(|settings| settings.currency = dollars).await.unwrap();
}

/// An office with more or fewer sockets, which closes them when it is told to.
fn limited(sockets_each: usize) -> (Office, oneshot::Sender<()>) {
    let sandbox = Sandbox::new().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let limits = Limits { sockets_each, ..Limits::default() };
    let admin = Admin::new(sandbox.leadbox.clone()).limits(limits);
    let admin = admin.closing_when(async { _ = stopped.await });
    let app = admin.mount(Router::new(), PREFIX);
    (Office { sandbox, app, prefix: PREFIX }, stop)
}

async fn head(leadbox: &LeadBox) -> i64 {
    leadbox.log().head().await.unwrap().position.0
}

#[tokio::test]
async fn an_agent_hears_of_its_own_leads_and_of_no_others() {
    let office = Office::new(PREFIX);
    let (kim, lee) = (office.hire("kim", "agent").await, office.hire("lee", "agent").await);
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let browser = office.signed_in("kim").await;
    let mut ear = place.listen(&browser, "topics=leads,lead:*,overview,tasks,log,users").await;
    // Of another, of nobody, and of another tenant: nothing of them is heard before what is one's own.
    let others = capture(leadbox, Some(lee)).await;
    leadbox.tasks().add(others, &NewTask::new("Call")).await.unwrap();
    capture(leadbox, None).await;
    capture(&leadbox.for_tenant(Tenant(2)), Some(kim)).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let own = capture(leadbox, Some(kim)).await;
    let seq = head(leadbox).await;
    let mut heard = [ear.hear().await, ear.hear().await, ear.hear().await];
    heard.sort();
    let lead = format!("lead:{own}");
    assert_eq!(
        heard,
        [(lead.clone(), seq), ("leads".to_owned(), seq), ("overview".to_owned(), seq)]
    );
    leadbox.tasks().add(own, &NewTask::new("Call")).await.unwrap();
    assert_eq!(ear.hear().await, (lead.clone(), seq + 1));
    assert_eq!(ear.hear().await, ("tasks".to_owned(), seq + 1));
    // What is taken away leaves the list, and what happens with it then is no longer told.
    leadbox.leads().assign(own, Some(lee)).await.unwrap();
    assert_eq!(ear.hear().await, (lead, seq + 2));
    assert_eq!(ear.hear_of("leads").await, seq + 2);
    assert_eq!(ear.hear_of("overview").await, seq + 2);
    leadbox.leads().advance(own, "qualified").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    leadbox.leads().assign(own, Some(kim)).await.unwrap();
    assert_eq!(ear.hear_of("leads").await, seq + 4);
}

#[tokio::test]
async fn what_is_administered_is_told_to_those_who_administer_it() {
    let office = Office::new(PREFIX);
    office.hire("alex", "admin").await;
    office.hire("kim", "agent").await;
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let topics = "topics=users,roles,keys,log,settings";
    let mut admin = place.listen(&office.signed_in("alex").await, topics).await;
    let mut agent = place.listen(&office.signed_in("kim").await, topics).await;
    office.hire("lee", "agent").await;
    assert!(admin.hear_of("users").await > 0);
    let new = NewKey { name: "form".to_owned(), ..NewKey::default() };
    let key = leadbox.keys().make(&new).await.unwrap().key;
    assert_eq!(admin.hear_of("keys").await, head(leadbox).await);
    leadbox.keys().revoke(key.id).await.unwrap();
    let role = leadbox_core::Role {
        key: "caller".parse().unwrap(),
        name: "Caller".to_owned(),
        grants: Grants::default().allow(Permission::LeadRead, Level::Own),
    };
    leadbox.access().define_role(&role).await.unwrap();
    assert_eq!(admin.hear_of("roles").await, head(leadbox).await);
    change_settings(leadbox).await;
    // The first that the agent hears of is what everybody may read.
    assert_eq!(agent.hear().await, ("settings".to_owned(), head(leadbox).await));
}

#[tokio::test]
async fn what_was_missed_is_told_first_and_too_much_as_missed() {
    let office = Office::new(PREFIX);
    office.hire("alex", "admin").await;
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let browser = office.signed_in("alex").await;
    let before = head(leadbox).await;
    let lead = capture(leadbox, None).await;
    let missed = format!("topics=leads&after={before}");
    assert_eq!(
        place.listen(&browser, &missed).await.hear().await,
        ("leads".to_owned(), before + 1)
    );
    // Nothing is behind it: the next is what comes then.
    let mut ear = place.listen(&browser, &format!("topics=leads&after={}", before + 1)).await;
    leadbox.leads().advance(lead, "qualified").await.unwrap();
    assert_eq!(ear.hear().await, ("leads".to_owned(), before + 2));
    let many: Vec<NewLead> = (0..1100).map(|n| NewLead::new().name(format!("Lead {n}"))).collect();
    leadbox.leads().capture_many(&many, Vec::new()).await.unwrap();
    let end = head(leadbox).await;
    assert_eq!(place.listen(&browser, &missed).await.hear().await, ("*".to_owned(), end));
    let other_log = format!("topics=leads&after={}", end + 1);
    assert_eq!(place.listen(&browser, &other_log).await.hear().await, ("*".to_owned(), end));
}

#[tokio::test]
async fn a_program_hears_with_its_key_until_that_is_revoked() {
    let office = Office::new(PREFIX);
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let grants = Grants::default().allow(Permission::LeadRead, Level::All);
    let new = NewKey { name: "mirror".to_owned(), grants, ..NewKey::default() };
    let made = leadbox.keys().make(&new).await.unwrap();
    let key = [("authorization", format!("Bearer {}", made.text()))];
    let mut ear = place
        .ask("/api/v1/live?topics=lead:*,keys", &key)
        .await
        .unwrap_or_else(|code| panic!("{code}"));
    let lead = capture(leadbox, None).await;
    assert_eq!(ear.hear().await, (format!("lead:{lead}"), head(leadbox).await));
    let began = std::time::Instant::now();
    leadbox.keys().revoke(made.key.id).await.unwrap();
    assert_eq!(ear.closed().await, 4401);
    println!("- a revoked key is out after {} ms", began.elapsed().as_millis());
    assert_eq!(place.ask("/api/v1/live", &key).await.err(), Some(401));
    assert_eq!(place.ask("/api/v1/live?topics=all", &key).await.err(), Some(401));
}

#[tokio::test]
async fn work_is_told_of_to_whoever_began_it() {
    let office = Office::new(PREFIX);
    let kim = office.hire("kim", "manager").await;
    office.hire("lee", "manager").await;
    let place = Place::of_office(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let lead = capture(leadbox, Some(kim)).await;
    let asker = leadbox.as_user(kim).await.unwrap();
    let before = head(leadbox).await;
    let action = BulkAction::Change(LeadPatch::new().add_tag("vip"));
    let done = asker.bulk().run(&action, &Selection::Ids(vec![lead])).await.unwrap();
    let end = head(leadbox).await;
    let query = format!("topics=bulk:{},settings&after={before}", done.id);
    let mut own = place.listen(&office.signed_in("kim").await, &query).await;
    assert_eq!(own.hear().await, (format!("bulk:{}", done.id), end));
    let mut other = place.listen(&office.signed_in("lee").await, &query).await;
    change_settings(leadbox).await;
    assert_eq!(other.hear().await.0, "settings");
}

#[tokio::test]
async fn nobody_has_too_many_sockets_or_says_too_much() {
    let (office, stop) = limited(2);
    office.hire("alex", "admin").await;
    let place = Place::of_office(&office).await;
    let browser = office.signed_in("alex").await;
    let mut flooding = place.listen(&browser, "").await;
    let mut shouting = place.listen(&browser, "").await;
    let third = place.ask("/live", &place.headers(&browser)).await;
    assert_eq!(third.err(), Some(429));
    for _ in 0..110 {
        flooding.say("hello".to_owned()).await;
    }
    assert_eq!(flooding.closed().await, 1008);
    shouting.say("x".repeat(2000)).await;
    assert_eq!(shouting.closed().await, 0);
    // Whoever went left a place.
    let mut last = loop {
        match place.ask("/live", &place.headers(&browser)).await {
            Ok(ear) => break ear,
            Err(code) => assert_eq!(code, 429),
        }
    };
    stop.send(()).unwrap();
    assert_eq!(last.closed().await, 1001);
}
