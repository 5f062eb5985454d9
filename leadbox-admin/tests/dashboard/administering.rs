//! Users and keys on their pages: what is done there is stored, is in the log with its hand, and is refused to others.

use axum::http::StatusCode;
use leadbox_core::access::{Capability, Grants, Level, Permission};
use leadbox_core::{EventType, Industry, NewLead, Role, UserStatus};

use crate::support::{Answer, Browser, Office, PASSWORD};

/// The secret that a page shows once.
fn secret(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("<code id=\"secret\">").unwrap();
    rest.split_once('<').unwrap().0.replace("&#38;", "&")
}

#[tokio::test]
async fn an_invited_user_gets_in_by_the_link() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await.with("origin", "https://app.example");
    let form = [
        ("name", "Bo Berg"),
        ("email", "bo@office.example"),
        ("team", ""),
        ("role", "agent"),
        ("role", "analyst"),
    ];
    let page = admin.post("/ops/users", &form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let link = secret(&page);
    assert!(link.starts_with("https://app.example/ops/invitation?code=lbi_"), "{link}");
    assert_eq!(office.last_event().await, (EventType::USER_INVITED, Some(adi.uuid())));
    let bo = office
        .sandbox
        .leadbox
        .directory()
        .user_by_email("bo@office.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bo.roles.len(), 2);
    let mut browser = Browser::new(&office.app);
    let path = link.trim_start_matches("https://app.example");
    let done = browser.post(path, &[("password", PASSWORD)]).await;
    assert_eq!(done.location(), "/ops");
    assert!(browser.get("/ops").await.body.contains("Bo Berg"));
    let again = admin.post("/ops/users", &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.body.contains("belongs to a user already")
            && again.body.contains("value=\"Bo Berg\"")
    );
    assert!(again.body.contains("<li>E-mail: "), "{}", again.body);
}

#[tokio::test]
async fn a_user_is_changed_signed_out_and_disabled() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let ann = office.hire("ann", "agent").await;
    let mut agent = office.signed_in("ann").await;
    let mut admin = office.signed_in("adi").await;
    let path = format!("/ops/users/{ann}");
    let page = admin.get(&path).await;
    assert!(page.body.contains("Signed in") && page.body.contains("Sign out everywhere"));
    let revision = office.sandbox.leadbox.directory().user(ann).await.unwrap().unwrap().revision;
    let revision = revision.to_string();
    let form = |status| {
        [
            ("revision", revision.as_str()),
            ("name", "Ann Other"),
            ("email", "ann@office.example"),
            ("team", ""),
            ("status", status),
            ("role", "read_only"),
        ]
    };
    let done = admin.post(&path, &form("active")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let user = office.sandbox.leadbox.directory().user(ann).await.unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.roles.len()), ("Ann Other", 1));
    assert_eq!(office.last_event().await, (EventType::USER_CHANGED, Some(adi.uuid())));
    let stale = admin.post(&path, &form("disabled")).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    for (missing, field) in [(0, "Revision"), (4, "Status")] {
        let mut form = form("disabled").to_vec();
        form.remove(missing);
        let refused = admin.post(&path, &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.body.contains(&format!("<li>{field}: ")), "{field}");
    }
    admin.post(&format!("{path}/sign-out"), &[]).await;
    assert_eq!(agent.get("/ops").await.status, StatusCode::SEE_OTHER);
    let current = user.revision.to_string();
    let mut disabled = form("disabled");
    disabled[0].1 = &current;
    assert_eq!(admin.post(&path, &disabled).await.status, StatusCode::SEE_OTHER);
    let user = office.sandbox.leadbox.directory().user(ann).await.unwrap().unwrap();
    assert_eq!(user.status, UserStatus::Disabled);
}

