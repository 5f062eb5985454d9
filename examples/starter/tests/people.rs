//! Users, teams, roles and keys from outside: what is done is stored and in the log, and what is wrong is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::{Ended, Place};
use serde_json::Value;

/// A storage with a user.
fn office() -> Place {
    let place = Place::new();
    place.file("none.csv", "email\nada@analytical.example\n");
    assert_eq!(place.run(&["import", "none.csv"]).code, 0);
    let added = place.run(&[
        "users",
        "add",
        "--name",
        "Ana Novak",
        "--email",
        "ana@acme.example",
        "--role",
        "admin",
    ]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert!(added.stdout.contains("leadbox users invite ana@acme.example"), "{}", added.stdout);
    place
}

/// What was logged last.
fn last_event(place: &Place) -> Value {
    let log = place.run(&["audit", "export"]).stdout;
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

fn refused(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "{word} is missing in {}", ended.stderr);
    }
}

#[test]
fn a_user_is_added_changed_disabled_and_enabled() {
    let place = office();
    assert_eq!(last_event(&place)["kind"], "user.changed");
    assert_eq!(place.run(&["teams", "add", "Inbound"]).code, 0);
    let changed = place.run(&[
        "users",
        "change",
        "ANA@acme.example",
        "--name",
        "Ana N.",
        "--give",
        "analyst",
        "--team",
        "Inbound",
        "--zone",
        "Europe/Zagreb",
        "--json",
    ]);
    let user = &changed.json()["user"];
    assert_eq!(changed.json()["changed"], true);
    assert_eq!((user["name"].as_str(), user["revision"].as_i64()), (Some("Ana N."), Some(2)));
    let id = user["id"].as_str().unwrap();
    let shown = place.run(&["users", "show", id, "--json"]).json();
    assert_eq!(shown["user"], *user, "by its id, as it was said");
    assert_eq!(shown["user"]["roles"], serde_json::json!(["admin", "analyst"]));
    assert_eq!(shown["user"]["team"]["name"], "Inbound");
    assert_eq!(
        (&shown["password"], &shown["user"]["zone"]),
        (&false.into(), &"Europe/Zagreb".into())
    );
    let same = place.run(&["users", "change", id, "--name", "Ana N."]);
    assert!(same.stdout.contains("is like that already"), "{}", same.stdout);

    let disabled = place.run(&["users", "disable", id]);
    assert!(
        disabled.stdout.contains("nobody who works here may let others in"),
        "{}",
        disabled.stdout
    );
    assert!(place.run(&["users", "list"]).stdout.contains("disabled"));
    refused(&place.run(&["users", "invite", id]), &["is disabled", "users enable"]);
    let enabled = place.run(&["users", "enable", id, "--json"]).json();
    assert_eq!(
        (&enabled["user"]["status"], &enabled["administrators"]),
        (&"active".into(), &1.into())
    );
    let back = ["users", "change", id, "--take", "analyst", "--no-team", "--no-zone", "--json"];
    let user = place.run(&back).json()["user"].clone();
    assert_eq!((&user["team"], &user["zone"]), (&Value::Null, &Value::Null));
    let list = place.run(&["users", "list"]);
    assert!(
        list.stdout.starts_with("name    e-mail            roles  team  state\nAna N.  ana@"),
        "{}",
        list.stdout
    );
}

#[test]
fn what_is_no_user_is_said() {
    let place = office();
    let again = ["users", "add", "--name", "X", "--email", "ana@acme.example"];
    refused(&place.run(&again), &["email: belongs to a user already"]);
    let role = ["users", "change", "ana@acme.example", "--give", "pilot"];
    refused(&place.run(&role), &["'pilot' is not a role", "leadbox roles list"]);
    let role = ["users", "change", "ana@acme.example", "--take", "agent"];
    refused(&place.run(&role), &["does not have the role 'agent'"]);
    let team = ["users", "change", "ana@acme.example", "--team", "Nowhere"];
    refused(&place.run(&team), &["there is no team 'Nowhere'", "leadbox teams list"]);
    for named in ["bo@acme.example", "00000000-0000-7000-8000-000000000000", "rubbish"] {
        refused(&place.run(&["users", "show", named]), &["there is no user", "leadbox users list"]);
    }
    for usage in [
        &["users"][..],
        &["users", "show"],
        &["users", "add", "--name", "X"],
        &["users", "change", "ana@acme.example"],
        &["users", "change", "ana@acme.example", "--give", "No Key"],
        &["users", "change", "ana@acme.example", "--zone", "Mars/Olympus"],
        &["users", "change", "ana@acme.example", "--team", "A", "--no-team"],
    ] {
        let ended = place.run(usage);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{usage:?}");
    }
}

