use super::*;
use crate::access::{Grants, Level, Permission};
use crate::directory::Team;
use crate::id::TeamId;
use crate::lead::{IdentityKind, Lead, LeadPatch, NewLead};
use crate::page::PageRequest;
use crate::service::{LeadList, NewTeam, NewUser};
use crate::testing::{Sandbox, some_interaction, some_lead};
use crate::transfer::Exporter;

/// Sales, and Inside sales below it, with somebody of each role.
struct Office {
    sandbox: Sandbox,
    sales: Team,
    inside: Team,
}

impl Office {
    async fn new() -> Self {
        let sandbox = Sandbox::new().unwrap();
        let directory = sandbox.leadbox.directory();
        let sales = NewTeam { name: "Sales".to_owned(), parent: None };
        let sales = directory.add_team(&sales).await.unwrap();
        let inside = NewTeam { name: "Inside sales".to_owned(), parent: Some(sales.id) };
        let inside = directory.add_team(&inside).await.unwrap();
        Self { sandbox, sales, inside }
    }

    async fn hire(&self, name: &str, team: Option<TeamId>, roles: &[&str]) -> UserId {
        let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
        let email = format!("{name}@office.example");
        let new = NewUser { name: name.to_owned(), email, team, roles };
        self.sandbox.leadbox.directory().add_user(&new).await.unwrap().id
    }

    async fn handle(&self, user: UserId) -> LeadBox {
        self.sandbox.leadbox.as_user(user).await.unwrap()
    }

    async fn lead_of(&self, owner: UserId) -> Lead {
        let new = NewLead { owner: Some(owner), ..NewLead::new().name("Somebody") };
        self.sandbox.leadbox.leads().capture(&new).await.unwrap().lead
    }
}

fn denied<T: std::fmt::Debug>(result: Result<T>) -> Denied {
    match result {
        Err(Error::Denied(denied)) => denied,
        other => panic!("not denied: {other:?}"),
    }
}

#[tokio::test]
async fn a_level_reaches_as_far_as_it_says() {
    let office = Office::new().await;
    let (sales, inside) = (Some(office.sales.id), Some(office.inside.id));
    let manager = office.hire("max", sales, &["manager"]).await;
    let agent = office.hire("ann", inside, &["agent"]).await;
    let peer = office.hire("pat", inside, &["agent"]).await;
    let lower = office.hire("lou", inside, &["manager"]).await;
    let analyst = office.hire("ada", None, &["analyst"]).await;
    let nobody = office.hire("noa", None, &[]).await;
    for owner in [manager, agent, peer, analyst] {
        office.lead_of(owner).await;
    }
    office.sandbox.leadbox.leads().capture(&NewLead::new().name("No owner")).await.unwrap();
    for (name, asker, seen, exported) in [
        ("manager", manager, 3, Some(3)),
        ("lower manager", lower, 2, Some(2)),
        ("agent", agent, 1, None),
        ("analyst", analyst, 5, Some(5)),
        ("nobody", nobody, 0, None),
    ] {
        let asker = &office.handle(asker).await;
        let page = asker.leads().list(&LeadList::default(), &PageRequest::default()).await;
        assert_eq!(page.unwrap().items.len(), seen, "{name}");
        let counted: i64 = asker.analytics().lead_counts().await.unwrap().values().sum();
        assert_eq!(counted, i64::try_from(seen).unwrap());
        let rows = Exporter::new(asker).run(Vec::new()).await.ok().map(|report| report.rows);
        assert_eq!(rows, exported, "{name}");
    }
}

