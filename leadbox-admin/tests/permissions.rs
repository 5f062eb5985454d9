//! Who may do what through the API, from one table: every operation x every built-in role x leads of one's own, of the
//! team, of others and of another tenant. What each needs stands here; what a role has is core's to say.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
#[path = "api/program.rs"]
mod program;
#[expect(dead_code, reason = "each test file uses its part")]
mod support;

use std::collections::BTreeSet;

use axum::http::Method;
use leadbox_core::access::{Capability, Grants, Level, Permission};
use leadbox_core::service::NewTeam;
use leadbox_core::{
    FieldDefinition, FieldType, LeadBox, LeadId, MergeChoice, NewInteraction, NewLead, NewTask,
    Role, TeamId, Tenant, User, UserId,
};
use program::Program;
use serde_json::{Value, json};
use support::Office;

const PREFIX: &str = "/leads-admin";

/// What an operation needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    /// Nothing but being let in.
    Nothing,
    /// A permission for this lead, which one also has to see.
    Lead(Permission),
    /// To change this lead and another one like it.
    Pair,
    /// The same, and to delete the other.
    Merge,
    /// A permission at any level: what it covers decides what is found.
    Some(Permission),
    /// A capability.
    Can(Capability),
    /// To see leads or to manage users.
    Colleague,
    /// It is no business of anybody here: the thing does not exist.
    Absent,
}

use Capability::{
    AuditRead, FieldsManage, KeysManage, LeadsImport, RolesManage, SettingsManage, UsersManage,
};
use Needs::{Absent, Can, Colleague, Lead, Merge, Nothing, Pair, Some as AnyLevel};
use Permission::{
    InteractionCreate, InteractionEdit, LeadCreate, LeadDelete, LeadEdit, LeadExport, LeadRead,
    NoteCreate, NoteEdit, TaskCreate, TaskEdit,
};

