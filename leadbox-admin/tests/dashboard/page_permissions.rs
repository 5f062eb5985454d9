//! Who may do what on the pages, from one table: every request that they answer to x every built-in role, and one that only
//! looks on, x leads of one's own, of the team, of others and of another tenant. What one may not do is refused with the
//! permission's name, changes nothing, and is offered on no page; what one may do is offered on one.

use std::collections::BTreeSet;

use axum::http::Method;
use leadbox_core::access::{Capability, Grants, Level, Permission, Role};

use crate::permissions::cast;
use crate::permissions::desk::{Desk, Offered};
use crate::permissions::needs::{Needs, Whose};
use crate::routes;
use crate::support::Browser;

use Capability::{
    AuditRead, FieldsManage, KeysManage, LeadsImport, RolesManage, RulesManage, SettingsManage,
    SystemRead, UsersManage, ViewsShare,
};
use Needs::{Can, Lead, Merge, Nothing, Pair, Some as AnyLevel, TakeBack};
use Permission::{
    InteractionCreate, InteractionEdit, LeadCreate, LeadEdit, LeadExport, LeadRead, NoteCreate,
    NoteEdit, TaskCreate, TaskEdit,
};
use Place::{Behind, Offer};

/// Where one comes upon a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A link or a form on a page offers it to whoever may.
    Offer,
    /// One is led there by what one did.
    Behind,
}

