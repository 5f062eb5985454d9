//! Imports from end to end, over the storage in memory.

mod interrupted;

use std::io::Read;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::*;
use crate::event::EventType;
use crate::field::{FieldDefinition, FieldType};
use crate::filter::SortKey;
use crate::id::UserId;
use crate::lead::{Lead, LeadPatch, NewLead};
use crate::page::PageRequest;
use crate::revision::{Revision, Version};
use crate::scope::Scope;
use crate::service::LeadList;
use crate::storage::{Change, ChangeSet, Checkpoint, MemoryStorage, OnConflict};
use crate::testing::{Announced, ManualClock, Sandbox};
use crate::transfer::{MAX_RECORD, UnknownColumns};

async fn sandbox() -> LeadBox {
    let leadbox = Sandbox::new().unwrap().leadbox;
    for (key, kind) in [
        ("budget", FieldType::Decimal),
        ("trial_ends", FieldType::Date),
        ("newsletter", FieldType::Bool),
        ("use_case", FieldType::Choice(vec!["Sales".to_owned(), "Support".to_owned()])),
    ] {
        let field = FieldDefinition::new(key, kind).unwrap();
        leadbox.definitions().define_field(&field).await.unwrap();
    }
    leadbox
}

async fn leads(leadbox: &LeadBox) -> Vec<Lead> {
    let list = LeadList::default().sorted(crate::LeadSort::ascending(SortKey::Name));
    let page = leadbox.leads().list(&list, &PageRequest::first(1000)).await.unwrap();
    page.items.into_iter().map(|stored| stored.lead).collect()
}

async fn import(leadbox: &LeadBox, file: impl AsRef<[u8]>) -> Result<ImportReport, TransferError> {
    Importer::new(leadbox).run(file.as_ref()).await
}

fn import_id(n: u128) -> ImportId {
    ImportId::from_uuid(uuid::Uuid::from_u128(n))
}

fn many(rows: usize) -> String {
    let row = |n: usize| match n % 10 {
        9 => format!("Lead {n:03},broken\r\n"),
        _ => format!("Lead {n:03},\"person{n}@x.example\"\r\n"),
    };
    let rows: String = (0..rows).map(row).collect();
    format!("name,email\r\n{rows}")
}

#[tokio::test]
async fn another_programs_export_comes_in_whole() {
    let leadbox = sandbox().await;
    let file = "\u{feff}First Name;Last Name;Email Address;Company Name;Lead Source;Amount;Currency;\
        Budget;trial_ends;Newsletter;use_case;Stage;Tags;consent.newsletter;Number of Employees\r\n\
        Ada;Lovelace;ada@analytical.example;\"Analytical\r\nEngines; Ltd\";Webinar;1250.50;USD;99.9;\
        2026-05-01;yes;sales;Qualified;VIP, london;granted;250\r\n\r\n\
        ;;;;;;;;;;;;;;\r\n\
        Bo;;bo@b.example;;;;;;;;;;;;\r\n";
    let report = import(&leadbox, file).await.unwrap();
    assert_eq!((report.rows, report.created, report.failed), (2, 2, 0), "{report:?}");
    let leads = leads(&leadbox).await;
    let ada = leads[0].to_fields();
    for (field, value) in [
        ("name", "Ada Lovelace"),
        ("first_name", "Ada"),
        ("company", "Analytical Engines; Ltd"),
        ("source", "webinar"),
        ("value", "1250.50 USD"),
        ("cf.budget", "99.9"),
        ("cf.trial_ends", "2026-05-01"),
        ("cf.use_case", "Sales"),
        ("consent.newsletter", "granted"),
    ] {
        assert_eq!(ada[field], value, "{field}");
    }
    assert_eq!(ada["tags"], serde_json::json!(["london", "vip"]));
    assert_eq!((&ada["cf.newsletter"], &ada["employees"]), (&true.into(), &250.into()));
    let catalog = leadbox.catalog().await.unwrap();
    assert_eq!(catalog.stage(leads[0].stage).unwrap().1.key, "qualified");
    assert_eq!(leads[1].person.name.as_deref(), Some("Bo"));
    assert_eq!(report.columns[2].field.as_deref(), Some("email"));
}

