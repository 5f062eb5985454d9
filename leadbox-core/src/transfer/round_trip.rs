//! Properties of both directions together: what is exported comes back equal, and no bytes make an import panic.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Delimiter, Exporter, Format, Importer};
use crate::field::{FieldDefinition, FieldType};
use crate::id_source::RandomIds;
use crate::lead::{ConsentInput, ConsentStatus, IdentityKind, NewLead, Utm};
use crate::page::PageRequest;
use crate::scope::Scope;
use crate::service::{LeadBox, LeadList};
use crate::storage::MemoryStorage;
use crate::testing::ManualClock;
use crate::time::Clock;

const FORMATS: [Format; 3] =
    [Format::CSV, Format::Csv { delimiter: Delimiter::Byte(b';') }, Format::JsonLines];

fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn leadbox(seed: u64) -> LeadBox {
    let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new()))
        .clock(Arc::new(ManualClock::default()))
        .ids(Arc::new(RandomIds::seeded(seed)))
        .build()
        .unwrap();
    let choices = || vec!["Basic".to_owned(), "-Pro, Plus".to_owned(), "Ünlimited".to_owned()];
    for (key, kind) in [
        ("note", FieldType::Text),
        ("size", FieldType::Number),
        ("price", FieldType::Decimal),
        ("open", FieldType::Bool),
        ("due", FieldType::Date),
        ("plan", FieldType::Choice(choices())),
        ("plans", FieldType::MultiChoice(choices())),
        ("site", FieldType::Url),
        ("second_phone", FieldType::Phone),
    ] {
        let field = FieldDefinition::new(key, kind).unwrap();
        leadbox.definitions().define_field(&field).await.unwrap();
    }
    leadbox
}

/// Every lead's fields, stage and moments, in the order of their serial numbers.
async fn picture(leadbox: &LeadBox) -> Vec<Map<String, Value>> {
    let page = PageRequest::first(1000);
    let leads = leadbox.leads().list(&LeadList::default(), &page).await.unwrap().items;
    let catalog = leadbox.catalog().await.unwrap();
    let mut pictures: Vec<_> = leads
        .into_iter()
        .map(|stored| {
            let lead = stored.lead;
            let mut fields = lead.to_fields();
            fields.insert("stage".to_owned(), json!(catalog.stage(lead.stage).unwrap().1.key));
            fields.insert("created_at".to_owned(), json!(lead.created_at));
            fields.insert("consents".to_owned(), json!(lead.consents));
            fields.insert("completeness".to_owned(), json!(lead.completeness));
            fields
        })
        .collect();
    pictures.sort_by_key(|fields| fields["external_id"].to_string());
    pictures
}

/// Texts with everything that CSV, spreadsheets and JSON find difficult.
fn awkward() -> impl Strategy<Value = String> {
    "['=+@;,|\"\\\\\\[a-zA-Z0-9äß中🦀 -]{0,12}"
}

fn maybe<T: std::fmt::Debug>(some: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(some)
}

prop_compose! {
    fn custom()(
        note in maybe("['=+a-z;,\"\n\r\t -]{0,30}"),
        size in maybe(prop_oneof![any::<i32>().prop_map(f64::from), -1e9..1e9]),
        price in maybe(-1_000_000_i64..1_000_000),
        open in maybe(any::<bool>()),
        day in maybe(1_u32..28),
        plan in maybe(prop_oneof![Just("basic"), Just("-Pro, Plus"), Just("Ünlimited")]),
        plans in proptest::collection::vec(prop_oneof![Just("Basic"), Just("-Pro, Plus")], 0..3),
        site in maybe("https://[a-z]{1,8}\\.example/[a-z?=&;,-]{0,9}"),
        phone in maybe(0_u32..10_000),
    ) -> Vec<(&'static str, Value)> {
        let mut custom = Vec::new();
        let mut set = |key, value: Option<Value>| custom.extend(value.map(|value| (key, value)));
        set("note", note.map(Value::from));
        set("size", size.map(Value::from));
        set("price", price.map(|n| format!("{}.{:02}", n / 100, n.abs() % 100).into()));
        set("open", open.map(Value::from));
        set("due", day.map(|day| format!("2026-02-{day:02}").into()));
        set("plan", plan.map(Value::from));
        set("plans", Some(plans).filter(|plans| !plans.is_empty()).map(Value::from));
        set("site", site.map(Value::from));
        set("second_phone", phone.map(|n| format!("+49309018{n:04}").into()));
        custom
    }
}

