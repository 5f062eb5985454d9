//! Many leads at once, from the list: a plan first, then the work, how far it is, and taking it back. And the list as a
//! file.

use std::ops::Range;

use axum::http::StatusCode;
use leadbox_core::access::{Grants, Level, Permission, Role};
use leadbox_core::service::Bulk;
use leadbox_core::testing::some_lead;
use leadbox_core::worker::BulkHandler;
use leadbox_core::{ActorKind, EventType, Lead, LeadId, NewLead, PageRequest, UserId, Workers};

use crate::support::{Browser, Office};

async fn leads_of(office: &Office, owner: UserId, which: Range<usize>) -> Vec<LeadId> {
    let leads = office.sandbox.leadbox.leads();
    let mut ids = Vec::new();
    for n in which {
        ids.push(leads.capture(&some_lead(n).owner(owner)).await.unwrap().lead.id);
    }
    ids
}

async fn stored(office: &Office, id: LeadId) -> Lead {
    office.sandbox.leadbox.leads().lead(id).await.unwrap().unwrap().lead
}

fn ticked(ids: &[LeadId]) -> String {
    ids.iter().map(|id| format!("&lead={id}")).collect()
}

/// What the form with which a plan is confirmed sends.
fn confirmation(page: &str) -> Vec<(String, String)> {
    let form = page.split("method=\"post\" action=\"/ops/bulk\">").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    let fields = form.split("type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        let value = rest.split('"').next().unwrap().replace("&#38;", "&");
        (name.to_owned(), value)
    });
    fields.collect()
}

/// Looks at the plan, and says yes; where the work is shown.
async fn confirm(browser: &mut Browser, question: &str) -> String {
    let plan = browser.get(&format!("/ops/bulk/new?{question}")).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.body);
    let form = confirmation(&plan.body);
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let done = browser.post("/ops/bulk", &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    done.location().to_owned()
}

#[tokio::test]
async fn ticked_leads_are_moved_after_a_plan_and_come_back() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let ids = leads_of(&office, ann, 0..3).await;
    office.sandbox.leadbox.leads().advance(ids[0], "won").await.unwrap();
    let mut agent = office.signed_in("ann").await;
    let list = agent.get("/ops/leads").await.body;
    assert!(
        list.contains("action=\"/ops/bulk/new\"")
            && list.contains(&format!("value=\"{}\"", ids[1]))
    );
    let question = format!("do=stage&list={}", ticked(&ids[..2]));
    let asked = agent.get(&format!("/ops/bulk/new?{question}")).await.body;
    assert!(asked.contains("2 leads") && !asked.contains("What would happen</h2>"), "{asked}");
    let before = office.events().await.len();
    let question = format!("{question}&stage=won&plan=1");
    let plan = agent.get(&format!("/ops/bulk/new?{question}")).await.body;
    assert!(plan.contains("Change 1 lead<") && plan.contains("Already so"), "{plan}");
    assert_eq!(office.events().await.len(), before, "a plan writes nothing");

    let work = confirm(&mut agent, &question).await;
    let won = stored(&office, ids[0]).await.stage;
    assert_eq!(stored(&office, ids[1]).await.stage, won);
    assert_ne!(stored(&office, ids[2]).await.stage, won, "it was not ticked");
    let log = office.sandbox.leadbox.log();
    let log = log.events(&Default::default(), &PageRequest::first(5)).await.unwrap().items;
    let moved = log.iter().find(|event| event.kind == EventType::LEAD_STAGE_CHANGED).unwrap();
    assert_eq!((moved.actor.kind, moved.actor.on_behalf_of), (ActorKind::Bulk, Some(ann)));
    let page = agent.get(&work).await.body;
    assert!(
        page.contains(">Done<") && page.contains("2 of 2") && !page.contains("http-equiv"),
        "{page}"
    );

    let undo = format!("{work}/undo");
    assert!(page.contains(&undo));
    let plan = agent.get(&undo).await.body;
    assert!(plan.contains("Take back 1 lead<"), "{plan}");
    let done = agent.post(&undo, &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(stored(&office, ids[1]).await.stage, stored(&office, ids[2]).await.stage);
    assert!(agent.get(done.location()).await.body.contains("Taking changes back"));
}