/// Method, path, what it needs. `{id}` is the lead, or what belongs to it, where the path says so.
const TABLE: &[(&str, &str, Needs)] = &[
    ("GET", "/me", Nothing),
    ("GET", "/leads", Nothing),
    ("GET", "/leads/count", Nothing),
    ("POST", "/leads", AnyLevel(LeadCreate)),
    ("GET", "/leads/export", AnyLevel(LeadExport)),
    ("GET", "/leads/{id}", Lead(LeadRead)),
    ("PATCH", "/leads/{id}", Lead(LeadEdit)),
    ("DELETE", "/leads/{id}", Lead(LeadDelete)),
    ("PUT", "/leads/{id}/stage", Lead(LeadEdit)),
    ("GET", "/leads/{id}/stays", Lead(LeadRead)),
    ("GET", "/leads/{id}/events", Lead(LeadRead)),
    ("GET", "/leads/{id}/interactions", Lead(LeadRead)),
    ("POST", "/leads/{id}/interactions", Lead(InteractionCreate)),
    ("PATCH", "/interactions/{id}", Lead(InteractionEdit)),
    ("GET", "/leads/{id}/tasks", Lead(LeadRead)),
    ("POST", "/leads/{id}/tasks", Lead(TaskCreate)),
    ("GET", "/tasks", Nothing),
    ("GET", "/tasks/{id}", Lead(LeadRead)),
    ("PATCH", "/tasks/{id}", Lead(TaskEdit)),
    ("DELETE", "/tasks/{id}", Lead(TaskEdit)),
    ("PUT", "/tasks/{id}/state", Lead(TaskEdit)),
    ("GET", "/leads/{id}/notes", Lead(LeadRead)),
    ("POST", "/leads/{id}/notes", Lead(NoteCreate)),
    ("PUT", "/notes/{id}", Lead(NoteEdit)),
    ("DELETE", "/notes/{id}", Lead(NoteEdit)),
    ("GET", "/leads/{id}/duplicates", Lead(LeadRead)),
    ("GET", "/duplicates", Nothing),
    ("PUT", "/duplicates/{a}/{b}", Pair),
    ("POST", "/leads/{id}/merge/plan", Merge),
    ("POST", "/leads/{id}/merge", Merge),
    ("GET", "/leads/{id}/merges", Lead(LeadRead)),
    ("POST", "/leads/{id}/unmerge/plan", Merge),
    ("POST", "/leads/{id}/unmerge", Merge),
    ("POST", "/bulk/plan", AnyLevel(LeadEdit)),
    ("POST", "/bulk", AnyLevel(LeadEdit)),
    ("GET", "/bulk/{id}", Absent),
    ("GET", "/bulk/{id}/refusals", Absent),
    ("PUT", "/bulk/{id}/cancellation", Absent),
    ("POST", "/undo/plan", Absent),
    ("POST", "/undo", Absent),
    ("POST", "/imports", Can(LeadsImport)),
    ("GET", "/imports/{id}", Absent),
    ("GET", "/fields", Nothing),
    ("GET", "/fields/{key}", Nothing),
    ("PUT", "/fields/{key}", Can(FieldsManage)),
    ("PUT", "/fields/{key}/status", Can(FieldsManage)),
    ("POST", "/fields/{key}/retype/plan", Can(FieldsManage)),
    ("POST", "/fields/{key}/retype", Can(FieldsManage)),
    ("GET", "/pipelines", Nothing),
    ("GET", "/settings", Nothing),
    ("PATCH", "/settings", Can(SettingsManage)),
    ("GET", "/users", Colleague),
    ("POST", "/users", Can(UsersManage)),
    ("GET", "/users/{id}", Colleague),
    ("PATCH", "/users/{id}", Can(UsersManage)),
    ("GET", "/users/{id}/access", Can(UsersManage)),
    ("POST", "/users/{id}/links", Can(UsersManage)),
    ("DELETE", "/users/{id}/sessions", Can(UsersManage)),
    ("GET", "/teams", Colleague),
    ("POST", "/teams", Can(UsersManage)),
    ("PATCH", "/teams/{id}", Can(UsersManage)),
    ("GET", "/roles", Nothing),
    ("PUT", "/roles/{key}", Can(RolesManage)),
    ("DELETE", "/roles/{key}", Can(RolesManage)),
    ("GET", "/keys", Can(KeysManage)),
    ("POST", "/keys", Can(KeysManage)),
    ("POST", "/keys/{id}/rotation", Can(KeysManage)),
    ("DELETE", "/keys/{id}", Can(KeysManage)),
    ("GET", "/live", Nothing),
    ("GET", "/events", Can(AuditRead)),
    ("POST", "/events/verification", Can(AuditRead)),
];

/// What is sent so that nothing but the asker's rights can be wrong with it.
fn body(method: &str, path: &str) -> Value {
    match (method, path) {
        ("POST", "/leads") => json!({"name": "New"}),
        ("PATCH", "/leads/{id}") => json!({"set": {"title": "CTO"}}),
        ("PUT", "/leads/{id}/stage") => json!({"stage": "qualified"}),
        ("POST", "/leads/{id}/interactions") => json!({"kind": "call"}),
        ("PATCH", "/interactions/{id}") => json!({"suspicion": "suspect"}),
        ("POST", "/leads/{id}/tasks") => json!({"title": "Call"}),
        ("PATCH", "/tasks/{id}") => json!({"title": "Call again"}),
        ("PUT", "/tasks/{id}/state") => json!({"state": "done"}),
        ("POST", "/leads/{id}/notes") | ("PUT", "/notes/{id}") => json!({"text": "Likes tea."}),
        ("PUT", "/duplicates/{a}/{b}") => json!({"is": "distinct"}),
        ("POST", "/bulk/plan" | "/bulk") => {
            json!({"action": {"advance": "won"}, "selection": {"ids": []}})
        }
        ("POST", "/undo/plan" | "/undo") => json!({"bulk": uuid::Uuid::nil()}),
        ("PUT", "/fields/{key}") => json!({"label": "Budget", "type": "number"}),
        ("PUT", "/fields/{key}/status") => json!({"status": "active"}),
        ("POST", "/fields/{key}/retype/plan" | "/fields/{key}/retype") => json!({"type": "text"}),
        ("PATCH", "/settings") => json!({"currency": "USD"}),
        ("POST", "/users") => json!({"name": "Bo", "email": "bo@office.example"}),
        ("PATCH", "/users/{id}") => json!({"name": "Robin"}),
        ("POST", "/users/{id}/links") => json!({"kind": "reset"}),
        ("POST", "/teams") => json!({"name": "North"}),
        ("PATCH", "/teams/{id}") => json!({"name": "South"}),
        ("PUT", "/roles/{key}") => json!({"name": "Spare"}),
        ("POST", "/keys") => json!({"name": "key", "grants": {}}),
        _ => json!({}),
    }
}