#[tokio::test]
async fn every_verb_asks_for_its_permission() {
    let office = Office::new().await;
    let inside = Some(office.inside.id);
    let agent = office.hire("ann", inside, &["agent"]).await;
    let peer = office.hire("pat", inside, &["agent"]).await;
    let reader = office.hire("ray", inside, &["read_only"]).await;
    let (own, other) = (office.lead_of(agent).await, office.lead_of(peer).await);
    let (agent, reader) = (office.handle(agent).await, office.handle(reader).await);
    let patch = LeadPatch::new().set("title", "CTO");

    // Its own lead: all but giving it away and deleting it.
    agent.leads().update(own.id, &patch, None).await.unwrap();
    agent.leads().advance(own.id, "qualified").await.unwrap();
    let recorded = agent.leads().record_interaction(own.id, &some_interaction(1)).await.unwrap();
    let suspect = crate::interaction::Suspicion::Suspect;
    agent.leads().mark_interaction(recorded.interaction.id, suspect).await.unwrap();
    let to_peer = denied(agent.leads().assign(own.id, Some(peer)).await);
    assert_eq!(to_peer, Denied::Permission { permission: Permission::LeadAssign });
    let delete = denied(agent.leads().delete(own.id).await);
    assert_eq!(delete, Denied::Permission { permission: Permission::LeadDelete });

    // Another's: as if it were not there.
    let unseen = agent.leads().update(other.id, &patch, None).await;
    assert!(matches!(unseen, Err(Error::NotFound { .. })));
    assert_eq!(agent.leads().lead(other.id).await.unwrap(), None);

    // What is seen may still not be changed.
    let edit = Denied::Permission { permission: Permission::LeadEdit };
    assert_eq!(denied(reader.leads().update(own.id, &patch, None).await), edit);
    assert_eq!(denied(reader.leads().advance(own.id, "lost").await), edit);
    denied(reader.leads().record_interaction(own.id, &some_interaction(2)).await);
    denied(reader.leads().mark_interaction(recorded.interaction.id, Default::default()).await);
    denied(reader.leads().capture(&some_lead(1)).await);
    denied(reader.leads().prepare_delete(own.id).await);
    let many = reader.leads().capture_many(&[some_lead(1), some_lead(2)], Vec::new()).await;
    assert!(many.unwrap().into_iter().all(|one| matches!(one, Err(Error::Denied(_)))));

    // What concerns the tenant.
    let field = crate::FieldDefinition::new("budget", crate::FieldType::Number).unwrap();
    denied(agent.definitions().define_field(&field).await);
    denied(agent.definitions().change_settings(|_| {}).await);
    denied(agent.directory().add_team(&NewTeam::default()).await);
    denied(agent.jobs().lanes().await);
    denied(agent.jobs().enqueue([agent.jobs().new_job("tell", "someone".into())]).await);
    denied(agent.log().verify().await);
    denied(agent.log().after(crate::Position(0), 1).await);
    denied(agent.log().events(&Default::default(), &PageRequest::default()).await);
    denied(agent.analytics().rebuild().await);
    denied(agent.access().administrators().await);
    // What somebody may do holds for one tenant.
    let elsewhere = agent.for_tenant(crate::Tenant(2));
    denied(elsewhere.leads().capture(&some_lead(3)).await);
    denied(elsewhere.log().events(&Default::default(), &PageRequest::default()).await);
    agent.log().timeline(own.id, &PageRequest::default()).await.unwrap();
}

#[tokio::test]
async fn whoever_adds_leads_of_its_own_owns_them() {
    let office = Office::new().await;
    let agent = office.hire("ann", None, &["agent"]).await;
    let peer = office.hire("pat", None, &["agent"]).await;
    let (me, handle) = (agent, office.handle(agent).await);
    let agent = handle;
    let lead = agent.leads().capture(&some_lead(1)).await.unwrap().lead;
    assert_eq!(lead.owner, Some(me));
    let for_peer = NewLead { owner: Some(peer), ..some_lead(2) };
    denied(agent.leads().capture(&for_peer).await);
    // The same person, already another's: nothing changes, and the field is named.
    let known = office.handle(peer).await.leads().capture(&some_lead(1)).await;
    assert!(matches!(known, Err(Error::Invalid(_))), "{known:?}");
    let admin = office.hire("adi", None, &["admin"]).await;
    let admin = office.handle(admin).await;
    assert_eq!(admin.leads().capture(&some_lead(3)).await.unwrap().lead.owner, None);
}