#[tokio::test]
async fn all_that_pass_are_those_that_were_planned() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let bo = office.hire("bo", "agent").await;
    let leads = office.sandbox.leadbox.leads();
    let new = |name: &str, source: &str| NewLead::new().name(name).source(source);
    let ada = leads.capture(&new("Ada", "fair")).await.unwrap().lead.id;
    let bob = leads.capture(&new("Bob", "web")).await.unwrap().lead.id;
    let mut admin = office.signed_in("adi").await;
    let all = "all=1&list=source%3Dfair";
    let plan = admin.get(&format!("/ops/bulk/new?do=tag&tag=vip&plan=1&{all}")).await.body;
    assert!(plan.contains("All leads that pass") && plan.contains("Change 1 lead<"), "{plan}");
    let form = confirmation(&plan);
    office.sandbox.clock.advance(chrono::TimeDelta::minutes(1));
    let late = leads.capture(&new("Late", "fair")).await.unwrap().lead.id;
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(admin.post("/ops/bulk", &form).await.status, StatusCode::SEE_OTHER);
    let tags = async |id| stored(&office, id).await.tags.into_iter().collect::<Vec<_>>();
    assert_eq!(tags(ada).await, ["vip"]);
    assert!(tags(bob).await.is_empty() && tags(late).await.is_empty(), "it came in later");

    confirm(&mut admin, &format!("do=untag&tag=vip&plan=1&{all}")).await;
    assert!(tags(ada).await.is_empty());
    confirm(&mut admin, &format!("do=owner&owner={bo}&plan=1&{all}")).await;
    assert_eq!(stored(&office, late).await.owner, Some(bo));
    confirm(&mut admin, &format!("do=field&field=city&value=Ghent&plan=1&{all}")).await;
    assert_eq!(stored(&office, ada).await.company.city.as_deref(), Some("Ghent"));
    confirm(&mut admin, &format!("do=delete&{all}")).await;
    assert!(stored(&office, ada).await.deleted_at.is_some());
    assert!(stored(&office, bob).await.deleted_at.is_none());
}

#[tokio::test]
async fn many_are_done_in_the_background_and_can_be_stopped() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let ids = leads_of(&office, adi, 0..Bulk::DIRECT + 1).await;
    let mut admin = office.signed_in("adi").await;
    let question = "do=tag&tag=vip&plan=1&all=1&list=";
    let stopped = confirm(&mut admin, question).await;
    let page = admin.get(&stopped).await.body;
    assert!(page.contains("http-equiv=\"refresh\"") && page.contains("Waiting"), "{page}");
    assert!(page.contains("0 of 201") && !page.contains("/undo\""), "{page}");
    let done = admin.post(&format!("{stopped}/cancel"), &[]).await;
    assert_eq!(done.location(), stopped);
    let worked = confirm(&mut admin, question).await;
    let workers = Workers::new(&office.sandbox.leadbox).handler(BulkHandler);
    workers.run_until_idle().await.unwrap();
    let page = admin.get(&stopped).await.body;
    assert!(page.contains(">Stopped<") && page.contains("0 of 201"), "{page}");
    let page = admin.get(&worked).await.body;
    assert!(page.contains(">Done<") && page.contains("201 of 201"), "{page}");
    assert!(!page.contains("http-equiv"), "nothing happens any more: {page}");
    assert!(stored(&office, ids[0]).await.tags.contains("vip"));
    let undo = admin.post(&format!("{worked}/undo"), &[]).await;
    workers.run_until_idle().await.unwrap();
    assert!(admin.get(undo.location()).await.body.contains(">Done<"));
    assert!(!stored(&office, ids[0]).await.tags.contains("vip"));
}