prop_compose! {
    fn lead()(
        texts in proptest::collection::vec(maybe(awkward()), 14),
        tags in proptest::collection::vec(awkward(), 0..4),
        custom in custom(),
        consents in proptest::collection::vec(("[a-z=;]{1,8}", any::<bool>(), maybe(awkward())), 0..3),
        phone in maybe(0_u32..10_000),
        amount in maybe(-1_000_000_i64..1_000_000),
        stage in maybe(prop_oneof![Just("qualified"), Just("won"), Just("new")]),
        minutes in 0_i64..1_000_000,
        employees in maybe(0_i64..1_000_000),
        user in maybe(any::<u128>()),
    ) -> NewLead {
        let at = ManualClock::default().now();
        let mut texts = texts.into_iter();
        let mut text = || texts.next().flatten();
        NewLead {
            name: text(),
            first_name: text(),
            title: text(),
            email: phone.map(|n| format!("{n}+tag@Company{}.example", n % 7)),
            phone: phone.map(|n| format!("+49 30 901-8{n:04}")),
            company: text(),
            industry: text(),
            city: text(),
            country: employees.map(|n| if n % 2 == 0 { "DE" } else { "Türkiye" }.to_owned()),
            source: text(),
            source_detail: text(),
            utm: Utm { source: text(), medium: text(), campaign: text(), term: text(), content: text() },
            referrer: text(),
            landing_page: text(),
            value: amount.map(|n| format!("{}.{:02} USD", n / 100, n.abs() % 100)),
            stage: stage.map(str::to_owned),
            employees,
            owner: user.map(|id| uuid::Uuid::from_u128(id).into()),
            tags,
            consents: consents
                .into_iter()
                .map(|(purpose, yes, evidence)| ConsentInput {
                    purpose,
                    status: if yes { ConsentStatus::Granted } else { ConsentStatus::Withdrawn },
                    at: Some(at - chrono::TimeDelta::seconds(minutes)),
                    evidence,
                })
                .collect(),
            custom: custom.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            created_at: Some(at - chrono::TimeDelta::minutes(minutes)),
            ..NewLead::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_exported_comes_back_equal(leads in proptest::collection::vec(lead(), 1..8)) {
        now(async {
            let from = leadbox(1).await;
            for (n, lead) in leads.into_iter().enumerate() {
                let mut lead = lead;
                lead.external_id = Some(format!("-{n:03}"));
                from.leads().capture(&lead).await.unwrap();
            }
            for format in FORMATS {
                let mut file = Vec::new();
                Exporter::new(&from).format(format).run(&mut file).await.unwrap();
                let to = leadbox(2).await;
                // Two may have one e-mail address, and would be one lead by that.
                let report = Importer::new(&to).upsert_by([IdentityKind::ExternalId]).run(file.as_slice()).await.unwrap();
                prop_assert_eq!(report.failed, 0, "{:?}\n{}", report, String::from_utf8_lossy(&file));
                prop_assert_eq!(picture(&to).await, picture(&from).await);
                let again = Importer::new(&to).upsert_by([IdentityKind::ExternalId]).run(file.as_slice()).await.unwrap();
                prop_assert_eq!(again.unchanged, again.rows, "{:?}", again);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_bytes_make_an_import_panic(
        head in prop_oneof![Just(""), Just("name,email\n"), Just("{\"name\":\""), Just("\u{feff}")],
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "[\"\r\n,;{}\\[\\]:a-z0]{0,200}".prop_map(String::into_bytes),
        ],
        format in maybe(proptest::sample::select(FORMATS.to_vec())),
    ) {
        now(async {
            let leadbox = leadbox(1).await;
            let (mut refused, mut counted) = (Vec::new(), 0);
            let file = [head.as_bytes(), &bytes].concat();
            let mut importer = Importer::new(&leadbox)
                .batch_size(3)
                .errors_to(&mut refused)
                .progress(|progress| counted = progress.rows);
            if let Some(format) = format {
                importer = importer.format(format);
            }
            if let Ok(report) = importer.run(file.as_slice()).await {
                assert_eq!(report.rows, counted);
                assert_eq!(report.rows, report.created + report.updated + report.unchanged + report.failed);
                assert_eq!(report.failed > 0, !refused.is_empty());
            }
        });
    }
}

#[tokio::test]
async fn texts_are_guarded_numbers_stay_and_hidden_fields_are_left_out() {
    let leadbox = leadbox(1).await;
    let new = NewLead::new()
        .name("=cmd()")
        .email("ada@a.example")
        .phone("+4930901820")
        .value("-12.50 EUR")
        .field("price", "-7.5")
        .field("note", "-x")
        .tag("b,c")
        .tag("a");
    leadbox.leads().capture(&new).await.unwrap();
    let mut scope = Scope::all(leadbox.tenant());
    scope.hidden_fields.extend(["email", "domain", "cf.due", "tag"].map(str::to_owned));
    let export = async |leadbox: &LeadBox, format| {
        let mut file = Vec::new();
        let report = Exporter::new(leadbox).format(format).run(&mut file).await.unwrap();
        assert_eq!((report.rows, report.bytes), (1, file.len() as u64));
        String::from_utf8(file).unwrap()
    };
    let csv = export(&leadbox, Format::CSV).await;
    for cell in
        [",'=cmd(),", ",'+4930901820,", ",-12.50,EUR,", ",'-x,", ",-7.5,", r#"[""a"",""b,c""]"#]
    {
        assert!(csv.contains(cell), "{cell} in {csv}");
    }
    assert!(csv.lines().next().unwrap().ends_with("cf.second_phone,cf.site,cf.size"));
    for format in [Format::CSV, Format::JsonLines] {
        let file = export(&leadbox.seeing(scope.clone()), format).await;
        for hidden in ["email", "a.example", "domain", "cf.due", "tags", "b,c"] {
            assert!(!file.contains(hidden), "{hidden} in {file}");
        }
    }
}

#[tokio::test]
async fn an_export_goes_page_by_page_and_tells_how_far_it_is() {
    let leadbox = leadbox(1).await;
    let new: Vec<NewLead> = (0..2500).map(|n| NewLead::new().name(format!("Lead {n}"))).collect();
    for part in new.chunks(500) {
        leadbox.leads().capture_many(part, Vec::new()).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut file = Vec::new();
    let exporter = Exporter::new(&leadbox).progress(|progress| seen.push(progress.rows));
    let report = exporter.run(&mut file).await.unwrap();
    assert_eq!((report.rows, seen), (2500, vec![1000, 2000, 2500]));
    assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2501);
}
