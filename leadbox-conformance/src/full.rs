//! A lead in which every field has a value. Owns values that are easily mangled on the way: accents, quotes, fractions
//! of a second, negative amounts, every type of custom field.

use leadbox_core::identity::{Domain, Industry};
use leadbox_core::{
    Company, Consent, ConsentStatus, Country, Currency, Decimal, FieldKey, FieldValue, Lead, Money,
    Person, Phone, Source, Utm,
};

use crate::fixtures::{ParseEmail, World, at_micros};

/// A lead with every field, not yet stored; each one has another address, number and external id.
pub fn full_lead(world: &World) -> Lead {
    let number = world.number();
    let text = |text: &str| Some(text.to_owned());
    let bare = world.lead();
    Lead {
        external_id: Some(format!("crm/{number} ü'\"%_\\")),
        person: Person {
            name: Some(format!("Zoë O'Neill-Łukasz {number}")),
            first_name: text("Zoë"),
            title: text("Head of \"R&D\" — 100%"),
            email: Some(format!("Zoe.Oneill+{number}@Sub.Example.org").parse_email()),
            phone: Some(phone(number)),
        },
        company: Company {
            name: text("Übergrößen GmbH & Co. KG"),
            domain: Some(Domain::parse("shop.example.co.uk").unwrap()),
            industry: Some(Industry::from_id("software").unwrap()),
            industry_text: text("Underwater basket weaving"),
            employees: Some(i64::from(i32::MAX) + 7),
            country: Country::from_code("DE"),
            city: text("São Paulo"),
        },
        source: Source {
            name: text("google ads"),
            detail: text("form: contact; \\ back"),
            utm: Utm {
                source: text("google"),
                medium: text("cpc"),
                campaign: text("winter 2026 ❄"),
                term: text("crm & leads"),
                content: text("<b>banner</b>"),
            },
            referrer: text("https://example.org/?q=a%20b&r=ä"),
            landing_page: text("https://example.com/land#top"),
        },
        tags: ["vip", "größe xl", "a,b;c"].map(str::to_owned).into(),
        owner: Some(world.id()),
        stage: world.stage(2),
        stage_since: at_micros(123_456_789),
        value: Some(Money::new(-123_456_789_012, "JPY".parse::<Currency>().unwrap())),
        consents: vec![
            Consent {
                purpose: "newsletter".to_owned(),
                status: ConsentStatus::Withdrawn,
                at: at_micros(1),
                evidence: text("double opt-in"),
            },
            Consent {
                purpose: "calls".to_owned(),
                status: ConsentStatus::Denied,
                at: at_micros(-1),
                evidence: None,
            },
        ],
        custom: custom(),
        completeness: 100,
        created_at: at_micros(1_000_001),
        created_on: at_micros(0).date_naive() + chrono::Days::new(1),
        updated_at: at_micros(999_999_999_999),
        ..bare
    }
}

/// A number that only this lead has.
pub fn phone(number: u64) -> Phone {
    Phone::parse(&format!("+4930{:07}", 1_000_000 + number % 1_000_000), None).unwrap()
}

fn custom() -> std::collections::BTreeMap<FieldKey, FieldValue> {
    let day = at_micros(0).date_naive();
    [
        ("c_text", FieldValue::Text("Line 1\nLine 2\t\u{1F600}".to_owned())),
        ("c_number", FieldValue::Number(-0.1)),
        ("c_large", FieldValue::Number(1.797e308)),
        ("c_decimal", FieldValue::Decimal(Decimal::from_millionths(-1))),
        ("c_bool", FieldValue::Bool(false)),
        ("c_date", FieldValue::Date(day)),
        ("c_choice", FieldValue::Choice("Größe M".to_owned())),
        ("c_choices", FieldValue::Choices(vec!["a".to_owned(), "b".to_owned()])),
        ("c_url", FieldValue::Url("https://example.org/ä?b=c#d".to_owned())),
        ("c_email", FieldValue::Email("other@example.org".parse_email())),
        ("c_phone", FieldValue::Phone(Phone::parse("+442079460958", None).unwrap())),
        ("c_long", FieldValue::Text("x".repeat(FieldValue::MAX_TEXT))),
    ]
    .into_iter()
    .map(|(key, value)| (key.parse().unwrap(), value))
    .collect()
}
