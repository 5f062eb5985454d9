//! What people may do with tasks, what is told of it, and when somebody is reminded.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::access::{Grants, Level, Rights};
use crate::event::Actor;
use crate::id::UserId;
use crate::job::JobFilter;
use crate::storage::{ChangeSet, OnConflict};
use crate::task::Assignees;
use crate::testing::{Announced, Sandbox, some_lead, some_task};
use crate::worker::Workers;

async fn sandbox_with_lead() -> (Sandbox, LeadId) {
    let sandbox = Sandbox::new().unwrap();
    let lead = sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead.id;
    (sandbox, lead)
}

#[tokio::test]
async fn a_task_is_added_changed_completed_reopened_and_deleted() {
    let (sandbox, lead) = sandbox_with_lead().await;
    let tasks = sandbox.leadbox.tasks();
    let due = sandbox.leadbox.now() + TimeDelta::days(2);
    let new = NewTask::new("  Call   Ada ").details("About\r\nthe offer").due_at(due);
    let task = tasks.add(lead, &new).await.unwrap();
    assert_eq!((task.title.as_str(), task.details.as_str()), ("Call Ada", "About\nthe offer"));

    let patch = TaskPatch::new().title("Write to Ada").due_at(None);
    let changed = tasks.change(task.id, &patch, Some(task.revision)).await.unwrap();
    assert_eq!((changed.due_at, changed.details.as_str()), (None, "About\nthe offer"));
    let stale = tasks.change(task.id, &patch, Some(task.revision)).await;
    assert!(matches!(stale, Err(Error::Stale { what: "task", expected: 1, actual: 2, .. })));
    // What is so already is not told again.
    tasks.change(task.id, &patch, None).await.unwrap();

    let done = tasks.complete(task.id).await.unwrap();
    assert_eq!(done.done_at, Some(sandbox.leadbox.now()));
    assert_eq!(tasks.complete(task.id).await.unwrap(), done);
    assert_eq!(tasks.reopen(task.id).await.unwrap().done_by, None);
    tasks.delete(task.id).await.unwrap();
    assert_eq!(tasks.task(task.id).await.unwrap(), None);
    assert!(matches!(tasks.complete(task.id).await, Err(Error::NotFound { what: "task", .. })));

    let announced = Announced::about(&sandbox.leadbox, lead).await.unwrap();
    announced.assert_types(&[
        EventType::LEAD_CAPTURED,
        EventType::TASK_ADDED,
        EventType::TASK_CHANGED,
        EventType::TASK_COMPLETED,
        EventType::TASK_REOPENED,
        EventType::TASK_DELETED,
    ]);
    let previous = |field| announced.previous(&EventType::TASK_CHANGED, field);
    assert_eq!(previous("task.title"), Some("Call Ada".into()));
    assert_eq!(previous("task.details"), None);
    assert_eq!(announced.changed(&EventType::TASK_CHANGED, "task.due_at"), Some(Value::Null));
}

#[tokio::test]
async fn every_problem_of_a_task_names_its_field() {
    let (sandbox, lead) = sandbox_with_lead().await;
    let new = NewTask::new(" \t ").details("x".repeat(Task::MAX_DETAILS + 1));
    let Err(Error::Invalid(invalid)) = sandbox.leadbox.tasks().add(lead, &new).await else {
        panic!("it was not refused");
    };
    let fields: Vec<&str> = invalid.issues.iter().map(|issue| issue.field.as_str()).collect();
    assert_eq!(fields, ["title", "details"]);
    let long = NewTask::new("é".repeat(201));
    assert!(sandbox.leadbox.tasks().add(lead, &long).await.is_err());
    assert!(sandbox.leadbox.tasks().add(lead, &NewTask::new("é".repeat(200))).await.is_ok());
}