/// Whose lead it is, from where the asker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    Own,
    Team,
    Others,
    AnotherTenant,
}

/// People: the asker with each role, a colleague of its team, and somebody elsewhere.
struct Cast {
    office: Office,
    asker: UserId,
    colleague: UserId,
    stranger: UserId,
    team: TeamId,
    program: Program,
}

impl Cast {
    async fn with(role: &str) -> Self {
        let office = Office::new(PREFIX);
        let leadbox = office.sandbox.leadbox.clone();
        office.hire("alex", "admin").await;
        let team = NewTeam { name: "Team".to_owned(), parent: None };
        let team = leadbox.directory().add_team(&team).await.unwrap().id;
        let (asker, colleague) =
            (office.hire("sam", role).await, office.hire("kim", "agent").await);
        let stranger = office.hire("lee", "agent").await;
        for id in [asker, colleague] {
            let user = leadbox.directory().user(id).await.unwrap().unwrap();
            leadbox.directory().change_user(&User { team: Some(team), ..user }).await.unwrap();
        }
        let spare = Role {
            key: "spare".parse().unwrap(),
            name: "Spare".to_owned(),
            grants: Grants::default(),
        };
        leadbox.access().define_role(&spare).await.unwrap();
        let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
        leadbox.definitions().define_field(&budget).await.unwrap();
        let browser = office.signed_in("sam").await;
        let cookies: Vec<String> =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let program = Program::without_key(&office.app, PREFIX)
            .header("cookie", cookies.join("; "))
            .header("sec-fetch-site", "same-origin");
        Self { office, asker, colleague, stranger, team, program }
    }

    fn host(&self, whose: Whose) -> LeadBox {
        match whose {
            Whose::AnotherTenant => self.office.sandbox.leadbox.for_tenant(Tenant(2)),
            _ => self.office.sandbox.leadbox.clone(),
        }
    }

    async fn lead(&self, whose: Whose) -> LeadId {
        let owner = match whose {
            Whose::Own => self.asker,
            Whose::Team => self.colleague,
            Whose::Others | Whose::AnotherTenant => self.stranger,
        };
        let new = NewLead { owner: Some(owner), ..NewLead::new().name("Ada Lovelace") };
        self.host(whose).leads().capture(&new).await.unwrap().lead.id
    }

