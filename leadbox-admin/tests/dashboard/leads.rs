//! Working with leads on their pages: adding, changing, what is refused and what is kept back.

use axum::http::StatusCode;
use leadbox_core::access::{Grants, Level, Permission, Role};
use leadbox_core::testing::{full_lead, some_lead};
use leadbox_core::{FieldDefinition, FieldType, NewLead};

use crate::support::Office;

async fn with_plan(office: &Office) {
    let choices = vec!["Free".to_owned(), "Paid".to_owned()];
    let field = FieldDefinition::new("plan", FieldType::Choice(choices)).unwrap();
    office.sandbox.leadbox.definitions().define_field(&field).await.unwrap();
}

#[tokio::test]
async fn a_lead_is_added_and_changed() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    with_plan(&office).await;
    let mut agent = office.signed_in("ann").await;
    assert!(agent.get("/ops/leads").await.body.contains("/ops/leads/new"));
    let form = [
        ("name", "Ada Byron"),
        ("email", "ada@engines.example"),
        ("employees", "250"),
        ("tags", "vip, Trial"),
        ("value", "1250.50"),
        ("cf.plan", "paid"),
        ("phone", ""),
    ];
    let done = agent.post("/ops/leads/new", &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = agent.get(done.location()).await.body;
    assert!(
        page.contains("Ada Byron") && page.contains("EUR") && page.contains("trial, vip"),
        "{page}"
    );
    let edit = format!("{}/edit", done.location());
    let form = agent.get(&edit).await.body;
    assert!(
        form.contains("value=\"trial; vip\"") && form.contains("<option value=\"Paid\" selected>"),
        "{form}"
    );
    let version = form
        .split_once("name=\"version\" value=\"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let change = [
        ("version", version.as_str()),
        ("title", "CTO"),
        ("tags", "trial; vip"),
        ("email", ""),
        ("name", "Ada Byron"),
    ];
    let saved = agent.post(&edit, &change).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let id = done.location().rsplit('/').next().unwrap().parse().unwrap();
    let lead = office.sandbox.leadbox.leads().lead(id).await.unwrap().unwrap().lead;
    assert_eq!((lead.person.title.as_deref(), lead.person.email), (Some("CTO"), None));
    assert_eq!(lead.owner, Some(ann), "whoever adds it owns it");
    let stale = agent.post(&edit, &[("version", version.as_str()), ("title", "CEO")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_what_was_typed_stays() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    with_plan(&office).await;
    let mut admin = office.signed_in("adi").await;
    let form = [("name", "Ada"), ("email", "ada@"), ("employees", "many"), ("owner", "x")];
    let refused = admin.post("/ops/leads/new", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("id=\"employees-error\"") && refused.body.contains("value=\"ada@\"")
    );
    assert!(refused.body.contains("<a href=\"#employees\">Employees</a>: "), "{}", refused.body);
    let lead = office.sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
    let path = format!("/ops/leads/{}/edit", lead.id);
    let version = lead.version.0.to_string();
    let form =
        [("version", version.as_str()), ("email", "ada@"), ("cf.plan", "Gold"), ("title", "CTO")];
    let refused = admin.post(&path, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("id=\"email-error\"")
            && refused.body.contains("id=\"cf.plan-error\"")
    );
    assert!(refused.body.contains("<a href=\"#cf.plan\">plan</a>: "), "{}", refused.body);
    let kept = office.sandbox.leadbox.leads().lead(lead.id).await.unwrap().unwrap().lead;
    assert_eq!(kept, lead, "nothing was half-written");
}

#[tokio::test]
async fn guarded_fields_have_no_input_or_a_closed_one() {
    let office = Office::new("/ops");
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadEdit, Level::All)
        .hide("phone")
        .protect("email");
    let role = Role { key: "caller".parse().unwrap(), name: "Caller".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    office.hire("cal", "caller").await;
    let lead = office.sandbox.leadbox.leads().capture(&full_lead()).await.unwrap().lead;
    let mut caller = office.signed_in("cal").await;
    let path = format!("/ops/leads/{}/edit", lead.id);
    let form = caller.get(&path).await.body;
    assert!(!form.contains("901820") && !form.contains("name=\"phone\""));
    let email = form.split_once("name=\"email\"").unwrap().1.split('>').next().unwrap();
    assert!(email.contains("disabled"), "{email}");
    let version = lead.version.0.to_string();
    let version = ("version", version.as_str());
    let guarded = [version, ("phone", "+49 30 901821"), ("email", "x@y.example")];
    let sent = caller.post(&path, &guarded).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sent.body.contains("may not be changed with your role"));
    let sent = caller.post(&path, &[version, ("title", "CEO")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let stored = office.sandbox.leadbox.leads().lead(lead.id).await.unwrap().unwrap().lead;
    assert_eq!(stored.person.phone, lead.person.phone);
    let list = caller.get("/ops/leads").await.body;
    assert!(!list.contains("/ops/leads/new"));
    assert_eq!(caller.get("/ops/leads/new").await.status, StatusCode::FORBIDDEN);
    assert_eq!(caller.post("/ops/leads/new", &[("name", "X")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn lines_of_a_text_stay_when_something_else_is_changed() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let leadbox = &office.sandbox.leadbox;
    let field = FieldDefinition::new("notes", FieldType::Text).unwrap();
    leadbox.definitions().define_field(&field).await.unwrap();
    let new = some_lead(1).field("notes", "first\nsecond");
    let lead = leadbox.leads().capture(&new).await.unwrap().lead;
    let mut admin = office.signed_in("adi").await;
    let path = format!("/ops/leads/{}/edit", lead.id);
    let page = admin.get(&path).await.body;
    assert!(page.contains("<textarea") && page.contains("first\nsecond</textarea>"), "{page}");
    let version = lead.version.0.to_string();
    let form = [("version", version.as_str()), ("title", "CTO"), ("cf.notes", "first\r\nsecond")];
    assert_eq!(admin.post(&path, &form).await.status, StatusCode::SEE_OTHER);
    let changed = leadbox.leads().lead(lead.id).await.unwrap().unwrap().lead;
    assert_eq!((changed.person.title.as_deref(), changed.custom), (Some("CTO"), lead.custom));
    let blind = admin.post(&path, &[("title", "CEO")]).await;
    assert_eq!(blind.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        blind.body.contains("<li>Version: "),
        "without it, it would be over somebody else's change"
    );
}

#[tokio::test]
async fn a_list_asks_for_what_its_address_says_and_shows_the_columns_that_were_chosen() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    with_plan(&office).await;
    let leads = office.sandbox.leadbox.leads();
    let new = |name: &str, source: &str| NewLead::new().name(name).source(source).city("Ghent");
    leads.capture(&new("Ada", "webinar").tag("vip").field("plan", "Paid")).await.unwrap();
    office.sandbox.clock.set("2026-04-01T12:00:00Z".parse().unwrap());
    leads.capture(&new("Bruno", "fair").tag("vip")).await.unwrap();
    let mut admin = office.signed_in("adi").await;
    for (asked, expected) in [
        ("", ["Ada", "Bruno"].as_slice()),
        ("source=webinar", &["Ada"]),
        ("tag=vip", &["Ada", "Bruno"]),
        ("tag=vip&source=fair", &["Bruno"]),
        ("cf.plan=Paid", &["Ada"]),
        ("from=2026-04-01", &["Bruno"]),
        ("until=2026-03-31", &["Ada"]),
        ("from=2026-04-01&until=2026-04-01", &["Bruno"]),
        ("priority=hot", &[]),
    ] {
        let page = admin.get(&format!("/ops/leads?{asked}")).await;
        let shown = |name: &&&str| page.body.contains(&format!("\">{name}</a>"));
        let found: Vec<_> = ["Ada", "Bruno"].iter().filter(shown).copied().collect();
        assert_eq!(found, expected, "{asked}");
    }
    for wrong in ["from=soon", "until=soon", "cf.nothing=1", "cf.plan=Gold"] {
        let refused = admin.get(&format!("/ops/leads?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let refused = admin.get("/ops/leads?from=soon").await.body;
    assert!(refused.contains("Created at: ") && !refused.contains("created_at"), "{refused}");
    let chosen = admin.get("/ops/leads?col=source&col=stage&q=ada").await.body;
    assert!(chosen.contains(">Source</th>") && chosen.contains("<td class=\"p3\">webinar</td>"));
    assert!(!chosen.contains(">Company</th>"), "{chosen}");
    let sorts = "/ops/leads?col=source&amp;col=stage&amp;q=ada&amp;sort=name";
    let sorts_raw = sorts.replace("&amp;", "&#38;");
    assert!(chosen.contains(sorts) || chosen.contains(&sorts_raw), "sorting keeps them: {chosen}");
}