#[test]
fn a_link_lets_a_user_in_and_another_replaces_it() {
    let place = office();
    let text = place.run(&["users", "invite", "ana@acme.example"]);
    let void = text.stdout.lines().next().unwrap().to_owned();
    assert!(text.stdout.contains("shown once, and good for a week"), "{}", text.stdout);
    assert_eq!(last_event(&place)["kind"], "user.invited");
    // Another process, which makes a link of its own when it starts.
    let mut server = place.serve(&[]);
    let path = place.run(&["users", "invite", "ana@acme.example", "--json"]).json()["path"].clone();
    assert_eq!(server.get(&void).status, 410, "{void}");
    server.open = path.as_str().unwrap().to_owned();
    let server = server.signed_in();
    assert!(server.get("/users").body.contains("Ana Novak"));
    server.terminate();
    assert_eq!(
        place.run(&["users", "show", "ana@acme.example", "--json"]).json()["password"],
        true
    );
    let reset = place.run(&["users", "reset", "ana@acme.example"]);
    assert!(reset.stdout.starts_with("/reset?code=lbr_"), "{}", reset.stdout);
    assert_eq!(last_event(&place)["kind"], "password.reset_asked");
}

#[test]
fn what_a_user_may_do_is_told_with_the_role_that_gives_it() {
    let place = office();
    let access =
        |more: &[&str]| place.run(&[&["users", "access", "ana@acme.example"], more].concat());
    let text = access(&[]).stdout;
    let line = text.lines().find(|line| line.starts_with("lead.delete")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["lead.delete", "all", "admin"]);
    assert!(
        place
            .run(&[
                "roles",
                "define",
                "shy",
                "--name",
                "Shy",
                "--grant",
                "lead.read=own",
                "--grant",
                "lead.edit=own",
                "--hide",
                "phone"
            ])
            .code
            == 0
    );
    assert_eq!(
        place
            .run(&["users", "change", "ana@acme.example", "--take", "admin", "--give", "shy"])
            .code,
        0
    );
    let json = access(&["--json"]).json();
    assert_eq!(
        json["fields"],
        serde_json::json!([{ "field": "phone", "hidden": true, "roles": ["shy"] }])
    );
    let read =
        json["permissions"].as_array().unwrap().iter().find(|one| one["permission"] == "lead.read");
    assert_eq!(
        (&read.unwrap()["level"], &read.unwrap()["roles"]),
        (&"own".into(), &serde_json::json!(["shy"]))
    );
    assert!(access(&[]).stdout.contains("hidden"));
}