/// Request, what it needs, where one comes upon it. Regions of a page that are brought up to date are the page's own.
const TABLE: &[(&str, Needs, Place)] = &[
    ("GET /", Nothing, Offer),
    ("GET /leads", Nothing, Offer),
    ("GET /my-leads", Nothing, Offer),
    ("GET /leads/export", AnyLevel(LeadExport), Offer),
    ("GET /bulk/new", AnyLevel(LeadEdit), Offer),
    ("POST /bulk", AnyLevel(LeadEdit), Offer),
    ("GET /bulk/{id}", Can(AuditRead), Behind),
    ("POST /bulk/{id}/cancel", Can(AuditRead), Offer),
    ("GET /bulk/{id}/undo", TakeBack, Offer),
    ("POST /bulk/{id}/undo", TakeBack, Offer),
    ("GET /import", Can(LeadsImport), Offer),
    ("POST /import", Can(LeadsImport), Offer),
    ("GET /import/{id}", Can(LeadsImport), Behind),
    ("POST /import/{id}", Can(LeadsImport), Offer),
    ("GET /import/{id}/refused", Can(LeadsImport), Offer),
    ("GET /import/{id}/undo", Can(LeadsImport), Offer),
    ("POST /import/{id}/undo", Can(LeadsImport), Offer),
    ("GET /leads/new", AnyLevel(LeadCreate), Offer),
    ("POST /leads/new", AnyLevel(LeadCreate), Offer),
    ("POST /views", AnyLevel(LeadRead), Offer),
    ("GET /views/new", AnyLevel(LeadRead), Offer),
    // Of one that everybody sees and nobody owns.
    ("GET /views/{id}", Can(ViewsShare), Offer),
    ("POST /views/{id}", Can(ViewsShare), Offer),
    ("POST /views/{id}/list", Can(ViewsShare), Offer),
    ("POST /views/{id}/take-over", Can(ViewsShare), Offer),
    ("POST /views/{id}/delete", Can(ViewsShare), Offer),
    ("GET /leads/{id}", Lead(LeadRead), Offer),
    ("GET /leads/{id}/edit", Lead(LeadEdit), Offer),
    ("POST /leads/{id}/edit", Lead(LeadEdit), Offer),
    ("POST /leads/{id}/stage", Lead(LeadEdit), Offer),
    ("GET /duplicates", Nothing, Offer),
    ("POST /duplicates/{a}/{b}", Pair, Offer),
    ("GET /leads/{id}/merge", Lead(LeadEdit), Offer),
    ("POST /leads/{id}/merge", Merge, Offer),
    ("GET /leads/{id}/merges/{event}/undo", Merge, Offer),
    ("POST /leads/{id}/merges/{event}/undo", Merge, Offer),
    ("GET /tasks", Nothing, Offer),
    ("POST /leads/{id}/tasks", Lead(TaskCreate), Offer),
    ("POST /leads/{id}/notes", Lead(NoteCreate), Offer),
    ("POST /leads/{id}/interactions", Lead(InteractionCreate), Offer),
    ("GET /tasks/{id}", Lead(TaskEdit), Offer),
    ("POST /tasks/{id}", Lead(TaskEdit), Offer),
    ("POST /tasks/{id}/complete", Lead(TaskEdit), Offer),
    ("POST /tasks/{id}/reopen", Lead(TaskEdit), Offer),
    ("POST /tasks/{id}/delete", Lead(TaskEdit), Offer),
    ("GET /notes/{id}", Lead(NoteEdit), Offer),
    ("POST /notes/{id}", Lead(NoteEdit), Offer),
    ("POST /notes/{id}/delete", Lead(NoteEdit), Offer),
    ("POST /interactions/{id}/mark", Lead(InteractionEdit), Offer),
    ("GET /users", Can(UsersManage), Offer),
    ("POST /users", Can(UsersManage), Offer),
    ("GET /users/{id}", Can(UsersManage), Offer),
    ("POST /users/{id}", Can(UsersManage), Offer),
    ("POST /users/{id}/link", Can(UsersManage), Offer),
    ("POST /users/{id}/sign-out", Can(UsersManage), Offer),
    ("GET /teams", Can(UsersManage), Offer),
    ("POST /teams", Can(UsersManage), Offer),
    ("GET /teams/{id}", Can(UsersManage), Offer),
    ("POST /teams/{id}", Can(UsersManage), Offer),
    ("GET /roles", Can(RolesManage), Offer),
    ("GET /roles/new", Can(RolesManage), Offer),
    ("POST /roles/new", Can(RolesManage), Offer),
    ("GET /roles/{key}", Can(RolesManage), Offer),
    ("POST /roles/{key}", Can(RolesManage), Offer),
    ("GET /roles/{key}/remove", Can(RolesManage), Offer),
    ("POST /roles/{key}/remove", Can(RolesManage), Offer),
    ("GET /keys", Can(KeysManage), Offer),
    ("POST /keys", Can(KeysManage), Offer),
    ("POST /keys/{id}/rotate", Can(KeysManage), Offer),
    ("POST /keys/{id}/revoke", Can(KeysManage), Offer),
    ("GET /log", Can(AuditRead), Offer),
    ("GET /log/verify", Can(AuditRead), Offer),
    ("GET /scoring", Can(RulesManage), Offer),
    ("POST /scoring", Can(RulesManage), Offer),
    ("POST /scoring-pause", Can(RulesManage), Offer),
    ("POST /scoring-resume", Can(RulesManage), Behind),
    ("GET /scoring/{set}", Can(RulesManage), Offer),
    ("POST /scoring/{set}", Can(RulesManage), Offer),
    ("POST /scoring/{set}/try", Can(RulesManage), Offer),
    ("POST /scoring/{set}/drop", Can(RulesManage), Offer),
    ("POST /scoring/{set}/enforce", Can(RulesManage), Offer),
    ("POST /scoring/{set}/withdraw", Can(RulesManage), Offer),
    ("GET /settings", Can(SettingsManage), Offer),
    ("POST /settings", Can(SettingsManage), Offer),
    ("GET /settings/completeness", Can(SettingsManage), Offer),
    ("POST /settings/completeness", Can(SettingsManage), Offer),
    ("GET /settings/industries", Can(SettingsManage), Offer),
    ("POST /settings/industries", Can(SettingsManage), Offer),
    ("POST /settings/industries/remove", Can(SettingsManage), Offer),
    ("GET /settings/fields", Can(FieldsManage), Offer),
    ("POST /settings/fields", Can(FieldsManage), Offer),
    ("GET /settings/fields/{key}", Can(FieldsManage), Offer),
    ("POST /settings/fields/{key}", Can(FieldsManage), Offer),
    ("POST /settings/fields/{key}/archive", Can(FieldsManage), Offer),
    ("POST /settings/fields/{key}/restore", Can(FieldsManage), Offer),
    ("GET /settings/fields/{key}/type", Can(FieldsManage), Offer),
    ("POST /settings/fields/{key}/type", Can(FieldsManage), Behind),
    ("GET /system", Can(SystemRead), Offer),
    ("GET /welcome", Nothing, Behind),
    ("GET /menu", Nothing, Offer),
    ("GET /profile", Nothing, Offer),
    ("POST /profile", Nothing, Offer),
    ("POST /profile/sign-out", Nothing, Offer),
    // The last: it ends what was signed in before.
    ("POST /profile/password", Nothing, Offer),
];

