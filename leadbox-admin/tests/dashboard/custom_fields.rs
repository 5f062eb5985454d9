//! Custom fields: added, changed, archived and brought back, and given another type though leads hold values.

use axum::http::StatusCode;
use leadbox_core::worker::BulkHandler;
use leadbox_core::{EventType, FieldDefinition, FieldStatus, NewLead, Workers};

use crate::support::Office;

async fn stored(office: &Office, key: &str) -> FieldDefinition {
    let key = key.parse().unwrap();
    office.sandbox.leadbox.definitions().field(&key).await.unwrap().unwrap().1
}

#[tokio::test]
async fn fields_are_added_or_refused_by_name() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    office.hire("max", "manager").await;
    let mut admin = office.signed_in("adi").await;
    let field =
        [("key", "plan"), ("label", "Plan"), ("type", "choice"), ("choices", "Free\nPaid\n")];
    assert_eq!(admin.post("/ops/settings/fields", &field).await.status, StatusCode::SEE_OTHER);
    assert!(admin.get("/ops/settings/fields").await.body.contains("Free, Paid"));
    let twice = admin.post("/ops/settings/fields", &field).await;
    assert!(twice.body.contains("belongs to a field already"), "{}", twice.body);
    for (name, value, says) in [
        ("key", "No Key", "is not a key"),
        ("label", " ", "needs 1 to 200"),
        ("type", "magic", "is not a type"),
        ("choices", "", "needs 1 to 500"),
    ] {
        let mut bad = field;
        bad[0].1 = "other";
        bad.iter_mut().filter(|(key, _)| *key == name).for_each(|(_, given)| *given = value);
        let refused = admin.post("/ops/settings/fields", &bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let (_, beside) = refused.body.split_once(&format!("id=\"{name}-error\"")).unwrap();
        assert!(beside.split_once("</p>").unwrap().0.contains(says), "{name}");
        for (other, typed) in [
            ("key", "name=\"key\" pattern=\"[a-z][a-z0-9_]*\" maxlength=\"63\" value=\"other\""),
            ("label", "value=\"Plan\""),
            ("type", "<option value=\"choice\" selected>"),
            ("choices", "Free\nPaid"),
        ] {
            assert!(other == name || refused.body.contains(typed), "{name}: {other}");
        }
    }
    let mut manager = office.signed_in("max").await;
    for path in
        ["/ops/settings/fields", "/ops/settings/fields/plan", "/ops/settings/fields/plan/type"]
    {
        assert_eq!(manager.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["", "/plan", "/plan/archive", "/plan/restore", "/plan/type"] {
        let path = format!("/ops/settings/fields{path}");
        assert_eq!(manager.post(&path, &field).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!manager.get("/ops/leads").await.body.contains("/settings/fields"));
}

#[tokio::test]
async fn a_field_is_changed_as_it_was_read_archived_and_brought_back() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let new = [("key", "plan"), ("label", "Plan"), ("type", "choice"), ("choices", "Free\nPaid")];
    admin.post("/ops/settings/fields", &new).await;
    let page = admin.get("/ops/settings/fields/plan").await.body;
    assert!(page.contains("name=\"revision\" value=\"1\"") && page.contains("Free\nPaid"));

    let form =
        |revision, choices| [("revision", revision), ("label", "Their plan"), ("choices", choices)];
    let fewer = admin.post("/ops/settings/fields/plan", &form("1", "Paid")).await;
    assert_eq!(fewer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, beside) = fewer.body.split_once("id=\"choices-error\"").unwrap();
    assert!(beside.split_once("</p>").unwrap().0.contains("Free&#39; can only be taken away"));
    let more =
        admin.post("/ops/settings/fields/plan", &form("1", "Free\r\nPaid\r\nTeam\r\n")).await;
    assert_eq!(more.status, StatusCode::SEE_OTHER, "{}", more.body);
    assert_eq!(office.last_event().await, (EventType::FIELD_DEFINED, Some(adi.uuid())));
    assert_eq!(stored(&office, "plan").await.label, "Their plan");
    let stale = admin.post("/ops/settings/fields/plan", &form("1", "Free\nPaid\nTeam\nAll")).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);

    admin.post("/ops/settings/fields/plan/archive", &[]).await;
    assert_eq!(stored(&office, "plan").await.status, FieldStatus::Archived);
    let list = admin.get("/ops/settings/fields").await.body;
    let (_, archived) = list.split_once("id=\"archived\"").unwrap();
    assert!(archived.contains("/settings/fields/plan\""));
    let page = admin.get("/ops/settings/fields/plan").await.body;
    assert!(page.contains("Bring it back") && !page.contains("/plan/type\""));
    admin.post("/ops/settings/fields/plan/restore", &[]).await;
    assert_eq!(stored(&office, "plan").await.status, FieldStatus::Active);
    let log = admin.get("/ops/log").await.body;
    for says in [
        "The custom field Plan was declared",
        "The custom field Their plan was changed",
        "<del>Free, Paid</del> <ins>Free, Paid, Team</ins>",
        "The custom field Their plan was archived",
        "The custom field Their plan was brought back",
    ] {
        assert!(log.contains(says), "{says}: {log}");
    }
    assert_eq!(admin.get("/ops/settings/fields/colour").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_type_is_planned_then_done_and_told() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let new = [("key", "seats"), ("label", "Seats"), ("type", "text"), ("choices", "")];
    admin.post("/ops/settings/fields", &new).await;
    let leads = office.sandbox.leadbox.leads();
    for (name, seats) in [("Ada", "12"), ("Bea", "some"), ("Cy", "7")] {
        leads.capture(&NewLead::new().name(name).field("seats", seats)).await.unwrap();
    }
    let form = admin.get("/ops/settings/fields/seats/type").await.body;
    assert!(form.contains("value=\"text\" selected") && !form.contains("What would happen"));
    let plan =
        "/ops/settings/fields/seats/type?type=number&leftover=keep&keep_in=seats_before&plan=1";
    let page = admin.get(plan).await.body;
    for says in
        ["<dd>3</dd>", "<dd>2</dd>", "<dd>1</dd>", "&#39;some&#39; is not a number", ">Bea</a>"]
    {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(!page.contains("is an estimate"));
    for (question, input) in [
        ("type=text&plan=1", "type"),
        ("type=choice&choices=&plan=1", "choices"),
        ("type=number&leftover=keep&keep_in=No&plan=1", "keep_in"),
        ("type=number&leftover=keep&keep_in=seats&plan=1", "keep_in"),
    ] {
        let path = format!("/ops/settings/fields/seats/type?{question}");
        let refused = admin.get(&path).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{question}");
        assert!(refused.body.contains(&format!("id=\"{input}-error\"")), "{question}");
    }
    let sent = [("type", "number"), ("leftover", "keep"), ("keep_in", "seats_before")];
    let begun = admin.post("/ops/settings/fields/seats/type", &sent).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let work = begun.location().to_owned();
    let page = admin.get(&work).await.body;
    assert!(page.contains("Changing a field&#39;s type") && !page.contains("/cancel"));
    assert!(
        admin.get("/ops/settings/fields/seats").await.body.contains("is being changed: 0 of 3")
    );
    let again = admin.post("/ops/settings/fields/seats/type", &[("type", "text")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "one at a time");
    let workers = Workers::new(&office.sandbox.leadbox).handler(BulkHandler);
    workers.run_until_idle().await.unwrap();
    let page = admin.get(&work).await.body;
    assert!(page.contains("3 of 3 leads") && !page.contains("/undo\""), "{page}");
    assert!(admin.get("/ops/settings/fields/seats").await.body.contains("was last changed in 3"));
    assert_eq!(stored(&office, "seats").await.kind.name(), "number");
    assert_eq!(stored(&office, "seats_before").await.kind.name(), "text");
    let log = admin.get("/ops/log").await.body;
    assert!(log.contains("<del>Text</del> <ins>Number</ins>"), "{log}");
}