#[test]
fn teams_are_a_tree_and_move_in_it() {
    let place = office();
    assert!(place.run(&["teams", "list"]).stdout.contains("no teams yet"));
    for add in
        [&["Sales"][..], &["West", "--parent", "Sales"], &["Bern", "--parent", "West"], &["East"]]
    {
        let added = place.run(&[&["teams", "add"], add].concat());
        assert_eq!(added.code, 0, "{}", added.stderr);
    }
    assert_eq!(last_event(&place)["kind"], "team.changed");
    assert_eq!(place.run(&["users", "change", "ana@acme.example", "--team", "Bern"]).code, 0);
    let moved = place
        .run(&["teams", "change", "East", "--parent", "Sales", "--name", "Far East", "--json"]);
    assert_eq!(moved.json()["team"]["revision"], 2, "{}", moved.stderr);
    let list = place.run(&["teams", "list"]).stdout;
    let tree: Vec<&str> =
        list.lines().skip(1).map(|line| line.split("  0").next().unwrap().trim_end()).collect();
    assert_eq!(tree, ["Sales", "  Far East", "  West", "    Bern    Ana Novak"], "{list}");
    let json = place.run(&["teams", "list", "--json"]).json();
    assert_eq!(
        (&json["teams"][3]["depth"], &json["teams"][3]["members"][0]["name"]),
        (&2.into(), &"Ana Novak".into())
    );
    refused(
        &place.run(&["teams", "change", "Sales", "--parent", "Bern"]),
        &["parent: is this team or one below it"],
    );
    refused(&place.run(&["teams", "add", " "]), &["name: needs 1 to 200"]);
    assert_eq!(place.run(&["teams", "change", "West", "--no-parent"]).code, 0);
    assert_eq!(place.run(&["teams", "add", "West"]).code, 0);
    refused(
        &place.run(&["teams", "change", "West", "--name", "X"]),
        &["2 teams are called 'West'", "by its id"],
    );
    let id = place.run(&["teams", "list", "--json"]).json()["teams"][2]["id"].clone();
    assert_eq!(place.run(&["teams", "change", id.as_str().unwrap(), "--name", "X"]).code, 0);
    assert_eq!(place.run(&["teams", "change", "X"]).code, 2);
}

#[test]
fn a_role_is_defined_by_options_or_a_file_and_removed() {
    let place = office();
    let list = place.run(&["roles", "list"]).stdout;
    assert!(
        list.lines().any(|line| line.split_whitespace().eq(["admin", "Admin", "1", "built", "in"])),
        "{list}"
    );
    let define = [
        "roles",
        "define",
        "helper",
        "--name",
        "Helper",
        "--grant",
        "lead.read=team",
        "--capability",
        "audit.read",
        "--hide",
        "phone",
        "--read-only",
        "value",
        "--json",
    ];
    let made = place.run(&define).json();
    let grants = serde_json::json!({
        "permissions": { "lead.read": "team" },
        "capabilities": ["audit.read"],
        "hidden": ["phone"],
        "read_only": ["phone", "value"],
    });
    assert_eq!((&made["new"], &made["role"]["grants"]), (&true.into(), &grants));
    assert_eq!(last_event(&place)["kind"], "role.changed");
    let shown = place.run(&["roles", "show", "helper", "--json"]).json();
    assert_eq!(shown["role"], made["role"]);
    place.file("role.json", &shown["role"].to_string());
    let copy = place
        .run(&["roles", "define", "other", "--file", "role.json", "--name", "Other", "--json"])
        .json();
    assert_eq!(
        (&copy["role"]["key"], &copy["role"]["name"], &copy["role"]["grants"]),
        (&"other".into(), &"Other".into(), &grants)
    );
    let narrowed =
        place.run(&["roles", "define", "helper", "--grant", "lead.read=own", "--json"]).json();
    assert_eq!(
        (&narrowed["new"], &narrowed["role"]["name"]),
        (&false.into(), &"Helper".into()),
        "what is not named is gone"
    );
    assert_eq!(narrowed["role"]["grants"]["capabilities"], serde_json::json!([]));

    assert_eq!(place.run(&["users", "change", "ana@acme.example", "--give", "helper"]).code, 0);
    assert!(
        place
            .run(&["roles", "show", "helper"])
            .stdout
            .contains("Helper (helper), had by Ana Novak")
    );
    refused(&place.run(&["roles", "remove", "helper"]), &["still given to 1 users"]);
    assert_eq!(place.run(&["users", "change", "ana@acme.example", "--take", "helper"]).code, 0);
    assert_eq!(place.run(&["roles", "remove", "helper", "--json"]).json()["removed"], "helper");
    assert_eq!(last_event(&place)["kind"], "role.removed");
    refused(
        &place.run(&["roles", "remove", "helper"]),
        &["there is no role 'helper'", "leadbox roles list"],
    );

    refused(&place.run(&["roles", "define", "admin", "--name", "X"]), &["built-in role"]);
    refused(&place.run(&["roles", "remove", "agent"]), &["is built in"]);
    refused(&place.run(&["roles", "define", "x"]), &["has no name", "--name"]);
    refused(
        &place.run(&["roles", "define", "x", "--name", "X", "--hide", "fone"]),
        &["'fone' cannot be kept back"],
    );
    place.file("odd.json", "{\"name\":\"X\",\"grant\":{}}");
    refused(
        &place.run(&["roles", "define", "x", "--file", "odd.json"]),
        &["odd.json is no role", "unknown field"],
    );
    for usage in [
        &["roles", "define", "No Key"][..],
        &["roles", "define", "x", "--grant", "lead.read"],
        &["roles", "define", "x", "--grant", "lead.read=most"],
        &["roles", "define", "x", "--capability", "fly"],
        &["roles", "define", "x", "--file", "role.json", "--hide", "phone"],
    ] {
        assert_eq!(place.run(usage).code, 2, "{usage:?}");
    }
}