/// What is there for whoever is not signed in.
const OUTSIDE: &[&str] = &[
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-out",
    "GET /first-run",
    "POST /first-run",
    "GET /invitation",
    "POST /invitation",
    "GET /reset",
    "POST /reset",
];

/// What is looked at elsewhere: the socket with its topics in `live`, what a host with made-up data offers in `welcome`.
const ELSEWHERE: [&str; 2] = ["GET /live", "POST /welcome/demo"];

/// Whose leads, or things of which tenant, a row is tried with.
fn tried_with(request: &str, needs: Needs) -> &'static [Whose] {
    match request {
        _ if needs.is_about_a_lead() => &Whose::ALL,
        _ if request.contains('{') => &[Whose::Others, Whose::AnotherTenant],
        _ => &[Whose::Others],
    }
}

fn may(needs: Needs, grants: &Grants, whose: Whose) -> bool {
    needs.are_met(grants, whose) && (whose != Whose::AnotherTenant || needs == Nothing)
}

/// Reads everything and changes nothing: sees what others began, too.
fn auditor() -> Role {
    let grants = Grants::default().allow(LeadRead, Level::All).enable(AuditRead);
    Role { key: "auditor".parse().unwrap(), name: "Auditor".to_owned(), grants }
}

fn role(key: &str) -> Role {
    Role::built_in().chain([auditor()]).find(|one| one.key.as_str() == key).unwrap()
}

/// Every request, straight.
async fn asks(key: &str) {
    let mut desk = Desk::of(role(key)).await;
    for (request, needs, _) in TABLE {
        for whose in tried_with(request, *needs) {
            let grants = &desk.role.grants;
            let (allowed, sees) = (
                may(*needs, grants, *whose),
                !needs.is_about_a_lead() || Lead(LeadRead).are_met(grants, *whose),
            );
            let about = desk.about(request, *whose, allowed).await;
            let before = desk.cast.stored(*whose, about.lead).await;
            let answer = desk.ask(request, &about).await;
            let case = format!("{key}: {request} of {whose:?}: {} {}", answer.status, answer.body);
            if allowed {
                let status = answer.status;
                assert!(status.is_success() || status.as_u16() == 303, "{case}");
                assert!(!answer.location().contains("/sign-in"), "{case}");
                continue;
            }
            assert!(!answer.body.contains("Lovelace"), "{case}");
            assert_eq!(desk.cast.stored(*whose, about.lead).await, before, "{case}");
            let elsewhere = *whose == Whose::AnotherTenant;
            match answer.status.as_u16() {
                404 => assert!(elsewhere || !sees, "{case}"),
                403 => {
                    let named = needs.names().iter().any(|name| answer.body.contains(name));
                    assert!(named && (elsewhere || sees), "{case}");
                }
                _ => panic!("{case}"),
            }
        }
    }
}