#[tokio::test]
async fn guarded_fields_are_refused_by_name_and_kept_by_others_changes() {
    let office = Office::new().await;
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadCreate, Level::All)
        .allow(Permission::LeadEdit, Level::All)
        .hide("phone")
        .protect("email");
    let role = Role { key: "caller".parse().unwrap(), name: "Caller".to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    let caller = office.handle(office.hire("cal", None, &["caller"]).await).await;
    let new = some_lead(1).phone("+49 30 901820");
    let lead = office.sandbox.leadbox.leads().capture(&new).await.unwrap().lead;
    let patch = LeadPatch::new().set("title", "CTO");
    let changed = caller.leads().update(lead.id, &patch, None).await.unwrap();
    assert_eq!(changed.person.phone, None, "what is returned is what may be seen");
    let stored = office.sandbox.leadbox.leads().lead(lead.id).await.unwrap().unwrap().lead;
    assert_eq!(stored.person.phone, lead.person.phone);
    assert_eq!(stored.person.title.as_deref(), Some("CTO"));
    let patch = LeadPatch::new().set("phone", "+49 30 901821").clear("email");
    let Err(Error::Invalid(invalid)) = caller.leads().update(lead.id, &patch, None).await else {
        panic!("accepted")
    };
    let fields: Vec<_> = invalid.issues.iter().map(|issue| issue.field.as_str()).collect();
    assert_eq!(fields, ["email", "phone"]);
    let by_email = some_lead(1).upsert_by(IdentityKind::Email);
    assert!(matches!(caller.leads().capture(&by_email).await, Err(Error::Invalid(_))));
    // The log does not tell either, nor whether a guess is right.
    let told = caller.log().timeline(lead.id, &PageRequest::default()).await.unwrap().items;
    assert!(told.iter().all(|event| {
        let payload = event.payload.as_deref().unwrap_or_default();
        event.salt.is_none() && !payload.contains("901820")
    }));
    let wide = caller.seeing(crate::Scope::all(caller.tenant()));
    assert_eq!(wide.leads().lead(lead.id).await.unwrap().unwrap().lead.person.phone, None);
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_have() {
    let office = Office::new().await;
    let leadbox = &office.sandbox.leadbox;
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::Team)
        .enable(Capability::UsersManage)
        .enable(Capability::RolesManage);
    let mut role = Role { key: "hr".parse().unwrap(), name: "HR".to_owned(), grants };
    leadbox.access().define_role(&role).await.unwrap();
    let (me, boss) =
        (office.hire("hal", None, &["hr"]).await, office.hire("adi", None, &["admin"]).await);
    let hr = office.handle(me).await;
    let key = |key: &str| key.parse::<RoleKey>().unwrap();
    assert_eq!(denied(hr.directory().give_roles(me, [key("admin")]).await), Denied::Beyond);
    assert_eq!(denied(hr.directory().give_roles(boss, []).await), Denied::Beyond);
    role.grants = role.grants.allow(Permission::LeadRead, Level::All);
    assert_eq!(denied(hr.access().define_role(&role).await), Denied::Beyond);
    // Nor do they take away what they do not have.
    role.key = key("sales");
    leadbox.access().define_role(&role).await.unwrap();
    role.grants = Grants::default();
    assert_eq!(denied(hr.access().define_role(&role).await), Denied::Beyond);
    assert_eq!(denied(hr.access().remove_role(&role.key).await), Denied::Beyond);
    // Within what they have, they may.
    let new = NewUser {
        name: "Jo".to_owned(),
        email: "jo@office.example".to_owned(),
        ..NewUser::default()
    };
    let jo = hr.directory().add_user(&new).await.unwrap();
    hr.directory().give_roles(jo.id, [key("hr")]).await.unwrap();
    hr.directory().change_own("Hal 9", None).await.unwrap();
    let unknown = leadbox.directory().give_roles(jo.id, [key("nothing")]).await;
    assert!(matches!(unknown, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn the_last_one_who_manages_users_stays() {
    let office = Office::new().await;
    let me = office.hire("adi", None, &["admin"]).await;
    let admin = office.handle(me).await;
    let lost = admin.directory().give_roles(me, ["agent".parse().unwrap()]).await;
    assert!(matches!(lost, Err(Error::Invalid(_))), "{lost:?}");
    office.hire("bea", None, &["admin"]).await;
    admin.directory().give_roles(me, ["agent".parse().unwrap()]).await.unwrap();
    let demoted = office.sandbox.leadbox.as_user(me).await.unwrap();
    denied(demoted.directory().give_roles(me, ["admin".parse().unwrap()]).await);
}

#[tokio::test]
async fn a_disabled_user_can_do_nothing() {
    let office = Office::new().await;
    let id = office.hire("ann", None, &["agent"]).await;
    let directory = office.sandbox.leadbox.directory();
    let mut user = directory.user(id).await.unwrap().unwrap();
    user.status = UserStatus::Disabled;
    directory.change_user(&user).await.unwrap();
    assert_eq!(denied(office.sandbox.leadbox.as_user(id).await), Denied::Account);
    let stale = directory.change_user(&user).await;
    assert!(matches!(stale, Err(Error::Stale { .. })));
}

#[tokio::test]
async fn a_role_in_use_stays_and_a_built_in_one_always() {
    let office = Office::new().await;
    let access = office.sandbox.leadbox.access();
    let grants = Grants::default().allow(Permission::LeadRead, Level::All).hide("cf.nothing");
    let key: RoleKey = "caller".parse().unwrap();
    let mut role = Role { key: key.clone(), name: " ".to_owned(), grants };
    let Err(Error::Invalid(invalid)) = access.define_role(&role).await else { panic!() };
    assert_eq!(invalid.issues.len(), 3, "{invalid}");
    role.name = "Caller".to_owned();
    role.grants = Grants::default().allow(Permission::LeadRead, Level::All);
    access.define_role(&role).await.unwrap();
    let id = office.hire("cal", None, &["caller"]).await;
    assert!(access.remove_role(&key).await.is_err());
    office.sandbox.leadbox.directory().give_roles(id, []).await.unwrap();
    access.remove_role(&key).await.unwrap();
    assert!(matches!(access.remove_role(&key).await, Err(Error::NotFound { .. })));
    assert!(access.remove_role(&"admin".parse().unwrap()).await.is_err());
    let admin = Role::built_in().next().unwrap();
    assert!(access.define_role(&admin).await.is_err());
    assert_eq!(access.roles().await.unwrap().len(), 5);
}

#[tokio::test]
async fn effective_access_names_the_roles_that_give_it() {
    let office = Office::new().await;
    let user = office.hire("ann", None, &["agent", "analyst"]).await;
    let asker = office.handle(user).await;
    let effective = asker.access().effective_access(user).await.unwrap();
    let of = |permission| {
        let found = effective.permissions.iter().find(|one| one.permission == permission);
        let roles = found.unwrap().roles.iter().map(RoleKey::as_str).collect::<Vec<_>>();
        (found.unwrap().level, roles)
    };
    assert_eq!(of(Permission::LeadRead), (Some(Level::All), vec!["analyst"]));
    assert_eq!(of(Permission::LeadEdit), (Some(Level::Own), vec!["agent"]));
    assert_eq!(of(Permission::LeadDelete), (None, vec![]));
    let other = office.hire("bob", None, &["agent"]).await;
    denied(asker.access().effective_access(other).await);
}

#[tokio::test]
async fn a_role_is_changed_as_it_was_read_and_made_only_where_there_is_none() {
    let office = Office::new().await;
    let access = office.sandbox.leadbox.access();
    let key: RoleKey = "helper".parse().unwrap();
    assert_eq!(access.role(&key).await.unwrap(), None);
    let mut role = Role { key, name: "Helper".to_owned(), grants: Grants::default() };
    access.put_role(&role, Revision(0)).await.unwrap();
    assert_eq!(access.role(&role.key).await.unwrap(), Some((Revision(1), role.clone())));
    let stale = |done: Result<()>| match done {
        Err(Error::Stale { expected, actual, .. }) => (expected, actual),
        other => panic!("{other:?}"),
    };
    role.grants = role.grants.allow(Permission::LeadRead, Level::Team);
    assert_eq!(stale(access.put_role(&role, Revision(0)).await), (0, 1), "it is there already");
    access.put_role(&role, Revision(1)).await.unwrap();
    role.name = "Another".to_owned();
    assert_eq!(stale(access.put_role(&role, Revision(1)).await), (1, 2), "changed meanwhile");
    access.remove_role(&role.key).await.unwrap();
    assert_eq!(stale(access.put_role(&role, Revision(2)).await), (2, 0), "gone");
    let admin: RoleKey = Role::ADMIN.parse().unwrap();
    let (revision, built_in) = access.role(&admin).await.unwrap().unwrap();
    assert_eq!(revision, Revision(0));
    assert!(matches!(access.put_role(&built_in, revision).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn whoever_manages_roles_knows_who_has_them_and_others_do_not() {
    let office = Office::new().await;
    let ann = office.hire("ann", None, &["agent", "analyst"]).await;
    let bea = office.hire("bea", None, &["agent"]).await;
    let roles = Role {
        key: "roles".parse().unwrap(),
        name: "Roles".to_owned(),
        grants: Grants::default().enable(Capability::RolesManage),
    };
    office.sandbox.leadbox.access().define_role(&roles).await.unwrap();
    let rik = office.hire("rik", None, &["roles"]).await;
    let holders = office.handle(rik).await.access().holders().await.unwrap();
    let held: Vec<(&str, Vec<UserId>)> =
        holders.iter().map(|(key, by)| (key.as_str(), by.keys().copied().collect())).collect();
    assert_eq!(held, [("agent", vec![ann, bea]), ("analyst", vec![ann]), ("roles", vec![rik])]);
    denied(office.handle(ann).await.access().holders().await);
}