    /// The address with what it is about, made anew.
    async fn address(&self, path: &str, whose: Whose) -> (String, Option<LeadId>) {
        let host = self.host(whose);
        if path == "/duplicates/{a}/{b}" {
            let (lead, other) = (self.lead(whose).await, self.lead(whose).await);
            let address = path.replace("{a}", &lead.to_string());
            return (address.replace("{b}", &other.to_string()), Some(lead));
        }
        let about_lead = ["/leads/{id}", "/interactions/", "/tasks/{id}", "/notes/"];
        if !about_lead.iter().any(|start| path.starts_with(start)) {
            let id = match path {
                _ if path.starts_with("/users/") => self.stranger.to_string(),
                _ if path.starts_with("/teams/") => self.team.to_string(),
                _ => uuid::Uuid::nil().to_string(),
            };
            let key = if path.starts_with("/roles/") { "spare" } else { "budget" };
            return (path.replace("{id}", &id).replace("{key}", key), None);
        }
        let lead = self.lead(whose).await;
        let id = if path.starts_with("/interactions/") {
            let new = NewInteraction::new("call");
            host.leads().record_interaction(lead, &new).await.unwrap().interaction.id.to_string()
        } else if path.starts_with("/tasks/") {
            host.tasks().add(lead, &NewTask::new("Call")).await.unwrap().id.to_string()
        } else if path.starts_with("/notes/") {
            host.notes().add(lead, "Likes tea.").await.unwrap().id.to_string()
        } else {
            lead.to_string()
        };
        (path.replace("{id}", &id), Some(lead))
    }
}

/// What is sent where it names another lead of the same people, made anew.
async fn body_about(cast: &Cast, path: &str, whose: Whose, lead: Option<LeadId>) -> Option<Value> {
    match path {
        "/leads/{id}/merge" | "/leads/{id}/merge/plan" => {
            Some(json!({"others": [cast.lead(whose).await]}))
        }
        "/leads/{id}/unmerge" | "/leads/{id}/unmerge/plan" => {
            let others = [cast.lead(whose).await];
            let merged =
                cast.host(whose).leads().merge(lead?, &others, &MergeChoice::default()).await;
            Some(json!({"event": merged.unwrap().event}))
        }
        _ => None,
    }
}

fn covers(level: Option<Level>, whose: Whose) -> bool {
    match whose {
        Whose::Own => level.is_some(),
        Whose::Team => level >= Some(Level::Team),
        Whose::Others => level >= Some(Level::All),
        Whose::AnotherTenant => false,
    }
}

fn allowed(needs: Needs, grants: &Grants, whose: Whose) -> bool {
    match needs {
        Nothing => true,
        Absent => false,
        Lead(permission) => {
            covers(grants.level(LeadRead), whose) && covers(grants.level(permission), whose)
        }
        Pair => allowed(Lead(LeadEdit), grants, whose),
        Merge => allowed(Pair, grants, whose) && allowed(Lead(LeadDelete), grants, whose),
        AnyLevel(permission) => grants.level(permission).is_some(),
        Can(capability) => grants.capabilities.contains(&capability),
        Colleague => grants.level(LeadRead).is_some() || grants.capabilities.contains(&UsersManage),
    }
}

async fn every_operation(role: &str) {
    let grants = Role::built_in().find(|one| one.key.as_str() == role).unwrap().grants;
    let cast = Cast::with(role).await;
    for (method, path, needs) in TABLE {
        let whoses: &[Whose] = match needs {
            Lead(_) | Pair | Merge => {
                &[Whose::Own, Whose::Team, Whose::Others, Whose::AnotherTenant]
            }
            _ => &[Whose::Others],
        };
        for whose in whoses {
            let (address, lead) = cast.address(path, *whose).await;
            let host = cast.host(*whose);
            let about = body_about(&cast, path, *whose, lead).await;
            let body = about.unwrap_or_else(|| body(method, path));
            let before = (events(&host).await, stored(&host, lead).await);
            let method_: Method = method.parse().unwrap();
            let reply = match *path {
                "/imports" => {
                    let file = b"Name\r\nAda\r\n".to_vec();
                    cast.program.send(method_, &address, "text/csv", file).await
                }
                _ => cast.program.json(method_, &address, body).await,
            };
            let case = format!("{role}: {method} {path} of {whose:?}: {}", reply.text);
            if allowed(*needs, &grants, *whose) {
                // A nil id or a role's own business may still make it fail, but never for want of rights.
                assert_ne!(reply.status.as_u16(), 403, "{case}");
                let missing = address.contains("00000000-0000");
                // A connection is asked for by more than a request; see tests/live.rs.
                let upgrades = *path == "/live" && reply.status.as_u16() == 426;
                assert!(
                    reply.status.is_success()
                        || (missing && reply.status.as_u16() == 404)
                        || upgrades,
                    "{case}"
                );
            } else {
                assert!(matches!(reply.status.as_u16(), 403 | 404), "{case}");
                assert!(!reply.text.contains("Lovelace"), "{case}");
                let after = (events(&host).await, stored(&host, lead).await);
                assert_eq!(after, before, "{case}");
            }
        }
    }
}

