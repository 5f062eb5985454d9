//! Leads from a file, step by step, and taking them back.

use axum::http::StatusCode;
use leadbox_core::{EventType, ImportId, Lead, LeadList};

use crate::support::{Browser, Office};
use crate::upload::upload;

async fn leads(office: &Office) -> Vec<Lead> {
    let leads = office.sandbox.leadbox.leads();
    let found = leads.list(&LeadList::default(), &Default::default()).await.unwrap();
    found.items.into_iter().map(|row| row.lead).collect()
}

/// Sends a file; where it waits.
async fn sent(browser: &mut Browser, text: &str) -> String {
    let sent = upload(browser, "/ops/import", "leads.csv", text).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    sent.location().to_owned()
}

/// The page, once nothing is under way any more.
async fn ended(browser: &mut Browser, page: &str) -> String {
    loop {
        let body = browser.get(page).await.body;
        if !body.contains("http-equiv") {
            return body;
        }
        tokio::task::yield_now().await;
    }
}

const FILE: &str = "Email;Shoe;Name\nada@a.example;42;Ada\nbob@;43;Bob\ncy@c.example;44;Cy\n";

#[tokio::test]
async fn a_file_is_looked_at_tried_imported_and_taken_back() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    assert!(admin.get("/ops/import").await.body.contains("multipart/form-data"));
    let page = sent(&mut admin, FILE).await;
    let columns = admin.get(&page).await.body;
    assert!(columns.contains("leads.csv") && columns.contains("42, 43, 44"), "{columns}");
    assert!(columns.contains("<option value=\"email\" selected>"), "{columns}");
    assert!(!columns.contains("value=\"import\""), "first it is tried: {columns}");

    let mut form = vec![
        ("column-0", "email"),
        ("column-1", ""),
        ("column-2", "title"),
        ("by", "email"),
        ("do", "try"),
    ];
    let tried = admin.post(&page, &form).await;
    assert_eq!((tried.status, tried.location()), (StatusCode::SEE_OTHER, page.as_str()));
    let tried = ended(&mut admin, &page).await;
    assert!(tried.contains("What would happen") && tried.contains("value=\"import\""), "{tried}");
    assert!(
        tried.contains("<option value=\"title\" selected>"),
        "it keeps what was chosen: {tried}"
    );
    assert!(tried.contains("<dt>New leads</dt><dd>2</dd>"), "{tried}");
    assert!(
        tried.contains("<dt>Refused</dt><dd>1</dd>") && tried.contains("Email</td>"),
        "{tried}"
    );
    assert!(leads(&office).await.is_empty(), "nothing is written by trying");

    form[2].1 = "name";
    form[4].1 = "import";
    for _ in 0..2 {
        admin.post(&page, &form).await;
        let done = ended(&mut admin, &page).await;
        assert!(done.contains("What happened") && done.contains("/undo\""), "{done}");
        assert_eq!(leads(&office).await.len(), 2, "sent twice it is done once");
    }
    let named = leads(&office).await.iter().any(|lead| lead.person.name.as_deref() == Some("Cy"));
    assert!(named);
    let (kind, _) = office.last_event().await;
    assert_eq!(kind, EventType::IMPORT_FINISHED);
    let log = office.sandbox.leadbox.log();
    let last = log.events(&Default::default(), &Default::default()).await.unwrap().items;
    assert!(last[0].actor.person() == Some(adi));
    let refused = admin.get(&format!("{page}/refused")).await;
    assert!(refused.header("content-disposition").contains("refused.csv"));
    assert!(refused.body.contains("bob@") && !refused.body.contains("ada@"), "{}", refused.body);
    let mut packing = admin.clone().with("accept-encoding", "gzip");
    let packed = packing.get(&format!("{page}/refused")).await;
    assert_eq!((packed.status, packed.header("content-encoding")), (StatusCode::OK, "gzip"));

    let plan = admin.get(&format!("{page}/undo")).await.body;
    assert!(plan.contains("Take back 2 leads"), "{plan}");
    let undone = admin.post(&format!("{page}/undo"), &[]).await;
    assert!(admin.get(undone.location()).await.body.contains(">Done<"));
    assert!(leads(&office).await.is_empty());
}

#[tokio::test]
async fn what_is_no_such_file_is_said_and_it_waits_for_its_sender_alone() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    office.hire("ann", "agent").await;
    office.hire("max", "manager").await;
    let mut admin = office.signed_in("adi").await;
    for wrong in ["", "PK\u{3}\u{4}sheet"] {
        let refused = upload(&mut admin, "/ops/import", "leads.xlsx", wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.body.contains("<li>File: "), "{}", refused.body);
    }
    let page = sent(&mut admin, FILE).await;
    let twice = [("column-0", "email"), ("column-1", "email"), ("by", ""), ("do", "try")];
    admin.post(&page, &twice).await;
    let failed = ended(&mut admin, &page).await;
    assert!(failed.contains("The file cannot be imported so"), "{failed}");
    for wrong in [[("by", "name"), ("do", "try")], [("by", ""), ("do", "nothing")]] {
        let refused = admin.post(&page, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let nothing = admin.get(&format!("{page}/refused")).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);

    let mut other = office.signed_in("max").await;
    assert!(other.get("/ops/leads").await.body.contains("/ops/import\""));
    let gone = other.get(&page).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.body.contains("Send it again"), "{}", gone.body);
    let form = [("by", ""), ("do", "import")];
    assert_eq!(other.post(&page, &form).await.status, StatusCode::NOT_FOUND);
    let mut agent = office.signed_in("ann").await;
    assert!(!agent.get("/ops/leads").await.body.contains("/ops/import\""));
    assert_eq!(agent.get("/ops/import").await.status, StatusCode::FORBIDDEN);
    let refused = upload(&mut agent, "/ops/import", "leads.csv", FILE).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    for path in [page.clone(), format!("{page}/refused"), format!("{page}/undo")] {
        assert_eq!(agent.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [page.clone(), format!("{page}/undo")] {
        assert_eq!(agent.post(&path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(leads(&office).await.is_empty());
}

#[tokio::test]
async fn what_an_import_did_is_known_when_its_file_is_gone() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let leadbox = &office.sandbox.leadbox;
    let id: ImportId = leadbox.new_id();
    leadbox_core::transfer::Importer::new(leadbox).id(id).run(FILE.as_bytes()).await.unwrap_err();
    let file = "email\nada@a.example\n";
    leadbox_core::transfer::Importer::new(leadbox).id(id).run(file.as_bytes()).await.unwrap();
    let mut admin = office.signed_in("adi").await;
    let page = admin.get(&format!("/ops/import/{id}")).await.body;
    assert!(page.contains("is here no longer") && page.contains("/undo\""), "{page}");
    assert!(page.contains("<dt>New leads</dt><dd>1</dd>"), "{page}");
    let undone = admin.post(&format!("/ops/import/{id}/undo"), &[]).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.body);
    assert!(leads(&office).await.is_empty());
}
