//! Fields that hold data get another type, are archived and brought back.

use serde_json::{Value, json};

use super::*;
use crate::field::{FieldDefinition, FieldStatus, FieldType};
use crate::filter::FilterError;
use crate::storage::{Change, ChangeSet, LeadUpdate, OnConflict};
use crate::transfer::{Exporter, Importer};

fn choices(names: &[&str]) -> FieldType {
    FieldType::Choice(names.iter().map(|name| (*name).to_owned()).collect())
}

/// One lead for each value of the field `budget`, and one without.
async fn holding(kind: FieldType, values: &[Value]) -> (Sandbox, Vec<LeadId>) {
    let (sandbox, ids) = office(values.len() + 1).await;
    let field = FieldDefinition::new("budget", kind).unwrap();
    sandbox.leadbox.definitions().define_field(&field).await.unwrap();
    for (id, value) in ids.iter().zip(values) {
        let patch = LeadPatch::new().set("cf.budget", value.clone());
        sandbox.leadbox.leads().update(*id, &patch, None).await.unwrap();
    }
    (sandbox, ids)
}

fn retype(kind: FieldType, leftover: Leftover) -> Retype {
    Retype { key: "budget".parse().unwrap(), kind, leftover }
}

async fn convert(leadbox: &LeadBox, retype: &Retype) -> (FieldPlan, BulkProgress) {
    let head = leadbox.log().head().await.unwrap();
    let plan = leadbox.definitions().plan_retype(retype).await.unwrap();
    assert_eq!(leadbox.log().head().await.unwrap(), head, "a plan writes nothing");
    let started = leadbox.definitions().retype(retype).await.unwrap();
    Workers::new(leadbox).handler(BulkHandler).run_until_idle().await.unwrap();
    let done = leadbox.bulk().progress(started.id).await.unwrap();
    assert_eq!(done.state, BulkState::Finished);
    (plan, done)
}

async fn field(leadbox: &LeadBox, id: LeadId, name: &str) -> Value {
    lead(leadbox, id).await.to_fields().get(name).cloned().unwrap_or(Value::Null)
}

#[tokio::test]
async fn text_becomes_numbers_and_the_rest_is_kept_aside() {
    let values = [json!("12"), json!("1.5"), json!("lots"), json!("lots"), json!("n/a")];
    let (sandbox, ids) = holding(FieldType::Text, &values).await;
    let host = &sandbox.leadbox;
    let to = retype(FieldType::Number, Leftover::KeepIn("budget_text".parse().unwrap()));
    let (plan, done) = convert(host, &to).await;
    assert_eq!((plan.holding, plan.converting), (5, 2));
    assert_eq!(plan.leftover[0].reason, "'lots' is not a number");
    assert_eq!((plan.leftover[0].count, &plan.leftover[0].samples[..]), (2, &[ids[3], ids[2]][..]));
    assert_eq!((done.kind, done.counts.changed, done.refusals), (BulkKind::Convert, 5, 3));
    assert_eq!(field(host, ids[0], "cf.budget").await, json!(12.0));
    assert_eq!(field(host, ids[2], "cf.budget").await, Value::Null);
    assert_eq!(field(host, ids[2], "cf.budget_text").await, json!("lots"));
    // Filters follow.
    let more = LeadList::filtered(LeadFilter::is("cf.budget", Op::Gt, 2));
    assert_eq!(host.leads().count(&more, 10).await.unwrap(), 1);
    let text = LeadPatch::new().set("cf.budget", "many");
    assert!(matches!(host.leads().update(ids[5], &text, None).await, Err(Error::Invalid(_))));
    let again = retype(FieldType::Decimal, Leftover::KeepIn("budget_text".parse().unwrap()));
    assert_eq!(
        wrong_in(host, &again).await,
        ["keep_in"],
        "the field for the rest is there already"
    );
    let undone = host.bulk().plan_undo(Operation::Bulk(done.id)).await;
    assert!(matches!(undone, Err(Error::Invalid(_))), "the way back is the old type");
}