#[tokio::test]
async fn a_key_is_made_rotated_and_revoked() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let form = [("name", "Website"), ("days", "90"), ("lead.read", "all"), ("lead.create", "own")];
    let page = admin.post("/ops/keys", &form).await;
    let first = secret(&page);
    let leadbox = &office.sandbox.leadbox;
    let (asker, key) = leadbox.as_key(&first).await.unwrap();
    assert!(asker.rights().level(Permission::LeadCreate).is_some());
    assert!(asker.rights().level(Permission::LeadDelete).is_none());
    assert!(key.expires_at.is_some() && key.user == Some(adi));
    let second = secret(&admin.post(&format!("/ops/keys/{}/rotate", key.id), &[]).await);
    assert!(leadbox.as_key(&first).await.is_ok(), "for a day");
    let (_, rotated) = leadbox.as_key(&second).await.unwrap();
    let done = admin.post(&format!("/ops/keys/{}/revoke", rotated.id), &[]).await;
    assert_eq!(done.location(), "/ops/keys");
    assert!(leadbox.as_key(&second).await.is_err());
    assert_eq!(office.last_event().await, (EventType::KEY_REVOKED, Some(adi.uuid())));
    let list = admin.get("/ops/keys").await.body;
    assert!(list.contains("revoked") && !list.contains(&first[8..]), "a secret is shown once");
    for days in ["0", "never", "99999999999"] {
        let refused = admin.post("/ops/keys", &[("name", "Website"), ("days", days)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{days}");
    }
    let nameless = admin.post("/ops/keys", &[("name", " ")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.post("/ops/keys/nonsense/revoke", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_is_limited_and_what_was_typed_of_it_stays() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let form = |name, days, limit, level, capability| {
        [
            ("name", name),
            ("days", days),
            ("per_minute", limit),
            ("lead.read", level),
            ("capability", capability),
            ("capability", "system.read"),
        ]
    };
    let made = admin.post("/ops/keys", &form("Site", "90", "600", "team", "audit.read")).await;
    let (asker, key) = office.sandbox.leadbox.as_key(&secret(&made)).await.unwrap();
    assert_eq!(key.details.per_minute.map(u32::from), Some(600));
    assert!(
        asker.rights().can(Capability::AuditRead) && asker.rights().can(Capability::SystemRead)
    );
    assert!(!asker.rights().can(Capability::KeysManage));
    assert!(
        made.body.contains("600 per minute") && !made.body.contains("value=\"Site\""),
        "{}",
        made.body
    );

    let events = office.events().await.len();
    for (bad, input, says) in [
        (form(" ", "90", "600", "team", "audit.read"), "name", "needs 1 to 200"),
        (form("Site", "0", "600", "team", "audit.read"), "days", "is not 1 to 3650"),
        (form("Site", "90", "0", "team", "audit.read"), "per_minute", "is not a whole number"),
        (form("Site", "90", "4294967296", "team", "audit.read"), "per_minute", "4294967295"),
        (form("Site", "90", "600", "most", "audit.read"), "lead.read", "is not a level"),
        (form("Site", "90", "600", "team", "fly"), "capability", "is not a capability"),
    ] {
        let page = admin.post("/ops/keys", &bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{input}");
        let (_, beside) = page.body.split_once(&format!("id=\"{input}-error\"")).unwrap();
        assert!(beside.split_once("</p>").unwrap().0.contains(says), "{input}");
        let kept = [
            ("name", "value=\"Site\""),
            ("days", "<option value=\"90\" selected>"),
            ("per_minute", "value=\"600\""),
            ("lead.read", "<option value=\"team\" selected>"),
            ("capability", "value=\"audit.read\" checked"),
            ("", "value=\"system.read\" checked"),
        ];
        for (_, typed) in kept.iter().filter(|(other, _)| *other != input) {
            assert!(page.body.contains(typed), "{input}: {typed}");
        }
    }
    assert_eq!(office.events().await.len(), events);
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_more_than_they_do() {
    let office = Office::new("/ops");
    let grants =
        Grants::default().allow(Permission::LeadRead, Level::Own).enable(Capability::KeysManage);
    let role = Role { key: "keys".parse().unwrap(), name: "Keys".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    office.hire("kim", "keys").await;
    let mut kim = office.signed_in("kim").await;
    let page = kim.get("/ops/keys").await.body;
    for (input, disabled) in [
        ("<option value=\"own\"", false),
        ("<option value=\"team\"", true),
        ("value=\"keys.manage\"", false),
        ("value=\"audit.read\"", true),
    ] {
        let (_, rest) = page.split_once(input).unwrap();
        assert_eq!(rest.split_once('>').unwrap().0.contains(" disabled"), disabled, "{input}");
    }
    assert!(page.contains("You may do that with your own leads only."), "{page}");
    let events = office.events().await.len();
    for beyond in [("lead.read", "team"), ("lead.delete", "own"), ("capability", "audit.read")] {
        let form = [("name", "X"), ("days", ""), beyond];
        assert_eq!(kim.post("/ops/keys", &form).await.status, StatusCode::FORBIDDEN, "{beyond:?}");
    }
    assert_eq!(office.events().await.len(), events);
}

#[tokio::test]
async fn others_see_none_of_it_and_are_refused() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    for role in ["manager", "agent", "analyst", "read_only"] {
        office.hire(role, role).await;
        let mut browser = office.signed_in(role).await;
        let page = browser.get("/ops").await.body;
        assert!(!page.contains("/ops/users") && !page.contains("/ops/keys"), "{role}");
        for path in ["/ops/users".to_owned(), format!("/ops/users/{adi}"), "/ops/keys".to_owned()] {
            assert_eq!(browser.get(&path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        for path in [
            "/ops/users".to_owned(),
            format!("/ops/users/{adi}"),
            format!("/ops/users/{adi}/link"),
            format!("/ops/users/{adi}/sign-out"),
            "/ops/keys".to_owned(),
        ] {
            let form = [("name", "X"), ("email", "x@x.example"), ("role", "admin"), ("days", "")];
            assert_eq!(
                browser.post(&path, &form).await.status,
                StatusCode::FORBIDDEN,
                "{role} {path}"
            );
        }
    }
}

#[tokio::test]
async fn the_log_shows_who_did_what_and_that_it_is_whole() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    office.hire("ann", "agent").await;
    let mut admin = office.signed_in("adi").await;
    admin.post("/ops/keys", &[("name", "Website"), ("days", "")]).await;
    let all = admin.get("/ops/log").await.body;
    assert!(all.contains("An API key was made") && all.contains("Signed in"), "{all}");
    let access = admin.get("/ops/log?kind=access").await.body;
    assert!(access.contains("An API key was made") && !access.contains("Signed in"));
    assert!(all.contains("href=\"/ops/log/verify\""), "{all}");
    let verified = admin.get("/ops/log/verify").await.body;
    assert!(verified.contains("The chain is whole"));
    let wrong = admin.get("/ops/log/verify?so_far=rubbish").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut agent = office.signed_in("ann").await;
    assert_eq!(agent.get("/ops/log").await.status, StatusCode::FORBIDDEN);
    assert_eq!(agent.get("/ops/log/verify").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn settings_are_saved_or_refused_by_name() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    office.hire("max", "manager").await;
    let mut admin = office.signed_in("adi").await;
    let form = |zone, country| [("zone", zone), ("currency", "chf"), ("country", country)];
    let done = admin.post("/ops/settings", &form("Europe/Zurich", "Switzerland")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(office.last_event().await, (EventType::SETTINGS_CHANGED, Some(adi.uuid())));
    let page = admin.get("/ops/settings").await.body;
    assert!(page.contains("<option selected>Europe/Zurich") && page.contains("value=\"CHF\""));
    let wrong = admin.post("/ops/settings", &form("Mars/Olympus", "Atlantis")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("Time zone: is not a time zone")
            && wrong.body.contains("Phone numbers without a country: is not a country")
    );

    let mut manager = office.signed_in("max").await;
    assert_eq!(manager.get("/ops/settings").await.status, StatusCode::FORBIDDEN);
    assert_eq!(manager.post("/ops/settings", &form("UTC", "")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_counts_and_what_industries_are_called_is_set_or_refused_by_name() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    office.hire("max", "manager").await;
    let mut admin = office.signed_in("adi").await;
    let (weights, names) = ("/ops/settings/completeness", "/ops/settings/industries");
    let done = admin.post(weights, &[("email", "60"), ("phone", "40"), ("name", "0")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(office.last_event().await, (EventType::SETTINGS_CHANGED, Some(adi.uuid())));
    let settings = office.sandbox.leadbox.definitions().settings().await.unwrap();
    let weight = |name: &str| settings.completeness.get(name).copied();
    // What was not sent stays.
    assert_eq!(
        (weight("email"), weight("phone"), weight("name"), weight("title")),
        (Some(60), Some(40), None, Some(10))
    );
    let refused = admin.post(weights, &[("email", "much"), ("phone", "2")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("id=\"email-error\"") && refused.body.contains("value=\"much\""));
    let refused = admin.post(weights, &[("email", "1001")]).await;
    assert!(refused.body.contains("id=\"email-error\"") && refused.body.contains("0 to 1000"));

    let name = [("name", "PropTech & Co"), ("industry", "real_estate")];
    assert_eq!(admin.post(names, &name).await.status, StatusCode::SEE_OTHER);
    assert!(admin.get(names).await.body.contains("PropTech &#38; Co"));
    let leads = office.sandbox.leadbox.leads();
    let lead =
        leads.capture(&NewLead::new().name("Bo").industry("proptech co")).await.unwrap().lead;
    assert_eq!(lead.company.industry, Industry::from_id("real_estate"));
    for (wrong, field) in [
        ([("name", " "), ("industry", "real_estate")], "name"),
        ([("name", "!!"), ("industry", "real_estate")], "name"),
        ([("name", "Tech"), ("industry", "wizardry")], "industry"),
    ] {
        let refused = admin.post(names, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    let gone = [("name", "PropTech & Co")];
    assert_eq!(
        admin.post("/ops/settings/industries/remove", &gone).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!admin.get(names).await.body.contains("PropTech"));
    let mut manager = office.signed_in("max").await;
    for address in [weights, names] {
        assert_eq!(manager.get(address).await.status, StatusCode::FORBIDDEN);
        assert_eq!(manager.post(address, &name).await.status, StatusCode::FORBIDDEN);
    }
    let refused = manager.post("/ops/settings/industries/remove", &gone).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_system_page_shows_work_that_waits_and_who_is_behind() {
    let office = Office::new("/ops");
    office.hire("max", "manager").await;
    let jobs = office.sandbox.leadbox.jobs();
    jobs.enqueue([jobs.new_job("reports", serde_json::json!({}))]).await.unwrap();
    let mut manager = office.signed_in("max").await;
    let page = manager.get("/ops/system").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<th scope=\"row\">reports</th>"), "{}", page.body);
    office.hire("ann", "agent").await;
    assert_eq!(
        office.signed_in("ann").await.get("/ops/system").await.status,
        StatusCode::FORBIDDEN
    );
}