async fn events(host: &LeadBox) -> usize {
    let page = leadbox_core::PageRequest::first(1000);
    host.log().events(&Default::default(), &page).await.unwrap().items.len()
}

async fn stored(host: &LeadBox, lead: Option<LeadId>) -> Option<(i64, i64)> {
    let stored = host.leads().lead(lead?).await.unwrap().unwrap();
    Some((stored.lead.version.0, stored.activity.count))
}

#[tokio::test]
async fn an_admin_may_do_everything_in_its_own_tenant() {
    every_operation("admin").await;
}

#[tokio::test]
async fn a_manager_does_the_work_of_its_team() {
    every_operation("manager").await;
}

#[tokio::test]
async fn an_agent_does_its_own_work() {
    every_operation("agent").await;
}

#[tokio::test]
async fn an_analyst_reads_and_exports() {
    every_operation("analyst").await;
}

#[tokio::test]
async fn a_reader_reads() {
    every_operation("read_only").await;
}

#[tokio::test]
async fn the_table_has_every_operation_of_the_document() {
    let cast = Cast::with("admin").await;
    let document = cast.program.get("/openapi.json").await.with(200).json();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let table: BTreeSet<_> =
        TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(table, described);
    assert_eq!(TABLE.len(), table.len(), "each once");
}

#[tokio::test]
async fn a_hidden_field_is_nowhere() {
    let cast = Cast::with("agent").await;
    let leadbox = &cast.office.sandbox.leadbox;
    let grants = Permission::ALL
        .iter()
        .fold(Grants::default(), |grants, one| grants.allow(*one, Level::All));
    let grants = grants.enable(AuditRead).hide("phone").hide("email");
    let role = Role { key: "blind".parse().unwrap(), name: "Blind".to_owned(), grants };
    leadbox.access().define_role(&role).await.unwrap();
    leadbox.directory().give_roles(cast.asker, ["blind".parse().unwrap()]).await.unwrap();
    let new = NewLead::new()
        .name("Ada Lovelace")
        .email("zebra@analytical.example")
        .phone("+442079460018");
    let lead = leadbox.leads().capture(&new).await.unwrap().lead.id;
    for path in [
        "/leads".to_owned(),
        format!("/leads/{lead}"),
        format!("/leads/{lead}/events"),
        "/events".to_owned(),
        "/duplicates".to_owned(),
        "/leads/export".to_owned(),
        "/leads/export?format=jsonl".to_owned(),
    ] {
        let reply = cast.program.get(&path).await.with(200);
        assert!(
            !reply.text.contains("442079460018") && !reply.text.contains("zebra"),
            "{path}: {}",
            reply.text
        );
    }
    for path in ["/leads?q=zebra", "/leads/count?q=442079460018"] {
        assert!(!cast.program.get(path).await.with(200).text.contains("Lovelace"), "{path}");
    }
    let told = cast.program.get("/leads?filter=%5B%22email%22,%22contains%22,%22zebra%22%5D").await;
    assert_eq!(told.status.as_u16(), 422, "{}", told.text);
    let denied =
        cast.program.patch(&format!("/leads/{lead}"), json!({"set": {"phone": null}})).await;
    assert_eq!(denied.with(422).json()["errors"][0]["pointer"], "/set/phone");
}
