//! Who is let in, with keys and their limits, and how people, teams, roles and keys are administered.

use std::num::NonZeroU32;

use leadbox_core::Role;
use leadbox_core::access::{Capability, Grants, Level, Permission};
use leadbox_core::service::NewKey;
use serde_json::json;

use super::{PREFIX, Program, ada, office};

#[tokio::test]
async fn nobody_is_let_in_without_a_key_and_a_key_does_what_it_may() {
    let (office, _) = office().await;
    let leadbox = &office.sandbox.leadbox;
    let nobody = Program::without_key(&office.app, PREFIX);
    for path in ["/me", "/leads", "/openapi.json"] {
        let reply = nobody.get(path).await.with(401);
        assert_eq!(reply.header("www-authenticate"), "Bearer", "{path}");
    }
    let forgot = nobody.post("/leads", ada()).await.with(401);
    assert!(forgot.text.contains("Bearer lbk_"), "it is no form of another site");
    nobody.with_key("lbk_0000").get("/me").await.with(401);

    // What a form on a website gets: it may bring leads in, and see none.
    let form = Grants::default().allow(Permission::LeadCreate, Level::All);
    let form = Program::of(&office.app, PREFIX, leadbox, None, form).await;
    let captured = form.post("/leads", ada()).await.with(201);
    assert!(captured.json().get("lead").is_none());
    let id = captured.json()["id"].as_str().unwrap().to_owned();
    form.get(&format!("/leads/{id}")).await.with(404);
    let denied = form.patch(&format!("/leads/{id}"), json!({})).await;
    assert!([403, 404].contains(&denied.status.as_u16()));
    let problem = form.get("/users").await;
    assert_eq!(problem.status.as_u16(), 403, "a form need not know who works here");
    let me = form.get("/me").await.with(200).json();
    assert_eq!(me["permissions"], json!({"lead.create": "all"}));

    let grants =
        Grants::default().allow(Permission::LeadRead, Level::Own).enable(Capability::KeysManage);
    let role = Role { key: "developer".parse().unwrap(), name: "Developer".to_owned(), grants };
    leadbox.access().define_role(&role).await.unwrap();
    let seller = office.hire("sam", "developer").await;
    let own = Program::of(
        &office.app,
        PREFIX,
        leadbox,
        Some(seller),
        Grants::default().allow(Permission::LeadRead, Level::Own).hide("email"),
    )
    .await;
    assert_eq!(
        own.get("/leads").await.with(200).json()["items"],
        json!([]),
        "no further than its user"
    );
    leadbox.leads().assign(id.parse().unwrap(), Some(seller)).await.unwrap();
    let seen = own.get(&format!("/leads/{id}")).await.with(200);
    assert!(!seen.text.contains("ada@"), "{}", seen.text);
    let problem = own.get("/events").await.with(403).json();
    assert_eq!(problem["needs"], "audit.read");
}

#[tokio::test]
async fn users_teams_roles_and_keys_are_administered() {
    let (office, host) = office().await;
    let admin = office.hire("alex", "admin").await;
    let program = Program::of(
        &office.app,
        PREFIX,
        &office.sandbox.leadbox,
        Some(admin),
        Grants::everything(),
    )
    .await;
    let team = program.post("/teams", json!({"name": "North"})).await.with(201).json();
    let renamed = format!("/teams/{}", team["id"].as_str().unwrap());
    let team = program
        .header("if-match", "\"1\"")
        .patch(&renamed, json!({"name": "South"}))
        .await
        .with(200)
        .json();
    program.header("if-match", "\"1\"").patch(&renamed, json!({"name": "East"})).await.with(412);

    let role = json!({"name": "Caller", "grants": {"permissions": {"lead.read": "team"}, "hidden": ["value"]}});
    assert_eq!(program.put("/roles/caller", role).await.with(200).json()["built_in"], false);
    let new = json!({"name": "Bo", "email": "bo@office.example", "team": team["id"], "roles": ["caller"]});
    let user = program.post("/users", new).await.with(201);
    let path = format!("/users/{}", user.json()["id"].as_str().unwrap());
    let moved =
        program.patch(&path, json!({"team": null, "zone": "Europe/Berlin"})).await.with(200).json();
    assert_eq!(
        (moved.get("team"), &moved["zone"], &moved["name"]),
        (None, &json!("Europe/Berlin"), &json!("Bo"))
    );
    program.patch(&path, json!({"zone": "Mars/Olympus"})).await.with(422);
    let access = program.get(&format!("{path}/access")).await.with(200).json();
    assert_eq!(
        access["permissions"][0],
        json!({"permission": "lead.read", "level": "team", "roles": ["caller"]})
    );
    let link = program
        .post(&format!("{path}/links"), json!({"kind": "invitation"}))
        .await
        .with(201)
        .json();
    assert!(link["path"].as_str().unwrap().starts_with("/invitation?code=lbi_"));
    program.delete(&format!("{path}/sessions")).await.with(204);
    program.delete("/roles/caller").await.with(422);
    program.patch(&path, json!({"roles": []})).await.with(200);
    program.delete("/roles/caller").await.with(204);

    // Keys are made by people, on the page; one that stands for a user makes none for it.
    program.post("/keys", json!({"name": "second", "grants": {}})).await.with(403);
    let keys = program.get("/keys").await.with(200).json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 2);
    assert!(!program.get("/keys").await.text.contains("secret"));
    let id = keys["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key.get("user").is_none())
        .unwrap()["id"]
        .clone();
    program.delete(&format!("/keys/{}", id.as_str().unwrap())).await.with(204);
    host.get("/me").await.with(401);
    let found = program.post("/events/verification", json!({})).await.with(200).json();
    assert_eq!(found["verdict"], "intact");
    let events = program.get("/events?kind=role.changed,role.removed").await.with(200).json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_with_a_limit_is_told_what_is_left_and_when_to_come_back() {
    let (office, _) = office().await;
    let new =
        NewKey { name: "slow".to_owned(), per_minute: NonZeroU32::new(2), ..NewKey::default() };
    let key = office.sandbox.leadbox.keys().make(&new).await.unwrap().text();
    let program = Program::without_key(&office.app, PREFIX).with_key(&key);
    let first = program.get("/me").await.with(200);
    assert_eq!(first.header("ratelimit-policy"), "\"key\";q=2;w=60");
    assert_eq!(first.header("ratelimit"), "\"key\";r=1;t=30");
    program.get("/me").await.with(200);
    let refused = program.get("/me").await.with(429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit"), "\"key\";r=0;t=60");
    assert_eq!(refused.json()["title"], "Too many requests");
}