#[tokio::test]
async fn every_bad_row_is_named_and_comes_in_once_it_is_mended() {
    let leadbox = sandbox().await;
    let long = "x".repeat(201);
    let mut file = b"Name,E-Mail,Budget (k),phone\r\n\
        Ada,ada@a.example,1.5,+49 30 901820\r\n\
        Bo,bo@,2,\r\n\
        \"Cy\r\nLine\",cy@c.example,many,+1\r\n\
        Dee,dee@d.example\r\n\
        Eve,eve@e.example,1,,extra\r\n\
        Fay\xff,fay@f.example,1,\r\n\
        =Gus,gus@g.example,-3,+4930901821\r\n"
        .to_vec();
    file.extend(format!("{long},hal@h.example,nul\0,\r\n").bytes());
    let mapping = Mapping::new().column("Budget (k)", "cf.budget");
    let mut refused = Vec::new();
    let importer = Importer::new(&leadbox).mapping(mapping.clone()).errors_to(&mut refused);
    let report = importer.run(file.as_slice()).await.unwrap();
    assert_eq!((report.rows, report.created, report.failed), (8, 2, 6));
    let found: Vec<_> = report
        .errors
        .iter()
        .map(|error| (error.row, error.line, error.field.as_str(), error.column.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            (2, 3, "email", Some("E-Mail")),
            (3, 4, "phone", Some("phone")),
            (3, 4, "cf.budget", Some("Budget (k)")),
            (4, 6, "row", None),
            (5, 7, "row", None),
            (6, 8, "name", Some("Name")),
            (8, 10, "name", Some("Name")),
            (8, 10, "cf.budget", Some("Budget (k)")),
        ]
    );
    assert_eq!(report.errors[3].message, "has 2 cells, but the header has 4 columns");
    assert_eq!(report.errors[5].message, "is not valid UTF-8");
    assert_eq!(leads(&leadbox).await.len(), 2);

    // Mended the way a person would, in the file of refused rows itself.
    let swap = |bytes: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|part| part == from).expect("is there");
        bytes.splice(at..at + from.len(), to.iter().copied());
    };
    swap(&mut refused, b",bo@,", b",bo@b.example,");
    swap(&mut refused, b",many,'+1", b",4,'+4930901829");
    swap(&mut refused, b"dee@d.example", b"dee@d.example,,");
    swap(&mut refused, b",extra", b"");
    swap(&mut refused, b"Fay\xff", b"Fay");
    let mut left = Vec::new();
    let again = Importer::new(&leadbox).mapping(mapping).errors_to(&mut left);
    let report = again.run(refused.as_slice()).await.unwrap();
    assert_eq!((report.rows, report.created, report.failed), (6, 5, 1), "{report:?}");
    let names: Vec<_> =
        leads(&leadbox).await.iter().map(|lead| lead.display_name().to_owned()).collect();
    assert_eq!(names, ["=Gus", "Ada", "Bo", "Cy Line", "Dee", "Eve", "Fay"]);
    let left = String::from_utf8(left).unwrap();
    assert!(
        left.starts_with("import_row,import_error,Name,E-Mail,Budget (k),phone\r\n6,"),
        "{left}"
    );
    assert_eq!(left.matches("import_error").count(), 1);
}

#[tokio::test]
async fn files_that_are_no_such_files_are_refused_with_the_reason() {
    let leadbox = sandbox().await;
    let wide: Vec<u8> = "email,name\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], &str); 14] = [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (&wide, "the file is UTF-16"),
        (b"PK\x03\x04rest", "a spreadsheet or archive"),
        (b" [ {\"email\":1}]", "one JSON list"),
        (b"email,email\na,b\n", "email: stands in the header twice"),
        (b"email,Email Address\n", "means email, as 'email' does"),
        (b"email,nmae\n", "nmae: is no field (did you mean 'name'?)"),
        (b"email,cf.colour\n", "cf.colour: is no field"),
        (b"email,\n", "column 2: has no name"),
        (b"em\xffail\n", "column 1: has a name that is not valid UTF-8"),
        (b"id,score\n1,2\n", "has no column that fills a field"),
        (b"\"email\n1,2\n", "row 0 (line 1) opens a quote"),
        (b"email,name\na@b.example,\"Ada\nb@c.example,Bo\n", "row 1 (line 2) opens a quote"),
    ];
    for (file, reason) in cases {
        let error = import(&leadbox, file).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error} / {reason}");
    }
    assert!(leads(&leadbox).await.is_empty());
    let ignoring = Mapping::new().unknown(UnknownColumns::Ignore);
    let report = Importer::new(&leadbox).mapping(ignoring).run(&b"email,x,\n"[..]).await.unwrap();
    assert_eq!((report.rows, report.ending), (0, Ending::Finished));
    let missing = Mapping::new().column("Mail 2", "email");
    let error = Importer::new(&leadbox).mapping(missing).run(&b"name\nAda\n"[..]).await;
    assert!(error.unwrap_err().to_string().contains("Mail 2: is mapped, but"));
}

