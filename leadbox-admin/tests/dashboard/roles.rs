//! Roles on their pages: what is done there is stored and logged, nobody hands out more than they have, and others are refused.

use axum::http::StatusCode;
use leadbox_core::access::{Capability, Grants, Level, Permission};
use leadbox_core::{EventType, FieldDefinition, FieldType, Role, RoleKey};

use crate::support::{Answer, Browser, Office};

/// What a browser would send of the page's form: what is ticked and what stands in its inputs.
fn form(page: &Answer) -> Vec<(String, String)> {
    let (_, form) = page.body.split_once("data-guard").unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let inputs = form.split("<input ").skip(1).map(|rest| rest.split_once('>').unwrap().0);
    let attribute = |input: &str, name: &str| {
        let (_, rest) = input.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"').unwrap().0.to_owned())
    };
    let sent = inputs.filter(|input| {
        let is_choice = input.contains("radio") || input.contains("checkbox");
        !input.contains(" disabled") && (!is_choice || input.contains(" checked"))
    });
    sent.map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap()))
        .collect()
}

/// The form with other answers.
fn with(form: &[(String, String)], answers: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = form.iter().filter(|(name, _)| !answers.iter().any(|(other, _)| name == other));
    let given = answers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.cloned().chain(given).collect()
}

async fn send(browser: &mut Browser, path: &str, form: &[(String, String)]) -> Answer {
    let form: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &form).await
}

async fn stored(office: &Office, key: &str) -> Option<Role> {
    let key: RoleKey = key.parse().unwrap();
    office.sandbox.leadbox.access().role(&key).await.unwrap().map(|(_, role)| role)
}

/// Whoever manages roles and little else: reads her team's leads without phone numbers.
async fn keeper(office: &Office) {
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::Team)
        .allow(Permission::LeadEdit, Level::Own)
        .enable(Capability::RolesManage)
        .hide("phone")
        .protect("value");
    let role = Role { key: "keeper".parse().unwrap(), name: "Keeper".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    office.hire("kim", "keeper").await;
}