/// What is said to be wrong, by its name.
async fn wrong_in(leadbox: &LeadBox, retype: &Retype) -> Vec<String> {
    match leadbox.definitions().retype(retype).await {
        Err(Error::Invalid(invalid)) => {
            invalid.issues.into_iter().map(|issue| issue.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_merged_while_a_field_converts_is_of_the_new_type_in_the_end() {
    let mut values: Vec<Value> = (0..300).map(|n| json!(n.to_string())).collect();
    values[0] = json!("lots");
    let (sandbox, ids) = holding(FieldType::Text, &values).await;
    let host = &sandbox.leadbox;
    let to = retype(FieldType::Number, Leftover::KeepIn("budget_text".parse().unwrap()));
    let started = host.definitions().retype(&to).await.unwrap();
    let mut course = Course::take_up(acting(host, started.id), started.id).await.unwrap();
    course.step().await.unwrap();
    sandbox.clock.advance(chrono::TimeDelta::minutes(5));
    // The ones were not taken up yet, the others were; each takes what the other had.
    let of_type = |lead: Lead| match lead.custom_field("budget") {
        Some(crate::FieldValue::Text(_)) => "text",
        Some(crate::FieldValue::Number(_)) => "number",
        _ => "other",
    };
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for id in &ids[..300] {
        match of_type(lead(host, *id).await) {
            "text" => old.push(*id),
            _ => new.push(*id),
        }
    }
    assert_eq!((old.len(), new.len()), (50, 250));
    let choose = |lead| MergeChoice::default().take("cf.budget", lead);
    let took = new[7];
    host.leads().merge(took, &old[3..4], &choose(old[3])).await.unwrap();
    assert_eq!(of_type(lead(host, took).await), "text", "a value that was not converted yet");
    let odd = ids[0];
    assert!(old.contains(&odd), "its value does not convert");
    host.leads().merge(new[8], &[odd], &choose(odd)).await.unwrap();
    let done = course.go().await.unwrap();
    assert_eq!(done.state, BulkState::Finished);
    for id in &ids[..300] {
        assert_ne!(of_type(lead(host, *id).await), "text");
    }
    assert_eq!(field(host, new[8], "cf.budget_text").await, json!("lots"));
    assert_eq!(done.counts.selected, done.counts.done());
}

#[tokio::test]
async fn choices_that_come_while_a_field_converts_are_there_to_stay() {
    let values: Vec<Value> = (0..300).map(|_| json!("Basic")).collect();
    let (sandbox, ids) = holding(FieldType::Text, &values).await;
    let host = &sandbox.leadbox;
    let started =
        host.definitions().retype(&retype(choices(&["Basic"]), Leftover::Clear)).await.unwrap();
    let mut course = Course::take_up(acting(host, started.id), started.id).await.unwrap();
    course.step().await.unwrap();
    let more = FieldDefinition::new("budget", choices(&["Basic", "Team"])).unwrap();
    host.definitions().define_field(&more).await.unwrap();
    let team = LeadPatch::new().set("cf.budget", "Team");
    for id in [ids[0], ids[299]] {
        host.leads().update(id, &team, None).await.unwrap();
    }
    let done = course.go().await.unwrap();
    assert_eq!(done.refusals, 0);
    for id in [ids[0], ids[299]] {
        assert_eq!(field(host, id, "cf.budget").await, json!("Team"));
    }
}

#[tokio::test]
async fn a_field_has_one_change_of_type_at_a_time() {
    let (sandbox, _) = holding(FieldType::Text, &[json!("1")]).await;
    let host = &sandbox.leadbox;
    let (to, key) = (retype(FieldType::Number, Leftover::Clear), "budget".parse().unwrap());
    assert_eq!(host.definitions().conversion(&key).await.unwrap(), None);
    let started = host.definitions().retype(&to).await.unwrap();
    let back = retype(FieldType::Text, Leftover::Clear);
    assert_eq!(wrong_in(host, &back).await, ["type"], "it is under way");
    host.bulk().go_on(started.id).await.unwrap();
    let last = host.definitions().conversion(&key).await.unwrap().unwrap();
    assert_eq!((last.id, last.state), (started.id, BulkState::Finished));
    assert_eq!(wrong_in(host, &to).await, ["type"], "it has it already");
    let (_, done) = convert(host, &back).await;
    assert_eq!(done.counts.changed, 1);
}

#[tokio::test]
async fn what_is_kept_back_stays_so_in_the_field_for_the_rest() {
    let (sandbox, ids) = holding(FieldType::Text, &[json!("much"), json!("5")]).await;
    let host = &sandbox.leadbox;
    let reads = || Grants::default().allow(Permission::LeadRead, Level::All);
    let role = |key: &str, grants: Grants| crate::access::Role {
        key: key.parse().unwrap(),
        name: key.to_owned(),
        grants,
    };
    for role in [
        role("blind", reads().hide("cf.budget")),
        role("careful", reads().protect("cf.budget")),
        role("free", reads()),
    ] {
        host.access().define_role(&role).await.unwrap();
    }
    let new = crate::service::NewKey {
        name: "Website".to_owned(),
        grants: reads().hide("cf.budget"),
        ..crate::service::NewKey::default()
    };
    let made = host.keys().make(&new).await.unwrap();
    let to = retype(FieldType::Number, Leftover::KeepIn("budget_text".parse().unwrap()));
    let (_, done) = convert(host, &to).await;
    assert_eq!(done.refusals, 1);
    let roles = host.access().roles().await.unwrap();
    let grants =
        |key: &str| roles.iter().find(|role| role.key.as_str() == key).unwrap().grants.clone();
    assert!(grants("blind").hidden.contains("cf.budget_text"));
    assert!(grants("careful").hidden.is_empty() && !grants("careful").writes("cf.budget_text"));
    assert_eq!(grants("free"), reads());
    let (as_key, _) = host.as_key(&made.text()).await.unwrap();
    assert_eq!(field(&as_key, ids[0], "cf.budget_text").await, Value::Null);
    assert_eq!(field(host, ids[0], "cf.budget_text").await, json!("much"));
    // Reasons quote values.
    let user: UserId = host.new_id();
    let reader = host.with_rights(
        Actor::user(user),
        Rights::granted(
            Some(user),
            [],
            reads().hide("cf.budget").enable(crate::access::Capability::AuditRead),
        ),
    );
    let told = reader.bulk().refusals(done.id).await.unwrap();
    assert_eq!(told[0].reason, "is hidden from you");
    let manages = reads().hide("cf.budget").enable(crate::access::Capability::FieldsManage);
    let keeper = host.with_rights(Actor::user(user), Rights::granted(Some(user), [], manages));
    let back = retype(FieldType::Text, Leftover::Clear);
    assert_eq!(wrong_in(&keeper, &back).await, ["cf.budget"], "its values would be told");
}

#[tokio::test]
async fn a_conversion_goes_on_though_its_key_is_revoked() {
    let (sandbox, ids) = holding(FieldType::Text, &[json!("5")]).await;
    let host = &sandbox.leadbox;
    let new = crate::service::NewKey {
        name: "Terminal".to_owned(),
        grants: Grants::default().enable(crate::access::Capability::FieldsManage),
        ..crate::service::NewKey::default()
    };
    let made = host.keys().make(&new).await.unwrap();
    let (as_key, key) = host.as_key(&made.text()).await.unwrap();
    let to = retype(FieldType::Number, Leftover::Clear);
    let started = as_key.definitions().retype(&to).await.unwrap();
    host.keys().revoke(key.id).await.unwrap();
    let done = host.bulk().go_on(started.id).await.unwrap();
    assert_eq!((done.state, done.counts.changed), (BulkState::Finished, 1));
    assert_eq!(field(host, ids[0], "cf.budget").await, json!(5.0));
}

#[tokio::test]
async fn what_is_said_of_a_lead_that_comes_again_is_said_once() {
    for killed in [false, true] {
        let ids = Arc::new(MeddlingIds::seeded(5));
        let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new()))
            .clock(Arc::new(ManualClock::default()))
            .ids(ids.clone())
            .build()
            .unwrap();
        let known = captured(&leadbox, 3).await;
        let text = FieldDefinition::new("budget", FieldType::Text).unwrap();
        leadbox.definitions().define_field(&text).await.unwrap();
        for lead in &known {
            let patch = LeadPatch::new().set("cf.budget", "lots");
            leadbox.leads().update(*lead, &patch, None).await.unwrap();
        }
        let to = retype(FieldType::Number, Leftover::Clear);
        let started = leadbox.definitions().retype(&to).await.unwrap();
        let mut course = Course::take_up(acting(&leadbox, started.id), started.id).await.unwrap();
        let (others, contested) = (leadbox.clone(), known[1]);
        ids.meddle(move || {
            let patch = LeadPatch::new().set("city", "Bath");
            let leads = others.leads();
            leads.update(contested, &patch, None).now_or_never().unwrap().unwrap();
            false
        });
        course.step().await.unwrap();
        if killed {
            course = Course::take_up(acting(&leadbox, started.id), started.id).await.unwrap();
        }
        let done = course.go().await.unwrap();
        assert_eq!((done.counts.changed, done.refusals), (3, 3));
        let mut told: Vec<_> = leadbox.bulk().refusals(done.id).await.unwrap();
        told.sort_by_key(|refusal| refusal.lead);
        let mut of = known.clone();
        of.sort();
        assert_eq!(told.iter().map(|refusal| refusal.lead).collect::<Vec<_>>(), of);
    }
}

#[tokio::test]
async fn leads_that_come_back_are_read_by_the_new_type() {
    let values = [json!("12"), json!("lots"), json!("7"), json!("many")];
    let (sandbox, ids) = holding(FieldType::Text, &values).await;
    let host = &sandbox.leadbox;
    let some = Selection::Ids(ids[..2].to_vec());
    let gone = host.bulk().run(&BulkAction::Delete, &some).await.unwrap();
    let merged = host.leads().merge(ids[4], &ids[2..4], &MergeChoice::default()).await.unwrap();
    let (_, done) = convert(host, &retype(FieldType::Number, Leftover::Clear)).await;
    assert_eq!(done.counts.changed, 1, "what is deleted is not converted");

    let back = host.bulk().undo_now(Operation::Bulk(gone.id)).await.unwrap();
    assert_eq!((back.counts.changed, back.refusals), (2, 1));
    assert_eq!(host.bulk().refusals(back.id).await.unwrap()[0].reason, "'lots' is not a number");
    let undone = host.leads().unmerge(ids[4], merged.event).await.unwrap();
    let told: Vec<_> = undone.left.issues.iter().map(|issue| issue.field.as_str()).collect();
    assert!(told.contains(&"cf.budget"), "{told:?}");
    for (id, number) in ids.iter().zip([json!(12.0), Value::Null, json!(7.0), Value::Null]) {
        assert_eq!(field(host, *id, "cf.budget").await, number);
    }
    let announced = Announced::about(host, ids[2]).await.unwrap();
    assert!(announced.last(&EventType::LEAD_UPDATED).is_some());
    let more = LeadList::filtered(LeadFilter::is("cf.budget", Op::Gt, 5));
    assert!(host.leads().count(&more, 10).await.unwrap() >= 2);
}

#[tokio::test]
async fn choices_that_go_are_cleared_and_the_log_tells_what_they_were() {
    let values = [json!("basic"), json!("Pro"), json!("Pro")];
    let (sandbox, ids) = holding(choices(&["Basic", "Pro"]), &values).await;
    let host = &sandbox.leadbox;
    let (plan, done) = convert(host, &retype(choices(&["BASIC", "Team"]), Leftover::Clear)).await;
    assert_eq!((plan.holding, plan.converting), (3, 1));
    assert_eq!((done.counts.changed, done.refusals), (3, 2));
    assert_eq!(field(host, ids[0], "cf.budget").await, json!("BASIC"));
    assert_eq!(field(host, ids[1], "cf.budget").await, Value::Null);
    let announced = Announced::about(host, ids[1]).await.unwrap();
    assert_eq!(announced.previous(&EventType::LEAD_UPDATED, "cf.budget"), Some(json!("Pro")));
    let (plan, done) = convert(host, &retype(FieldType::Text, Leftover::Clear)).await;
    assert_eq!((plan.converting, done.counts.changed, done.refusals), (1, 1, 0));
}

#[tokio::test]
async fn what_another_process_wrote_by_the_old_type_is_converted_at_the_end() {
    let (sandbox, ids) = holding(FieldType::Text, &[json!("1")]).await;
    let host = &sandbox.leadbox;
    let to = retype(FieldType::Number, Leftover::Clear);
    let started = host.definitions().retype(&to).await.unwrap();
    // It did not know the new type yet.
    let before = lead(host, ids[1]).await;
    let mut after = before.clone();
    after.version = before.version.next();
    let text = crate::FieldValue::Text("7".to_owned());
    after.custom.insert("budget".parse().unwrap(), text);
    let row = |lead: Lead| crate::LeadRow::of(lead, &[]);
    let update = LeadUpdate { before: row(before), after: row(after) };
    let changes = vec![Change::UpdateLead(Box::new(update))];
    let set = ChangeSet::new(host.new_id(), host.now(), OnConflict::Fail, changes).unwrap();
    host.storage().commit(&set).await.unwrap();
    let done = host.bulk().go_on(started.id).await.unwrap();
    assert_eq!((done.counts.selected, done.counts.changed), (2, 2));
    assert_eq!(field(host, ids[1], "cf.budget").await, json!(7.0));
}

#[tokio::test]
async fn a_conversion_goes_on_after_a_crash_and_cannot_be_stopped() {
    let values: Vec<Value> = (0..300).map(|n| json!(n.to_string())).collect();
    let (sandbox, ids) = holding(FieldType::Text, &values).await;
    let host = &sandbox.leadbox;
    let to = retype(FieldType::Decimal, Leftover::Clear);
    let started = host.definitions().retype(&to).await.unwrap();
    let mut course = Course::take_up(acting(host, started.id), started.id).await.unwrap();
    course.step().await.unwrap();
    drop(course);
    assert!(matches!(host.bulk().cancel(started.id).await, Err(Error::Invalid(_))));
    let done = host.bulk().go_on(started.id).await.unwrap();
    assert_eq!((done.state, done.counts.changed), (BulkState::Finished, 300));
    assert_eq!(field(host, ids[299], "cf.budget").await, json!("299"));
    assert_eq!(lead(host, ids[0]).await.version, lead(host, ids[299]).await.version);
}

#[tokio::test]
async fn an_archived_field_keeps_its_data_and_takes_no_more() {
    let (sandbox, ids) = holding(FieldType::Number, &[json!(5)]).await;
    let host = &sandbox.leadbox;
    let (definitions, key) = (host.definitions(), "budget".parse().unwrap());
    definitions.set_field_status(&key, FieldStatus::Archived).await.unwrap();
    assert_eq!(definitions.fields().await.unwrap()[0].status, FieldStatus::Archived);
    assert_eq!(host.catalog().await.unwrap().active_fields().count(), 0);
    let patch = LeadPatch::new().set("cf.budget", 6);
    let Err(Error::Invalid(invalid)) = host.leads().update(ids[0], &patch, None).await else {
        panic!("accepted")
    };
    assert!(invalid.issues[0].message.contains("archived"), "{invalid}");
    let other = LeadPatch::new().set("title", "CTO");
    host.leads().update(ids[0], &other, None).await.unwrap();
    let list = LeadList::filtered(LeadFilter::is("cf.budget", Op::Eq, 5));
    let filtered = host.leads().count(&list, 10).await;
    assert!(matches!(filtered, Err(Error::Filter(FilterError::Field(_)))));
    let mut exported = Vec::new();
    Exporter::new(host).run(&mut exported).await.unwrap();
    assert!(!String::from_utf8(exported).unwrap().contains("budget"));
    let report = Importer::new(host).run(&b"name,cf.budget\nNew,7\n"[..]).await;
    assert!(report.is_err() || report.unwrap().columns[1].field.is_none());
    let other = retype(FieldType::Text, Leftover::Clear);
    assert!(matches!(definitions.plan_retype(&other).await, Err(Error::Invalid(_))));

    definitions.set_field_status(&key, FieldStatus::Active).await.unwrap();
    assert_eq!(host.leads().count(&list, 10).await.unwrap(), 1);
    let unknown = "colour".parse().unwrap();
    let absent = definitions.set_field_status(&unknown, FieldStatus::Archived).await;
    assert!(matches!(absent, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn only_who_manages_fields_changes_them_and_then_for_all_leads() {
    let (sandbox, ids) = holding(FieldType::Text, &[json!("1"), json!("2")]).await;
    let host = &sandbox.leadbox;
    let to = retype(FieldType::Number, Leftover::Clear);
    let denied = agent(host, host.new_id()).definitions().retype(&to).await;
    assert!(matches!(denied, Err(Error::Denied(Denied::Capability { .. }))));
    let grants = Grants::default().enable(crate::access::Capability::FieldsManage);
    let user: UserId = host.new_id();
    let keeper = host.with_rights(Actor::user(user), Rights::granted(Some(user), [], grants));
    assert_eq!(keeper.definitions().plan_retype(&to).await.unwrap().holding, 2);
    let started = keeper.definitions().retype(&to).await.unwrap();
    host.bulk().go_on(started.id).await.unwrap();
    assert_eq!(keeper.bulk().progress(started.id).await.unwrap().counts.changed, 2);
    assert_eq!(field(host, ids[1], "cf.budget").await, json!(2.0));
    let bad = retype(choices(&[]), Leftover::Clear);
    assert!(matches!(host.definitions().retype(&bad).await, Err(Error::Invalid(_))));
}
