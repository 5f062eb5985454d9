//! Saved views on the list of leads: saving, opening, changing, sharing, and what is kept back.

use axum::http::StatusCode;
use leadbox_core::access::{Capability, Grants, Level, Permission, Role};
use leadbox_core::filter::Op;
use leadbox_core::testing::some_lead;
use leadbox_core::{
    EventType, FieldDefinition, FieldStatus, FieldType, LeadBox, LeadFilter, NewView, SavedView,
    Sharing, UserId,
};

use crate::support::{Browser, Office};

async fn with_leads(office: &Office) {
    for n in 0..8 {
        office.sandbox.leadbox.leads().capture(&some_lead(n)).await.unwrap();
    }
}

async fn of(office: &Office, user: UserId) -> LeadBox {
    office.sandbox.leadbox.as_user(user).await.unwrap()
}

async fn only(leadbox: &LeadBox) -> SavedView {
    let mut views = leadbox.views().list().await.unwrap();
    assert_eq!(views.len(), 1);
    views.remove(0)
}

/// The value of the first hidden input of this name.
fn hidden<'p>(page: &'p str, name: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap()
}

fn plain(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn a_view_is_saved_opened_changed_and_deleted() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "read_only").await;
    with_leads(&office).await;
    let mut browser = office.signed_in("ann").await;
    let page = browser.get("/ops/leads").await.body;
    assert!(!page.contains("Save view") && !page.contains("aria-label=\"Views\""));
    let page = browser.get("/ops/leads?source=webinar&sort=name").await.body;
    assert!(page.contains("/ops/views/new?source=webinar&#38;sort=name"), "{page}");

    let form = browser.get("/ops/views/new?source=webinar&sort=name&after=x").await.body;
    assert!(form.contains("Source is webinar") && form.contains("By name"), "{form}");
    assert!(!form.contains("name=\"sharing\""), "it cannot be shared by her");
    let list = plain(hidden(&form, "list"));
    assert_eq!(list, "source=webinar&sort=name");
    let blank = browser.post("/ops/views", &[("name", " "), ("list", &list)]).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(blank.body.contains("is missing") && plain(hidden(&blank.body, "list")) == list);
    let made = browser.post("/ops/views", &[("name", "Webinar"), ("list", &list)]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let view = only(&of(&office, ann).await).await;
    assert_eq!((view.name.as_str(), view.owner), ("Webinar", Some(ann)));
    assert_eq!(made.location(), format!("/ops/leads?view={}", view.id));
    assert_eq!(office.last_event().await.0, EventType::VIEW_SAVED);

    let open = browser.get(made.location()).await.body;
    assert!(open.contains("<h1>Webinar</h1>") && open.contains("2 leads"), "{open}");
    assert!(open.contains("aria-current=\"true\">Webinar"), "{open}");
    assert!(!open.contains("Save changes") && !open.contains("Save as new view"));
    let more = browser.get(&format!("{}&stage=won&col=company", made.location())).await.body;
    assert!(more.contains("No leads match.") && more.contains("Save as new view"), "{more}");
    let (list, revision) = (plain(hidden(&more, "list")), hidden(&more, "revision").to_owned());
    let keep = format!("/ops/views/{}/list", view.id);
    let kept = browser.post(&keep, &[("list", &list), ("revision", &revision)]).await;
    assert_eq!(kept.location(), made.location(), "{}", kept.body);
    let changed = only(&of(&office, ann).await).await;
    assert_eq!(changed.columns, ["company"]);
    let filter = serde_json::json!({"and": [["stage", "eq", "won"], ["source", "eq", "webinar"]]});
    assert_eq!(serde_json::to_value(&changed.filter).unwrap(), filter);
    let stale = browser.post(&keep, &[("list", &list), ("revision", &revision)]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

    let address = format!("/ops/views/{}", view.id);
    let form = browser.get(&address).await.body;
    let revision = hidden(&form, "revision").to_owned();
    let renamed = [("name", "Won by webinar"), ("revision", revision.as_str())];
    let done = browser.post(&address, &renamed).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(only(&of(&office, ann).await).await.name, "Won by webinar");
    let done = browser.post(&format!("{address}/delete"), &[]).await;
    assert_eq!(done.location(), "/ops/leads");
    assert_eq!(office.last_event().await.0, EventType::VIEW_DELETED);
    assert_eq!(browser.get(made.location()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn views_are_shared_by_those_who_may_and_taken_over() {
    let office = Office::new("/ops");
    let (max, zoe) = (office.hire("max", "manager").await, office.hire("zoe", "manager").await);
    office.hire("ann", "read_only").await;
    let (mut max_sees, mut ann_sees) =
        (office.signed_in("max").await, office.signed_in("ann").await);
    let new = [("name", "Nobody's"), ("sharing", "everyone"), ("list", "owner=nobody")];
    let made = max_sees.post("/ops/views", &new).await;
    let view = only(&of(&office, max).await).await;
    assert_eq!(view.sharing, Sharing::Everyone);
    let open = ann_sees.get(made.location()).await.body;
    assert!(open.contains("shared by max") && !open.contains("Edit view"), "{open}");
    let changed = ann_sees.get(&format!("{}&q=acme", made.location())).await.body;
    assert!(changed.contains("Save as new view") && !changed.contains("Save changes"));
    let refused = [("name", "Mine"), ("sharing", "everyone"), ("list", "")];
    assert_eq!(ann_sees.post("/ops/views", &refused).await.status, StatusCode::FORBIDDEN);
    let address = format!("/ops/views/{}", view.id);
    assert_eq!(ann_sees.get(&address).await.status, StatusCode::FORBIDDEN);
    for deed in ["", "/list", "/take-over", "/delete"] {
        let form = [("revision", "1"), ("name", "x"), ("list", "")];
        let done = ann_sees.post(&format!("{address}{deed}"), &form).await;
        assert_eq!(done.status, StatusCode::FORBIDDEN, "{deed}");
    }
    assert_eq!(only(&of(&office, max).await).await, view);

    let mut zoe_sees = office.signed_in("zoe").await;
    let form = zoe_sees.get(&address).await.body;
    assert!(form.contains("Make it mine") && form.contains("Belongs to max"), "{form}");
    let taken = zoe_sees.post(&format!("{address}/take-over"), &[]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    assert_eq!(only(&of(&office, zoe).await).await.owner, Some(zoe));
    assert_eq!(office.last_event().await, (EventType::VIEW_CHANGED, Some(zoe.uuid())));
    let log = office.hire("ada", "admin").await;
    let mut ada_sees = office.signed_in("ada").await;
    let told = ada_sees.get("/ops/log?kind=views").await.body;
    for words in
        ["A view was saved", "A view was changed", "Owner is unknown", "Everybody who sees"]
    {
        assert!(told.contains(words), "{words} is missing in {told}");
    }
    assert_ne!(log, zoe);
    let wrong = [("name", "Nobody's"), ("sharing", "some"), ("revision", "2")];
    let refused = zoe_sees.post(&address, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn whoever_sees_no_leads_saves_no_view_of_them() {
    let office = Office::new("/ops");
    let grants = Grants::default().enable(Capability::ViewsShare);
    let blind = Role { key: "blind".parse().unwrap(), name: "Blind".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&blind).await.unwrap();
    office.hire("noa", "blind").await;
    let mut browser = office.signed_in("noa").await;
    let page = browser.get("/ops/leads?sort=name").await;
    assert!(page.status.is_success() && !page.body.contains("Save view"), "{}", page.body);
    for answer in [
        browser.get("/ops/views/new?sort=name").await,
        browser.post("/ops/views", &[("name", "All"), ("sharing", "everyone"), ("list", "")]).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("lead.read"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_view_that_cannot_be_shown_says_why_and_is_mended() {
    let office = Office::new("/ops");
    let max = office.hire("max", "admin").await;
    with_leads(&office).await;
    let definitions = office.sandbox.leadbox.definitions();
    let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
    definitions.define_field(&budget).await.unwrap();
    let owner = of(&office, max).await;
    let rich = NewView::new("Rich").filter(LeadFilter::is("cf.budget", Op::Gte, 5));
    let view = owner.views().save(&rich).await.unwrap();
    definitions.set_field_status(&budget.key, FieldStatus::Archived).await.unwrap();
    let mut browser = office.signed_in("max").await;
    let address = format!("/ops/leads?view={}", view.id);
    let page = browser.get(&address).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Rich cannot be shown: &#39;cf.budget&#39;"), "{}", page.body);
    // The condition is a chip, without which the list is shown.
    let chip = page.body.split("href=\"").find(|link| link.contains("&#38;filter=\"")).unwrap();
    let without = plain(chip.split('"').next().unwrap());
    let mended = browser.get(&without).await.body;
    assert!(mended.contains("8 leads") && mended.contains("Save changes"), "{mended}");
    // What somebody typed is refused as ever.
    let typed = browser.get("/ops/leads?cf.budget=5").await;
    assert_eq!(typed.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_view_shows_nobody_what_is_hidden_from_them() {
    let office = Office::new("/ops");
    let max = office.hire("max", "manager").await;
    let grants = Grants::default().allow(Permission::LeadRead, Level::All).hide("phone");
    let dim = Role { key: "dim".parse().unwrap(), name: "Dim".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&dim).await.unwrap();
    office.hire("ann", "dim").await;
    let calls = NewView::new("Zebra calls")
        .filter(LeadFilter::is("phone", Op::Starts, "+4930901820"))
        .sharing(Sharing::Everyone);
    let view = of(&office, max).await.views().save(&calls).await.unwrap();
    let mut browser = office.signed_in("ann").await;
    let page = browser.get("/ops/leads").await.body;
    assert!(!page.contains("Zebra"), "{page}");
    let open = browser.get(&format!("/ops/leads?view={}", view.id)).await;
    assert_eq!(open.status, StatusCode::NOT_FOUND);
    assert!(!open.body.contains("901820"), "{}", open.body);
}

#[tokio::test]
async fn what_is_done_with_a_view_is_done_with_what_it_shows() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    with_leads(&office).await;
    let either =
        LeadFilter::is("source", Op::Eq, "webinar").or(LeadFilter::is("city", Op::Eq, "x"));
    let view = of(&office, adi).await.views().save(&NewView::new("Either").filter(either)).await;
    let view = view.unwrap();
    let mut browser: Browser = office.signed_in("adi").await;
    let page = browser.get(&format!("/ops/leads?view={}", view.id)).await.body;
    assert!(page.contains("2 leads") && page.contains("Source is webinar or City is x"), "{page}");
    // What is done stands in the address as it is, whatever becomes of the view.
    let (_, form) = page.split_once("data-selection").unwrap();
    let list = plain(hidden(form, "list"));
    assert!(list.starts_with("filter=") && !list.contains("view="), "{list}");
    office.sandbox.leadbox.views().delete(view.id).await.unwrap();
    let escaped = list.replace('%', "%25").replace('=', "%3D");
    let plan = format!("/ops/bulk/new?do=tag&tag=spring&plan=1&all=1&list={escaped}");
    let plan = browser.get(&plan).await.body;
    assert!(plan.contains("Change 2 leads"), "{plan}");
    let file = browser.get(&format!("/ops/leads/export?{list}&format=jsonl")).await;
    assert_eq!(file.body.lines().count(), 2, "{}", file.body);
}
