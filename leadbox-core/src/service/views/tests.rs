use super::*;
use crate::access::{Grants, Level, Role};
use crate::directory::UserStatus;
use crate::field::{FieldDefinition, FieldStatus, FieldType};
use crate::filter::{LeadFilter, LeadSort, Op, SortKey};
use crate::id::TeamId;
use crate::service::{NewTeam, NewUser};
use crate::testing::{Announced, Sandbox};

async fn team(sandbox: &Sandbox, name: &str, parent: Option<TeamId>) -> TeamId {
    let new = NewTeam { name: name.to_owned(), parent };
    sandbox.leadbox.directory().add_team(&new).await.unwrap().id
}

async fn hire(sandbox: &Sandbox, name: &str, team: Option<TeamId>, role: &str) -> LeadBox {
    let (email, roles) = (format!("{name}@office.example"), [role.parse().unwrap()].into());
    let new = NewUser { name: name.to_owned(), email, team, roles };
    let user = sandbox.leadbox.directory().add_user(&new).await.unwrap();
    sandbox.leadbox.as_user(user.id).await.unwrap()
}

fn hot() -> NewView {
    NewView::new("Hot").filter(LeadFilter::is("stage", Op::Eq, "qualified"))
}

async fn names(leadbox: &LeadBox) -> Vec<String> {
    leadbox.views().list().await.unwrap().into_iter().map(|view| view.name).collect()
}

fn field(result: Result<SavedView>) -> String {
    match result {
        Err(Error::Invalid(invalid)) => invalid.issues[0].field.clone(),
        other => panic!("not invalid: {other:?}"),
    }
}