/// Every page that one gets to, and what it offers.
async fn looks(key: &str) {
    let mut desk = Desk::of(role(key)).await;
    desk.furnish().await;
    let grants = desk.role.grants.clone();
    let mut open = Vec::new();
    for (request, needs, _) in TABLE.iter().filter(|row| row.0.starts_with("GET ")) {
        for whose in [Whose::Own, Whose::Team, Whose::Others] {
            let concerns = needs.is_about_a_lead() || whose == Whose::Others;
            if concerns && may(*needs, &grants, whose) {
                let about = desk.about(request, whose, true).await;
                open.push(about.address);
            }
        }
    }
    let row = |plain: &str| TABLE.iter().find(|(request, ..)| routes::plain(request) == plain);
    let mut seen = BTreeSet::new();
    for Offered { request, whose, page } in desk.offers(open).await {
        if OUTSIDE.contains(&request.as_str()) {
            continue;
        }
        let (request, needs, _) = row(&request).unwrap_or_else(|| panic!("{request} on {page}"));
        assert!(may(*needs, &grants, whose), "{key}: {request} of {whose:?} on {page}");
        seen.insert((*request, needs.is_about_a_lead().then_some(whose)));
    }
    for (request, needs, place) in TABLE {
        for whose in [Whose::Own, Whose::Team, Whose::Others] {
            if *place == Offer && may(*needs, &grants, whose) {
                let whose = needs.is_about_a_lead().then_some(whose);
                assert!(seen.contains(&(*request, whose)), "{key}: {request} of {whose:?} nowhere");
            }
        }
    }
}

/// One test per role and way.
macro_rules! roles {
    ($($role:ident: $asks:ident, $looks:ident;)+) => {$(
        #[tokio::test]
        async fn $asks() {
            asks(stringify!($role)).await;
        }

        #[tokio::test]
        async fn $looks() {
            looks(stringify!($role)).await;
        }
    )+};
}

roles! {
    admin: an_admin_may_do_everything_in_its_own_tenant, an_admin_is_offered_everything;
    manager: a_manager_does_the_work_of_its_team, a_manager_is_offered_what_it_may;
    agent: an_agent_does_its_own_work, an_agent_is_offered_what_it_may;
    analyst: an_analyst_reads_and_exports, an_analyst_is_offered_what_it_may;
    read_only: a_reader_reads, a_reader_is_offered_what_it_may;
    auditor: an_auditor_looks_on, an_auditor_is_offered_what_it_may;
}

#[tokio::test]
async fn signed_out_there_is_nothing_but_the_way_in() {
    let desk = Desk::of(role("admin")).await;
    let mut stranger = Browser::new(&desk.cast.office.app);
    for (request, ..) in TABLE {
        let (method, path) = request.split_once(' ').unwrap();
        let id = uuid::Uuid::nil().to_string();
        let path = path.replace("{id}", &id).replace("{key}", "spare");
        let path = ["{a}", "{b}", "{event}", "{set}"]
            .iter()
            .fold(path, |path, part| path.replace(part, &id));
        let path = if path == "/" { String::new() } else { path };
        let method: Method = method.parse().unwrap();
        let answer = stranger.send(method, &format!("{}{path}", cast::PREFIX), None).await;
        assert_eq!(answer.status.as_u16(), 303, "{request}");
        assert!(answer.location().contains("/sign-in"), "{request}: {}", answer.location());
    }
    for request in OUTSIDE {
        let (method, path) = request.split_once(' ').unwrap();
        let path = format!("{}{path}?code=lbi_1", cast::PREFIX);
        let method: Method = method.parse().unwrap();
        let form = (method == Method::POST).then(|| "email=a&password=b".to_owned());
        let answer = stranger.send(method, &path, form).await;
        assert!(!answer.location().contains("to="), "{request}: {}", answer.location());
        assert!(!answer.status.is_server_error(), "{request}");
    }
}

#[test]
fn the_table_has_every_request_that_the_pages_answer_to() {
    let inside = TABLE.iter().map(|(request, ..)| *request);
    let rows: Vec<String> =
        inside.chain(OUTSIDE.iter().copied()).chain(ELSEWHERE).map(routes::plain).collect();
    let table: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(table, routes::routes());
    assert_eq!(table.len(), rows.len(), "each once");
}