#[tokio::test]
async fn whom_a_task_is_assigned_to_completes_it_and_does_nothing_else() {
    let (sandbox, lead) = sandbox_with_lead().await;
    let (kim, lee): (UserId, UserId) = (sandbox.leadbox.new_id(), sandbox.leadbox.new_id());
    let reader = |user: UserId| {
        let grants = Grants::default().allow(Permission::LeadRead, Level::All);
        sandbox.leadbox.with_rights(Actor::user(user), Rights::granted(Some(user), [], grants))
    };
    let task = sandbox.leadbox.tasks().add(lead, &some_task(1).assignee(kim)).await.unwrap();
    let is_denied = |result: Result<Task>| matches!(result, Err(Error::Denied(_)));
    assert!(is_denied(reader(lee).tasks().complete(task.id).await));
    assert!(is_denied(reader(kim).tasks().add(lead, &some_task(2).assignee(kim)).await));
    let patch = TaskPatch::new().title("Nothing");
    assert!(is_denied(reader(kim).tasks().change(task.id, &patch, None).await));
    assert!(matches!(reader(kim).tasks().delete(task.id).await, Err(Error::Denied(_))));
    let done = reader(kim).tasks().complete(task.id).await.unwrap();
    assert_eq!(done.done_by, Some(Actor::user(kim)));

    // Who does not see the lead does not see the task.
    let stranger = Rights::granted(Some(kim), [], Grants::default());
    let stranger = sandbox.leadbox.with_rights(Actor::user(kim), stranger);
    assert!(matches!(stranger.tasks().reopen(task.id).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn somebody_is_reminded_once_of_what_is_still_open_and_still_to_be_reminded_of() {
    let (sandbox, lead) = sandbox_with_lead().await;
    let tasks = sandbox.leadbox.tasks();
    let in_hours = |hours| sandbox.leadbox.now() + TimeDelta::hours(hours);
    let (first, later) = (in_hours(1), in_hours(3));
    let add = async |n| tasks.add(lead, &some_task(n).remind_at(first)).await.unwrap();
    let (open, moved, done, gone) = (add(1).await, add(2).await, add(3).await, add(4).await);
    let patch = TaskPatch::new().remind_at(Some(later));
    tasks.change(moved.id, &patch, None).await.unwrap();
    tasks.complete(done.id).await.unwrap();
    tasks.delete(gone.id).await.unwrap();
    // There and back again is one reminder.
    tasks.change(open.id, &TaskPatch::new().remind_at(Some(later)), None).await.unwrap();
    tasks.change(open.id, &TaskPatch::new().remind_at(Some(first)), None).await.unwrap();

    let reminded = async || {
        Workers::new(&sandbox.leadbox).run_until_idle().await.unwrap();
        let all = Announced::about(&sandbox.leadbox, lead).await.unwrap();
        let of = |event: &crate::event::Event| event.payload().unwrap().data["task"].clone();
        let told = all.0.iter().filter(|event| event.kind == EventType::TASK_REMINDED);
        told.map(of).collect::<Vec<_>>()
    };
    assert!(reminded().await.is_empty());
    sandbox.clock.advance(TimeDelta::hours(2));
    assert_eq!(reminded().await, [open.id.to_string()]);
    sandbox.clock.advance(TimeDelta::hours(2));
    assert_eq!(reminded().await, [open.id.to_string(), moved.id.to_string()]);
    let left = sandbox.leadbox.jobs().list(&JobFilter::default(), &PageRequest::default()).await;
    assert_eq!(left.unwrap().items, []);
}

#[tokio::test]
async fn a_task_that_is_open_again_is_reminded_of_if_that_lies_ahead() {
    let (sandbox, lead) = sandbox_with_lead().await;
    let tasks = sandbox.leadbox.tasks();
    let at = sandbox.leadbox.now() + TimeDelta::hours(1);
    let task = tasks.add(lead, &some_task(1)).await.unwrap();
    tasks.complete(task.id).await.unwrap();
    tasks.change(task.id, &TaskPatch::new().remind_at(Some(at)), None).await.unwrap();
    tasks.reopen(task.id).await.unwrap();
    sandbox.clock.advance(TimeDelta::hours(2));
    Workers::new(&sandbox.leadbox).run_until_idle().await.unwrap();
    let announced = Announced::about(&sandbox.leadbox, lead).await.unwrap();
    let reminded = announced.last(&EventType::TASK_REMINDED).unwrap();
    assert_eq!(reminded.actor, Actor::system());
    // It names the commit that it came with.
    let set = ChangeSet::new(reminded.change_set, reminded.at, OnConflict::Fail, Vec::new());
    let again = sandbox.leadbox.storage().commit(&set.unwrap()).await.unwrap();
    assert!(again.replayed);
}

#[tokio::test]
async fn work_lists_show_whose_and_until_when() {
    let (sandbox, lead) = sandbox_with_lead().await;
    let (tasks, kim): (_, UserId) = (sandbox.leadbox.tasks(), sandbox.leadbox.new_id());
    let in_days = |days| sandbox.leadbox.now() + TimeDelta::days(days);
    for (n, days) in [3, -1, 5].into_iter().enumerate() {
        let new = NewTask::new(format!("in {days}")).due_at(in_days(days));
        let new = if n == 2 { new } else { new.assignee(kim) };
        tasks.add(lead, &new).await.unwrap();
    }
    tasks.add(lead, &NewTask::new("someday")).await.unwrap();
    let titles = async |filter: TaskFilter| {
        let page = tasks.list(&filter, &PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|task| task.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(TaskFilter::default()).await, ["in -1", "in 3", "in 5", "someday"]);
    let of_kim = TaskFilter { assignees: Assignees::Only([kim].into()), ..Default::default() };
    assert_eq!(titles(of_kim).await, ["in -1", "in 3"]);
    let nobodys = TaskFilter { assignees: Assignees::Nobody, ..Default::default() };
    assert_eq!(titles(nobodys).await, ["in 5", "someday"]);
    let overdue = TaskFilter { due_before: Some(sandbox.leadbox.now()), ..Default::default() };
    assert_eq!(titles(overdue).await, ["in -1"]);
    sandbox.leadbox.leads().delete(lead).await.unwrap();
    assert_eq!(titles(TaskFilter::default()).await, [""; 0]);
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a-z][a-z \\n]{0,20}")
}

proptest! {
    #[test]
    fn a_patch_changes_what_is_given_and_survives_json(
        title in some_text(),
        details in some_text(),
        due in proptest::option::of(proptest::option::of(0_i64..2_000_000_000)),
    ) {
        let due_at = due.map(|due| due.and_then(|due| crate::time::from_unix_micros(due * 1000)));
        let patch = TaskPatch { title, details, due_at, ..TaskPatch::default() };
        let read: TaskPatch =
            serde_json::from_value(serde_json::to_value(&patch).unwrap()).unwrap();
        prop_assert_eq!(&read, &patch);
        let before = Task {
            id: uuid::Uuid::nil().into(),
            tenant: crate::id::Tenant(1),
            lead: uuid::Uuid::nil().into(),
            revision: Revision(1),
            title: "before".to_owned(),
            details: "before".to_owned(),
            due_at: crate::time::from_unix_micros(5),
            remind_at: None,
            assignee: None,
            made_at: Timestamp::UNIX_EPOCH,
            made_by: Actor::host(),
            done_at: None,
            done_by: None,
        };
        let mut after = before.clone();
        patch.apply(&mut after).unwrap();
        prop_assert_eq!(after.title == before.title, patch.title.is_none());
        prop_assert_eq!(after.details == before.details, patch.details.is_none());
        prop_assert_eq!(after.due_at, patch.due_at.unwrap_or(before.due_at));
    }
}