#[tokio::test]
async fn a_quote_that_never_closes_stops_a_huge_file_behind_the_rows_before_it() {
    let leadbox = sandbox().await;
    let endless = b"name\nAda\nBo\n\"Cy\n".chain(std::io::repeat(b'x'));
    let error = Importer::new(&leadbox).upsert_by([]).run(endless).await.unwrap_err();
    let expected = matches!(error, TransferError::RecordTooLong { row: 3, line: 4, .. });
    assert!(expected, "{error:?}");
    assert_eq!(leads(&leadbox).await.len(), 2);
}

#[tokio::test]
async fn known_leads_are_updated_and_rows_about_one_lead_follow_each_other() {
    let leadbox = sandbox().await;
    leadbox.leads().capture(&NewLead::new().email("ada@a.example").title("CEO")).await.unwrap();
    let file = "email,title,phone,external_id\n\
        ADA@a.example,CTO,,\n\
        bo@b.example,Clerk,+4930901820,7\n\
        ada@a.example,CTO,,\n\
        bo@b.example,Boss,,\n\
        cy@c.example,,,7\n\
        ,Intern,,\n";
    let mut seen = Vec::new();
    let keys = [IdentityKind::Email];
    let importer = Importer::new(&leadbox).upsert_by(keys).progress(|now| seen.push(now.rows));
    let report = importer.run(file.as_bytes()).await.unwrap();
    let counts = Counts { rows: 6, created: 1, updated: 2, unchanged: 1, failed: 2 };
    assert_eq!(report.counts, counts);
    assert_eq!(report.errors[0].message, "belongs to another lead");
    assert_eq!(seen, [2, 4, 6]);
    let titles: Vec<_> =
        leads(&leadbox).await.into_iter().map(|lead| lead.person.title.unwrap()).collect();
    assert_eq!(titles, ["CTO", "Boss"]);

    let before = leadbox.log().head().await.unwrap();
    let again = Importer::new(&leadbox).upsert_by(keys).dry_run().run(file.as_bytes());
    let again = again.await.unwrap();
    assert_eq!((again.ending, again.created, again.unchanged), (Ending::DryRun, 0, 3));
    assert_eq!(leadbox.log().head().await.unwrap(), before);
}

#[tokio::test]
async fn a_dry_run_counts_what_the_import_then_does() {
    let leadbox = sandbox().await;
    let file = "email,title\na@x.example,1\nb@x.example,2\na@x.example,3\nbad,4\n";
    let mut refused = Vec::new();
    let tried = Importer::new(&leadbox).dry_run().errors_to(&mut refused);
    let tried = tried.run(file.as_bytes()).await.unwrap();
    assert!(leads(&leadbox).await.is_empty());
    assert!(String::from_utf8(refused).unwrap().contains("email: "));
    let done = import(&leadbox, file).await.unwrap();
    assert_eq!(tried.counts, done.counts);
    assert_eq!(tried.errors, done.errors);
}

#[tokio::test]
async fn an_import_acts_in_its_own_name_and_ends_with_one_event() {
    let leadbox = sandbox().await;
    let user = leadbox.new_id::<UserId>();
    let asker = leadbox.by(Actor::user(user).from_origin("192.0.2.7"));
    let report = import(&asker, many(10)).await.unwrap();
    let announced = Announced::all(&leadbox).await.unwrap();
    let (captured, last) = announced
        .0
        .iter()
        .filter(|event| event.actor.kind == ActorKind::Import)
        .partition::<Vec<_>, _>(|event| event.kind == EventType::LEAD_CAPTURED);
    assert_eq!((captured.len(), last.len()), (9, 1));
    assert!(captured.iter().all(|event| event.bulk));
    let last = last[0];
    assert_eq!(
        (last.kind.clone(), last.bulk, last.version),
        (EventType::IMPORT_FINISHED, false, Version(1))
    );
    assert_eq!(last.subject.id, report.import.uuid());
    assert_eq!(last.actor.id, Some(report.import.uuid()));
    assert_eq!(last.actor.on_behalf_of, Some(user));
    let data = last.payload().unwrap().data;
    assert_eq!(
        (&data["rows"], &data["created"], &data["failed"]),
        (&10.into(), &9.into(), &1.into())
    );
}