#[tokio::test]
async fn a_role_is_made_changed_copied_and_removed() {
    let office = Office::new("/ops");
    let adi = office.hire("adi", "admin").await;
    let field = FieldDefinition::new("budget", FieldType::Decimal).unwrap();
    let field = FieldDefinition { label: "Budget".to_owned(), ..field };
    office.sandbox.leadbox.definitions().define_field(&field).await.unwrap();
    let mut admin = office.signed_in("adi").await;
    let blank = form(&admin.get("/ops/roles/new").await);
    let answers = [
        ("name", "Helper"),
        ("key", "helper"),
        ("lead.read", "team"),
        ("lead.edit", "own"),
        ("capability", "audit.read"),
        ("field.cf.budget", "hidden"),
        ("field.value", "read_only"),
    ];
    let made = send(&mut admin, "/ops/roles/new", &with(&blank, &answers)).await;
    assert_eq!(
        (made.status, made.location()),
        (StatusCode::SEE_OTHER, "/ops/roles/helper"),
        "{}",
        made.body
    );
    assert_eq!(office.last_event().await, (EventType::ROLE_CHANGED, Some(adi.uuid())));
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::Team)
        .allow(Permission::LeadEdit, Level::Own)
        .enable(Capability::AuditRead)
        .hide("cf.budget")
        .protect("value");
    assert_eq!(stored(&office, "helper").await.unwrap().grants, grants);

    let log = admin.get("/ops/log?kind=access").await.body;
    let told =
        "<dt>Grants</dt><dd><ins>With the leads of one&#39;s team and the teams below: see leads. ";
    assert!(log.contains(told), "{log}");

    let page = admin.get("/ops/roles/helper").await;
    for words in [
        "With the leads of one&#39;s team",
        "Not shown: Budget.",
        "Shown and not changed: Value.",
        "Nobody yet",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let as_it_is = form(&page);
    let same = send(&mut admin, "/ops/roles/helper", &as_it_is).await;
    assert_eq!(same.status, StatusCode::SEE_OTHER, "{}", same.body);
    assert_eq!(stored(&office, "helper").await.unwrap().grants, grants, "as the form has it");
    let other =
        with(&as_it_is, &[("name", "Assistant"), ("lead.read", ""), ("field.cf.budget", "shown")]);
    assert_eq!(send(&mut admin, "/ops/roles/helper", &other).await.status, StatusCode::SEE_OTHER);
    let role = stored(&office, "helper").await.unwrap();
    assert_eq!((role.name.as_str(), role.grants.level(Permission::LeadRead)), ("Assistant", None));
    assert!(role.grants.hidden.is_empty() && role.grants.writes("cf.budget"));
    let stale = send(&mut admin, "/ops/roles/helper", &as_it_is).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "changed meanwhile");

    let copy = admin.get("/ops/roles/new?from=agent").await;
    let copy = with(&form(&copy), &[("key", "junior")]);
    assert!(copy.contains(&("name".to_owned(), "Copy of Agent".to_owned())));
    assert_eq!(send(&mut admin, "/ops/roles/new", &copy).await.status, StatusCode::SEE_OTHER);
    let agent = stored(&office, "agent").await.unwrap();
    assert_eq!(stored(&office, "junior").await.unwrap().grants, agent.grants);

    office.hire("bo", "junior").await;
    let list = admin.get("/ops/roles").await.body;
    assert!(list.contains("built in") && list.contains("<td>bo</td>"), "{list}");
    let confirm = admin.get("/ops/roles/junior/remove").await.body;
    assert!(confirm.contains("Take it from them first") && !confirm.contains("btn danger"));
    let held = admin.post("/ops/roles/junior/remove", &[]).await;
    assert_eq!(held.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(held.body.contains("still given to 1 users"), "{}", held.body);
    assert!(admin.get("/ops/roles/helper/remove").await.body.contains("Remove Assistant</button>"));
    let removed = admin.post("/ops/roles/helper/remove", &[]).await;
    assert_eq!(removed.location(), "/ops/roles");
    assert_eq!(stored(&office, "helper").await, None);
    assert_eq!(office.last_event().await, (EventType::ROLE_REMOVED, Some(adi.uuid())));
    assert_eq!(admin.get("/ops/roles/helper").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_input_and_what_was_typed_stays() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let blank = form(&admin.get("/ops/roles/new").await);
    let typed =
        [("name", "Helper"), ("key", "helper"), ("lead.read", "team"), ("field.phone", "hidden")];
    for (name, given, says) in [
        ("key", "No Key", "is not a key"),
        ("key", "agent", "built-in role"),
        ("key", "new", "is the address of this page"),
        ("key", "", "is not a key"),
        ("name", " ", "needs 1 to 200"),
        ("lead.edit", "most", "is not a level"),
        ("capability", "fly", "is not a capability"),
        ("field.email", "", "is shown, read_only or hidden"),
    ] {
        let bad = with(&with(&blank, &typed), &[(name, given)]);
        let page = send(&mut admin, "/ops/roles/new", &bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let (_, beside) = page.body.split_once(&format!("id=\"{name}-error\"")).unwrap();
        assert!(beside.split_once("</p>").unwrap().0.contains(says), "{name}: {beside}");
        let kept = form(&page);
        for (other, value) in typed.iter().filter(|(other, _)| *other != name) {
            assert!(kept.contains(&((*other).to_owned(), (*value).to_owned())), "{name}: {other}");
        }
    }
    assert_eq!(stored(&office, "helper").await, None);
    let first = with(&blank, &typed);
    assert_eq!(send(&mut admin, "/ops/roles/new", &first).await.status, StatusCode::SEE_OTHER);
    let second = send(&mut admin, "/ops/roles/new", &with(&first, &[("name", "Other")])).await;
    assert!(second.body.contains("belongs to a role already"), "{}", second.body);
    assert_eq!(stored(&office, "helper").await.unwrap().name, "Helper", "the first stays");
    let page = form(&admin.get("/ops/roles/helper").await);
    let lost = send(&mut admin, "/ops/roles/helper", &with(&page, &[("revision", "x")])).await;
    assert!(lost.body.contains("<li>Revision: is missing"), "{}", lost.body);
}

#[tokio::test]
async fn a_built_in_role_is_shown_and_stays_as_it_is() {
    let office = Office::new("/ops");
    office.hire("adi", "admin").await;
    let mut admin = office.signed_in("adi").await;
    let page = admin.get("/ops/roles/manager").await;
    assert!(page.body.contains("nobody can change it") && !page.body.contains("data-guard"));
    assert!(page.body.contains("<span class=\"level team\">Team</span>"), "{}", page.body);
    assert!(!page.body.contains("/ops/roles/manager/remove"));
    let blank =
        with(&form(&admin.get("/ops/roles/new").await), &[("revision", "0"), ("name", "X")]);
    let refused = send(&mut admin, "/ops/roles/manager", &blank).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("built-in role"), "{}", refused.body);
    let refused = admin.post("/ops/roles/manager/remove", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(stored(&office, "manager").await.unwrap().name, "Manager");
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_have() {
    let office = Office::new("/ops");
    keeper(&office).await;
    let mut kim = office.signed_in("kim").await;
    let page = kim.get("/ops/roles/new").await;
    for (input, disabled) in [
        ("name=\"lead.read\" value=\"team\"", false),
        ("name=\"lead.read\" value=\"all\"", true),
        ("name=\"lead.delete\" value=\"own\"", true),
        ("name=\"capability\" value=\"roles.manage\"", false),
        ("name=\"capability\" value=\"audit.read\"", true),
        ("name=\"field.phone\" value=\"shown\"", true),
        ("name=\"field.value\" value=\"shown\"", true),
        ("name=\"field.value\" value=\"hidden\"", false),
        ("name=\"field.email\" value=\"shown\"", false),
    ] {
        let (_, rest) = page.body.split_once(input).unwrap();
        assert_eq!(rest.split_once('>').unwrap().0.contains(" disabled"), disabled, "{input}");
    }
    for reason in [
        "your team&#39;s leads only",
        "You may not do that yourself",
        "hidden from you",
        "not change it yourself",
    ] {
        assert!(page.body.contains(reason), "{reason}");
    }
    let offered =
        with(&form(&page), &[("name", "Reader"), ("key", "reader"), ("lead.read", "team")]);
    let made = send(&mut kim, "/ops/roles/new", &offered).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let reader = stored(&office, "reader").await.unwrap();
    assert!(reader.grants.hidden.contains("phone") && !reader.grants.writes("value"));

    let events = office.events().await.len();
    for beyond in [("lead.read", "all"), ("capability", "users.manage"), ("field.phone", "shown")] {
        for path in ["/ops/roles/new", "/ops/roles/reader"] {
            let mut forged = with(&offered, &[beyond, ("revision", "1")]);
            forged = with(&forged, &[("key", "other")]);
            assert_eq!(
                send(&mut kim, path, &forged).await.status,
                StatusCode::FORBIDDEN,
                "{beyond:?}"
            );
        }
    }
    assert_eq!(stored(&office, "reader").await.unwrap(), reader);
    assert_eq!(stored(&office, "other").await, None);

    // What allows more than she may is shown, and can neither be changed nor removed nor copied as a whole.
    let boss = Role {
        key: "boss".parse().unwrap(),
        name: "Boss".to_owned(),
        grants: Grants::everything(),
    };
    office.sandbox.leadbox.access().define_role(&boss).await.unwrap();
    let page = kim.get("/ops/roles/boss").await.body;
    assert!(
        page.contains("more than you may yourself")
            && !page.contains("data-guard")
            && !page.contains("/remove")
    );
    let less = with(&offered, &[("revision", "1"), ("name", "Boss")]);
    assert_eq!(send(&mut kim, "/ops/roles/boss", &less).await.status, StatusCode::FORBIDDEN);
    assert_eq!(kim.get("/ops/roles/boss/remove").await.status, StatusCode::FORBIDDEN);
    assert_eq!(kim.post("/ops/roles/boss/remove", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stored(&office, "boss").await, Some(boss));
    let copy = form(&kim.get("/ops/roles/new?from=boss").await);
    let copy = with(&copy, &[("key", "bossy")]);
    assert_eq!(send(&mut kim, "/ops/roles/new", &copy).await.status, StatusCode::SEE_OTHER);
    let copied = stored(&office, "bossy").await.unwrap().grants;
    assert_eq!(copied.level(Permission::LeadRead), Some(Level::Team));
    assert_eq!(office.events().await.len(), events + 2, "one for each role that was made");
}

#[tokio::test]
async fn others_see_no_roles_and_are_refused() {
    let office = Office::new("/ops");
    let access = office.sandbox.leadbox.access();
    let role =
        Role { key: "idle".parse().unwrap(), name: "Idle".to_owned(), grants: Grants::default() };
    access.define_role(&role).await.unwrap();
    for role in ["manager", "agent", "analyst", "read_only"] {
        office.hire(role, role).await;
        let mut browser = office.signed_in(role).await;
        assert!(!browser.get("/ops").await.body.contains("/ops/roles"), "{role}");
        for path in ["/ops/roles", "/ops/roles/new", "/ops/roles/idle", "/ops/roles/idle/remove"] {
            assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        for path in ["/ops/roles/new", "/ops/roles/idle", "/ops/roles/idle/remove"] {
            let form = [("name", "X"), ("key", "x"), ("revision", "1"), ("lead.read", "own")];
            assert_eq!(
                browser.post(path, &form).await.status,
                StatusCode::FORBIDDEN,
                "{role} {path}"
            );
        }
    }
    assert_eq!(stored(&office, "idle").await, Some(role));
    assert_eq!(stored(&office, "x").await, None);
}