#[tokio::test]
async fn what_is_missing_is_said_and_who_may_not_is_refused() {
    let office = Office::new("/ops");
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadEdit, Level::Own);
    let role = Role { key: "own".parse().unwrap(), name: "Own".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    let own = office.hire("own", "own").await;
    let adi = office.hire("adi", "admin").await;
    office.hire("rae", "read_only").await;
    let (mine, others) = (leads_of(&office, own, 10..11).await, leads_of(&office, adi, 0..3).await);
    let both = ticked(&[mine[0], others[2]]);
    let mut owner = office.signed_in("own").await;
    let list = owner.get("/ops/leads").await.body;
    assert!(list.contains("Add a tag") && !list.contains(">Delete<"), "{list}");
    let untold = owner.get(&format!("/ops/bulk/new?do=tag&plan=1{both}")).await;
    assert_eq!(untold.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(untold.body.contains("id=\"tag-error\""), "{}", untold.body);
    let many =
        owner.get(&format!("/ops/bulk/new?do=field&field=employees&value=many&plan=1{both}")).await;
    assert!(
        many.body.contains("Nothing would change.") && many.body.contains("Refused"),
        "{}",
        many.body
    );
    for wrong in ["do=tag", "do=nothing&lead=x", "do=tag&lead=nobody", "do=tag&all=1&list=a%20b%00"]
    {
        let refused = owner.get(&format!("/ops/bulk/new?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let work = confirm(&mut owner, &format!("do=tag&tag=vip&plan=1{both}")).await;
    let page = owner.get(&work).await.body;
    assert!(
        page.contains("Not yours to change") && page.contains("What stayed as it was"),
        "{page}"
    );
    assert!(stored(&office, mine[0]).await.tags.contains("vip"));
    assert!(!stored(&office, others[2]).await.tags.contains("vip"));
    let deleted = owner.get(&format!("/ops/bulk/new?do=delete{both}")).await;
    assert_eq!(deleted.status, StatusCode::FORBIDDEN);

    let mut reader = office.signed_in("rae").await;
    let list = reader.get("/ops/leads").await.body;
    assert!(!list.contains("data-selection") && !list.contains("/leads/export"), "{list}");
    let lead = mine[0].to_string();
    let form = [("do", "tag"), ("tag", "bad"), ("plan", "1"), ("lead", lead.as_str())];
    assert_eq!(reader.post("/ops/bulk", &form).await.status, StatusCode::FORBIDDEN);
    let plan = reader.get(&format!("/ops/bulk/new?do=tag&tag=bad&plan=1{both}")).await;
    assert_eq!(plan.status, StatusCode::FORBIDDEN);
    for path in [work.clone(), format!("{work}/undo")] {
        assert_eq!(reader.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [format!("{work}/cancel"), format!("{work}/undo")] {
        assert_eq!(reader.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!stored(&office, mine[0]).await.tags.contains("bad"));
    assert_eq!(owner.get("/ops/bulk/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_list_leaves_as_a_file_as_it_is_filtered() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    office.hire("ann", "agent").await;
    let leads = office.sandbox.leadbox.leads();
    for (name, source) in [("Ada", "fair"), ("Bob", "web")] {
        leads.capture(&NewLead::new().name(name).source(source)).await.unwrap();
    }
    let mut admin = office.signed_in("adi").await;
    let list = admin.get("/ops/leads?source=fair").await.body;
    assert!(
        list.contains("action=\"/ops/leads/export\"")
            && list.contains("name=\"source\" value=\"fair\"")
    );
    let csv = admin.get("/ops/leads/export?source=fair&format=csv").await;
    assert!(csv.header("content-disposition").contains("leads.csv"));
    assert!(csv.body.contains("Ada") && !csv.body.contains("Bob"), "{}", csv.body);
    let lines = admin.get("/ops/leads/export?format=jsonl").await.body;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    let mut packing = admin.clone().with("accept-encoding", "gzip");
    let packed = packing.get("/ops/leads/export?format=csv").await;
    assert_eq!((packed.status, packed.header("content-encoding")), (StatusCode::OK, "gzip"));
    let wrong = admin.get("/ops/leads/export?format=pdf").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut agent = office.signed_in("ann").await;
    assert_eq!(agent.get("/ops/leads/export?format=csv").await.status, StatusCode::FORBIDDEN);
    let exported = |(kind, _): &(EventType, _)| *kind == EventType::LEADS_EXPORTED;
    assert_eq!(office.events().await.iter().filter(|event| exported(event)).count(), 3);
}