#[tokio::test]
async fn leads_of_others_are_neither_changed_nor_shown() {
    let leadbox = sandbox().await;
    let (mine, other): (UserId, UserId) = (leadbox.new_id(), leadbox.new_id());
    let known = NewLead::new().email("ada@a.example").title("CEO").owner(other);
    leadbox.leads().capture(&known).await.unwrap();
    let agent = leadbox.seeing(Scope::owned_by(leadbox.tenant(), [mine]));
    let report = import(&agent, "email,title\nada@a.example,CTO\n").await.unwrap();
    assert_eq!((report.failed, report.errors[0].field.as_str()), (1, "email"));
    assert_eq!(leads(&leadbox).await[0].person.title.as_deref(), Some("CEO"));
}

#[tokio::test]
async fn lines_of_json_come_in_nested_or_flat_and_fail_alone() {
    let leadbox = sandbox().await;
    let mut file = br#"{"email":"ada@a.example","utm":{"source":"x"},"custom":{"budget":5},"tags":["A;b"],"value":12.5,"consents":[{"purpose":"news","status":"denied"}]}

{"Email Address":"bo@b.example","utm.medium":"cpc","cf.newsletter":true,"employees":12,"score":9,"last_name":"Okafor","first_name":"Bo","phone":null}
{"email":"cy@c.example","colour":"red"}
{"email":5,"employees":"x","custom":{"nope":1},"utm":[],"upsert_by":["name"]}
[1]
{"email":"dee@d.example"
{"email":"eve@e.example","upsert_by":[]}
"#
    .to_vec();
    file.extend(b"{\"name\":\"\xff\"}\n");
    file.extend(format!("{{\"name\":\"{}\"}}\n", "x".repeat(MAX_RECORD)).bytes());
    file.extend(b"{\"name\":\"Zoe\",\"email\":\"zoe@z.example\"}");
    let mut refused = Vec::new();
    let importer = Importer::new(&leadbox).errors_to(&mut refused);
    let report = importer.run(file.as_slice()).await.unwrap();
    assert_eq!(report.format, Format::JsonLines);
    assert_eq!((report.rows, report.created, report.failed), (10, 4, 6), "{report:?}");
    let found: Vec<_> =
        report.errors.iter().map(|error| (error.row, error.line, error.field.as_str())).collect();
    let expected = [
        (3, 4, "colour"),
        (4, 5, "email"),
        (4, 5, "employees"),
        (4, 5, "upsert_by"),
        (4, 5, "utm"),
        (4, 5, "cf.nope"),
        (5, 6, "row"),
        (6, 7, "row"),
        (8, 9, "row"),
        (9, 10, "row"),
    ];
    assert_eq!(found, expected);
    let leads = leads(&leadbox).await;
    let ada = leads.iter().find(|lead| lead.display_name() == "ada@a.example").unwrap();
    assert!(ada.tags.contains("a;b") && ada.source.utm.source.as_deref() == Some("x"));
    assert!(leads.iter().any(|lead| lead.display_name() == "Bo Okafor"));

    let mended = String::from_utf8(refused).unwrap();
    assert_eq!(mended.lines().count(), 6);
    let mended = mended.replace(r#""colour":"red""#, r#""city":"Rome""#);
    let mended =
        mended.replace(r#"{\"email\":\"dee@d.example\""#, r#"{\"email\":\"dee@d.example\"}"#);
    let report = import(&leadbox, mended).await.unwrap();
    assert_eq!((report.rows, report.created), (6, 2), "{report:?}");
}

#[test]
fn an_import_can_be_spawned() {
    fn assert_send<T: Send>(_: T) {}
    let leadbox = Sandbox::new().unwrap().leadbox;
    let mut refused = Vec::new();
    assert_send(Importer::new(&leadbox).errors_to(&mut refused).progress(|_| {}).run(&b""[..]));
    assert_send(crate::transfer::Exporter::new(&leadbox).run(Vec::new()));
}