#[tokio::test]
async fn a_view_is_for_those_whom_it_is_shared_with() {
    let sandbox = Sandbox::new().unwrap();
    let sales = team(&sandbox, "Sales", None).await;
    let inside = team(&sandbox, "Inside", Some(sales)).await;
    let field = team(&sandbox, "Field", Some(sales)).await;
    let max = hire(&sandbox, "max", Some(inside), "manager").await;
    let ann = hire(&sandbox, "ann", Some(inside), "agent").await;
    let far = hire(&sandbox, "far", Some(field), "agent").await;
    let above = hire(&sandbox, "above", Some(sales), "agent").await;
    let loose = hire(&sandbox, "loose", None, "read_only").await;
    for (name, sharing) in
        [("Mine", Sharing::Private), ("Ours", Sharing::Team), ("All", Sharing::Everyone)]
    {
        max.views().save(&NewView { sharing, ..NewView::new(name) }).await.unwrap();
    }
    ann.views().save(&NewView::new("Zebra")).await.unwrap();
    assert_eq!(names(&max).await, ["All", "Mine", "Ours"]);
    assert_eq!(names(&ann).await, ["Zebra", "All", "Ours"], "its own first");
    for other in [&far, &above, &loose] {
        assert_eq!(names(other).await, ["All"]);
    }
    assert_eq!(names(&sandbox.leadbox).await, ["All", "Ours"]);
    let grants = Grants::default().enable(Capability::UsersManage);
    let blind = Role { key: "blind".parse().unwrap(), name: "Blind".to_owned(), grants };
    sandbox.leadbox.access().define_role(&blind).await.unwrap();
    let blind = hire(&sandbox, "blind", Some(inside), "blind").await;
    assert!(names(&blind).await.is_empty(), "whoever sees no leads needs no views of them");
    assert!(matches!(blind.views().save(&hot()).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn sharing_and_changing_what_is_shared_takes_the_capability() {
    let sandbox = Sandbox::new().unwrap();
    let max = hire(&sandbox, "max", None, "manager").await;
    let ann = hire(&sandbox, "ann", None, "agent").await;
    let own = ann.views().save(&hot()).await.unwrap();
    let share = ViewPatch { sharing: Some(Sharing::Everyone), ..ViewPatch::default() };
    for refused in [
        ann.views().change(own.id, &share, None).await,
        ann.views().save(&hot().sharing(Sharing::Team)).await,
    ] {
        let missing = Denied::Capability { capability: Capability::ViewsShare };
        assert!(matches!(refused, Err(Error::Denied(denied)) if denied == missing));
    }
    let rename = ViewPatch { name: Some("Hotter".to_owned()), ..ViewPatch::default() };
    assert!(matches!(max.views().change(own.id, &rename, None).await, Err(Error::NotFound { .. })));
    let shared = max.views().save(&hot().sharing(Sharing::Everyone)).await.unwrap();
    assert!(!ann.views().may_change(&shared) && max.views().may_change(&shared));
    assert!(matches!(ann.views().delete(shared.id).await, Err(Error::Denied(_))));
    assert!(matches!(ann.views().change(shared.id, &rename, None).await, Err(Error::Denied(_))));
    // Somebody else's cannot be hidden from the one who hides it.
    let other = hire(&sandbox, "other", None, "manager").await;
    let hide = ViewPatch { sharing: Some(Sharing::Private), ..ViewPatch::default() };
    let refused = other.views().change(shared.id, &hide, None).await;
    assert!(matches!(refused, Err(Error::Denied(Denied::Oneself))));
    other.views().change(shared.id, &rename, Some(shared.revision)).await.unwrap();
    let stale = max.views().change(shared.id, &hide, Some(shared.revision)).await;
    assert!(matches!(stale, Err(Error::Stale { expected: 1, actual: 2, .. })));
    max.views().change(shared.id, &hide, None).await.unwrap();
    assert_eq!(names(&other).await, Vec::<String>::new());
    ann.views().delete(own.id).await.unwrap();
    assert!(matches!(ann.views().delete(own.id).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_somebody_shared_who_left_is_taken_over() {
    let sandbox = Sandbox::new().unwrap();
    let max = hire(&sandbox, "max", None, "manager").await;
    let ann = hire(&sandbox, "ann", None, "agent").await;
    let zoe = hire(&sandbox, "zoe", None, "manager").await;
    let view = max.views().save(&hot().sharing(Sharing::Everyone)).await.unwrap();
    let left = max.rights().user().unwrap();
    let left = sandbox.leadbox.directory().user(left).await.unwrap().unwrap();
    let left = crate::User { status: UserStatus::Disabled, ..left };
    sandbox.leadbox.directory().change_user(&left).await.unwrap();
    assert_eq!(names(&ann).await, ["Hot"], "it stays");
    assert!(matches!(ann.views().take_over(view.id).await, Err(Error::Denied(_))));
    assert!(matches!(sandbox.leadbox.views().take_over(view.id).await, Err(Error::Denied(_))));
    let mine = zoe.views().take_over(view.id).await.unwrap();
    assert_eq!((mine.owner, mine.revision), (zoe.rights().user(), Revision(2)));
    assert_eq!(zoe.views().take_over(view.id).await.unwrap(), mine, "once is enough");
    let announced = Announced::all(&sandbox.leadbox).await.unwrap();
    let then = announced.previous(&EventType::VIEW_CHANGED, "owner");
    assert_eq!(then, Some(Value::from(left.id.to_string())));
}

#[tokio::test]
async fn a_view_tells_nobody_what_is_hidden_from_them() {
    let sandbox = Sandbox::new().unwrap();
    let max = hire(&sandbox, "max", None, "manager").await;
    let grants = Grants::default().allow(Permission::LeadRead, Level::All).hide("value");
    let dim = Role { key: "dim".parse().unwrap(), name: "Dim".to_owned(), grants };
    sandbox.leadbox.access().define_role(&dim).await.unwrap();
    let dim = hire(&sandbox, "dim", None, "dim").await;
    let everyone = |name: &str| NewView::new(name).sharing(Sharing::Everyone);
    let dear = LeadFilter::is("value", Op::Gte, 5000);
    let foreign = LeadFilter::Not(Box::new(LeadFilter::is("currency", Op::Eq, "EUR")));
    for new in [
        everyone("Filter").filter(LeadFilter::is("stage", Op::Eq, "new").or(dear)),
        everyone("Currency").filter(foreign),
        everyone("Order").sorted(LeadSort::descending(SortKey::Value)),
        everyone("Column").columns(["company", "value"]),
    ] {
        let view = max.views().save(&new).await.unwrap();
        assert_eq!(dim.views().view(view.id).await.unwrap().is_some(), new.name == "Column");
        assert!(matches!(dim.views().save(&new).await, Err(Error::Denied(_) | Error::Filter(_))));
    }
    let seen = dim.views().list().await.unwrap();
    assert_eq!(seen.iter().map(|view| view.name.as_str()).collect::<Vec<_>>(), ["Column"]);
    assert_eq!(seen[0].columns, ["company"]);
    let stored = max.views().view(seen[0].id).await.unwrap().unwrap();
    assert_eq!(stored.columns, ["company", "value"]);
    // The log, for somebody who may read it but not everything in it.
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .enable(Capability::AuditRead)
        .hide("value");
    let auditor = Role { key: "auditor".parse().unwrap(), name: "Auditor".to_owned(), grants };
    sandbox.leadbox.access().define_role(&auditor).await.unwrap();
    let auditor = hire(&sandbox, "auditor", None, "auditor").await;
    let events = auditor.log().events(&Default::default(), &Default::default()).await.unwrap();
    let told: Vec<String> = events.items.iter().filter_map(|event| event.payload.clone()).collect();
    assert!(told.iter().any(|text| text.contains("Column")));
    assert!(!told.iter().any(|text| text.contains("5000") || text.contains("EUR")), "{told:?}");
}

#[tokio::test]
async fn a_view_of_a_field_that_is_gone_says_so_and_can_be_mended() {
    let sandbox = Sandbox::new().unwrap();
    let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
    sandbox.leadbox.definitions().define_field(&budget).await.unwrap();
    let max = hire(&sandbox, "max", None, "manager").await;
    let rich = NewView::new("Rich").filter(LeadFilter::is("cf.budget", Op::Gt, 10));
    let view = max.views().save(&rich.columns(["cf.budget"])).await.unwrap();
    assert_eq!(max.views().fault(&view.list()).await.unwrap(), None);
    let definitions = sandbox.leadbox.definitions();
    definitions.set_field_status(&budget.key, FieldStatus::Archived).await.unwrap();
    let fault = max.views().fault(&view.list()).await.unwrap();
    assert_eq!(fault, Some(FilterError::Field("cf.budget".to_owned())));
    let rename = ViewPatch { name: Some("Was rich".to_owned()), ..ViewPatch::default() };
    max.views().change(view.id, &rename, None).await.unwrap();
    let ask =
        ViewPatch { filter: Some(LeadFilter::is("cf.budget", Op::Gt, 20)), ..ViewPatch::default() };
    assert!(matches!(max.views().change(view.id, &ask, None).await, Err(Error::Filter(_))));
    let all = ViewPatch { filter: Some(LeadFilter::default()), ..ViewPatch::default() };
    let mended = max.views().change(view.id, &all, None).await.unwrap();
    assert_eq!(max.views().fault(&mended.list()).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_wrong_with_a_view_is_refused_whole() {
    let sandbox = Sandbox::new().unwrap();
    let max = hire(&sandbox, "max", None, "manager").await;
    max.views().save(&hot()).await.unwrap();
    assert_eq!(field(max.views().save(&NewView::new("HOT")).await), "name");
    assert_eq!(field(max.views().save(&NewView::new("")).await), "name");
    let unknown = NewView::new("Columns").columns(["cf.nothing"]);
    assert_eq!(field(max.views().save(&unknown).await), "columns");
    let unknown = NewView::new("Filter").filter(LeadFilter::is("colour", Op::Eq, "red"));
    assert!(matches!(max.views().save(&unknown).await, Err(Error::Filter(_))));
    assert_eq!(field(sandbox.leadbox.views().save(&hot()).await), "sharing");
    for n in 1..MAX_OWN {
        max.views().save(&NewView::new(format!("View {n}"))).await.unwrap();
    }
    assert_eq!(field(max.views().save(&NewView::new("One more")).await), "name");
    // There is no room for another, but what is there can change.
    let view = max.views().list().await.unwrap().remove(0);
    let rename = ViewPatch { name: Some("Renamed".to_owned()), ..ViewPatch::default() };
    max.views().change(view.id, &rename, None).await.unwrap();
}

#[tokio::test]
async fn saving_once_makes_one_view_and_what_happened_is_told() {
    let sandbox = Sandbox::new().unwrap();
    let max = hire(&sandbox, "max", None, "manager").await;
    let once = max.once("save-1", b"hot").unwrap();
    let view = once.views().save(&hot()).await.unwrap();
    assert_eq!(once.made().await.unwrap(), Some(view.id.uuid()));
    let same = ViewPatch { filter: Some(view.filter.clone()), ..ViewPatch::default() };
    assert_eq!(max.views().change(view.id, &same, None).await.unwrap(), view, "nothing changes");
    let order = ViewPatch {
        sort: Some(LeadSort::ascending(SortKey::Name)),
        columns: Some(vec!["stage".to_owned()]),
        ..ViewPatch::default()
    };
    max.views().change(view.id, &order, None).await.unwrap();
    max.views().delete(view.id).await.unwrap();
    let mut announced = Announced::all(&sandbox.leadbox).await.unwrap();
    announced.0.retain(|event| event.subject == subject(view.id));
    announced.assert_types(&[
        EventType::VIEW_SAVED,
        EventType::VIEW_CHANGED,
        EventType::VIEW_DELETED,
    ]);
    let then = announced.previous(&EventType::VIEW_CHANGED, "sort");
    assert_eq!(then, Some("-created".into()));
    assert_eq!(announced.changed(&EventType::VIEW_CHANGED, "filter"), None);
    let saved = announced.changed(&EventType::VIEW_SAVED, "filter").unwrap();
    assert_eq!(saved, serde_json::json!(["stage", "eq", "qualified"]));
}