#[test]
fn a_key_is_made_rotated_and_revoked() {
    let place = office();
    assert!(place.run(&["keys", "list"]).stdout.contains("no keys yet"));
    let make = [
        "keys",
        "make",
        "--name",
        "Website",
        "--grant",
        "lead.read=all",
        "--capability",
        "audit.read",
        "--expires",
        "90d",
        "--per-minute",
        "600",
    ];
    let made = place.run(&make);
    let secret = made.stdout.lines().next().unwrap().to_owned();
    assert!(
        secret.starts_with("lbk_") && made.stdout.contains("at most 600 requests per minute"),
        "{}",
        made.stdout
    );
    assert_eq!(last_event(&place)["kind"], "key.made");
    let key = place.run(&["keys", "list", "--json"]).json()["keys"][0].clone();
    assert_eq!((&key["per_minute"], &key["live"]), (&600.into(), &true.into()));
    assert_eq!(key["grants"]["permissions"], serde_json::json!({ "lead.read": "all" }));
    let day = |time: &Value| time.as_str().unwrap()[..10].parse::<chrono::NaiveDate>().unwrap();
    assert_eq!((day(&key["expires_at"]) - day(&key["created_at"])).num_days(), 90);

    let rotated = place.run(&["keys", "rotate", "Website", "--overlap", "0h", "--json"]).json();
    let second = rotated["secret"].as_str().unwrap();
    let list = place.run(&["keys", "list"]).stdout;
    assert!(!list.contains(&secret[10..]) && !list.contains(&second[10..]), "shown once");
    assert!(list.contains("lead.read=all, audit.read"), "{list}");
    let server = place.serve(&[]);
    assert_eq!(server.with_key("/api/v1/leads", &secret).status, 401);
    assert_eq!(server.with_key("/api/v1/leads", second).status, 200);
    assert_eq!(server.with_key("/api/v1/users", second).status, 200);
    assert_eq!(server.with_key("/api/v1/keys", second).status, 403);
    server.terminate();
    let revoked = place.run(&["keys", "revoke", "Website"]);
    assert!(revoked.stdout.contains("whoever uses it is refused"), "{}", revoked.stderr);
    assert_eq!(last_event(&place)["kind"], "key.revoked");
    refused(
        &place.run(&["keys", "revoke", "Website"]),
        &["there is no key 'Website'", "leadbox keys list"],
    );

    let robot = place
        .run(&["keys", "make", "--name", "Robot", "--admin", "--hide", "phone", "--json"])
        .json();
    assert!(robot["key"]["grants"]["capabilities"].as_array().unwrap().len() >= 10);
    assert_eq!(robot["key"]["grants"]["hidden"], serde_json::json!(["phone"]));
    refused(&place.run(&["keys", "make", "--name", "Idle"]), &["could do nothing", "--grant"]);
    refused(
        &place.run(&["keys", "make", "--name", "Past", "--admin", "--expires", "0d"]),
        &["expires_at: lies in the past"],
    );
    for usage in [
        &["keys", "make", "--admin"][..],
        &["keys", "make", "--name", "X", "--admin", "--grant", "lead.read=all"],
        &["keys", "make", "--name", "X", "--admin", "--expires", "soon"],
        &["keys", "make", "--name", "X", "--admin", "--per-minute", "0"],
    ] {
        assert_eq!(place.run(usage).code, 2, "{usage:?}");
    }
}
