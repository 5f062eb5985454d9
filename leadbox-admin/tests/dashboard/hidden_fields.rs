//! What a role hides is on no page: not in lists, not among facts, not in what happened, not in plans, files and forms, and
//! nothing is found, sorted or changed by it.

use axum::http::StatusCode;
use leadbox_core::access::{Grants, Role};
use leadbox_core::service::{BulkAction, Selection};
use leadbox_core::{
    FieldDefinition, FieldType, IdentityKind, LeadId, LeadPatch, MergeChoice, NewLead,
};

use crate::permissions::cast::PREFIX;
use crate::permissions::desk::Desk;

/// What is hidden, as it is and as it was.
const HIDDEN: [&str; 6] =
    ["zebra@", "okapi@", "2079460018", "2079460099", "badge-quagga", "badge-tapir"];

/// May do everything, and sees neither addresses nor numbers nor what it is worth nor badges.
async fn blind() -> Desk {
    let grants = Grants::everything().hide("email").hide("phone").hide("value").hide("cf.badge");
    let role = Role { key: "blind".parse().unwrap(), name: "Blind".to_owned(), grants };
    let agent = Role::built_in().find(|role| role.key.as_str() == "agent").unwrap();
    let desk = Desk::of(agent).await;
    let leadbox = &desk.cast.office.sandbox.leadbox;
    let badge = FieldDefinition::new("badge", FieldType::Text).unwrap();
    leadbox.definitions().define_field(&badge).await.unwrap();
    leadbox.access().define_role(&role).await.unwrap();
    leadbox.directory().give_roles(desk.cast.asker, [role.key]).await.unwrap();
    desk
}

/// A lead that has had everything twice, once merged and twice changed with many.
async fn ada(desk: &Desk) -> (LeadId, Vec<String>) {
    let leadbox = &desk.cast.office.sandbox.leadbox;
    let new = |email: &str, phone: &str, badge: &str| {
        let new = NewLead::new().name("Ada Lovelace").owner(desk.cast.asker);
        new.email(email).phone(phone).field("badge", badge).upsert_by(IdentityKind::Email)
    };
    let leads = leadbox.leads();
    let first = new("okapi@analytical.example", "+442079460099", "badge-tapir");
    let first = leads.capture(&first).await.unwrap().lead;
    let second = new("zebra@analytical.example", "+442079460018", "badge-quagga");
    let second = leads.capture(&second).await.unwrap().lead;
    leads.merge(second.id, &[first.id], &MergeChoice::default()).await.unwrap();
    let patch = LeadPatch::new().set("phone", "+442079460099").set("cf.badge", "badge-tapir");
    leads.update(second.id, &patch, None).await.unwrap();
    let mut works = Vec::new();
    for badge in ["badge-quagga", "badge-tapir"] {
        let action = BulkAction::Change(LeadPatch::new().set("cf.badge", badge));
        let done = leadbox.bulk().run(&action, &Selection::Ids(vec![second.id])).await.unwrap();
        works.push(done.id.to_string());
    }
    let patch = LeadPatch::new().set("phone", "+442079460018").set("cf.badge", "badge-quagga");
    leads.update(second.id, &patch, None).await.unwrap();
    (second.id, works)
}

#[tokio::test]
async fn what_is_hidden_is_on_no_page_and_in_no_file() {
    let mut desk = blind().await;
    let (lead, works) = ada(&desk).await;
    let mut open: Vec<String> = [
        "",
        "/leads?col=email&col=phone&col=cf.badge&col=title",
        "/leads?q=Ada",
        "/leads/export?format=csv",
        "/leads/export?format=jsonl",
        "/leads?sort=created",
        "/bulk/new?do=tag&tag=vip&plan=1&all=1&list=",
        "/log",
        "/menu",
    ]
    .map(|path| format!("{PREFIX}{path}"))
    .into();
    open.push(format!("{PREFIX}/leads/{lead}"));
    open.push(format!("{PREFIX}/bulk/new?do=field&lead={lead}"));
    for work in works {
        open.extend(["", "/undo"].map(|end| format!("{PREFIX}/bulk/{work}{end}")));
    }
    let seen = desk.walk(open).await;
    assert!(seen.len() > 25, "{}", seen.len());
    let named = seen.iter().filter(|(_, answer)| answer.body.contains("Ada Lovelace")).count();
    assert!(named > 6, "the lead itself is seen, on {named}");
    for (address, answer) in &seen {
        for hidden in HIDDEN {
            assert!(!answer.body.contains(hidden), "{hidden} on {address}: {}", answer.body);
        }
    }
    // What may be chosen there names no hidden field either.
    for (address, answer) in &seen {
        let is_about_leads = !address.contains("/roles") && !address.contains("/settings");
        for field in ["email", "phone", "value", "cf.badge"] {
            let chosen = [format!("value=\"{field}\""), format!("sort={field}")];
            let named = chosen.iter().any(|one| answer.body.contains(one)) && is_about_leads;
            assert!(!named, "{field} can be chosen on {address}");
        }
    }
}

#[tokio::test]
async fn nothing_is_found_or_changed_by_what_is_hidden() {
    let mut desk = blind().await;
    let (lead, _) = ada(&desk).await;
    for hidden in HIDDEN {
        let page = desk.browser.get(&format!("{PREFIX}/leads?q={}", hidden.replace('@', ""))).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("Ada Lovelace"), "found by {hidden}");
    }
    let sorted = desk.browser.get(&format!("{PREFIX}/leads?sort=value")).await;
    assert_eq!(sorted.status, StatusCode::UNPROCESSABLE_ENTITY);
    let stored = desk.cast.office.sandbox.leadbox.leads().lead(lead).await.unwrap().unwrap();
    let address = format!("{PREFIX}/leads/{lead}/edit");
    let version = stored.lead.version.0.to_string();
    for (field, value) in
        [("email", "new@analytical.example"), ("phone", "+442079460011"), ("cf.badge", "new")]
    {
        let form = [("version", version.as_str()), (field, value)];
        let told = desk.browser.post(&address, &form).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", told.body);
        assert!(!HIDDEN.iter().any(|hidden| told.body.contains(hidden)), "{}", told.body);
    }
    let after = desk.cast.office.sandbox.leadbox.leads().lead(lead).await.unwrap().unwrap();
    assert_eq!(after.lead, stored.lead);
}
